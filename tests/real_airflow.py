"""Airflow's three processes on SQLite, for a test or a benchmark, with the DAG bundles that it asks for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from environments import places
from releases.airflow_api import AirflowAccess
from tests.object_servers import free_port

USER, PASSWORD = "admin", "only-for-this-test"
COMMANDS = (("api-server", "--workers", "1"), ("scheduler", "--skip-serve-logs"), ("dag-processor",))


@contextmanager
def airflow(
    folder: Path, bundles: Sequence[Mapping[str, Any]], extra: Mapping[str, str] | None = None
) -> Iterator[AirflowAccess]:
    """Starts it with a home in the folder, and ends it with every process that it has started."""
    home = folder / "airflow"
    home.mkdir(parents=True)
    (home / "passwords.json").write_text(json.dumps({USER: PASSWORD}))
    url = f"http://127.0.0.1:{free_port()}"
    environment = _environment(home, url, bundles, dict(extra or {}))
    program = places.VENVS / "runtime" / "bin" / "airflow"
    subprocess.run([program, "db", "migrate"], env=environment, check=True, capture_output=True)
    processes = []
    try:
        for command in COMMANDS:
            with (folder / f"{command[0]}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [program, *command], env=environment, stdout=log, stderr=log, start_new_session=True
                    )
                )
        until(lambda: _answers(url), 120)
        yield AirflowAccess(url=url, username=USER, password=PASSWORD, timeout=90)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def until(true: Callable[[], object], seconds: float) -> None:
    """Returns once it is so.

    Raises:
        AssertionError: it is not, after that time.
    """
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)


def _environment(
    home: Path, url: str, bundles: Sequence[Mapping[str, Any]], extra: dict[str, str]
) -> dict[str, str]:
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "1",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "API__HOST": "127.0.0.1",
        "API__PORT": url.rpartition(":")[2],
        "API_AUTH__JWT_SECRET": "a secret of this test that is long enough for its algorithm" * 2,
        "API__SECRET_KEY": "another one",
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home.parent / "bundles"),
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(list(bundles)),
    }
    runtime = places.VENVS / "runtime" / "bin"
    # The checkout's own bundle, wherever the environment's installed one lies.
    path = os.pathsep.join(
        [str(places.ROOT / "dags" / "bundle"), *filter(None, [extra.pop("PYTHONPATH", "")])]
    )
    return {
        **os.environ,
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        **extra,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": path,
        "PATH": os.pathsep.join([str(runtime), os.environ["PATH"]]),
    }


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/monitor/health").status_code == 200
    except httpx.HTTPError:
        return False
