"""Runs the tests of the rules that are written in Python: our own checks for checkov, and the graph rules."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import places
from environments.problems import Exit, Refusal

_TESTS = places.ROOT / "tests" / "unit" / "gate"
_TIMEOUT = 600
# pytest: 0 all passed, 1 some failed.
_RAN = (0, 1)


@dataclass(frozen=True)
class PythonTests:
    """What pytest said."""

    clean: bool
    summary: str
    output: str

    def to_json(self) -> dict[str, Any]:
        """As `sluice policy test --json` prints it."""
        return {"clean": self.clean, "summary": self.summary, "output": "" if self.clean else self.output}


def files() -> list[Path]:
    """The files that test rules: those of our own checks, and each that names a graph rule's module."""
    found = [_TESTS / "checkov" / "test_checkov_custom_checks.py"]
    found += [
        file
        for file in sorted(_TESTS.glob("test_*.py"))
        if "policies.gate.engines.graph_rules" in file.read_text(encoding="utf-8")
        or "policies.gate.engines import graph_rules" in file.read_text(encoding="utf-8")
    ]
    return found


def python_tests() -> PythonTests:
    """Runs them.

    Raises:
        Refusal: pytest is not installed, or could not run them.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, files())]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=places.ROOT, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refusal.because(f"the tests did not end within {_TIMEOUT} seconds") from None
    if done.returncode not in _RAN:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Refusal.because(
            f"pytest could not run the rules' tests: {' '.join(last)}",
            remedy="run `make install`",
            exit_code=Exit.UNAVAILABLE,
        )
    lines = done.stdout.strip().splitlines()
    return PythonTests(done.returncode == 0, lines[-1] if lines else "nothing ran", done.stdout.strip())
