"""What encryption takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Output

from environments.model import Environment
from environments.vocabulary import DataClass


@dataclass(frozen=True)
class EncryptionSpec:
    """Which data classes have a key of their own is the environment's `encryption.customer_key_for`."""

    environment: Environment
    users: Sequence[Input[str]] = ()
    """Principals that may use every key; on a cloud nobody else may, administrators included."""


@dataclass(frozen=True)
class EncryptionOutputs:
    """Keys by data class, under a name that stays when the key behind it is another one."""

    keys: Mapping[DataClass, Output[str]]
    """As other services ask for them."""
    grantable: Mapping[DataClass, Output[str]] = field(default_factory=dict)
    """As the cloud's permissions name them."""
    failover_keys: Mapping[DataClass, Output[str]] = field(default_factory=dict)
    """Keys of the fail-over region, which copies there are encrypted with; as `keys`, by the class of the data."""
