"""A resource graph's azure-native resources as an ARM template, for checkov's ARM runner.

Names and ids are literal: checkov drops what it finds on resources whose name is an expression.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from policies.gate import values
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.projection.convert import HIDDEN
from policies.gate.projection.mapping import DATA
from policies.gate.projection.unmapped import Unmapped

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
_GROUP = "azure-native:resources:ResourceGroup"
# Where a resource lies, and what the SDK adds for itself: no part of the resource's body.
_PLACE = ("resourceGroupName", "subscriptionId", "managementGroupId")
# No check looks at a version; an API of this date answers for whatever is placed by rule.
_ANY_VERSION = "2024-01-01"
_TOKEN = re.compile(r"^azure-native:([a-z0-9]+)(?:/v\d\w*)?:(\w+)$")


@dataclass(frozen=True)
class ArmType:
    """One resource type: what ARM calls it, and which inputs make its name."""

    name: str
    api_version: str
    name_parts: list[str]
    inputs: frozenset[str] | None
    """What the SDK lists; None for a type that is placed by rule."""

    def takes(self, wire: str) -> bool:
        """Whether the type has such an input."""
        return self.inputs is None or wire in self.inputs


@dataclass
class ArmProjection:
    """The template, what it cannot say, and how its resources come back to the program."""

    template: dict[str, Any]
    unmapped: list[Unmapped]
    urns: dict[str, str] = field(default_factory=dict)
    """URNs by `<type>.<name>`, checkov's name of a resource."""


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / "arm.json").read_text())
    return content


def arm_type(token: str) -> ArmType | None:
    """The ARM type of a token; a token that names an API version is the same type in that version.

    One that nobody has reviewed is placed by rule: what matters to checkov has been.
    """
    found = _TOKEN.match(token)
    if found is None or is_outside(token):
        return None
    module, name = found.groups()
    entry = _content()["types"].get(f"azure-native:{module}:{name}")
    if entry:
        return ArmType(entry[0], entry[1], entry[2], frozenset(entry[3]))
    namespace = _content()["rules"]["namespaces"].get(module, module.capitalize())
    return ArmType(f"Microsoft.{namespace}/{_plural(name)}", _ANY_VERSION, [], None)


def is_outside(token: str) -> bool:
    """Whether the SDK makes a type through a service's own API, so that no template can say it."""
    found = _TOKEN.match(token)
    return found is not None and f"{found[1]}:{found[2]}" in _content()["rules"]["outside_arm"]


def _plural(name: str) -> str:
    word = name[0].lower() + name[1:]
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def tokens() -> list[str]:
    """Every resource type that has a projection."""
    return list(_content()["types"])


def project(graph: ResourceGraph) -> ArmProjection:
    """Projects the azure-native resources of a graph."""
    return _Projector(graph).project()


class _Projector:
    def __init__(self, graph: ResourceGraph) -> None:
        self.graph = graph
        self.rules = _content()["rules"]
        self.unmapped: list[Unmapped] = []
        self._names: dict[str, list[str]] = {}

    def project(self) -> ArmProjection:
        resources, urns = [], {}
        for urn in sorted(self.graph.resources):
            resource = self.graph.resources[urn]
            if resource.kind != "custom" or resource.package != "azure-native" or is_outside(resource.type):
                continue
            type_ = arm_type(resource.type)
            if type_ is None:
                self.unmapped.append(Unmapped(urn, resource.type, "", "no ARM type is known for it"))
                continue
            body = self._resource(resource, type_)
            resources.append(body)
            urns[f"{body['type']}.{body['name']}"] = urn
        resources.sort(key=lambda body: (body["type"], body["name"]))
        template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}
        return ArmProjection(template, self.unmapped, urns)

    def _resource(self, resource: Resource, type_: ArmType) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": type_.name,
            "apiVersion": type_.api_version,
            "name": "/".join(self._name(resource.urn)),
        }
        inside: dict[str, Any] = {}
        # Then the SDK has not flattened them.
        whole = "properties" in (resource.inputs if type_.inputs is None else type_.inputs)
        for wire, value in resource.inputs.items():
            if wire in type_.name_parts or wire in _PLACE or value is None:
                continue
            if not type_.takes(wire):
                self.unmapped.append(
                    Unmapped(resource.urn, resource.type, wire, "the SDK's type has no such input")
                )
                continue
            name = self._renamed(type_.name, wire)
            plain = self._value(value, type_.name, wire)
            beside = wire in self.rules["envelope"] and wire not in self.rules["inside_properties"].get(
                type_.name, ()
            )
            (body if beside or whole else inside)[name] = plain
        if inside:
            body["properties"] = inside
        return body

    def _value(self, value: Any, type_: str, path: str) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            items = [self._value(item, type_, path) for item in value]
            nested = path.rsplit(".", 1)[-1] in self.rules["nested_lists"]
            return [self._nested(item) for item in items] if nested else items
        if not isinstance(value, dict):
            return value
        if values.is_ref(value):
            inside = value[values.REF]
            if "value" in inside:
                return inside["value"]
            return self._reference(values.Reference(inside["urn"], inside["property"]))
        if values.is_secret(value):
            return HIDDEN
        if values.is_unknown(value):
            return "(known after apply)"
        return {
            self._renamed(type_, f"{path}.{key}"): self._value(item, type_, f"{path}.{key}")
            for key, item in ((key[1:] if key.startswith("$$") else key, item) for key, item in value.items())
            if item is not None
        }

    def _renamed(self, type_: str, path: str) -> str:
        last = path.rsplit(".", 1)[-1]
        renamed: Mapping[str, str] = self.rules["renames"].get(type_, {})
        return renamed.get(path, last)

    def _nested(self, item: Any) -> Any:
        """A child that the SDK flattens and ARM writes as a resource with `properties`."""
        if not isinstance(item, dict) or "properties" in item:
            return item
        beside = {key: value for key, value in item.items() if key in self.rules["nested_envelope"]}
        inside = {key: value for key, value in item.items() if key not in beside}
        return {**beside, "properties": inside} if inside else beside

    def _text(self, text: str) -> str:
        for reference in values.references_in_text(text):
            text = text.replace(reference.in_text(), self._reference(reference))
        return text if "${secret:" not in text else re.sub(r"\$\{secret:[^}#]*\}", HIDDEN, text)

    def _reference(self, reference: values.Reference) -> str:
        """The literal id or name of a resource; of other outputs, where they come from."""
        target = self.graph.resources.get(reference.urn)
        if target is None or arm_type(target.type) is None:
            return f"(known after apply: {reference.property})"
        if reference.property in ("id", ""):
            return self._id(target)
        if reference.property == "name":
            return self._name(target.urn)[-1]
        known = target.inputs.get(reference.property)
        if isinstance(known, str) and "${" not in known:
            return known
        return f"(known after apply: {'/'.join(self._name(target.urn))} {reference.property})"

    def _id(self, resource: Resource) -> str:
        type_ = arm_type(resource.type)
        assert type_ is not None
        names = self._name(resource.urn)
        if resource.type == _GROUP:
            return f"{SUBSCRIPTION}/resourceGroups/{names[0]}"
        group = self._group(resource)
        namespace, *kinds = type_.name.split("/")
        path = "/".join(part for pair in zip(kinds, names, strict=False) for part in pair)
        return f"{SUBSCRIPTION}{group}/providers/{namespace}/{path}"

    def _group(self, resource: Resource) -> str:
        given = resource.inputs.get("resourceGroupName")
        return f"/resourceGroups/{self._value(given, '', 'resourceGroupName')}" if given is not None else ""

    def _name(self, urn: str) -> list[str]:
        """The parts of a resource's name, its parents' first; an unset one is the logical name."""
        if urn not in self._names:
            resource = self.graph.resources[urn]
            type_ = arm_type(resource.type)
            assert type_ is not None
            self._names[urn] = [resource.name]  # should a name lead back to itself
            self._names[urn] = [
                part[1:] if part.startswith("=") else self._name_part(resource, part)
                for part in type_.name_parts
            ]
            self._names[urn] = self._names[urn] or [resource.name]
        return self._names[urn]

    def _name_part(self, resource: Resource, part: str) -> str:
        given = resource.inputs.get(part)
        return resource.name if given is None else str(self._value(given, "", part))
