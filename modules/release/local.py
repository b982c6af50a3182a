"""What `local` hands to its releases: the platform manifest, as an object in the releases zone."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments.naming import tags
from modules.release.local_object import ObjectProvider
from modules.release.spec import MANIFEST_KEY, ReleaseOutputs, ReleaseSpec


class StoredObject(Resource, module="sluice", name="StoredObject"):
    """One text object."""

    uri: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(ObjectProvider(), logical_name, {**inputs, "uri": None}, opts)


class LocalRelease(pulumi.ComponentResource):
    """The manifest's object; the bundle and the DAGs start from it."""

    outputs: ReleaseOutputs

    def __init__(self, name: str, spec: ReleaseSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:release:LocalRelease", name, None, opts)
        stored = StoredObject(
            "platform-manifest",
            {
                "key": MANIFEST_KEY,
                "bucket": spec.bucket,
                "content": spec.manifest.apply(lambda manifest: manifest.model_dump_json(indent=2) + "\n"),
                "content_type": "application/json",
                "tags": tags(spec.environment),
            },
            ResourceOptions(parent=self),
        )
        self.outputs = ReleaseOutputs(manifest_uri=stored.uri)
        self.register_outputs({})
