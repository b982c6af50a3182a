"""A component with the usual settings of an account."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure

USUAL = {
    "kind": azure.storage.Kind.STORAGE_V2,
    "enable_https_traffic_only": True,
    "minimum_tls_version": azure.storage.MinimumTlsVersion.TLS1_2,
    "allow_blob_public_access": False,
    "public_network_access": azure.storage.PublicNetworkAccess.DISABLED,
}


class Account(pulumi.ComponentResource):
    """A resource group with one account in it."""

    def __init__(self, name: str, overrides: Mapping[str, Any]) -> None:
        super().__init__("sluice:mutation:Account", name)
        inside = pulumi.ResourceOptions(parent=self)
        group = azure.resources.ResourceGroup("group", location="westeurope", opts=inside)
        settings = {**USUAL, **overrides}
        azure.storage.StorageAccount(
            "merged",
            resource_group_name=group.name,
            location="westeurope",
            sku=azure.storage.SkuArgs(name=azure.storage.SkuName.STANDARD_ZRS),
            opts=inside,
            **settings,
        )
        self.register_outputs({})
