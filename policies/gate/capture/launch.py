"""Starts the fork server for batches of programs, and turns what it leaves into graphs and refusals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.problems import Exit, Location, Problem, Refusal
from environments.yaml_file import shown
from policies.gate.graph import ResourceGraph

_SOURCES = Path(__file__).resolve().parents[3]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from policies.gate.capture.server import main; main()"
# All that a captured program sees in `os.environ`, besides a home of its own.
_VISIBLE = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PATH": "/usr/bin:/bin",
    "USER": "sluice",
    "LOGNAME": "sluice",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Batch:
    """Programs that touch the same packages, and so share one import of them."""

    modules: tuple[str, ...]
    jobs: tuple[dict[str, Any], ...]
    packages: tuple[str, ...] = ()
    """Folders of packages of the programs' own."""


@dataclass(frozen=True)
class Captured:
    """A program's graph, and the files and folders that it read on its way there (absolute paths)."""

    graph: ResourceGraph
    reads: tuple[Path, ...]


def run(batches: Sequence[Batch], at_once: int) -> list[list[Captured | Refusal]]:
    """Captures all programs, `at_once` at a time over all batches."""
    if not batches:
        return []
    home = Path(tempfile.mkdtemp(prefix="sluice-capture-"))
    try:
        folders = [home / str(number) for number in range(len(batches))]
        for folder in folders:
            folder.mkdir()
        work = {
            "batches": [
                {
                    "modules": batch.modules,
                    "jobs": batch.jobs,
                    "packages": batch.packages,
                    "results": str(folder),
                }
                for batch, folder in zip(batches, folders, strict=True)
            ],
            "at_once": at_once,
        }
        longest = sum(job["timeout"] + 5 for batch in batches for job in batch.jobs) + 120
        said = _server(json.dumps(work).encode(), home, longest)
        return [
            [_result(job, folder, number, said) for number, job in enumerate(batch.jobs)]
            for batch, folder in zip(batches, folders, strict=True)
        ]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _server(work: bytes, home: Path, longest: float) -> str:
    """Runs the server to its end; what it said on standard error."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _START, str(_SOURCES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**_VISIBLE, "HOME": str(home), "TMPDIR": str(home)},
        cwd=home,
        start_new_session=True,
    )
    try:
        _, said = process.communicate(work, timeout=longest)
        return said.decode(errors="replace")
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _result(job: dict[str, Any], results: Path, number: int, said: str) -> Captured | Refusal:
    try:
        content = json.loads((results / f"{number}.json").read_bytes())
    except (OSError, ValueError):
        return _no_result(job, results / f"{number}.status", said)
    if "graph" in content:
        return Captured(ResourceGraph.from_json(content["graph"]), tuple(map(Path, content["reads"])))
    return Refusal(*(_problem(job, given) for given in content["problems"]))


def _problem(job: dict[str, Any], given: dict[str, Any]) -> Problem:
    file = Path(job["root"]) / given["file"] if given.get("file") else Path(job["main"])
    return Problem(given["what"], Location(shown(file), given.get("line")), given["remedy"])


def _no_result(job: dict[str, Any], status: Path, said: str) -> Refusal:
    where = Location(shown(Path(job["main"])))
    if not status.exists():
        last = said.strip().splitlines()[-1] if said.strip() else "it said nothing"
        return Refusal.because(
            f"the capture could not start: {last}",
            where=where,
            remedy="install the environment again: make install",
            exit_code=Exit.UNAVAILABLE,
        )
    code = os.waitstatus_to_exitcode(int(status.read_text()))
    if code == -signal.SIGKILL:
        return Refusal.because(
            f"the program does not end within {job['timeout']:g} s, and does not listen to the alarm",
            where=where,
            remedy="look for a loop without end, or for code that blocks signals",
        )
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Refusal.because(
        f"the program ended its interpreter by itself ({how})",
        where=where,
        remedy="look for `os._exit`, or for a crash in a package written in C",
    )
