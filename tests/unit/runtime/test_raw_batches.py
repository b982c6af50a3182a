"""Raw batches, zones, names and releases, over a folder (object stores: tests/integration/runtime)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dags.pipelines.sales_curation.interval import of_run
from dags.runtime import batches, release
from dags.runtime.batches import Batch, Fingerprint, Interval
from dags.runtime.names import slug
from dags.runtime.problems import StoredObjectDamaged, Unrecoverable
from dags.runtime.storage import StoredObject, Zone, copy_verified, open_zone

pytestmark = pytest.mark.runtime

INTERVAL = Interval(start=date(2025, 2, 3), end=date(2025, 2, 4))


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return open_zone(f"file://{tmp_path / 'raw'}")


def store(zone: Zone, body: bytes, content: str, run_id: str = "r") -> Batch:
    bodies = [("d", "source=s/dataset=d/date=2025-02-03/batch={batch}/page-00001.json", body, 1)]
    return batches.store(
        zone, source="s", interval=INTERVAL, content=content, bodies=bodies, run_id=run_id, release="x"
    )


def test_a_batch_is_found_by_its_records_and_only_for_its_interval(zone: Zone) -> None:
    batch = store(zone, b"1", "c1")
    assert batches.find(zone, "s", INTERVAL, "c1") == batch
    assert batches.find(zone, "s", INTERVAL, "c2") is None
    longer = Interval(start=INTERVAL.start, end=INTERVAL.end + timedelta(days=1))
    assert batches.find(zone, "s", longer, "c1") is None


def test_newer_content_becomes_a_second_batch_beside_the_first(zone: Zone) -> None:
    first, second = store(zone, b"1", "c1"), store(zone, b"2", "c2")
    assert first.id != second.id
    assert batches.find(zone, "s", INTERVAL, "c1") == first
    assert batches.find(zone, "s", INTERVAL, "c2") == second


def test_two_runs_that_store_the_same_bytes_share_the_first_ones_manifest(zone: Zone) -> None:
    first = store(zone, b"1", "c1", "first")
    assert store(zone, b"1", "c1", "second") == first
    assert len(zone.keys("source=s/batches")) == 1


def test_the_fingerprint_ignores_order_paging_and_repetition_but_no_value() -> None:
    def of(*rows: object) -> str:
        fingerprint = Fingerprint()
        for row in rows:
            fingerprint.add("d", row)
        return fingerprint.hexdigest()

    a, b = {"id": 1, "x": "é"}, {"id": 2}
    assert of(a, b) == of(b, {"x": "é", "id": 1}, a)
    assert len({of(a), of(a, b), of(a, {"id": "2"}), of()}) == 4


def test_an_immutable_object_is_never_replaced(zone: Zone) -> None:
    zone.create_or_verify("k", b"first")
    with pytest.raises(StoredObjectDamaged, match="raw/k"):
        zone.create_or_verify("k", b"second")
    assert zone.get("k") == b"first"


def test_a_copy_is_verified_on_both_sides(zone: Zone, tmp_path: Path) -> None:
    other = open_zone(f"file://{tmp_path / 'other'}")
    one = zone.create_or_verify("a/b", b"x")
    assert copy_verified(zone, other, [one]) == 1
    assert copy_verified(zone, other, [one]) == 0
    other.put("a/b", b"y")
    with pytest.raises(StoredObjectDamaged, match="other/a/b"):
        copy_verified(zone, other, [one])
    with pytest.raises(StoredObjectDamaged, match="gone"):
        zone.read_verified(StoredObject("nothing", one.sha256, 1))


def test_run_ids_become_object_names_that_stay_different() -> None:
    assert slug("plain-1.2_x") == "plain-1.2_x"
    first, second = slug("manual__2025-02-03T00:00:00+00:00"), slug("manual__2025-02-03T00-00-00-00-00")
    assert first != second
    assert not set(first) & set(":+/")


def test_a_release_is_named_by_its_manifest_and_a_checkout_is_the_workspace(tmp_path: Path) -> None:
    assert release.at(tmp_path).id == "workspace"
    (tmp_path / "manifest.json").write_bytes(b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    assert release.at(tmp_path).tag == f"release:{digest}"
    assert len(release.at(tmp_path).tag) <= 100  # Airflow's limit


def test_a_run_is_about_whole_days() -> None:
    start, end = datetime(2025, 2, 3, tzinfo=UTC), datetime(2025, 2, 4, tzinfo=UTC)
    assert of_run(start, end) == INTERVAL
    for bad in ((None, None), (start, start), (end, start), (start, end - timedelta(hours=1))):
        with pytest.raises(Unrecoverable, match="data interval"):
            of_run(*bad)
