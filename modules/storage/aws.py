"""Object storage on AWS: a bucket per zone, copies in the fail-over region, and the log buckets of both."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi import Input, Output, ResourceOptions

from environments.manifest import Zone
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.storage.aws_bucket import AwsBucket, BucketSettings
from modules.storage.aws_lifecycle import lifecycle_rules
from modules.storage.aws_logs import log_bucket
from modules.storage.aws_replication import AwsReplicator, Copied
from modules.storage.spec import StorageOutputs, StorageSpec

FAILOVER = "failover"


class AwsStorage(pulumi.ComponentResource):
    """The zones, and a copy of each that is replicated, made by the replicator."""

    outputs: StorageOutputs

    def __init__(
        self, name: str, spec: StorageSpec, replicator: AwsReplicator, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("sluice:storage:AwsStorage", name, None, opts)
        self._spec = spec
        environment = spec.environment
        settings = environment.storage.zones
        zones = self._zones(list(settings), environment.region, spec.keys, None)
        replicated = [zone for zone in settings if settings[zone].replicated]
        copies = self._zones(replicated, environment.failover_region, spec.failover_keys, FAILOVER)
        replicator.copy(
            [
                Copied(
                    zones[zone], copy, *(self._key(zone, keys) for keys in (spec.keys, spec.failover_keys))
                )
                for zone, copy in copies.items()
            ]
        )
        self.outputs = StorageOutputs(
            zones={zone: Output.concat("s3://", bucket.name) for zone, bucket in zones.items()},
            failover_zones={zone: Output.concat("s3://", bucket.name) for zone, bucket in copies.items()},
            buckets={zone: bucket.name for zone, bucket in zones.items()},
            grantable={zone: bucket.arn for zone, bucket in zones.items()},
        )
        self.register_outputs({})

    def _zones(
        self, zones: list[Zone], region: str, keys: Mapping[DataClass, Input[str]], part: str | None
    ) -> dict[Zone, AwsBucket]:
        """The buckets of one region, logged, listed and heard within it."""
        environment = self._spec.environment
        if not zones:
            return {}
        logs = log_bucket(
            environment,
            region,
            f"access-logs-{part}" if part else "access-logs",
            [physical_name(environment, zone, part) for zone in zones],
            destroy_data=self._spec.destroy_data,
            parent=self,
        )
        made = {zone: self._bucket(zone, region, self._key(zone, keys), part) for zone in zones}
        for bucket in made.values():
            bucket.restrict()
            bucket.log_to(logs)
            bucket.list_to(logs, environment.account)
            # Copies as well: AWS Backup and whoever watches for deletions hear of both.
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
