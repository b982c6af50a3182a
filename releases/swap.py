"""Compare-and-swap of one object, settled also when the answer gets lost."""

from __future__ import annotations

import contextlib

from dags.bundle.sluice_bundle.errors import AlreadyThere, ReleaseError, StorageUnavailable, Superseded
from dags.bundle.sluice_bundle.storage import Storage, Stored, Version


class Outrun(Exception):
    """Somebody else wrote the object first; `found` is what is there now."""

    def __init__(self, found: Stored | None) -> None:
        super().__init__("somebody else wrote the object first")
        self.found = found


def swap(storage: Storage, path: str, data: bytes, expected: Version | None) -> Version:
    """Writes an object that must still be of that version, or with None must not be there.

    `data` must be like nobody else's and no earlier one: that is how a writer whose answer was lost knows
    its own write.

    Raises:
        Outrun: it is not.
        StorageUnavailable: storage failed, and at last look nothing was written by this call.
    """
    try:
        if expected is None:
            return storage.create(path, data)
        return storage.replace(path, data, expected)
    except (Superseded, AlreadyThere, StorageUnavailable) as error:
        return _settle(storage, path, data, error)


def _settle(storage: Storage, path: str, data: bytes, error: ReleaseError) -> Version:
    found, looked = None, False
    with contextlib.suppress(StorageUnavailable):
        found, looked = storage.get(path), True
    if found and found.data == data:
        return found.version
    if looked and not isinstance(error, StorageUnavailable):
        raise Outrun(found) from None
    raise error
