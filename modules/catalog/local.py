"""Catalogue of `local`: a Glue database."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments.manifest import Zone
from environments.naming import tags
from modules.catalog.local_database import DatabaseProvider
from modules.catalog.spec import CatalogOutputs, CatalogSpec


class Database(Resource, module="sluice", name="Database"):
    """A catalogue database."""

    name: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(DatabaseProvider(), logical_name, {**inputs, "arn": None}, opts)


class LocalCatalog(pulumi.ComponentResource):
    """The database of the curated tables."""

    outputs: CatalogOutputs

    def __init__(self, name: str, spec: CatalogSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:catalog:LocalCatalog", name, None, opts)
        environment = spec.environment
        curated = environment.storage.zones[Zone.CURATED]
        database = Database(
            "database",
            {
                # Query engines take no hyphens in a database's name.
                "name": f"{environment.project}_{environment.name}".replace("-", "_"),
                "description": f"Curated tables of {environment.name}",
                "location": spec.location,
                "tags": tags(environment, data_classification=curated.data_class),
                "destroy_data": spec.destroy_data,
            },
            ResourceOptions(parent=self, protect=environment.protect_data),
        )
        self.outputs = CatalogOutputs(database=database.name)
        self.register_outputs({})
