"""The pinned list of tools, and which of them this machine already has."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments import places
from environments.problems import Exit, Refusal

PINS = Path(__file__).with_name("tools.toml")


@dataclass(frozen=True)
class Tool:
    """One entry of `tools.toml`."""

    name: str
    accept: tuple[str, str]
    version_command: list[str]
    purpose: str
    vendor: str
    version: str = ""
    needs: tuple[str, ...] = ()
    optional: bool = False
    minutes: int = 0
    go: list[dict[str, str]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    from_pypi: str = ""

    @property
    def buildable(self) -> bool:
        """Whether Go can make it."""
        return bool(self.go)

    @property
    def outputs(self) -> list[str]:
        """Names of the programs that a build puts into `.sluice/bin`."""
        return [step["binary"] for step in self.go] + [
            Path(path).name for step in self.files for path in step["paths"]
        ]

    @property
    def recipe(self) -> str:
        """A digest of everything that decides what a build makes."""
        text = json.dumps([self.version, self.go, self.files], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Found:
    """A tool on this machine: where, which version, whether that version is accepted."""

    path: Path
    version: str
    accepted: bool


def tools() -> dict[str, Tool]:
    """All pinned tools by name."""
    with PINS.open("rb") as file:
        entries = tomllib.load(file)
    return {
        name: Tool(
            name=name,
            accept=(entry["accept"][0], entry["accept"][1]),
            needs=tuple(entry.get("needs", ())),
            **{key: value for key, value in entry.items() if key not in ("accept", "needs")},
        )
        for name, entry in entries.items()
    }


def search_path() -> str:
    """PATH with the checkout's own tools first."""
    return os.pathsep.join([str(places.BIN), os.environ.get("PATH", "")])


def find(tool: Tool) -> Found | None:
    """Looks for a tool in `.sluice/bin`, then on PATH; None where there is none, it does not run, or it cannot
    say its version."""
    if not tool.version_command:
        return None
    program = shutil.which(tool.version_command[0], path=search_path())
    if program is None or any(shutil.which(name, path=search_path()) is None for name in tool.needs):
        return None
    try:
        # Three quarters of a minute: the first run of a 100 MB binary on a busy disk takes its time.
        answer = subprocess.run(
            [program, *tool.version_command[1:]],
            capture_output=True,
            text=True,
            timeout=45,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "CHECKPOINT_DISABLE": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(\d+(?:\.\d+)+|\d+)", answer.stdout + answer.stderr)
    if answer.returncode != 0 or match is None:
        return None
    version = match.group(1)
    low, high = (parts(bound) for bound in tool.accept)
    return Found(Path(program), version, low <= parts(version) < high)


def require(name: str, purpose: str) -> Found:
    """A tool at an accepted version.

    Args:
        name: Its entry in the list.
        purpose: What needs it, as the beginning of a sentence goes on: "a rehearsal".

    Raises:
        Refusal: it is not there, or is too old or too new.
    """
    tool = tools()[name]
    found = find(tool)
    if found is None or not found.accepted:
        what = f"{name} is version {found.version}" if found else f"{name} is not installed"
        raise Refusal.because(
            f"{what}; {purpose} needs {tool.accept[0]} to below {tool.accept[1]}",
            remedy=f"install {tool.vendor}; `./sluice doctor` shows what else is missing",
            exit_code=Exit.UNAVAILABLE,
        )
    return found


def parts(version: str) -> tuple[int, ...]:
    """A dotted version as numbers, so that 1.10 comes after 1.9."""
    return tuple(int(number) for number in version.split("."))
