"""The defaults of every environment, in three layers: code, tier, cloud; the environment's file comes last.

Each layer names only what it decides. Mappings merge key by key; all else, lists included, is replaced.
The model has no defaults of its own, so a figure stands here or in a file, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from environments.vocabulary import (
    Cloud,
    DataClass,
    Frequency,
    Nat,
    OrchestratorKind,
    PrivateService,
    Severity,
    Size,
    SparkKind,
    Tier,
    WarehouseKind,
)

Scalar: TypeAlias = "str | int | float | bool | None"
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
Layer: TypeAlias = dict[str, Value]


def _lifecycle(
    *,
    infrequent: int | None = None,
    glacier: int | None = None,
    deep: int | None = None,
    expire: int | None = None,
    noncurrent: int | None = 30,  # a month to notice that something was overwritten
    incomplete: int = 7,  # no upload of ours takes a day; a week leaves room for a retry after a holiday
) -> Layer:
    return {
        "infrequent_access_after_days": infrequent,
        "glacier_after_days": glacier,
        "deep_archive_after_days": deep,
        "expire_after_days": expire,
        "noncurrent_expire_after_days": noncurrent,
        "abort_incomplete_upload_after_days": incomplete,
    }


def _plan(*, hours: int, keep: int, cold: int | None = None, copy: int | None = None) -> Layer:
    return {"every_hours": hours, "keep_days": keep, "cold_after_days": cold, "copy_keep_days": copy}


_ZONES: Layer = {
    "raw": {
        # What was extracted holds customers' names and purchases as the source sent them.
        "data_class": DataClass.CONFIDENTIAL,
        "versioned": True,  # object lock needs versions
        "lock_days": 30,  # long enough to replay a month's runs from the bytes that were really received
        "replicated": True,  # the one zone that cannot be computed again
        # Read on the day and in replays, then hardly ever; never expires: it is the evidence.
        "lifecycle": _lifecycle(infrequent=30, glacier=180, deep=365),
    },
    "curated": {
        "data_class": DataClass.CONFIDENTIAL,  # still one row per customer
        "versioned": True,  # undoes a bad overwrite of a partition
        "lock_days": 0,  # partitions are rewritten by backfills
        "replicated": False,  # computed again from raw
        "lifecycle": _lifecycle(infrequent=90),  # partitions older than a quarter are rarely queried
    },
    "archive": {
        "data_class": DataClass.CONFIDENTIAL,  # closed partitions of curated
        "versioned": True,
        "lock_days": 0,
        "replicated": False,
        "lifecycle": _lifecycle(glacier=90, deep=365),  # 90 days: the quarter may be reopened until its close
    },
    "quarantine": {
        "data_class": DataClass.CONFIDENTIAL,  # rejected rows hold the same columns as raw ones
        "versioned": True,  # undoes a repair that removed the wrong row
        "lock_days": 0,  # a row leaves when it is repaired
        "replicated": False,
        "lifecycle": _lifecycle(expire=180),  # twice the quarter in which a supplier must answer
    },
    "errors": {
        "data_class": DataClass.INTERNAL,  # failure records: names and reasons, no rows
        "versioned": True,  # nobody rewrites what failed unseen
        "lock_days": 0,
        "replicated": False,
        "lifecycle": _lifecycle(expire=90),  # a quarter's incidents for the review
    },
    "releases": {
        "data_class": DataClass.INTERNAL,  # code
        "versioned": True,  # the history of the CURRENT pointer
        "lock_days": 0,
        "replicated": False,
        # Releases are retained by number, never by age: the life cycle must not remove one in use.
        "lifecycle": _lifecycle(noncurrent=90),
    },
}

CODE: Layer = {
    "project": "sluice",
    "owner": "data-platform",
    "principal_groups": [],  # who is in none may make no dataset of personal data
    "trusted_federations": [],  # jobs run inside the platform: nobody from outside becomes one of its identities
    "cost_center": "data-platform",
    "data_classification": DataClass.INTERNAL,  # the safe reading of what nobody has classified
    "protect_data": True,  # unprotected is the exception that a tier states
    "network": {
        "zones": 2,  # MWAA asks for private subnets in two zones; the other clouds keep the shape
        "nat": Nat.SINGLE,  # one gateway costs about 33 EUR a month; only prod pays for one per zone
        # What is called all day stays inside, by endpoints that lead to our own account only.
        "private_services": list(PrivateService),
        "subnets": {},  # each tier gets its quarter of the range
        "flow_log_retention_days": 90,  # what CIS asks for; intrusions are often noticed after weeks
    },
    "storage": {
        "archive_prefix_glacier_after_days": 90,
        # Most copies are there in minutes anyhow; the promise costs 0.015 USD for each GB.
        "replication_within_15_minutes": False,
        "zones": _ZONES,
    },
    "backup": {
        "vault_locked": False,  # a lock cannot be undone: only prod takes it
        "vault_lock_grace_days": 7,  # a week of backups, copies and reports to look at first
        # A restore is billed by volume, about 20 USD for each TB; in a month a quarter's worth of changes is small.
        "restore_tests": Frequency.MONTHLY,
        "metadata_export_minutes": 30,  # half of the hour that the recovery point allows, so one may fail
        "plans": {
            "internal": _plan(hours=24, keep=14),
            "confidential": _plan(hours=24, keep=35),  # one monthly close and a few days
            "restricted": _plan(hours=24, keep=35),
        },
    },
    "encryption": {
        "customer_key_for": [DataClass.INTERNAL, DataClass.CONFIDENTIAL, DataClass.RESTRICTED],
        "rotation_days": 365,  # what auditors ask for
        "deletion_window_days": 30,  # the longest there is: a key's end is the data's end
    },
    "secrets": {"source-commerce": {"rotation_days": 90}},  # the supplier's terms
    "sources": {
        "commerce": {"base_url": "https://sandbox.commerce.example.com", "secret": "source-commerce"}
    },
    "orchestrator": {
        "airflow_version": "3.3.1",  # the newest that MWAA and Composer 3 both offer
        "size": Size.SMALL,
        "workers_min": 1,
        "workers_max": 2,
        "parallelism": 32,  # Airflow's own default
    },
    "spark": {
        "max_vcpus": 16,
        "max_memory_gb": 64,  # 4 GB for each CPU
        "idle_timeout_minutes": 15,  # a session start costs less than a quarter of an hour of idle capacity
    },
    "events": {
        "archive_days": 30,  # as long as the raw lock: what can be replayed can be recomputed
        "message_retention_days": 14,  # the most there is: nothing is lost over a holiday
        "deliveries": 5,  # with back-off, about half an hour of trying
    },
    "budget": {
        "alert_at_percent": [50, 80, 100],
        "emails": ["data-platform@example.com"],  # a placeholder that reaches nobody: put the team's own here
    },
    "state": {
        "lock_days": 14,  # long enough to notice that an account was taken over, or that a script ran wild
        "keep_days": 90,  # a quarter to go back to
    },
    "ci": {
        # A placeholder: put your own here. GitHub has no name with two hyphens, so nobody can pose as it.
        "repository": "your--company/data-platform",
        # Repositories made or renamed since July 2026 have both numbers in the identity of their jobs:
        # gh api repos/OWNER/NAME --jq '"owner_id: \(.owner.id), repository_id: \(.id)"'
        "owner_id": None,
        "repository_id": None,
        "branch": "main",
        "account_knows_github": False,  # one account for each environment, with nothing else in it
    },
    "releases": {"retain": 10},  # two weeks of daily ships
    "enforcement": {"fail_at": Severity.HIGH, "fail_undetermined": False},
}

TIERS: Mapping[Tier, Layer] = {
    Tier.LOCAL: {
        "protect_data": False,  # one machine's play data
        "network": {
            "zones": 1,
            "nat": Nat.NONE,
            "private_services": [],
            "flow_log_retention_days": 1,
        },  # there is no network to speak of
        # The shortest lock there is: it proves the behaviour and does not fill a laptop.
        "storage": {"zones": {"raw": {"lock_days": 1}}},
        "orchestrator": {
            "airflow_version": "3.3.2",  # no managed service holds it back
            "workers_max": 1,  # the LocalExecutor is its own worker
            "parallelism": 4,  # SQLite and two cores serve four tasks without lock errors
        },
        "spark": {"max_vcpus": 2, "max_memory_gb": 2},  # `local[2]` beside Airflow on a laptop
        # A machine that is there anyway.
        "budget": {"monthly_eur": 0, "alert_at_percent": [], "emails": []},
    },
    Tier.DEV: {
        "protect_data": False,  # made and destroyed daily
        # An endpoint costs about 15 EUR a month in two zones: only values of secrets and use of keys are worth
        # it here; the rest takes the NAT gateway, which is there anyway.
        "network": {"private_services": [PrivateService.SECRETS, PrivateService.KEYS]},
        "encryption": {"deletion_window_days": 7},  # the shortest: dev keys come and go
        "state": {"lock_days": 1},  # proves the behaviour, and a bucket that is given up is gone in a day
        "backup": {"restore_tests": Frequency.NEVER},  # what it would prove, staging proves
        "budget": {"monthly_eur": 800},  # small Airflow around the clock and one NAT gateway are about 500
    },
    Tier.STAGING: {
        "orchestrator": {"workers_max": 5},  # enough to rehearse prod's load at half size
        "spark": {"max_vcpus": 64, "max_memory_gb": 256},  # a quarter of prod's: a rehearsal may take longer
        # Half as much again as the fixed part (small Airflow, NAT, endpoints), for the jobs of rehearsals.
        "budget": {"monthly_eur": 1500},
        "enforcement": {"fail_at": Severity.MEDIUM},  # what would stop prod shows here first
    },
    Tier.PROD: {
        "network": {
            "zones": 3,  # two are left when one fails
            "nat": Nat.PER_ZONE,  # a zone's failure must not cut off the others
            "flow_log_retention_days": 365,  # what auditors ask for
        },
        "storage": {
            "replication_within_15_minutes": True,  # raw's recovery point in a disaster, and an alarm when it is missed
            "zones": {"raw": {"lock_days": 365}},  # evidence for a full financial year
        },
        "backup": {
            "vault_locked": True,  # backups outlive whoever takes over an administrator
            "plans": {
                "internal": {"keep_days": 35},  # one monthly close and a few days, as the others in dev
                # Cold after a month, kept for a year; the copy serves disasters, not audits.
                "confidential": _plan(hours=12, keep=365, cold=30, copy=90),
                "restricted": _plan(hours=12, keep=365, cold=30, copy=90),  # the same: it opens the other
            },
        },
        "sources": {
            "commerce": {"base_url": "https://api.commerce.example.com"}
        },  # the others get the sandbox
        # One worker of two may be lost; at ten, with a dozen tasks each, the night's runs end before the day.
        "orchestrator": {"size": Size.MEDIUM, "workers_min": 2, "workers_max": 10, "parallelism": 128},
        "spark": {"max_vcpus": 256, "max_memory_gb": 1024},  # a backfill of a year in one night
        "state": {"lock_days": 30, "keep_days": 365},  # a month's work, and the auditors' year
        "budget": {"monthly_eur": 6000},  # a quarter of it is fixed; the rest is Spark, warehouse and storage
        "releases": {"retain": 30},  # a month and more to go back to
        # What nobody can tell before apply is not found out on customers' data.
        "enforcement": {"fail_at": Severity.MEDIUM, "fail_undetermined": True},
    },
}

CLOUDS: Mapping[Cloud, Layer] = {
    Cloud.LOCAL: {
        "account": "123456789012",  # the account that moto plays
        "region": "eu-west-1",  # as on AWS, whose APIs `local` speaks
        "failover_region": "eu-central-1",
        "allowed_regions": ["eu-west-1", "eu-central-1"],
        "network": {"cidr": "127.0.0.0/8"},  # all listens on the loopback interface
        "sources": {"commerce": {"base_url": None}},  # the source sandbox; its port is chosen at `up`
        "orchestrator": {"kind": OrchestratorKind.PROCESSES},
        "spark": {"kind": SparkKind.SPARK_SUBMIT},
        "warehouse": {"kind": WarehouseKind.DUCKDB},
    },
    # Two regions each, both in the European Union: customers' data may not leave it.
    Cloud.AWS: {
        "region": "eu-west-1",
        "failover_region": "eu-central-1",
        "allowed_regions": ["eu-west-1", "eu-central-1"],
        "orchestrator": {"kind": OrchestratorKind.MWAA},
        "spark": {"kind": SparkKind.EMR_SERVERLESS},
        "warehouse": {"kind": WarehouseKind.REDSHIFT_SERVERLESS},
    },
    Cloud.GCP: {
        "region": "europe-west1",
        "failover_region": "europe-west4",
        "allowed_regions": ["europe-west1", "europe-west4"],
        # CIS asks for 90 days on Google Cloud alone; an old version costs 0.06 USD a month.
        "encryption": {"rotation_days": 90},
        "orchestrator": {"kind": OrchestratorKind.COMPOSER},
        "spark": {"kind": SparkKind.DATAPROC_SERVERLESS},
        "warehouse": {"kind": WarehouseKind.BIGQUERY},
    },
    Cloud.AZURE: {
        "region": "westeurope",
        "failover_region": "northeurope",
        "allowed_regions": ["westeurope", "northeurope"],
        # Data Factory's own Airflow has been closed to new customers since 2025.
        "orchestrator": {"kind": OrchestratorKind.CONTAINERS},
        "spark": {"kind": SparkKind.SYNAPSE},
        "warehouse": {"kind": WarehouseKind.SYNAPSE_SQL},
    },
}
