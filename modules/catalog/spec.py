"""What the data catalogue takes and gives, on every cloud."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input, Output

from environments.model import Environment


@dataclass(frozen=True)
class CatalogSpec:
    """One database for the curated tables."""

    environment: Environment
    location: Input[str]
    """URI of the zone that its tables are in."""
    destroy_data: bool = False
    """Whether it may be removed while it describes tables."""


@dataclass(frozen=True)
class CatalogOutputs:
    """What pipelines need to register tables."""

    database: Output[str]
