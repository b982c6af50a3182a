"""Properties of manifests and of unpacking, for any content."""

from __future__ import annotations

import dataclasses
import io
import json
import stat
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.bundle.sluice_bundle.errors import ReleaseDamaged
from dags.bundle.sluice_bundle.manifest import Digest, ReleaseManifest, check_path
from dags.bundle.sluice_bundle.pointer import Pointer
from dags.bundle.sluice_bundle.unpack import is_whole, unpack, verify
from releases.build import Release
from releases.build import archive as archived

names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:", exclude_categories=("C",)), min_size=1, max_size=8
)
names = names.filter(lambda name: name not in (".", "..", "__pycache__"))
paths = st.lists(names, min_size=1, max_size=3).map("/".join).filter(lambda path: path != "manifest.json")


def flat(files: dict[str, bytes]) -> bool:
    """No path is a folder of another one."""
    return not any(other.startswith(f"{path}/") for path in files for other in files)


trees = st.dictionaries(paths, st.binary(max_size=64), min_size=1, max_size=6).filter(flat)


def release_of(files: dict[str, bytes], archive: bytes | None = None) -> Release:
    objects = {"all.zip": archived(files) if archive is None else archive}
    manifest = ReleaseManifest(
        "3.3.2",
        "0" * 64,
        {path: Digest.of(data) for path, data in files.items()},
        {name: Digest.of(data) for name, data in objects.items()},
    )
    return Release(manifest, objects)


@given(trees)
def test_a_manifest_reads_back_and_does_not_depend_on_the_order_of_files(files: dict[str, bytes]) -> None:
    manifest = release_of(files).manifest
    assert ReleaseManifest.from_bytes(manifest.to_bytes()) == manifest
    turned = dataclasses.replace(manifest, files=dict(reversed(manifest.files.items())))
    assert turned.to_bytes() == manifest.to_bytes()


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_any_other_document_is_refused_and_never_crashes(document: object) -> None:
    for reader in (ReleaseManifest, Pointer):
        with pytest.raises(ReleaseDamaged):
            reader.from_bytes(json.dumps(document).encode())


@settings(max_examples=25, deadline=None)
@given(trees)
def test_any_tree_unpacks_to_itself_read_only(files: dict[str, bytes]) -> None:
    release = release_of(files)
    with TemporaryDirectory() as folder:
        target = unpack(release.manifest.to_bytes(), release.objects, Path(folder))
        assert {p: (target / p).read_bytes() for p in files} == files
        assert all(stat.S_IMODE((target / p).stat().st_mode) == 0o444 for p in files)
        verify(target, release.id)


@settings(max_examples=25, deadline=None)
@given(trees, st.data())
def test_any_damage_in_the_cache_is_found_and_mended(files: dict[str, bytes], data: st.DataObject) -> None:
    release = release_of(files)
    with TemporaryDirectory() as folder:
        target = unpack(release.manifest.to_bytes(), release.objects, Path(folder))
        path = target / data.draw(st.sampled_from([*sorted(files), "manifest.json"]))
        damage = data.draw(st.sampled_from(["delete", "append", "flip", "link", "extra", "folder"]))
        content = path.read_bytes()
        if damage == "extra":
            path.with_name("one more").write_bytes(b"")
        else:
            path.unlink()
        if damage == "append":
            path.write_bytes(content + b"x")
        elif damage == "flip":
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:] if content else b"x")
        elif damage == "link":
            path.symlink_to("/etc/hostname")
        elif damage == "folder":
            path.mkdir()
        with pytest.raises(ReleaseDamaged):
            verify(target, release.id)
        # The cheap check may miss only bytes that changed without the size changing.
        assert damage == "flip" or not is_whole(target, release.id)
        assert unpack(release.manifest.to_bytes(), release.objects, Path(folder)) == target
        verify(target, release.id)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up", "a/../../b", "a//b", "", ".", "a/", "a\\b", "C:x", "a\x00b", "a\nb"]
)
def test_paths_that_could_leave_the_folder_are_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseDamaged):
        check_path(path)
    if "\x00" in path or not path:
        return
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(path, b"x")
    release = release_of({"a": b"x"}, archive.getvalue())
    with pytest.raises(ReleaseDamaged):
        unpack(release.manifest.to_bytes(), release.objects, tmp_path / "cache")
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [".locks"]


def zipped(*members: tuple[str, bytes, int]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, data, mode in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            opened.writestr(member, data)
    return archive.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "archive",
    [
        zipped(("a", b"x", 0o120777)),
        zipped(("a", b"x", 0o100644), ("b", b"y", 0o100644)),
        zipped(("a", b"x", 0o100644), ("a", b"x", 0o100644)),
        zipped(),
        zipped(("a", b"y", 0o100644)),
        zipped(("a", b"x" * 1_000_000, 0o100644)),
        b"not an archive",
    ],
    ids=["link", "extra", "twice", "missing", "other bytes", "too long", "garbage"],
)
def test_archives_that_do_not_hold_exactly_the_files_are_refused(archive: bytes, tmp_path: Path) -> None:
    release = release_of({"a": b"x"}, archive)
    with pytest.raises(ReleaseDamaged):
        unpack(release.manifest.to_bytes(), release.objects, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".locks"]
