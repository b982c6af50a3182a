"""Finds and ends processes of this platform that have lost their supervisor."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import psutil

from environments import places
from services.processes import CHECKOUT_MARK, SERVICE_MARK

TERM_SECONDS = 8


def find(service: str | None = None) -> list[psutil.Process]:
    """Processes of this platform (of one service, or of all), recognised by the mark in their environment."""
    found = []
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            marks = process.environ()
        except (psutil.Error, OSError):
            continue
        if marks.get(CHECKOUT_MARK) == str(places.STATE) and service in (None, marks.get(SERVICE_MARK)):
            found.append(process)
    return found


def sweep(service: str | None = None) -> int:
    """Ends such processes, politely first; returns how many there were."""
    found = find(service)
    for process in found:
        _signal(process.terminate)
    _, alive = psutil.wait_procs(found, timeout=TERM_SECONDS)
    for process in alive:
        _signal(process.kill)
    psutil.wait_procs(alive, timeout=TERM_SECONDS)
    return len(found)


def _signal(send: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        send()
