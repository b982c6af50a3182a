"""Drives the `sluice` command as a person would, on a platform with a state folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass
class Platform:
    """A platform beside the checkout's own: same tools, other state and ports."""

    state: Path
    extra: dict[str, str] = field(default_factory=dict)
    root: Path = ROOT
    """The checkout whose command is run."""

    def environment(self) -> dict[str, str]:
        """What its commands run with."""
        return {**os.environ, "SLUICE_STATE": str(self.state), "SLUICE_SOURCE_CONTROL": "1", **self.extra}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            [str(self.root / "sluice"), *arguments],
            env=self.environment(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def sluice(self, *arguments: str, seconds: float = 400) -> Said:
        """Runs a command to its end. No traceback may reach a person, whatever happens."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"`sluice {' '.join(arguments)}` hangs:\n{out}\n{err}") from None
        said = Said(process.returncode, out, err)
        assert "Traceback (most recent call last)" not in said.all, said.all
        return said

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows from the warehouse."""
        said = self.sluice("query", sql, "--json")
        assert said.code == 0, said.all
        return list(json.loads(said.out))

    def services(self) -> dict[str, dict[str, Any]]:
        """`sluice status --json`, by service."""
        return {row["service"]: row for row in json.loads(self.sluice("status", "--json").out)}
