"""`sluice release …`: what a release is, and what lies in an environment's store."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts import release_checks
from scripts.ship import say
from scripts.targets import Destination

if TYPE_CHECKING:
    from dags.bundle.sluice_bundle.store import ReleaseStore

app = typer.Typer(help="Looks at releases.", no_args_is_help=True)
app.command("diff")(release_checks.diff)
app.command("gate")(release_checks.gate)
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command()
def build(
    output: Annotated[
        Path | None, typer.Option(help="A folder: the objects are written there, as in a store.")
    ] = None,
    json: Json = False,
) -> None:
    """Build the checkout's release: the same sources always give the same id."""
    from environments import places
    from releases.build import build as build_release

    release = build_release(places.ROOT)
    if output is not None:
        _write(output, release)
    row = {
        "release": release.id,
        "airflow_version": release.manifest.airflow_version,
        "files": len(release.manifest.files),
        "dag_files": release.dag_files,
        "bytes": sum(map(len, release.objects.values())),
    }
    if json:
        typer.echo(json_format.dumps(row, indent=2))
        return
    typer.echo(
        f"{row['release']}\n  {row['files']} files, {row['bytes']:,} bytes, for Airflow {row['airflow_version']}"
    )
    for file in release.dag_files:
        typer.echo(f"  {file}")


@app.command("list")
def list_(environment: Destination, json: Json = False) -> None:
    """List the releases in an environment's store, the newest first."""
    from dataclasses import asdict

    from releases.shelf import listed

    rows = [asdict(row) for row in _asked(environment, listed)]
    columns = ("release", "current", "uploaded_at", "bytes", "shipped_at", "shipped_by", "action")
    _table(rows, json, columns)


@app.command()
def show(
    environment: Destination,
    release: Annotated[
        str | None, typer.Argument(help="Its id or the first digits of it; the current one by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what a release is made of, after reading and verifying every byte of it."""
    from dags.bundle.sluice_bundle.errors import ReleaseMissing
    from releases.rollback import whole_id
    from releases.shelf import described

    def ask(store: ReleaseStore) -> dict[str, Any]:
        found = store.read_pointer()
        chosen = whole_id(store, release) if release else (found.pointer.release if found else None)
        if chosen is None:
            raise ReleaseMissing(f"{environment} has no current release")
        return {**described(store, chosen), "current": bool(found and found.pointer.release == chosen)}

    row = _asked(environment, ask)
    if json:
        typer.echo(json_format.dumps(row, indent=2))
        return
    typer.echo(f"{row['release']}{' (current)' if row['current'] else ''}: whole, every byte verified")
    typer.echo(f"  for Airflow {row['airflow_version']}, requirements {row['requirements_sha256'][:12]}")
    for path, digest in row["objects"].items():
        typer.echo(f"  {digest['size']:>10,}  {path}")
    for file in row["dag_files"]:
        typer.echo(f"  {file}")


@app.command()
def history(environment: Destination, json: Json = False) -> None:
    """Show how the pointer has moved, the newest first: ships, promotions, roll-backs, withdrawals."""
    from releases.shelf import history as moves

    _table(_asked(environment, moves), json, ("shipped_at", "action", "release", "shipped_by"))


@app.command()
def requirements(
    environment: Destination,
    back: Annotated[bool, typer.Option("--back", help="Those of before, instead of the checkout's.")] = False,
    json: Json = False,
) -> None:
    """Have a managed Airflow install the checkout's requirements and plugins: slow, and apart from ships.

    Exit code 1: the gate of this lane, or the service, says no; the service then runs what it ran before.
    """
    from dataclasses import asdict

    from dags.bundle.sluice_bundle.storage import ObjectStorage
    from environments import places
    from environments.problems import Refusal
    from releases import requirements_lane as lane
    from releases.current import whoami
    from releases.refusals import refused
    from releases.targets import find
    from releases.targets.mwaa import MwaaAccess

    target = find(environment)
    if not isinstance(target.airflow, MwaaAccess):
        raise Refusal.because(
            f"the Airflow of {environment} is not MWAA", remedy="its image or environment holds its packages"
        )
    objects = None if back else lane.objects_of(places.ROOT, target.environment.orchestrator.airflow_version)
    if objects is not None:
        lane.check(objects)
    with refused("change the requirements", target.store):
        record, changed = lane.change(
            ObjectStorage(target.store),
            target.airflow.client(),
            target.airflow.name,
            objects,
            say,
            by=whoami(),
        )
    if json:
        typer.echo(json_format.dumps({**asdict(record), "changed": changed}, indent=2))
        return
    state = "installed" if changed else "installed already"
    typer.echo(f"{environment}: requirements {record.current.requirements.sha256[:12]} are {state}")


def _asked(environment: str, ask: Any) -> Any:
    from dags.bundle.sluice_bundle.storage import ObjectStorage
    from dags.bundle.sluice_bundle.store import ReleaseStore
    from releases.refusals import refused
    from releases.targets import find

    target = find(environment)
    with refused("look", target.store):
        return ask(ReleaseStore(ObjectStorage(target.store)))


def _table(rows: list[dict[str, Any]], json: bool, columns: tuple[str, ...]) -> None:
    if json:
        typer.echo(json_format.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo("nothing was ever shipped")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=column in ("release", "shipped_at", "action"))
    for row in rows:
        table.add_row(*(_cell(column, row[column]) for column in columns))
    Console().print(table)


def _cell(column: str, value: Any) -> str:
    if isinstance(value, bool):
        return "●" if value else ""
    if column == "release":
        return str(value)[:12] if value else "none"
    if column.endswith("_at"):
        return str(value or "")[:16].replace("T", " ")
    return f"{value:,}" if isinstance(value, int) else str(value or "")


def _write(output: Path, release: Any) -> None:
    from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME
    from dags.bundle.sluice_bundle.store import object_path
    from environments.problems import Location, Refusal

    try:
        for name, data in {**release.objects, MANIFEST_NAME: release.manifest.to_bytes()}.items():
            path = output / object_path(release.id, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise Refusal.because(f"cannot be written: {error.strerror}", where=Location(output)) from None
