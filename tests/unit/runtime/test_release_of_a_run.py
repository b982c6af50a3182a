"""Which release the tasks of a run get, asked as Airflow's task runner asks: through its own bundle manager."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.dag_processing.bundles.manager import DagBundlesManager

from releases.rollback import rollback
from releases.ship import ship_release
from tests.toy_release import checkout, quiet

pytestmark = pytest.mark.runtime


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    uri = (tmp_path / "store").as_uri()
    kwargs = {"releases": uri, "cache": str(tmp_path / "cache"), "refresh_interval": 5}
    bundle = {"name": "releases", "classpath": "sluice_bundle.ReleaseDagBundle", "kwargs": kwargs}
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    return uri


def greeting(version: str | None = None) -> str:
    """What a task finds in the release that it is given."""
    bundle = DagBundlesManager().get_bundle("releases", version=version)
    bundle.initialize()
    return (bundle.path / "dags/runtime/greeting.py").read_text()


def test_tasks_of_a_run_in_flight_get_the_release_it_began_with_and_new_runs_the_current_one(
    store: str, tmp_path: Path
) -> None:
    one = ship_release(checkout(tmp_path / "1", greeting="one"), store, None, quiet).release
    begun_with = DagBundlesManager().get_bundle("releases")
    begun_with.initialize()
    version = begun_with.get_current_version()
    assert version and version.version == one
    ship_release(checkout(tmp_path / "2", greeting="two"), store, None, quiet)
    assert ("one" in greeting(one), "two" in greeting()) == (True, True)
    rollback(store)
    ship_release(checkout(tmp_path / "3", greeting="three"), store, None, quiet)
    assert ("one" in greeting(one), "three" in greeting()) == (True, True)
