"""`sluice ship ENV`, `sluice rollback ENV`, `sluice promote SRC DST`: what is served, and nothing half."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.targets import Destination

if TYPE_CHECKING:
    from releases.build import Release
    from releases.ship import Shipped
    from releases.targets import Target

Unproven = Annotated[
    bool, typer.Option("--unproven", help="End with the pointer: do not ask Airflow whether it serves it.")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def ship(environment: Destination, unproven: Unproven = False, json: Json = False) -> None:
    """Build the checkout's release, gate it, put it where the environment serves from, and see it served.

    Exit code 0: served; 1: the gate says no, or it is not served and the pointer is back, or somebody else was
    faster; 2: it cannot be built; 3: storage or Airflow is not available.
    """
    from environments import places
    from releases.build import build
    from releases.ship import deliver

    target = _target(environment, unproven)
    airflow = None if unproven else target.airflow
    retain = target.environment.releases.retain
    release = build(places.ROOT)
    _gate(release, target)
    _told(deliver(release, target.store, airflow, say, retain=retain), environment, json)


def rollback(
    environment: Destination,
    to: Annotated[
        str | None, typer.Option(help="The release: its id, or the first 6 or more digits of it.")
    ] = None,
    unproven: Unproven = False,
    json: Json = False,
) -> None:
    """Make the release before, or another one that is still there, the current one.

    The pointer moves at once; then Airflow is asked until it serves it. Exit code 1: it does not yet.
    """
    from releases.rollback import rollback as go_back

    target = _target(environment, unproven)
    _told(go_back(target.store, None if unproven else target.airflow, say, to=to), environment, json)


def promote(
    source: Destination,
    destination: Destination,
    not_run: Annotated[
        list[str] | None, typer.Option("--not-run", help="A DAG that need not have run in the source.")
    ] = None,
    json: Json = False,
) -> None:
    """Ship what SOURCE serves to DESTINATION, the same bytes, if SOURCE has run it green.

    Green: of each DAG, the run that ended last on this release succeeded.
    """
    from releases import promote as promotion
    from releases.targets import find

    there = _target(destination, unproven=False)
    _told(promotion.promote(find(source), there, say, excused=not_run or ()), destination, json)


def say(line: str) -> None:
    """Progress goes to standard error."""
    print(line, file=sys.stderr, flush=True)


def _target(environment: str, unproven: bool) -> Target:
    from environments.problems import Refusal
    from releases.targets import find

    target = find(environment)
    if target.airflow is None and not unproven:
        raise Refusal.because(
            f"it is not known how to ask the Airflow of {environment} what it serves",
            remedy="--unproven moves the pointer without asking",
        )
    return target


def _gate(release: Release, target: Target) -> None:
    """Nothing is uploaded before every check has passed; what could not be looked at is said.

    Raises:
        Refusal: a finding stops the ship.
    """
    from environments import places
    from environments.problems import Exit, Location, Problem, Refusal
    from releases.gate.target import judge, stopping

    judged = judge(release, target, places.ROOT)
    stop = stopping(judged, target)
    for finding in judged.findings:
        if finding not in stop:
            say(f"! {finding}")
    if stop:
        problems = [
            Problem(
                f"{finding.what} [{finding.rule}]",
                Location(Path(finding.file), finding.line) if finding.file else None,
                finding.remedy,
            )
            for finding in stop
        ]
        raise Refusal(*problems, exit_code=Exit.CHECK_SAID_NO)


def _told(shipped: Shipped, environment: str, json: bool) -> None:
    if json:
        typer.echo(json_format.dumps({"environment": environment, **asdict(shipped)}, indent=2))
        return
    state = "served" if shipped.served else "current"
    before = f", before it {shipped.previous[:12]}" if shipped.previous and shipped.moved else ""
    typer.echo(f"{environment}: release {shipped.release[:12]} is {state}{before} ({shipped.seconds:.1f} s)")
    if shipped.uploaded_objects:
        typer.echo(f"  {shipped.uploaded_objects} objects, {shipped.uploaded_bytes:,} bytes uploaded")
    for gone in shipped.retired:
        typer.echo(f"  {gone[:12]} was deleted: nobody needs it any more")
