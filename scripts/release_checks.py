"""`sluice release diff` and `sluice release gate`: what a release would change, and whether it may ship."""

from __future__ import annotations

import json as json_format
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.targets import Destination

if TYPE_CHECKING:
    from releases.contents import Contents
    from releases.gate.invoke import Judged
    from releases.targets import Target

CHECKOUT, CURRENT = "checkout", "current"


class Format(StrEnum):
    """What `--format` takes."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


Formatted = Annotated[Format, typer.Option("--format", help="How to report.")]


def diff(
    before: Annotated[
        str, typer.Argument(help="`current`, `checkout`, or an id or its first digits.")
    ] = CURRENT,
    after: Annotated[str, typer.Argument(help="The same.")] = CHECKOUT,
    environment: Annotated[str, typer.Option("--in", help="The environment whose store has them.")] = "local",
    format: Formatted = Format.TERMINAL,
) -> None:
    """Compare two releases by what they do: DAGs, tasks, Spark jobs, SQL, contracts, requirements.

    Exit code 0, whatever differs; `sluice release gate` says whether it may ship.
    """
    from releases.diff import compare
    from releases.diff.render import lines, markdown

    old, new = _contents(before, environment), _contents(after, environment)
    changes = compare(old, new)
    if format is Format.JSON:
        rows = [change.as_json() for change in changes]
        typer.echo(json_format.dumps({"before": old.name, "after": new.name, "changes": rows}, indent=2))
    elif format is Format.MARKDOWN:
        typer.echo(markdown(old.name, new.name, changes), nl=False)
    else:
        typer.echo("\n".join(lines(old.name, new.name, changes)))


def gate(environment: Destination, format: Formatted = Format.TERMINAL) -> None:
    """Judge whether the checkout's release may ship to an environment, and say what it would change there.

    Exit code 0: it may; 1: it may not; 2: it cannot be built; 3: a tool is missing.
    """
    from environments import places
    from environments.problems import Exit
    from releases.build import build
    from releases.gate.target import judge, stopping
    from releases.targets import find

    target = find(environment)
    judged = judge(build(places.ROOT), target, places.ROOT)
    _report(judged, target, format)
    if stopping(judged, target):
        raise typer.Exit(Exit.CHECK_SAID_NO)


def _report(judged: Judged, target: Target, format: Format) -> None:
    from releases.diff.render import lines, markdown
    from releases.gate.target import stopping

    stop = stopping(judged, target)
    if format is Format.JSON:
        document = {
            "environment": target.name,
            "may_ship": not stop,
            "findings": [finding.as_json() for finding in judged.findings],
            "changes": [change.as_json() for change in judged.changes],
        }
        typer.echo(json_format.dumps(document, indent=2))
        return
    verdict = "may not ship" if stop else "may ship"
    if format is Format.MARKDOWN:
        typer.echo(markdown(target.name, "this change", judged.changes))
        typer.echo(f"**The release {verdict} to `{target.name}`**\n")
        for finding in judged.findings:
            typer.echo(f"- {' '.join(str(finding).split())}")
        return
    for finding in judged.findings:
        typer.echo(f"{'✗' if finding in stop else '!'} {finding}")
    typer.echo("\n".join(lines(target.name, "this release", judged.changes)))
    typer.echo(f"The release {verdict} to {target.name}.")


def _contents(named: str, environment: str) -> Contents:
    """The contents of a release as a person names it."""
    from dags.bundle.sluice_bundle.errors import ReleaseMissing
    from dags.bundle.sluice_bundle.storage import ObjectStorage
    from dags.bundle.sluice_bundle.store import ReleaseStore
    from environments import places
    from releases.build import build
    from releases.contents import describe
    from releases.fetch import fetch
    from releases.refusals import refused
    from releases.rollback import whole_id
    from releases.targets import find

    if named == CHECKOUT:
        return describe(CHECKOUT, build(places.ROOT).files)
    target = find(environment)
    with refused("look", target.store):
        store = ReleaseStore(ObjectStorage(target.store))
        found = store.read_pointer()
        chosen = (found.pointer.release if found else None) if named == CURRENT else whole_id(store, named)
        if chosen is None:
            raise ReleaseMissing(f"{environment} has no current release")
        files = fetch(store, chosen).files
    return describe(chosen[:12], files)
