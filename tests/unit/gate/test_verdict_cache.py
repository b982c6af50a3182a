"""A verdict of before is used only while nothing that it depends on has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policies.gate import cache
from policies.gate.context import Context
from policies.gate.graph import CallSite
from policies.gate.report import EnvironmentReport
from policies.gate.targets import Target
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

TODAY = date(2026, 11, 21)
RULE = Rule("network/ingress", "No ingress", Severity.HIGH, "network", "rego", frameworks=("CIS 5.2",))
FINDING = Finding(
    RULE, Verdict.FAIL, "open", "dev", "urn:x", "x", "aws:x", (CallSite("__main__.py", 3, "f"),)
)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A program with two files, and a cache of its own."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "cache")
    program = tmp_path / "program"
    (program / "__pycache__").mkdir(parents=True)
    (program / "__main__.py").write_text("a = 1\n")
    (program / "part.py").write_text("b = 1\n")
    (program / "__pycache__" / "part.cpython-311.pyc").write_bytes(b"1")
    return Target("dev", program, "dev", Context(stack="dev"))


def kept(target: Target) -> str:
    """Keeps a report for a target whose program read its folder, a source and a compiled module."""
    name = cache.key(target, TODAY)
    report = EnvironmentReport("dev", "dev", [FINDING], {"network/ingress": 2}, 3, 3, 3)
    compiled = target.folder / "__pycache__" / "part.cpython-311.pyc"
    cache.keep(
        name, report, [target.folder, target.folder / "__main__.py", compiled, target.folder / "gone.yaml"]
    )
    return name


def test_what_was_kept_comes_back_whole(target: Target) -> None:
    found = cache.find(kept(target))
    assert found is not None and found.from_cache
    assert found.findings == [FINDING]
    assert found.passed == {"network/ingress": 2} and found.resources_seen == 3


@pytest.mark.parametrize("file", ["__main__.py", "part.py", "gone.yaml", "new.py"])
def test_a_verdict_does_not_survive_a_change_of_what_the_program_read(target: Target, file: str) -> None:
    name = kept(target)
    (target.folder / file).write_text("changed = True\n")
    assert cache.find(name) is None


def test_a_module_that_is_only_compiled_anew_changes_nothing(target: Target) -> None:
    name = kept(target)
    (target.folder / "__pycache__" / "part.cpython-311.pyc").write_bytes(b"other bytes")
    (target.folder / "__pycache__" / "more.cpython-311.pyc").write_bytes(b"")
    assert cache.find(name) is not None


def test_every_part_of_a_target_and_the_day_and_the_base_count(target: Target) -> None:
    names = {
        cache.key(target, TODAY),
        cache.key(target, date(2026, 11, 22)),
        cache.key(target, TODAY, base="abc"),
        cache.key(replace(target, stack="prod"), TODAY),
        cache.key(replace(target, config={"aws:region": "eu-west-1"}), TODAY),
        cache.key(replace(target, context=Context(stack="dev", tier="prod")), TODAY),
    }
    assert len(names) == 6


def test_policies_tools_and_packages_count(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    for file in ("policies/a.rego", "environments/b.py", "uv.lock", "scripts/install/tools.toml"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("1")
    opa = root / "opa"
    opa.write_text("1")
    monkeypatch.setattr(cache.places, "ROOT", root)
    monkeypatch.setattr(cache, "_JUDGES", (root / "policies", root / "environments"))
    monkeypatch.setattr(cache, "_LOCKS", (root / "uv.lock", root / "scripts" / "install" / "tools.toml"))
    monkeypatch.setattr(cache.rego, "opa", lambda: opa)
    names = []
    for file in (
        None,
        "policies/a.rego",
        "environments/b.py",
        "uv.lock",
        "scripts/install/tools.toml",
        "opa",
    ):
        if file:
            (root / file).write_text("another")
        cache._judges.cache_clear()
        names.append(cache.key(target, TODAY))
    cache._judges.cache_clear()
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"reads": {}, "report": {"environment": 1}}', b"\xff"]
)
def test_a_damaged_entry_is_no_entry(target: Target, content: bytes) -> None:
    name = kept(target)
    (cache.FOLDER / f"{name}.json").write_bytes(content)
    assert cache.find(name) is None


def test_a_cache_that_cannot_be_written_costs_nothing_but_speed(target: Target, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    name = kept(target)
    assert cache.find(name) is None
