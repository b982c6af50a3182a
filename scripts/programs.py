"""Which programs a verb is about: our environments, or any Pulumi Python project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environments.problems import Location, Refusal

if TYPE_CHECKING:
    from policies.gate.graph import ResourceGraph
    from policies.gate.targets import Target


def _names(incomplete: str) -> list[str]:
    from policies.gate.targets import own_names

    return [name for name in own_names() if name.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(
        help="Name of an environment.", metavar="[ENV]", autocompletion=_names, show_default=False
    ),
]
Folder = Annotated[Path | None, typer.Option("--program", help="Folder of another Pulumi Python project.")]
Stack = Annotated[str | None, typer.Option("--stack", help="Its stack.")]
Config = Annotated[list[str] | None, typer.Option("--config", help="KEY=VALUE, over its own configuration.")]
Python = Annotated[
    Path | None, typer.Option("--python", help="Its virtual environment, if Pulumi.yaml names none.")
]
Fixtures = Annotated[
    Path | None, typer.Option("--fixtures", help="Answers to its provider functions and stack references.")
]
Variables = Annotated[list[str] | None, typer.Option("--env", help="NAME=VALUE for its os.environ.")]


def targets(
    environments: list[str],
    program: Path | None,
    stack: str | None,
    config: list[str] | None,
    *,
    context: Path | None = None,
    fixtures: Path | None = None,
    python: Path | None = None,
    variables: list[str] | None = None,
) -> list[Target]:
    """What the options speak of; all our cloud environments where they name nothing.

    Raises:
        Refusal: they speak of two things, or an environment does not load.
    """
    from policies.gate import targets as found
    from policies.gate.context import load

    speaking = {
        "--stack": stack,
        "--config": config,
        "--context": context,
        "--fixtures": fixtures,
        "--python": python,
        "--env": variables,
    }
    if program is None:
        alone = [option for option, value in speaking.items() if value]
        if alone:
            raise Refusal.because(
                f"{', '.join(alone)}: only a --program has that",
                remedy="give --program DIR; our own environments say all of it in environments/",
            )
        return list(found.own(environments))
    if environments or not stack:
        raise Refusal.because(
            "a --program is looked at in one --stack, and not together with environments",
            remedy="--program DIR --stack NAME",
        )
    return [
        found.foreign(
            program,
            stack,
            load(context) if context else None,
            _pairs("--config", config or (), "aws:region=eu-west-1"),
            fixtures=fixtures,
            python=python,
            variables=_pairs("--env", variables or (), "TEAM=data"),
        )
    ]


def target(
    environment: str | None,
    program: Path | None,
    stack: str | None,
    config: list[str] | None,
    *,
    fixtures: Path | None = None,
    python: Path | None = None,
    variables: list[str] | None = None,
) -> Target:
    """The one thing that the options speak of.

    Raises:
        Refusal: they speak of nothing, or of two things.
    """
    if environment is None and program is None and not (stack or config):
        raise Refusal.because("nothing is named", remedy="name an environment, or give --program and --stack")
    named = [environment] if environment else []
    [found] = targets(named, program, stack, config, fixtures=fixtures, python=python, variables=variables)
    return found


def captured(found: Target) -> ResourceGraph:
    """The graph of a target."""
    from policies.gate import sources

    return sources.captured([found])[0].graph


def folder(output: Path) -> None:
    """Makes a folder where there is none.

    Raises:
        Refusal: it cannot be made.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal.because(f"no folder can be made: {error.strerror}", where=Location(output)) from None


def captured_all(environments: Sequence[str]) -> dict[str, ResourceGraph]:
    """The graphs of environments by name, side by side.

    Raises:
        Refusal: one does not exist, or cannot be captured; holds the problems of all.
    """
    from policies.gate import targets
    from policies.gate.capture import capture_many

    found = targets.own(list(environments))
    results = capture_many([item.program() for item in found])
    problems = [problem for one in results if isinstance(one, Refusal) for problem in one.problems]
    if problems:
        raise Refusal(*dict.fromkeys(problems))
    return {
        item.name: graph for item, graph in zip(found, results, strict=True) if not isinstance(graph, Refusal)
    }


def write(output: Path, content: bytes) -> None:
    """Writes a file whole or not at all.

    Raises:
        Refusal: the place cannot be written to.
    """
    beside = output.with_name(f".{output.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Refusal.because(
            f"cannot be written: {error.strerror}", where=Location(output), remedy="name another place"
        ) from None


def _pairs(option: str, given: Iterable[str], example: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            # The value may be a secret: only what it is for is shown.
            raise Refusal.because(
                f"{option} {key or '=…'}: not KEY=VALUE", remedy=f"for example {option} {example}"
            )
        found[key] = value
    return found
