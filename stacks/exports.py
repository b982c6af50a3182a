"""What a cloud stack hands on: names and addresses for the platform manifest, never values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
from pulumi import Output

from environments.model import Environment
from modules.encryption.spec import EncryptionOutputs
from modules.identity.spec import IdentityOutputs
from modules.network.spec import NetworkOutputs
from modules.secrets.spec import SecretsOutputs
from modules.storage.spec import StorageOutputs

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True)
class Made:
    """The outputs of the components that every cloud has."""

    network: NetworkOutputs
    keys: EncryptionOutputs
    storage: StorageOutputs
    secrets: SecretsOutputs
    identities: Mapping[str, IdentityOutputs]
    """By workload."""


def export(environment: Environment, made: Made) -> None:
    """Exports what the manifest, and other stacks, are built from."""
    pulumi.export("region", environment.region)
    pulumi.export("failover_region", environment.failover_region)
    pulumi.export("zones", _by_word(made.storage.zones))
    pulumi.export("failover_zones", _by_word(made.storage.failover_zones))
    pulumi.export("keys", _by_word(made.keys.keys))
    pulumi.export("secrets", _by_word(made.secrets.names))
    pulumi.export("identities", {name: identity.name for name, identity in made.identities.items()})
    pulumi.export("network", made.network.network)
    pulumi.export("subnets", {str(tier): list(ids) for tier, ids in made.network.subnets.items()})
    pulumi.export("security_groups", _by_word(made.network.security_groups))


def _by_word(outputs: Mapping[Word, Output[str]]) -> dict[str, Output[str]]:
    return {str(word): output for word, output in outputs.items()}
