"""Object storage on GCP: a bucket per zone, and one that their access logs go to."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from environments.manifest import Zone
from environments.model import Environment
from environments.naming import physical_name, tags
from environments.storage import Lifecycle
from environments.vocabulary import DataClass
from modules.storage.spec import StorageOutputs, StorageSpec

Rule = gcp.storage.BucketLifecycleRuleArgsDict

SECONDS_A_DAY = 86400
# Google's own group, which writes access logs; there is no other way to receive them.
LOG_WRITER = "group:cloud-storage-analytics@google.com"


class GcpStorage(pulumi.ComponentResource):
    """The zones of the environment's own region; copies of them come with replication."""

    outputs: StorageOutputs

    def __init__(self, name: str, spec: StorageSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:storage:GcpStorage", name, None, opts)
        self._spec = spec
        logs = self._access_logs()
        zones = {zone: self._zone(zone, logs) for zone in spec.environment.storage.zones}
        self._audit(spec.environment)
        names = {zone: bucket.name for zone, bucket in zones.items()}
        self.outputs = StorageOutputs(
            zones={zone: Output.concat("gs://", bucket) for zone, bucket in names.items()},
            failover_zones={},
            buckets=names,
            grantable=names,
        )
        self.register_outputs({})

    def _zone(self, zone: Zone, logs: gcp.storage.Bucket) -> gcp.storage.Bucket:
        environment = self._spec.environment
        settings = environment.storage.zones[zone]
        rules = lifecycle_rules(
            settings.lifecycle,
            versioned=settings.versioned,
            archive_after=environment.storage.archive_prefix_glacier_after_days,
        )
        return self._bucket(
            str(zone),
            physical_name(environment, zone),
            settings.data_class,
            rules,
            versioned=settings.versioned,
            lock_days=settings.lock_days,
            logs=logs,
        )

    def _access_logs(self) -> gcp.storage.Bucket:
        environment = self._spec.environment
        # As long as the network's flow logs: an inquiry reads both side by side.
        days = environment.network.flow_log_retention_days
        rules: list[Rule] = [
            {"action": {"type": "Delete"}, "condition": {"age": days}},
            {"action": {"type": "Delete"}, "condition": {"days_since_noncurrent_time": days}},
        ]
        name = physical_name(environment, "storage", "access-logs")
        logs = self._bucket("access-logs", name, environment.data_classification, rules)
        gcp.storage.BucketIAMMember(
            "access-logs-writer",
            bucket=logs.name,
            role="roles/storage.objectCreator",
            member=LOG_WRITER,
            opts=ResourceOptions(parent=self),
        )
        return logs

    def _bucket(
        self,
        logical_name: str,
        name: str,
        data_class: DataClass,
        rules: list[Rule],
        *,
        versioned: bool = True,
        lock_days: int = 0,
        logs: gcp.storage.Bucket | None = None,
    ) -> gcp.storage.Bucket:
        environment, key = self._spec.environment, self._spec.keys.get(data_class)
        keep = environment.protect_data and not self._spec.destroy_data
        # A retention that the owner can lift is none.
        retention: gcp.storage.BucketRetentionPolicyArgsDict = {
            "retention_period": str(lock_days * SECONDS_A_DAY),
            "is_locked": True,
        }
        return gcp.storage.Bucket(
            logical_name,
            name=name,
            project=environment.account,
            location=environment.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            encryption={"default_kms_key_name": key} if key else None,
            versioning={"enabled": versioned},
            retention_policy=retention if lock_days else None,
            lifecycle_rules=rules,
            logging={"log_bucket": logs.name, "log_object_prefix": name} if logs else None,
            force_destroy=self._spec.destroy_data,
            deletion_policy="PREVENT" if keep else "DELETE",
            labels=tags(environment, data_classification=data_class),
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )

    def _audit(self, environment: Environment) -> None:
        gcp.projects.IAMAuditConfig(
            "storage-audit",
            project=environment.account,
            service="storage.googleapis.com",
            audit_log_configs=[{"log_type": "DATA_READ"}, {"log_type": "DATA_WRITE"}],
            opts=ResourceOptions(parent=self),
        )


def lifecycle_rules(lifecycle: Lifecycle, *, versioned: bool, archive_after: int | None) -> list[Rule]:
    """GCS's rules for a zone's life cycle; `archive_after` moves the prefix `archive/` to Coldline."""
    steps = (
        ("NEARLINE", lifecycle.infrequent_access_after_days),
        ("COLDLINE", lifecycle.glacier_after_days),
        ("ARCHIVE", lifecycle.deep_archive_after_days),
    )
    rules = [_move(to, days) for to, days in steps if days is not None]
    if lifecycle.expire_after_days is not None:
        rules.append({"action": {"type": "Delete"}, "condition": {"age": lifecycle.expire_after_days}})
    if versioned and lifecycle.noncurrent_expire_after_days is not None:
        days = lifecycle.noncurrent_expire_after_days
        rules.append({"action": {"type": "Delete"}, "condition": {"days_since_noncurrent_time": days}})
    abort = lifecycle.abort_incomplete_upload_after_days
    rules.append({"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": abort}})
    if archive_after is not None:
        rules.append(_move("COLDLINE", archive_after, prefix="archive/"))
    return rules


def _move(storage_class: str, days: int, prefix: str | None = None) -> Rule:
    condition: gcp.storage.BucketLifecycleRuleConditionArgsDict = {"age": days}
    if prefix is not None:
        condition["matches_prefixes"] = [prefix]
    return {"action": {"type": "SetStorageClass", "storage_class": storage_class}, "condition": condition}
