"""Keys on Azure: a Key Vault with a key per data class, which storage alone may unwrap with."""

from __future__ import annotations

import pulumi
import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.azure_place import SHORT_NAME_LIMIT, KeyVault, Place, built_in_role
from modules.encryption.spec import EncryptionOutputs, EncryptionSpec
from modules.observability.azure import record

# Key Vault Crypto Service Encryption User: wrap and unwrap, and nothing else.
ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
# Key Vault's own bounds.
SOFT_DELETE_DAYS = range(7, 91)
# From the rotation of a key to its end, in which what it encrypts moves to the next version.
DAYS_TO_MOVE = 30


class AzureEncryption(pulumi.ComponentResource):
    """A vault, a key for each data class that asks for one, and the one identity that uses them.

    `users` of the spec stay unnamed: on Azure a workload reads what storage has decrypted, never a key.
    """

    outputs: EncryptionOutputs
    vault: KeyVault

    def __init__(
        self, name: str, spec: EncryptionSpec, place: Place, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("sluice:encryption:AzureEncryption", name, None, opts)
        self._spec, self._place = spec, place
        environment = spec.environment
        self._vault = audited_vault("keys", environment, place, self)
        self._user = azure.managedidentity.UserAssignedIdentity(
            "storage-identity",
            resource_name_=physical_name(environment, "encryption", "storage"),
            resource_group_name=place.group,
            location=environment.region,
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        made = {data_class: self._key(data_class) for data_class in environment.encryption.customer_key_for}
        self.vault = KeyVault(uri=self._vault.properties.vault_uri, identity=self._user.id)
        self.outputs = EncryptionOutputs(
            keys={data_class: usable for data_class, (_, usable) in made.items()},
            grantable={data_class: key.id for data_class, (key, _) in made.items()},
        )
        self.register_outputs({})

    def _key(self, data_class: DataClass) -> tuple[azure.keyvault.Key, Output[str]]:
        """The key, and its name once storage may use it."""
        environment = self._spec.environment
        days = environment.encryption.rotation_days
        key = azure.keyvault.Key(
            f"{data_class}-key",
            key_name=physical_name(environment, "encryption", data_class),
            vault_name=self._vault.name,
            resource_group_name=self._place.group,
            properties={
                "kty": "RSA",
                "key_size": 3072,
                "key_ops": ["wrapKey", "unwrapKey"],
                "attributes": {"enabled": True, "exportable": False},
                "rotation_policy": {
                    "lifetime_actions": [
                        {
                            "action": {"type": azure.keyvault.KeyRotationPolicyActionType.ROTATE},
                            "trigger": {"time_after_create": f"P{days}D"},
                        }
                    ],
                    "attributes": {"expiry_time": f"P{days + DAYS_TO_MOVE}D"},
                },
            },
            tags=tags(environment, data_classification=data_class),
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )
        use = azure.authorization.RoleAssignment(
            f"{data_class}-key-for-storage",
            scope=key.id,
            principal_id=self._user.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=built_in_role(environment.account, ENCRYPTION_USER),
            opts=ResourceOptions(parent=self),
        )
        # An account made before it may use its key is refused, so whoever asks for the name waits for both.
        return key, Output.all(key.name, use.id).apply(lambda both: both[0])


def audited_vault(
    capability: str, environment: Environment, place: Place, parent: pulumi.ComponentResource
) -> azure.keyvault.Vault:
    """A vault, logically `<capability>-vault`, whose every use is written to the audit log."""
    client = azure.authorization.get_client_config_output(opts=InvokeOptions(parent=parent))
    vault = azure.keyvault.Vault(
        f"{capability}-vault",
        vault_name=physical_name(environment, capability, limit=SHORT_NAME_LIMIT),
        resource_group_name=place.group,
        location=environment.region,
        properties=_vault_properties(client.tenant_id, environment.encryption.deletion_window_days),
        tags=tags(environment, data_classification=DataClass.RESTRICTED),
        opts=ResourceOptions(parent=parent, protect=environment.protect_data),
    )
    record(f"{capability}-vault", environment, vault.id, place.audit_log, ("AuditEvent",), parent)
    return vault


def _vault_properties(
    tenant: Output[str], deletion_window_days: int
) -> azure.keyvault.VaultPropertiesArgsDict:
    """What every vault has: closed to the internet, rights by role, nothing purged before its time."""
    return {
        "tenant_id": tenant,
        "sku": {"family": "A", "name": azure.keyvault.SkuName.STANDARD},
        "enable_rbac_authorization": True,
        "enable_soft_delete": True,
        "soft_delete_retention_in_days": min(
            max(deletion_window_days, SOFT_DELETE_DAYS[0]), SOFT_DELETE_DAYS[-1]
        ),
        "enable_purge_protection": True,
        "enabled_for_deployment": False,
        "enabled_for_disk_encryption": False,
        "enabled_for_template_deployment": False,
        "public_network_access": "Disabled",
        # Azure's own services: storage reaches its keys by no other way.
        "network_acls": {"default_action": "Deny", "bypass": "AzureServices"},
    }
