"""`sluice gate`: judges programs against the policies, without credentials and without applying anything."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environments.problems import Exit, Refusal

if TYPE_CHECKING:
    from policies.gate.targets import Target


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
    program: Annotated[Path | None, typer.Option(help="Folder of another Pulumi Python project.")] = None,
    stack: Annotated[str | None, typer.Option(help="Its stack.")] = None,
    context: Annotated[Path | None, typer.Option(help="What it cannot say of itself (YAML).")] = None,
    config: Annotated[list[str] | None, typer.Option(help="KEY=VALUE, over its own configuration.")] = None,
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
    targets = _targets(environments or [], program, stack, context, config or [])
    report = judge(targets, Asked(base, only_new, cache))
    text = FORMATS[format.value](report)
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        _write(output, text)
    if not report.clean:
        raise typer.Exit(Exit.CHECK_SAID_NO)


def _targets(
    environments: list[str], program: Path | None, stack: str | None, context: Path | None, config: list[str]
) -> list[Target]:
    from policies.gate import targets
    from policies.gate.context import load

    if program is None:
        if stack or context or config:
            raise Refusal.because(
                "--stack, --context and --config speak of a --program",
                remedy="our own environments say all of it in environments/",
            )
        return list(targets.own(environments))
    if environments or not stack:
        raise Refusal.because(
            "a --program is gated in one --stack, and not together with environments",
            remedy="sluice gate --program DIR --stack NAME",
        )
    values = {}
    for pair in config:
        key, given, value = pair.partition("=")
        if not given or not key:
            raise Refusal.because(
                f"--config {pair}: not KEY=VALUE", remedy="for example --config aws:region=eu-west-1"
            )
        values[key] = value
    return [targets.foreign(program, stack, load(context) if context else None, values)]


def _write(output: Path, text: str) -> None:
    """Whole or not at all."""
    beside = output.with_name(f".{output.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(output)
    except OSError as error:
        raise Refusal.because(f"the report cannot be written to {output}: {error.strerror}") from None
