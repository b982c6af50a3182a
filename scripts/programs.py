"""Which program a verb is about: one of our environments, or any Pulumi Python project."""

from __future__ import annotations

from collections.abc import Sequence
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


def target(
    environment: str | None, program: Path | None, stack: str | None, config: list[str] | None
) -> Target:
    """What the options speak of.

    Raises:
        Refusal: they speak of nothing, or of two things.
    """
    from policies.gate import targets

    if program is None:
        if stack or config:
            raise Refusal.because("--stack and --config speak of a --program", remedy="give --program DIR")
        if not environment:
            raise Refusal.because(
                "nothing is named", remedy="name an environment, or give --program and --stack"
            )
        return targets.own([environment])[0]
    if environment or not stack:
        raise Refusal.because(
            "a --program is captured in one --stack, and not together with an environment",
            remedy="--program DIR --stack NAME",
        )
    return targets.foreign(program, stack, None, dict(_pair(text) for text in config or ()))


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
    from policies.gate.capture import Program, capture_many

    found = targets.own(list(environments))
    results = capture_many([Program(item.folder, item.stack, item.config) for item in found])
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


def _pair(text: str) -> tuple[str, str]:
    key, given, value = text.partition("=")
    if not given or not key:
        raise Refusal.because(
            f"--config {text}: not KEY=VALUE", remedy="for example --config aws:region=eu-west-1"
        )
    return key, value
