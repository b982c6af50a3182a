"""Rules that no environment's file can override: what the company keeps, and what the services offer."""

from __future__ import annotations

from collections.abc import Mapping

from environments.vocabulary import (
    Cloud,
    DataClass,
    OrchestratorKind,
    SparkKind,
    Tier,
    WarehouseKind,
)

# One zone's failure must not stop prod, nor what rehearses it; MWAA needs two even in dev.
MINIMUM_ZONES: Mapping[Tier, int] = {Tier.LOCAL: 1, Tier.DEV: 2, Tier.STAGING: 2, Tier.PROD: 2}

# Days that any zone holding a class of data keeps it, at least. Dev and local hold no real data.
MINIMUM_RETENTION_DAYS: Mapping[Tier, Mapping[DataClass, int]] = {
    Tier.LOCAL: {},
    Tier.DEV: {},
    Tier.STAGING: {DataClass.INTERNAL: 14, DataClass.CONFIDENTIAL: 30, DataClass.RESTRICTED: 30},
    # Confidential: a quarter until its close. Restricted: a financial year.
    Tier.PROD: {DataClass.INTERNAL: 30, DataClass.CONFIDENTIAL: 90, DataClass.RESTRICTED: 365},
}

# Days that nobody can delete what was extracted. A year in prod, for the auditors.
MINIMUM_RAW_LOCK_DAYS: Mapping[Tier, int] = {Tier.LOCAL: 1, Tier.DEV: 7, Tier.STAGING: 30, Tier.PROD: 365}

# Days that the network's flow logs are kept, at least. CIS asks for 90; the auditors of prod for a year.
MINIMUM_FLOW_LOG_DAYS: Mapping[Tier, int] = {Tier.LOCAL: 1, Tier.DEV: 30, Tier.STAGING: 90, Tier.PROD: 365}

# Days that backups of a class of data are kept, at least.
MINIMUM_BACKUP_DAYS: Mapping[Tier, Mapping[DataClass, int]] = {
    Tier.LOCAL: {},
    Tier.DEV: {},
    Tier.STAGING: {DataClass.CONFIDENTIAL: 14, DataClass.RESTRICTED: 14},
    Tier.PROD: {DataClass.INTERNAL: 14, DataClass.CONFIDENTIAL: 90, DataClass.RESTRICTED: 365},
}

# Classes that must have a customer-managed key, by tier.
CUSTOMER_KEY_REQUIRED_FOR: Mapping[Tier, tuple[DataClass, ...]] = {
    Tier.LOCAL: (),
    Tier.DEV: (DataClass.CONFIDENTIAL, DataClass.RESTRICTED),
    Tier.STAGING: (DataClass.CONFIDENTIAL, DataClass.RESTRICTED),
    Tier.PROD: (DataClass.CONFIDENTIAL, DataClass.RESTRICTED),
}

# A network of a cloud environment: /16 is the largest VPC, and a /24 leaves /28 subnets, the smallest.
PREFIX_LENGTHS = range(16, 25)

# Hours between backups that a schedule can keep to, day after day: parts of a day, a day, a week.
HOURS_BETWEEN_BACKUPS = (1, 2, 3, 4, 6, 8, 12, 24, 168)

# A cold backup that leaves before 90 days is billed for them all the same; AWS Backup refuses it.
MINIMUM_DAYS_IN_COLD = 90

ACCOUNT_FORMAT: Mapping[Cloud, tuple[str, str]] = {
    Cloud.LOCAL: (r"[0-9]{12}", "12 digits, in quotes"),
    Cloud.AWS: (r"[0-9]{12}", "an AWS account: 12 digits, in quotes"),
    Cloud.GCP: (
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "a GCP project id: 6 to 30 lower-case letters, digits, hyphens",
    ),
    Cloud.AZURE: (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "an Azure subscription id: a lower-case GUID",
    ),
}

AIRFLOW_VERSIONS: Mapping[OrchestratorKind, tuple[str, ...]] = {
    OrchestratorKind.PROCESSES: ("3.3.2",),
    OrchestratorKind.MWAA: ("3.3.1",),
    OrchestratorKind.COMPOSER: ("3.3.1",),
    OrchestratorKind.CONTAINERS: ("3.3.1", "3.3.2"),
}

ORCHESTRATORS: Mapping[Cloud, tuple[OrchestratorKind, ...]] = {
    Cloud.LOCAL: (OrchestratorKind.PROCESSES,),
    Cloud.AWS: (OrchestratorKind.MWAA,),
    Cloud.GCP: (OrchestratorKind.COMPOSER,),
    Cloud.AZURE: (OrchestratorKind.CONTAINERS,),
}

SPARKS: Mapping[Cloud, tuple[SparkKind, ...]] = {
    Cloud.LOCAL: (SparkKind.SPARK_SUBMIT,),
    Cloud.AWS: (SparkKind.EMR_SERVERLESS, SparkKind.EMR_EC2),
    Cloud.GCP: (SparkKind.DATAPROC_SERVERLESS,),
    Cloud.AZURE: (SparkKind.SYNAPSE,),
}

WAREHOUSES: Mapping[Cloud, tuple[WarehouseKind, ...]] = {
    Cloud.LOCAL: (WarehouseKind.DUCKDB,),
    Cloud.AWS: (WarehouseKind.REDSHIFT_SERVERLESS, WarehouseKind.NONE),
    Cloud.GCP: (WarehouseKind.BIGQUERY, WarehouseKind.NONE),
    Cloud.AZURE: (WarehouseKind.SYNAPSE_SQL, WarehouseKind.NONE),
}
