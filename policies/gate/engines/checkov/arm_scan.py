"""Runs checkov's ARM checks on one template."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from checkov.arm import runner as arm_runner
from checkov.arm.registry import arm_resource_registry
from checkov.common.output.record import Record
from checkov.common.output.report import Report
from checkov.common.util.data_structures_utils import pickle_deepcopy
from checkov.runner_filter import RunnerFilter

from policies.gate.engines.checkov import probes
from policies.gate.engines.checkov.plan_scan import expected, record_of
from policies.gate.engines.checkov.probes import Open, decide, overlap, put

# What the projection writes, or an ARM function gives, where a value is not known before deployment.
_UNKNOWN = re.compile(r"\(known after apply|^\[(?!\[).*\b(reference|parameters|listKeys)\(", re.DOTALL)


class _AllRecords(Report):
    """A report that keeps the records that checkov would drop without a word."""

    def __init__(self, check_type: str) -> None:
        super().__init__(check_type)
        self.every: list[Record] = []

    def add_record(self, record: Record) -> None:
        super().add_record(record)
        self.every.append(record)


def prepare() -> None:
    """Makes checkov's ARM runner report everything: also what is neither passed nor failed, and failures on
    resources whose name is an expression."""
    arm_runner.Report = _AllRecords
    arm_runner.filter_failed_checks_with_unrendered_resources = lambda report: report


def scan(text: str) -> Iterable[dict[str, Any]]:
    """Every verdict on a template."""
    with tempfile.TemporaryDirectory(prefix="sluice-arm-") as folder:
        file = Path(folder).resolve() / "template.json"
        # Indented, because checkov reads line numbers and leaves out what has none.
        file.write_text(json.dumps(json.loads(text), indent=1))
        runner = arm_runner.Runner()
        report = runner.run(
            root_folder=None,
            files=[str(file)],
            runner_filter=RunnerFilter(framework=["arm"], show_progress_bar=False),
        )
    if report.parsing_errors:
        raise ValueError("checkov cannot read the ARM template")
    resources = {f"{item['type']}.{item['name']}": item for item in _resources(json.loads(text))}
    places = {name: tuple(_open(resource)) for name, resource in resources.items()}
    graph_checks = (
        {check.id: check for check in runner.graph_registry.checks} if runner.graph_registry else {}
    )
    for found in report.every:
        yield _record(found, resources.get(found.resource, {}), places.get(found.resource, ()), graph_checks)


def _record(
    found: Record, resource: dict[str, Any], places: tuple[Open, ...], graph_checks: dict[str, Any]
) -> dict[str, Any]:
    outcome = found.check_result
    keys = [str(key) for key in outcome.get("evaluated_keys") or ()]
    check = arm_resource_registry.get_check_by_id(found.check_id)
    if check is None:
        record = record_of(graph_checks[found.check_id], outcome["result"], found.resource, sorted(keys))
        touched = [item.text for item in places if any(overlap(key, item.path) for key in keys)]
        record["verdict"] = record["result"] if record["result"] in ("passed", "failed") else "none"
        if touched:
            record.update(verdict="undetermined", open=touched)
        return record
    record = record_of(check, outcome["result"], found.resource, keys)
    record.update({"expected": wanted} if (wanted := expected(check)) else {})
    if "results_configuration" in outcome or record["result"] == "skipped":
        record["raised"] = True
    kind, name = str(resource.get("type", "")), str(resource.get("name", ""))

    def with_values(values: dict[probes.Path, Any]) -> Any:
        changed = pickle_deepcopy(resource)
        return changed if all([put(changed, path, probe) for path, probe in values.items()]) else None

    decide(record, check, places, with_values, lambda conf: check.run("/template.json", conf, name, kind, {}))
    return record


def _resources(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in template.get("resources") or ():
        if isinstance(item, dict) and "type" in item and "name" in item:
            yield item
            yield from _resources(item)


def _open(value: Any, path: probes.Path = ()) -> Iterator[Open]:
    if isinstance(value, dict):
        for name, item in value.items():
            if path or name not in ("type", "name", "apiVersion", "dependsOn", "resources"):
                yield from _open(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _open(item, (*path, index))
    elif isinstance(value, str) and _UNKNOWN.search(value):
        yield Open(path)
