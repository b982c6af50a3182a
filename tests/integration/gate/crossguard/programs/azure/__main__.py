"""Planted faults on Azure."""

import pulumi
import pulumi_azure_native as azure

group = azure.resources.ResourceGroup("group", location="eastus")
account = azure.storage.StorageAccount(
    "zone",
    resource_group_name=group.name,
    kind=azure.storage.Kind.STORAGE_V2,
    sku={"name": azure.storage.SkuName.STANDARD_LRS},
    allow_blob_public_access=True,
    enable_https_traffic_only=False,
    minimum_tls_version="TLS1_0",
)
azure.storage.StorageAccount(
    "perhaps",
    resource_group_name=group.name,
    kind=azure.storage.Kind.STORAGE_V2,
    sku={"name": azure.storage.SkuName.STANDARD_LRS},
    allow_blob_public_access=account.is_local_user_enabled,
    enable_https_traffic_only=account.is_local_user_enabled,
)
rules = azure.network.NetworkSecurityGroup(
    "rules",
    resource_group_name=group.name,
    security_rules=[
        {
            "name": "world",
            "access": "Allow",
            "direction": "Inbound",
            "priority": 100,
            "protocol": "Tcp",
            "source_address_prefix": "*",
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_range": "22",
        }
    ],
)
vault = azure.keyvault.Vault(
    "vault",
    resource_group_name=group.name,
    properties={
        "tenant_id": "44444444-4444-4444-4444-444444444444",
        "sku": {"family": "A", "name": "standard"},
        "enable_soft_delete": False,
        "public_network_access": "Enabled",
    },
)
azure.authorization.RoleAssignment(
    "owner",
    scope=group.id,
    principal_id=vault.id,
    principal_type="ServicePrincipal",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
)
pulumi.export("account", account.id)
