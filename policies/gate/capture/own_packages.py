"""The packages that a program was written for: those of its own virtual environment, beside the gate's.

| who says so | what |
|---|---|
| `--python PATH` | a virtual environment, or the interpreter in it |
| `Pulumi.yaml` | `runtime.options.virtualenv`, relative to the project; `.venv` where `toolchain` is uv or poetry |

The program's own packages win over the gate's. The SDK itself (`pulumi`) and what it needs are the gate's always: the
capture stands on that version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from environments.problems import Location, Refusal

_IN_PROJECT = {"uv": ".venv", "poetry": ".venv"}


def named_by(folder: Path, runtime: Any) -> Path | None:
    """The virtual environment that a project's `runtime` names; it need not be there."""
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    if not isinstance(options, Mapping):
        return None
    named = options.get("virtualenv") or _IN_PROJECT.get(str(options.get("toolchain")))
    return folder / named if isinstance(named, str) and named else None


def given(path: Path) -> Path:
    """The virtual environment that a person names, by its folder or by the interpreter in it.

    Raises:
        Refusal: there is none.
    """
    # Not resolved: the interpreter of a virtual environment is a link to the one that it was made with.
    folder = path.absolute().parent.parent if path.is_file() else path.absolute()
    if not folders(folder):
        raise Refusal.because(
            "no virtual environment: it has no lib/python3.*/site-packages",
            where=Location(path),
            remedy="name the folder that `python -m venv` made, or the interpreter in its bin/",
        )
    return folder


def folders(environment: Path | None) -> tuple[Path, ...]:
    """Where an environment's packages are, with the folders that its `.pth` files add; empty where it has none.

    Lines of `.pth` files that are code are left alone: nothing of a program runs outside the sandbox.
    """
    if environment is None:
        return ()
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = sorted(
        environment.glob("lib/python3.*/site-packages"), key=lambda folder: folder.parent.name != ours
    )
    return (found[0], *_added(found[0])) if found else ()


def _added(site: Path) -> Iterable[Path]:
    for file in sorted(site.glob("*.pth")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            text = line.strip()
            if text and not text.startswith(("#", "import ", "import\t")) and (site / text).is_dir():
                yield site / text


def use(given_folders: Iterable[str]) -> None:
    """Puts a program's packages before the gate's, for this process and those that it forks."""
    # The first entry is this repository's own, which `child` takes away once its modules are imported.
    sys.path[1:1] = list(given_folders)
