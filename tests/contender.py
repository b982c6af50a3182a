"""One of several shippers, in a process of its own, that all have read the same pointer when they begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.storage import ObjectStorage
from releases.build import build
from releases.ship import ship_built
from tests.toy_release import Tripwire, checkout, quiet

_barrier: Any = None


def meet_at(barrier: Any) -> None:
    """Called once in each process."""
    global _barrier
    _barrier = barrier


def contend(job: tuple[str, str, str]) -> tuple[str, str, str | None]:
    """Ships a release of its own; returns its name, the release, and what it was told when it lost."""
    uri, folder, name = job
    release = build(checkout(Path(folder), greeting=name))

    def trip(number: int, moment: str, operation: str) -> None:
        if (number, moment) == (1, "after"):
            _barrier.wait(30)

    try:
        ship_built(release, Tripwire(ObjectStorage(uri), trip), None, quiet, by=name)
    except ReleaseError as error:
        return name, release.id, str(error)
    return name, release.id, None
