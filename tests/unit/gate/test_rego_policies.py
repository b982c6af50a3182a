"""The Rego rules as a whole: formatted, strict, described, tested on every side, and covered.

Whether a rule asks for the right thing is for its own `_test.rego` to prove.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

from environments import places
from policies.gate import rego_tests
from policies.gate.engines import rego

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)


@cache
def _report() -> rego_tests.Report:
    return rego_tests.report()


def test_every_test_of_a_rule_passes() -> None:
    assert _report().failures == ()
    assert _report().passed > 150


def test_tests_reach_nine_lines_of_ten() -> None:
    assert _report().coverage >= 90


def test_every_rule_has_a_test_for_each_verdict() -> None:
    assert _report().incomplete == {}


def test_policies_are_formatted() -> None:
    done = subprocess.run(
        [rego.opa(), "fmt", "--list", "--fail", "."], cwd=rego.RULES, capture_output=True, text=True
    )
    assert done.stdout == ""


def test_policies_pass_the_strict_check() -> None:
    assert rego.run("check", "--strict", "--bundle", ".") == ""


def test_every_rule_says_why_and_how_to_mend_it() -> None:
    rules = rego.rules()
    assert len(rules) >= 30
    for rule in rules.values():
        assert len(rule.why) > 60, rule.id
        assert rule.fix and rule.title and rule.frameworks, rule.id


def test_every_package_outside_the_library_is_a_rule() -> None:
    """A rule that the engine does not find would never be asked."""
    files = {
        "/".join(file.relative_to(rego.RULES).with_suffix("").parts).replace("_", "-")
        for file in rego.RULES.glob("*/*.rego")
        if not file.name.endswith("_test.rego") and file.parent.name not in ("graph", "provisioning")
    }
    assert files == set(rego.rules())
