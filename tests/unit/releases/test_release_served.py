"""Asking Airflow, against a server that answers as its published API does; `tests/e2e` asks the real one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowAccess
from releases.build import Release, build
from releases.current import move
from releases.ship import Shipped, ship_built
from tests.scripted_airflow import FILE, Scripted
from tests.toy_release import checkout, dag_source, quiet, write


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage((tmp_path / "store").as_uri())


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return build(checkout(tmp_path / "checkout"))


def ship(release: Release, storage: ObjectStorage, airflow: Scripted, timeout: float = 1.2) -> Shipped:
    return ship_built(release, storage, airflow.access(timeout=timeout), quiet, by="ann")


def current(storage: ObjectStorage) -> str | None:
    found = ReleaseStore(storage).read_pointer()
    return found.pointer.release if found else "never shipped"


def test_a_release_that_is_served_stays_and_tokens_are_renewed(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    airflow.tokens_last = 2
    airflow.serve(release.id)
    assert ship(release, storage, airflow).served
    assert current(storage) == release.id
    assert airflow.tokens == 2


def test_every_dag_file_must_be_served_over_all_pages(
    tmp_path: Path, storage: ObjectStorage, airflow: Scripted
) -> None:
    root = checkout(tmp_path / "five")
    names = [f"p{number}" for number in range(5)]
    write(root, {f"dags/pipelines/{name}/dag.py": dag_source(name) for name in names})
    release = build(root)
    airflow.serve(release.id)
    for name in names[:-1]:
        airflow.serve(release.id, f"dags/pipelines/{name}/dag.py", name)
    with pytest.raises(Refusal, match=r"not taken over dags/pipelines/p4/dag\.py, after"):
        ship(release, storage, airflow)
    airflow.serve(release.id, "dags/pipelines/p4/dag.py", "p4")
    assert ship(release, storage, airflow).served


def test_a_first_ship_that_is_not_served_leaves_no_release_current(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    with pytest.raises(Refusal, match="back at no release") as caught:
        ship(release, storage, airflow)
    assert caught.value.exit_code == Exit.CHECK_SAID_NO
    assert current(storage) is None


def test_code_of_another_release_under_this_ones_version_does_not_count(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    airflow.serve(release.id, tag="0" * 64)
    with pytest.raises(Refusal, match="has not taken over"):
        ship(release, storage, airflow)


def test_an_import_error_ends_the_wait_with_its_file_and_text(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    airflow.on_look = lambda: airflow.errors or current(storage) != release.id or airflow.fail("No module x")
    started = time.monotonic()
    with pytest.raises(Refusal, match=rf"{FILE} cannot be imported:\nNo module x"):
        ship(release, storage, airflow, timeout=60)
    assert time.monotonic() - started < 10


def test_import_errors_of_before_and_of_other_releases_do_not_count(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    airflow.fail("it was so before")
    airflow.serve(release.id)

    def late() -> None:
        if len(airflow.errors) == 1 and current(storage) == release.id:
            airflow.fail(f'File "/cache/{"0" * 64}/dags/pipelines/hello/dag.py", line 1', number=2)

    airflow.on_look = late
    assert ship(release, storage, airflow).served
    assert len(airflow.errors) == 2


def test_behind_a_loader_the_tag_says_what_is_served_and_its_import_error_ends_the_wait(
    release: Release, storage: ObjectStorage, airflow: Scripted, tmp_path: Path
) -> None:
    access = airflow.access(bundle=None, timeout=1.2)
    airflow.serve(release.id, "loader.py")
    assert ship_built(release, storage, access, quiet).served
    other = build(checkout(tmp_path / "other", greeting="other"))
    with pytest.raises(Refusal, match=r"not taken over loader\.py"):
        ship_built(other, storage, access, quiet)
    airflow.on_look = lambda: (
        airflow.errors or current(storage) != other.id or airflow.fail("No x", file="loader.py")
    )
    with pytest.raises(Refusal, match=r"loader\.py cannot be imported"):
        ship_built(other, storage, access, quiet)


def test_somebody_elses_move_while_waiting_is_left_alone(
    release: Release, storage: ObjectStorage, airflow: Scripted, tmp_path: Path
) -> None:
    other = build(checkout(tmp_path / "other", greeting="other"))
    store = ReleaseStore(storage)

    def meanwhile() -> None:
        if current(storage) == release.id:
            move(store, store.read_pointer(), other.id, action="ship", by="bob")

    airflow.on_look = meanwhile
    with pytest.raises(Refusal, match="not moved back, because meanwhile bob moved the pointer"):
        ship(release, storage, airflow)
    assert current(storage) == other.id


def test_a_proxy_of_the_environment_is_not_asked_for_an_airflow_on_this_machine(
    release: Release, storage: ObjectStorage, airflow: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    airflow.serve(release.id)
    assert ship(release, storage, airflow).served


def test_airflow_down_or_a_wrong_password_refuse_before_anything_is_written(
    release: Release, storage: ObjectStorage, airflow: Scripted
) -> None:
    for access in (
        AirflowAccess("http://127.0.0.1:9", "ann", "right"),
        AirflowAccess(airflow.url, "ann", "no"),
    ):
        with pytest.raises(Refusal) as caught:
            ship_built(release, storage, access, quiet)
        assert caught.value.exit_code == Exit.UNAVAILABLE
        assert "right" not in repr(access)
    assert current(storage) == "never shipped" and storage.list("releases") == []
