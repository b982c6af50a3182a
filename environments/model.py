"""The typed model of an environment: what stacks and modules read, and what an environment's file may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from environments.network import Network
from environments.part import Days, Part, Slug
from environments.storage import Backup, Encryption, Storage
from environments.vocabulary import (
    Cloud,
    DataClass,
    OrchestratorKind,
    Severity,
    Size,
    SparkKind,
    Tier,
    WarehouseKind,
)

Email = Annotated[
    str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=50, examples=["team@example.com"])
]

GitHubId = Annotated[int, Field(ge=1)]

Region = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(-?[0-9])?$", examples=["eu-west-1"])]


# As a directory writes the names of its groups.
Group = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$", examples=["data_governance_team"])]


class Federation(Part):
    """An identity provider outside the environment, and whom of those it knows may come in."""

    issuer: Annotated[
        str,
        Field(
            pattern=r"^(https://|arn:)[^\s]+[^\s/]$", examples=["https://token.actions.githubusercontent.com"]
        ),
    ] = Field(description="Its address without a trailing slash; of a SAML provider on AWS, its ARN.")
    subjects: tuple[Annotated[str, Field(pattern=r"^[^\s*]*\*?$", min_length=1)], ...] = Field(
        min_length=1, description="Subjects that may come; a `*` at the end stands for any rest."
    )


class Secret(Part):
    """An entry of the secrets service. Its value is never in a file."""

    rotation_days: int = Field(ge=1, le=365, description="Days after which the secret is rotated.")


class SourceSystem(Part):
    """A system that pipelines extract from."""

    base_url: Annotated[str, Field(pattern=r"^https://[^\s/]+(/[^\s/]+)*$")] | None = Field(
        description="Address of its API (https, no trailing slash); null on `local`, which finds it."
    )
    secret: Slug = Field(description="The entry under `secrets` that holds its credentials.")


class Orchestrator(Part):
    """Airflow."""

    kind: OrchestratorKind = Field(description="The service that runs Airflow.")
    airflow_version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")] = Field(
        description="Version of Airflow, such as 3.3.1."
    )
    size: Size = Field(description="Size of the service; each cloud maps it to its own classes.")
    workers_min: int = Field(ge=1, le=25, description="Workers that always run.")
    workers_max: int = Field(ge=1, le=25, description="Workers at the busiest time.")
    parallelism: int = Field(ge=1, le=1000, description="Task instances that may run at once.")


class Spark(Part):
    """Spark."""

    kind: SparkKind = Field(description="The service that runs Spark jobs.")
    max_vcpus: int = Field(ge=1, le=4000, description="Virtual CPUs that all jobs together may use.")
    max_memory_gb: int = Field(ge=1, le=30000, description="Memory, in GB, that all jobs together may use.")
    idle_timeout_minutes: int = Field(
        ge=1, le=10080, description="Minutes without a job after which capacity is given back."
    )


class Warehouse(Part):
    """The SQL warehouse."""

    kind: WarehouseKind = Field(description="The service that answers SQL.")


class Events(Part):
    """Event bus and queues."""

    archive_days: Days = Field(description="Days for which events can be replayed.")
    message_retention_days: int = Field(ge=1, le=14, description="Days that a queue keeps an unread message.")
    deliveries: int = Field(
        ge=1, le=100, description="Times that a message is delivered before it goes to the dead-letter queue."
    )


class Budget(Part):
    """Money."""

    monthly_eur: int = Field(ge=0, description="Euros that the environment may cost in a month.")
    alert_at_percent: tuple[Annotated[int, Field(ge=1, le=200)], ...] = Field(
        max_length=5, description="Percentages of the budget at which the owner is told."
    )
    emails: tuple[Email, ...] = Field(max_length=10, description="Addresses that are told.")


class State(Part):
    """Where Pulumi keeps what it knows of the environment."""

    lock_days: Days = Field(description="Days that nobody at all can delete a version of the state.")
    keep_days: Days = Field(description="Days that a version of the state is kept after it was replaced.")


class Ci(Part):
    """The pipeline on GitHub that plans and applies, and how the cloud tells it from all others."""

    repository: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", examples=["company/platform"]
        ),
    ] = Field(description="Owner and name of the repository.")
    owner_id: GitHubId | None = Field(
        description="Number of the owner, where GitHub puts numbers into the identity of its jobs; else null."
    )
    repository_id: GitHubId | None = Field(description="Number of the repository; null where `owner_id` is.")
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")] = Field(
        description="The one branch that is applied."
    )
    account_knows_github: bool = Field(
        description="Whether the account has GitHub's identity provider already; it can have it only once."
    )

    def subject(self, github_environment: str) -> str:
        """The `sub` of a job's token, as GitHub writes it: with numbers where the repository has them.

        https://docs.github.com/actions/reference/security/oidc, "Immutable subject claims".
        """
        owner, _, name = self.repository.partition("/")
        if self.owner_id is not None:
            owner, name = f"{owner}@{self.owner_id}", f"{name}@{self.repository_id}"
        return f"repo:{owner}/{name}:environment:{github_environment}"


class Releases(Part):
    """Releases of the pipelines."""

    retain: int = Field(ge=2, le=1000, description="Number of past releases that are kept to go back to.")


class Enforcement(Part):
    """How strict the policy gate is."""

    fail_at: Severity = Field(description="The mildest severity that stops a change.")
    fail_undetermined: bool = Field(
        description="Whether a mandatory rule that cannot be decided before apply stops a change."
    )


class Settings(Part):
    """What an environment's file may say under `sluice:environment`; the rest comes from the defaults."""

    project: Annotated[Slug, Field(max_length=20)] = Field(
        description="Name of the platform; physical names begin with it."
    )
    account: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{4,35}$",
        description="The AWS account, GCP project or Azure subscription that the environment lives in.",
    )
    owner: Slug = Field(description="The team that answers for the environment.")
    principal_groups: tuple[Group, ...] = Field(
        description="Groups of the principal that applies the environment; some may make what others may not."
    )
    trusted_federations: tuple[Federation, ...] = Field(
        description="Who from outside may become an identity of the platform; all others are refused."
    )
    cost_center: Slug = Field(description="Where its cost is booked.")
    data_classification: DataClass = Field(
        description="Class of data of resources that do not say otherwise."
    )
    protect_data: bool = Field(
        description="Whether buckets, keys, databases, secrets and vaults are protected from deletion."
    )
    region: Region = Field(description="The region it runs in.")
    failover_region: Region = Field(description="The region that holds the copies.")
    allowed_regions: tuple[Region, ...] = Field(
        min_length=1,
        description="Regions that data may be in; `region` and `failover_region` are among them.",
    )
    network: Network = Field(description="Address space, zones, and the way out.")
    storage: Storage = Field(description="Storage zones, their life cycles and their locks.")
    backup: Backup = Field(description="Backup vaults and plans.")
    encryption: Encryption = Field(description="Customer-managed keys.")
    secrets: dict[Slug, Secret] = Field(description="Entries of the secrets service by logical name.")
    sources: dict[Slug, SourceSystem] = Field(description="Systems that pipelines extract from, by name.")
    orchestrator: Orchestrator = Field(description="Airflow.")
    spark: Spark = Field(description="Spark.")
    warehouse: Warehouse = Field(description="The SQL warehouse.")
    events: Events = Field(description="Event bus and queues.")
    budget: Budget = Field(description="What it may cost.")
    state: State = Field(description="Where Pulumi keeps what it knows of the environment.")
    ci: Ci = Field(description="The pipeline that plans and applies.")
    releases: Releases = Field(description="Releases of the pipelines.")
    enforcement: Enforcement = Field(description="How strict the policy gate is.")


class Environment(Settings):
    """One environment, whole. Its name, cloud and tier come from the name of its file."""

    name: str = Field(description="Name of the environment and of its Pulumi stack.")
    cloud: Cloud = Field(description="Where it runs.")
    tier: Tier = Field(description="What it is for.")
