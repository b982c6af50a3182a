"""A shipped release on the real Airflow: served, swapped under a run in flight, broken and taken back.

One scenario, because starting Airflow's three processes takes half a minute. Object storage is a plain
folder here; `tests/integration/releases` ships to a real S3 server.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowAccess
from releases.rollback import rollback
from releases.ship import ship_release
from tests import real_airflow
from tests.real_airflow import until
from tests.toy_release import checkout, dag_source, quiet

pytestmark = pytest.mark.slow


@pytest.fixture
def airflow(tmp_path: Path) -> Iterator[AirflowAccess]:
    """Airflow, serving the releases in `<tmp>/store`."""
    kwargs = {"releases": (tmp_path / "store").as_uri(), "refresh_interval": 2}
    bundle = {"name": "releases", "classpath": "sluice_bundle.ReleaseDagBundle", "kwargs": kwargs}
    with real_airflow.airflow(tmp_path, [bundle]) as access:
        yield access


class Runs:
    """Starts runs and asks for their state."""

    def __init__(self, access: AirflowAccess) -> None:
        self.client = httpx.Client(base_url=access.url, timeout=20)
        answer = self.client.post(
            "/auth/token", json={"username": access.username, "password": access.password}
        )
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def start(self) -> str:
        answer = self.client.post("/api/v2/dags/hello/dagRuns", json={"logical_date": None})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["dag_run_id"])

    def state(self, run: str) -> str:
        return str(self.client.get(f"/api/v2/dags/hello/dagRuns/{run}").json()["state"])


def test_a_release_is_served_swapped_under_a_run_in_flight_broken_and_taken_back(
    tmp_path: Path, airflow: AirflowAccess
) -> None:
    store, output, gate = (tmp_path / "store").as_uri(), tmp_path / "output", tmp_path / "gate"
    source = dag_source("hello", str(output), str(gate))
    one = ship_release(checkout(tmp_path / "1", greeting="one", dag=source), store, airflow, print)
    assert one.served and one.moved

    runs = Runs(airflow)
    in_flight = runs.start()
    until(lambda: output.exists() or runs.state(in_flight) == "running", 60)
    time.sleep(3)  # its first task waits at the gate now

    started = time.monotonic()
    two = ship_release(checkout(tmp_path / "2", greeting="two", dag=source), store, airflow, print)
    print(f"served {time.monotonic() - started:.1f} s after the ship began")
    again = ship_release(tmp_path / "2", store, airflow, quiet)
    assert again.served and not again.moved and again.seconds < 5

    gate.touch()
    until(lambda: runs.state(in_flight) in ("success", "failed"), 90)
    later = runs.start()
    until(lambda: runs.state(later) in ("success", "failed"), 90)
    lines = [line.split() for line in output.read_text().splitlines()]
    assert lines == [
        ["first", one.release, "one"],
        ["second", one.release, "one"],
        ["first", two.release, "two"],
        ["second", two.release, "two"],
    ]

    broken = checkout(tmp_path / "3", greeting="three", dag="import nothing_of_that_name  # airflow dag\n")
    with pytest.raises(Refusal) as caught:
        ship_release(broken, store, airflow, print)
    assert caught.value.exit_code == Exit.CHECK_SAID_NO
    message = str(caught.value)
    assert "dags/pipelines/hello/dag.py" in message and "nothing_of_that_name" in message
    assert f"the pointer is back at release {two.release[:12]}" in message
    found = ReleaseStore(ObjectStorage(store)).read_pointer()
    assert found and found.pointer.release == two.release and found.pointer.previous == one.release

    # The broken release leaves an import error behind until Airflow has parsed the good one again.
    assert ship_release(tmp_path / "2", store, airflow, quiet).served
    back = rollback(store)
    assert back.release == one.release
    assert ship_release(tmp_path / "1", store, airflow, quiet).served
    shutil.copytree(tmp_path / "1" / "dags/pipelines/hello", tmp_path / "1" / "dags/pipelines/other")
    other = tmp_path / "1" / "dags/pipelines/other/dag.py"
    other.write_text(source.replace("hello", "other"))
    assert ship_release(tmp_path / "1", store, airflow, print).served
