"""Ships a release: upload, verify, move the pointer, see it served, or take it back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.manifest import ReleaseManifest
from dags.bundle.sluice_bundle.pointer import Pointer
from dags.bundle.sluice_bundle.storage import ObjectStorage, Storage
from dags.bundle.sluice_bundle.store import PointerRead, ReleaseStore
from environments.problems import Exit, Refusal
from releases.airflow_api import Access, AirflowApi, AirflowDown, NotServed
from releases.build import Release, build
from releases.current import LostRace, move, must_still_be, read_to_move, whoami, withdraw
from releases.lease import TERM, Lease, LeaseHeld
from releases.publish import Uploaded, publish
from releases.refusals import refused
from releases.retention import retire
from releases.served import Proof

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Shipped:
    """How a ship, a promotion or a roll-back ended well."""

    release: str
    previous: str | None
    moved: bool
    """False: it was the current release already."""
    uploaded_objects: int
    uploaded_bytes: int
    served: bool
    """Whether Airflow was asked and said so."""
    seconds: float
    retired: tuple[str, ...] = ()
    """Releases that nobody needs any more and that were deleted."""


def ship_release(
    root: Path,
    store_uri: str,
    airflow: Access | None,
    progress: Progress,
    *,
    by: str | None = None,
    retain: int | None = None,
) -> Shipped:
    """Builds the checkout's release and delivers it.

    Raises:
        Refusal: it cannot be built, and as `deliver` does.
    """
    return deliver(build(root), store_uri, airflow, progress, by=by, retain=retain)


def deliver(
    release: Release,
    store_uri: str,
    airflow: Access | None,
    progress: Progress,
    *,
    by: str | None = None,
    retain: int | None = None,
    action: str = "ship",
) -> Shipped:
    """Makes a release the one that Airflow serves; `action` is how the history calls it.

    With `airflow` None it ends with the pointer, unproven. Nothing to do costs one request to storage. With
    `retain`, releases beyond that many past ones are deleted, unless a run needs them.

    Raises:
        Refusal: the release cannot be stored, somebody else was faster, or Airflow does not serve it; the
            pointer is then back where it was.
    """
    with refused(action, store_uri):
        storage = ObjectStorage(store_uri)
        shipped = ship_built(release, storage, airflow, progress, by=by, action=action)
        if not shipped.moved or airflow is None or retain is None:
            return shipped
        return replace(shipped, retired=_clear_out(ReleaseStore(storage), airflow, retain, progress))


def ship_built(
    release: Release,
    storage: Storage,
    airflow: Access | None,
    progress: Progress,
    *,
    by: str | None = None,
    action: str = "ship",
    term: timedelta = TERM,
) -> Shipped:
    """The same on a storage that is open already; nothing is cleared out.

    Raises:
        ReleaseError: storage failed.
        Refusal: Airflow does not serve the release.
    """
    started, by = time.monotonic(), by or whoami()
    store = ReleaseStore(storage)
    found = read_to_move(store, progress)
    before = found.pointer if found else None
    uploaded, moved = Uploaded(0, 0), None
    proof = Proof(AirflowApi(airflow)) if airflow else None
    with contextlib.ExitStack() as stack:
        if before and before.release == release.id:
            progress(f"release {release.id[:12]} is the current one already")
        else:
            if proof:
                _must_answer(proof)
            doing = f"{action} {release.id[:12]}"
            lease = _take(Lease(storage, by, doing, term=term, progress=progress), store, found, stack)
            uploaded = publish(store, release, progress)
            lease.must_hold()
            moved = move(store, found, release.id, action=action, by=by)
            progress(f"the pointer names release {release.id[:12]}")
        if proof:
            _prove(proof, release.manifest, lambda: _take_back(store, moved, before), progress)
    pointer = moved.pointer if moved else before
    return Shipped(
        release=release.id,
        previous=pointer.previous if pointer else None,
        moved=moved is not None,
        uploaded_objects=uploaded.objects,
        uploaded_bytes=uploaded.bytes,
        served=proof is not None,
        seconds=time.monotonic() - started,
    )


def _clear_out(store: ReleaseStore, airflow: Access, retain: int, progress: Progress) -> tuple[str, ...]:
    """Deletes what nobody needs any more. What prevents that is said and does not undo a ship."""
    try:
        return tuple(retire(store, keep=retain, in_use=AirflowApi(airflow).in_flight()))
    except (AirflowDown, ReleaseError) as error:
        progress(f"old releases were left where they are: {error}")
        return ()


def _take(lease: Lease, store: ReleaseStore, found: PointerRead | None, stack: contextlib.ExitStack) -> Lease:
    """Takes the lease; who waited for it in vain is told who moved the pointer meanwhile."""
    try:
        stack.enter_context(lease)
    except LeaseHeld:
        must_still_be(store, found)
        raise
    if lease.waited:
        must_still_be(store, found)
    return lease


def _must_answer(proof: Proof) -> None:
    """An Airflow that is down cannot prove anything: say so before the pointer has moved."""
    try:
        proof.note_known_errors()
    except AirflowDown as error:
        raise Refusal.because(
            f"nothing was shipped: {error}",
            remedy="start Airflow and ship again",
            exit_code=Exit.UNAVAILABLE,
        ) from None


def _prove(proof: Proof, manifest: ReleaseManifest, take_back: Callable[[], str], progress: Progress) -> None:
    try:
        proof.wait(manifest, progress)
    except NotServed as error:
        raise Refusal.because(
            f"Airflow does not serve release {manifest.id[:12]}: {error}",
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
    if before and before.damaged:
        return "the pointer stays, because what it named before is not known: `sluice rollback --to` moves it"
    try:
        withdraw(store, moved, before)
    except LostRace as error:
        return f"the pointer was not moved back, because meanwhile {error}"
    except ReleaseError as error:
        return f"the pointer could not be moved back ({error}): run `sluice rollback`"
    release = before.release if before else None
    return f"the pointer is back at {f'release {release[:12]}' if release else 'no release'}"
