"""`sluice logs SERVICE`: what a service has written."""

from __future__ import annotations

from typing import Annotated

import typer

from environments.problems import Refusal


def logs(
    service: Annotated[
        str, typer.Argument(help="A service, or `airflow` for all of its processes, or `pulumi`.")
    ],
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many of the last lines.")] = 60,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as more is written.")] = False,
) -> None:
    """Show the end of a service's log."""
    import subprocess

    from environments import places
    from services.processes import SERVICES

    names = [*(s.name for s in SERVICES), "pulumi", "supervisord"]
    chosen = [name for name in names if name == service or name.startswith(f"{service}-")]
    if not chosen:
        raise Refusal.because(f"no service {service}", remedy=f"one of: airflow, {', '.join(names)}")
    files = [places.LOGS / f"{name}.log" for name in chosen]
    there = [str(file) for file in files if file.exists()]
    if not there:
        raise Refusal.because(f"{service} has written nothing yet", remedy="`make up` starts the platform")
    subprocess.run(["tail", "-n", str(lines), *(["-F"] if follow else []), *there])
