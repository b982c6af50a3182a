"""Gate and policy pack say the same: the gate of a capture, the pack of what the real engine previews."""

from __future__ import annotations

from typing import Any

import pytest
from engine_runs import EngineRuns, Said

from environments import places
from policies.gate import targets
from policies.gate.context import Context, KeyRequirement
from policies.gate.invoke import Asked, gate
from policies.gate.report import EnvironmentReport
from policies.gate.verdicts import Verdict

pytestmark = pytest.mark.slow

OWN = ("aws-prod", "gcp-prod", "azure-prod")
# A tier in which what is not known stops the change.
STRICT = Context(
    tier="prod",
    allowed_regions={"aws": ["eu-west-1"], "gcp": ["europe-west1"], "azure": ["westeurope"]},
    required_tags=["environment", "owner"],
    customer_managed_key_required_for=KeyRequirement(tag="owner", value="nobody"),
    raw_zone_keeps_at_least_days=30,
)


def ours(report: EnvironmentReport) -> dict[int, Any]:
    """Findings of the engines that gate and pack have in common, by their index."""
    return {
        number: finding
        for number, finding in enumerate(report.findings)
        if finding.rule.engine in ("rego", "graph")
    }


def assert_same(report: EnvironmentReport, said: Said) -> None:
    """Both say the same of every rule and resource, and stop the same changes."""
    found = ours(report)
    assert said.verdicts() == {(item.rule.id, item.urn, str(item.verdict)) for item in found.values()}
    assert said.stopping() == {(item.rule.id, item.urn) for n, item in found.items() if n in report.blocking}
    passes = sum(count for rule, count in report.passed.items() if not rule.startswith("checkov/"))
    assert f" {passes} passes," in said.summary


@pytest.fixture(scope="module")
def gated() -> dict[str, EnvironmentReport]:
    report = gate(targets.own(OWN), Asked(cached=False))
    return {one.environment: one for one in report.environments}


@pytest.mark.parametrize("environment", OWN)
def test_our_own_environments(
    environment: str, gated: dict[str, EnvironmentReport], engine: EngineRuns
) -> None:
    said = engine.own(environment)
    assert said.summary, said.output
    assert_same(gated[environment], said)
    assert (said.exit_code == 0) == (not said.stopping())


@pytest.mark.parametrize("name", ["aws", "gcp", "azure"])
def test_planted_faults(name: str, engine: EngineRuns) -> None:
    folder = engine.program(name)
    report = gate([targets.foreign(folder, "dev", STRICT, {})], Asked(cached=False)).environments[0]
    said = engine.run("preview", folder, "dev", context=STRICT.model_dump(mode="json", exclude={"stack"}))
    assert said.summary, said.output
    assert_same(report, said)
    assert said.exit_code != 0
    verdicts = {verdict for _, _, verdict in said.verdicts()}
    assert verdicts == {Verdict.FAIL, Verdict.UNDETERMINED}


def test_nothing_of_this_checkout_is_written() -> None:
    assert "encryptionsalt" not in (places.ROOT / "environments" / "Pulumi.aws-prod.yaml").read_text()
