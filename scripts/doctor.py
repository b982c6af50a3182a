"""`sluice doctor`: what is there, what is not, and what that rules out."""

from __future__ import annotations

import json as json_format
from typing import Annotated, Any

import typer

from environments.problems import Exit

RULES_OUT = {
    "uv": "nothing can be installed or updated",
    "pulumi": "no stack can be previewed or applied (`up`)",
    "opa": "no Rego policy can be evaluated",
    "versitygw": "the local platform has no object storage (`up`)",
    "java": "no Spark job runs (`run`)",
    "go": "tools that are not on PATH cannot be built; nothing else",
    "node": "the bootstrap of AWS environments can neither be gated nor applied, nor releases tested on Azure",
    "terraform": "AWS environments cannot be bootstrapped, nor rehearsed with the real provider; nothing else",
}
PARTS = {
    "infra": "the Python environment of Pulumi and of this command",
    "runtime": "the Python environment of Airflow, Spark and dbt",
    "scan": "the Python environment of checkov",
}


def doctor(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Look at the tools of this machine. Exit code 3: something that the local platform needs is missing."""
    rows = [*_tools(), *_environments(), *_disk()]
    if json:
        typer.echo(json_format.dumps(rows, indent=2))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("", "what", "found", "accepted", "without it", box=None)
        for row in rows:
            mark = "[green]✓" if row["ok"] else "[yellow]-" if row["optional"] else "[red]✗"
            without = "" if row["ok"] else f"{row['rules_out']}. {row['remedy']}"
            table.add_row(mark, row["name"], row["found"] or "not there", row["accepted"], without)
        Console().print(table)
    if any(not row["ok"] and not row["optional"] for row in rows):
        raise typer.Exit(Exit.UNAVAILABLE)


def _tools() -> list[dict[str, Any]]:
    from concurrent.futures import ThreadPoolExecutor

    from scripts.install.pins import find, tools

    # What only tests need, and cannot say its version, is no concern of a person at work.
    pinned = [tool for tool in tools().values() if tool.version_command]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(find, pinned))
    return [
        {
            "name": tool.name,
            "found": f"{hit.version} ({hit.path})" if hit else None,
            "accepted": f"{tool.accept[0]} to below {tool.accept[1]}",
            "ok": bool(hit and hit.accepted),
            "optional": tool.optional,
            "rules_out": RULES_OUT[tool.name],
            "remedy": f"`make install` makes it, or install {tool.vendor}"
            if tool.buildable
            else f"Install {tool.vendor}",
        }
        for tool, hit in zip(pinned, found, strict=True)
    ]


def _environments() -> list[dict[str, Any]]:
    from environments import places

    return [
        {
            "name": f"{group} environment",
            "found": "installed" if places.venv_python(group).exists() else None,
            "accepted": "as locked",
            "ok": places.venv_python(group).exists(),
            "optional": group == "scan",
            "rules_out": f"{what} is missing",
            "remedy": "`make install` makes it",
        }
        for group, what in PARTS.items()
    ]


def _disk() -> list[dict[str, Any]]:
    import os
    import shutil

    from environments import places

    existing = next(path for path in [places.STATE, *places.STATE.parents] if path.exists())
    free = shutil.disk_usage(existing).free / 2**30
    writable = os.access(existing, os.W_OK)
    return [
        {
            "name": "disk",
            "found": f"{free:.0f} GiB free" if writable else f"{existing} is not writable",
            "accepted": "writable, 3 GiB",
            "ok": writable and free >= 3,
            "optional": False,
            "rules_out": "nothing can be installed, nothing can run",
            "remedy": "make room, or make the folder writable",
        }
    ]
