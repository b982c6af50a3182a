"""`sluice env shell`: what a shell needs for Pulumi by hand."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer


def shell(
    stack: Annotated[str, typer.Argument(help="local, or local-release: what runs on it.")] = "local",
) -> None:
    """Print exports for Pulumi by hand: eval "$(./sluice env shell)", then pulumi up -s local.

    No secret is printed: the keys and the passphrase are named by the files that hold them.
    """
    from environments.endpoints import LocalEndpoints
    from environments.problems import Refusal
    from services.credentials import AWS_PROFILE, PASSPHRASE
    from services.processes import aws_endpoints
    from stacks.engine import Engine

    if stack not in ("local", "local-release"):
        raise Refusal.because(
            f"`{stack}` is no stack of this machine", remedy="accepted: local, local-release"
        )
    extra = {**aws_endpoints(LocalEndpoints.load()), "AWS_SHARED_CREDENTIALS_FILE": str(AWS_PROFILE)}
    engine = Engine(stack, PASSPHRASE, extra)
    engine.prepare()
    for name, value in engine.environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
