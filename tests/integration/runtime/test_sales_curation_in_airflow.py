"""The DAG under Airflow's own task runner (`dag.test()`), on real servers.

What this does not prove: that scheduler, DAG processor and bundle get it there (tests/e2e).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from environments import places
from environments.manifest import Zone

pytestmark = [pytest.mark.runtime, pytest.mark.slow]

# The logical date of a run by hand is when it is due: its data interval is the day before.
PROGRAM = """
import json
from datetime import UTC, datetime
from dags.pipelines.sales_curation.dag import dag

run = dag.test(logical_date=datetime(2025, 2, 4, tzinfo=UTC))
states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
print("OUTCOME", json.dumps({"state": str(run.state), "tasks": states}))
"""


@pytest.fixture
def airflow(platform: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow with an empty database, which knows where the platform manifest is."""
    from dags.runtime.storage import open_zone

    releases = open_zone(platform.manifest.zones[Zone.RELEASES])
    releases.put("platform/manifest.json", platform.manifest.model_dump_json().encode())
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(places.ROOT / "dags" / "pipelines"),
        "AIRFLOW__SLUICE__PLATFORM_MANIFEST": releases.uri_of("platform/manifest.json"),
        "PYTHONPATH": str(places.ROOT),
    }
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=environment, check=True, capture_output=True, timeout=120)
    return environment


def outcome(environment: dict[str, str], folder: Path) -> tuple[dict[str, Any], str]:
    """Runs the DAG for 2025-02-03; states, and all that was said."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("OUTCOME ")]
    assert lines, done.stdout[-4000:]
    return json.loads(lines[-1].removeprefix("OUTCOME ")), done.stdout


def test_a_day_is_green_and_prints_its_conservation_line(
    platform: Any, airflow: dict[str, str], tmp_path: Path
) -> None:
    found, said = outcome(airflow, tmp_path)
    assert found["state"] == "success", said[-4000:]
    assert set(found["tasks"].values()) == {"success"}
    assert "raw = warehouse to the cent" in said
    assert len(platform.messages(platform.announced)) == 1
    assert platform.messages(platform.dead_letters) == []


def test_a_contract_that_no_row_meets_fails_at_once_with_one_failure_record(
    platform: Any, airflow: dict[str, str], tmp_path: Path
) -> None:
    platform.control("contractless")
    found, said = outcome(airflow, tmp_path)
    assert found["state"] == "failed", said[-4000:]
    assert found["tasks"]["check_contract"] == "failed"
    assert found["tasks"]["curate"] == "upstream_failed"
    [record] = platform.messages(platform.dead_letters)
    assert record["task"] == "check_contract" and record["try_number"] == 1
    assert (
        record["error"] == "NoRowMeetsContract"
        and "meets contract commerce-transactions" in record["message"]
    )
    assert record["interval_start"].startswith("2025-02-03")
    assert platform.messages(platform.announced) == []
