"""Plants a mutation in a graph: a new graph, the old one stays as it is.

Values are the graph's (`values.py`), with shorter ways to write what a captured program would hold:

| written | is |
|---|---|
| `"@name.output"` | a reference to an output of the resource of that logical name |
| `"…${name.output}…"` | the same inside a text |
| `{$document: …}` | a JSON document as a text |
| `{$unknown: name}` | not known before apply, made from that resource |
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from environments.problems import Problem, Refusal
from policies.gate.capture.naming import physical_name
from policies.gate.graph import CallSite, Resource, ResourceGraph
from policies.gate.mutation.catalogue import Addition, Mutation
from policies.gate.values import UNKNOWN, Reference, Value, reference, references

_WHOLE = re.compile(r"^@([\w-]+)\.([\w.\[\]]+)$")
_INSIDE = re.compile(r"\$\{([\w-]+)\.([\w.\[\]]+)\}")
_PLACES = ("region", "location")
_FIELDS = frozenset({"protect", "retain_on_delete", "ignore_changes", "deleted_with", "provider", "kind"})


class Planting:
    """A graph under change. The names are the logical ones: they must be unique where they are used."""

    def __init__(self, graph: ResourceGraph, site: CallSite | None = None) -> None:
        self._graph = graph
        self._site = site
        self._resources = dict(graph.resources)
        self.planted: set[str] = set()
        """URNs of what was changed or added."""

    def graph(self) -> ResourceGraph:
        """The graph as it is now."""
        return replace(self._graph, resources=dict(self._resources))

    def mutate(self, mutation: Mutation) -> None:
        """Makes all changes of a mutation.

        Raises:
            Refusal: it names a resource or a place that is not there.
        """
        for addition in mutation.add:
            self.add(addition)
        for name, changes in mutation.set.items():
            for path, value in changes.items():
                self._set(name, path, value)
        for name, documents in mutation.statement.items():
            for path, statements in documents.items():
                self._state(name, path, statements)
        for name, fields in mutation.options.items():
            self._option(name, fields)
        for name in mutation.remove:
            self._resources.pop(self.resource(name).urn)
        if mutation.at:
            self.planted = {self.resource(name).urn for name in mutation.at}

    def resource(self, name: str) -> Resource:
        """The resource of a logical name."""
        found = [item for item in self._resources.values() if item.name == name and item.kind != "component"]
        if len(found) != 1:
            what = f"there is no resource `{name}`" if not found else f"`{name}` is the name of {len(found)}"
            raise Refusal.because(
                f"{what} in {self._graph.stack}", remedy="name one of the graph's resources"
            )
        return found[0]

    def add(self, addition: Addition) -> None:
        """Adds a resource, as if the program had made it at the top."""
        package = addition.type.split(":", 1)[0]
        urn = f"urn:pulumi:{self._graph.stack}::{self._graph.project}::{addition.type}::{addition.name}"
        inputs = self.value(addition.inputs)
        provider = next(
            (key for key, item in self._graph.providers.items() if item.package == package),
            f"default:{package}",
        )
        known = self._graph.providers.get(provider)
        made = Resource(
            urn=urn,
            type=addition.type,
            name=addition.name,
            inputs=inputs,
            provider=provider,
            region=known.region if known else None,
            protect=addition.protect or None,
            sites=(self._site,) if self._site else (),
        )
        self._keep(made, inputs)

    def value(self, written: Any) -> Value:
        """A value of the graph, from how it is written."""
        if isinstance(written, str):
            return self._text(written)
        if isinstance(written, list):
            return [self.value(item) for item in written]
        if not isinstance(written, Mapping):
            return written
        if "$document" in written:
            return json.dumps(self.value(written["$document"]))
        if UNKNOWN in written:
            return {UNKNOWN: {"from": [self.resource(written[UNKNOWN]).urn]}}
        return {key: self.value(item) for key, item in written.items()}

    def _text(self, written: str) -> Value:
        whole = _WHOLE.match(written)
        if whole:
            target = self.resource(whole[1])
            known = target.inputs.get(whole[2])
            return reference(target.urn, whole[2], value=known if isinstance(known, str) else None)

        def inside(found: re.Match[str]) -> str:
            return Reference(self.resource(found[1]).urn, found[2]).in_text()

        return _INSIDE.sub(inside, written)

    def _set(self, name: str, path: str, written: Any) -> None:
        resource = self.resource(name)
        inputs = copy.deepcopy(resource.inputs)
        place, last = _place(inputs, path.split("."), name)
        if written is None:
            place.pop(last, None)
        elif isinstance(place, list) and last == len(place):
            place.append(self.value(written))
        else:
            place[last] = self.value(written)
        self._keep(resource, inputs)

    def _state(self, name: str, path: str, statements: Any) -> None:
        """Adds statements to the policy document that an input holds as JSON text."""
        resource = self.resource(name)
        document = resource.inputs.get(path)
        if not isinstance(document, str):
            raise Refusal.because(f"`{path}` of `{name}` is no JSON document")
        content = json.loads(document)
        given = self.value(statements)
        content["Statement"] = [*content["Statement"], *(given if isinstance(given, list) else [given])]
        self._keep(resource, {**resource.inputs, path: json.dumps(content)})

    def _option(self, name: str, fields: Mapping[str, Any]) -> None:
        unknown = set(fields) - _FIELDS
        if unknown:
            raise Refusal(
                *(Problem(f"{name}: no option `{key}`", remedy=", ".join(sorted(_FIELDS))) for key in unknown)
            )
        resource = self.resource(name)
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
        }
        self._resources[resource.urn] = replace(resource, **given)
        self.planted.add(resource.urn)

    def _keep(self, resource: Resource, inputs: dict[str, Value]) -> None:
        """Puts a resource back with other inputs, and with what the capture derives from inputs."""
        links = {
            key: tuple(sorted({item.urn for item in references(value)})) for key, value in inputs.items()
        }
        own = next((inputs[key] for key in _PLACES if isinstance(inputs.get(key), str)), None)
        self._resources[resource.urn] = replace(
            resource,
            inputs=inputs,
            physical_name=physical_name(resource.type, inputs),
            region=own or resource.region,
            property_dependencies={key: urns for key, urns in links.items() if urns},
            dependencies=tuple(sorted({*resource.dependencies, *_known(links.values(), self._resources)})),
        )
        self.planted.add(resource.urn)


def _known(links: Iterable[tuple[str, ...]], resources: Mapping[str, Resource]) -> set[str]:
    return {urn for urns in links for urn in urns if urn in resources}


def _place(inputs: Any, path: list[str], name: str) -> tuple[Any, Any]:
    """The object that holds the last step of a path, made on the way where it is not there."""
    place = inputs
    for step, following in pairwise(path):
        key = _step(place, step)
        try:
            place = place[key]
        except (KeyError, IndexError):
            made: Any = [] if following.isdigit() else {}
            if isinstance(place, list):
                place.append(made)
            else:
                place[key] = made
            place = made
        if not isinstance(place, dict | list):
            raise Refusal.because(f"`{'.'.join(path)}` of `{name}`: there is a plain value at `{step}`")
    return place, _step(place, path[-1])


def _step(place: Any, step: str) -> str | int:
    return int(step) if isinstance(place, list) else step
