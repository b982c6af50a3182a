"""What the SQL warehouse takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Output

from environments.manifest import Warehouse
from environments.model import Environment


@dataclass(frozen=True)
class WarehouseSpec:
    """A database with empty schemas; tables are the pipelines' own."""

    environment: Environment
    schemas: Sequence[str]
    destroy_data: bool = False
    """Whether it may be removed while it holds tables."""


@dataclass(frozen=True)
class WarehouseOutputs:
    """How pipelines reach it."""

    target: Output[Warehouse]
