"""`sluice status`: what runs, and what is served."""

from __future__ import annotations

import json as json_format
import time
from typing import Annotated, Any

import typer

from environments.problems import Exit


def status(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show the local services. Exit code 0: all of them run; 3: one does not."""
    rows = _rows()
    if json:
        typer.echo(json_format.dumps(rows, indent=2))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("service", "state", "address", "pid", "up", "memory", box=None)
        for row in rows:
            good = row["state"] == "running" and row["ready"]
            table.add_row(
                row["title"],
                f"[{'green' if good else 'red'}]{row['state']}{'' if row['ready'] else ', not ready'}[/]",
                row["address"] or "",
                str(row["pid"] or ""),
                _span(row["up_seconds"]),
                f"{row['memory_mib']} MiB" if row["memory_mib"] else "",
            )
        Console().print(table)
    if not all(row["state"] == "running" and row["ready"] for row in rows):
        raise typer.Exit(Exit.UNAVAILABLE)


def _rows() -> list[dict[str, Any]]:
    from environments import places
    from environments.endpoints import LocalEndpoints
    from services import airflow, readiness, supervisor
    from services.processes import SERVICES

    states = supervisor.states()
    at = LocalEndpoints.load() if places.ENDPOINTS.exists() else None
    up = {name for name, state in states.items() if state.running}
    parts = airflow.components(at) if at and "airflow-api" in up else {}
    rows = []
    for service in SERVICES:
        state = states.get(service.name)
        running = service.name in up
        part = service.name.removeprefix("airflow-").replace("-", "_")
        ready = running and at is not None and readiness.answers(service, at) and parts.get(part, True)
        rows.append(
            {
                "service": service.name,
                "title": service.title,
                "state": state.state.lower() if state else "stopped",
                "ready": ready or not running,
                "address": getattr(at, service.endpoint) if at and service.endpoint else None,
                "pid": state.pid if state and running else None,
                "up_seconds": round(time.time() - state.since) if state and running else None,
                "memory_mib": _memory(state.pid) if state and running else None,
            }
        )
    return rows


def _memory(pid: int) -> int | None:
    """Resident memory of a process and its children, in MiB."""
    import psutil

    try:
        process = psutil.Process(pid)
        return round(sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 2**20)
    except psutil.Error:
        return None


def _span(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return (
        f"{seconds} s"
        if seconds < 120
        else f"{seconds // 60} min"
        if seconds < 7200
        else f"{seconds // 3600} h"
    )
