"""Uploads a release: what is not there yet, and what is damaged there; read back before it counts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dags.bundle.sluice_bundle.errors import AlreadyThere, ReleaseDamaged, Superseded
from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME, Digest
from dags.bundle.sluice_bundle.storage import Storage
from dags.bundle.sluice_bundle.store import RELEASES_FOLDER, ReleaseStore, object_path
from releases.build import Release

Progress = Callable[[str], None]
_PARALLEL = 8
# Only somebody who keeps writing other bytes there makes a third attempt fail.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Uploaded:
    """How much had to be written."""

    objects: int
    bytes: int


def publish(store: ReleaseStore, release: Release, progress: Progress) -> Uploaded:
    """Puts a release into the store, whole and verified; the manifest last, as the sign that it is whole.

    Raises:
        ReleaseError: storage failed, or an object does not stay as it was written.
    """
    upload = _Upload(store.storage, release.id, progress)
    missing = [name for name in release.objects if object_path(release.id, name) not in upload.there]
    if missing:
        progress(f"uploading {len(missing)} of {len(release.objects)} objects of release {release.id[:12]}")
    with ThreadPoolExecutor(_PARALLEL) as pool:
        # list() so that the first failure is raised here; the others end before the pool closes.
        written = list(pool.map(upload.settle, release.objects, release.objects.values()))
    written.append(upload.settle(MANIFEST_NAME, release.manifest.to_bytes()))
    return Uploaded(sum(size is not None for size in written), sum(size or 0 for size in written))


class _Upload:
    def __init__(self, storage: Storage, release: str, progress: Progress) -> None:
        self._storage = storage
        self._release = release
        self._progress = progress
        self.there = {entry.path for entry in storage.list(f"{RELEASES_FOLDER}/{release}")}

    def settle(self, name: str, data: bytes) -> int | None:
        """Returns once the object is read back with these bytes: how many were written, None if all were there.

        A release's name says what its objects must hold, so writing over other bytes can only mend them.
        """
        path = object_path(self._release, name)
        written = None
        found = self._storage.get(path) if path in self.there else None
        for _ in range(_ATTEMPTS):
            if found and found.data == data:
                return written
            # If somebody else is faster, or the answer gets lost, the bytes that are there decide.
            with contextlib.suppress(AlreadyThere, Superseded):
                if found is None:
                    self._storage.create(path, data)
                else:
                    self._progress(f"{path} holds other bytes ({Digest.of(found.data)}): writing it anew")
                    self._storage.replace(path, data, found.version)
                written = len(data)
            found = self._storage.get(path)
        if found and found.data == data:
            return written
        raise ReleaseDamaged(f"{path} does not stay as it was written ({Digest.of(data)})")
