"""Writes `catalogue.json`: every check that can fire on AWS, Google Cloud or Azure types.

Run in the `scan` environment: `python -m policies.gate.engines.checkov.generate`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("catalogue.json")
_TERRAFORM_TYPES = ("aws_", "google_")


def catalogue() -> dict[str, Any]:
    """The checks by id: title, checkov's category, resource types, and whether they look at the graph."""
    from checkov.arm.registry import arm_resource_registry
    from checkov.arm.runner import Runner as ArmRunner
    from checkov.terraform.checks.provider.registry import provider_registry
    from checkov.terraform.checks.resource.registry import resource_registry
    from checkov.terraform.plan_runner import TF_LIFECYCLE_CHECK_IDS
    from checkov.terraform.plan_runner import Runner as PlanRunner
    from checkov.version import version

    from policies.gate.engines.checkov import custom
    from policies.gate.engines.checkov.unknowns import types_of

    custom.load()
    found: dict[str, dict[str, Any]] = {}
    for registry, prefixes in (
        (resource_registry, _TERRAFORM_TYPES),
        (provider_registry, ("aws", "google")),
        (arm_resource_registry, ("Microsoft.",)),
    ):
        for kind, check in registry.all_checks():
            if kind.startswith(prefixes) and check.id not in TF_LIFECYCLE_CHECK_IDS:
                _add(found, check, [item.name for item in check.categories], [kind], graph=False)
    for runner, prefixes in ((PlanRunner(), _TERRAFORM_TYPES), (ArmRunner(), ("Microsoft.",))):
        runner.graph_registry.load_checks()
        for check in runner.graph_registry.checks:
            kinds = sorted({kind for kind in types_of(check) if kind.startswith(prefixes)})
            if kinds:
                _add(found, check, [check.category], kinds, graph=True)
    for check in found.values():
        check["types"] = sorted(set(check["types"]))
    return {"checkov": version, "checks": dict(sorted(found.items()))}


def _add(
    found: dict[str, dict[str, Any]], check: Any, categories: list[str], kinds: list[str], *, graph: bool
) -> None:
    entry = found.setdefault(
        check.id, {"title": check.name.strip(), "category": categories[0] if categories else "", "types": []}
    )
    entry["types"] += kinds
    if graph:
        entry["graph"] = True


def text() -> str:
    """The file's content."""
    return json.dumps(catalogue(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CATALOGUE.write_text(text(), encoding="utf-8")
