"""Warehouse of `local`: a DuckDB file."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments import places
from environments.manifest import DuckDBWarehouse
from modules.warehouse.local_duckdb import DuckDBProvider
from modules.warehouse.spec import WarehouseOutputs, WarehouseSpec


class DuckDBFile(Resource, module="sluice", name="DuckDBFile"):
    """A DuckDB database file with its schemas."""

    path: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(DuckDBProvider(), logical_name, inputs, opts)


class LocalWarehouse(pulumi.ComponentResource):
    """The warehouse file of this checkout. A file has no tags."""

    outputs: WarehouseOutputs

    def __init__(self, name: str, spec: WarehouseSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:warehouse:LocalWarehouse", name, None, opts)
        file = DuckDBFile(
            "duckdb",
            {
                "path": str(places.WAREHOUSE),
                "schemas": sorted(spec.schemas),
                "destroy_data": spec.destroy_data,
            },
            ResourceOptions(parent=self, protect=spec.environment.protect_data),
        )
        self.outputs = WarehouseOutputs(target=file.path.apply(lambda path: DuckDBWarehouse(database=path)))
        self.register_outputs({})
