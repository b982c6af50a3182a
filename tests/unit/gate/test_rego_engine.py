"""The Rego engine on small graphs: verdicts at their lines, many graphs at once, and clear refusals."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from environments import places
from environments.problems import Exit, Refusal
from policies.gate.engines import rego
from policies.gate.graph import CallSite, Provider, Resource, ResourceGraph
from policies.gate.verdicts import Severity, Verdict

_URN = "urn:pulumi:dev::p::aws:ebs/volume:Volume::data"
_CONTEXT = {"tier": "dev", "stack": "dev"}
_RULE = "encryption/at-rest"


def _graph(encrypted: object) -> ResourceGraph:
    volume = Resource(
        _URN,
        "aws:ebs/volume:Volume",
        "data",
        inputs={"encrypted": encrypted},
        sites=(CallSite("stack.py", 7),),
    )
    return ResourceGraph("p", "dev", resources={_URN: volume}, providers={"default:aws": Provider("aws")})


def _of(outcome: object, rule: str = _RULE) -> list[Verdict]:
    return [item.verdict for item in outcome.findings if item.rule.id == rule]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path / "state")
    rego.rules.cache_clear()


def test_pass_fail_and_undetermined_of_several_graphs_in_one_go() -> None:
    values = {"aws-dev": True, "aws-staging": False, "aws-prod": {"$unknown": {"from": []}}}
    jobs = [rego.Job(name, _graph(value), _CONTEXT) for name, value in values.items()]
    outcomes = rego.evaluate(jobs)
    assert _of(outcomes["aws-dev"]) == []
    assert outcomes["aws-dev"].passed[_RULE] == 1
    assert outcomes["aws-dev"].checked == {_URN}
    assert _of(outcomes["aws-staging"]) == [Verdict.FAIL]
    assert outcomes["aws-staging"].passed[_RULE] == 0
    assert _of(outcomes["aws-prod"]) == [Verdict.UNDETERMINED]


def test_finding_names_the_python_line_and_the_input() -> None:
    found = [
        f
        for f in rego.evaluate([rego.Job("dev", _graph(False), _CONTEXT)])["dev"].findings
        if f.rule.id == _RULE
    ]
    assert [str(item.source) for item in found] == ["stack.py:7"]
    assert found[0].attribute == "encrypted"
    assert (found[0].name, found[0].environment) == ("data", "dev")
    assert found[0].remedy


def test_severities_can_be_replaced() -> None:
    job = rego.Job("dev", _graph(False), _CONTEXT)
    found = rego.evaluate([job], severities={_RULE: Severity.LOW})["dev"].findings
    assert {item.rule.severity for item in found if item.rule.id == _RULE} == {Severity.LOW}


def test_same_graph_gives_the_same_findings_in_the_same_order() -> None:
    job = rego.Job("dev", _graph(False), {**_CONTEXT, "required_tags": ["owner", "project"]})
    first, second = (rego.evaluate([job])["dev"] for _ in range(2))
    assert first.findings == second.findings
    assert len(first.findings) >= 2


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(rego.RULES, tmp_path / "rego"))


def test_policy_that_does_not_compile_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "encryption" / "at_rest.rego").write_text(
        "package sluice.encryption.at_rest\n\nfindings contains {\n"
    )
    with pytest.raises(Refusal) as refused:
        rego.evaluate([rego.Job("dev", _graph(True), _CONTEXT)], folder=folder)
    assert refused.value.exit_code == Exit.BAD_INPUT
    where = refused.value.problems[0].where
    assert where is not None
    assert where.file.name == "at_rest.rego"
    assert where.line is not None


def test_rule_without_metadata_is_refused(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "cost" / "nameless.rego").write_text(
        "package sluice.cost.nameless\n\nfindings := set()\n\nexamined := set()\n"
    )
    with pytest.raises(Refusal, match="METADATA"):
        rego.rules(folder)


def test_change_of_a_policy_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    before = rego.fingerprint(folder)
    with (folder / "cost" / "sizes.rego").open("a") as file:
        file.write("# a change\n")
    assert rego.fingerprint(folder) != before


def test_missing_opa_is_an_environment_that_is_not_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "BIN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal) as refused:
        rego.opa()
    assert refused.value.exit_code == Exit.UNAVAILABLE
