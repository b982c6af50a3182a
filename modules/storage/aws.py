"""Object storage on AWS: a bucket per zone, and one that their access logs go to."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions

from environments.manifest import Zone
from environments.naming import physical_name, tags
from modules.storage.aws_bucket import AwsBucket, BucketSettings, Rule, lifecycle_rules
from modules.storage.spec import StorageOutputs, StorageSpec


class AwsStorage(pulumi.ComponentResource):
    """The zones of the environment's own region; copies of them come with replication."""

    outputs: StorageOutputs

    def __init__(self, name: str, spec: StorageSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:storage:AwsStorage", name, None, opts)
        logs = self._access_logs(spec)
        zones = {zone: self._zone(spec, zone) for zone in spec.environment.storage.zones}
        for bucket in zones.values():
            bucket.restrict()
            bucket.log_to(logs)
        names = {zone: bucket.name for zone, bucket in zones.items()}
        self.outputs = StorageOutputs(
            zones={zone: Output.concat("s3://", bucket) for zone, bucket in names.items()},
            failover_zones={},
            buckets=names,
            grantable={zone: bucket.arn for zone, bucket in zones.items()},
        )
        self.register_outputs({})

    def _zone(self, spec: StorageSpec, zone: Zone) -> AwsBucket:
        environment = spec.environment
        settings = environment.storage.zones[zone]
        rules = lifecycle_rules(
            settings.lifecycle,
            versioned=settings.versioned,
            archive_after=environment.storage.archive_prefix_glacier_after_days,
        )
        return AwsBucket(
            str(zone),
            BucketSettings(
                name=physical_name(environment, zone),
                region=environment.region,
                tags=tags(environment, data_classification=settings.data_class),
                versioned=settings.versioned,
                lock_days=settings.lock_days,
                key=spec.keys.get(settings.data_class),
                lifecycle_rules=rules,
                protect=environment.protect_data,
                force_destroy=spec.destroy_data,
            ),
            parent=self,
        )

    def _access_logs(self, spec: StorageSpec) -> AwsBucket:
        environment = spec.environment
        # As long as the network's flow logs: an inquiry reads both side by side.
        days = environment.network.flow_log_retention_days
        rule: Rule = {
            "id": "logs",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"days": days},
            "noncurrent_version_expiration": {"noncurrent_days": days},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
        }
        logs = AwsBucket(
            "access-logs",
            BucketSettings(
                name=physical_name(environment, "storage", "access-logs"),
                region=environment.region,
                tags=tags(environment),
                versioned=True,
                lock_days=0,
                key=None,  # the log service cannot write under a customer's key
                lifecycle_rules=[rule],
                protect=environment.protect_data,
                force_destroy=spec.destroy_data,
            ),
            parent=self,
        )
        names = [physical_name(environment, zone) for zone in environment.storage.zones]
        logs.restrict(
            {
                "Sid": "AccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": [Output.concat(logs.arn, f"/{name}/*") for name in names],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": environment.account},
                    "ArnEquals": {"aws:SourceArn": [f"arn:aws:s3:::{name}" for name in names]},
                },
            }
        )
        return logs
