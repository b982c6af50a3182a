"""Storage zones: open one by its URI, write once, verify by checksum, list, copy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore, from_url

from dags.runtime.problems import StoredObjectDamaged

# Small objects, so what counts is the number of requests in flight.
_PARALLEL = 8


@dataclass(frozen=True)
class StoredObject:
    """An object of a zone and the bytes it must have."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Zone:
    """One storage zone (a bucket or a container, with an optional prefix)."""

    uri: str
    store: ObjectStore

    def uri_of(self, key: str) -> str:
        """The full URI of an object."""
        return f"{self.uri}/{key}"

    def get(self, key: str) -> bytes:
        """The bytes of an object.

        Raises:
            FileNotFoundError: there is no such object.
        """
        return bytes(obstore.get(self.store, key).bytes())

    def put(self, key: str, body: bytes) -> None:
        """Writes an object, replacing what was there."""
        obstore.put(self.store, key, body)

    def create(self, key: str, body: bytes) -> bool:
        """Writes an object only if there is none of that name; says whether it did."""
        try:
            obstore.put(self.store, key, body, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def create_or_verify(self, key: str, body: bytes) -> StoredObject:
        """Writes an immutable object once; where it exists, its bytes must be the same."""
        stored = StoredObject(key, sha256(body), len(body))
        if not self.create(key, body):
            self.read_verified(stored)
        return stored

    def read_verified(self, wanted: StoredObject) -> bytes:
        """The bytes of an object, only if they are those that were promised."""
        try:
            body = self.get(wanted.key)
        except FileNotFoundError:
            raise StoredObjectDamaged(
                "the object is gone",
                where=self.uri_of(wanted.key),
                remedy="restore it from the fail-over copy",
            ) from None
        found = sha256(body)
        if found != wanted.sha256:
            raise StoredObjectDamaged(
                f"the object has sha256 {found}, its batch says {wanted.sha256}",
                where=self.uri_of(wanted.key),
                remedy="restore the object's first version, or take it from the fail-over copy",
            )
        return body

    def exists(self, key: str) -> bool:
        """Whether there is an object of that name."""
        try:
            obstore.head(self.store, key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Deletes an object."""
        obstore.delete(self.store, key)

    def keys(self, prefix: str) -> list[str]:
        """The names of all objects below a folder, sorted."""
        return sorted(
            str(entry["path"]) for chunk in obstore.list(self.store, prefix=prefix) for entry in chunk
        )

    def download(self, objects: Iterable[StoredObject], folder: Path) -> dict[str, Path]:
        """Copies objects into a local folder, verified; the file of each by its key."""
        folder.mkdir(parents=True, exist_ok=True)
        wanted = list(objects)

        def fetch(numbered: tuple[int, StoredObject]) -> Path:
            number, one = numbered
            # Keys are long and contain `=`: a flat numbered folder is within every file system's limits.
            path = folder / f"{number:05d}-{one.key.rsplit('/', 1)[-1]}"
            path.write_bytes(self.read_verified(one))
            return path

        with ThreadPoolExecutor(_PARALLEL) as pool:
            return dict(zip([one.key for one in wanted], pool.map(fetch, enumerate(wanted)), strict=True))


def open_zone(uri: str, *, region: str | None = None) -> Zone:
    """Opens a zone by its URI (`s3://`, `gs://`, `az://`, `file://`), credentials by the SDK's default chain.

    Args:
        uri: the zone's URI.
        region: where the bucket is, if it is not in the region that the process runs in.
    """
    uri = uri.rstrip("/")
    if not uri.startswith("s3://"):
        # `mkdir` is for folders, as tests use them.
        return Zone(uri, from_url(uri, mkdir=True) if uri.startswith("file://") else from_url(uri))
    # An endpoint given explicitly is one server with one region for all its buckets; AWS has one per region.
    one_server = "AWS_ENDPOINT_URL_S3" in os.environ or "AWS_ENDPOINT" in os.environ
    return Zone(uri, from_url(uri, region=region) if region and not one_server else from_url(uri))


def copy_verified(source: Zone, target: Zone, objects: Iterable[StoredObject]) -> int:
    """Copies objects between zones, each verified before and (if it was there) after; how many were new."""

    def copy(one: StoredObject) -> bool:
        body = source.read_verified(one)
        if target.create(one.key, body):
            return True
        target.read_verified(one)
        return False

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return sum(pool.map(copy, list(objects)))


def put_all(zone: Zone, bodies: Iterable[tuple[str, bytes]]) -> list[StoredObject]:
    """Writes immutable objects side by side."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(lambda item: zone.create_or_verify(*item), list(bodies)))


def sha256(body: bytes) -> str:
    """The checksum that batches and releases use."""
    return hashlib.sha256(body).hexdigest()
