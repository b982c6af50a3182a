"""Object storage on AWS: a bucket per zone, copies in the fail-over region, and the log buckets of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions

from environments.manifest import Zone
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.identity.spec import IdentityOutputs
from modules.storage.aws_bucket import AwsBucket, BucketSettings
from modules.storage.aws_lifecycle import lifecycle_rules
from modules.storage.aws_logs import LogSettings, log_bucket
from modules.storage.aws_replication import Copied, replicate
from modules.storage.spec import StorageOutputs, StorageSpec

FAILOVER = "failover"


class AwsStorage(pulumi.ComponentResource):
    """The zones, and a copy of each that is replicated, made by S3 under an identity of its own."""

    outputs: StorageOutputs

    def __init__(
        self, name: str, spec: StorageSpec, replicator: IdentityOutputs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("sluice:storage:AwsStorage", name, None, opts)
        self._spec = spec
        environment = spec.environment
        settings = environment.storage.zones
        copied = [zone for zone in settings if settings[zone].replicated]
        here, there = environment.region, environment.failover_region
        logs = self._logs(list(settings), here, None)
        zones = self._zones(list(settings), here, spec.keys, None, logs)
        all_logs, copies = [logs], dict[Zone, AwsBucket]()
        if copied:
            all_logs.append(self._logs(copied, there, FAILOVER))
            copies = self._zones(copied, there, spec.failover_keys, FAILOVER, all_logs[-1])
        pairs = [
            Copied(zones[zone], copy, self._key(zone, spec.keys), self._key(zone, spec.failover_keys))
            for zone, copy in copies.items()
        ]
        replicate(environment, replicator, pairs, self)
        self.outputs = StorageOutputs(
            zones={zone: Output.concat("s3://", bucket.name) for zone, bucket in zones.items()},
            failover_zones={zone: Output.concat("s3://", bucket.name) for zone, bucket in copies.items()},
            buckets={zone: bucket.name for zone, bucket in zones.items()},
            grantable={zone: bucket.arn for zone, bucket in zones.items()},
            failover_grantable={zone: bucket.arn for zone, bucket in copies.items()},
            logs=[bucket.name for bucket in all_logs],
        )
        self.register_outputs({})

    def _logs(self, zones: Sequence[Zone], region: str, part: str | None) -> AwsBucket:
        environment = self._spec.environment
        return log_bucket(
            LogSettings(
                environment,
                region,
                f"access-logs-{part}" if part else "access-logs",
                [physical_name(environment, zone, part) for zone in zones],
                writers=self._spec.log_writers if region == environment.region else {},
                destroy_data=self._spec.destroy_data,
            ),
            parent=self,
        )

    def _zones(
        self,
        zones: Sequence[Zone],
        region: str,
        keys: Mapping[DataClass, Input[str]],
        part: str | None,
        logs: AwsBucket,
    ) -> dict[Zone, AwsBucket]:
        """The buckets of one region, logged, listed and heard within it."""
        made = {zone: self._bucket(zone, region, self._key(zone, keys), part) for zone in zones}
        for bucket in made.values():
            bucket.restrict()
            bucket.log_to(logs)
            bucket.list_to(logs, self._spec.environment.account)
            # All of them: AWS Backup follows changes by these events, and rules pick what pipelines wait for.
            bucket.announce()
        return made

    def _key(self, zone: Zone, keys: Mapping[DataClass, Input[str]]) -> Input[str] | None:
        return keys.get(self._spec.environment.storage.zones[zone].data_class)

    def _bucket(self, zone: Zone, region: str, key: Input[str] | None, part: str | None) -> AwsBucket:
        environment = self._spec.environment
        settings = environment.storage.zones[zone]
        return AwsBucket(
            f"{zone}-{part}" if part else str(zone),
            BucketSettings(
                name=physical_name(environment, zone, part),
                region=region,
                tags=tags(environment, data_classification=settings.data_class),
                versioned=settings.versioned,
                lock_days=settings.lock_days,
                key=key,
                # A copy ages as its original: what is restored from it is as near.
                lifecycle_rules=lifecycle_rules(
                    settings.lifecycle,
                    versioned=settings.versioned,
                    archive_after=environment.storage.archive_prefix_glacier_after_days,
                ),
                protect=environment.protect_data,
                force_destroy=self._spec.destroy_data,
            ),
            parent=self,
        )
