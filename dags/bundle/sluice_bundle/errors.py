"""What can go wrong between a release in object storage and its files on disk."""

from __future__ import annotations


class ReleaseError(Exception):
    """A release cannot be served; the message says which and why."""


class ReleaseMissing(ReleaseError):
    """The release, or a part of it, is not in the store."""


class ReleaseDamaged(ReleaseError):
    """Bytes are there, but they are not the ones that the release's manifest names."""


class StorageUnavailable(ReleaseError):
    """Object storage, or the local disk, did not do what was asked of it."""


class AlreadyThere(ReleaseError):
    """A create-only write met an object of that name."""


class Superseded(ReleaseError):
    """A compare-and-swap met another version of the object than the expected one."""
