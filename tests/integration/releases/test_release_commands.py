"""The verbs of releases as a person uses them, on a real S3 server; Airflow is a scripted one.

That the real Airflow serves what they ship is shown by the end-to-end tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments import places
from environments.manifest import Zone
from environments.problems import Exit
from releases.build import build
from releases.gate.target import PLATFORM_MANIFEST
from releases.ship import ship_release
from services.credentials import AIRFLOW_USER, Credentials
from tests.e2e.platform_on_one_machine import Platform, Said
from tests.object_servers import S3
from tests.scripted_airflow import Scripted, scripted_airflow
from tests.toy_release import checkout, quiet

STORE = "s3://sluice-local-releases"
# A platform that has all that the pipelines of this repository need.
MANIFEST = {
    "project": "sluice", "environment": "local", "tier": "local", "cloud": "local", "region": "eu-west-1",
    "failover_region": "eu-central-1", "zones": {zone.value: f"s3://{zone}" for zone in Zone},
    "failover_zones": {"raw": "s3://copy"}, "encryption_key": "key",
    "spark": {"kind": "spark_submit", "master": "local[1]"}, "warehouse": {"kind": "duckdb", "database": "/w"},
    "catalog_database": "c", "secrets": {},
    "sources": {"commerce": {"base_url": "https://x.example", "secret": "s"}},
    "events": {"bus": "b", "topics": {}, "queues": {}, "dead_letter_queue": "d"},
    "orchestrator": {"url": "https://a.example", "version": "3.3.2"},
}  # fmt: skip


@pytest.fixture(scope="module")
def airflow() -> Iterator[Scripted]:
    with scripted_airflow() as scripted:
        scripted.username = AIRFLOW_USER
        yield scripted


@pytest.fixture(scope="module")
def platform(s3_server: S3, airflow: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """What `sluice up` leaves for the other verbs: addresses and credentials. Nothing else runs."""
    state = tmp_path_factory.mktemp("state")
    nowhere = "http://127.0.0.1:9"
    at = {"object_storage": s3_server.url, "aws": nowhere, "airflow": airflow.url, "source": nowhere}
    keys = dict.fromkeys((field.name for field in fields(Credentials)), "right")
    keys |= {"access_key_id": s3_server.access_key, "secret_access_key": s3_server.secret_key}
    for name, content in (("run/endpoints.json", at), ("secrets/services.json", keys)):
        (state / name).parent.mkdir()
        (state / name).write_text(json.dumps(content))
    assert s3_server.bucket(STORE.removeprefix("s3://")) == STORE
    return Platform(state)


def rows(said: Said) -> Any:
    assert said.code == Exit.FINE, said.all
    return json.loads(said.out)


def test_ship_list_show_roll_back_and_promote(platform: Platform, airflow: Scripted, tmp_path: Path) -> None:
    assert rows(platform.sluice("release", "list", "local", "--json")) == []
    refused = platform.sluice("rollback", "local")
    assert (refused.code, "no earlier release" in refused.err) == (Exit.BAD_INPUT, True)

    earlier = ship_release(checkout(tmp_path / "earlier"), STORE, None, quiet, by="ann").release
    ours = build(places.ROOT)
    for file in ours.dag_files:
        airflow.serve(ours.id, file, dag=file)
    shipped = rows(platform.sluice("ship", "local", "--json"))
    assert (shipped["release"], shipped["previous"], shipped["served"]) == (ours.id, earlier, True)

    listed = rows(platform.sluice("release", "list", "local", "--json"))
    assert [(row["release"], row["current"]) for row in listed] == [(ours.id, True), (earlier, False)]
    assert "●" in platform.sluice("release", "list", "local").out
    shown = rows(platform.sluice("release", "show", "local", earlier[:8], "--json"))
    assert shown["release"] == earlier and shown["dag_files"] == ["dags/pipelines/hello/dag.py"]

    not_run = platform.sluice("promote", "local", "local")
    assert (not_run.code, "has not run there" in not_run.err) == (Exit.CHECK_SAID_NO, True)
    for file in ours.dag_files:
        airflow.run(ours.id, "success", dag=file)
    assert rows(platform.sluice("promote", "local", "local", "--json"))["moved"] is False

    airflow.serve(earlier)
    back = platform.sluice("rollback", "local", "--to", earlier[:6])
    assert (
        back.code == Exit.FINE and f"release {earlier[:12]} is served, before it {ours.id[:12]}" in back.out
    )
    moves = rows(platform.sluice("release", "history", "local", "--json"))
    assert [(move["action"], move["release"]) for move in moves] == [
        ("rollback", earlier), ("ship", ours.id), ("ship", earlier),
    ]  # fmt: skip


def test_two_releases_are_compared_and_the_comparison_goes_into_a_comment(platform: Platform) -> None:
    [toy, ours] = [
        move["release"] for move in rows(platform.sluice("release", "history", "local", "--json"))[:2]
    ]
    found = rows(platform.sluice("release", "diff", toy[:8], ours[:8], "--format", "json"))["changes"]
    assert {("dag", "sales_curation", "added"), ("contract", "hello", "removed")} <= {
        (change["kind"], change["name"], change["operation"]) for change in found
    }
    said = platform.sluice("release", "diff", toy[:8], ours[:8], "--format", "markdown")
    assert said.code == Exit.FINE and "sales_curation" in said.out and said.out.startswith("### Release")


def test_what_the_platform_lacks_stops_a_ship_before_anything_is_uploaded(
    platform: Platform, s3_server: S3
) -> None:
    storage = ObjectStorage(STORE)
    offered = {**MANIFEST, "sources": {}}
    storage.create(PLATFORM_MANIFEST, json.dumps(offered).encode())
    before = ReleaseStore(storage).read_pointer()
    try:
        said = platform.sluice("ship", "local")
        assert (
            said.code == Exit.CHECK_SAID_NO
            and "dags/pipelines/sales_curation/needs.yaml:5: `commerce`" in said.err
        )
        judged = platform.sluice("release", "gate", "local", "--format", "json")
        document = json.loads(judged.out)
        assert (judged.code, document["may_ship"]) == (Exit.CHECK_SAID_NO, False)
        assert [finding["rule"] for finding in document["findings"]] == ["needs/source"]
        assert ReleaseStore(storage).read_pointer() == before
    finally:
        storage.delete(PLATFORM_MANIFEST)


def test_a_build_is_the_release_and_can_be_kept(platform: Platform, tmp_path: Path) -> None:
    built = rows(platform.sluice("release", "build", "--json", "--output", str(tmp_path)))
    ours = build(places.ROOT)
    assert built["release"] == ours.id
    kept = tmp_path / "releases" / ours.id
    assert {str(file.relative_to(kept)) for file in kept.rglob("*") if file.is_file()} == {
        *ours.objects, "manifest.json",
    }  # fmt: skip


def test_an_environment_without_a_known_airflow_is_not_shipped_to_unproven_by_accident(
    platform: Platform,
) -> None:
    said = platform.sluice("ship", "azure-dev")
    assert said.code == Exit.BAD_INPUT and "--unproven" in said.err
    assert platform.sluice("ship", "lokal").code == Exit.BAD_INPUT
