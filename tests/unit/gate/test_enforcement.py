"""How strict an environment is: its own word goes before its tier's, in the gate and in the policy pack."""

from __future__ import annotations

from datetime import date

import pytest

from environments.load import load
from environments.model import Enforcement, Environment
from environments.vocabulary import Severity as Asked
from policies.crossguard import judgement
from policies.gate import enforcement, invoke
from policies.gate.report import EnvironmentReport
from policies.gate.targets import Target, context_of, own
from policies.gate.verdicts import Finding, Rule, Severity, Verdict
from tests.graph_builder import GraphBuilder

NAME = "aws-dev"  # its tier stops at high
RULE = Rule("encryption/at-rest", "t", Severity.LOW, "encryption", "rego")


def strict(environment: Environment) -> Environment:
    asked = Enforcement(fail_at=Asked.LOW, fail_undetermined=True)
    return environment.model_copy(update={"enforcement": asked})


def test_an_environment_s_own_word_goes_before_its_tier_s() -> None:
    severities = enforcement.load(invoke.SEVERITIES)
    environment = strict(load(NAME))
    assert enforcement.enforcement("dev", severities).fail_at is Severity.HIGH
    assert enforcement.enforcement("dev", severities, environment).fail_at is Severity.LOW


def test_the_gate_s_own_targets_know_their_environment() -> None:
    assert [target.model for target in own([NAME])] == [load(NAME)]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.UNDETERMINED])
def test_the_gate_is_as_strict_as_the_environment_and_not_as_its_tier(verdict: Verdict) -> None:
    environment = load(NAME)
    finding = Finding(RULE, verdict, "m", NAME)
    blocking = []
    for asked in (environment, strict(environment)):
        target = Target(NAME, invoke.places.ROOT / "elsewhere", NAME, context_of(asked), model=asked)
        report = EnvironmentReport(NAME, "dev", [finding], {}, 1, 1, 1)
        done = invoke._enforced([target], [report], invoke.Asked(today=date(2026, 1, 1)), 0.0)
        blocking.append(done.environments[0].blocking)
    assert blocking == [set(), {0}]


def test_the_pack_is_as_strict_as_the_environment_and_not_as_its_tier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    b = GraphBuilder(stack=NAME)
    b.add("aws:ec2/eip:Eip", "unused-address")  # a finding of low severity, and nothing worse
    stopping = []
    for change in (lambda item: item, strict):
        environments = {NAME: change(load(NAME))}
        monkeypatch.setattr(judgement, "_environments", lambda known=environments: known)
        judged = judgement.judge(b.graph(), {})
        low = [number for number, one in enumerate(judged.findings) if one.rule.id == "unused/address"]
        assert len(low) == 1
        stopping.append(judged.stops(low[0]))
    assert stopping == [False, True]
