"""What a release is made of, and that the same sources always give the same one."""

from __future__ import annotations

import io
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from dags.bundle.sluice_bundle.manifest import Digest, ReleaseManifest
from environments.problems import Refusal
from releases.build import build
from releases.requirements import runtime_requirements
from releases.tree import collect
from tests.toy_release import LOCK, checkout, write

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return checkout(tmp_path / "checkout")


def test_copies_with_other_times_modes_and_order_of_creation_build_the_same_bytes(
    root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "with another name"
    before = os.umask(0o077)
    try:
        for source in sorted((p for p in root.rglob("*") if p.is_file()), reverse=True):
            target = other / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o700)
            os.utime(target, (1, 1))
    finally:
        os.umask(before)
    one, two = build(root), build(other)
    assert one.id == two.id
    assert one.objects == two.objects
    assert one.manifest.to_bytes() == two.manifest.to_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "dags/pipelines/hello/dag.py",
        "dags/runtime/greeting.py",
        "spark/sums.py",
        "dags/warehouse/dbt_project.yml",
        "dags/pipelines/hello/contract.yaml",
        "environments/manifest.py",
    ],
)
def test_a_changed_byte_in_any_shipped_file_is_another_release(root: Path, path: str) -> None:
    before = build(root).id
    with (root / path).open("a") as file:
        file.write("\n")
    assert build(root).id != before


def test_other_requirements_are_another_release_and_other_groups_are_not(root: Path) -> None:
    before = build(root).id
    extra = '\n[[package]]\nname = "pulumi"\nversion = "9"\nsource = { registry = "here" }\n'
    write(root, {"uv.lock": LOCK + extra})
    assert build(root).id == before
    write(root, {"uv.lock": LOCK.replace("3.3.2", "3.3.3")})
    assert build(root).manifest.airflow_version == "3.3.3"
    assert build(root).id != before


def test_every_file_is_in_one_archive_and_entry_points_are_objects_too(root: Path) -> None:
    release = build(root)
    members = []
    for name in release.manifest.archives:
        with zipfile.ZipFile(io.BytesIO(release.objects[name])) as archive:
            for path in archive.namelist():
                assert release.manifest.files[path] == Digest.of(archive.read(path))
                members.append(path)
    assert sorted(members) == sorted(release.manifest.files)
    assert set(release.objects) - set(release.manifest.archives) == {"spark/jobs/add.py"}
    assert release.manifest.archives == ["contracts.zip", "dags.zip", "spark.zip", "warehouse.zip"]
    assert release.dag_files == ["dags/pipelines/hello/dag.py"]
    assert ReleaseManifest.from_bytes(release.manifest.to_bytes()) == release.manifest


def test_junk_stays_at_home(root: Path) -> None:
    before = build(root).id
    write(
        root,
        {
            "dags/pipelines/hello/__pycache__/dag.cpython-311.pyc": b"x",
            "dags/pipelines/hello/.DS_Store": b"x",
            "dags/pipelines/hello/.dag.py.swp": b"x",
            "dags/runtime/greeting.py~": b"x",
            "dags/warehouse/target/manifest.json": "{}",
            "dags/warehouse/logs/dbt.log": "x",
            "dags/warehouse/.user.yml": "id: somebody",
            "dags/bundle/sluice_bundle/extra.py": "",
            "environments/places.py": "",
            "README.md": "x",
        },
    )
    assert build(root).id == before


def refused(root: Path) -> str:
    with pytest.raises(Refusal) as caught:
        collect(root)
    return str(caught.value)


def test_symbolic_links_are_refused_wherever_they_are(root: Path) -> None:
    (root / "dags/pipelines/hello/link.sql").symlink_to("/etc/hostname")
    (root / "spark/more").symlink_to(root / "spark/jobs")
    message = refused(root)
    assert "link.sql" in message and "spark/more" in message
    shutil.rmtree(root / "dags/runtime")
    (root / "dags/runtime").symlink_to(root / "spark")
    assert "dags/runtime: a symbolic link" in refused(root)


def test_a_pipe_is_refused(root: Path) -> None:
    os.mkfifo(root / "spark/pipe")
    assert "not a regular file" in refused(root)


def test_modules_that_hide_the_standard_library_are_refused_only_where_they_would(root: Path) -> None:
    write(root, {"dags/runtime/secrets.py": "", "dags/pipelines/hello/calendar.py": ""})
    collect(root)
    write(root, {"spark/jobs/platform.py": "", "spark/jobs/json/__init__.py": ""})
    message = refused(root)
    assert "spark/jobs/platform.py" in message and "module `json`" in message
    assert "secrets" not in message and "calendar" not in message


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)
def test_a_private_key_is_refused_with_its_line(root: Path, kind: str) -> None:
    write(root, {"dags/pipelines/hello/key.txt": f"one\ntwo\n-----BEGIN {kind}-----\nMII\n"})
    assert "key.txt:3: this looks like a private key" in refused(root)


def test_no_pipeline_no_lock_and_a_broken_lock_are_refused(root: Path) -> None:
    write(root, {"uv.lock": "version = "})
    with pytest.raises(Refusal, match="lock file"):
        build(root)
    (root / "uv.lock").unlink()
    with pytest.raises(Refusal, match="no lock file"):
        build(root)
    write(root, {"uv.lock": LOCK})
    (root / "dags/pipelines/hello/dag.py").unlink()
    with pytest.raises(Refusal, match="no pipeline"):
        build(root)


def test_this_checkouts_lock_says_what_the_runtime_is_made_of() -> None:
    requirements = runtime_requirements(ROOT)
    names = [line.partition("==")[0] for line in requirements.text.splitlines()]
    assert {"pyspark", "dbt-duckdb", "pydantic", "sqlalchemy"} <= set(names)
    assert not {"pulumi", "checkov", "moto"} & set(names)
    assert len(names) == len(set(names)), "one version of each"
    assert requirements.airflow_version.split(".")[0] == "3"
    assert sys.version_info >= (3, 11)
