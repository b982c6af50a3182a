"""Flow logs of a VNet: every connection, taken or refused, to a storage account under a customer's key."""

from __future__ import annotations

import pulumi_azure_native as azure
from pulumi import Resource, ResourceOptions

from environments.naming import physical_name, tags
from modules.azure_place import SHORT_NAME_LIMIT, KeyVault, Place, built_in_role
from modules.network.spec import NetworkSpec
from modules.storage.azure_account import AccountSettings, AzureAccount

# Azure makes both by itself with a subscription's first network in a region.
WATCHER_GROUP = "NetworkWatcherRG"
WATCHER = "NetworkWatcher_{region}"
# Storage Blob Data Contributor.
WRITE_BLOBS = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


def flow_logs(
    spec: NetworkSpec, vnet: azure.network.VirtualNetwork, place: Place, vault: KeyVault, parent: Resource
) -> None:
    """Makes the storage account, the identity that writes to it, and the flow log."""
    environment = spec.environment
    inside = ResourceOptions(parent=parent)
    store = AzureAccount(
        "flow-logs",
        environment,
        AccountSettings(
            name=physical_name(environment, "flow-logs", limit=SHORT_NAME_LIMIT, separator=""),
            tags=tags(environment),
            redundancy="Standard_ZRS",
            versioned=False,
            lock_days=0,
            key=spec.log_key,
            rules=[],
        ),
        place,
        vault,
        parent=parent,
    )
    writer = azure.managedidentity.UserAssignedIdentity(
        "flow-logs-identity",
        resource_name_=physical_name(environment, "network", "flow-logs"),
        resource_group_name=place.group,
        location=environment.region,
        tags=tags(environment),
        opts=inside,
    )
    may_write = azure.authorization.RoleAssignment(
        "flow-logs-writer",
        scope=store.id,
        principal_id=writer.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id=built_in_role(environment.account, WRITE_BLOBS),
        opts=inside,
    )
    azure.network.FlowLog(
        "flow-log",
        flow_log_name=physical_name(environment, "network", "flow-logs"),
        network_watcher_name=WATCHER.format(region=environment.region),
        resource_group_name=WATCHER_GROUP,
        location=environment.region,
        target_resource_id=vnet.id,
        storage_id=store.id,
        enabled=True,
        format={"type": "JSON", "version": 2},
        retention_policy={"enabled": True, "days": min(environment.network.flow_log_retention_days, 365)},
        identity={
            "type": azure.network.ResourceIdentityType.USER_ASSIGNED,
            "user_assigned_identities": [writer.id],
        },
        tags=tags(environment),
        opts=ResourceOptions.merge(inside, ResourceOptions(depends_on=[may_write])),
    )
