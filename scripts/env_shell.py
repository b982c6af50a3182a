"""`sluice env shell`: what a shell needs for Pulumi by hand."""

from __future__ import annotations

import shlex

import typer


def shell() -> None:
    """Print exports for Pulumi by hand: eval "$(./sluice env shell)", then pulumi up -s local.

    No secret is printed: the keys and the passphrase are named by the files that hold them.
    """
    from environments.endpoints import LocalEndpoints
    from services.credentials import AWS_PROFILE, PASSPHRASE
    from services.processes import aws_endpoints
    from stacks.engine import Engine

    extra = {**aws_endpoints(LocalEndpoints.load()), "AWS_SHARED_CREDENTIALS_FILE": str(AWS_PROFILE)}
    engine = Engine("local", PASSPHRASE, extra)
    engine.prepare()
    for name, value in engine.environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
