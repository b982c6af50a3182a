"""The platform on one machine, from keys to Airflow: a table of contents; `modules/` says the rest."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import Output

from environments import places
from environments.endpoints import LocalEndpoints
from environments.manifest import (
    Events,
    Orchestrator,
    PlatformManifest,
    Source,
    Zone,
)
from environments.model import Environment
from environments.vocabulary import DataClass
from modules.catalog.local import LocalCatalog
from modules.catalog.spec import CatalogSpec
from modules.encryption.local import LocalEncryption
from modules.encryption.spec import EncryptionSpec
from modules.events.local import LocalEvents
from modules.events.spec import EventsSpec, QueueSpec
from modules.functions.catalogue import FUNCTIONS
from modules.functions.local import LocalFunctions
from modules.functions.spec import FunctionsSpec
from modules.orchestrator.local import LocalOrchestrator
from modules.orchestrator.spec import OrchestratorSpec
from modules.release.local import LocalRelease
from modules.release.spec import MANIFEST_KEY, ReleaseSpec
from modules.secrets.local import LocalSecrets
from modules.secrets.spec import SecretsSpec
from modules.storage.local import LocalStorage
from modules.storage.spec import StorageSpec
from modules.warehouse.local import LocalWarehouse
from modules.warehouse.spec import WarehouseSpec
from stacks.local_spark import spark_target

TOPICS = ("failures", "data-ready")
# Failure records are read by people, and nothing else is sent there.
FAILURE_RECORDS = "dead-letter"
QUEUES = (
    QueueSpec("data-ready", events="DataReady"),
    QueueSpec("work", dead_letters_to="work-dead-letter"),
    QueueSpec("work-dead-letter"),
    QueueSpec(FAILURE_RECORDS),
    *(queue for function in FUNCTIONS for queue in function.queues),
)
# One for the star schema of each subject, one for what it is built from.
SCHEMAS = ("sales", "staging_sales")


def describe(environment: Environment) -> None:
    """Describes the platform to Pulumi."""
    endpoints = LocalEndpoints.load()
    destroy_data = pulumi.Config("sluice").get_bool("destroyData") or False

    keys = LocalEncryption("encryption", EncryptionSpec(environment)).outputs.keys
    storage = LocalStorage("storage", StorageSpec(environment, destroy_data)).outputs
    secrets = LocalSecrets(
        "secrets", SecretsSpec(environment, keys[DataClass.CONFIDENTIAL], destroy_data)
    ).outputs
    events = LocalEvents("events", EventsSpec(environment, keys[DataClass.INTERNAL], TOPICS, QUEUES)).outputs
    LocalFunctions(
        "functions",
        FunctionsSpec(environment, FUNCTIONS, storage.zones, keys, events.queues, events.bus),
    )
    catalog = LocalCatalog(
        "catalog", CatalogSpec(environment, storage.zones[Zone.CURATED], destroy_data)
    ).outputs
    warehouse = LocalWarehouse("warehouse", WarehouseSpec(environment, SCHEMAS, destroy_data)).outputs
    orchestrator = LocalOrchestrator(
        "orchestrator",
        OrchestratorSpec(
            environment,
            releases=storage.zones[Zone.RELEASES],
            platform_manifest=Output.format("{0}/{1}", storage.zones[Zone.RELEASES], MANIFEST_KEY),
        ),
        endpoints,
    ).outputs
    manifest = Output.all(
        zones=storage.zones,
        failover_zones=storage.failover_zones,
        encryption_key=keys[DataClass.CONFIDENTIAL],
        warehouse=warehouse.target.apply(lambda target: target.model_dump()),
        catalog_database=catalog.database,
        secrets=secrets.names,
        bus=events.bus,
        topics=events.topics,
        queues=events.queues,
        url=orchestrator.url,
        version=orchestrator.version,
    ).apply(lambda made: platform_manifest(environment, endpoints, made))
    LocalRelease("release", ReleaseSpec(environment, storage.buckets[Zone.RELEASES], manifest))

    pulumi.export("zones", {str(zone): uri for zone, uri in storage.zones.items()})
    pulumi.export("manifest", manifest.apply(lambda document: document.model_dump(mode="json")))


def platform_manifest(
    environment: Environment, endpoints: LocalEndpoints, made: dict[str, Any]
) -> PlatformManifest:
    """What the stack made, in the terms of the pipelines."""
    return PlatformManifest(
        project=environment.project,
        environment=environment.name,
        tier=environment.tier.value,
        cloud=environment.cloud.value,
        region=environment.region,
        failover_region=environment.failover_region,
        zones=made["zones"],
        failover_zones=made["failover_zones"],
        encryption_key=made["encryption_key"],
        spark=spark_target(environment, endpoints, places.SPARK_JARS),
        warehouse=made["warehouse"],
        catalog_database=made["catalog_database"],
        secrets=made["secrets"],
        sources={
            name: Source(base_url=source.base_url or endpoints.source, secret=made["secrets"][source.secret])
            for name, source in environment.sources.items()
        },
        events=Events(
            bus=made["bus"],
            topics=made["topics"],
            queues=made["queues"],
            dead_letter_queue=made["queues"][FAILURE_RECORDS],
        ),
        orchestrator=Orchestrator(url=made["url"], version=made["version"]),
    )
