"""Shipping on a real S3 server: races, deaths at every operation, lost answers, damage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, StorageUnavailable
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore, object_path
from dags.bundle.sluice_bundle.sync import bring
from environments.problems import Exit, Refusal
from releases.build import Release, build
from releases.current import LostRace, move
from releases.rollback import rollback, rollback_in
from releases.ship import ship_built, ship_release
from tests.toy_release import Tripwire, checkout, quiet


class Killed(BaseException):
    """The shipper's end; nothing in the program catches it."""


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Release]:
    return lambda greeting: build(checkout(tmp_path / greeting, greeting=greeting))


def served_whole(uri: str) -> str | None:
    """What a reader with an empty cache gets now; it fails unless that is a whole, verified release."""
    store = ReleaseStore(ObjectStorage(uri))
    found = store.read_pointer()
    if found is None or found.pointer.release is None:
        return None
    with TemporaryDirectory() as cache:
        bring(store, found.pointer.release, Path(cache))
    return found.pointer.release


def test_first_ship_next_ship_nothing_to_ship_and_rollback(bucket: str, tmp_path: Path) -> None:
    one = ship_release(checkout(tmp_path / "1"), bucket, None, quiet, by="ann")
    assert one.moved and one.previous is None and served_whole(bucket) == one.release
    two = ship_release(checkout(tmp_path / "2", greeting="two"), bucket, None, quiet, by="bob")
    assert two.moved and two.previous == one.release and served_whole(bucket) == two.release
    back = rollback(bucket, by="ann")
    assert (back.release, back.moved) == (one.release, True) and served_whole(bucket) == one.release
    again = ship_release(tmp_path / "2", bucket, None, quiet)
    assert again.moved and again.uploaded_objects == 0, "a release that is there is not uploaded again"
    found = ReleaseStore(ObjectStorage(bucket)).read_pointer()
    assert found and [m.action for m in found.pointer.history] == ["rollback", "ship", "ship"]
    assert found.pointer.serial == 4


def test_nothing_to_ship_costs_at_most_two_requests(bucket: str, make: Callable[[str], Release]) -> None:
    ship_built(make("a"), ObjectStorage(bucket), None, quiet)
    storage = ObjectStorage(bucket)
    assert not ship_built(make("a"), storage, None, quiet).moved
    assert storage.requests <= 2


def test_of_eight_shippers_at_once_exactly_one_wins_and_the_others_are_told_who(
    bucket: str, make: Callable[[str], Release]
) -> None:
    releases = [make(f"g{number}") for number in range(8)]
    for release in releases:
        ship_built(release, ObjectStorage(bucket), None, quiet)
    with ThreadPoolExecutor(8) as pool:
        for turn in range(25):
            barrier = threading.Barrier(8)

            def contend(number: int, barrier: threading.Barrier = barrier) -> str | None:
                store = ReleaseStore(ObjectStorage(bucket))
                found = store.read_pointer()
                barrier.wait()
                try:
                    move(store, found, releases[number].id, action="ship", by=f"shipper {number}")
                except LostRace as lost:
                    assert lost.winner
                    return lost.winner.shipped_by
                return None

            answers = list(pool.map(contend, range(8)))
            winners = [number for number, answer in enumerate(answers) if answer is None]
            assert len(winners) == 1, f"turn {turn}: {answers}"
            assert set(answers) == {None, f"shipper {winners[0]}"}
            assert served_whole(bucket) == releases[winners[0]].id


def test_of_eight_first_ships_at_once_one_wins(bucket: str, make: Callable[[str], Release]) -> None:
    releases = [make(f"g{number}") for number in range(8)]
    barrier = threading.Barrier(8)

    def contend(release: Release) -> bool:
        storage = Tripwire(ObjectStorage(bucket), lambda n, when, what: wait(n, when))

        def wait(number: int, when: str) -> None:
            if (number, when) == (1, "after"):
                barrier.wait()

        try:
            return ship_built(release, storage, None, quiet).moved
        except LostRace:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(contend, releases)) == 1


def count_operations(uri: str, release: Release) -> int:
    storage = Tripwire(ObjectStorage(uri), lambda *_: None)
    ship_built(release, storage, None, quiet)
    return storage.operations


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_shipper_killed_at_any_operation_is_never_seen_and_the_next_ship_succeeds(
    s3_root: Path, make: Callable[[str], Release], when: str
) -> None:
    old, new = make("old"), make("new")
    (s3_root / f"count-{when}").mkdir()
    ship_built(old, ObjectStorage(f"s3://count-{when}"), None, quiet)
    operations = count_operations(f"s3://count-{when}", new)
    assert operations > 10
    for fatal in range(1, operations + 1):
        uri = f"s3://kill-{when}-{fatal}"
        (s3_root / uri.removeprefix("s3://")).mkdir()
        ship_built(old, ObjectStorage(uri), None, quiet)
        seen: list[str | None] = []

        def trip(number: int, moment: str, what: str, fatal: int = fatal, uri: str = uri, seen=seen) -> None:
            if number > fatal or (number == fatal and moment == when):
                raise Killed
            if moment == "after" and what in ("create", "replace"):
                seen.append(served_whole(uri))

        with pytest.raises(Killed):
            ship_built(new, Tripwire(ObjectStorage(uri), trip), None, quiet)
        seen.append(served_whole(uri))
        assert set(seen) <= {old.id, new.id}
        assert seen == sorted(seen, key=[old.id, new.id].index), "never back to the old one"
        ship_built(new, ObjectStorage(uri), None, quiet)
        assert served_whole(uri) == new.id
        rollback_in(ObjectStorage(uri), to=old.id)
        assert served_whole(uri) == old.id


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_one_lost_request_or_answer_at_any_operation_ends_shipped_or_refused_with_the_pointer_to_match(
    s3_root: Path, make: Callable[[str], Release], when: str
) -> None:
    old, new = make("old"), make("new")
    (s3_root / f"count-lost-{when}").mkdir()
    ship_built(old, ObjectStorage(f"s3://count-lost-{when}"), None, quiet)
    for lost in range(1, count_operations(f"s3://count-lost-{when}", new) + 1):
        uri = f"s3://lost-{when}-{lost}"
        (s3_root / uri.removeprefix("s3://")).mkdir()
        ship_built(old, ObjectStorage(uri), None, quiet)

        def trip(number: int, moment: str, _: str, lost: int = lost) -> None:
            if number == lost and moment == when:
                raise StorageUnavailable("the line is dead")

        try:
            ship_built(new, Tripwire(ObjectStorage(uri), trip), None, quiet)
        except StorageUnavailable:
            assert served_whole(uri) == old.id
        else:
            assert served_whole(uri) == new.id
        ship_built(new, ObjectStorage(uri), None, quiet)
        assert served_whole(uri) == new.id


def test_other_bytes_under_a_releases_name_are_refused_and_the_pointer_stays(
    bucket: str, make: Callable[[str], Release], tmp_path: Path
) -> None:
    old, new = make("old"), make("new")
    storage = ObjectStorage(bucket)
    ship_built(old, storage, None, quiet)
    storage.create(object_path(new.id, "dags.zip"), b"something else")
    with pytest.raises(Refusal, match=r"dags\.zip") as caught:
        ship_release(tmp_path / "new", bucket, None, quiet)
    assert caught.value.exit_code == Exit.CHECK_SAID_NO
    assert served_whole(bucket) == old.id


def test_a_damaged_release_is_not_rolled_back_to(bucket: str, make: Callable[[str], Release]) -> None:
    old, new = make("old"), make("new")
    storage = ObjectStorage(bucket)
    for release in (old, new):
        ship_built(release, storage, None, quiet)
    storage.delete(object_path(old.id, "spark.zip"))
    storage.create(object_path(old.id, "spark.zip"), b"garbage")
    with pytest.raises(ReleaseDamaged):
        rollback_in(storage)
    with pytest.raises(Refusal, match="not a release id"):
        rollback(bucket, to="yesterday")
    with pytest.raises(Refusal, match="not in the store"):
        rollback(bucket, to="0" * 64)
    assert served_whole(bucket) == new.id


def test_a_server_that_is_away_is_a_refusal_that_says_what_to_do(
    s3_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Refusal) as caught:
        ship_release(checkout(tmp_path / "c"), "s3://nowhere-at-all", None, quiet)
    assert caught.value.exit_code == Exit.UNAVAILABLE
    assert "Debug source" not in str(caught.value)
