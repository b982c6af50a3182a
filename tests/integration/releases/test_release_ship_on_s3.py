"""Shipping on a real S3 server: turns, races, damage; `tests/faults` breaks what passes on the wire."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import pytest

from dags.bundle.sluice_bundle.errors import ReleaseDamaged
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore, object_path
from dags.bundle.sluice_bundle.sync import bring
from environments.problems import Exit, Refusal
from releases.build import Release, build
from releases.requirements_lane import PLUGINS, REQUIREMENTS, send
from releases.rollback import rollback, rollback_in
from releases.ship import ship_built, ship_release
from tests.contender import contend, meet_at
from tests.object_servers import S3
from tests.toy_release import checkout, quiet


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


def test_of_eight_processes_that_ship_at_once_one_wins_each_round_and_the_others_are_told_who(
    bucket: str, tmp_path: Path
) -> None:
    # Spawned, not forked: obstore does not survive a fork.
    context = multiprocessing.get_context("spawn")
    names = [f"shipper-{number}" for number in range(8)]
    with context.Pool(8, meet_at, (context.Barrier(8),)) as pool:
        for turn in range(6):
            jobs = [(bucket, str(tmp_path / f"{turn}-{name}"), f"{name}-of-round-{turn}") for name in names]
            answers = pool.map(contend, jobs, chunksize=1)
            winners = [(name, release) for name, release, told in answers if told is None]
            assert len(winners) == 1, f"round {turn}: {answers}"
            ((winner, release),) = winners
            assert served_whole(bucket) == release
            assert all(told is None or winner in told for _, _, told in answers), answers


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


def test_requirements_are_sent_as_versions_of_their_objects_and_those_of_before_stay(
    bucket: str, s3_server: S3
) -> None:
    # A session of its own: the default one may have met another test's credentials.
    s3, name = boto3.session.Session().client("s3"), bucket.removeprefix("s3://")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    storage, plugins = ObjectStorage(bucket), b"plugins"
    for text in (b"one", b"two", b"two"):
        record = send(storage, {REQUIREMENTS: text, PLUGINS: plugins}, by="ann")
    assert record.previous and record.previous.plugins == record.current.plugins
    for sent, text in ((record.previous, b"one"), (record.current, b"two")):
        kept = s3.get_object(Bucket=name, Key=REQUIREMENTS, VersionId=sent.requirements.version)
        assert kept["Body"].read() == text


def test_a_server_that_is_away_is_a_refusal_that_says_what_to_do(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Refusal) as caught:
        ship_release(checkout(tmp_path / "c"), "s3://nowhere-at-all", None, quiet)
    assert caught.value.exit_code == Exit.UNAVAILABLE
    assert "Debug source" not in str(caught.value)
