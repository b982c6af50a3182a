"""`sluice capture`: what a program would create, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts.programs import (
    Config,
    Fixtures,
    Folder,
    Name,
    Python,
    Stack,
    Variables,
    captured,
    target,
    write,
)


def capture(
    environment: Name = None,
    program: Folder = None,
    stack: Stack = None,
    config: Config = None,
    fixtures: Fixtures = None,
    python: Python = None,
    env: Variables = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the graph there, in its canonical bytes.")
    ] = None,
) -> None:
    """Print what a program would create, without credentials, network or cloud.

    The graph has each resource with its inputs, references, unknowns and Python lines; secrets are redacted.
    """
    # A release's stack is captured on top of its platform's.
    from environments.load import RELEASE_SUFFIX
    from policies.gate.capture.release_stack import capture_release

    if program is None and environment and environment.endswith(RELEASE_SUFFIX):
        graph = capture_release(environment.removesuffix(RELEASE_SUFFIX))
    else:
        asked = target(environment, program, stack, config, fixtures=fixtures, python=python, variables=env)
        graph = captured(asked)
    if output is not None:
        write(output, graph.to_bytes())
        return
    # Resources and inputs stay in the order of the program; only `--output` is canonical.
    sys.stdout.write(json.dumps(graph.to_json(), indent=2, ensure_ascii=False) + "\n")
