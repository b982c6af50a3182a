"""Ships of a bundle of 500 files against `aws s3 sync --delete` of the same tree, on the same S3 server; and how long
Airflow takes to serve a change, against Airflow's own S3DagBundle.

Each is a process of its own, from its start to its end; in turns, and the median of several. Requests and bytes are
counted in a pass of their own through a proxy. Prints; asserts nothing. `transfer` or `served` chooses one half.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from environments import places
from releases.airflow_api import AirflowAccess
from tests.faults.proxy import Proxy
from tests.object_servers import S3, s3
from tests.real_airflow import airflow
from tests.toy_release import LOCK, write

FILES, DAGS, ROUNDS, SERVED_ROUNDS = 500, 10, 7, 5
REFRESH_SECONDS = 5
HERE = Path(__file__).parent
# Of the provider package only what its S3 bundle imports; it is not part of Sluice's own environments.
PEER = "apache-airflow-providers-amazon==9.39.0"
DAG = """
from datetime import datetime
from airflow.sdk import DAG

with DAG("{name}", schedule=None, start_date=datetime(2026, 1, 1), tags=["mark-{mark}"]):
    pass
"""


def tree(root: Path) -> Path:
    """A checkout whose release holds FILES files, DAGS of them DAG files."""
    modules = (FILES - DAGS - 4) // DAGS
    body = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(60))
    files: dict[str, str | bytes] = {"uv.lock": LOCK}
    files |= dict.fromkeys(["dags/__init__.py", "dags/pipelines/__init__.py", "environments/__init__.py"], "")
    for number in range(DAGS):
        folder = f"dags/pipelines/p{number}"
        files[f"{folder}/dag.py"] = DAG.format(name=f"p{number}", mark=0)
        files |= {f"{folder}/module_{index}.py": f"# {number} {index}\n{body}" for index in range(modules)}
    missing = FILES - (len(files) - 1)
    files |= {f"dags/runtime/part_{index}.py": f"# {index}\n{body}" for index in range(missing)}
    write(root, files)
    time.sleep(1.1)
    return root


def change(root: Path, mark: int) -> None:
    """One file is another one."""
    write(root, {"dags/pipelines/p0/dag.py": DAG.format(name="p0", mark=mark)})
    # A second later, or sync takes the file for newer than its copy, and sends it again each time.
    time.sleep(1.1)


class Ours:
    """Ships and rolls back."""

    title = "sluice ship"

    def __init__(self, server: S3, root: Path) -> None:
        self.root, self.uri = root, server.bucket()

    def send(self, environment: dict[str, str]) -> None:
        """A ship of the tree."""
        _python("_ship_once.py", self.uri, str(self.root), environment=environment)

    def back(self, environment: dict[str, str]) -> None:
        """A roll-back."""
        _python("_rollback_once.py", self.uri, environment=environment)


class Sync:
    """`aws s3 sync --delete`."""

    title = "aws s3 sync"

    def __init__(self, server: S3, root: Path) -> None:
        self.root, self.uri = root / "dags", server.bucket()

    def send(self, environment: dict[str, str]) -> None:
        """The same tree."""
        aws = places.VENVS / "infra" / "bin" / "aws"
        command = [str(aws), "s3", "sync", "--delete", "--only-show-errors", str(self.root), self.uri]
        subprocess.run(command, env=environment, check=True)


def transfer(server: S3, folder: Path) -> None:
    """The first half: what a ship costs."""
    root = tree(folder / "tree")
    environment = {**os.environ, **server.environment(), "PYTHONPATH": str(places.ROOT)}
    counted = _counted(server, root)
    change(root, 0)
    print(f"{FILES} files, {sum(f.stat().st_size for f in root.rglob('*') if f.is_file()):,} bytes")
    print(f"{'':<18}{'ship':>9}{'sync':>9}{'ratio':>8}   requests, bytes sent: ship · sync")
    ours, peer = Ours(server, root), Sync(server, root)
    first = [
        [timed(lambda one=one: one(server, root).send(environment)) for _ in range(3)] for one in (Ours, Sync)
    ]  # type: ignore[misc]
    _row("first", first[0], first[1], counted)
    for one in (ours, peer):
        one.send(environment)
    times: dict[str, tuple[list[float], list[float]]] = {
        "one file changed": ([], []),
        "nothing changed": ([], []),
    }
    backs = []
    for turn in range(1, ROUNDS + 1):
        change(root, turn)
        for name in times:
            for index, one in enumerate((ours, peer)):
                times[name][index].append(timed(lambda one=one: one.send(environment)))  # type: ignore[misc]
        backs.append(timed(lambda: ours.back(environment)))
        ours.send(environment)
    for name, (mine, theirs) in times.items():
        _row(name, mine, theirs, counted)
    print(f"{'rollback':<18}{statistics.median(backs):>7.2f} s{'':>19}{counted['rollback'][0]}")


def _counted(server: S3, root: Path) -> dict[str, list[str]]:
    """Requests and bytes of each, through a proxy."""
    with Proxy(server.url) as proxy:
        environment = {**os.environ, **server.environment(proxy.url), "PYTHONPATH": str(places.ROOT)}
        ours, peer = Ours(server, root), Sync(server, root)

        def count(work: Callable[[dict[str, str]], None]) -> str:
            proxy.arm(None)
            work(environment)
            return f"{proxy.requests}, {proxy.sent:,}"

        counts = {"first": [count(one.send) for one in (ours, peer)]}
        change(root, 99)
        counts["one file changed"] = [count(one.send) for one in (ours, peer)]
        counts["nothing changed"] = [count(one.send) for one in (ours, peer)]
        counts["rollback"] = [count(ours.back)]
    return counts


def _row(name: str, mine: list[float], theirs: list[float], counted: dict[str, list[str]]) -> None:
    ours, peer = statistics.median(mine), statistics.median(theirs)
    requests = " · ".join(counted[name])
    print(f"{name:<18}{ours:>7.2f} s{peer:>7.2f} s{ours / peer:>8.2f}   {requests}", flush=True)


def served(server: S3, folder: Path) -> None:
    """The second half: from the start of the command until Airflow's API shows the changed DAG."""
    provider = folder / "provider"
    uv = places.VENVS / "uv" / "bin" / "uv"
    into = ["--quiet", "--python", str(places.venv_python("runtime")), "--target", str(provider), "--no-deps"]
    subprocess.run([uv, "pip", "install", *into, PEER], check=True)
    root = tree(folder / "served")
    environment = {**os.environ, **server.environment(), "PYTHONPATH": str(places.ROOT)}
    print(f"\nuntil Airflow serves one changed DAG; each bundle looks every {REFRESH_SECONDS} s")
    classes = {
        Ours: ("sluice_bundle.ReleaseDagBundle", "releases", lambda uri: uri),
        Sync: ("airflow.providers.amazon.aws.bundles.s3.S3DagBundle", "bucket_name", lambda uri: uri[5:]),
    }
    medians = []
    for number, (one, (classpath, key, value)) in enumerate(classes.items()):
        sender = one(server, root)
        change(root, 0)
        sender.send(environment)
        kwargs = {key: value(sender.uri), "refresh_interval": REFRESH_SECONDS}
        bundle = {"name": "bench", "classpath": classpath, "kwargs": kwargs}
        extra = {**server.environment(), "PYTHONPATH": str(provider), "AIRFLOW_CONN_AWS_DEFAULT": "aws://"}
        # One after the other, so that they do not share one processor.
        with airflow(folder / f"airflow-{number}", [bundle], extra) as access:
            seconds = _until_served(access, root, lambda sender=sender: sender.send(environment))  # type: ignore[misc]
        medians.append(statistics.median(seconds))
        told = "  ".join(f"{each:.1f}" for each in seconds)
        print(f"{classpath.rpartition('.')[2]:<18}{medians[-1]:>7.2f} s   ({told})", flush=True)
    print(f"{'ratio':<18}{medians[0] / medians[1]:>7.2f}")


def _until_served(access: AirflowAccess, root: Path, send: Callable[[], None]) -> list[float]:
    shows = _asker(access)
    _until(lambda: shows(0), 180)

    def once(mark: int) -> None:
        send()
        _until(lambda: shows(mark), 120)

    seconds = []
    for mark in range(1, SERVED_ROUNDS + 1):
        change(root, mark)
        seconds.append(timed(lambda mark=mark: once(mark)))  # type: ignore[misc]
    return seconds


def _asker(access: AirflowAccess) -> Callable[[int], bool]:
    """Whether Airflow's API shows the DAG with that mark."""
    client = httpx.Client(base_url=access.url, timeout=30)
    credentials = {"username": access.username, "password": access.password}
    token = client.post("/auth/token", json=credentials).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"

    def shows(mark: int) -> bool:
        tags = client.get("/api/v2/dags/p0").json().get("tags") or []
        return f"mark-{mark}" in [tag["name"] for tag in tags]

    return shows


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds} s")
        time.sleep(0.1)


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _python(script: str, *arguments: str, environment: dict[str, str]) -> None:
    command = [str(places.venv_python("infra")), "-P", str(HERE / script), *arguments]
    subprocess.run(command, env=environment, check=True)


def main(wanted: list[str]) -> None:
    """Measures on a server of its own."""
    halves = {"transfer": transfer, "served": served}
    with tempfile.TemporaryDirectory() as temporary, s3(Path(temporary) / "server") as server:
        for name in wanted or halves:
            halves[name](server, Path(temporary))


if __name__ == "__main__":
    main(sys.argv[1:])
