"""Every cloud environment passes the gate of its own tier, and every waiver is needed.

The gate judges plans: a pass does not prove that a cloud accepts them.
"""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from environments.load import names
from environments.vocabulary import Cloud, Tier
from policies.gate import waivers
from policies.gate.invoke import WAIVERS
from policies.gate.verdicts import Severity

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    f"{cloud}-{tier}" for cloud in (Cloud.AWS, Cloud.GCP, Cloud.AZURE) for tier in Tier if tier != "local"
]
# By tier, what stops a change: written here once more, so that a gate made milder by mistake shows.
STOPS = {"dev": Severity.HIGH, "staging": Severity.MEDIUM, "prod": Severity.MEDIUM}


@pytest.fixture(scope="module")
def gated() -> dict[str, Any]:
    """What `./sluice gate` says of all environments, judged anew, with its exit code."""
    done = subprocess.run(
        [str(ROOT / "sluice"), "gate", "--no-cache", "--format", "json"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert done.stdout, done.stderr
    return {**json.loads(done.stdout), "exit code": done.returncode}


def said(finding: dict[str, Any]) -> str:
    return f"{finding['environment']}: {finding['rule']} {finding['name']} {finding['verdict']}"


def test_nothing_stops_any_environment(gated: dict[str, Any]) -> None:
    bootstraps = {f"{name}-bootstrap" for name in NAMES if name.startswith("aws-")}
    assert set(gated["summary"]["environments"]) == {*NAMES, *bootstraps}
    stopped = [item for item, found in gated["summary"]["environments"].items() if found["blocking"]]
    assert (stopped, gated["exit code"]) == ([], 0)


def test_no_finding_is_as_bad_as_its_tier_refuses(gated: dict[str, Any]) -> None:
    left = [item for item in gated["findings"] if not item["waived"]]
    tiers = {name: found["tier"] for name, found in gated["summary"]["environments"].items()}
    assert [
        said(item)
        for item in left
        if item["verdict"] == "fail"
        and Severity(item["severity"]).at_least(STOPS[tiers[item["environment"]]])
    ] == []
    assert [
        said(item)
        for item in left
        if item["verdict"] == "undetermined" and tiers[item["environment"]] == "prod"
    ] == []


def test_every_resource_of_every_environment_was_looked_at(gated: dict[str, Any]) -> None:
    for name, found in gated["summary"]["environments"].items():
        seen = found["resources"]["seen"]
        assert seen > (30 if name.endswith("-bootstrap") else 50), name
        assert found["resources"] == {"seen": seen, "mapped": seen, "checked": seen}, name
        assert found["verdicts"]["pass"] > 3 * seen, name


def test_no_waiver_is_expired_broad_or_malformed(gated: dict[str, Any]) -> None:
    assert [item["message"] for item in gated["findings"] if item["rule"].startswith("waiver/")] == []
    assert waivers.load(WAIVERS, today=date.today(), environments=names()).findings == ()


def test_every_waiver_is_needed_in_each_environment_that_it_names(gated: dict[str, Any]) -> None:
    needed = {(item["waiver"], item["environment"]) for item in gated["findings"] if item["waived"]}
    held = waivers.load(WAIVERS, today=date.today(), environments=names()).waivers
    assert needed == {(str(waiver), name) for waiver in held for name in waiver.environments}
