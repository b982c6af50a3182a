"""What encryption takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Output

from environments.model import Environment
from environments.vocabulary import DataClass


@dataclass(frozen=True)
class EncryptionSpec:
    """Which data classes have a key of their own is the environment's `encryption.customer_key_for`."""

    environment: Environment


@dataclass(frozen=True)
class EncryptionOutputs:
    """Keys by data class, under a name that stays when the key behind it is another one."""

    keys: Mapping[DataClass, Output[str]]
