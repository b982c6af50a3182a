"""The fork server: imports the SDK once, forks for each batch, which imports its packages and forks for each program.

Started by `policies.gate.capture.launch` in a scrubbed environment; reads its work from standard input:
`{"batches": [{"modules": […], "jobs": […], "results": "<folder>"}], "at_once": 2}`; writes `<folder>/<n>.json` for
each job.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# How long a program that overran its own alarm may still live.
_GRACE = 2.0
_POLL = 0.005
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serves all batches, as many at a time as programs may run."""
    # Nothing that is imported goes away again: looking for garbage meanwhile is a tenth of the time.
    gc.disable()
    work = json.load(sys.stdin)
    # Before any fork: it is the same for all.
    from policies.gate.capture import child, session  # noqa: F401

    pending = list(work["batches"])
    side_by_side = max(1, min(len(pending), work["at_once"]))
    running: set[int] = set()
    while pending or running:
        while pending and len(running) < side_by_side:
            batch = pending.pop(0)
            if pid := os.fork():
                running.add(pid)
                continue
            try:
                _serve(batch, max(1, work["at_once"] // side_by_side))
                os._exit(0)
            finally:
                os._exit(70)
        running.discard(os.wait()[0])


def _serve(batch: dict[str, Any], at_once: int) -> None:
    """Runs the programs of one batch."""
    from policies.gate.capture import own_packages

    own_packages.use(batch["packages"])
    _import(batch["modules"])
    gc.collect()
    gc.freeze()
    results = Path(batch["results"])
    pending = list(enumerate(batch["jobs"]))
    running: dict[int, tuple[int, float]] = {}
    while pending or running:
        while pending and len(running) < at_once:
            number, job = pending.pop(0)
            running[_fork(number, job, results)] = (number, time.monotonic() + job["timeout"] + _GRACE)
        _reap(running, results)


def _import(modules: list[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):
            # The packages load lazily: asking for a name is what loads them.
            getattr(importlib.import_module(name), "__all__", None)


def _fork(number: int, job: dict[str, Any], results: Path) -> int:
    from policies.gate.capture import child, session

    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _die_with_parent()
        home = tempfile.mkdtemp(dir=results)
        os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = home
        _redirect(results / f"{number}.out")
        result = os.open(results / f"{number}.json", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        child.Capture(session.Job(**job), result).run()
    finally:
        os._exit(70)


def _die_with_parent() -> None:
    """In a session of its own it would outlive an interrupted gate until its alarm; only Linux can say so."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _redirect(printed: Path) -> None:
    """The program's standard streams go to a file that nobody reads; it has no way to our own channel."""
    target = os.open(printed, os.O_WRONLY | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for stream in (1, 2):
        os.dup2(target, stream)
    os.dup2(nothing, 0)


def _reap(running: dict[int, tuple[int, float]], results: Path) -> None:
    for pid, (number, deadline) in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done and time.monotonic() > deadline:
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
            done = pid
        if done:
            del running[pid]
            # What the program left behind goes with it.
            _kill_group(pid)
            (results / f"{number}.status").write_text(str(status))
    time.sleep(_POLL)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
