"""Takes a release out of a store, whole and verified, as it was built."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dags.bundle.sluice_bundle.manifest import ReleaseManifest
from dags.bundle.sluice_bundle.store import ReleaseStore
from releases.build import Release

_PARALLEL = 8


def fetch(store: ReleaseStore, release: str) -> Release:
    """All bytes of a release.

    Raises:
        ReleaseMissing: it, or a part of it, is not there.
        ReleaseDamaged: something is not what its manifest names.
    """
    manifest = ReleaseManifest.from_bytes(store.fetch_manifest(release))
    names = list(manifest.objects)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        found = list(pool.map(lambda name: store.fetch_object(release, name, manifest), names))
    return Release(manifest, dict(zip(names, found, strict=True)))
