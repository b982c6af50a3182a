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
    users: Mapping[DataClass, Sequence[Input[str]]] = field(default_factory=dict)
    """Principals that may use the key of a class; on a cloud nobody else may, administrators included."""
    copy_users: Mapping[DataClass, Sequence[Input[str]]] = field(default_factory=dict)
    """The same, of the keys in the fail-over region."""
    keepers: Sequence[Input[str]] = ()
    """Principals that back up and restore, under the keys of all classes that have a plan."""
    copiers: Sequence[Input[str]] = ()
    """Principals that copy zones to the fail-over region, under the keys of all classes that are copied."""


@dataclass(frozen=True)
class EncryptionOutputs:
    """Keys by data class, under a name that stays when the key behind it is another one."""

    keys: Mapping[DataClass, Output[str]]
    """As other services ask for them."""
    grantable: Mapping[DataClass, Output[str]] = field(default_factory=dict)
    """As the cloud's permissions name them."""
    failover_keys: Mapping[DataClass, Output[str]] = field(default_factory=dict)
    """Keys of the fail-over region, which copies there are encrypted with; as `keys`, by the class of the data."""


def replicated_classes(environment: Environment) -> set[DataClass]:
    """The classes of the zones that are copied to the fail-over region."""
    return {zone.data_class for zone in environment.storage.zones.values() if zone.replicated}


def copied_classes(environment: Environment) -> tuple[DataClass, ...]:
    """The classes with a key that have copies in the fail-over region: of zones, of backups, of secrets."""
    zones = replicated_classes(environment)
    backups = {name for name, plan in environment.backup.plans.items() if plan.copy_keep_days is not None}
    secrets = {DataClass.RESTRICTED} if environment.secrets else set()
    copied = zones | backups | secrets
    return tuple(name for name in environment.encryption.customer_key_for if name in copied)
