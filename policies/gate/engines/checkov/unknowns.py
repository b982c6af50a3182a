"""The values of a plan that nobody knows before apply, and which verdicts hang on them.

checkov runs on what a plan shows and takes an unknown attribute for an unset one, so its pass may be worth
nothing. A reference to the id, name or key of another resource of the plan is known well enough: that it is
set is known, and no check can ask for more before apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from checkov.common.graph.graph_builder import CustomAttributes
from checkov.common.util.data_structures_utils import pickle_deepcopy
from checkov.terraform import plan_parser

from policies.gate.engines.checkov.probes import (
    NEUTRAL,
    Open,
    Path,
    decide,
    filled,
    names_something,
    overlap,
    put,
)


class Unknowns:
    """The unknown attributes of a plan, by resource."""

    def __init__(self, template: dict[str, Any], graph: Any) -> None:
        planned = template.get("planned_values", {}).get("root_module", {}).get("resources", [])
        configured = template.get("configuration", {}).get("root_module", {}).get("resources", [])
        self._resources = {item["address"]: item for item in planned}
        self._configured = {item["address"]: item for item in configured}
        self._changes = {item["address"]: item for item in template.get("resource_changes") or ()}
        self._places = {address: found for address in self._resources if (found := tuple(self._of(address)))}
        self._deciding = {
            address: found
            for address, places in self._places.items()
            if (found := tuple(place for place in places if place.decides))
        }
        self._graph = graph
        self._vertices: dict[int, int] = {}
        self._asked = 0
        self._prepared: dict[tuple[str, Any], dict[str, Any] | None] = {}

    def decide_resource(self, record: dict[str, Any], check: Any, details: tuple[str, str, Any]) -> None:
        """Adds the verdict to the record of a check on a single resource."""
        kind, name, _ = details
        address = record["resource"]

        def with_values(values: dict[Path, Any]) -> dict[str, Any] | None:
            return self._with(address, kind, name, values)

        def run(conf: dict[str, Any]) -> Any:
            # Under another name, or checkov takes what it kept of the resource's policy document.
            self._asked += 1
            return check.run("/plan.json", conf, f"{name}~{self._asked}", kind, {})

        decide(record, check, self._places.get(address, ()), with_values, run)

    def decide_graph(
        self, record: dict[str, Any], check: Any, near: list[tuple[str, str]], again: str
    ) -> None:
        """The same for a check on the graph: it is not asked with values, so what it reads decides.

        `again` is its verdict with a name in the place of each reference.
        """
        definite = ("passed", "failed")
        verdict = next((said for said in (record["result"], again) if said in definite), "none")
        record["verdict"] = verdict
        found = [
            item.text if address == record["resource"] else f"{address}/{item.text}"
            for address, kind in near
            for item in self._deciding.get(address, ())
            if any(overlap(key, item.path) for key in attributes_read(check, kind, values=True))
        ]
        if found:
            record.update(verdict="undetermined", open=found)

    @contextmanager
    def named(self) -> Iterator[None]:
        """The graph with a name in the place of each reference; its edges stay."""
        before: list[tuple[dict[str, Any], str, Any]] = []
        for _, vertex in self._graph.nodes():
            named = [item for item in self._places.get(_named(vertex)[0], ()) if not item.decides]
            for key, value in list(vertex.items()) if named else ():
                if isinstance(value, str) and any(_at(key, item.path) for item in named):
                    before.append((vertex, key, value))
                    vertex[key] = filled(value, NEUTRAL) if "${" in value else NEUTRAL
        try:
            yield
        finally:
            for vertex, key, value in before:
                vertex[key] = value

    def around(self, entity: dict[str, Any]) -> list[tuple[str, str]]:
        """Address and type of a resource, then of each that it has an edge with."""
        if not self._vertices:
            self._vertices.update((id(data), place) for place, (_, data) in enumerate(self._graph.nodes()))
        found = [_named(entity)]
        place = self._vertices.get(id(entity))
        if place is not None:
            near = {*self._graph.successor_indices(place), *self._graph.predecessor_indices(place)}
            found += (_named(self._graph[other][1]) for other in sorted(near))
        return found

    def _of(self, address: str) -> Iterator[Open]:
        unknown = self._changes.get(address, {}).get("change", {}).get("after_unknown")
        values = self._resources[address].get("values") or {}
        expressions = (self._configured.get(address) or {}).get("expressions") or {}
        for path, shown in _true_paths(unknown, values):
            named = _is_name_of_resource(_references(expressions, path), self._resources)
            yield Open(path, decides=not shown and not named)

    def _with(self, address: str, kind: str, name: str, values: dict[Path, Any]) -> dict[str, Any] | None:
        """The resource as checkov would see it with values in the open places."""
        key = (address, tuple((path, type(probe), probe) for path, probe in values.items()))
        if key not in self._prepared:
            resource = pickle_deepcopy(self._resources[address])
            self._prepared[key] = None
            if all([put(resource.get("values") or {}, path, probe) for path, probe in values.items()]):
                block, _, _ = plan_parser._prepare_resource_block(
                    resource=resource, conf=self._configured.get(address), resource_changes=self._changes
                )
                self._prepared[key] = block[kind][name]
        return self._prepared[key]


def _at(key: str, path: Path) -> bool:
    """Whether a vertex's flat key is a place; it may leave indices out."""
    parts = key.split(".")
    return parts == [str(part) for part in path] or parts == [part for part in path if isinstance(part, str)]


def _true_paths(unknown: Any, values: Any, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Where `after_unknown` says true, and whether the plan shows a text there with references in it."""
    if unknown is True:
        yield path, values is not None
    elif isinstance(unknown, dict):
        for name, item in unknown.items():
            inside = values.get(name) if isinstance(values, dict) else None
            yield from _true_paths(item, inside, (*path, name))
    elif isinstance(unknown, list):
        for index, item in enumerate(unknown):
            inside = values[index] if isinstance(values, list) and index < len(values) else None
            yield from _true_paths(item, inside, (*path, index))


def _references(expressions: Any, path: Path) -> list[str]:
    """What the configuration names for a place; a list of plain values has one expression for all."""
    for part in path:
        if isinstance(expressions, dict) and "references" in expressions:
            break
        try:
            expressions = expressions[part]
        except (KeyError, IndexError, TypeError):
            return []
    return list(expressions.get("references") or ()) if isinstance(expressions, dict) else []


def _is_name_of_resource(references: list[str], resources: dict[str, Any]) -> bool:
    first = next((one for one in references if not one.startswith(("var.", "local."))), "")
    kind, _, rest = first.partition(".")
    name, _, attribute = rest.partition(".")
    return f"{kind}.{name}" in resources and names_something(attribute.rpartition(".")[2])


def attributes_read(check: Any, kind: str | None, *, values: bool = False) -> Iterator[str]:
    """The attributes of a resource type that a graph check reads; with `values`, those whose value
    matters."""
    matters = not values or getattr(check.solver, "is_value_attribute_check", True)
    if check.attribute and check.attribute != "resource_type" and kind in check.resource_types and matters:
        yield check.attribute
    for inner in check.sub_checks:
        yield from attributes_read(inner, kind, values=values)


def types_of(check: Any) -> Iterator[str]:
    """Every resource type that a graph check looks at, on either end of an edge."""
    yield from check.resource_types or ()
    yield from check.connected_resources_types or ()
    for inner in check.sub_checks:
        yield from types_of(inner)


def _named(entity: dict[str, Any]) -> tuple[str, str]:
    return entity.get(CustomAttributes.TF_RESOURCE_ADDRESS) or "", entity.get(
        CustomAttributes.RESOURCE_TYPE
    ) or ""
