"""`sluice run PIPELINE`: starts a pipeline for one day or several, follows it, ends with its summary."""

from __future__ import annotations

import json as json_format
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from environments.problems import Exit, Refusal

if TYPE_CHECKING:
    from services.runs import Run, Runs

DAY = ["%Y-%m-%d"]


def run(
    pipeline: Annotated[str, typer.Argument(help="The pipeline's name, for example sales_curation.")],
    day: Annotated[datetime | None, typer.Option("--date", formats=DAY, help="The day to run.")] = None,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First of several days.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last of several days.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The outcome as JSON, and nothing else.")] = False,
) -> None:
    """Run a pipeline on the local platform and wait for its end.

    Exit code 0: every run succeeded; 1: one failed; 2: wrong use; 3: the platform is not up.
    """
    days = _days(day, start, end)
    from environments.endpoints import LocalEndpoints
    from services import airflow, credentials
    from services.runs import Runs

    runs = Runs(airflow.connect(credentials.load(), LocalEndpoints.load()))
    started = [runs.start(pipeline, each) for each in days]
    finished = follow(runs, started, quiet=json)
    outcomes = [outcome(runs, each) for each in finished]
    if json:
        typer.echo(json_format.dumps(outcomes, indent=2, default=str))
    else:
        for each in outcomes:
            show(each)
    if any(each["state"] != "success" for each in outcomes):
        raise typer.Exit(Exit.CHECK_SAID_NO)


def follow(runs: Runs, started: list[Run], *, quiet: bool = False) -> list[Run]:
    """Shows task states until every run has ended: a live table on a terminal, else a line per change."""
    if quiet:
        return _last(runs, started)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), refresh_per_second=4) as live:
            for seen in runs.follow(started):
                live.update(_table(seen))
        return started
    before: dict[tuple[str, str], str] = {}
    for seen in runs.follow(started):
        for each in seen:
            for task, state in {**each.tasks, "": each.state}.items():
                key = (each.run_id, task)
                if before.get(key) != state and state not in ("waiting", "scheduled", "queued", "None"):
                    print(f"  {each.day}  {task or each.pipeline:<16} {state}", file=sys.stderr, flush=True)
                before[key] = state
    return started


def outcome(runs: Runs, each: Run) -> dict[str, Any]:
    """What is to be said of one run that has ended."""
    return {
        "pipeline": each.pipeline,
        "date": each.day.isoformat(),
        "run_id": each.run_id,
        "state": each.state,
        "seconds": each.seconds,
        "tasks": each.tasks,
        "summary": runs.summary(each) if each.state == "success" else None,
        "failures": runs.failures(each) if each.state == "failed" else {},
    }


def show(ended: dict[str, Any]) -> None:
    """Prints one outcome for a person."""
    good = ended["state"] == "success"
    seconds = f" in {ended['seconds']:.0f} s" if ended["seconds"] else ""
    typer.echo(f"{'✓' if good else '✗'} {ended['pipeline']} {ended['date']}: {ended['state']}{seconds}")
    for key, value in (ended["summary"] or {}).items():
        if key in ended or value in (None, {}, ""):
            continue
        title = key.replace("_", " ")
        if isinstance(value, dict) and any("://" in str(item) for item in value.values()):
            typer.echo(f"    {title}")
            for name, item in value.items():
                typer.echo(f"      {name.replace('_', ' '):<16} {item}")
        else:
            typer.echo(f"    {title:<18} {_told(value)}")
    for task, lines in ended["failures"].items():
        typer.echo(f"    task {task} failed; the end of its log:")
        for line in lines:
            typer.echo(f"      {line}")


def _told(value: Any) -> str:
    """A value of a summary in one line; what is inside a part stands behind it in brackets."""
    if not isinstance(value, dict):
        return str(value)
    parts = (f"{k} ({_told(v)})" if isinstance(v, dict) else f"{k} {v}" for k, v in value.items())
    return ", ".join(parts)


def _last(runs: Runs, started: list[Run]) -> list[Run]:
    for _ in runs.follow(started):
        pass
    return started


def _table(seen: list[Run]) -> Any:
    from rich.table import Table

    tasks = list(dict.fromkeys(task for each in seen for task in each.tasks))
    table = Table("run", "state", *tasks, box=None)
    marks = {"success": "[green]✓", "running": "[yellow]…", "failed": "[red]✗", "up_for_retry": "[yellow]↻"}
    for each in seen:
        cells = [marks.get(each.tasks.get(task, ""), "·") for task in tasks]
        table.add_row(str(each.day), each.state, *cells)
    return table


def _days(day: datetime | None, start: datetime | None, end: datetime | None) -> list[date]:
    from services.runs import days

    if day and (start or end):
        raise Refusal.because("--date and --from/--to exclude each other", remedy="give one of them")
    if day:
        return [day.date()]
    if start and end:
        return days(start.date(), end.date())
    raise Refusal.because(
        "which day? the sandbox's data covers 2025-01-01 to 2026-06-30",
        remedy="give --date 2025-02-03, or --from 2025-02-01 --to 2025-02-07",
    )
