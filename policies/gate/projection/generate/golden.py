"""Real plans of the twins in tests/integration/gate/projection/twins, and the provider's defaults in them."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from environments.problems import Refusal
from policies.terraform import installation
from policies.terraform.process import Terraform

Plan = dict[str, Any]


def real_plan(twin: Path) -> Plan:
    """The plan that Terraform makes of a twin's main.tf, without what differs from run to run.

    Raises:
        Refusal: Terraform or its provider is not to be had here, or it takes the twin for wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        work, aside = Path(folder) / "module", Path(folder) / "aside"
        work.mkdir()
        shutil.copy(twin / "main.tf", work)
        shutil.copy(twin.parent / "provider.tf", work)
        with zipfile.ZipFile(work / "export.zip", "w") as archive:
            archive.writestr("main.py", "")
        terraform = Terraform(installation.find(), work, aside)
        terraform.initialise()
        planned = terraform.run("plan", "-no-color", "-refresh=false", "-out=plan")
        if planned.code:
            raise Refusal.because(f"no plan of {twin.name}: {planned.error.strip()[-2000:]}")
        return pruned(json.loads(terraform.run("show", "-json", "plan").out))


def pruned(plan: Plan) -> Plan:
    """What the projection is held against."""
    return {
        "format_version": plan["format_version"],
        "terraform_version": plan["terraform_version"],
        "planned_values": plan["planned_values"],
        "resource_changes": plan["resource_changes"],
        "configuration": plan["configuration"],
    }


def defaults(plans: list[Plan]) -> dict[str, dict[str, Any]]:
    """By type: attributes that no configuration sets and the provider plans a value for all the same."""
    found: dict[str, dict[str, Any]] = {}
    differing: set[tuple[str, str]] = set()
    for plan in plans:
        given = {
            item["address"]: set(item.get("expressions", {}))
            for item in plan["configuration"]["root_module"]["resources"]
        }
        for item in plan["planned_values"]["root_module"]["resources"]:
            known = found.setdefault(item["type"], {})
            for name, value in item["values"].items():
                if (
                    value in (None, [], {})
                    or isinstance(value, list | dict)
                    or name in given[item["address"]]
                ):
                    continue
                if known.setdefault(name, value) != value:
                    differing.add((item["type"], name))
    for kind, name in differing:
        del found[kind][name]
    return {kind: dict(sorted(values.items())) for kind, values in sorted(found.items()) if values}
