"""Moves the pointer by compare-and-swap, and says who was faster when that fails."""

from __future__ import annotations

import contextlib
import getpass
import socket
import uuid
from datetime import UTC, datetime

from dags.bundle.sluice_bundle.errors import AlreadyThere, ReleaseError, StorageUnavailable, Superseded
from dags.bundle.sluice_bundle.pointer import POINTER_NAME, Pointer
from dags.bundle.sluice_bundle.store import PointerRead, ReleaseStore


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


def move(
    store: ReleaseStore, expected: PointerRead | None, release: str, *, action: str, by: str
) -> PointerRead:
    """Makes a release the current one, if the pointer is still what it was when it was read.

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
        if expected is None:
            version = store.storage.create(POINTER_NAME, after.to_bytes())
        else:
            version = store.storage.replace(POINTER_NAME, after.to_bytes(), expected.version)
    except (Superseded, AlreadyThere, StorageUnavailable) as error:
        return _settle(store, after, error)
    return PointerRead(after, version)


def _settle(store: ReleaseStore, meant: Pointer, error: ReleaseError) -> PointerRead:
    """The write was refused or its answer was lost: what the pointer says now decides."""
    found = None
    with contextlib.suppress(StorageUnavailable):
        found = store.read_pointer()
        if not found and not isinstance(error, StorageUnavailable):
            raise LostRace(None) from None
    if found and found.pointer.claim == meant.claim:
        return found
    if found and not isinstance(error, StorageUnavailable):
        raise LostRace(found.pointer) from None
    raise error
