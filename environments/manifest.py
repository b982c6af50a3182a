"""The platform manifest: what a stack hands to the pipelines.

One versioned JSON document of names and addresses, never of secret values. The DAG runtime reads
nothing else of the platform, so the same DAG runs on every cloud and on `local`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Zone(StrEnum):
    """Storage zones, in the order in which data meets them."""

    RAW = "raw"
    CURATED = "curated"
    ARCHIVE = "archive"
    QUARANTINE = "quarantine"
    ERRORS = "errors"
    RELEASES = "releases"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SparkSubmit(_Part):
    """Spark reached through `spark-submit`."""

    kind: Literal["spark_submit"] = "spark_submit"
    master: str
    conf: dict[str, str] = Field(default_factory=dict)


class EmrServerless(_Part):
    """Spark as an EMR Serverless application."""

    kind: Literal["emr_serverless"] = "emr_serverless"
    application_id: str
    execution_role_arn: str
    conf: dict[str, str] = Field(default_factory=dict)


SparkTarget = Annotated[SparkSubmit | EmrServerless, Field(discriminator="kind")]


class DuckDBWarehouse(_Part):
    """A DuckDB file; `database` is an absolute path."""

    kind: Literal["duckdb"] = "duckdb"
    database: str


Warehouse = Annotated[DuckDBWarehouse, Field(discriminator="kind")]


class Source(_Part):
    """A system that pipelines extract from."""

    base_url: str
    secret: str
    """Name of the secret that holds its credentials as a JSON object (`client_id`, `client_secret`)."""


class Events(_Part):
    """Where pipelines announce what happened."""

    bus: str
    topics: dict[str, str]
    """Topic ARN by logical name."""
    queues: dict[str, str]
    """Queue URL by logical name."""
    dead_letter_queue: str
    """URL of the queue that failure records are sent to."""


class Orchestrator(_Part):
    """The Airflow that serves the releases."""

    url: str
    version: str


class PlatformManifest(_Part):
    """What the pipelines may know of a platform. Zones and replicas are URIs without a trailing slash."""

    schema_version: Literal[1] = 1
    project: str
    environment: str
    tier: Literal["local", "dev", "staging", "prod"]
    cloud: Literal["local", "aws", "gcp", "azure"]
    region: str
    failover_region: str
    zones: dict[Zone, str]
    failover_zones: dict[Zone, str]
    """The copies in the fail-over region, of those zones that have one."""
    encryption_key: str
    spark: SparkTarget
    warehouse: Warehouse
    catalog_database: str
    secrets: dict[str, str]
    """Secret name in the secrets service by logical name."""
    sources: dict[str, Source]
    events: Events
    orchestrator: Orchestrator
    other_clouds: dict[Literal["aws", "gcp", "azure"], str] = Field(default_factory=dict)
    """Other clouds that the workloads may enter: by cloud, the identity that they have there."""
