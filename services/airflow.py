"""The local Airflow: its database, its API, and when its processes must start anew."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING

import httpx

from environments import places
from environments.endpoints import LocalEndpoints
from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowAccess, AirflowDown
from services import supervisor
from services.credentials import AIRFLOW_USER, Credentials
from services.processes import AIRFLOW, SERVICES, airflow_environment

if TYPE_CHECKING:
    from airflow_client.client import ApiClient

CONFIG = places.AIRFLOW_HOME / "airflow.cfg"
PROCESSES = tuple(service for service in SERVICES if service.name.startswith("airflow-"))
_STARTED_WITH = places.RUN / "airflow.started-with"
_MIGRATED_TO = places.AIRFLOW_HOME / "migrated-to"


def migrate(keys: Credentials, at: LocalEndpoints) -> bool:
    """Brings the metadata database to the schema of the locked Airflow; quick when it is there.

    Returns:
        Whether anything was to be done.
    """
    wanted = hashlib.sha256((places.ROOT / "uv.lock").read_bytes()).hexdigest()
    database = places.AIRFLOW_HOME / "airflow.db"
    if database.exists() and _MIGRATED_TO.exists() and _MIGRATED_TO.read_text() == wanted:
        return False
    places.AIRFLOW_HOME.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        [AIRFLOW, "db", "migrate"],
        env={**os.environ, **airflow_environment(keys, at)},
        cwd=places.AIRFLOW_HOME,
        text=True,
        capture_output=True,
    )
    if result.returncode != 0:
        raise Refusal.because(
            "Airflow's database could not be made ready:\n    "
            + "\n    ".join((result.stdout + result.stderr).strip().splitlines()[-8:]),
            remedy=f"if {database} is damaged, delete it: only the history of runs is lost",
            exit_code=Exit.UNAVAILABLE,
        )
    _MIGRATED_TO.write_text(wanted)
    return True


def start(at: LocalEndpoints) -> list[str]:
    """Starts the processes that do not run; restarts all of them when the stack changed their configuration.

    Returns:
        The names of those that were started.
    """
    configuration = hashlib.sha256(CONFIG.read_bytes() + at.model_dump_json().encode()).hexdigest()
    states = supervisor.states()
    if any(states[process.name].running for process in PROCESSES) and (
        not _STARTED_WITH.exists() or _STARTED_WITH.read_text() != configuration
    ):
        supervisor.restart(PROCESSES)
        started = [process.name for process in PROCESSES]
    else:
        started = supervisor.start(PROCESSES)
    _STARTED_WITH.write_text(configuration)
    return started


def components(at: LocalEndpoints) -> dict[str, bool]:
    """Whether scheduler and DAG processor have given a sign of life lately, as the API server says."""
    try:
        health = httpx.get(f"{at.airflow}/api/v2/monitor/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return {"scheduler": False, "dag_processor": False}
    return {
        name: (health.get(name) or {}).get("status") == "healthy" for name in ("scheduler", "dag_processor")
    }


def connect(keys: Credentials, at: LocalEndpoints) -> ApiClient:
    """An authorised client of Airflow's REST API.

    Raises:
        Refusal: the API server does not answer, or does not take the checkout's password.
    """
    try:
        return AirflowAccess(at.airflow, AIRFLOW_USER, keys.airflow_password).connect()
    except AirflowDown:
        raise Refusal.because(
            f"Airflow does not answer at {at.airflow}",
            remedy="`./sluice status` shows what runs; `make up` starts the platform",
            exit_code=Exit.UNAVAILABLE,
        ) from None
