"""One storage account on Azure, whole: private, under a customer's key, with its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from modules.azure_place import KeyVault, Place
from modules.observability.azure import record

Rule = azure.storage.ManagementPolicyRuleArgsDict

BLOB_LOGS = ("StorageRead", "StorageWrite", "StorageDelete")
# Days in which a blob or a container that was deleted by mistake comes back.
UNDELETE_DAYS = 7


@dataclass(frozen=True)
class AccountSettings:
    """What differs from one account to the next."""

    name: str
    tags: Mapping[str, str]
    redundancy: str
    versioned: bool
    lock_days: int
    key: Input[str] | None
    """Name of its customer-managed key."""
    rules: list[Rule]
    container: str | None = None


class AzureAccount:
    """A storage account and its settings, as children of one component."""

    def __init__(
        self,
        logical_name: str,
        environment: Environment,
        settings: AccountSettings,
        place: Place,
        vault: KeyVault,
        parent: Resource,
    ) -> None:
        self._logical, self._environment, self._settings = logical_name, environment, settings
        self._place, self._vault, self._parent = place, vault, parent
        self.resource = self._account()
        self.name: Output[str] = self.resource.name
        self.id: Output[str] = self.resource.id
        service = self._blob_service()
        if settings.rules:
            self._age(service)
        if settings.container:
            self.container = azure.storage.BlobContainer(
                f"{logical_name}-container",
                container_name=settings.container,
                account_name=self.name,
                resource_group_name=place.group,
                public_access=azure.storage.PublicAccess.NONE,
                opts=ResourceOptions(parent=parent, protect=environment.protect_data, depends_on=[service]),
            )
        blobs = Output.concat(self.id, "/blobServices/default")
        record(logical_name, environment, blobs, place.audit_log, BLOB_LOGS, parent)

    def _account(self) -> azure.storage.StorageAccount:
        environment, settings = self._environment, self._settings
        return azure.storage.StorageAccount(
            self._logical,
            account_name=settings.name,
            resource_group_name=self._place.group,
            location=environment.region,
            kind=azure.storage.Kind.STORAGE_V2,
            sku={"name": settings.redundancy},
            access_tier=azure.storage.AccessTier.HOT,
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            allow_shared_key_access=False,  # a key would be a right that no role says
            default_to_o_auth_authentication=True,
            is_local_user_enabled=False,
            is_sftp_enabled=False,
            enable_https_traffic_only=True,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            public_network_access=azure.storage.PublicNetworkAccess.DISABLED,
            network_rule_set={
                "default_action": azure.storage.DefaultAction.DENY,
                # Azure's own services: flow logs arrive by no other way.
                "bypass": azure.storage.Bypass.AZURE_SERVICES,
            },
            encryption=self._encryption(),
            identity={
                "type": azure.storage.IdentityType.USER_ASSIGNED,
                "user_assigned_identities": [self._vault.identity],
            }
            if settings.key
            else None,
            immutable_storage_with_versioning=self._lock(),
            tags=settings.tags,
            opts=ResourceOptions(parent=self._parent, protect=environment.protect_data),
        )

    def _encryption(self) -> azure.storage.EncryptionArgsDict:
        services: azure.storage.EncryptionServicesArgsDict = {
            "blob": {"enabled": True, "key_type": "Account"},
            "file": {"enabled": True, "key_type": "Account"},
        }
        if not self._settings.key:
            return {
                "key_source": azure.storage.KeySource.MICROSOFT_STORAGE,
                "require_infrastructure_encryption": True,
                "services": services,
            }
        return {
            "key_source": azure.storage.KeySource.MICROSOFT_KEYVAULT,
            "require_infrastructure_encryption": True,
            "services": services,
            "encryption_identity": {"encryption_user_assigned_identity": self._vault.identity},
            # Without a version: storage follows the rotation by itself.
            "key_vault_properties": {"key_name": self._settings.key, "key_vault_uri": self._vault.uri},
        }

    def _lock(self) -> azure.storage.ImmutableStorageAccountArgsDict | None:
        days = self._settings.lock_days
        if not days:
            return None
        return {
            "enabled": True,
            "immutability_policy": {
                "immutability_period_since_creation_in_days": days,
                "allow_protected_append_writes": False,
                # Azure makes no policy that is locked from the start; see the README for the second step.
                "state": azure.storage.AccountImmutabilityPolicyState.UNLOCKED,
            },
        }

    def _blob_service(self) -> azure.storage.BlobServiceProperties:
        undelete: azure.storage.DeleteRetentionPolicyArgsDict = {"enabled": True, "days": UNDELETE_DAYS}
        return azure.storage.BlobServiceProperties(
            f"{self._logical}-blobs",
            blob_services_name="default",
            account_name=self.name,
            resource_group_name=self._place.group,
            is_versioning_enabled=self._settings.versioned,
            delete_retention_policy=undelete,
            container_delete_retention_policy=undelete,
            opts=ResourceOptions(parent=self._parent),
        )

    def _age(self, after: Resource) -> None:
        azure.storage.ManagementPolicy(
            f"{self._logical}-lifecycle",
            management_policy_name="default",
            account_name=self.name,
            resource_group_name=self._place.group,
            policy={"rules": self._settings.rules},
            opts=ResourceOptions(parent=self._parent, depends_on=[after]),
        )
