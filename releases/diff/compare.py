"""Compares two releases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from releases.contents.dags import Dag, Task
from releases.contents.release import Contents
from releases.diff.change import Change
from releases.diff.contracts import contract_changes


def compare(before: Contents, after: Contents) -> list[Change]:
    """Every difference, in a fixed order: DAGs, tasks, Spark jobs, SQL models, contracts, requirements."""
    return [
        *_dags(before.dags, after.dags),
        *_by_digest("spark job", before.spark_jobs, after.spark_jobs),
        *_by_digest("model", before.models, after.models),
        *_by_digest("model properties", before.model_properties, after.model_properties),
        *contract_changes(before.contracts, after.contracts),
        *_requirements(before.requirements, after.requirements),
    ]


def _dags(before: Mapping[str, Dag], after: Mapping[str, Dag]) -> Iterator[Change]:
    for id_ in sorted({*before, *after}):
        old, new = before.get(id_), after.get(id_)
        if old is None or new is None:
            yield Change("dag", id_, "added" if old is None else "removed")
            continue
        yield from _aspects("dag", id_, _of_dag(old), _of_dag(new))
        for task in sorted({*old.tasks, *new.tasks}):
            yield from _task(f"{id_}.{task}", old.tasks.get(task), new.tasks.get(task))


def _of_dag(dag: Dag) -> dict[str, Any]:
    return {**dag.settings, "schedule": dag.schedule, "tags": list(dag.tags), "documentation": dag.doc}


def _task(name: str, old: Task | None, new: Task | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change("task", name, "added" if old is None else "removed")
        return
    yield from _aspects("task", name, old.settings, new.settings)
    # Edges are said by the task that they leave.
    for other in sorted(old.downstream ^ new.downstream):
        yield Change("edge", f"{name} → {other}", "added" if other in new.downstream else "removed")


def _aspects(kind: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for aspect in sorted({*old, *new}):
        if old.get(aspect) != new.get(aspect):
            yield Change(kind, name, "changed", aspect, _shown(old.get(aspect)), _shown(new.get(aspect)))


def _by_digest(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield Change(kind, name, "added" if name not in old else "removed")
        elif old[name] != new[name]:
            yield Change(kind, name, "changed")


def _requirements(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield Change("requirement", f"{name}", "added" if name not in old else "removed")
        elif old[name] != new[name]:
            yield Change("requirement", name, "changed", "version", old[name], new[name])


def _shown(value: Any) -> str:
    """A setting in a few words; long texts by their first line."""
    if value is None:
        return "not set"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    first = text.strip().splitlines()[0] if text.strip() else "empty"
    return first if len(first) <= 80 else f"{first[:79]}…"
