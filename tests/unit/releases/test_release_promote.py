"""Promotion: the same bytes, and only what the source has run green. The source's Airflow is a scripted one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore, object_path
from environments.load import load
from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowApi
from releases.build import Release, build
from releases.green import reds
from releases.promote import promote
from releases.ship import Shipped, deliver, ship_built
from releases.targets import Target
from tests.scripted_airflow import Scripted, scripted_airflow
from tests.toy_release import checkout, quiet


@dataclass
class Pair:
    """Two environments with a store each; the release is shipped to the first."""

    source: Target
    destination: Target
    release: Release
    staging: Scripted
    prod: Scripted

    def promote(self, *excused: str) -> Shipped:
        return promote(self.source, self.destination, quiet, excused=excused, by="ann")

    def current(self) -> str | None:
        found = ReleaseStore(ObjectStorage(self.destination.store)).read_pointer()
        return found.pointer.release if found else None


@pytest.fixture
def pair(tmp_path: Path, airflow: Scripted):
    release = build(checkout(tmp_path / "checkout"))
    with scripted_airflow() as prod:
        source, destination = (
            Target(load(name), (tmp_path / name).as_uri(), scripted.access(timeout=1.2))
            for name, scripted in (("aws-staging", airflow), ("aws-prod", prod))
        )
        ship_built(release, ObjectStorage(source.store), None, quiet)
        airflow.serve(release.id)
        prod.serve(release.id)
        yield Pair(source, destination, release, airflow, prod)


def test_what_ran_green_arrives_byte_for_byte_and_the_history_says_where_from(pair: Pair) -> None:
    pair.staging.run(pair.release.id, "failed", minute=1)
    pair.staging.run(pair.release.id, "success", minute=2)
    shipped = pair.promote()
    assert shipped.moved and shipped.served and pair.current() == pair.release.id
    there, here = (ObjectStorage(target.store) for target in (pair.destination, pair.source))
    for name in (*pair.release.objects, "manifest.json"):
        path = object_path(pair.release.id, name)
        copies = there.get(path), here.get(path)
        assert copies[0] and copies[1] and copies[0].data == copies[1].data
    found = ReleaseStore(there).read_pointer()
    assert found and found.pointer.action == "promote from aws-staging"
    assert not pair.promote().moved


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([], "hello has not run there on this release"),
        (["running"], "hello has not run there on this release"),
        (["success", "failed"], r"hello failed there last \(run hello-1\)"),
    ],
)
def test_what_has_not_run_green_is_refused_and_nothing_is_written(
    pair: Pair, states: list[str], why: str
) -> None:
    for minute, state in enumerate(states):
        pair.staging.run(pair.release.id, state, minute=minute)
    pair.staging.run("0" * 64, "success", minute=50)
    with pytest.raises(Refusal, match=why) as caught:
        pair.promote()
    assert caught.value.exit_code == Exit.CHECK_SAID_NO
    assert pair.current() is None and ObjectStorage(pair.destination.store).list("releases") == []


def test_each_dag_needs_a_good_run_unless_excused_and_a_failure_is_never_excused(pair: Pair) -> None:
    pair.staging.serve(pair.release.id, dag="yearly")
    pair.staging.run(pair.release.id, "success")
    with pytest.raises(Refusal, match="yearly has not run"):
        pair.promote()
    assert pair.promote("yearly").moved
    found = ReleaseStore(ObjectStorage(pair.destination.store)).read_pointer()
    assert found and "not asked to have run there: yearly" in found.pointer.action
    pair.staging.run(pair.release.id, "failed", dag="yearly")
    with pytest.raises(Refusal, match="yearly failed"):
        pair.promote("yearly")


def test_a_release_that_the_source_does_not_serve_is_not_green(pair: Pair) -> None:
    api = AirflowApi(pair.staging.access())
    assert [str(red) for red in reds(api, "1" * 64)] == ["no DAG is served from it there"]


def test_a_damaged_release_an_empty_store_and_a_silent_airflow_are_refused(
    pair: Pair, tmp_path: Path
) -> None:
    pair.staging.run(pair.release.id, "success")
    with pytest.raises(Refusal, match="nothing was shipped to aws-prod"):
        promote(pair.destination, pair.source, quiet)
    silent = Target(pair.source.environment, pair.source.store, None)
    with pytest.raises(Refusal, match="not known how to ask"):
        promote(silent, pair.destination, quiet)
    storage, path = ObjectStorage(pair.source.store), object_path(pair.release.id, "dags.zip")
    storage.delete(path)
    storage.create(path, b"garbage")
    with pytest.raises(Refusal, match=r"dags\.zip"):
        pair.promote()
    assert pair.current() is None


def test_a_delivery_clears_out_and_spares_what_a_run_in_flight_is_bound_to(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("releases.retention.GRACE", timedelta(0))
    shipped = [pair.release]
    for greeting in ("two", "three", "four"):
        shipped.append(build(checkout(tmp_path / greeting, greeting=greeting)))
        pair.staging.serve(shipped[-1].id)
    pair.staging.run(pair.release.id, "running")
    airflow, store = pair.staging.access(timeout=1.2), ReleaseStore(ObjectStorage(pair.source.store))
    for release in shipped[1:]:
        done = deliver(release, pair.source.store, airflow, quiet, retain=1)
    assert done.retired == (shipped[1].id,)
    assert set(store.list_releases()) == {shipped[0].id, shipped[2].id, shipped[3].id}
