"""What Azure's components need besides their specs: where things go, their keys and their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Input

# Vaults and storage accounts: the shortest names of all.
SHORT_NAME_LIMIT = 24


@dataclass(frozen=True)
class Place:
    """Where everything of an environment is."""

    group: Input[str]
    """Name of the resource group."""
    audit_log: Input[str]
    """Id of the workspace that records who did what."""


@dataclass(frozen=True)
class KeyVault:
    """The vault that holds the keys, and the identity that may use them."""

    uri: Input[str]
    identity: Input[str]
    """Id of the user-assigned identity that storage unwraps its keys as."""


@dataclass(frozen=True)
class PrivateLink:
    """How a service gets an address inside the network."""

    subnet: Input[str]
    zones: Mapping[str, Input[str]]
    """Ids of the private DNS zones by the kind of service: `blob`, `vault`."""


def built_in_role(subscription: str, role: str) -> str:
    """The id of one of Azure's own roles, whose GUIDs are the same everywhere."""
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
