"""Which files of the repository a function is made of: its own package, and what that imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from environments.problems import Location, Problem, Refusal

HANDLERS = Path("modules") / "functions" / "handlers"
ENTRY = "handler.py"
REQUIREMENTS = "requirements.txt"

# What the service's Python runtime brings along. Only these two are promised by its documentation.
PROVIDED = frozenset({"boto3", "botocore"})

_LEFT_OUT = ("README.md", REQUIREMENTS, "*.pyc", ".*", "*~")


@dataclass(frozen=True)
class _Import:
    module: str
    name: str | None
    """What is taken out of it, which may itself be a module."""
    line: int


def collect(root: Path, handler: str, vendored: frozenset[str] | None) -> dict[str, bytes]:
    """The function's files by their path in the archive, which is their path in the repository.

    Args:
        root: the repository.
        handler: name of its folder under `handlers/`.
        vendored: top-level modules that the archive brings along; None where the function finds what is installed.

    Raises:
        Refusal: there is no such handler, a file cannot be read as Python, or one imports what will not be
            there when the function runs.
    """
    folder = root / HANDLERS / handler
    if not (folder / ENTRY).is_file():
        raise Refusal.because(
            f"there is no function {handler}",
            where=Location(folder),
            remedy=f"a function is a folder with a `{ENTRY}`; there are {', '.join(known(root)) or 'none'}",
        )
    waiting = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _left_out(file, folder)]
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    while waiting:
        file = waiting.pop()
        path = file.relative_to(root).as_posix()
        if path in found:
            continue
        found[path] = file.read_bytes()
        waiting += _packages(root, file)
        if file.suffix == ".py":
            waiting += _imported(root, file, found[path], vendored, problems)
    if problems:
        raise Refusal(*problems)
    return dict(sorted(found.items()))


def known(root: Path) -> list[str]:
    """Names of all handlers."""
    return sorted(entry.parent.name for entry in (root / HANDLERS).glob(f"*/{ENTRY}"))


def requirements(root: Path, handler: str) -> dict[str, int]:
    """Names of the packages that a function needs beside its own code, each with its line."""
    file = root / HANDLERS / handler / REQUIREMENTS
    if not file.is_file():
        return {}
    lines = (
        (line.split("#")[0].strip(), number) for number, line in enumerate(file.read_text().splitlines(), 1)
    )
    return {line: number for line, number in lines if line}


def _left_out(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return "__pycache__" in parts or any(fnmatch(part, pattern) for part in parts for pattern in _LEFT_OUT)


def _packages(root: Path, file: Path) -> Iterator[Path]:
    """The `__init__.py` of each package that a file lies in."""
    for folder in file.relative_to(root).parents:
        if (root / folder / "__init__.py").is_file() and folder != Path():
            yield root / folder / "__init__.py"


def _imported(
    root: Path, file: Path, source: bytes, vendored: frozenset[str] | None, problems: list[Problem]
) -> Iterator[Path]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        problems.append(Problem(f"not Python: {error.msg}", Location(file, error.lineno)))
        return
    for one in _imports(tree):
        top = one.module.partition(".")[0]
        if (root / top).is_dir():
            yield from _modules(root, one)
        elif vendored is not None and top not in {*sys.stdlib_module_names, *PROVIDED, *vendored}:
            problems.append(
                Problem(
                    f"imports `{top}`, which is not there when the function runs",
                    Location(file, one.line),
                    f"name its package in the function's {REQUIREMENTS}, or do without it",
                )
            )


def _imports(node: ast.AST) -> Iterator[_Import]:
    """All imports, at any depth, but those for the type checker only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (_Import(alias.name, None, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield from (_Import(child.module, alias.name, child.lineno) for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (found for other in child.orelse for found in _imports(other))
        else:
            yield from _imports(child)


def _modules(root: Path, one: _Import) -> Iterator[Path]:
    place = root.joinpath(*one.module.split("."))
    for candidate in (place, *([place / one.name] if one.name else [])):
        for file in (candidate.with_name(f"{candidate.name}.py"), candidate / "__init__.py"):
            if file.is_file():
                yield file
