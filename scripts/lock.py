"""One change to the platform at a time: a lock that says who holds it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from environments import places
from environments.problems import Exit, Location, Refusal


@contextmanager
def platform_lock(what: str, *, wait: bool = True) -> Iterator[None]:
    """Holds the checkout's lock; a second one waits and says for whom.

    The lock is the operating system's, so it ends with its holder, however that ends.

    Raises:
        Refusal: `.sluice` cannot be written, or the lock is held and `wait` is false.
    """
    try:
        places.RUN.mkdir(parents=True, exist_ok=True)
        lock = FileLock(places.RUN / "platform.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
    except OSError as error:
        raise Refusal.because(
            f"cannot write: {error.strerror}",
            where=Location(places.RUN),
            remedy="make the folder writable (and the disk not full), or set SLUICE_STATE to one that is",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    holder = places.RUN / "platform.holder"
    if not lock.is_locked:
        who = _describe(holder)
        if not wait:
            raise Refusal.because(
                f"{who} is at work on this platform",
                remedy="wait for it to end, or leave out --no-wait",
                exit_code=Exit.UNAVAILABLE,
            )
        print(f"waiting for {who} …", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        holder.write_text(json.dumps({"what": what, "pid": os.getpid(), "since": time.time()}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _describe(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
        return f"`{told['what']}` (process {told['pid']}, for {time.time() - told['since']:.0f} s)"
    except (OSError, ValueError, KeyError):
        return "another sluice"
