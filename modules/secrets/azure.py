"""Secrets on Azure: a Key Vault of the workload's own, whose entries' names are known beforehand."""

from __future__ import annotations

import pulumi
import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.azure_place import SHORT_NAME_LIMIT, Place, PrivateLink
from modules.encryption.azure import vault_properties
from modules.network.azure_private_link import private_endpoint
from modules.observability.azure import record
from modules.secrets.spec import SecretsOutputs, SecretsSpec

# The longest name of an entry.
ENTRY_LIMIT = 127


class AzureSecrets(pulumi.ComponentResource):
    """The vault. An entry begins with its first value, so none is made here: no value is in the code.

    A vault encrypts by itself; `key` of the spec has no use here.
    """

    outputs: SecretsOutputs

    def __init__(
        self,
        name: str,
        spec: SecretsSpec,
        place: Place,
        link: PrivateLink,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:secrets:AzureSecrets", name, None, opts)
        environment = spec.environment
        client = azure.authorization.get_client_config_output(opts=InvokeOptions(parent=self))
        vault = azure.keyvault.Vault(
            "secrets-vault",
            vault_name=physical_name(environment, "secrets", limit=SHORT_NAME_LIMIT),
            resource_group_name=place.group,
            location=environment.region,
            properties=vault_properties(client.tenant_id, environment.encryption.deletion_window_days),
            tags=tags(environment, data_classification=DataClass.RESTRICTED),
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )
        record("secrets-vault", environment, vault.id, place.audit_log, ("AuditEvent",), self)
        private_endpoint("secrets-vault", environment, vault.id, "vault", place, link, self)
        entries = {
            entry: physical_name(environment, entry, limit=ENTRY_LIMIT) for entry in environment.secrets
        }
        self.outputs = SecretsOutputs(
            names={entry: Output.from_input(found) for entry, found in entries.items()},
            # All entries are for one workload; another one gets a vault of its own.
            grantable={"secrets-vault": vault.id},
        )
        self.register_outputs({})
