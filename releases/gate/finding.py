"""What the release gate says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.problems import Location


@dataclass(frozen=True)
class Finding:
    """One thing that stops a ship. `undetermined`: it could not be looked at, which is no pass."""

    rule: str
    """`dag/imports`, `needs/secret`, `contract/breaking`, …"""
    what: str
    file: str = ""
    """Path in the release, which is that of the repository."""
    line: int | None = None
    remedy: str = ""
    undetermined: bool = False

    def __str__(self) -> str:
        where = f"{Location(Path(self.file), self.line)}: " if self.file else ""
        kind = " (undetermined)" if self.undetermined else ""
        return f"{where}{self.what} [{self.rule}]{kind}" + (f"\n  {self.remedy}" if self.remedy else "")

    def as_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "rule": self.rule,
            "verdict": "undetermined" if self.undetermined else "fail",
            "message": self.what,
            "source": {"file": self.file, "line": self.line},
            "fix": self.remedy,
        }


def line_of(data: bytes, *texts: str) -> int | None:
    """The first line of a file that holds one of the texts, the first text first; None where none stands."""
    lines = data.decode("utf-8", "replace").splitlines()
    for text in texts:
        for number, line in enumerate(lines, 1):
            if text in line:
                return number
    return None
