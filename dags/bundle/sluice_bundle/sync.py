"""Brings a release from the store into the cache."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import ReleaseDamaged, ReleaseError, ReleaseMissing, StorageUnavailable
from .manifest import ReleaseManifest
from .storage import ObjectStorage
from .store import ReleaseStore
from .unpack import unpack, verify

_KINDS: dict[str, type[ReleaseError]] = {
    kind.__name__: kind for kind in (ReleaseMissing, ReleaseDamaged, StorageUnavailable, ReleaseError)
}
TIMEOUT_SECONDS = 180


@dataclass(frozen=True)
class Current:
    """What the store says is current: `shipped` is False where there is no pointer at all."""

    shipped: bool
    release: str | None


def bring(store: ReleaseStore, release: str, cache: Path) -> Path:
    """Makes sure that the release is unpacked in the cache and whole to the last byte.

    Raises:
        ReleaseError: it cannot be had; what the cache held before is still there.
    """
    with contextlib.suppress(ReleaseDamaged):
        verify(cache / release, release)
        return cache / release
    manifest_bytes = store.fetch_manifest(release)
    archives = store.fetch_archives(release, ReleaseManifest.from_bytes(manifest_bytes))
    return unpack(manifest_bytes, archives, cache)


def bring_current(store: ReleaseStore, cache: Path, have: str | None) -> Current:
    """Reads the pointer and brings what it names, unless that is what the caller has already."""
    found = store.read_pointer()
    if found is None:
        return Current(shipped=False, release=None)
    release = found.pointer.release
    if release is not None and release != have:
        bring(store, release, cache)
    return Current(shipped=True, release=release)


def run_apart(uri: str, cache: Path, *, release: str | None = None, have: str | None = None) -> Current:
    """The same, in a process of its own.

    obstore's threads do not survive a fork: a child of a process that has used it hangs at its first
    request. Airflow's DAG processor forks for every file that it parses, and callbacks run in those
    children, so its main process must never have touched obstore.

    Raises:
        ReleaseError: what went wrong over there.
    """
    # -P keeps the working folder, which may hold anything, off the child's sys.path.
    command = [sys.executable, "-P", "-m", "sluice_bundle", uri, str(cache), release or "", have or ""]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageUnavailable(f"could not bring a release from {uri}: {error}") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        raise StorageUnavailable(
            f"the process that brings releases from {uri} ended with {done.returncode}: {reason}"
        ) from None
    if "error" in answer:
        raise _KINDS.get(answer["kind"], ReleaseError)(answer["error"])
    return Current(shipped=answer["shipped"], release=answer["release"])


def main(arguments: list[str]) -> int:
    """The other end of `run_apart`: one line of JSON on standard output."""
    uri, folder, release, have = arguments
    cache = Path(folder)
    try:
        store = ReleaseStore(ObjectStorage(uri))
        if release:
            bring(store, release, cache)
            current = Current(shipped=True, release=release)
        else:
            current = bring_current(store, cache, have or None)
    except ReleaseError as error:
        print(json.dumps({"error": str(error), "kind": type(error).__name__}))
        return os.EX_UNAVAILABLE
    print(json.dumps(vars(current)))
    return os.EX_OK
