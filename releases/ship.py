"""Ships a release: upload, verify, move the pointer, see it served, or take it back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, ReleaseError, ReleaseMissing, StorageUnavailable
from dags.bundle.sluice_bundle.manifest import ReleaseManifest, is_release_id
from dags.bundle.sluice_bundle.pointer import Pointer
from dags.bundle.sluice_bundle.storage import ObjectStorage, Storage
from dags.bundle.sluice_bundle.store import PointerRead, ReleaseStore
from environments.problems import Exit, Refusal
from releases.build import Release, build
from releases.current import LostRace, move, whoami, withdraw
from releases.publish import Uploaded, publish
from releases.served import Airflow, AirflowAccess, AirflowDown, NotServed

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Shipped:
    """How a ship or a rollback ended well."""

    release: str
    previous: str | None
    moved: bool
    """False: it was the current release already."""
    uploaded_objects: int
    uploaded_bytes: int
    served: bool
    """Whether Airflow was asked and said so."""
    seconds: float


def ship_release(
    root: Path,
    store_uri: str,
    airflow: AirflowAccess | None,
    progress: Progress,
    *,
    by: str | None = None,
) -> Shipped:
    """Builds the checkout's release and makes it the one that Airflow serves.

    With `airflow` None the ship ends with the pointer, unproven. Nothing to do costs one request to
    storage.

    Raises:
        Refusal: the release cannot be built or stored, somebody else was faster, or Airflow does not
            serve it; the pointer is then back where it was.
    """
    release = build(root)
    with _refused("ship", store_uri):
        return ship_built(release, ObjectStorage(store_uri), airflow, progress, by=by)


def ship_built(
    release: Release,
    storage: Storage,
    airflow: AirflowAccess | None,
    progress: Progress,
    *,
    by: str | None = None,
) -> Shipped:
    """The same for a release that is built already.

    Raises:
        ReleaseError: storage failed.
        Refusal: Airflow does not serve the release.
    """
    started = time.monotonic()
    store = ReleaseStore(storage)
    found = store.read_pointer()
    before = found.pointer if found else None
    uploaded, moved = Uploaded(0, 0), None
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(Airflow(airflow)) if airflow else None
        if before and before.release == release.id:
            progress(f"release {release.id[:12]} is the current one already")
        else:
            if client:
                _must_answer(client)
            uploaded = publish(store, release, progress)
            moved = move(store, found, release.id, action="ship", by=by or whoami())
            progress(f"the pointer names release {release.id[:12]}")
        if client:
            _prove(client, release, lambda: _take_back(store, moved, before), progress)
    pointer = moved.pointer if moved else before
    return Shipped(
        release=release.id,
        previous=pointer.previous if pointer else None,
        moved=moved is not None,
        uploaded_objects=uploaded.objects,
        uploaded_bytes=uploaded.bytes,
        served=client is not None,
        seconds=time.monotonic() - started,
    )


def rollback(store_uri: str, *, to: str | None = None, by: str | None = None) -> Shipped:
    """Makes an earlier release the current one: the one before, or `to`. Verifies it in the store first.

    Raises:
        Refusal: there is none, it is not whole, or somebody else moved the pointer.
    """
    with _refused("roll back", store_uri):
        return rollback_in(ObjectStorage(store_uri), to=to, by=by)


def rollback_in(storage: Storage, *, to: str | None = None, by: str | None = None) -> Shipped:
    """The same on a storage that is open already.

    Raises:
        ReleaseError: storage failed, or there is nothing to go back to.
    """
    started = time.monotonic()
    store = ReleaseStore(storage)
    found = store.read_pointer()
    target = to or (found.pointer.previous if found else None)
    if found is None or target is None:
        raise ReleaseMissing("there is no earlier release to go back to")
    if not is_release_id(target):
        raise ReleaseMissing(f"{target!r} is not a release id; one is 64 hexadecimal digits")
    current = found.pointer.release
    if target != current:
        manifest = ReleaseManifest.from_bytes(store.fetch_manifest(target))
        for name in manifest.objects:
            store.fetch_object(target, name, manifest)
        move(store, found, target, action="rollback", by=by or whoami())
    return Shipped(
        release=target,
        previous=current,
        moved=target != current,
        uploaded_objects=0,
        uploaded_bytes=0,
        served=False,
        seconds=time.monotonic() - started,
    )


def _must_answer(client: Airflow) -> None:
    """An Airflow that is down cannot prove anything: say so before the pointer has moved."""
    try:
        client.note_known_errors()
    except AirflowDown as error:
        raise Refusal.because(
            f"nothing was shipped: {error}",
            remedy="start Airflow and ship again",
            exit_code=Exit.UNAVAILABLE,
        ) from None


def _prove(client: Airflow, release: Release, take_back: Callable[[], str], progress: Progress) -> None:
    try:
        client.wait(release, progress)
    except NotServed as error:
        raise Refusal.because(
            f"Airflow does not serve release {release.id[:12]}: {error}",
            remedy=f"{take_back()}; mend the cause and ship again",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except BaseException:
        # Interrupted while waiting: unproven is not shipped.
        progress(take_back())
        raise


def _take_back(store: ReleaseStore, moved: PointerRead | None, before: Pointer | None) -> str:
    """Undoes this ship's move, if it made one, and says how it stands."""
    if moved is None:
        return "it was the current release before, and still is"
    try:
        withdraw(store, moved, before)
    except LostRace as error:
        return f"the pointer was not moved back, because meanwhile {error}"
    except ReleaseError as error:
        return f"the pointer could not be moved back ({error}): run `sluice rollback`"
    release = before.release if before else None
    return f"the pointer is back at {f'release {release[:12]}' if release else 'no release'}"


@contextlib.contextmanager
def _refused(verb: str, store_uri: str) -> Iterator[None]:
    try:
        yield
    except LostRace as error:
        raise Refusal.because(
            f"could not {verb}: meanwhile {error}",
            remedy="look at what was shipped, then ship again if yours is still wanted",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except StorageUnavailable as error:
        raise Refusal.because(
            f"could not {verb}: {error}",
            remedy=f"check that {store_uri} is there, and your credentials; then run the same again",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    except ReleaseDamaged as error:
        raise Refusal.because(
            f"could not {verb}: {error}",
            remedy="somebody wrote over it: delete that object in the store, then run the same again",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except ReleaseError as error:
        raise Refusal.because(f"could not {verb}: {error}", exit_code=Exit.BAD_INPUT) from None
