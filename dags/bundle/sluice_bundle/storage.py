"""Object storage as releases need it: read, create only, compare and swap, list, delete.

One implementation over obstore for S3, Cloud Storage, Azure and `file:///`. Credentials and endpoints
come from each SDK's default chain.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import LocalStore, from_url

from .errors import AlreadyThere, StorageUnavailable, Superseded

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore


# An empty object that is written to learn the server's time, and never read.
CLOCK = "CLOCK"


@dataclass(frozen=True)
class Version:
    """Which version of an object was read; stores differ in which of the two they go by."""

    e_tag: str | None
    version: str | None

    def as_mode(self) -> UpdateVersion:
        """As the condition of a write; obstore takes no None in it."""
        mode: UpdateVersion = {}
        if self.e_tag is not None:
            mode["e_tag"] = self.e_tag
        if self.version is not None:
            mode["version"] = self.version
        return mode


@dataclass(frozen=True)
class Stored:
    """An object as it was read; `modified` is when it was written, by the server's clock."""

    data: bytes
    version: Version
    modified: datetime


@dataclass(frozen=True)
class Entry:
    """One line of a listing."""

    path: str
    size: int
    modified: datetime


class Storage(Protocol):
    """What the release code asks of object storage."""

    def get(self, path: str) -> Stored | None:
        """The whole object, or None where there is none."""

    def create(self, path: str, data: bytes) -> Version:
        """Writes an object that must not be there yet, else AlreadyThere."""

    def replace(self, path: str, data: bytes, expected: Version) -> Version:
        """Writes an object that must still be of that version, else Superseded."""

    def list(self, prefix: str) -> list[Entry]:
        """All objects below the prefix (a folder name), sorted by path."""

    def delete(self, path: str) -> None:
        """Deletes an object; one that is not there is fine."""

    def server_time(self) -> datetime:
        """What time it is for the server, to a second or two."""


class ObjectStorage:
    """`Storage` over a bucket, container or folder given as a URI. Counts its requests."""

    def __init__(self, uri: str, *, patience: timedelta = timedelta(seconds=10)) -> None:
        self.uri = uri
        self.requests = 0
        self._folder: Path | None = None
        with _translated(uri):
            if uri.startswith("file:"):
                self._folder = Path(unquote(urlsplit(uri).path))
                self._store: ObjectStore = LocalStore(self._folder, mkdir=True)
            else:
                # The client's options stay at their defaults: giving any of them switches off what the
                # environment says, such as AWS_ALLOW_HTTP.
                self._store = from_url(uri, retry_config={"max_retries": 4, "retry_timeout": patience})

    def get(self, path: str) -> Stored | None:
        """See Storage."""
        self.requests += 1
        with _translated(f"read {path} in {self.uri}"):
            try:
                result = obstore.get(self._store, path)
                data = bytes(result.bytes())
            except FileNotFoundError:
                return None
            meta = result.meta
            return Stored(data, Version(meta["e_tag"], meta["version"]), meta["last_modified"])

    def create(self, path: str, data: bytes) -> Version:
        """See Storage."""
        self.requests += 1
        with _translated(f"write {path} in {self.uri}"):
            try:
                result = obstore.put(self._store, path, data, mode="create")
            except AlreadyExistsError:
                raise AlreadyThere(f"{path} is already in {self.uri}") from None
            return Version(result["e_tag"], result["version"])

    def replace(self, path: str, data: bytes, expected: Version) -> Version:
        """See Storage."""
        self.requests += 1
        with _translated(f"write {path} in {self.uri}"):
            if self._folder is not None:
                return self._replace_in_folder(self._folder, path, data, expected)
            try:
                result = obstore.put(self._store, path, data, mode=expected.as_mode())
            except (PreconditionError, FileNotFoundError):
                raise Superseded(f"{path} in {self.uri} was changed by somebody else") from None
            return Version(result["e_tag"], result["version"])

    def _replace_in_folder(self, folder: Path, path: str, data: bytes, expected: Version) -> Version:
        # A plain folder knows no conditional writes; a lock among this machine's processes stands in.
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                found = obstore.head(self._store, path)["e_tag"]
            except FileNotFoundError:
                found = None
            if found != expected.e_tag:
                raise Superseded(f"{path} in {self.uri} was changed by somebody else")
            result = obstore.put(self._store, path, data)
            return Version(result["e_tag"], result["version"])

    def list(self, prefix: str) -> list[Entry]:
        """See Storage."""
        self.requests += 1
        with _translated(f"list {prefix} in {self.uri}"):
            found = [
                Entry(meta["path"], meta["size"], meta["last_modified"])
                for chunk in obstore.list(self._store, prefix)
                for meta in chunk
            ]
        return sorted(found, key=lambda entry: entry.path)

    def delete(self, path: str) -> None:
        """See Storage."""
        self.requests += 1
        with _translated(f"delete {path} in {self.uri}"):
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                return

    def server_time(self) -> datetime:
        """See Storage. No store says the time by itself, but each says when an object was written."""
        self.requests += 2
        with _translated(f"write {CLOCK} in {self.uri}"):
            obstore.put(self._store, CLOCK, b"")
            return obstore.head(self._store, CLOCK)["last_modified"]


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        # obstore appends pages of debug output after a blank line.
        reason = str(error).split("\n\n", 1)[0].strip()
        raise StorageUnavailable(f"could not {doing}: {reason}") from error
