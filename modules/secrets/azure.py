"""Secrets on Azure: a Key Vault of the workload's own, whose entries' names are known beforehand."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions

from environments.naming import physical_name
from modules.azure_place import Place, PrivateLink
from modules.encryption.azure import audited_vault
from modules.network.azure_private_link import private_endpoint
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
        vault = audited_vault("secrets", environment, place, self)
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
