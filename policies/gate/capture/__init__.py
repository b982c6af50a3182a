"""Captures what a Pulumi Python program would create, with no network, no credentials and no Pulumi CLI.

Importing this package imports neither Pulumi nor any provider: they live in the fork server's process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments.problems import Refusal
from policies.gate.capture import fixtures as recorded
from policies.gate.capture import launch, own_packages, preload, project
from policies.gate.capture.launch import Captured
from policies.gate.graph import ResourceGraph

MEMORY = 3 * 2**30
"""What a program may take, in bytes of address space beyond the imported packages."""


@dataclass(frozen=True)
class Program:
    """One program and stack to capture."""

    folder: Path
    """The folder that holds Pulumi.yaml."""
    stack: str
    """`dev`, or `organization/project/dev`."""
    config: Mapping[str, str] = field(default_factory=dict)
    fixtures: Path | None = None
    """A file or folder of recorded answers."""
    stacks: Mapping[str, ResourceGraph] = field(default_factory=dict)
    """Graphs of other stacks, by the name that a stack reference uses."""
    timeout: float = 60
    memory: int = MEMORY
    root: Path | None = None
    """The repository's folder; by default the nearest one above that holds `.git`, else the program's."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for its `os.environ`; it sees no others of ours."""
    python: Path | None = None
    """The virtual environment of its packages, or the interpreter in it; by default what Pulumi.yaml names."""


def capture(
    program: Path,
    stack: str,
    *,
    config: Mapping[str, str] | None = None,
    fixtures: Path | None = None,
    stacks: Mapping[str, ResourceGraph] | None = None,
    timeout: float = 60,
) -> ResourceGraph:
    """Captures one program.

    Raises:
        Refusal: it is no Pulumi Python program, or it could not be run to its end.
    """
    result = capture_many([Program(program, stack, config or {}, fixtures, stacks or {}, timeout)])[0]
    if isinstance(result, Refusal):
        raise result
    return result


def capture_many(
    programs: Sequence[Program], *, at_once: int | None = None, warm: bool = True
) -> list[ResourceGraph | Refusal]:
    """The graphs of several programs, one result for each, in order; see `capture_all`."""
    return [
        result.graph if isinstance(result, Captured) else result
        for result in capture_all(programs, at_once=at_once, warm=warm)
    ]


def capture_all(
    programs: Sequence[Program], *, at_once: int | None = None, warm: bool = True
) -> list[Captured | Refusal]:
    """Captures several programs, as many at a time as there are processors; one result for each, in order.

    Programs that touch the same packages share one import of them. Without `warm` nothing is shared: each has
    a server of its own that imports nothing beforehand; the result is the same.
    """
    # Programs of one folder differ by stack only: its source is read once.
    hints: dict[tuple[Path, Path], frozenset[str]] = {}
    results: list[Captured | Refusal | None] = [None] * len(programs)
    batches: dict[tuple[Any, ...], list[tuple[int, dict[str, Any]]]] = {}
    touched: dict[tuple[Any, ...], set[str]] = {}
    for number, program in enumerate(programs):
        try:
            job, modules = _job(program, hints)
        except Refusal as refusal:
            results[number] = refusal
            continue
        packages = tuple(job["packages"])
        key = (packages, *sorted({module.split(".")[0] for module in modules})) if warm else (number,)
        batches.setdefault(key, []).append((number, job))
        touched.setdefault(key, set()).update(modules if warm else ())
    served = launch.run(
        [
            launch.Batch(
                tuple(sorted(touched[key])),
                tuple(job for _, job in numbered),
                tuple(numbered[0][1]["packages"]),
            )
            for key, numbered in batches.items()
        ],
        at_once or os.cpu_count() or 1,
    )
    for numbered, answers in zip(batches.values(), served, strict=True):
        for (number, _), answer in zip(numbered, answers, strict=True):
            results[number] = answer
    return [result for result in results if result is not None]


def _job(
    program: Program, hints: dict[tuple[Path, Path], frozenset[str]]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    from policies.gate.capture.tokens import Tokens

    found = project.read(program.folder, program.stack, program.config, Tokens().key)
    environment = own_packages.given(program.python) if program.python else found.virtualenv
    root = program.root.resolve() if program.root else root_of(found.folder)
    job = {
        "root": str(root),
        "program": str(found.folder),
        "main": str(found.main),
        "project": found.name,
        "stack": found.stack,
        "organization": found.organization,
        "config": found.config.values,
        "secret_keys": sorted(found.config.secret),
        "encrypted": found.config.encrypted,
        "plain_secrets": found.config.plain_secrets,
        "virtualenv": str(environment) if environment else "",
        "packages": [str(folder) for folder in own_packages.folders(environment)],
        "environment": dict(program.environment),
        "fixtures": recorded.load(program.fixtures, program.stacks),
        "timeout": program.timeout,
        "memory": program.memory,
    }
    source = (found.main, root)
    if source not in hints:
        hints[source] = preload.touched(*source)
    return job, preload.modules_of(hints[source], found.stack)


def root_of(folder: Path) -> Path:
    """The folder that a program's file names are told from: its repository's, else its own."""
    folder = folder.resolve()
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def virtualenv_of(folder: Path) -> Path | None:
    """The virtual environment that a project names, if it is there.

    Raises:
        Refusal: there is no Pulumi Python project.
    """
    named = project.read(folder, "", {}, str).virtualenv
    return named if own_packages.folders(named) else None
