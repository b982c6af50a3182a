"""What releases ask of object storage, on a plain folder and on a real server of each cloud's API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.errors import AlreadyThere, StorageUnavailable, Superseded
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore, object_path
from dags.bundle.sluice_bundle.sync import bring_current
from releases.build import build
from releases.lease import LEASE_NAME
from releases.retention import retire
from releases.rollback import rollback_in
from releases.ship import ship_built
from tests.object_servers import SERVERS
from tests.toy_release import checkout, quiet


@pytest.fixture(scope="module", params=["folder", *SERVERS])
def new_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Iterator[str]]:
    """URIs of new, empty stores; the SDKs' default chains lead to them."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "folder":
        yield ((folder / f"store {number}").as_uri() for number in range(100))
        return
    patch = pytest.MonkeyPatch()
    with SERVERS[request.param](folder) as server:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        try:
            yield iter(server.bucket, None)
        finally:
            patch.undo()


@pytest.fixture
def storage(new_store: Iterator[str]) -> ObjectStorage:
    return ObjectStorage(next(new_store))


def test_only_the_first_create_of_an_object_succeeds(storage: ObjectStorage) -> None:
    assert storage.get("a/b c.txt") is None
    version = storage.create("a/b c.txt", b"one")
    with pytest.raises(AlreadyThere):
        storage.create("a/b c.txt", b"two")
    found = storage.get("a/b c.txt")
    assert found and (found.data, found.version) == (b"one", version)


def test_a_replace_needs_the_version_that_is_there(storage: ObjectStorage) -> None:
    first = storage.create("pointer", b"one")
    second = storage.replace("pointer", b"two", first)
    with pytest.raises(Superseded):
        storage.replace("pointer", b"three", first)
    found = storage.get("pointer")
    assert found and (found.data, found.version) == (b"two", second)
    storage.delete("pointer")
    with pytest.raises(Superseded):
        storage.replace("pointer", b"three", second)
    assert storage.get("pointer") is None


def test_of_eight_writers_of_one_version_exactly_one_wins(storage: ObjectStorage) -> None:
    version = storage.create("pointer", b"")
    with ThreadPoolExecutor(8) as pool:
        for turn in range(5):
            barrier = threading.Barrier(8)

            def contend(number: int, version=version, barrier=barrier, turn: int = turn) -> object:
                mine = ObjectStorage(storage.uri)
                barrier.wait()
                try:
                    return mine.replace("pointer", f"{turn} {number}".encode(), version)
                except Superseded:
                    return None

            answers = list(pool.map(contend, range(8)))
            (winner,) = [number for number, answer in enumerate(answers) if answer]
            found = storage.get("pointer")
            assert found and found.data == f"{turn} {winner}".encode()
            version = found.version


def test_listing_deleting_and_the_servers_clock(storage: ObjectStorage) -> None:
    for path in ("b/2", "b/1", "bc/3", "c"):
        storage.create(path, path.encode())
    assert [(entry.path, entry.size) for entry in storage.list("b")] == [("b/1", 3), ("b/2", 3)]
    near = timedelta(seconds=5)
    assert all(abs(entry.modified - datetime.now(UTC)) < near for entry in storage.list("b"))
    assert abs(storage.server_time() - datetime.now(UTC)) < near
    assert abs(storage.server_time() - datetime.now(UTC)) < near, "also when the clock's object is there"
    storage.delete("b/1")
    storage.delete("b/1")
    assert [entry.path for entry in storage.list("b")] == ["b/2"]


def test_a_release_is_shipped_verified_taken_back_and_cleared_out(
    storage: ObjectStorage, tmp_path: Path
) -> None:
    one, two, three = (build(checkout(tmp_path / text, greeting=text)) for text in ("one", "two", "three"))
    store, cache = ReleaseStore(storage), tmp_path / "cache"
    for release in (one, two, three):
        assert ship_built(release, storage, None, quiet, by="ann").moved
        assert bring_current(store, cache, None).release == release.id
    before = storage.requests
    assert not ship_built(three, storage, None, quiet).moved
    assert storage.requests - before <= 2
    assert rollback_in(storage).release == two.id
    assert bring_current(store, cache, three.id).release == two.id
    assert retire(store, keep=1, grace=timedelta(0)) == [one.id]
    assert store.list_releases() == sorted([two.id, three.id])
    assert storage.get(LEASE_NAME), "the lease was used"


def test_what_was_damaged_in_the_store_is_mended_by_the_next_ship_of_that_release(
    storage: ObjectStorage, tmp_path: Path
) -> None:
    old, new = (build(checkout(tmp_path / text, greeting=text)) for text in ("old", "new"))
    store = ReleaseStore(storage)
    ship_built(new, storage, None, quiet)
    for name in ("dags.zip", "manifest.json"):
        path = object_path(new.id, name)
        found = storage.get(path)
        assert found
        storage.replace(path, found.data[:-1], found.version)
    ship_built(old, storage, None, quiet)
    told: list[str] = []
    assert ship_built(new, storage, None, told.append).uploaded_objects == 2
    assert sum("writing it anew" in line for line in told) == 2
    assert bring_current(store, tmp_path / "cache", None).release == new.id


def test_a_bucket_that_is_not_there_is_said_in_a_line_and_a_folder_is_made(new_store: Iterator[str]) -> None:
    scheme = next(new_store).split("://")[0]
    if scheme == "file":
        assert ObjectStorage(f"{next(new_store)}/deeper").create("a", b"")
        return
    with pytest.raises(StorageUnavailable) as caught:
        ObjectStorage(f"{scheme}://nowhere-at-all").create("a", b"")
    assert "\n\n" not in str(caught.value)
