"""Brings what one environment serves to another: the same bytes, never built anew."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dags.bundle.sluice_bundle.errors import ReleaseMissing
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.problems import Exit, Problem, Refusal
from releases.airflow_api import Access, AirflowApi, AirflowDown
from releases.fetch import fetch
from releases.green import reds
from releases.refusals import refused
from releases.ship import Shipped, deliver
from releases.targets import Target


def promote(
    source: Target,
    destination: Target,
    progress: Callable[[str], None],
    *,
    excused: Collection[str] = (),
    by: str | None = None,
) -> Shipped:
    """Ships the source's current release to the destination.

    Raises:
        Refusal: the source has not run it green, it is not whole, or the destination does not take it.
    """
    with refused(f"read from {source.name}", source.store):
        store = ReleaseStore(ObjectStorage(source.store))
        found = store.read_pointer()
        if found is None or found.pointer.release is None:
            raise ReleaseMissing(f"nothing was shipped to {source.name}")
        release = fetch(store, found.pointer.release)
    _must_be_green(source, release.id, excused)
    action = f"promote from {source.name}"
    if excused:
        action += f", not asked to have run there: {', '.join(sorted(excused))}"
    retain = destination.environment.releases.retain
    return deliver(
        release, destination.store, destination.airflow, progress, by=by, retain=retain, action=action
    )


def _must_be_green(source: Target, release: str, excused: Collection[str]) -> None:
    airflow = _known(source)
    try:
        found = reds(AirflowApi(airflow), release, excused=excused)
    except AirflowDown as error:
        raise Refusal.because(
            f"it cannot be known whether {source.name} has run release {release[:12]} green: {error}",
            remedy=f"start {source.name}'s Airflow and promote again",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    if found:
        head = Problem(f"{source.name} has not run release {release[:12]} green:")
        remedy = "run it there first; a DAG that cannot run there yet is named with --not-run"
        raise Refusal(
            head,
            *(Problem(f"  {red}") for red in found[:-1]),
            Problem(f"  {found[-1]}", remedy=remedy),
            exit_code=Exit.CHECK_SAID_NO,
        )


def _known(source: Target) -> Access:
    if source.airflow is None:
        raise Refusal.because(
            f"it is not known how to ask {source.name}'s Airflow what it has run",
            remedy="promote from an environment whose Airflow is MWAA, Composer or local",
        )
    return source.airflow
