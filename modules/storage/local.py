"""Object storage of `local`: buckets of an S3 server on this machine."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments.manifest import Zone
from environments.naming import physical_name, tags
from modules.storage.local_bucket import BucketProvider
from modules.storage.spec import StorageOutputs, StorageSpec


class Bucket(Resource, module="sluice", name="Bucket"):
    """One bucket, whole: versions, lock, tags, no access but the owner's."""

    name: Output[str]
    uri: Output[str]

    def __init__(
        self,
        logical_name: str,
        *,
        bucket: str,
        versioned: bool,
        lock_days: int,
        bucket_tags: dict[str, str],
        destroy_data: bool,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "name": bucket,
            "versioned": versioned,
            "lock_days": lock_days,
            "policy": "",
            "tags": bucket_tags,
            "destroy_data": destroy_data,
            "uri": None,
        }
        super().__init__(BucketProvider(), logical_name, inputs, opts)


class LocalStorage(pulumi.ComponentResource):
    """A bucket per zone, and one more for each zone that is copied to the fail-over region."""

    outputs: StorageOutputs

    def __init__(self, name: str, spec: StorageSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:storage:LocalStorage", name, None, opts)
        settings = spec.environment.storage.zones
        zones = {zone: self._bucket(spec, zone, None) for zone in settings}
        copies = {
            zone: self._bucket(spec, zone, "failover") for zone in settings if settings[zone].replicated
        }
        self.outputs = StorageOutputs(
            zones={zone: bucket.uri for zone, bucket in zones.items()},
            failover_zones={zone: bucket.uri for zone, bucket in copies.items()},
            buckets={zone: bucket.name for zone, bucket in zones.items()},
        )
        self.register_outputs({})

    def _bucket(self, spec: StorageSpec, zone: Zone, part: str | None) -> Bucket:
        settings = spec.environment.storage.zones[zone]
        return Bucket(
            f"{zone}-{part}" if part else str(zone),
            bucket=physical_name(spec.environment, zone, part),
            versioned=settings.versioned,
            lock_days=settings.lock_days,
            bucket_tags=tags(spec.environment, data_classification=settings.data_class),
            destroy_data=spec.destroy_data,
            opts=ResourceOptions(parent=self, protect=spec.environment.protect_data),
        )
