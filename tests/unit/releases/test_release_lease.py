"""The lease: who waits, who does not, and what a shipper may do that has lost it. Times are the store's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.errors import StorageUnavailable
from dags.bundle.sluice_bundle.storage import ObjectStorage
from releases.build import Release, build
from releases.current import LostRace
from releases.lease import LEASE_NAME, Lease, LeaseHeld, LeaseLost
from releases.ship import ship_built
from tests.toy_release import Tripwire, checkout, quiet

TERM = timedelta(seconds=0.4)


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage((tmp_path / "store").as_uri())


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Release]:
    return lambda greeting: build(checkout(tmp_path / greeting, greeting=greeting))


def test_a_living_shippers_lease_refuses_others_with_its_name(
    storage: ObjectStorage, make: Callable[[str], Release]
) -> None:
    with (
        Lease(storage, "ann", "ship one", term=TERM),
        pytest.raises(LeaseHeld, match=r"ann is at work there \(ship one"),
    ):
        ship_built(make("one"), storage, None, quiet, by="bob")
    assert ship_built(make("one"), storage, None, quiet, by="bob").moved, "it was given back"


def test_a_dead_shippers_lease_is_waited_for_and_it_cannot_give_back_what_is_not_its_own_any_more(
    storage: ObjectStorage, make: Callable[[str], Release]
) -> None:
    dead = Lease(storage, "ann", "ship one", term=TERM)
    dead.__enter__()
    dead._end.set()
    told: list[str] = []
    assert ship_built(make("one"), storage, None, told.append, by="bob").moved
    assert any("ann is at work" in line and "if it has died" in line for line in told)
    with pytest.raises(LeaseLost, match="could not be renewed"):
        dead.must_hold()
    with Lease(storage, "cy", "ship two", term=TERM):
        dead.__exit__(None, None, None)
        found = storage.get(LEASE_NAME)
        assert found and b'"owner": "cy"' in found.data and b'"held": true' in found.data


def test_who_is_cut_off_until_somebody_takes_over_is_told_who_before_the_pointer_moves(
    storage: ObjectStorage, make: Callable[[str], Release]
) -> None:
    cut = False

    def trip(number: int, moment: str, operation: str) -> None:
        if cut:
            raise StorageUnavailable("the line is dead")

    lease = Lease(Tripwire(storage, trip), "ann", "ship one", term=TERM)
    with lease:
        lease.must_hold()
        cut = True
        with Lease(storage, "bob", "ship two", term=timedelta(seconds=5)):
            cut = False
            lease._renewing.join(5)
            with pytest.raises(LeaseLost, match="taken over by bob"):
                lease.must_hold()


def test_who_waited_while_another_shipped_is_told_that_it_won(
    storage: ObjectStorage, make: Callable[[str], Release]
) -> None:
    one, two, done = make("one"), make("two"), False

    def trip(number: int, moment: str, operation: str) -> None:
        nonlocal done
        if not done and (number, moment) == (1, "after"):
            done = True
            assert ship_built(one, storage, None, quiet, by="ann").moved
            Lease(storage, "ann", "ship one", term=TERM).__enter__()._end.set()

    with pytest.raises(LostRace, match="ann moved the pointer to release"):
        ship_built(two, Tripwire(storage, trip), None, quiet, by="bob")
    assert storage.list(f"releases/{two.id}") == [], "nothing was uploaded in vain"


def test_a_lease_or_pointer_that_cannot_be_read_stops_nobody(
    storage: ObjectStorage, make: Callable[[str], Release]
) -> None:
    ship_built(make("one"), storage, None, quiet)
    for name in (LEASE_NAME, "CURRENT"):
        found = storage.get(name)
        assert found
        storage.replace(name, found.data[: len(found.data) // 2], found.version)
    told: list[str] = []
    assert ship_built(make("two"), storage, None, told.append).moved
    assert any("CURRENT is not a pointer" in line and "its history is lost" in line for line in told)
    assert not ship_built(make("two"), storage, None, quiet).moved
