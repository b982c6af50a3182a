"""What retention keeps and deletes; shipping to a plain folder."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore, object_path
from releases.build import build
from releases.current import LostRace, move
from releases.retention import retire
from releases.rollback import rollback_in
from releases.ship import ship_built
from tests.toy_release import checkout, quiet


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(ObjectStorage((tmp_path / "a store").as_uri()))


def ship_some(store: ReleaseStore, tmp_path: Path, number: int) -> list[str]:
    shipped = []
    for turn in range(number):
        release = build(checkout(tmp_path / f"c{turn}", greeting=f"g{turn}"))
        shipped.append(ship_built(release, store.storage, None, quiet).release)
    return shipped


def test_the_current_the_last_ones_and_those_in_use_stay(store: ReleaseStore, tmp_path: Path) -> None:
    shipped = ship_some(store, tmp_path, 6)
    assert sorted(store.list_releases()) == sorted(shipped)
    half = object_path("f" * 64, "dags.zip")
    store.storage.create(half, b"of a shipper that died")
    gone = retire(store, keep=2, in_use=[shipped[0]], grace=timedelta(0))
    assert set(gone) == {shipped[1], shipped[2], "f" * 64}
    assert set(store.list_releases()) == {shipped[0], *shipped[3:]}
    assert store.storage.get(half) is None
    assert store.storage.list(f"releases/{shipped[1]}") == []
    assert rollback_in(store.storage).release == shipped[4]


def test_a_rollback_does_not_shorten_what_is_kept(store: ReleaseStore, tmp_path: Path) -> None:
    shipped = ship_some(store, tmp_path, 4)
    rollback_in(store.storage, to=shipped[0])
    retire(store, keep=1, grace=timedelta(0))
    assert set(store.list_releases()) == {shipped[0], shipped[3]}


def test_what_was_uploaded_just_now_stays_and_an_empty_store_is_fine(
    store: ReleaseStore, tmp_path: Path
) -> None:
    assert retire(store, keep=0) == []
    assert store.list_releases() == []
    ship_some(store, tmp_path, 3)
    assert retire(store, keep=0) == []


def test_a_folder_has_one_winner_too(store: ReleaseStore, tmp_path: Path) -> None:
    shipped = ship_some(store, tmp_path, 1)
    uri = (tmp_path / "a store").as_uri()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            barrier = threading.Barrier(8)

            def contend(number: int, barrier: threading.Barrier = barrier) -> bool:
                mine = ReleaseStore(ObjectStorage(uri))
                found = mine.read_pointer()
                barrier.wait()
                try:
                    move(mine, found, shipped[0], action="ship", by=str(number))
                except LostRace:
                    return False
                return True

            assert sum(pool.map(contend, range(8))) == 1
