"""What lies in a store: its releases, and how the pointer has moved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dags.bundle.sluice_bundle.manifest import ReleaseManifest
from dags.bundle.sluice_bundle.pointer import Move
from dags.bundle.sluice_bundle.store import ReleaseStore, is_complete, object_path
from releases.tree import dag_files


@dataclass(frozen=True)
class Listed:
    """A whole release in a store. Sizes are bytes, times ISO 8601."""

    release: str
    current: bool
    uploaded_at: str
    objects: int
    bytes: int
    shipped_at: str | None
    """When the pointer last named it, as far back as the history goes."""
    shipped_by: str | None
    action: str | None


def listed(store: ReleaseStore) -> list[Listed]:
    """The releases of a store, the newest first.

    Raises:
        ReleaseError: storage failed, or the pointer is damaged.
    """
    found = store.read_pointer()
    current = found.pointer.release if found else None
    moves = {move.release: move for move in reversed(_moves(store))}
    rows = []
    for release, entries in store.list_objects().items():
        if not is_complete(release, entries):
            continue
        move = moves.get(release)
        rows.append(
            Listed(
                release=release,
                current=release == current,
                uploaded_at=max(entry.modified for entry in entries).isoformat(timespec="seconds"),
                objects=len(entries),
                bytes=sum(entry.size for entry in entries),
                shipped_at=move.shipped_at if move else None,
                shipped_by=move.shipped_by if move else None,
                action=move.action if move else None,
            )
        )
    return sorted(rows, key=lambda row: (row.shipped_at or "", row.uploaded_at), reverse=True)


def history(store: ReleaseStore) -> list[dict[str, Any]]:
    """The moves of the pointer, the newest first.

    Raises:
        ReleaseError: storage failed, or the pointer is damaged.
    """
    return [asdict(move) for move in _moves(store)]


def described(store: ReleaseStore, release: str) -> dict[str, Any]:
    """What a release is made of, after every byte of it was read and found right.

    Raises:
        ReleaseError: it is not there, or not whole.
    """
    manifest = ReleaseManifest.from_bytes(store.fetch_manifest(release))
    for name in manifest.objects:
        store.fetch_object(release, name, manifest)
    return {
        "release": release,
        "airflow_version": manifest.airflow_version,
        "requirements_sha256": manifest.requirements_sha256,
        "files": len(manifest.files),
        "dag_files": dag_files(list(manifest.files)),
        "objects": {object_path(release, name): asdict(digest) for name, digest in manifest.objects.items()},
    }


def _moves(store: ReleaseStore) -> list[Move]:
    found = store.read_pointer()
    return [found.pointer.as_move(), *found.pointer.history] if found else []
