"""The gate judges the bootstrap's Terraform JSON as Pulumi's programs: faults are found at the Python line."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments.load import load_all
from environments.places import ROOT
from policies.gate import enforcement, sources, targets
from policies.gate.engines.checkov.engine import Checkov
from policies.gate.from_terraform.reader import graph_of
from policies.gate.invoke import SEVERITIES
from policies.gate.judge import Case, judge
from policies.gate.revision import Checkout
from tests.bootstrap_program import document

pytestmark = pytest.mark.slow

Spoil = Callable[[dict[str, Any]], None]


def _trust(resources: dict[str, Any], **condition: str) -> None:
    role = resources["aws_iam_role"]["apply"]
    said = json.loads(role["assume_role_policy"])
    said["Statement"][0]["Condition"] = {"StringEquals": condition} if condition else {}
    role["assume_role_policy"] = json.dumps(said)


def _policy(resources: dict[str, Any], kind: str, name: str, **changed: Any) -> None:
    body = resources[kind][name]
    said = json.loads(body["policy"])
    said["Statement"][0] |= changed
    body["policy"] = json.dumps(said)


# Rule, the file that the finding must name, and how the program is spoilt.
PLANTED: dict[str, tuple[str, str, Spoil]] = {
    "a bucket that may become public": (
        "checkov/CKV_AWS_53",
        "bucket.py",
        lambda all_: all_["aws_s3_bucket_public_access_block"]["state"].update(block_public_acls=False),
    ),
    "a lock that its owner can lift": (
        "checkov/CKV_SLUICE_AWS_3",
        "bucket.py",
        lambda all_: all_["aws_s3_bucket_object_lock_configuration"]["state"].update(
            rule=[{"default_retention": [{"mode": "GOVERNANCE", "days": 1}]}]
        ),
    ),
    "a key that is never new": (
        "encryption/key-rotation",
        "keys.py",
        lambda all_: all_["aws_kms_key"]["state"].update(enable_key_rotation=False),
    ),
    "a role for everybody on GitHub": ("permissions/trust-anyone", "ci.py", _trust),
    "a policy that allows every action": (
        "iam/wildcard-action",
        "ci.py",
        lambda all_: _policy(all_, "aws_iam_policy", "apply-1", Action=["s3:*"]),
    ),
    "a topic that anyone may write to": (
        "checkov/CKV_AWS_169",
        "budget.py",
        lambda all_: _policy(all_, "aws_sns_topic_policy", "budget", Principal="*", Condition={}),
    ),
}


@pytest.fixture(scope="module")
def found() -> dict[str, set[tuple[str, str]]]:
    """Rule and file of what fails, for the program as it is (``) and for each way to spoil it; judged at once."""
    programs = {"": document("aws-dev")}
    for name, (_, _, spoil) in PLANTED.items():
        programs[name] = copy.deepcopy(document("aws-dev"))
        spoil(programs[name]["resource"])
    (target,) = targets.own(["aws-dev-bootstrap"])
    cases = [
        Case(target, graph_of(content, target.project, target.stack, "stacks/bootstrap"), key=str(number))
        for number, content in enumerate(programs.values())
    ]
    with Checkov() as checkov:
        judged = judge(cases, checkov, enforcement.load(SEVERITIES), load_all())
    return {
        name: {
            (finding.rule.id, finding.sites[0].file if finding.sites else "")
            for finding in one.outcome.findings
            if finding.verdict == "fail"
        }
        for name, one in zip(programs, judged, strict=True)
    }


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_at_the_file_that_makes_it(
    name: str, found: dict[str, set[tuple[str, str]]]
) -> None:
    rule, file, _ = PLANTED[name]
    assert (rule, f"stacks/bootstrap/{file}") in found[name] - found[""]


def test_a_revision_without_the_program_has_nothing_of_it(tmp_path: Path) -> None:
    (target,) = targets.own(["aws-dev-bootstrap"])
    (before,) = sources.captured([target], Checkout(tmp_path, ROOT, "0" * 40))
    assert before.graph.resources == {}
    (now,) = sources.captured([target])
    assert len(now.graph.resources) > 35
    assert ROOT / "stacks" / "bootstrap" / "services.yaml" in now.reads


def test_the_capture_of_a_bootstrap_is_the_same_graph() -> None:
    done = subprocess.run(
        [str(ROOT / "sluice"), "capture", "aws-dev-bootstrap"], capture_output=True, text=True, check=True
    )
    (target,) = targets.own(["aws-dev-bootstrap"])
    assert json.loads(done.stdout) == sources.captured([target])[0].graph.to_json()
