"""`sluice down`: stops the platform and leaves its data."""

from __future__ import annotations

from typing import Annotated

import typer


def down(quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False) -> None:
    """Stop the local services. Objects, warehouse and state stay; `make up` goes on with them."""
    from scripts.lock import platform_lock
    from services import supervisor

    with platform_lock("sluice down"):
        stopped = supervisor.stop()
    if not quiet:
        typer.echo("stopped; the data stays, `make up` goes on with it" if stopped else "nothing was running")
