"""The bundle against Airflow's interface for bundles."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.dag_processing.bundles.base import BundleVersion, BundleVersionLock
from airflow.utils.file import list_py_file_paths
from sluice_bundle import ReleaseDagBundle, bundle, cache
from sluice_bundle.errors import ReleaseDamaged, ReleaseError, ReleaseMissing, StorageUnavailable
from sluice_bundle.manifest import Digest, ReleaseManifest
from sluice_bundle.unpack import verify

pytestmark = pytest.mark.runtime

IGNORE = (
    "/*\n!/dags/\n/dags/*\n!/dags/pipelines/\n/dags/pipelines/*\n!/dags/pipelines/*/\n/dags/pipelines/*/*\n"
)
IGNORE += "!/dags/pipelines/*/dag.py\n"


class Shop:
    """A store in a plain folder, written without the shipper."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = folder.as_uri()

    def put(self, text: str) -> str:
        """Adds a release and returns its id."""
        files = {
            ".airflowignore": IGNORE.encode(),
            "dags/pipelines/hello/dag.py": f"# airflow dag\nTEXT = {text!r}\n".encode(),
            "dags/pipelines/hello/steps.py": b"# airflow dag, but not a DAG file\n",
            "dags/runtime/thing.py": b"# airflow dag, but not a DAG file\n",
        }
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            for path, data in files.items():
                opened.writestr(zipfile.ZipInfo(path), data)
        objects = {"dags.zip": archive.getvalue()}
        manifest = ReleaseManifest(
            "3.3.2",
            "0" * 64,
            {path: Digest.of(data) for path, data in files.items()},
            {name: Digest.of(data) for name, data in objects.items()},
        )
        target = self.folder / "releases" / manifest.id
        target.mkdir(parents=True, exist_ok=True)
        (target / "dags.zip").write_bytes(objects["dags.zip"])
        (target / "manifest.json").write_bytes(manifest.to_bytes())
        return manifest.id

    def point(self, release: str | None) -> None:
        pointer = {"release": release, "previous": None, "shipped_by": "a test", "shipped_at": "now"}
        (self.folder / "CURRENT.new").write_text(json.dumps(pointer))
        (self.folder / "CURRENT.new").rename(self.folder / "CURRENT")

    def ship(self, text: str) -> str:
        release = self.put(text)
        self.point(release)
        return release


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "store").mkdir()
    return Shop(tmp_path / "store")


@pytest.fixture
def open_bundle(shop: Shop, tmp_path: Path) -> Callable[..., ReleaseDagBundle]:
    def make(**kwargs: object) -> ReleaseDagBundle:
        options = {"releases": shop.uri, "cache": str(tmp_path / "cache"), "refresh_interval": 5, **kwargs}
        return ReleaseDagBundle(name="releases", **options)

    return make


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> None:
    forget()


def forget() -> None:
    """What a new process would not know."""
    for lock, _ in cache._held.values():
        lock.close()
    cache._held.clear()
    cache._verified.clear()


def text_of(served: ReleaseDagBundle) -> str:
    return (served.path / "dags/pipelines/hello/dag.py").read_text()


def test_it_serves_what_the_pointer_names_and_follows_it(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    assert served.supports_versioning and served.is_initialized
    assert served.get_current_version() == BundleVersion(version=one)
    assert served.path.name == one and "one" in text_of(served)
    two = shop.ship("two")
    assert served.get_current_version() == BundleVersion(version=one), "not before a refresh"
    served.refresh()
    assert served.get_current_version() == BundleVersion(version=two) and "two" in text_of(served)
    verify(served.path, two)
    assert all(not p.stat().st_mode & stat.S_IWUSR for p in served.path.rglob("*") if p.is_file())


def test_airflow_parses_the_dag_files_only(shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]) -> None:
    shop.ship("one")
    served = open_bundle()
    served.initialize()
    assert list_py_file_paths(served.path) == [str(served.path / "dags/pipelines/hello/dag.py")]


def test_the_builders_ignore_file_is_the_one_tested_here() -> None:
    from releases.tree import IGNORED_BY_AIRFLOW

    assert IGNORED_BY_AIRFLOW.decode() == IGNORE


def test_a_version_is_served_whatever_the_pointer_says(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    one, _ = shop.ship("one"), shop.ship("two")
    versioned = open_bundle(version=one)
    versioned.initialize()
    assert versioned.get_current_version() == BundleVersion(version=one) and "one" in text_of(versioned)
    with pytest.raises(ReleaseError, match="cannot be refreshed"):
        versioned.refresh()


def test_a_version_that_cannot_be_had_is_an_error_never_another_release(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    shop.ship("one")
    with pytest.raises(ReleaseMissing):
        open_bundle(version="0" * 64).initialize()
    with pytest.raises(ValueError, match="not a release id"):
        open_bundle(version="../../etc")


def test_a_never_shipped_store_is_an_empty_folder(
    open_bundle: Callable[..., ReleaseDagBundle], shop: Shop
) -> None:
    served = open_bundle()
    served.initialize()
    assert served.get_current_version() is None
    assert list(served.path.iterdir()) == []
    served.refresh()
    one = shop.ship("one")
    served.refresh()
    assert served.get_current_version() == BundleVersion(version=one)
    shop.point(None)
    served.refresh()
    assert served.get_current_version() is None and list(served.path.iterdir()) == []


def damage_object(shop: Shop, release: str) -> None:
    (shop.folder / "releases" / release / "dags.zip").write_bytes(b"garbage")


def lose_object(shop: Shop, release: str) -> None:
    (shop.folder / "releases" / release / "dags.zip").unlink()


def lose_manifest(shop: Shop, release: str) -> None:
    (shop.folder / "releases" / release / "manifest.json").unlink()


def damage_manifest(shop: Shop, release: str) -> None:
    (shop.folder / "releases" / release / "manifest.json").write_bytes(b"{}")


def damage_pointer(shop: Shop, release: str) -> None:
    (shop.folder / "CURRENT").write_text('{"release": "')


def lose_pointer(shop: Shop, release: str) -> None:
    (shop.folder / "CURRENT").unlink()


@pytest.mark.parametrize(
    "spoil", [damage_object, lose_object, lose_manifest, damage_manifest, damage_pointer, lose_pointer]
)
def test_whatever_is_wrong_the_last_good_release_stays_also_in_a_new_process(
    shop: Shop,
    open_bundle: Callable[..., ReleaseDagBundle],
    spoil: Callable[[Shop, str], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    two = shop.ship("two")
    spoil(shop, two)
    for _ in range(3):
        served.refresh()
    assert served.get_current_version() == BundleVersion(version=one) and "one" in text_of(served)
    assert caplog.text.count("keeps serving") == 1, "said once, not at every refresh"
    forget()
    later = open_bundle()
    later.initialize()
    assert later.get_current_version() == BundleVersion(version=one)
    for leftover in (shop.folder / "releases" / two).iterdir():
        leftover.unlink()
    shop.ship("two")
    later.refresh()
    assert later.get_current_version() == BundleVersion(version=two)


def test_without_network_the_last_good_release_stays_and_a_first_start_fails_instead_of_serving_nothing(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    one = shop.ship("one")
    open_bundle().initialize()
    record = tmp_path / "cache" / cache.LAST_GOOD
    record.write_text(json.dumps({"source": "s3://away", "release": one}))
    forget()
    served = open_bundle(releases="s3://away")
    served.initialize()
    assert served.get_current_version() == BundleVersion(version=one)
    versioned = open_bundle(releases="s3://away", version=one)
    versioned.initialize()
    assert "one" in text_of(versioned)
    with pytest.raises(StorageUnavailable):
        open_bundle(releases="s3://away", cache=str(tmp_path / "fresh")).initialize()
    with pytest.raises(StorageUnavailable):
        open_bundle(releases="s3://elsewhere").initialize()


@pytest.mark.parametrize("restarted", [True, False])
def test_a_damaged_cache_is_fetched_again(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle], restarted: bool
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    dag = served.path / "dags/pipelines/hello/dag.py"
    content = dag.read_bytes()
    dag.unlink()
    if restarted:
        dag.write_bytes(content.replace(b"one", b"two"))
        forget()
        served = open_bundle(version=one)
        served.initialize()
    else:
        served.refresh()
    assert dag.read_bytes() == content
    verify(served.path, one)


def test_a_damaged_cache_without_network_is_an_error_for_a_task(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    (served.path / "dags/runtime/thing.py").unlink()
    damage_object(shop, one)
    forget()
    with pytest.raises(ReleaseDamaged):
        open_bundle(version=one).initialize()


def start(arguments: tuple[str, str, str | None]) -> str:
    uri, folder, version = arguments
    served = ReleaseDagBundle(
        name="releases", releases=uri, cache=folder, refresh_interval=5, version=version
    )
    served.initialize()
    found = served.get_current_version()
    assert found
    verify(served.path, found.version)
    return found.version


def test_many_processes_may_start_at_once(shop: Shop, tmp_path: Path) -> None:
    one = shop.ship("one")
    with multiprocessing.get_context("fork").Pool(6) as pool:
        arguments = (shop.uri, str(tmp_path / "cache"))
        answers = pool.map(start, [(*arguments, one), (*arguments, None)] * 6, chunksize=1)
    assert set(answers) == {one}
    assert not list((tmp_path / "cache").glob(".tmp-*"))


def test_the_process_that_serves_can_fork_children_that_use_storage(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    shop.ship("one")
    open_bundle().initialize()
    code = (
        "import os, sys; from sluice_bundle import ReleaseDagBundle\n"
        "b = ReleaseDagBundle(name='releases', releases=sys.argv[1], cache=sys.argv[2], refresh_interval=5)\n"
        "b.initialize(); b.refresh()\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    from sluice_bundle.storage import ObjectStorage\n"
        "    os._exit(0 if ObjectStorage(sys.argv[1]).get('CURRENT') else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, shop.uri, str(shop.folder.parent / "cache")], timeout=60
    )
    assert done.returncode == 0


def test_a_full_disk_leaves_nothing_half_and_the_last_good_release_stays(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle], tmp_path: Path
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    two = shop.ship("two " + "x" * 200_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No process started from here may write a file beyond this size: the kernel refuses, as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        served.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert served.get_current_version() == BundleVersion(version=one) and "one" in text_of(served)
    assert served._complaint and "StorageUnavailable" in served._complaint
    assert not (tmp_path / "cache" / two).exists() and not list((tmp_path / "cache").glob(".tmp-*"))
    served.refresh()
    assert served.get_current_version() == BundleVersion(version=two)


def test_old_releases_go_except_the_current_and_those_of_running_tasks(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bundle, "get_bundle_tracking_file", lambda name, version: tmp_path / "track" / version
    )
    monkeypatch.setattr(
        "airflow.dag_processing.bundles.base.get_bundle_tracking_file",
        lambda bundle_name, version: tmp_path / "track" / version,
    )
    served = open_bundle(keep=2)
    shipped = [shop.ship("0")]
    served.initialize()
    task = open_bundle(version=shipped[0])
    task.initialize()
    with BundleVersionLock("releases", shop.put("1")):
        for number in range(1, 6):
            time.sleep(0.01)
            shipped.append(shop.ship(str(number)))
            served.refresh()
        unpacked = {p.name for p in (tmp_path / "cache").iterdir() if len(p.name) == 64}
    assert unpacked == {shipped[0], shipped[1], *shipped[4:]}
    del task
    served._cache.prune(1, served._not_running)
    assert [p.name for p in (tmp_path / "cache").iterdir() if len(p.name) == 64] == [shipped[5]]


def test_going_back_makes_the_dag_files_newer_than_airflows_last_parse(
    shop: Shop, open_bundle: Callable[..., ReleaseDagBundle]
) -> None:
    one = shop.ship("one")
    served = open_bundle()
    served.initialize()
    shop.ship("two")
    served.refresh()
    parsed = time.time()
    time.sleep(0.02)
    shop.point(one)
    served.refresh()
    assert os.stat(served.path / "dags/pipelines/hello/dag.py").st_mtime > parsed


def test_the_default_cache_is_airflows_own_and_links_need_no_initialize(shop: Shop) -> None:
    served = ReleaseDagBundle(
        name="releases",
        releases=shop.uri,
        refresh_interval=5,
        view_url_template="https://example.com/{version}",
    )
    assert served.view_url("1" * 64) == "https://example.com/" + "1" * 64
    assert served.view_url() is None
    assert served._cache.folder == served.versions_dir
