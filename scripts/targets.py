"""The environment that a verb of releases is about."""

from __future__ import annotations

from typing import Annotated

import typer


def _names(incomplete: str) -> list[str]:
    from environments import load

    return [name for name in load.names() if name.startswith(incomplete)]


Destination = Annotated[str, typer.Argument(help="Name of an environment.", autocompletion=_names)]
