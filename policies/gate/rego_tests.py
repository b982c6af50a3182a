"""Runs the tests of the Rego rules with coverage, and checks that each rule is tested for every verdict."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments.problems import Refusal
from policies.gate.engines import rego

_TIMEOUT = 600
_EXPECTED = re.compile(r'"(fail|undetermined)"')
_PASSES = re.compile(r"== \[\]")


@dataclass(frozen=True)
class Report:
    """What `opa test` said."""

    passed: int
    failures: tuple[str, ...]
    """Names of the tests that failed or ended in an error."""
    coverage: float
    """Percent of the lines of the rules and their library; the tests themselves do not count."""
    uncovered: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Lines that no test reached, by file."""
    incomplete: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Verdicts that no test of a rule expects, by rule id."""

    @property
    def clean(self) -> bool:
        """Whether nothing failed and every rule is tested for every verdict that it can give."""
        return not self.failures and not self.incomplete

    def to_json(self) -> dict[str, Any]:
        """As `sluice policy test --json` prints it."""
        return {
            "passed": self.passed,
            "failures": list(self.failures),
            "coverage": self.coverage,
            "uncovered": {file: list(rows) for file, rows in self.uncovered.items()},
            "incomplete": {rule: list(verdicts) for rule, verdicts in self.incomplete.items()},
        }


def report(folder: Path = rego.RULES) -> Report:
    """Runs all tests.

    Raises:
        Refusal: there is no OPA (exit code 3), or a policy or test does not compile (2).
    """
    # Coverage output replaces the results, so that both need a run of their own.
    results = json.loads(_test(folder, "--format=json") or "[]")
    failures = tuple(
        f"{item['package']}.{item['name']}" for item in results if item.get("fail") or item.get("error")
    )
    covered = 0.0
    rows: dict[str, tuple[int, ...]] = {}
    if not failures:
        covered, rows = _coverage(json.loads(_test(folder, "--format=json", "--coverage")))
    return Report(len(results) - len(failures), failures, covered, rows, _incomplete(folder))


def _test(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [rego.opa(), "test", "--bundle", ".", *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            cwd=folder,
        )
    except subprocess.TimeoutExpired:
        raise Refusal.because(f"opa test did not end within {_TIMEOUT} seconds") from None
    # 2 says that tests failed; every other code but 0, that none ran.
    if done.returncode not in (0, 2) or not done.stdout.strip():
        raise Refusal(*rego.problems(done.stdout, done.stderr, folder))
    return done.stdout


def _coverage(answer: Mapping[str, Any]) -> tuple[float, dict[str, tuple[int, ...]]]:
    covered = missed = 0
    rows: dict[str, tuple[int, ...]] = {}
    for file, found in sorted(answer["files"].items()):
        if file.endswith("_test.rego"):
            continue
        missing = [row for part in found.get("not_covered", ()) for row in _rows(part)]
        covered += sum(len(_rows(part)) for part in found.get("covered", ()))
        missed += len(missing)
        if missing:
            rows[file] = tuple(missing)
    return (100 * covered / (covered + missed) if covered + missed else 0.0), rows


def _rows(part: Mapping[str, Any]) -> range:
    return range(part["start"]["row"], part["end"]["row"] + 1)


def _incomplete(folder: Path) -> dict[str, tuple[str, ...]]:
    """Rules whose test file is missing, or expects no pass, no failure or no undetermined verdict."""
    missing: dict[str, tuple[str, ...]] = {}
    for id_ in rego.rules(folder):
        words = rego.package_of(id_).split(".")[1:]
        file = folder / words[0] / f"{words[1]}_test.rego"
        text = file.read_text() if file.is_file() else ""
        expected = set(_EXPECTED.findall(text)) | ({"pass"} if _PASSES.search(text) else set())
        absent = sorted({"pass", "fail", "undetermined"} - expected)
        if absent:
            missing[id_] = tuple(absent)
    return missing
