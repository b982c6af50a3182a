"""Unpacks a release so that its folder is either not there or whole.

Files go to a temporary folder beside the target, are checked one by one against the manifest, flushed,
and renamed into place. A damaged folder is mended file by file, each by an atomic rename: the content of
every path is fixed by the release's id, so whoever reads meanwhile never meets another release's file.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import ReleaseDamaged, StorageUnavailable
from .manifest import MANIFEST_NAME, Digest, ReleaseManifest, check_path

LOCKS = ".locks"
TEMPORARY = ".tmp-"
# Python writes its bytecode beside the sources; it checks it against them by itself.
BYTECODE = "__pycache__"


def unpack(manifest_bytes: bytes, archives: Mapping[str, bytes], cache: Path) -> Path:
    """Unpacks to `<cache>/<id>` and returns that folder. Safe in several processes at once.

    Raises:
        ReleaseDamaged: the archives do not hold exactly the manifest's files.
        StorageUnavailable: the disk is full or not writable; nothing half is left.
    """
    manifest = ReleaseManifest.from_bytes(manifest_bytes)
    release = manifest.id
    target = cache / release
    try:
        with unpack_lock(cache, release):
            if is_whole(target, release):
                with contextlib.suppress(ReleaseDamaged):
                    verify(target, release)
                    return target
            _clear_leftovers(cache, release)
            temporary = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}{release}-", dir=cache))
            try:
                _fill(temporary, manifest, manifest_bytes, archives)
                _move_into_place(temporary, target, manifest)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise StorageUnavailable(f"could not unpack release {release} to {cache}: {error}") from error
    return target


def verify(folder: Path, release: str) -> ReleaseManifest:
    """Checks every byte of an unpacked release.

    Raises:
        ReleaseDamaged: something is missing, extra or different.
    """
    manifest = _manifest_in(folder, release)
    _check_listing(folder, manifest)
    for path, digest in manifest.files.items():
        try:
            digest.check((folder / path).read_bytes(), f"{path} of release {release} in {folder}")
        except OSError as error:
            raise ReleaseDamaged(f"{path} of release {release} cannot be read: {error}") from None
    return manifest


def is_whole(folder: Path, release: str) -> bool:
    """The cheap check: the manifest hashes to the id, and every file is there with its size."""
    try:
        _check_listing(folder, _manifest_in(folder, release))
    except ReleaseDamaged:
        return False
    return True


@contextlib.contextmanager
def unpack_lock(cache: Path, release: str, *, wait: bool = True) -> Iterator[None]:
    """Held while a release is unpacked; raises BlockingIOError if not to wait and it is held."""
    locks = cache / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / f"{release}.unpack").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _manifest_in(folder: Path, release: str) -> ReleaseManifest:
    try:
        return ReleaseManifest.of_release((folder / MANIFEST_NAME).read_bytes(), release)
    except OSError as error:
        raise ReleaseDamaged(f"release {release} is not unpacked in {folder}: {error}") from None


def _check_listing(folder: Path, manifest: ReleaseManifest) -> None:
    found = dict(_walk(folder))
    found.pop(MANIFEST_NAME, None)
    for path, digest in manifest.files.items():
        status = found.pop(path, None)
        if status is None:
            raise ReleaseDamaged(f"{path} is missing in {folder}")
        if not stat.S_ISREG(status.st_mode) or status.st_size != digest.size:
            raise ReleaseDamaged(f"{path} in {folder} is not the file that the manifest names")
    if found:
        raise ReleaseDamaged(f"{min(found)} in {folder} is not in the manifest")


def _walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise ReleaseDamaged(f"cannot read {folder}: {error}") from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != BYTECODE:
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
            continue
        # A file that vanishes between listing and stat is reported as missing by whoever compares.
        with contextlib.suppress(FileNotFoundError):
            yield prefix + entry.name, entry.stat(follow_symlinks=False)


def _fill(
    folder: Path, manifest: ReleaseManifest, manifest_bytes: bytes, archives: Mapping[str, bytes]
) -> None:
    missing = dict(manifest.files)
    for name in manifest.archives:
        for path, data in _members(name, archives[name], manifest.files):
            if missing.pop(path, None) is None:
                raise ReleaseDamaged(f"{path} is in the release's archives twice")
            _write(folder / path, data)
    if missing:
        raise ReleaseDamaged(f"{min(missing)} is in the manifest but in no archive")
    _write(folder / MANIFEST_NAME, manifest_bytes)
    folder.chmod(0o755)
    for directory, _, _ in os.walk(folder):
        _flush_folder(Path(directory))


def _members(name: str, archive: bytes, files: Mapping[str, Digest]) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for member in opened.infolist():
                path = check_path(member.filename)
                mode = member.external_attr >> 16
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise ReleaseDamaged(f"{path} in {name} is not a regular file")
                if path not in files:
                    raise ReleaseDamaged(f"{path} in {name} is not in the manifest")
                with opened.open(member) as content:
                    # One byte more than promised is enough to know that it is wrong.
                    data = content.read(files[path].size + 1)
                files[path].check(data, f"{path} in {name}")
                yield path, data
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise ReleaseDamaged(f"{name} is not a readable archive: {error}") from None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), 0o444)
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move_into_place(temporary: Path, target: Path, manifest: ReleaseManifest) -> None:
    if not target.is_dir() or target.is_symlink():
        if target.is_symlink() or target.exists():
            target.unlink()
        temporary.rename(target)
    else:
        _mend(temporary, target, manifest)
    _flush_folder(target.parent)


def _mend(temporary: Path, target: Path, manifest: ReleaseManifest) -> None:
    for path in [*manifest.files, MANIFEST_NAME]:
        destination = target / path
        _make_way(target, path)
        if destination.is_dir() and not destination.is_symlink():
            shutil.rmtree(destination)
        (temporary / path).replace(destination)
    for extra in {path for path, _ in _walk(target)} - {*manifest.files, MANIFEST_NAME}:
        (target / extra).unlink(missing_ok=True)
    for directory, _, _ in os.walk(target):
        _flush_folder(Path(directory))


def _make_way(target: Path, path: str) -> None:
    """Makes the folders above a path, replacing anything that took the place of one."""
    folder = target
    for part in path.split("/")[:-1]:
        folder /= part
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            folder.unlink()
        folder.mkdir(exist_ok=True)


def _clear_leftovers(cache: Path, release: str) -> None:
    # Whoever made them is gone: the lock of this release is held here.
    for leftover in cache.glob(f"{TEMPORARY}{release}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
