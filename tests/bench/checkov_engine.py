"""The checkov engine of the gate against checkov's own command, on the same plans. Prints, asserts nothing.

Run with the infra group's Python: `python tests/bench/checkov_engine.py [size…]`.
`cold` starts the worker and scans; `warm` scans in a worker that has imported checkov, as the gate does while
it captures; `nine` is nine such plans at once. Each is the least of several runs, in turns with the
command, so that a busy moment of the machine meets all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import psutil

from environments import places
from policies.gate.engines.checkov.engine import Checkov, Request, terraform_document
from policies.gate.projection import terraform
from tests.fixtures.graphs_at_scale import graph_of

SIZES = (25, 500, 2000)


def measured(action: Callable[[], object]) -> float:
    """Seconds that it took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command(file: Path) -> None:
    """checkov's own command."""
    subprocess.run(
        [
            places.venv_python("scan"),
            places.VENVS / "scan" / "bin" / "checkov",
            *("-f", file, "--framework", "terraform_plan", "--skip-download", "--soft-fail", "-o", "json"),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(file.parent), "LOG_LEVEL": "CRITICAL"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def cold(request: Request) -> None:
    """From nothing to verdicts."""
    with Checkov() as checkov:
        checkov.scan([request])


class Peak:
    """The most memory that a process and its children held together."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.bytes = 0

    def look(self) -> None:
        """Takes the present into account."""
        found = 0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                found += process.memory_full_info().pss  # pages that forks share count once
            except psutil.Error:
                continue
        self.bytes = max(self.bytes, found)


def watched(checkov: Checkov, requests: list[Request]) -> tuple[float, int]:
    """Seconds and bytes of one scan."""
    assert checkov.worker.pid is not None
    peak, done = Peak(checkov.worker.pid), threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return measured(lambda: checkov.scan(requests)), peak.bytes
    finally:
        done.set()
        watcher.join()


def main() -> None:
    """Prints a line per size."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    names = f"{'resources':>9} {'command':>9} {'cold':>7} {'warm':>7} {'nine':>7}"
    print(f"{names}   cold/command  nine/command   MB")
    growth: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder, Checkov() as checkov:
        checkov.worker.hello()
        for size in sizes:
            graph = graph_of(size)
            request = Request("dev", graph, (terraform_document(terraform.project(graph)),))
            file = Path(folder) / f"plan-{size}.json"
            file.write_text(json.dumps(request.documents[0].content))
            times: dict[str, list[float]] = {"command": [], "cold": [], "warm": [], "nine": []}
            most = 0
            for _ in range(2):
                times["command"].append(measured(partial(command, file)))
                times["cold"].append(measured(partial(cold, request)))
                times["warm"].append(measured(partial(checkov.scan, [request])))
                seconds, memory = watched(checkov, [request] * 9)
                times["nine"].append(seconds)
                most = max(most, memory)
            least = {name: min(found) for name, found in times.items()}
            growth.append((size, least["warm"]))
            print(
                f"{size:9} {least['command']:8.2f}s {least['cold']:6.2f}s {least['warm']:6.2f}s"
                f" {least['nine']:6.2f}s {least['cold'] / least['command']:14.2f}"
                f" {least['nine'] / least['command']:13.2f} {most / 2**20:6.0f}"
            )
    for (small, before), (large, after) in pairwise(growth):
        times_as = f"{large / small:.1f} times as many, {after / before:.1f} times as long"
        print(f"{small} to {large} resources: {times_as}")


if __name__ == "__main__":
    main()
