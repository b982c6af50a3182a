"""The kinds of trials: what is broken, and what must hold nevertheless."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.pointer import POINTER_NAME
from dags.bundle.sluice_bundle.storage import Storage
from dags.bundle.sluice_bundle.store import object_path
from environments.problems import Refusal
from releases.build import Release, archive
from tests.faults.proxy import Fault
from tests.faults.trial import Bench

KILLS = ("kill_before", "kill_during", "kill_after")
LOSSES = ("drop_request", "drop_answer", "cut_answer", "delay_answer", "hold_answer")
# From the request on, the line is dead.
DEAD = "dead_line"
READER = ("drop_answer", "cut_answer", "corrupt_answer", "delay_answer", DEAD)
DAMAGES = ("flipped", "cut", "emptied", "swapped", "deleted")
FOR_EVER = 10_000
STRIKE_SECONDS = 25


@dataclass(frozen=True)
class Kind:
    """A trial to be made: the row of the table that it counts in, and what to do."""

    row: str
    detail: str
    run: Callable[[Bench], str]
    """Returns how the ship under the fault ended."""
    fresh: bool = False
    """Whether it is the first ship into a store of its own, without a reader."""


def shipper(kind: str, number: int, *, fresh: bool = False) -> Kind:
    """A fault at the shipper's `number`th request."""

    def run(at: Bench) -> str:
        before, since = at.current(), at.polls
        root, new = at.next()
        fault = Fault("drop_request", number, FOR_EVER) if kind == DEAD else Fault(kind, number)
        said = at.ship_under(fault, root)
        at.expect(fault.struck, "the fault did not strike")
        now = at.current()
        at.expect(now in (before, new.id), "the pointer names neither the old nor the new release")
        at.expect("shipped" not in said or now == new.id, "said to be shipped, and is not current")
        at.expect(at.brought_by_a_new_reader() == now, "a new reader cannot have what is current")
        _next_ship(at, new, since, [before, new.id])
        return next(iter(said))

    row = f"{'first ship' if fresh else 'shipper'}: {kind}"
    return Kind(row, f"request {number}", run, fresh)


def reading(kind: str, path: str) -> Kind:
    """A fault at the reader's requests for an object, while a release is shipped."""

    def run(at: Bench) -> str:
        reader, before, since, (_, new) = at.watching(), at.current(), at.polls, at.next()
        times = 1 if kind == "delay_answer" else FOR_EVER
        fault = Fault("drop_request" if kind == DEAD else kind, 1, times, path=path)
        reader.proxy.arm(fault)
        at.ship(new)
        at.expect(_until(lambda: fault.struck > 0), "the fault did not strike")
        # One whole poll under the fault, at least.
        reader.wait_for(lambda poll: poll["complaint"] is not None or poll["release"] == new.id)
        reader.proxy.arm(None)
        _next_ship(at, new, since, [before, new.id])
        return "shipped"

    return Kind(f"reader: {kind}", path, run)


def full_disk(limit: int) -> Kind:
    """The reader's disk is full while a release is shipped."""

    def run(at: Bench) -> str:
        reader, before, since, (_, new) = at.watching(), at.current(), at.polls, at.next()
        with reader.full_disk(limit):
            at.ship(new)
            at.expect(
                reader.wait_for(lambda poll: "StorageUnavailable" in (poll["complaint"] or "")),
                "the full disk did not strike",
            )
            at.expect(reader.polls[-1]["release"] == before, "a release on a full disk is served")
        _next_ship(at, new, since, [before, new.id])
        return "shipped"

    return Kind("reader: full disk", f"{limit} bytes a file", run)


def cut_off(seconds: float) -> Kind:
    """The reader's network is cut while a release is shipped."""

    def run(at: Bench) -> str:
        reader, before, since, (_, new) = at.watching(), at.current(), at.polls, at.next()
        reader.proxy.cut = True
        at.ship(new)
        time.sleep(seconds)
        at.expect(
            all(poll["release"] == before for poll in reader.polls[since:]), "served through a cut line"
        )
        reader.proxy.cut = False
        _next_ship(at, new, since, [before, new.id])
        return "shipped"

    return Kind("reader: network cut", f"{seconds} s", run)


def damaged_before(damage: str, name: str) -> Kind:
    """An object of the release lies in the store with other bytes before it is shipped."""

    def run(at: Bench) -> str:
        before, since, (root, new) = at.current(), at.polls, at.next()
        other = _damaged(damage, name, _bytes_of(new, name))
        at.store.storage.create(object_path(new.id, name), other or b"")
        said = at.ship_under(None, root)
        at.expect("shipped" in said, f"not shipped: {said}")
        at.expect(at.brought_by_a_new_reader() == new.id, "a new reader cannot have what is current")
        _next_ship(at, new, since, [before, new.id])
        return next(iter(said))

    return Kind(f"object {damage} before the ship", name, run)


def damaged_after(damage: str, name: str) -> Kind:
    """An object of the current release is damaged in the store; shipped again after another, it is whole."""

    def run(at: Bench) -> str:
        before, since, (_, new) = at.current(), at.polls, at.next()
        at.ship(new)
        at.expect(at.watching().serves(new.id), "the reader does not come to serve the release")
        _damage(at.store.storage, object_path(new.id, name), damage)
        at.expect(at.brought_by_a_new_reader() in (None, new.id), "a new reader got something else")
        _, later = at.next()
        _next_ship(at, later, since, [before, new.id, later.id])
        since = at.polls
        _next_ship(at, new, since, [later.id, new.id])
        return "shipped"

    return Kind(f"object {damage} after the ship", name, run)


def damaged_control(damage: str, name: str) -> Kind:
    """The pointer or the lease is damaged; the reader serves on, and the next ship puts it right."""

    def run(at: Bench) -> str:
        reader, before, since, (_, new) = at.watching(), at.current(), at.polls, at.next()
        _damage(at.store.storage, name, damage)
        # A flipped bit may lie in the history, where it changes nothing that a reader asks.
        if name == POINTER_NAME and damage != "flipped":
            at.expect(reader.wait_for(lambda poll: poll["complaint"] is not None), "the damage is not seen")
        _next_ship(at, new, since, [before, new.id])
        return "shipped"

    return Kind(f"{name} {damage}", name, run)


def both(seed: int, requests: int) -> Kind:
    """A fault of the shipper and one of the reader at once, drawn by chance."""
    chance = random.Random(seed)
    kind, number = chance.choice([*KILLS, *LOSSES]), chance.randint(1, requests)
    reader_kind, nth = chance.choice(READER[:-1]), chance.randint(1, 12)

    def run(at: Bench) -> str:
        reader, before, since, (root, new) = at.watching(), at.current(), at.polls, at.next()
        reader.proxy.arm(Fault(reader_kind, nth, chance.choice([1, 3, 20])))
        said = at.ship_under(Fault(kind, number), root)
        at.expect(at.brought_by_a_new_reader() == at.current(), "a new reader cannot have what is current")
        reader.proxy.arm(None)
        _next_ship(at, new, since, [before, new.id])
        return next(iter(said))

    return Kind("both at once, by chance", f"seed {seed}: {kind} {number}, {reader_kind} {nth}", run)


def _next_ship(at: Bench, new: Release, since: int, allowed: list[str | None]) -> None:
    """Whoever ships next succeeds, the release is whole, and the reader comes to serve it."""
    try:
        at.ship(new)
    except (ReleaseError, Refusal) as error:
        at.expect(False, f"the next ship failed: {error}")
    at.expect(at.current() == new.id, "the next ship's release is not current")
    at.expect(at.brought_by_a_new_reader() == new.id, "the next ship's release is not whole")
    if at.reader:
        at.expect(at.reader.serves(new.id), "the reader does not come to serve the next ship's release")
    at.watched(since, allowed)


def _bytes_of(release: Release, name: str) -> bytes:
    return release.objects.get(name) or release.manifest.to_bytes()


def _damaged(damage: str, name: str, data: bytes) -> bytes | None:
    """Other bytes in place of these; `swapped` are as readable as they were, checksums inside included."""
    middle = len(data) // 2
    match damage:
        case "swapped" if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archived:
                return archive({path: archived.read(path) + b"\n# other\n" for path in archived.namelist()})
        case "swapped":
            return data + b"\n"
        case "flipped":
            return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        case "cut":
            return data[:middle]
        case "emptied":
            return b""
        case _:
            return None


def _damage(storage: Storage, path: str, damage: str) -> None:
    found = storage.get(path)
    assert found
    data = _damaged(damage, path, found.data)
    if data is None:
        storage.delete(path)
    else:
        storage.replace(path, data, found.version)


def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + STRIKE_SECONDS
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()
