"""Uploads a release: only what is not there yet, never over anything, and read back before it counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dags.bundle.sluice_bundle.errors import AlreadyThere, ReleaseDamaged
from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME, Digest
from dags.bundle.sluice_bundle.storage import Storage
from dags.bundle.sluice_bundle.store import RELEASES_FOLDER, ReleaseStore, object_path
from releases.build import Release

Progress = Callable[[str], None]
_PARALLEL = 8


@dataclass(frozen=True)
class Uploaded:
    """How much had to be written."""

    objects: int
    bytes: int


def publish(store: ReleaseStore, release: Release, progress: Progress) -> Uploaded:
    """Puts a release into the store, whole and verified; the manifest last, as the sign that it is whole.

    Raises:
        ReleaseError: storage failed, or an object of this release is there with other bytes.
    """
    storage = store.storage
    folder = f"{RELEASES_FOLDER}/{release.id}"
    there = {entry.path for entry in storage.list(folder)}
    missing = {
        name: data for name, data in release.objects.items() if object_path(release.id, name) not in there
    }
    if missing:
        progress(f"uploading {len(missing)} of {len(release.objects)} objects of release {release.id[:12]}")
    with ThreadPoolExecutor(_PARALLEL) as pool:
        # list() so that the first failure is raised here; the others end before the pool closes.
        list(
            pool.map(
                lambda item: _create(storage, object_path(release.id, item[0]), item[1]), missing.items()
            )
        )
        list(pool.map(lambda name: store.fetch_object(release.id, name, release.manifest), release.objects))
    manifest = release.manifest.to_bytes()
    manifest_path = object_path(release.id, MANIFEST_NAME)
    if manifest_path not in there:
        _create(storage, manifest_path, manifest)
        missing[MANIFEST_NAME] = manifest
    store.fetch_manifest(release.id)
    return Uploaded(len(missing), sum(map(len, missing.values())))


def _create(storage: Storage, path: str, data: bytes) -> None:
    try:
        storage.create(path, data)
    except AlreadyThere:
        # Another shipper of the same release, or an answer that got lost and was asked for again.
        found = storage.get(path)
        if found is None or found[0] != data:
            raise ReleaseDamaged(
                f"{path} is in the store with other bytes ({Digest.of(found[0] if found else b'')}) than the "
                f"release's own ({Digest.of(data)})"
            ) from None
