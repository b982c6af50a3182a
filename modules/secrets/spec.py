"""What the secrets service takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pulumi import Input, Output

if TYPE_CHECKING:
    # The provider's process needs only the shapes, and the model takes a while to import.
    from environments.model import Environment


class Shape(StrEnum):
    """What is generated as a secret's value; always a JSON object."""

    CLIENT_CREDENTIALS = "client_credentials"
    """`client_id` and `client_secret`, for OAuth2."""
    PASSWORD = "password"
    """`password`."""


@dataclass(frozen=True)
class SecretsSpec:
    """The entries are the environment's `secrets`; those of a source are client credentials."""

    environment: Environment
    key: Input[str]
    """The customer-managed key that the values are encrypted with."""
    destroy_data: bool = False
    """Whether a removed secret goes at once, with no time to save it."""
    readers: Sequence[Input[str]] = ()
    """Principals that may read values; on a cloud nobody else may."""
    failover_key: Input[str] | None = None
    """The same in the fail-over region, for the copies there."""
    rotators: Mapping[str, Input[str]] = field(default_factory=dict)
    """The function that rotates an entry, by logical name, where there is one."""


@dataclass(frozen=True)
class SecretsOutputs:
    """Names in the secrets service by logical name. Never values."""

    names: Mapping[str, Output[str]]
    grantable: Mapping[str, Output[str]] = field(default_factory=dict)
    """The entries as the cloud's permissions name them."""


def shape_of(environment: Environment, secret: str) -> Shape:
    """The shape of an environment's secret."""
    of_a_source = any(source.secret == secret for source in environment.sources.values())
    return Shape.CLIENT_CREDENTIALS if of_a_source else Shape.PASSWORD
