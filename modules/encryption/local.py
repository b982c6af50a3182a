"""Keys of `local`: KMS keys behind aliases."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments.naming import physical_name, tags
from modules.encryption.local_key import KeyProvider
from modules.encryption.spec import EncryptionOutputs, EncryptionSpec


class Key(Resource, module="sluice", name="Key"):
    """One key and the alias that it is used by."""

    name: Output[str]
    alias_arn: Output[str]

    def __init__(
        self,
        logical_name: str,
        *,
        alias: str,
        description: str,
        deletion_window_days: int,
        key_tags: dict[str, str],
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "name": alias,
            "description": description,
            "rotated": True,
            "deletion_window_days": deletion_window_days,
            "tags": key_tags,
            "key_id": None,
            "alias_arn": None,
        }
        super().__init__(KeyProvider(), logical_name, inputs, opts)


class LocalEncryption(pulumi.ComponentResource):
    """A key for each data class that asks for one."""

    outputs: EncryptionOutputs

    def __init__(self, name: str, spec: EncryptionSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:encryption:LocalEncryption", name, None, opts)
        environment = spec.environment
        keys = {
            data_class: Key(
                f"{data_class}-key",
                alias=f"alias/{physical_name(environment, 'encryption', data_class)}",
                description=f"{data_class} data of {environment.name}",
                deletion_window_days=environment.encryption.deletion_window_days,
                key_tags=tags(environment, data_classification=data_class),
                opts=ResourceOptions(parent=self, protect=environment.protect_data),
            )
            for data_class in environment.encryption.customer_key_for
        }
        self.outputs = EncryptionOutputs({data_class: key.alias_arn for data_class, key in keys.items()})
        self.register_outputs({})
