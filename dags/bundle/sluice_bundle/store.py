"""Releases in object storage, as a reader sees them: nothing is handed out unverified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .errors import ReleaseMissing
from .manifest import MANIFEST_NAME, ReleaseManifest, is_release_id
from .pointer import POINTER_NAME, Pointer
from .storage import Entry, Storage, Version

RELEASES_FOLDER = "releases"


def object_path(release: str, name: str) -> str:
    """Where an object of a release lies in the store."""
    return f"{RELEASES_FOLDER}/{release}/{name}"


def is_complete(release: str, entries: Iterable[Entry]) -> bool:
    """Whether the manifest is among what was listed of a release."""
    manifest = object_path(release, MANIFEST_NAME)
    return any(entry.path == manifest for entry in entries)


@dataclass(frozen=True)
class PointerRead:
    """The pointer as it was read, with the version that a compare-and-swap must name."""

    pointer: Pointer
    version: Version


class ReleaseStore:
    """Reads the pointer and whole, verified releases."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def read_pointer(self) -> PointerRead | None:
        """The pointer, or None where nothing was ever shipped."""
        found = self.storage.get(POINTER_NAME)
        return PointerRead(Pointer.from_bytes(found.data), found.version) if found else None

    def list_objects(self) -> dict[str, list[Entry]]:
        """Everything that lies under a release's id, also of half-uploaded ones."""
        objects: dict[str, list[Entry]] = {}
        for entry in self.storage.list(RELEASES_FOLDER):
            release = entry.path.removeprefix(f"{RELEASES_FOLDER}/").partition("/")[0]
            if is_release_id(release):
                objects.setdefault(release, []).append(entry)
        return objects

    def list_releases(self) -> list[str]:
        """Ids of the releases whose manifest is there; the manifest is what an upload writes last."""
        return sorted(
            release for release, entries in self.list_objects().items() if is_complete(release, entries)
        )

    def fetch_manifest(self, release: str) -> bytes:
        """The manifest's bytes, which hash to the id.

        Raises:
            ReleaseMissing: there is no such release.
            ReleaseDamaged: the bytes are other ones.
        """
        data = self._get(release, MANIFEST_NAME)
        ReleaseManifest.of_release(data, release)
        return data

    def fetch_object(self, release: str, name: str, manifest: ReleaseManifest) -> bytes:
        """One object of a release, verified against its manifest.

        Raises:
            ReleaseMissing: it is not there.
            ReleaseDamaged: the bytes are other ones.
        """
        data = self._get(release, name)
        manifest.objects[name].check(data, f"object {name} of release {release}")
        return data

    def fetch_archives(self, release: str, manifest: ReleaseManifest) -> dict[str, bytes]:
        """All archives of a release, verified."""
        return {name: self.fetch_object(release, name, manifest) for name in manifest.archives}

    def _get(self, release: str, name: str) -> bytes:
        found = self.storage.get(object_path(release, name))
        if found is None:
            raise ReleaseMissing(f"{name} of release {release} is not in the store")
        return found.data
