"""Moves the pointer by compare-and-swap, and says who was faster when that fails."""

from __future__ import annotations

import getpass
import socket
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, ReleaseError
from dags.bundle.sluice_bundle.pointer import POINTER_NAME, Pointer
from dags.bundle.sluice_bundle.storage import Stored
from dags.bundle.sluice_bundle.store import PointerRead, ReleaseStore
from releases.swap import Outrun, swap


class LostRace(ReleaseError):
    """Somebody else moved the pointer first."""

    def __init__(self, winner: Pointer | None) -> None:
        self.winner = winner
        if winner is None:
            super().__init__("the pointer was removed meanwhile")
        else:
            what = f"to release {winner.release}" if winner.release else "to no release"
            super().__init__(
                f"{winner.shipped_by} moved the pointer {what} ({winner.action}) at {winner.shipped_at}"
            )


def whoami() -> str:
    """Who ships, as others are told: user and machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def read_to_move(store: ReleaseStore, progress: Callable[[str], None]) -> PointerRead | None:
    """The pointer as the one to be replaced. A damaged one is named and can be replaced like any other.

    Raises:
        StorageUnavailable: storage failed.
    """
    try:
        return store.read_pointer()
    except ReleaseDamaged as damage:
        found = store.storage.get(POINTER_NAME)
        if found is None:
            return None
        progress(f"{damage}; a new one takes its place, and its history is lost")
        return PointerRead(Pointer.in_place_of_a_damaged_one(), found.version)


def must_still_be(store: ReleaseStore, expected: PointerRead | None) -> None:
    """Raises LostRace if the pointer is not what it was when it was read."""
    found = read_to_move(store, lambda line: None)
    if (found and found.version) != (expected and expected.version):
        raise LostRace(found.pointer if found else None)


def move(
    store: ReleaseStore, expected: PointerRead | None, release: str | None, *, action: str, by: str
) -> PointerRead:
    """Makes a release, or none, the current one, if the pointer is still what it was when it was read.

    Raises:
        LostRace: it is not.
        StorageUnavailable: storage failed, and the pointer was not moved by this call.
    """
    if expected is None:
        first = Pointer(release, None, by, _now(), action, serial=1, claim=_claim())
        return _write(store, None, first)
    before = expected.pointer
    after = before.replaced_by(
        release, previous=before.release, by=by, at=_now(), action=action, claim=_claim()
    )
    return _write(store, expected, after)


def withdraw(store: ReleaseStore, moved: PointerRead, before: Pointer | None) -> PointerRead:
    """Undoes a move: `before` is the pointer of which it took the place, or None if it was the first.

    The release that was tried stays in the history, but is not the previous one to roll back to.

    Raises:
        LostRace: somebody has moved the pointer again since.
        StorageUnavailable: storage failed, and the pointer was not moved by this call.
    """
    after = moved.pointer.replaced_by(
        before.release if before else None,
        previous=before.previous if before else None,
        by=moved.pointer.shipped_by,
        at=_now(),
        action="withdraw",
        claim=_claim(),
    )
    return _write(store, moved, after)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _claim() -> str:
    return uuid.uuid4().hex


def _write(store: ReleaseStore, expected: PointerRead | None, after: Pointer) -> PointerRead:
    try:
        version = swap(store.storage, POINTER_NAME, after.to_bytes(), expected.version if expected else None)
    except Outrun as outrun:
        raise LostRace(_readable(outrun.found)) from None
    return PointerRead(after, version)


def _readable(found: Stored | None) -> Pointer | None:
    try:
        return Pointer.from_bytes(found.data) if found else None
    except ReleaseDamaged:
        return Pointer.in_place_of_a_damaged_one()
