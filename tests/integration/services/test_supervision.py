"""Real services under the real supervisor, in a state folder of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROLOGUE = """
import json, os, signal, sys, time
from services import credentials, leftovers, ports, readiness, supervisor
from services.processes import SERVICES
credentials.ensure()
some = [s for s in SERVICES if s.name in ("object-storage", "aws")]
def up():
    at = ports.choose(lambda name: supervisor.alive(), lambda line: None)
    supervisor.ensure()
    started = supervisor.start(some)
    readiness.wait(some, at, seconds=40)
    return started
def pid(name):
    return supervisor.states()[name].pid
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    run(tmp_path, "print(supervisor.stop())")


def run(state: Path, code: str) -> str:
    """Runs code in a fresh process, as each verb is one; `places` reads SLUICE_STATE when it is imported."""
    result = subprocess.run(
        [sys.executable, "-c", PROLOGUE + code],
        cwd=ROOT,
        env={**os.environ, "SLUICE_STATE": str(state)},
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_starting_twice_starts_once(state: Path) -> None:
    assert run(state, "print(len(up()))") == "2"
    assert run(state, "print(len(up()))") == "0"


def test_a_killed_service_comes_back_by_itself(state: Path) -> None:
    before, after = run(
        state,
        "up(); one = pid('aws'); os.kill(one, signal.SIGKILL); time.sleep(2.5); up(); print(one, pid('aws'))",
    ).split()
    assert before != after and after != "0"


def test_after_the_supervisor_is_killed_the_next_up_leaves_no_orphan(state: Path) -> None:
    told = json.loads(
        run(
            state,
            """
up(); old = [pid(s.name) for s in some]
os.kill(int(supervisor.PID_FILE.read_text()), signal.SIGKILL)
time.sleep(0.5)
orphans = sorted(p.pid for p in leftovers.find())
up(); new = [pid(s.name) for s in some]
marked = sorted(p.pid for p in leftovers.find() if p.environ().get("SLUICE_SERVICE"))
print(json.dumps({"old": sorted(old), "orphans": orphans, "new": sorted(new), "marked": marked}))
""",
        )
    )
    assert told["orphans"] == told["old"], (
        "the services outlived their supervisor, which is what is to be mended"
    )
    assert not set(told["old"]) & set(told["new"])
    assert set(told["marked"]) <= set(told["new"]), "only the new ones are left"


def test_stop_leaves_nothing_behind_and_data_stays(state: Path) -> None:
    made = run(
        state,
        """
import boto3
from services.processes import aws_environment
from environments.endpoints import LocalEndpoints
up(); os.environ.update(aws_environment(credentials.load(), LocalEndpoints.load()))
s3 = boto3.client("s3"); s3.create_bucket(Bucket="kept-bucket")
s3.put_object(Bucket="kept-bucket", Key="a", Body=b"1")
supervisor.stop(); left = len(leftovers.find()); up()
print(left, s3.get_object(Bucket="kept-bucket", Key="a")["Body"].read().decode())
""",
    )
    assert made == "0 1"


def test_no_secret_is_in_an_argument_or_in_the_supervisors_configuration(state: Path) -> None:
    run(
        state,
        """
import psutil
up()
secrets = [v for v in vars(credentials.load()).values()]
shown = " ".join(" ".join(p.cmdline()) for p in leftovers.find()) + supervisor.CONFIGURATION.read_text()
assert "versitygw" in shown
assert not [s for s in secrets if s in shown]
""",
    )


def test_a_service_that_cannot_start_is_named_with_its_log(state: Path) -> None:
    said = run(
        state,
        """
from environments import places
from environments.problems import Refusal
places.DATA.mkdir(parents=True); (places.DATA / "objects").write_text("a file in the way")
try:
    up()
except Refusal as refusal:
    print(refusal)
""",
    )
    assert "object storage" in said and "./sluice logs object-storage" in said
