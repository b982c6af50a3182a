"""Outlives a rehearsal by a moment: ends what it started and removes its folder, however it came to its end.

It runs as a process of its own, for a killed process cannot clean up after itself. What tells it of the end is
its standard input, a pipe that nobody but the rehearsal holds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from environments.problems import Exit, Refusal
from policies.rehearsal import beside

_QUIET_LOOKS = 2
_LOOK_SECONDS = 0.1
_LONGEST_SECONDS = 60


@contextlib.contextmanager
def watched_folder() -> Iterator[Path]:
    """A folder for one rehearsal; when this process leaves the block, or dies, it and what bears its mark go.

    Raises:
        Refusal: no folder can be made.
    """
    temporary = {"TMPDIR": tempfile.gettempdir()}
    watcher = beside.start("policies.rehearsal.watch", environment=temporary)
    assert watcher.stdin is not None and watcher.stdout is not None
    try:
        folder = watcher.stdout.readline().strip()
        if not folder:
            raise Refusal.because(
                f"no folder can be made in {tempfile.gettempdir()}",
                remedy="make room there, or name another place in TMPDIR",
                exit_code=Exit.UNAVAILABLE,
            )
        yield Path(folder)
    finally:
        watcher.stdin.close()
        watcher.wait(_LONGEST_SECONDS)
        watcher.stdout.close()


def main(_: Sequence[str]) -> None:
    """Makes the folder, says where it is, waits for the rehearsal's end, and cleans up."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    folder = tempfile.mkdtemp(prefix="sluice-rehearsal-")
    try:
        # Who would read it may be gone already; the pipe below then says so.
        with contextlib.suppress(BrokenPipeError):
            print(folder, flush=True)
        sys.stdin.buffer.read()
    finally:
        _end_marked(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _end_marked(folder: str) -> None:
    """Kills what bears the mark. One that is just being started bears it a moment later: looks again."""
    quiet, until = 0, time.monotonic() + _LONGEST_SECONDS / 2
    while quiet < _QUIET_LOOKS and time.monotonic() < until:
        found = list(_marked(folder))
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=_LOOK_SECONDS)
        quiet = 0 if found else quiet + 1
        if not found and quiet < _QUIET_LOOKS:
            time.sleep(_LOOK_SECONDS)


def _marked(folder: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(beside.MARK) == folder:
                yield process
