"""`sluice up`: the whole platform on this machine, from its services to a first pipeline run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from environments.problems import Exit, Refusal

if TYPE_CHECKING:
    from environments.endpoints import LocalEndpoints
    from releases.ship import Shipped
    from services.credentials import Credentials

FLAGSHIP = "sales_curation"
# A Monday with sales in several currencies, and a few rows that the contract turns away.
FIRST_DAY = date(2025, 2, 3)


class Phases:
    """Says what goes on, a line per phase, and remembers how long each took (in seconds)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Any]:
        """Times a phase; what is called with the yielded function stands behind its name."""
        notes: list[str] = []
        since = time.monotonic()
        say(f"● {name} …")
        yield notes.append
        self.seconds[name] = time.monotonic() - since
        told = f": {'; '.join(notes)}" if notes else ""
        say(f"  ✓ {name}{told} ({self.seconds[name]:.1f} s)")


def say(line: str) -> None:
    """Progress goes to standard error."""
    print(line, file=sys.stderr, flush=True)


def up(
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for another `up` or `down`.")] = True,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Run the flagship pipeline once.")] = True,
) -> None:
    """Start the services, gate and apply the local stack, ship the release, run the flagship pipeline.

    Run again, it does only what is missing. Killed half way, it goes on where it was.
    """
    from environments.load import load
    from scripts.lock import platform_lock

    phases = Phases()
    since = time.monotonic()
    with platform_lock("sluice up", wait=wait):
        # Before anything is started: what a person has to mend.
        load("local")
        _check_java()
        with ThreadPoolExecutor(max_workers=2) as beside:
            keys, at = _services(phases, beside)
        shipped = _ship(phases)
        ended = _first_run(phases, keys, at) if run else None
    _summary(at, shipped, ended, time.monotonic() - since)
    if ended and ended["state"] != "success":
        raise typer.Exit(Exit.CHECK_SAID_NO)


def _check_java() -> None:
    from scripts.install.pins import find, tools

    java = tools()["java"]
    found = find(java)
    if found is None or not found.accepted:
        what = f"Java is version {found.version}" if found else "Java is missing"
        raise Refusal.because(
            f"{what}; Spark needs {java.accept[0]} to below {java.accept[1]}",
            remedy=f"install {java.vendor}; `./sluice doctor` shows what else is missing",
            exit_code=Exit.UNAVAILABLE,
        )


def _services(phases: Phases, beside: ThreadPoolExecutor) -> tuple[Credentials, LocalEndpoints]:
    """Services, stack, Airflow. Airflow's database is made ready while the stack is applied."""
    from services import airflow, credentials, functions, ports, readiness, supervisor
    from services.processes import SERVICES, aws_environment

    with phases.phase("services") as note:
        keys = credentials.ensure()
        running = {
            service.endpoint
            for service in SERVICES
            if (state := supervisor.states().get(service.name)) and state.running
        }
        before = ports.remembered()
        at = ports.choose(running.__contains__, say)
        if before and before != at:
            # Services learn their addresses when they start.
            supervisor.stop()
        supervisor.ensure()
        first = [service for service in SERVICES if not service.after_stack]
        started = supervisor.start(first)
        migration = beside.submit(airflow.migrate, keys, at)
        readiness.wait(first, at, seconds=60)
        note(f"started {', '.join(started)}" if started else "all were running")
    _apply(phases, aws_environment(keys, at))
    restarted = functions.start(at)
    with phases.phase("airflow") as note:
        migration.result()
        started = airflow.start(at)
        readiness.wait(airflow.PROCESSES, at, seconds=180)
        note(f"started {len(started)} processes" if started else "all were running")
    with phases.phase("functions") as note:
        readiness.wait([functions.SERVICE], at, seconds=60)
        note("started" if restarted else "were running")
    return keys, at


def _apply(phases: Phases, extra: dict[str, str]) -> None:
    """Gate (a preview) and apply; nothing is applied when the preview finds nothing to do."""
    from services.credentials import PASSPHRASE
    from stacks.engine import Engine

    engine = Engine("local", PASSPHRASE, extra)
    with phases.phase("preview") as note:
        engine.prepare()
        planned = engine.preview()
        note(str(planned))
    if planned.changed:
        with phases.phase("apply") as note:
            note(str(engine.up()))


def _ship(phases: Phases) -> Shipped:
    """Ships the checkout's release, as `sluice ship local` does."""
    from environments import places
    from releases.ship import ship_release
    from releases.targets import find

    with phases.phase("release") as note:
        target = find("local")
        retain = target.environment.releases.retain
        shipped = ship_release(places.ROOT, target.store, target.airflow, lambda line: None, retain=retain)
        note(f"{shipped.release[:12]} {'shipped and served' if shipped.moved else 'is served already'}")
    return shipped


def _first_run(phases: Phases, keys: Credentials, at: LocalEndpoints) -> dict[str, Any]:
    """The flagship pipeline's first day, unless it has run well before."""
    from scripts.run import follow, outcome
    from services import airflow
    from services.runs import Runs

    with phases.phase("pipeline") as note:
        runs = Runs(airflow.connect(keys, at))
        before = runs.find(FLAGSHIP, FIRST_DAY)
        if before is None or before.state != "success":
            before = follow(runs, [runs.start(FLAGSHIP, FIRST_DAY)])[0]
            note(f"{FLAGSHIP} {FIRST_DAY}: {before.state}")
        else:
            note(f"{FLAGSHIP} {FIRST_DAY} has run before")
        return outcome(runs, before)


def _summary(at: LocalEndpoints, shipped: Shipped, ended: dict[str, Any] | None, seconds: float) -> None:
    from environments import places
    from services.credentials import AIRFLOW_PASSWORDS, AIRFLOW_USER

    passwords = AIRFLOW_PASSWORDS.relative_to(places.STATE.parent)
    if ended:
        from scripts.run import show

        typer.echo()
        show(ended)
    typer.echo(f"""
The platform is up ({seconds:.0f} s).

  Airflow          {at.airflow}  (user {AIRFLOW_USER}, password in {passwords})
  object storage   {at.object_storage}  (S3; buckets sluice-local-…)
  source sandbox   {at.source}
  release          {shipped.release[:12]}

  ./sluice run {FLAGSHIP} --date 2025-02-04       another day
  ./sluice query "select * from sales.fct_sales limit 5"   what is in the warehouse
  ./sluice status · ./sluice logs airflow            what runs, and what it says
  make down                                          stop; the data stays""")
