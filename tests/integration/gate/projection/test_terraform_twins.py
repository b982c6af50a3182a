"""The projection of a Pulumi program is what Terraform plans for the same infrastructure.

It does not prove that types without a twin are shaped right; the tables' own tests hold those to schemas.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest

from environments.problems import Refusal
from policies.gate.capture import capture
from policies.gate.projection.generate.golden import defaults, real_plan
from policies.gate.projection.terraform import TerraformProjection, project

TWINS = Path(__file__).parent / "twins"
NAMES = sorted(path.parent.name for path in TWINS.glob("*/main.tf"))
ROOT = Path(__file__).parents[4]
SCAN_PYTHON = ROOT / ".sluice/venvs/scan/bin/python"

NULL_READ_AS_A_VALUE = "checkov passes on a null in Terraform's plan; the projection leaves it out and fails"
DIFFERENT_VERDICTS = {
    "CKV_AWS_23 aws_security_group_rule.rdp": NULL_READ_AS_A_VALUE,
    "CKV_AWS_23 aws_vpc_security_group_ingress_rule.http": NULL_READ_AS_A_VALUE,
    "CKV_AWS_25 aws_security_group_rule.rdp": NULL_READ_AS_A_VALUE,
    "CKV_AWS_173 aws_lambda_function.export": NULL_READ_AS_A_VALUE,
    "CKV_AWS_364 aws_lambda_permission.export": NULL_READ_AS_A_VALUE,
}

DIFFERENT_VALUES = {
    "aws_db_instance.meta.password": "a secret is redacted at capture",
    "aws_lambda_function.export.filename": "the archive's path is relative to the repository",
    "aws_security_group.app.description": "Pulumi's own default says Pulumi",
    "aws_instance.web.metadata_options.http_endpoint": "computed by the provider in the plan",
    "aws_instance.web.metadata_options.http_protocol_ipv6": "computed by the provider in the plan",
    "aws_instance.web.root_block_device.delete_on_termination": "a default inside a block",
}


@pytest.fixture(scope="module")
def projections() -> dict[str, TerraformProjection]:
    """Every Pulumi twin, captured and projected."""
    return {name: project(capture(TWINS / name, "dev")) for name in NAMES}


def committed(name: str) -> dict[str, Any]:
    """The committed real plan of a twin."""
    plan: dict[str, Any] = json.loads((TWINS / name / "plan.json").read_text())
    return plan


def test_the_committed_plans_are_what_terraform_plans_today() -> None:
    try:
        fresh = {name: real_plan(TWINS / name) for name in NAMES}
    except Refusal as reason:
        what = reason.problems[0].what
        warnings.warn(f"held against the committed plans; Terraform could not plan: {what}", stacklevel=1)
        fresh = {name: committed(name) for name in NAMES}
    for name in NAMES:
        assert _sorted(fresh[name]) == _sorted(committed(name)), name
    table = json.loads((ROOT / "policies/gate/projection/data/aws_defaults.json").read_text())
    assert defaults(list(fresh.values())) == table["types"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_unmapped_and_every_address_is_the_same(
    name: str, projections: dict[str, TerraformProjection]
) -> None:
    assert projections[name].unmapped == []
    for part in ("planned_values", "configuration"):
        ours = {item["address"] for item in projections[name].plan[part]["root_module"]["resources"]}
        assert ours == {item["address"] for item in committed(name)[part]["root_module"]["resources"]}


@pytest.mark.parametrize("name", NAMES)
def test_every_planned_value_is_the_same(name: str, projections: dict[str, TerraformProjection]) -> None:
    ours = _values(projections[name].plan)
    different = []
    for address, values in _values(committed(name)).items():
        different += list(_differences(values, ours[address], address))
    assert [item for item in different if item[0] not in DIFFERENT_VALUES] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_is_the_same(name: str, projections: dict[str, TerraformProjection]) -> None:
    assert _references(projections[name].plan) == _references(committed(name))


@pytest.mark.slow
def test_checkov_gives_the_same_verdicts(tmp_path: Path, projections: dict[str, TerraformProjection]) -> None:
    assert SCAN_PYTHON.exists(), "uv sync the scan group into .sluice/venvs/scan first"
    files: dict[str, tuple[str, str]] = {}
    for name in NAMES:
        (tmp_path / f"{name}-ours.json").write_text(json.dumps(projections[name].plan))
        (tmp_path / f"{name}-real.json").write_text(json.dumps(committed(name)))
        files[name] = (str(tmp_path / f"{name}-ours.json"), str(tmp_path / f"{name}-real.json"))
    command = [str(SCAN_PYTHON), str(Path(__file__).parent / "checkov_verdicts.py")]
    done = subprocess.run(
        [*command, *(path for pair in files.values() for path in pair)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    verdicts = json.loads(done.stdout)
    different: dict[str, tuple[str | None, str | None]] = {}
    looked_at = 0
    for ours, real in files.values():
        looked_at += len(verdicts[real])
        for check in verdicts[ours] | verdicts[real]:
            pair = (verdicts[real].get(check), verdicts[ours].get(check))
            if pair[0] != pair[1]:
                different[check] = pair
    assert looked_at > 200
    assert different == dict.fromkeys(DIFFERENT_VERDICTS, ("pass", "fail"))


def _values(plan: dict[str, Any]) -> dict[str, Any]:
    return {item["address"]: item["values"] for item in plan["planned_values"]["root_module"]["resources"]}


def _differences(real: Any, ours: Any, path: str) -> list[tuple[str, Any, Any]]:
    """What the real plan says and ours does not, or says otherwise; empty and unset are the same."""
    real, ours = _document(real), _document(ours)
    if real in (None, "", [], {}, False) and ours in (None, "", [], {}, False):
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        names = real.keys() | ours.keys()
        return [
            item
            for name in sorted(names)
            for item in _differences(real.get(name), ours.get(name), f"{path}.{name}")
        ]
    if isinstance(real, list) and isinstance(ours, list):
        if len(real) == len(ours):
            order = [sorted(side, key=lambda item: json.dumps(item, sort_keys=True)) for side in (real, ours)]
            return [
                item for one, other in zip(*order, strict=True) for item in _differences(one, other, path)
            ]
    # A list of unknown items: Terraform leaves the whole list out, the projection says how many there are.
    elif real is None and isinstance(ours, list) and all(item is None for item in ours):
        return []
    return [] if real == ours else [(path, real, ours)]


def _document(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value


def _references(plan: dict[str, Any]) -> dict[str, set[str]]:
    """All that each resource refers to, `attribute: target`; locals are Terraform's alone."""
    found: dict[str, set[str]] = {}
    for item in plan["configuration"]["root_module"]["resources"]:
        targets = {
            f"{name}: {target}"
            for name, value in item.get("expressions", {}).items()
            for target in _targets(value)
            if not target.startswith("local.")
        }
        if targets:
            found[item["address"]] = targets
    return found


def _targets(value: Any) -> set[str]:
    if isinstance(value, list):
        return {target for item in value for target in _targets(item)}
    if isinstance(value, dict):
        return set(value.get("references", ())) | {
            target for name, item in value.items() if name != "references" for target in _targets(item)
        }
    return set()


def _sorted(value: Any) -> Any:
    """Sets come in no order."""
    if isinstance(value, dict):
        return {name: _sorted(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
