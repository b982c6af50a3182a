"""The fork server: imports the SDK and the packages that the programs touch, once, then forks for each.

Started by `policies.gate.capture.launch` in a scrubbed environment; reads its work from standard input:
`{"modules": […], "jobs": […], "at_once": 2, "results": "<folder>"}`; writes `<folder>/<n>.json` for each job.
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
    """Serves one batch of programs."""
    work = json.load(sys.stdin)
    _import(work["modules"])
    from policies.gate.capture import child, session

    gc.collect()
    gc.freeze()
    results = Path(work["results"])
    pending = list(enumerate(work["jobs"]))
    running: dict[int, tuple[int, float]] = {}
    while pending or running:
        while pending and len(running) < work["at_once"]:
            number, job = pending.pop(0)
            pid = _fork(child, session, number, job, results)
            running[pid] = (number, time.monotonic() + job["timeout"] + _GRACE)
        _reap(running, results)


def _import(modules: list[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):
            # The packages load lazily: asking for a name is what loads them.
            getattr(importlib.import_module(name), "__all__", None)


def _fork(child: Any, session: Any, number: int, job: dict[str, Any], results: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _die_with_parent()
        # A run makes objects and keeps them: collecting while it grows only takes time.
        gc.disable()
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
