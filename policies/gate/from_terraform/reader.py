"""A root module in Terraform's JSON syntax as a resource graph.

The projection's tables are read backwards (`mapping.py`), so a Terraform resource gets the type and the names
that its Pulumi twin has, and every policy judges both alike. What the tables do not know keeps Terraform's own
name, and is reported as unmapped by the projection that follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from environments.problems import Refusal
from policies.gate import values
from policies.gate.capture.naming import physical_name
from policies.gate.from_terraform.expressions import Resolved, value_of
from policies.gate.graph import SCHEMA, CallSite, Provider, Resource, ResourceGraph
from policies.gate.projection.mapping import Property, ResourceType, Shape, table
from policies.gate.projection.naming import camel
from policies.gate.values import Reference, Value

# Arguments of Terraform's own, which no provider sees.
_META = ("//", "provider", "depends_on", "lifecycle", "provisioner", "connection")
# What only Terraform can unfold.
_NOT_STATIC = ("count", "for_each", "dynamic")
_SITE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?: (?P<function>.*))?")
_DEFAULT = "default:aws"


def graph_of(document: Mapping[str, Any], project: str, stack: str, program: str) -> ResourceGraph:
    """The graph of a root module whose resources are AWS's.

    Args:
        document: The content of a `.tf.json`; `//.metadata.stackTrace` of a resource names its lines
            (`<file>:<line> <function>`), innermost first.
        project: The project's name in URNs.
        stack: The stack's.
        program: The program's folder, relative to the repository's.

    Raises:
        Refusal: it holds what only Terraform can unfold (modules, `count`, `for_each`, dynamic blocks).
    """
    return _Reader(document, project, stack, program).graph()


class _Reader:
    def __init__(self, document: Mapping[str, Any], project: str, stack: str, program: str) -> None:
        if "module" in document:
            raise _not_static("module")
        self._document = document
        self._project, self._stack, self._program = project, stack, program
        self._bodies: dict[str, Mapping[str, Any]] = {
            f"{kind}.{name}": body
            for kind, named in document.get("resource", {}).items()
            for name, body in named.items()
        }
        self._types = {address: _type(address.partition(".")[0]) for address in self._bodies}
        self._providers = dict(self._configured())

    def graph(self) -> ResourceGraph:
        """The whole graph."""
        resources = [self._resource(address) for address in self._bodies]
        outputs = {
            name: self._value(body["value"]) for name, body in self._document.get("output", {}).items()
        }
        return ResourceGraph(
            self._project,
            self._stack,
            program=self._program,
            schema=SCHEMA,
            resources={one.urn: one for one in sorted(resources, key=lambda item: item.urn)},
            providers=self._providers,
            outputs=outputs,
        )

    def _configured(self) -> Iterable[tuple[str, Provider]]:
        given = self._document.get("provider", {}).get("aws", [])
        for body in given if isinstance(given, list) else [given]:
            alias = body.get("alias")
            urn = self._urn("pulumi:providers:aws", alias) if alias else None
            inputs = {camel(name): value for name, value in body.items() if name != "alias"}
            yield urn or _DEFAULT, Provider("aws", urn, inputs.get("region"), inputs=inputs)

    def _urn(self, kind: str, name: str) -> str:
        return f"urn:pulumi:{self._stack}::{self._project}::{kind}::{name}"

    def _token(self, address: str) -> str:
        type_ = self._types[address]
        return type_.token if type_ is not None else f"aws:unknown:{address.partition('.')[0]}"

    def _resource(self, address: str) -> Resource:
        body, type_ = self._bodies[address], self._types[address]
        for word in _NOT_STATIC:
            if word in body:
                raise _not_static(f"{address}.{word}")
        given = {name: value for name, value in body.items() if name not in _META}
        inputs = self._object(type_.shape if type_ is not None else None, given)
        used = {
            wire: tuple(dict.fromkeys(reference.urn for reference in values.references(value)))
            for wire, value in inputs.items()
        }
        by_property = {wire: urns for wire, urns in used.items() if urns}
        after = [self._urn_of(one) for one in body.get("depends_on", ())]
        token, name = self._token(address), address.partition(".")[2]
        provider = self._provider(body)
        life = body.get("lifecycle", {})
        return Resource(
            urn=self._urn(token, name),
            type=token,
            name=name,
            physical_name=physical_name(token, inputs),
            inputs=inputs,
            dependencies=tuple(sorted({*after, *(urn for urns in by_property.values() for urn in urns)})),
            property_dependencies=by_property,
            provider=provider,
            region=self._providers[provider].region if provider in self._providers else None,
            protect=life.get("prevent_destroy"),
            delete_before_replace=not life["create_before_destroy"]
            if "create_before_destroy" in life
            else None,
            ignore_changes=tuple(camel(item) for item in life.get("ignore_changes", ())),
            sites=_sites(body),
        )

    def _provider(self, body: Mapping[str, Any]) -> str:
        _, _, alias = body.get("provider", "aws").partition(".")
        return self._urn("pulumi:providers:aws", alias) if alias else _DEFAULT

    def _urn_of(self, address: str) -> str:
        return self._urn(self._token(address), address.partition(".")[2])

    def _resolve(self, address: str, attribute: str) -> Resolved | None:
        if address not in self._bodies:
            return None
        type_ = self._types[address]
        said = self._bodies[address].get(attribute)
        known = said if isinstance(said, str | int | bool) and "${" not in str(said) else None
        wire = type_.wire(attribute) if type_ is not None else camel(attribute)
        return Reference(self._urn_of(address), wire), known

    def _object(self, shape: Shape | None, given: Mapping[str, Any]) -> dict[str, Value]:
        known = {item.name: item for item in shape.properties.values()} if shape is not None else {}
        result: dict[str, Value] = {}
        for name, value in given.items():
            item = known.get(name)
            if name in _NOT_STATIC:
                raise _not_static(name)
            result[item.wire if item else name] = self._property(item, value) if item else self._value(value)
        return {name: value for name, value in result.items() if value is not None}

    def _property(self, item: Property, value: Any) -> Value:
        if isinstance(value, str) or value is None:
            return self._value(value)
        if item.kind == "single":
            one = value[0] if isinstance(value, list) and value else value
            return self._inner(item, one) if one != [] else None
        if item.kind in ("list", "set"):
            return [self._inner(item, one) for one in (value if isinstance(value, list) else [value])]
        if item.kind == "map":
            return {values.escaped_key(key): self._inner(item, one) for key, one in value.items()}
        return self._inner(item, value)

    def _inner(self, item: Property, value: Any) -> Value:
        if item.shape is not None and isinstance(value, Mapping):
            return self._object(item.shape, value)
        return self._value(value)

    def _value(self, value: Any) -> Value:
        if isinstance(value, str):
            return value_of(value, self._resolve)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, Mapping):
            return {values.escaped_key(key): self._value(item) for key, item in value.items()}
        return value


def _type(name: str) -> ResourceType | None:
    token = table("aws").token(name)
    return table("aws").type(token) if token else None


def _sites(body: Mapping[str, Any]) -> tuple[CallSite, ...]:
    trace = body.get("//", {}).get("metadata", {}).get("stackTrace", ())
    found = (_SITE.fullmatch(line) for line in trace)
    return tuple(CallSite(one["file"], int(one["line"]), one["function"] or "") for one in found if one)


def _not_static(what: str) -> Refusal:
    return Refusal.because(
        f"`{what}` in the Terraform program: only Terraform can say what it unfolds to",
        remedy="write the resources out, by a loop of the program",
    )
