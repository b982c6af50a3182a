"""`sluice rehearse`: the real Terraform AWS provider applies a program to a mock AWS on this machine."""

from __future__ import annotations

import json as json_format
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environments.problems import Exit, Location, Refusal
from scripts.install.pins import require
from scripts.programs import Config, Folder, Name, Stack, captured, target

if TYPE_CHECKING:
    from policies.gate.targets import Target
    from policies.rehearsal.run import Assertions


def rehearse(
    environment: Name = None,
    program: Folder = None,
    stack: Stack = None,
    config: Config = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="A new folder, to leave the Terraform module and the mock's log in."),
    ] = None,
) -> None:
    """Let the real Terraform and its AWS provider validate, plan, apply and destroy a program on a mock AWS.

    No credentials and no network are used. Exit code 1: a resource failed; 3: Terraform or its provider is
    not to be had.
    """
    require("terraform", "a rehearsal")
    found = target(environment, program, stack, config)
    if keep is not None:
        _new(keep)
    graph = captured(found)

    from policies.gate.capture import root_of
    from policies.rehearsal import report
    from policies.rehearsal.run import Subject
    from policies.rehearsal.run import rehearse as run

    subject = Subject(found.name, graph, root_of(found.folder), _assertions(found), keep)
    result = run(subject, _Progress())
    if json:
        sys.stdout.write(json_format.dumps(report.as_json(result), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.as_text(result))
    if not result.passed:
        raise typer.Exit(Exit.CHECK_SAID_NO)


def _assertions(found: Target) -> Assertions | None:
    """What an environment of ours says must hold of its platform; of another program nothing is known."""
    from environments.load import load
    from policies.rehearsal.assertions import assertions_of

    platform = found.environment and found.module is None
    return assertions_of(load(found.environment)) if platform else None


def _new(folder: Path) -> None:
    """Makes a folder that must not be there, so that nothing in it is lost."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise Refusal.because(
            f"no folder can be made: {error.strerror}",
            where=Location(folder),
            remedy="name a new one, in a place that can be written to",
        ) from None


class _Progress:
    """Told on standard error: a line per stage, and on a terminal how many resources are done."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told = 0.0

    def stage(self, name: str) -> None:
        self._say(f"● {name} …")

    def count(self, done: int, of: int) -> None:
        now = time.monotonic()
        if self._terminal and (now - self._told > 0.2 or done == of):
            self._told = now
            self._say(f"\r  {done} of {of}", end="\033[K")

    def ended(self, name: str, seconds: float) -> None:
        self._say(f"{chr(13) if self._terminal else ''}  ✓ {name} ({seconds:.1f} s)")

    @staticmethod
    def _say(text: str, end: str = "\n") -> None:
        print(text, end=end, file=sys.stderr, flush=True)
