"""`sluice bootstrap`: what Pulumi needs before it can run on AWS, made by Terraform."""

from __future__ import annotations

import json as json_format
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environments.problems import Exit, Location, Refusal

if TYPE_CHECKING:
    from stacks.bootstrap.engine import Engine, Planned
    from stacks.bootstrap.names import Names


def _on_aws(incomplete: str) -> list[str]:
    from environments.load import names

    return [name for name in names() if name.startswith("aws-") and name.startswith(incomplete)]


Name = Annotated[
    str, typer.Argument(help="Name of an AWS environment.", metavar="ENV", autocompletion=_on_aws)
]


def bootstrap(
    environment: Name,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="A folder: write the Terraform JSON there, and do no more.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Print what CI and `pulumi login` need, and do no more.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --plan or --names: as JSON.")] = False,
) -> None:
    """Make what Pulumi needs before it can run on AWS: state bucket, key, CI's roles, budget alarm.

    Shows Terraform's plan and asks before it applies it, with the credentials of your shell (an administrator's),
    after the program has passed the gate. Run again, it changes only what differs.

    Exit code 0: fine; 1: the gate or Terraform said no; 2: bad input; 3: a tool, credentials or AWS is missing.
    """
    from stacks.bootstrap.names import Names, environment_of

    _one_thing(plan, yes, output, names, json)
    found = Names(environment_of(environment), os.environ.get("AWS_ENDPOINT_URL") or None)
    if names:
        _print_names(found, json)
    elif output is not None:
        _write(found, output)
    else:
        _run(found, plan, yes, json)


def _one_thing(plan: bool, yes: bool, output: Path | None, names: bool, json: bool) -> None:
    asked = [
        option
        for option, given in (("--plan", plan), ("--yes", yes), ("--output", output), ("--names", names))
        if given
    ]
    if len(asked) > 1:
        raise Refusal.because(f"{' and '.join(asked)} do different things", remedy="give one of them")
    if json and not (plan or names):
        raise Refusal.because("--json lists something", remedy="give it with --plan or --names")


def _print_names(found: Names, json: bool) -> None:
    if json:
        typer.echo(json_format.dumps(found.for_ci(), indent=2))
        return
    for name, value in found.for_ci().items():
        typer.echo(f"{name}={value}")


def _write(found: Names, output: Path) -> None:
    from scripts.programs import folder, write
    from stacks.bootstrap.engine import MODULE

    folder(output)
    write(output / MODULE, _module(found).encode())


def _module(found: Names) -> str:
    """The root module, as the program prints it."""
    from environments import places
    from policies.gate.from_terraform.run import printed
    from policies.gate.targets import BOOTSTRAP_MODULE

    endpoint = [found.endpoint] if found.endpoint else []
    return printed(places.ROOT, BOOTSTRAP_MODULE, [found.environment.name, *endpoint])


def _run(found: Names, only_plan: bool, yes: bool, json: bool) -> None:
    from environments import places
    from scripts.install.pins import require
    from stacks.bootstrap.account import Account, Place
    from stacks.bootstrap.engine import STATE_FILE, Engine

    if not (only_plan or yes or sys.stdin.isatty()):
        raise Refusal.because(
            "nobody is there to be asked", remedy="give --plan to look, or --yes to apply without being asked"
        )
    terraform = require("terraform", "the bootstrap").path
    _gate(found)
    account = Account(found)
    account.check()
    folder = places.STATE / "bootstrap" / found.environment.name
    place = account.place(folder / STATE_FILE)
    with _alone(folder):
        engine = Engine(terraform, folder, found, _module(found))
        _say(f"● terraform plan, with the state in the {'bucket' if place is Place.BUCKET else 'checkout'} …")
        engine.prepare(place)
        planned = engine.plan()
        _show(planned, json)
        if only_plan:
            return
        _apply(engine, planned, found, yes)
        if place is Place.FILE:
            engine.move_state()
            _say(f"  ✓ the state of the bootstrap is in s3://{found.state_bucket}/bootstrap")
    _what_next(found)


def _apply(engine: Engine, planned: Planned, found: Names, yes: bool) -> None:
    if not planned.changes:
        return
    account = found.environment.account
    if not yes and not typer.confirm(f"Apply to account {account}?", err=True):
        raise typer.Exit(Exit.FINE)
    _say("● terraform apply …")
    engine.apply(_say)


def _gate(found: Names) -> None:
    """Raises Exit where a finding stops the program, as in `sluice gate`."""
    from policies.gate import targets
    from policies.gate.invoke import Asked, gate
    from policies.gate.reports import FORMATS

    target = found.environment.name + targets.BOOTSTRAP_SUFFIX
    report = gate(targets.own([target]), Asked())
    if not report.clean:
        print(FORMATS["terminal"](report), file=sys.stderr)
        raise typer.Exit(Exit.CHECK_SAID_NO)
    _say(f"✓ gate: nothing stops it (`./sluice gate {target}` says more)")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run at a time in a checkout; Terraform's own lock tells checkouts apart."""
    from filelock import FileLock, Timeout

    from scripts.programs import folder as made

    made(folder)
    try:
        with FileLock(folder / "lock", timeout=0):
            yield
    except Timeout:
        raise Refusal.because(
            "another run of the bootstrap is at work in this checkout",
            where=Location(folder),
            remedy="wait for it to end",
            exit_code=Exit.UNAVAILABLE,
        ) from None


def _show(planned: Planned, json: bool) -> None:
    if json:
        rows = [
            {
                "address": change.address,
                "actions": list(change.actions),
                "source": str(change.source) if change.source else None,
            }
            for change in planned.changes
        ]
        typer.echo(json_format.dumps(rows, indent=2))
    else:
        typer.echo(planned.text if planned.changes else "Nothing to change.")


def _what_next(found: Names) -> None:
    environment = found.environment
    for warning in found.placeholders:
        _say(f"! {warning}")
    _say(
        f"● next: export $(./sluice bootstrap {environment.name} --names); pulumi login;"
        f" pulumi stack init {environment.name} --secrets-provider $PULUMI_SECRETS_PROVIDER\n"
        f"  on GitHub: environments {found.plan_environment} and {found.apply_environment}"
        " (stacks/bootstrap/README.md)"
    )


def _say(line: str) -> None:
    """Progress goes to standard error."""
    print(line, file=sys.stderr, flush=True)
