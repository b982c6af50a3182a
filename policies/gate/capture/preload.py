"""Finds which Pulumi packages and modules a program will touch, by reading its source, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

_MOST_FILES = 2_000
_FAMILIES = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure": "pulumi_azure_native"}


def touched(main: Path, root: Path) -> frozenset[str]:
    """Modules that a program may touch, such as `pulumi_aws.s3`, in whatever stack."""
    found: set[str] = set()
    for _, tree in _reachable(main, root):
        found |= _touched(tree)
    return frozenset(found)


def modules_of(found: Set[str], stack: str) -> tuple[str, ...]:
    """Those to import before forking for one stack; a hint, never needed for a right result.

    A program that serves several clouds, one for each stack, touches one of them at a time: if the stack's
    name says which, the others are left out.
    """
    named = [package for word, package in _FAMILIES.items() if word in stack.split("-")]
    if named and any(name.split(".")[0] in named for name in found):
        others = set(_FAMILIES.values()) - set(named)
        found = {name for name in found if name.split(".")[0] not in others}
    return tuple(sorted(found))


def _reachable(main: Path, root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """The program's own files, following its imports; a package that is imported by a computed name whole."""
    folder = main if main.is_dir() else main.parent
    first = main / "__main__.py" if main.is_dir() else main
    pending, seen = [first, *sorted(folder.glob("*.py"))], set[Path]()
    while pending and len(seen) < _MOST_FILES:
        file = pending.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        if (tree := _tree(file)) is None:
            continue
        yield file, tree
        for name, level in _imports(tree):
            base = file.parent if level else None
            for _ in range(level - 1):
                base = base.parent if base else None
            for start in [base] if base else [folder, root]:
                pending += _files_of(start, name)


def _files_of(start: Path, name: str) -> list[Path]:
    target = start.joinpath(*name.split(".")) if name else start
    found = [target.with_suffix(".py"), target / "__init__.py"] if name else [target / "__init__.py"]
    if target.is_dir():
        found += sorted(target.glob("*.py"))
    return found


def _tree(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError):
        return None


def _imports(tree: ast.Module) -> Iterable[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names if not alias.name.startswith("pulumi"))
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("pulumi"):
            base = node.module or ""
            yield base, node.level
            yield from ((f"{base}.{alias.name}".strip("."), node.level) for alias in node.names)


def _touched(tree: ast.Module) -> set[str]:
    aliases: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("pulumi_"):
                    aliases[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
                    found.add(alias.name)
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_") and not node.level
        ):
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name[:1].islower()}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
            and node.attr[:1].islower()
        ):
            found.add(f"{aliases[node.value.id]}.{node.attr}")
    return found
