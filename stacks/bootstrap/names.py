"""What the bootstrap's things are called: derived from the environment alone, so nothing is copied by hand."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from environments.load import load
from environments.model import Environment
from environments.naming import POLICY_NAME_LIMIT, physical_name, role_boundary
from environments.problems import Refusal
from environments.vocabulary import Cloud

# IAM's own limit.
ROLE_NAME_LIMIT = 64

GITHUB = "token.actions.githubusercontent.com"
# Pulumi's state and that of the bootstrap itself, side by side in one bucket.
PULUMI_PREFIX = "pulumi"
TERRAFORM_STATE = "bootstrap/terraform.tfstate"


def environment_of(name: str) -> Environment:
    """The environment, if there is one of that name and it is on AWS.

    Raises:
        Refusal: there is none, its file is wrong, or it is not on AWS.
    """
    environment = load(name)
    if environment.cloud is not Cloud.AWS:
        raise Refusal.because(
            f"{name} is not on AWS; only AWS environments have a bootstrap"
            + (": its state is in this folder" if environment.cloud is Cloud.LOCAL else ""),
            remedy="`./sluice env list` shows them",
        )
    return environment


@dataclass(frozen=True)
class Names:
    """The names of one environment's bootstrap. An S3 server of one's own is an `endpoint` (a URL)."""

    environment: Environment
    endpoint: str | None = None

    @property
    def state_bucket(self) -> str:
        """Where Pulumi keeps its state."""
        return physical_name(self.environment, "state")

    @property
    def state_copy(self) -> str:
        """Its copy in the fail-over region."""
        return physical_name(self.environment, "state", "failover")

    @property
    def key_alias(self) -> str:
        """The key of the state and of the secrets in it; the same in both regions."""
        return f"alias/{physical_name(self.environment, 'state')}"

    @property
    def replication_role(self) -> str:
        """What S3 copies the state as."""
        return physical_name(self.environment, "state", "replication", limit=ROLE_NAME_LIMIT)

    @property
    def plan_role(self) -> str:
        """What CI previews as."""
        return physical_name(self.environment, "ci", "plan", limit=ROLE_NAME_LIMIT)

    @property
    def apply_role(self) -> str:
        """What CI applies as."""
        return physical_name(self.environment, "ci", "apply", limit=ROLE_NAME_LIMIT)

    @property
    def ci_boundary(self) -> str:
        """The most that CI may ever do."""
        return physical_name(self.environment, "ci", "boundary", limit=POLICY_NAME_LIMIT)

    @property
    def ci_never(self) -> str:
        """What CI can never do."""
        return physical_name(self.environment, "ci", "never", limit=POLICY_NAME_LIMIT)

    @property
    def workload_boundary(self) -> str:
        """The most that any role which CI makes may ever do."""
        return role_boundary(self.environment).rpartition("/")[2]

    @property
    def topic(self) -> str:
        """Where the budget's alarms go."""
        return physical_name(self.environment, "budget")

    @property
    def plan_environment(self) -> str:
        """The GitHub environment of the job that previews: nobody has to approve it."""
        return f"{self.environment.name}-plan"

    @property
    def apply_environment(self) -> str:
        """The GitHub environment of the job that applies: its reviewers approve every run."""
        return self.environment.name

    @property
    def backend_url(self) -> str:
        """What `pulumi login` takes. The bucket's own settings say with which key it encrypts."""
        query = {"region": self.environment.region, "awssdk": "v2"}
        if self.endpoint:
            query |= {"endpoint": self.endpoint, "s3ForcePathStyle": "true"}
        return f"s3://{self.state_bucket}/{PULUMI_PREFIX}?{urlencode(query, safe=':/')}"

    @property
    def secrets_provider(self) -> str:
        """What `pulumi stack init --secrets-provider` takes."""
        query = {"region": self.environment.region, "awssdk": "v2"}
        return f"awskms://{self.key_alias}?{urlencode(query)}"

    def role_arn(self, role: str) -> str:
        """The ARN of a role of the environment's account."""
        return f"arn:aws:iam::{self.environment.account}:role/{role}"

    @property
    def placeholders(self) -> list[str]:
        """What the environment still says of nobody, for a person."""
        found = []
        if "--" in self.environment.ci.repository:
            found.append(
                f"ci.repository is a placeholder ({self.environment.ci.repository}): no CI can take these roles"
            )
        if all(address.endswith("@example.com") for address in self.environment.budget.emails):
            found.append("budget.emails is a placeholder: the budget's alarm reaches nobody but the topic")
        return found

    def for_ci(self) -> dict[str, str]:
        """What the workflows and a shell need, as environment variables."""
        return {
            "AWS_REGION": self.environment.region,
            "PULUMI_BACKEND_URL": self.backend_url,
            "PULUMI_SECRETS_PROVIDER": self.secrets_provider,
            "SLUICE_PLAN_ROLE": self.role_arn(self.plan_role),
            "SLUICE_APPLY_ROLE": self.role_arn(self.apply_role),
        }
