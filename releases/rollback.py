"""Makes an earlier release the current one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from dags.bundle.sluice_bundle.errors import ReleaseMissing
from dags.bundle.sluice_bundle.manifest import ReleaseManifest, is_release_id
from dags.bundle.sluice_bundle.storage import ObjectStorage, Storage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.problems import Exit, Refusal
from releases.airflow_api import Access, AirflowApi, NotServed
from releases.current import move, read_to_move, whoami, withdraw
from releases.refusals import refused
from releases.served import Proof
from releases.ship import Shipped

_SHORTEST_ID = 6


def rollback(
    store_uri: str,
    airflow: Access | None = None,
    progress: Callable[[str], None] = lambda line: None,
    *,
    to: str | None = None,
    by: str | None = None,
) -> Shipped:
    """Makes the release before, or `to`, the current one, after verifying it in the store.

    The pointer moves first and stays moved, whatever Airflow says: who goes back has a reason. With
    `airflow`, the end is waited for.

    Raises:
        Refusal: there is none, it is not whole, somebody else moved the pointer, or Airflow does not serve
            it (yet).
    """
    started = time.monotonic()
    with refused("roll back", store_uri):
        storage = ObjectStorage(store_uri)
        back = rollback_in(storage, to=to, by=by)
        manifest = ReleaseManifest.from_bytes(ReleaseStore(storage).fetch_manifest(back.release))
    if airflow is None:
        return back
    progress(f"the pointer names release {back.release[:12]}")
    try:
        Proof(AirflowApi(airflow)).wait(manifest, progress)
    except NotServed as error:
        raise Refusal.because(
            f"the pointer is back at release {back.release[:12]}, but it is not served yet: {error}",
            remedy="Airflow takes it over as soon as it can; `sluice release show` says what is current",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    return replace(back, served=True, seconds=time.monotonic() - started)


def serve_nothing(store_uri: str, *, by: str | None = None) -> None:
    """Leaves no release current: Airflow then deactivates every DAG. The releases stay in the store.

    Raises:
        Refusal: storage failed, or somebody else moved the pointer.
    """
    with refused("withdraw", store_uri):
        store = ReleaseStore(ObjectStorage(store_uri))
        found = read_to_move(store, lambda line: None)
        if found and found.pointer.release is not None:
            move(store, found, None, action="destroy", by=by or whoami())


def rollback_in(storage: Storage, *, to: str | None = None, by: str | None = None) -> Shipped:
    """The same on a storage that is open already, without asking Airflow. Takes no lease: it must not wait.

    Raises:
        ReleaseError: storage failed, or there is nothing to go back to.
    """
    started = time.monotonic()
    store = ReleaseStore(storage)
    found = read_to_move(store, lambda line: None)
    target = whole_id(store, to) if to else (found.pointer.previous if found else None)
    if found is None or target is None:
        raise ReleaseMissing("there is no earlier release to go back to")
    current = found.pointer.release
    if target != current:
        manifest = ReleaseManifest.from_bytes(store.fetch_manifest(target))
        for name in manifest.objects:
            store.fetch_object(target, name, manifest)
        moved = move(store, found, target, action="rollback", by=by or whoami())
        try:
            # A shipper's clearing-out may have taken it between the check and the move.
            store.fetch_manifest(target)
        except ReleaseMissing:
            withdraw(store, moved, found.pointer)
            raise
    return Shipped(
        release=target,
        previous=current,
        moved=target != current,
        uploaded_objects=0,
        uploaded_bytes=0,
        served=False,
        seconds=time.monotonic() - started,
    )


def whole_id(store: ReleaseStore, given: str) -> str:
    """The id of the one release in the store that begins like this.

    Raises:
        ReleaseMissing: none does, or several do.
    """
    if is_release_id(given):
        return given
    if len(given) < _SHORTEST_ID or not is_release_id(given.ljust(64, "0")):
        raise ReleaseMissing(
            f"{given!r} is not a release id; one is 64 hexadecimal digits, and the first {_SHORTEST_ID} do"
        )
    found = [release for release in store.list_releases() if release.startswith(given)]
    if len(found) != 1:
        raise ReleaseMissing(
            f"{len(found)} releases in the store begin with {given}"
            if found
            else f"{given} is not in the store"
        )
    return found[0]
