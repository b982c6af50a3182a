"""Object storage on Azure: a storage account per zone, each with one container of the zone's name."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions

from environments.manifest import Zone
from environments.naming import physical_name, tags
from modules.azure_place import SHORT_NAME_LIMIT, KeyVault, Place, PrivateLink
from modules.network.azure_private_link import private_endpoint
from modules.storage.azure_account import AccountSettings, AzureAccount
from modules.storage.azure_lifecycle import lifecycle_rules, redundancy
from modules.storage.spec import StorageOutputs, StorageSpec


class AzureStorage(pulumi.ComponentResource):
    """An account per zone, because versions, lock, key and redundancy are an account's, not a container's."""

    outputs: StorageOutputs

    def __init__(
        self,
        name: str,
        spec: StorageSpec,
        place: Place,
        vault: KeyVault,
        link: PrivateLink,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:storage:AzureStorage", name, None, opts)
        self._spec, self._place, self._vault, self._link = spec, place, vault, link
        accounts = {zone: self._zone(zone) for zone in spec.environment.storage.zones}
        self.outputs = StorageOutputs(
            zones={
                zone: Output.concat(f"abfss://{zone}@", account.name, ".dfs.core.windows.net")
                for zone, account in accounts.items()
            },
            # The copy is the account's own, and gets an address when the regions change places.
            failover_zones={},
            buckets={zone: account.name for zone, account in accounts.items()},
            grantable={zone: account.container.id for zone, account in accounts.items()},
        )
        self.register_outputs({})

    def _zone(self, zone: Zone) -> AzureAccount:
        environment = self._spec.environment
        settings = environment.storage.zones[zone]
        rules = lifecycle_rules(
            str(zone),
            settings.lifecycle,
            versioned=settings.versioned,
            archive_after=environment.storage.archive_prefix_glacier_after_days,
        )
        account = AzureAccount(
            str(zone),
            environment,
            AccountSettings(
                name=physical_name(environment, zone, limit=SHORT_NAME_LIMIT, separator=""),
                tags=tags(environment, data_classification=settings.data_class),
                redundancy=redundancy(settings),
                versioned=settings.versioned,
                lock_days=settings.lock_days,
                key=self._spec.keys.get(settings.data_class),
                rules=rules,
                container=str(zone),
            ),
            self._place,
            self._vault,
            parent=self,
        )
        private_endpoint(str(zone), environment, account.id, "blob", self._place, self._link, self)
        return account
