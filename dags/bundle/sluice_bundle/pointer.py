"""The pointer: which release is the current one, and how it came to be so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from .errors import ReleaseDamaged
from .manifest import is_release_id

POINTER_NAME = "CURRENT"
HISTORY_LENGTH = 50
DAMAGED = "damaged"


@dataclass(frozen=True)
class Move:
    """One earlier write of the pointer."""

    release: str | None
    shipped_by: str
    shipped_at: str
    action: str


@dataclass(frozen=True)
class Pointer:
    """The content of the object `CURRENT`.

    `release` is None after the very first ship was withdrawn: nothing is to be served then. `claim` is
    drawn anew for every write, so that a writer whose answer got lost can see whether it won. The
    history (newest first) is inside, so that moving and recording are one atomic write.
    """

    release: str | None
    previous: str | None
    shipped_by: str
    shipped_at: str
    action: str = "ship"
    serial: int = 0
    claim: str = ""
    history: tuple[Move, ...] = ()

    def to_bytes(self) -> bytes:
        """As JSON, readable by a person."""
        return json.dumps(asdict(self), sort_keys=True, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Pointer:
        """Reads a pointer; unknown keys are ignored.

        Raises:
            ReleaseDamaged: it is not one.
        """
        try:
            document = json.loads(data)
            return cls(
                release=_release(document["release"]),
                previous=_release(document["previous"]),
                shipped_by=str(document["shipped_by"]),
                shipped_at=str(document["shipped_at"]),
                action=str(document.get("action", "ship")),
                serial=int(document.get("serial", 0)),
                claim=str(document.get("claim", "")),
                history=tuple(_move(move) for move in document.get("history", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReleaseDamaged(f"{POINTER_NAME} is not a pointer: {error!r}") from None

    @classmethod
    def in_place_of_a_damaged_one(cls) -> Pointer:
        """What is known where the pointer cannot be read: nothing, but that it was there."""
        return cls(None, None, shipped_by="somebody", shipped_at="an unknown time", action=DAMAGED)

    @property
    def damaged(self) -> bool:
        """Whether this stands for a pointer that could not be read."""
        return self.action == DAMAGED

    def as_move(self) -> Move:
        """This pointer as an entry of a later one's history."""
        return Move(self.release, self.shipped_by, self.shipped_at, self.action)

    def replaced_by(
        self, release: str | None, *, previous: str | None, by: str, at: str, action: str, claim: str
    ) -> Pointer:
        """The pointer that follows this one."""
        return Pointer(
            release=release,
            previous=previous,
            shipped_by=by,
            shipped_at=at,
            action=action,
            serial=self.serial + 1,
            claim=claim,
            history=(self.as_move(), *self.history)[:HISTORY_LENGTH],
        )


def _release(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and is_release_id(value)):
        return value
    raise ValueError(f"{value!r} is not a release id")


def _move(value: Any) -> Move:
    return Move(
        _release(value["release"]), str(value["shipped_by"]), str(value["shipped_at"]), str(value["action"])
    )
