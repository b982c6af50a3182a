"""What of a graph the projections can say: per type and attribute, mapped or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.gate.graph import Resource, ResourceGraph
from policies.gate.projection import arm, terraform
from policies.gate.projection.addresses import type_of
from policies.gate.projection.mapping import Shape


class Mapped(StrEnum):
    """Whether an attribute has a place in the projection."""

    YES = "yes"
    ASSUMED = "assumed"
    """Its name follows the rule; no description of the provider at hand lists it."""
    NO = "no"


@dataclass(frozen=True, order=True)
class Row:
    """One attribute of one type, as far as the graph uses it."""

    type: str
    target: str
    """The Terraform or ARM type; empty where the type has none."""
    attribute: str
    """Pulumi's path; empty for the type as a whole."""
    mapped: Mapped
    uses: int


def coverage(graph: ResourceGraph) -> list[Row]:
    """Every attribute that the resources of a graph set, in order."""
    uses: Counter[tuple[str, str, str, Mapped]] = Counter()
    without = {
        (item.urn, item.attribute)
        for projection in (terraform.project(graph), arm.project(graph))
        for item in projection.unmapped
    }
    for resource in graph.resources.values():
        if (resource.urn, "") in without:
            uses[resource.type, "", "", Mapped.NO] += 1
        elif resource.kind == "custom":
            for target, attribute, mapped in _attributes(resource):
                lost = (resource.urn, attribute) in without
                uses[resource.type, target, attribute, Mapped.NO if lost else mapped] += 1
    return sorted(Row(*key, count) for key, count in uses.items())


def _attributes(resource: Resource) -> Iterator[tuple[str, str, Mapped]]:
    type_ = type_of(resource)
    if type_ is not None:
        paths = dict(_paths(type_.shape, resource.inputs, ""))
        yield from ((type_.name, path, mapped) for path, mapped in paths.items())
        return
    target = arm.arm_type(resource.type)
    if target is not None:
        for wire in resource.inputs:
            # No ARM definitions are at hand: the SDK lists the input, its place is by rule.
            yield target.name, wire, Mapped.ASSUMED if target.takes(wire) else Mapped.NO


def _paths(shape: Shape, given: Any, path: str) -> Iterator[tuple[str, Mapped]]:
    for item in given if isinstance(given, list) else [given]:
        if not isinstance(item, dict):
            continue
        for wire, value in item.items():
            known = shape.properties.get(wire)
            if value is None or wire.startswith("$"):
                continue
            if known is None:
                yield path + wire, Mapped.NO
                continue
            yield path + wire, Mapped.YES if known.verified else Mapped.ASSUMED
            if known.shape is not None:
                inner = list(value.values()) if known.kind == "map" and isinstance(value, dict) else value
                yield from _paths(known.shape, inner, f"{path}{wire}.")
