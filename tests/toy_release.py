"""A checkout of a few files for the tests of releases, and a storage that fails on purpose."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from dags.bundle.sluice_bundle.storage import Entry, Storage, Stored, Version

DAG = '''
"""A DAG that carries the release that it is of."""
import hashlib
import time
from datetime import datetime
from pathlib import Path

from airflow.sdk import dag, task

from dags.runtime.greeting import GREETING

ROOT = Path(__file__).resolve().parents[3]
RELEASE = hashlib.sha256((ROOT / "manifest.json").read_bytes()).hexdigest()


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    tags=[f"release:{RELEASE}"],
    is_paused_upon_creation=False,
)
def NAME():
    @task
    def first(until=None):
        say("first")
        deadline = time.monotonic() + 90
        while until and not Path(until).exists() and time.monotonic() < deadline:
            time.sleep(0.2)

    @task
    def second():
        say("second")

    def say(task_name):
        with open(OUTPUT, "a") as output:
            output.write(f"{task_name} {RELEASE} {GREETING}\\n")

    first(UNTIL) >> second()


NAME()
'''

LOCK = """
version = 1

[[package]]
name = "sluice"
version = "0.1.0"
source = { virtual = "." }

[package.dev-dependencies]
runtime = [{ name = "apache-airflow" }]

[[package]]
name = "apache-airflow"
version = "3.3.2"
source = { registry = "here" }
"""


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Writes files below a folder."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    return root


def dag_source(name: str, output: str = "/dev/null", until: str | None = None) -> str:
    """The source of a DAG whose tasks write their release and greeting to `output`."""
    return DAG.replace("NAME", name).replace("OUTPUT", repr(output)).replace("UNTIL", repr(until))


def checkout(root: Path, *, greeting: str = "hello", dag: str | None = None) -> Path:
    """A checkout with one pipeline, one Spark job, a dbt project, and its lock."""
    return write(
        root,
        {
            "uv.lock": LOCK,
            "dags/__init__.py": "",
            "dags/pipelines/__init__.py": "",
            "dags/pipelines/hello/__init__.py": "",
            "dags/pipelines/hello/dag.py": dag or dag_source("hello"),
            "dags/pipelines/hello/contract.yaml": "kind: DataContract\nid: hello\nversion: 1.0.0\n",
            "dags/runtime/__init__.py": "",
            "dags/runtime/greeting.py": f"GREETING = {greeting!r}\n",
            "dags/warehouse/dbt_project.yml": "name: toy\n",
            "environments/__init__.py": "",
            "environments/manifest.py": "SCHEMA = 1\n",
            "spark/__init__.py": "",
            "spark/sums.py": "def add(a, b):\n    return a + b\n",
            "spark/jobs/__init__.py": "",
            "spark/jobs/add.py": 'if __name__ == "__main__":\n    print(3)\n',
        },
    )


def quiet(message: str) -> None:
    """Progress that nobody reads."""


class Tripwire(Storage):
    """Calls `trip(number, when, operation)` before and after each operation of a storage."""

    def __init__(self, inner: Storage, trip: Callable[[int, str, str], None]) -> None:
        self.inner = inner
        self.trip = trip
        self.operations = 0
        self._lock = threading.Lock()

    def _run(self, operation: str, *arguments: Any) -> Any:
        with self._lock:
            self.operations += 1
            number = self.operations
        self.trip(number, "before", operation)
        result = getattr(self.inner, operation)(*arguments)
        self.trip(number, "after", operation)
        return result

    def get(self, path: str) -> Stored | None:
        return self._run("get", path)

    def create(self, path: str, data: bytes) -> Version:
        return self._run("create", path, data)

    def replace(self, path: str, data: bytes, expected: Version) -> Version:
        return self._run("replace", path, data, expected)

    def list(self, prefix: str) -> list[Entry]:
        return self._run("list", prefix)

    def delete(self, path: str) -> None:
        self._run("delete", path)

    def server_time(self) -> datetime:
        return self._run("server_time")
