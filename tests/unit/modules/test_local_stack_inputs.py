"""The local stack under recording mocks: exact inputs, and rules that hold for every resource.

Does not prove that the services accept them: `tests/integration/local_stack` does.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest

from environments import naming
from environments.endpoints import LocalEndpoints
from environments.load import load
from environments.local_functions import LocalFunctionsFile, Watched
from environments.manifest import PlatformManifest
from environments.vocabulary import DataClass

ENDPOINTS = LocalEndpoints(
    object_storage="http://127.0.0.1:7001",
    aws="http://127.0.0.1:7002",
    airflow="http://127.0.0.1:7003",
    source="http://127.0.0.1:7004",
)
TAGGABLE = {"Bucket", "Key", "Secret", "Topic", "Queue", "Bus", "Rule", "Database", "StoredObject"}


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Answers with plausible outputs and keeps what was asked for."""

    made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        kind = args.typ.rsplit(":", 1)[-1]
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        assert (kind, args.name) not in self.made
        self.made[kind, args.name] = inputs
        name = inputs.get("name", args.name)
        outputs = {
            "arn": f"arn:{name}",
            "alias_arn": f"arn:{name}",
            "url": f"url:{name}",
            "uri": f"s3://{name}",
        }
        return str(name), {**inputs, **outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the local stack asks nothing of a provider: {args.token}")


@pytest.fixture(scope="module")
def recorded() -> Iterator[dict[tuple[str, str], dict[str, Any]]]:
    """What one run of the program registers."""
    from stacks import local

    recorder = Recorder()
    patch = pytest.MonkeyPatch()
    patch.setattr(LocalEndpoints, "load", classmethod(lambda cls: ENDPOINTS))
    pulumi.runtime.set_mocks(recorder, project="sluice", stack="local")

    in_stack: Any = pulumi.runtime.test
    in_stack(lambda: local.describe(load("local")))()
    patch.undo()
    yield recorder.made


def test_every_local_resource_that_can_be_tagged_carries_all_tags(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    expected = set(naming.tags(load("local")))
    kinds = set()
    for (kind, name), inputs in recorded.items():
        if kind in TAGGABLE:
            kinds.add(kind)
            assert set(inputs["tags"]) >= expected, name
            assert all(inputs["tags"].values()), name
    assert kinds == TAGGABLE


def test_every_name_is_the_projects_and_the_environments(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for (_, name), inputs in recorded.items():
        if physical := inputs.get("name"):
            plain = physical.removeprefix("alias/").replace("_", "-")
            assert plain == "sluice-local" or plain.startswith("sluice-local-"), name


def test_the_raw_bucket_and_its_copy_are_locked_and_versioned(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    raw = {
        "name": "sluice-local-raw",
        "versioned": True,
        "lock_days": 1,
        "policy": "",
        "tags": naming.tags(load("local"), data_classification=DataClass.CONFIDENTIAL),
        "destroy_data": False,
    }
    assert recorded["Bucket", "raw"] == raw
    assert recorded["Bucket", "raw-failover"] == {**raw, "name": "sluice-local-raw-failover"}


def test_there_is_a_bucket_for_every_zone_and_a_copy_for_every_replicated_one(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    zones = load("local").storage.zones
    expected = {str(zone) for zone in zones} | {
        f"{zone}-failover" for zone in zones if zones[zone].replicated
    }
    assert {name for kind, name in recorded if kind == "Bucket"} == expected


def test_the_work_queue_hands_its_dead_letters_on(recorded: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert recorded["Queue", "work-queue"] == {
        "name": "sluice-local-work",
        "key": "arn:alias/sluice-local-encryption-internal",
        "retention_seconds": 14 * 86400,
        "redrive_to": "arn:sluice-local-work-dead-letter",
        "deliveries": 5,
        "from_bus": "",
        "tags": naming.tags(load("local")),
    }


def test_data_ready_events_reach_the_queue_of_that_name_and_no_other(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    rule = recorded["Rule", "data-ready-rule"]
    assert rule["bus"] == "sluice-local-events"
    assert json.loads(rule["pattern"]) == {"detail-type": ["DataReady"]}
    assert rule["target"] == "arn:sluice-local-data-ready"
    senders = {name: inputs["from_bus"] for (kind, name), inputs in recorded.items() if kind == "Queue"}
    assert senders == {
        "data-ready-queue": "arn:sluice-local-events",
        "work-queue": "",
        "work-dead-letter-queue": "",
        "dead-letter-queue": "",
        "support-ticket-queue": "arn:sluice-local-events",
        "support-ticket-dead-letter-queue": "",
        "sales-file-queue": "",
        "sales-file-dead-letter-queue": "",
        "landing-check-queue": "arn:sluice-local-events",
        "landing-check-dead-letter-queue": "",
    }


def test_every_function_has_its_queue_its_dead_letters_and_its_rule(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    patterns = {
        name: json.loads(inputs["pattern"])["detail-type"]
        for (kind, name), inputs in recorded.items()
        if kind == "Rule"
    }
    assert patterns == {
        "data-ready-rule": ["DataReady"],
        "support-ticket-rule": ["NewTicketCreated"],
        "landing-check-rule": ["LandingDue"],
    }
    for name in ("support-ticket", "sales-file", "landing-check"):
        queue = recorded["Queue", f"{name}-queue"]
        assert (queue["redrive_to"], queue["deliveries"]) == (f"arn:sluice-local-{name}-dead-letter", 5)


def test_functions_are_told_names_and_addresses_and_no_secret(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    file = recorded["ConfigurationFile", "functions.json"]
    functions = {one.name: one for one in LocalFunctionsFile.model_validate_json(file["content"]).functions}
    assert set(functions) == {"support-ticket", "sales-file", "landing-check"}
    assert functions["support-ticket"].environment == {
        "PROJECT": "sluice",
        "BUS": "sluice-local-events",
        "DEAD_LETTERS": "url:sluice-local-support-ticket-dead-letter",
        "DELIVERIES": "5",
        "RAW_ZONE": "s3://sluice-local-raw",
        "RAW_KEY": "arn:alias/sluice-local-encryption-confidential",
    }
    assert functions["support-ticket"].queue == "url:sluice-local-support-ticket"
    assert functions["support-ticket"].watched is None
    sales_file = functions["sales-file"]
    assert sales_file.watched == Watched(bucket="sluice-local-raw", prefix="landing/sales/")
    assert sales_file.environment["ERRORS_KEY"] == "arn:alias/sluice-local-encryption-internal"


def test_no_secret_value_is_an_input_of_anything(recorded: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert recorded["Secret", "source-commerce"] == {
        "name": "sluice-local-source-commerce",
        "description": "source-commerce of local",
        "shape": "client_credentials",
        "key": "arn:alias/sluice-local-encryption-confidential",
        "tags": naming.tags(load("local"), data_classification=DataClass.RESTRICTED),
        "destroy_data": False,
    }


def test_the_published_manifest_is_valid_and_names_what_was_made(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    stored = recorded["StoredObject", "platform-manifest"]
    assert (stored["bucket"], stored["key"]) == ("sluice-local-releases", "platform/manifest.json")
    manifest = PlatformManifest.model_validate_json(stored["content"])
    assert {str(zone): uri for zone, uri in manifest.zones.items()} == {
        zone: f"s3://sluice-local-{zone}"
        for zone in ("raw", "curated", "archive", "quarantine", "errors", "releases")
    }
    assert manifest.failover_zones == {"raw": "s3://sluice-local-raw-failover"}
    assert manifest.secrets == {"source-commerce": "sluice-local-source-commerce"}
    assert manifest.sources["commerce"].base_url == ENDPOINTS.source
    assert manifest.events.dead_letter_queue == "url:sluice-local-dead-letter"
    assert manifest.orchestrator.url == ENDPOINTS.airflow


def test_airflow_is_configured_from_the_environment_and_without_secrets(
    recorded: dict[tuple[str, str], dict[str, Any]],
) -> None:
    file = recorded["ConfigurationFile", "airflow.cfg"]
    assert Path(file["path"]).name == "airflow.cfg"
    parsed = configparser.ConfigParser()
    parsed.read_string(file["content"])
    assert parsed["core"]["executor"] == "LocalExecutor"
    assert parsed["core"]["load_examples"] == "False"
    assert parsed["core"]["parallelism"] == str(load("local").orchestrator.parallelism)
    assert parsed["database"]["sql_alchemy_conn"].startswith("sqlite:////")
    assert (parsed["api"]["host"], parsed["api"]["port"]) == ("127.0.0.1", "7003")
    assert parsed["api"]["base_url"] == ENDPOINTS.airflow
    assert parsed["sluice"]["platform_manifest"] == "s3://sluice-local-releases/platform/manifest.json"
    assert json.loads(parsed["dag_processor"]["dag_bundle_config_list"]) == [
        {
            "name": "releases",
            "classpath": "sluice_bundle.ReleaseDagBundle",
            "kwargs": {"releases": "s3://sluice-local-releases", "refresh_interval": 5},
        }
    ]
    for secret in ("fernet_key", "jwt_secret", "secret_key", "passwords"):
        assert secret not in file["content"]
