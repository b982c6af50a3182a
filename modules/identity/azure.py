"""Workload identities on Azure: a user-assigned identity, granted on single containers and vaults."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from environments.naming import physical_name, tags
from modules.azure_place import built_in_role
from modules.identity.spec import EVERYTHING, Access, Grants, IdentityOutputs, IdentitySpec, Right

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
# Storage Blob Data Reader, Storage Blob Data Contributor, Key Vault Secrets User.
BUILT_IN: Mapping[Right, str] = {
    Right.READ: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    Right.REPLACE: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}
READ_SECRETS = "4633458b-17de-408a-b874-0445c86b69e6"
# No role of Azure's own writes without deleting.
ADD_ACTIONS = (f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/add/action")


class AzureIdentity(pulumi.ComponentResource):
    """The identity of one workload; `grant` gives it what it may touch, once that is there."""

    outputs: IdentityOutputs

    def __init__(
        self,
        name: str,
        spec: IdentitySpec,
        group: azure.resources.ResourceGroup,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:identity:AzureIdentity", name, None, opts)
        self._spec, self._group = spec, group
        environment = spec.environment
        self._identity = azure.managedidentity.UserAssignedIdentity(
            f"{spec.workload.name}-identity",
            resource_name_=physical_name(environment, "identity", spec.workload.name),
            resource_group_name=group.name,
            location=environment.region,
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        self.outputs = IdentityOutputs(principal=self._identity.principal_id, name=self._identity.id)
        self.register_outputs({})

    def grant(self, grants: Grants) -> None:
        """Gives the identity all that it may do; keys are not for it, see `modules/encryption/azure.py`."""
        account = self._spec.environment.account
        roles: dict[Right, Input[str]] = {
            **{right: built_in_role(account, role) for right, role in BUILT_IN.items()},
            Right.ADD: self._adder(),
        }
        for access in self._spec.workload.access:
            condition = None if access.objects == EVERYTHING else only(access)
            self._assign(str(access.zone), grants.zones[access.zone], roles[access.right], condition)
        for entry, secret in grants.secrets.items():
            self._assign(entry, secret, built_in_role(account, READ_SECRETS))

    def _adder(self) -> Output[str]:
        environment = self._spec.environment
        role = azure.authorization.RoleDefinition(
            "blob-adder",
            role_name=physical_name(environment, "identity", "blob-adder"),
            description="Reads and writes blobs, and deletes none",
            role_type="CustomRole",
            scope=self._group.id,
            assignable_scopes=[self._group.id],
            permissions=[{"actions": [], "data_actions": list(ADD_ACTIONS)}],
            opts=ResourceOptions(parent=self),
        )
        return role.id

    def _assign(self, word: str, scope: Input[str], role: Input[str], condition: str | None = None) -> None:
        azure.authorization.RoleAssignment(
            f"{self._spec.workload.name}-{word}",
            scope=scope,
            principal_id=self._identity.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=role,
            condition=condition,
            condition_version="2.0" if condition else None,
            opts=ResourceOptions(parent=self),
        )


def only(access: Access) -> str:
    """Of the zone only the objects that the workload needs; listing stays free."""
    reading = f"ActionMatches{{'{BLOBS}/read'}} AND NOT SubOperationMatches{{'Blob.List'}}"
    paths = " OR ".join(f"@Resource[{BLOBS}:path] StringLike '{pattern}'" for pattern in access.objects)
    return f"((!({reading})) OR ({paths}))"
