"""A shipped release on the real Airflow: served, swapped under a run in flight, broken and taken back.

One scenario, because starting Airflow's three processes takes half a minute. Object storage is a plain
folder here; `tests/integration/releases` ships to a real S3 server.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowAccess
from releases.rollback import rollback
from releases.ship import ship_release
from tests.toy_release import checkout, dag_source, quiet

pytestmark = pytest.mark.slow

RUNTIME = Path(__file__).resolve().parents[2] / ".sluice" / "venvs" / "runtime" / "bin"
PASSWORD = "only-for-this-test"


@pytest.fixture
def airflow(tmp_path: Path) -> Iterator[AirflowAccess]:
    """Airflow's three processes on SQLite, serving the releases in `<tmp>/store`."""
    home = tmp_path / "airflow"
    home.mkdir()
    (home / "passwords.json").write_text(json.dumps({"admin": PASSWORD}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    bundle = {"releases": (tmp_path / "store").as_uri(), "refresh_interval": 2}
    classpath = "sluice_bundle.ReleaseDagBundle"
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "1",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "API_AUTH__JWT_SECRET": "a secret of this test that is long enough for its algorithm" * 2,
        "API__SECRET_KEY": "another one",
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(tmp_path / "bundles"),
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(
            [{"name": "releases", "classpath": classpath, "kwargs": bundle}]
        ),
    }
    environment = {**os.environ, "AIRFLOW_HOME": str(home), "PATH": f"{RUNTIME}:{os.environ['PATH']}"}
    environment |= {f"AIRFLOW__{name}": value for name, value in settings.items()}
    subprocess.run([RUNTIME / "airflow", "db", "migrate"], env=environment, check=True, capture_output=True)
    commands = (
        ["api-server", "--workers", "1", "--host", "127.0.0.1", "--port", str(port)],
        ["scheduler", "--skip-serve-logs"],
        ["dag-processor"],
    )
    processes = []
    try:
        for command in commands:
            with (tmp_path / f"{command[0]}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [RUNTIME / "airflow", *command],
                        env=environment,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
        until(lambda: answers(url), 120)
        yield AirflowAccess(url=url, username="admin", password=PASSWORD, timeout=90)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                pass
            finally:
                with_nobody_left(process.pid)


def with_nobody_left(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/monitor/health").status_code == 200
    except httpx.HTTPError:
        return False


def until(true: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)


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
