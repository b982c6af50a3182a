"""Which releases may leave the store, and their leaving."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME
from dags.bundle.sluice_bundle.pointer import Pointer
from dags.bundle.sluice_bundle.storage import Entry
from dags.bundle.sluice_bundle.store import ReleaseStore, is_complete, object_path

# Younger ones may be in the middle of being shipped: their pointer is yet to be moved.
GRACE = timedelta(days=1)


def needed(pointer: Pointer, keep: int) -> set[str]:
    """The current release and the last `keep` different ones before it."""
    past = dict.fromkeys(
        release
        for release in (pointer.previous, *(entry.release for entry in pointer.history))
        if release is not None and release != pointer.release
    )
    return {*list(past)[:keep], *([pointer.release] if pointer.release else [])}


def retire(
    store: ReleaseStore, *, keep: int, in_use: Collection[str] = (), grace: timedelta | None = None
) -> list[str]:
    """Deletes releases that nobody needs and returns their ids.

    Kept are: the current one, the last `keep` before it, those `in_use` by a run in flight, and whatever
    was uploaded within the grace period (GRACE). Where the history is too short to name `keep` of them, the newest
    others stay in their place. Half-uploaded ones of a shipper that died go too.

    Raises:
        ReleaseError: storage failed; what is deleted by then is deleted whole or no longer listed.
    """
    found = store.read_pointer()
    if found is None:
        return []
    kept = needed(found.pointer, keep)
    short = keep - len(kept - {found.pointer.release})
    kept |= set(in_use)
    objects = store.list_objects()
    kept |= set(_newest(objects, kept)[:short])
    newest_to_go = datetime.now(UTC) - (GRACE if grace is None else grace)
    retired = [
        release
        for release, entries in objects.items()
        if release not in kept and _uploaded(entries) <= newest_to_go
    ]
    for release in retired:
        # The manifest first: without it the release is not one any more, so nobody meets half of it.
        manifest = object_path(release, MANIFEST_NAME)
        for path in sorted((entry.path for entry in objects[release]), key=lambda path: path != manifest):
            store.storage.delete(path)
    return retired


def _newest(objects: Mapping[str, list[Entry]], kept: Collection[str]) -> list[str]:
    whole = [
        release
        for release, entries in objects.items()
        if release not in kept and is_complete(release, entries)
    ]
    return sorted(whole, key=lambda release: _uploaded(objects[release]), reverse=True)


def _uploaded(entries: list[Entry]) -> datetime:
    return max(entry.modified for entry in entries)
