"""Writes `catalogue.json`: every check that can fire on AWS, Google Cloud or Azure types, and what is to be said of it.

What a person reads comes from `texts/`; where nothing is written, the fix is what the check's code wants to see.

Run in the `scan` environment: `python -m policies.gate.engines.checkov.generate`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from policies.gate.engines.checkov.attributes import arm_path, path_in, steps
from policies.gate.engines.checkov.plan_scan import expected
from policies.gate.engines.checkov.wording import fix_of, texts
from policies.gate.projection.mapping import Shape, table

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
    written = texts()
    for name, check in found.items():
        check["types"] = sorted(set(check["types"]))
        wanted = check.pop("wants", "")
        check.update(written.get(name) or ({"fix": wanted} if wanted else {}))
    if unknown := sorted(set(written) - set(found)):
        raise SystemExit(f"texts/ speaks of checks that checkov has not: {', '.join(unknown)}")
    return {"checkov": version, "checks": dict(sorted(found.items()))}


def _add(
    found: dict[str, dict[str, Any]], check: Any, categories: list[str], kinds: list[str], *, graph: bool
) -> None:
    entry = found.setdefault(
        check.id, {"title": check.name.strip(), "category": categories[0] if categories else "", "types": []}
    )
    entry["types"] += kinds
    entry.setdefault("wants", _wanted(check, kinds[0]))
    if graph:
        entry["graph"] = True


def _wanted(check: Any, kind: str) -> str:
    """What to write, for a check that looks at one attribute."""
    try:
        key = str(check.get_inspected_key())
    except Exception:  # a check with code of its own says nothing of it
        return ""
    parts = [part for part in steps(key) if part != "[0]"]
    return fix_of(
        expected(check), arm_path(parts) if kind.startswith("Microsoft.") else path_in(_shape(kind), parts)
    )


@cache
def _shapes() -> dict[str, Shape]:
    return {
        found.name: found.shape
        for package in ("aws", "gcp")
        for token in table(package).tokens
        if (found := table(package).type(token)) is not None
    }


def _shape(kind: str) -> Shape | None:
    return _shapes().get(kind)


def text() -> str:
    """The file's content."""
    return json.dumps(catalogue(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CATALOGUE.write_text(text(), encoding="utf-8")
