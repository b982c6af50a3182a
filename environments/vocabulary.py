"""The words that an environment is described with: each a closed list, so that a typing slip is an error."""

from __future__ import annotations

from enum import StrEnum


class Cloud(StrEnum):
    """Where an environment runs."""

    LOCAL = "local"
    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"


class Tier(StrEnum):
    """What an environment is for; decides size, cost and how strict the checks are."""

    LOCAL = "local"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class DataClass(StrEnum):
    """How sensitive data is: the `data-classification` tag. Keys, retention and backup follow it."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class SubnetTier(StrEnum):
    """The parts of a network, from the outside in."""

    PUBLIC = "public"
    ORCHESTRATION = "orchestration"
    COMPUTE = "compute"
    DATA = "data"


class Nat(StrEnum):
    """How private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "per_zone"


class PrivateService(StrEnum):
    """Services of a cloud that workloads call, and that can be reached without leaving the network."""

    SECRETS = "secrets"
    KEYS = "keys"
    TOKENS = "tokens"
    LOGS = "logs"
    METRICS = "metrics"
    IMAGES = "images"
    QUEUES = "queues"
    AIRFLOW = "airflow"


class Size(StrEnum):
    """Size of a managed service; each cloud's module maps it to that cloud's classes."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class OrchestratorKind(StrEnum):
    """What runs Airflow."""

    PROCESSES = "processes"
    MWAA = "mwaa"
    COMPOSER = "composer"
    CONTAINERS = "containers"


class SparkKind(StrEnum):
    """What runs Spark jobs."""

    SPARK_SUBMIT = "spark_submit"
    EMR_SERVERLESS = "emr_serverless"
    EMR_EC2 = "emr_ec2"
    DATAPROC_SERVERLESS = "dataproc_serverless"
    SYNAPSE = "synapse"


class WarehouseKind(StrEnum):
    """What answers SQL."""

    DUCKDB = "duckdb"
    REDSHIFT_SERVERLESS = "redshift_serverless"
    BIGQUERY = "bigquery"
    SYNAPSE_SQL = "synapse_sql"
    NONE = "none"


class Frequency(StrEnum):
    """How often something is done that is done rarely."""

    NEVER = "never"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Severity(StrEnum):
    """How bad a finding of the policy gate is, mildest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Tag(StrEnum):
    """The tags (labels, on GCP) that Sluice's resources carry."""

    PROJECT = "project"
    ENVIRONMENT = "environment"
    OWNER = "owner"
    COST_CENTER = "cost-center"
    DATA_CLASSIFICATION = "data-classification"
    PIPELINE = "pipeline"
    MANAGED_BY = "managed-by"


class ManagedBy(StrEnum):
    """Values of the `managed-by` tag."""

    PULUMI = "pulumi"
    TERRAFORM = "terraform"
