"""The whole platform: up, runs, faults, down. One platform serves all tests, in the order of this file.

Does not prove installation (CI's fresh clone does) nor behaviour with other people's Airflow or S3.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from modules.functions.handlers.metadata_export import airflow as export_of_metadata
from services.credentials import AIRFLOW_USER
from tests.e2e.platform_on_one_machine import ROOT, Platform

pytestmark = pytest.mark.slow

PIPELINE = "sales_curation"
DAY = "2025-02-03"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that is up, with its first run done."""
    made = Platform(tmp_path_factory.mktemp("platform") / "state")
    try:
        said = made.sluice("up")
        assert said.code == 0, said.all
        assert "The platform is up" in said.out
        assert f"✓ {PIPELINE} {DAY}: success" in said.out
        yield made
    finally:
        made.sluice("down")


def sales_of(platform: Platform, first: str, last: str) -> list[dict[str, object]]:
    return platform.query(
        "select currency, count(*) n, sum(amount)::varchar amount, sum(amount_eur)::varchar eur "
        f"from sales.fct_sales where sale_date between '{first}' and '{last}' group by 1 order by 1"
    )


def control(platform: Platform, mode: str, seconds: int) -> None:
    """Makes the source misbehave for a while."""
    address = platform.services()["source"]["address"]
    body = json.dumps({"mode": mode, "seconds": seconds}).encode()
    request = urllib.request.Request(f"{address}/_control", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


def test_every_service_runs_on_loopback(platform: Platform) -> None:
    rows = platform.services()
    assert len(rows) == 7
    assert all(row["state"] == "running" and row["ready"] for row in rows.values()), rows
    assert all(row["address"].startswith("http://127.0.0.1:") for row in rows.values() if row["address"])


def test_the_first_run_put_real_sales_into_the_star_schema_and_they_balance(platform: Platform) -> None:
    facts = sales_of(platform, DAY, DAY)
    assert len(facts) >= 3, "several currencies"
    said = platform.sluice("run", PIPELINE, "--date", DAY, "--json")
    assert said.code == 0, said.all
    (ended,) = json.loads(said.out)
    counts = ended["summary"]["counts"]
    assert counts["extracted"] == counts["curated"] + counts["quarantined"] + counts["duplicates"]
    assert counts["quarantined"] >= 3, "the damaged rows of that day"
    assert {row["currency"]: row["amount"] for row in facts} == ended["summary"]["sums"]
    assert sales_of(platform, DAY, DAY) == facts, "the same day twice changes nothing"


def test_nothing_is_left_to_do_for_a_second_up(platform: Platform) -> None:
    said = platform.sluice("up")
    assert said.code == 0, said.all
    assert "all were running" in said.err
    assert "is served already" in said.err
    assert "has run before" in said.err
    assert "● apply" not in said.err, "the preview found nothing to do"


def test_pulumi_by_hand_sees_no_changes(platform: Platform) -> None:
    script = 'eval "$(./sluice env shell)" && pulumi preview -s local --expect-no-changes --non-interactive'
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=platform.environment(),
        text=True,
        capture_output=True,
        timeout=200,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_two_days_at_once_lose_nothing(platform: Platform) -> None:
    said = platform.sluice("run", PIPELINE, "--from", "2025-02-04", "--to", "2025-02-05", "--json")
    assert said.code == 0, said.all
    for ended in json.loads(said.out):
        found = {row["currency"]: row["amount"] for row in sales_of(platform, ended["date"], ended["date"])}
        assert found == ended["summary"]["sums"]


class _AirflowAsMwaa:
    """Answers as MWAA's `InvokeRestApi` does, from the Airflow that runs here."""

    def __init__(self, platform: Platform) -> None:
        address = platform.services()["airflow-api"]["address"]
        keys = json.loads((platform.state / "secrets" / "services.json").read_text())
        who = {"username": AIRFLOW_USER, "password": keys["airflow_password"]}
        token = httpx.post(f"{address}/auth/token", json=who, timeout=15).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{address}/api/v2", headers=bearer, timeout=30)

    def invoke_rest_api(self, *, Name: str, Path: str, Method: str, QueryParameters: Any) -> dict[str, Any]:
        answer = self._http.request(Method, Path, params=QueryParameters)
        return {"RestApiStatusCode": answer.status_code, "RestApiResponse": answer.json()}


def test_airflow_answers_what_the_metadata_export_asks(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    mwaa = _AirflowAsMwaa(platform)
    monkeypatch.setattr(export_of_metadata, "client", lambda service: mwaa)
    monkeypatch.setattr(export_of_metadata, "PAGE", 2)
    for number in range(5):
        body = {"key": f"exported-{number}", "value": "x"}
        assert mwaa._http.post("/variables", json=body).status_code == 201
    airflow = export_of_metadata.Airflow("local")
    now = datetime.now(UTC)
    runs, tasks = list(airflow.runs(None, now)), list(airflow.tasks(None, now))
    ids = {run["dag_run_id"] for run in runs}
    assert len(ids) == len(runs) >= 3, "more than a page"
    assert all(run["state"] and run["bundle_version"] and run["dag_id"] == PIPELINE for run in runs)
    assert {task["dag_run_id"] for task in tasks} == ids
    assert all(task["task_id"] and task["try_number"] is not None for task in tasks)
    assert list(airflow.runs(now, now + timedelta(hours=1))) == []
    names = [variable["key"] for variable in airflow.variables()]
    assert [name for name in names if name.startswith("exported-")] == [f"exported-{n}" for n in range(5)]
    assert all(set(connection) == {"connection_id", "conn_type"} for connection in airflow.connections())


def test_a_second_up_says_for_whom_it_waits_or_refuses(platform: Platform) -> None:
    first = platform.start("up")
    try:
        time.sleep(2)
        refused = platform.sluice("up", "--no-wait")
        assert refused.code == 3, refused.all
        assert "sluice up" in refused.err and str(first.pid) in refused.err
        waited = platform.sluice("up")
        assert waited.code == 0 and "waiting for" in waited.err
    finally:
        first.communicate(timeout=200)
    assert first.returncode == 0


def test_services_killed_in_mid_run_come_back_and_the_run_ends_well(platform: Platform) -> None:
    run = platform.start("run", PIPELINE, "--date", "2025-02-06")
    time.sleep(8)
    rows = platform.services()
    for service in ("object-storage", "source", "airflow-scheduler"):
        os.kill(rows[service]["pid"], signal.SIGKILL)
    time.sleep(3)
    up = platform.sluice("up")
    assert up.code == 0, up.all
    out, err = run.communicate(timeout=400)
    again = platform.sluice("run", PIPELINE, "--date", "2025-02-06", "--json")
    assert again.code == 0, out + err + again.all
    (ended,) = json.loads(again.out)
    found = {row["currency"]: row["amount"] for row in sales_of(platform, "2025-02-06", "2025-02-06")}
    assert found == ended["summary"]["sums"]


def test_a_source_that_is_down_for_a_while_only_delays_the_run(platform: Platform) -> None:
    control(platform, "down", 25)
    said = platform.sluice("run", PIPELINE, "--date", "2025-02-07", "--json")
    assert said.code == 0, said.all


def test_after_down_the_forgotten_is_healed_and_the_data_is_still_there_though_a_port_is_taken(
    platform: Platform,
) -> None:
    before = sales_of(platform, "2025-01-01", "2026-06-30")
    address = platform.services()["source"]["address"]
    assert platform.sluice("down").code == 0
    assert all(row["state"] == "stopped" for row in platform.services().values())
    port = int(address.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        said = platform.sluice("up")
    assert said.code == 0, said.all
    assert f"port {port} of source is taken" in said.err
    assert "● apply" in said.err, "what the mock AWS server forgot had to be made again"
    assert platform.services()["source"]["address"] != address
    assert sales_of(platform, "2025-01-01", "2026-06-30") == before
    said = platform.sluice("run", PIPELINE, "--date", "2025-02-10")
    assert said.code == 0, said.all


def test_a_supervisor_killed_with_everything_under_it_is_no_trouble(platform: Platform) -> None:
    os.kill(int((platform.state / "run" / "supervisord.pid").read_text()), signal.SIGKILL)
    said = platform.sluice("up")
    assert said.code == 0, said.all
    assert all(row["ready"] and row["state"] == "running" for row in platform.services().values())


def test_up_killed_at_a_random_point_goes_on_when_run_again(platform: Platform) -> None:
    assert platform.sluice("down").code == 0
    seed = int(time.time())
    chance = random.Random(seed)
    for _ in range(3):
        up = platform.start("up")
        moment = chance.uniform(0.5, 25)
        time.sleep(moment)
        os.killpg(up.pid, signal.SIGKILL)
        up.communicate()
    said = platform.sluice("up")
    assert said.code == 0, f"seed {seed}: {said.all}"


def test_a_wrong_passphrase_is_one_clear_message(platform: Platform) -> None:
    file = platform.state / "secrets" / "pulumi-passphrase"
    right = file.read_text()
    file.write_text("wrong")
    try:
        said = platform.sluice("up")
    finally:
        file.write_text(right)
    assert said.code == 2, said.all
    assert "passphrase" in said.err and str(file) in said.err


def test_no_secret_is_in_a_log_or_in_the_state(platform: Platform) -> None:
    keys = json.loads((platform.state / "secrets" / "services.json").read_text())
    secrets = [value.encode() for name, value in keys.items() if name != "access_key_id"]
    secrets.append((platform.state / "secrets" / "pulumi-passphrase").read_bytes())
    files = [*(platform.state / "logs").rglob("*"), *(platform.state / "pulumi").rglob("*.json"),
             *(platform.state / "run").glob("*.conf")]  # fmt: skip
    read = 0
    for file in files:
        if file.is_file():
            read += 1
            content = file.read_bytes()
            assert not any(secret in content for secret in secrets), file
    assert read > 10


def test_a_pipeline_that_is_not_served_is_wrong_use(platform: Platform) -> None:
    said = platform.sluice("run", "nothing", "--date", DAY)
    assert said.code == 2 and PIPELINE in said.err


def test_a_query_cannot_write(platform: Platform, tmp_path: Path) -> None:
    for sql in ("delete from sales.fct_sales", f"copy (select 1) to '{tmp_path}/x.csv'"):
        said = platform.sluice("query", sql)
        assert said.code == 2, said.all
    assert not list(tmp_path.iterdir())
