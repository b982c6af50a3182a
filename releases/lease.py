"""The lease: one shipper at a time in a store, and the others are told who.

It saves work and confusion, and is not what keeps releases whole: the pointer moves by compare-and-swap
whatever the lease says. So a roll-back, which must not wait, takes none.

A lease whose holder lives is renewed, and whoever wants it is refused at once when that is seen. One that is
not renewed is waited for: its holder has died, and it ends by itself. Only the server's clock says when:
those of two shippers may differ by any amount.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, ReleaseError
from dags.bundle.sluice_bundle.storage import Storage, Stored, Version
from releases.swap import Outrun, swap

LEASE_NAME = "LEASE"
# A dead shipper's lease is waited for this long; a living one's is renewed four times in it.
TERM = timedelta(seconds=15)
RENEWALS = 4
# Servers tell modification times in whole seconds, rounded either way.
_ROUNDING = timedelta(seconds=2)
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Holder:
    """Who holds the lease, for how long after its last renewal, and what for."""

    owner: str
    doing: str
    since: str
    seconds: float
    claim: str
    """Drawn anew for every write."""
    held: bool = True

    def to_bytes(self) -> bytes:
        """As JSON, readable by a person."""
        return json.dumps(asdict(self), sort_keys=True, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Holder:
        """Reads it; unknown keys are ignored.

        Raises:
            ReleaseDamaged: it is none.
        """
        try:
            document = json.loads(data)
            return cls(
                owner=str(document["owner"]),
                doing=str(document["doing"]),
                since=str(document["since"]),
                seconds=float(document["seconds"]),
                claim=str(document["claim"]),
                held=document["held"] is True,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseDamaged(f"{LEASE_NAME} is not a lease: {error!r}") from None


class LeaseHeld(ReleaseError):
    """Somebody else is at work in the store."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder
        super().__init__(f"{holder.owner} is at work there ({holder.doing}, since {holder.since})")


class LeaseLost(ReleaseError):
    """The lease ended before the work did: it could not be renewed, or somebody took it over."""


class Lease:
    """Held inside a `with` block, renewed by a thread of its own, and given back at the end.

    `waited` says whether somebody else had it when it was asked for.
    """

    def __init__(
        self,
        storage: Storage,
        owner: str,
        doing: str,
        *,
        term: timedelta = TERM,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.waited = False
        self._progress = progress
        self._storage = storage
        self._owner = owner
        self._doing = doing
        self._term = term
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._version: Version | None = None
        self._held_until = 0.0
        self._taken_by: str | None = None
        self._end = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        """Takes the lease, after waiting for the end of one that is not renewed.

        Raises:
            LeaseHeld: somebody else has it and is alive.
            StorageUnavailable: storage failed.
        """
        found = self._storage.get(LEASE_NAME)
        if found and (holder := _holder_in(found)):
            self.waited = True
            found = self._wait_for(found, holder)
        try:
            self._write(found.version if found else None)
        except Outrun as outrun:
            raise LeaseHeld(_holder_in(outrun.found) or _NOBODY) from None
        self._renewing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives it back; if that fails, it ends by itself."""
        self._end.set()
        self._renewing.join()
        if self._version is not None and self._taken_by is None:
            # Not deleted: a delete knows no condition, and might delete the lease of whoever took it over.
            released = self._holder(held=False).to_bytes()
            try:
                self._storage.replace(LEASE_NAME, released, self._version)
            except ReleaseError:
                return

    def must_hold(self) -> None:
        """To be asked before what must not be done without the lease.

        Raises:
            LeaseLost: it is not held any more.
        """
        if self._taken_by is not None:
            raise LeaseLost(f"the lease was taken over by {self._taken_by}")
        if time.monotonic() > self._held_until:
            raise LeaseLost("the lease could not be renewed in time")

    def _wait_for(self, first: Stored, holder: Holder) -> Stored | None:
        """What is there once the lease that was found is over."""
        age = (self._storage.server_time() - first.modified).total_seconds()
        left = holder.seconds + _ROUNDING.total_seconds() - age
        over = time.monotonic() + left
        if left > 0:
            self._progress(f"{LeaseHeld(holder)}; if it has died, its lease ends in {left:.0f} s")
        while (now := time.monotonic()) < over:
            time.sleep(min(_LOOK_SECONDS, over - now))
            found = self._storage.get(LEASE_NAME)
            if found is None or (current := _holder_in(found)) is None:
                return found
            if found.version != first.version:
                raise LeaseHeld(current)
        return first

    def _renew(self) -> None:
        while not self._end.wait(self._term.total_seconds() / RENEWALS):
            try:
                self._write(self._version)
            except Outrun as outrun:
                self._taken_by = (_holder_in(outrun.found) or _NOBODY).owner
                return
            except ReleaseError:
                # Until the term is over the next attempt may succeed.
                continue

    def _write(self, expected: Version | None) -> None:
        since = time.monotonic()
        self._version = swap(self._storage, LEASE_NAME, self._holder().to_bytes(), expected)
        self._held_until = since + self._term.total_seconds()

    def _holder(self, *, held: bool = True) -> Holder:
        seconds = self._term.total_seconds()
        return Holder(self._owner, self._doing, self._since, seconds, uuid.uuid4().hex, held)


_NOBODY = Holder("somebody who left no name", "unknown", "unknown", 0, "", held=False)


def _holder_in(found: Stored | None) -> Holder | None:
    """Who holds the lease. What cannot be read is held by nobody: nothing whole depends on it."""
    try:
        holder = Holder.from_bytes(found.data) if found else _NOBODY
    except ReleaseDamaged:
        return None
    return holder if holder.held else None
