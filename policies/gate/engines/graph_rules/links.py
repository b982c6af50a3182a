"""Finds the resources that an input names: by reference, by reference to a reference, or by literal name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from policies.gate import values
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import Reference, Value

_DEEPEST = 6


@dataclass(frozen=True)
class Target:
    """What an input names."""

    resources: tuple[Resource, ...] = ()
    outside: bool = False
    """It also names something that this program does not make, such as `sg-0123` or the answer of a call."""
    unknown: bool = False
    """It may also name something else; nobody knows before apply."""

    @property
    def certain(self) -> bool:
        """Whether `resources` is all that it names."""
        return not (self.outside or self.unknown)

    def __or__(self, other: Target) -> Target:
        added = tuple(item for item in other.resources if item not in self.resources)
        return Target(self.resources + added, self.outside or other.outside, self.unknown or other.unknown)


@dataclass(frozen=True)
class Links:
    """The references of one graph."""

    graph: ResourceGraph

    def target(self, value: Value, *types: str) -> Target:
        """What of the given types an input (one, or a list) names."""
        return self._target(value, types, _DEEPEST)

    def _target(self, value: Value, types: tuple[str, ...], depth: int) -> Target:
        if value is None:
            return Target()
        if isinstance(value, list):
            found = Target()
            for item in value:
                found |= self._target(item, types, depth)
            return found
        if isinstance(value, str):
            return self._by_text(value, types, depth)
        if not isinstance(value, dict) or depth == 0:
            return Target(unknown=True)
        if values.REF in value:
            inside = value[values.REF]
            return self._by_reference(Reference(inside["urn"], inside["property"]), value, types, depth)
        if values.UNKNOWN in value:
            sources = value[values.UNKNOWN].get("from", ())
            found_here = tuple(self.graph.resources[urn] for urn in sources if self._is(urn, types))
            return Target(found_here, unknown=True)
        return Target(unknown=True)

    def _by_reference(self, reference: Reference, value: Value, types: tuple[str, ...], depth: int) -> Target:
        resource = self.graph.resources.get(reference.urn)
        if resource is not None and resource.type in types:
            return Target((resource,))
        if resource is not None and resource.inputs.get(reference.property) is not None:
            # An output that repeats an input, such as the role of an instance profile.
            return self._target(resource.inputs[reference.property], types, depth - 1)
        known = values.literal(value)
        if isinstance(known, str):
            return self._by_text(known, types, depth)
        return Target(outside=True)

    def _by_text(self, text: str, types: tuple[str, ...], depth: int) -> Target:
        referred = values.references_in_text(text)
        named = tuple(self.graph.resources[item.urn] for item in referred if self._is(item.urn, types))
        if named:
            return Target(named)
        for name in (text, text.rsplit("/", 1)[-1], text.rsplit(":", 1)[-1]):
            found = next(
                (self._by_name[type_, name] for type_ in types if (type_, name) in self._by_name), None
            )
            if found:
                return Target((found,))
        return Target(outside=True)

    def _is(self, urn: str, types: tuple[str, ...]) -> bool:
        found = self.graph.resources.get(urn)
        return found is not None and found.type in types

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Resource]:
        return {
            (resource.type, name): resource
            for resource in self.graph.resources.values()
            for name in (values.literal(resource.physical_name), values.literal(resource.read_id))
            if isinstance(name, str)
        }

    @cached_property
    def referrers(self) -> dict[str, set[str]]:
        """For each URN, those of the resources whose inputs name it; `""` stands for the stack's outputs."""
        found: dict[str, set[str]] = {}
        for resource in self.graph.resources.values():
            for urn in mentioned(resource.inputs):
                if urn != resource.urn:
                    found.setdefault(urn, set()).add(resource.urn)
        for urn in mentioned(self.graph.outputs):
            found.setdefault(urn, set()).add("")
        return found


def mentioned(value: Value) -> Iterator[str]:
    """URNs that a value names, also those that an unknown came from."""
    for reference in values.references(value):
        yield reference.urn
    yield from _sources(value)


def _sources(value: Value) -> Iterable[str]:
    if isinstance(value, dict):
        if values.UNKNOWN in value:
            yield from value[values.UNKNOWN].get("from", ())
        else:
            for item in value.values():
                yield from _sources(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sources(item)
