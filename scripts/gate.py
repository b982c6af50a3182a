"""`sluice gate`: judges programs against the policies, without credentials and without applying anything."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from environments.problems import Exit, Refusal
from scripts.programs import Config, Fixtures, Folder, Python, Stack, Variables, targets, write


class Format(StrEnum):
    """What `--format` takes."""

    TERMINAL = "terminal"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    GITHUB = "github"


def gate(
    environments: Annotated[
        list[str] | None, typer.Argument(help="Environments; all where none is named.")
    ] = None,
    program: Folder = None,
    stack: Stack = None,
    context: Annotated[Path | None, typer.Option(help="What it cannot say of itself (YAML).")] = None,
    config: Config = None,
    fixtures: Fixtures = None,
    python: Python = None,
    env: Variables = None,
    base: Annotated[str | None, typer.Option(help="A git revision: tell new findings from old ones.")] = None,
    only_new: Annotated[
        bool, typer.Option("--only-new", help="With --base: old findings stop nothing.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to report.")] = Format.TERMINAL,
    output: Annotated[
        Path | None, typer.Option(help="Write the report there instead of printing it.")
    ] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Use verdicts of before.")] = True,
) -> None:
    """Judge environments, or any Pulumi Python program, against every policy.

    Exit code 0: nothing stops the change; 1: findings at or over the enforced severity; 2: bad input;
    3: a tool is missing.
    """
    from policies.gate.invoke import Asked
    from policies.gate.invoke import gate as judge
    from policies.gate.reports import FORMATS

    if only_new and not base:
        raise Refusal.because("--only-new needs --base", remedy="give the revision to compare with")
    asked = targets(
        environments or [],
        program,
        stack,
        config,
        context=context,
        fixtures=fixtures,
        python=python,
        variables=env,
    )
    report = judge(asked, Asked(base, only_new, cache))
    text = FORMATS[format.value](report)
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        write(output, text.encode("utf-8"))
    if not report.clean:
        raise typer.Exit(Exit.CHECK_SAID_NO)
