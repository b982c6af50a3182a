"""Runs checkov's checks on one Terraform plan, in memory: its plan runner without its reports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from checkov.common.bridgecrew.check_type import CheckType
from checkov.common.graph.graph_builder import CustomAttributes
from checkov.runner_filter import RunnerFilter
from checkov.terraform import plan_parser
from checkov.terraform.plan_runner import TF_LIFECYCLE_CHECK_IDS, Runner

from policies.gate.engines.checkov.unknowns import Unknowns, attributes_read, types_of

PATH = "/plan/plan.json"
FILTER = RunnerFilter(framework=["terraform_plan"], show_progress_bar=False)


def marked(text: str) -> Any:
    """A plan as checkov's own parser of large plans gives it: line numbers are 0."""

    def lines(found: dict[str, Any]) -> dict[str, Any]:
        found["start_line"] = found["end_line"] = 0
        return found

    return json.loads(text, object_hook=lines)


def definitions_of(template: dict[str, Any]) -> dict[str, list[Any]]:
    """As `parse_tf_plan`, which looks through all configurations for each resource; here they are indexed."""
    found: dict[str, list[Any]] = {"provider": plan_parser._get_providers(template=template)}
    found.update(resource=[], data=[])
    changes = plan_parser._get_resource_changes(template=template)
    planned = template.get("planned_values", {}).get("root_module", {})
    configured = template.get("configuration", {}).get("root_module", {})
    by_name: dict[tuple[str, str], Any] = {}
    for item in configured.get("resources", []):
        by_name.setdefault((item["type"], item["name"]), item)
    for resource in planned.get("resources", []):
        block, kind, prepared = plan_parser._prepare_resource_block(
            resource=resource,
            conf=by_name.get((resource["type"], resource["name"])),
            resource_changes=changes,
        )
        if prepared and kind:
            found[kind].append(block)
    inside = plan_parser._find_child_modules(
        child_modules=planned.get("child_modules", []), resource_changes=changes, root_module_conf=configured
    )
    for kind, blocks in inside.items():
        found[kind].extend(blocks)
    return found


def warm() -> None:
    """Reads the graph checks, so that no scan has to."""
    Runner().graph_registry.load_checks()


def scan(text: str) -> list[dict[str, Any]]:
    """Every verdict on a plan."""
    prepared = PlanScan(text)
    return [*prepared.resource_checks(), *prepared.graph_checks()]


class PlanScan:
    """One plan, ready to be checked: its resources and the graph between them."""

    def __init__(self, text: str) -> None:
        template = marked(text)
        self._definitions = definitions_of(template)
        self._runner = Runner()
        self._runner.definitions = {PATH: self._definitions}
        manager = self._runner.graph_manager
        manager.save_graph(
            manager.build_graph_from_definitions(self._runner.definitions, render_variables=False)
        )
        self._graph = manager.get_reader_endpoint()
        self._unknowns = Unknowns(template, self._graph)

    def resource_checks(self) -> Iterable[dict[str, Any]]:
        """Every verdict of the checks on single resources, data sources and providers."""
        for kind in ("provider", "resource", "data"):
            registry = self._runner.block_type_registries[kind]
            self._runner._assign_graph_to_registry(registry)
            for entity in self._definitions[kind]:
                yield from self._entity(registry, entity)

    def _entity(self, registry: Any, entity: dict[str, Any]) -> Iterable[dict[str, Any]]:
        details = registry.extract_entity_details(entity)
        address = details[2].get(plan_parser.TF_PLAN_RESOURCE_ADDRESS)
        if not address:
            return
        results = registry.scan("/plan.json", entity, [], FILTER, report_type=CheckType.TERRAFORM_PLAN)
        for check, result in results.items():
            if check.id in TF_LIFECYCLE_CHECK_IDS:
                continue  # a plan does not show them
            keys = [str(key) for key in result.get("evaluated_keys") or ()]
            record = record_of(check, result["result"], address, keys)
            wanted = expected(check)
            if wanted:
                record["expected"] = wanted
            if "results_configuration" in result:
                record["raised"] = True
            self._unknowns.decide_resource(record, check, details)
            yield record

    def graph_checks(self) -> Iterable[dict[str, Any]]:
        """Every verdict of the checks that look at the edges between resources."""
        registry = self._runner.graph_registry
        registry.load_checks()
        found = registry.run_checks(self._graph, FILTER, CheckType.TERRAFORM_PLAN)
        for check, results in found.items():
            types = set(types_of(check))
            again = self._again(check) if any(item["result"] == "UNKNOWN" for item in results) else {}
            for result in results:
                entity = result["entity"]
                address = entity.get(CustomAttributes.TF_RESOURCE_ADDRESS)
                if not address:
                    continue
                kind = entity.get(CustomAttributes.RESOURCE_TYPE)
                keys = sorted({"/".join(key.split(".")) for key in attributes_read(check, kind)})
                record = record_of(check, result["result"], address, keys)
                near = self._unknowns.around(entity)
                record["near"] = [other for other, type_ in near if other != address and type_ in types]
                self._unknowns.decide_graph(record, check, near, again.get(address, ""))
                yield record

    def _again(self, check: Any) -> dict[str, str]:
        """Verdicts of a graph check with a name in the place of each reference, which checkov gives up on."""
        found: dict[Any, list[Any]] = {}
        with self._unknowns.named():
            self._runner.graph_registry.run_check_parallel(check, found, self._graph)
        return {
            item["entity"].get(CustomAttributes.TF_RESOURCE_ADDRESS): item["result"].value.lower()
            for item in found.get(check, ())
        }


def record_of(check: Any, verdict: Any, address: str, keys: list[str]) -> dict[str, Any]:
    """One verdict as plain data."""
    if isinstance(verdict, tuple):
        verdict = verdict[0]
    record = {
        "check": check.id,
        "name": check.name,
        "resource": address,
        "result": getattr(verdict, "value", str(verdict)).lower(),
        "keys": keys,
    }
    if check.guideline:
        record["guideline"] = check.guideline
    return record


def expected(check: Any) -> dict[str, Any]:
    """What a value check wants to see; empty for checks with code of their own."""
    for method, label in (("get_expected_values", "one of"), ("get_forbidden_values", "none of")):
        if hasattr(check, method):
            try:
                values = getattr(check, method)()
                given = [values] if isinstance(values, str) else list(values)
            except Exception:
                return {}
            if "CKV_ANY" in given:
                return {"any": True} if label == "one of" else {"none": True}
            plain = [value for value in given if isinstance(value, str | int | float | bool)]
            return {label: plain}
    return {}
