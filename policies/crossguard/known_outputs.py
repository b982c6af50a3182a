"""Finds the references again that the engine has resolved.

Once a resource exists, an input that uses one of its outputs is a plain text to the engine, and so is a JSON document
that names it. The engine still says which inputs depend on which resources: a text in them that is an output of such
a resource came from there. Rules then see the use, as they do in a program, with the text beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from policies.gate import values
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import Reference, Value

# Shorter texts, such as `true` or `prod`, are the same by chance.
_SHORTEST = 6
# Where several outputs are the same text, the one that names the resource.
_FIRST = ("arn", "id", "name")


def referenced(graph: ResourceGraph, outputs: Mapping[str, Mapping[str, Any]]) -> ResourceGraph:
    """The graph with references in place of the texts that are other resources' outputs.

    Args:
        graph: As the engine has it.
        outputs: What it knows of every resource's outputs, by URN.
    """
    found = {urn: _by_text(urn, known) for urn, known in outputs.items() if urn in graph.resources}
    resources = {urn: _resource(item, found) for urn, item in graph.resources.items()}
    return replace(graph, resources=resources)


def _by_text(urn: str, outputs: Mapping[str, Any]) -> dict[str, Reference]:
    names = sorted(outputs, key=lambda name: (name not in _FIRST, name))
    result: dict[str, Reference] = {}
    for name in names:
        text = outputs[name]
        if isinstance(text, str) and len(text) >= _SHORTEST:
            result.setdefault(text, Reference(urn, name))
    return result


def _resource(resource: Resource, outputs: Mapping[str, Mapping[str, Reference]]) -> Resource:
    if not resource.property_dependencies:
        return resource
    inputs = {
        name: _value(value, _of(resource.property_dependencies.get(name, ()), outputs))
        for name, value in resource.inputs.items()
    }
    return replace(resource, inputs=inputs)


def _of(urns: Iterable[str], outputs: Mapping[str, Mapping[str, Reference]]) -> dict[str, Reference]:
    return {text: use for urn in urns for text, use in outputs.get(urn, {}).items()}


def _value(value: Value, known: Mapping[str, Reference]) -> Value:
    if not known:
        return value
    if isinstance(value, str):
        use = known.get(value)
        return (
            _document(value, known) if use is None else values.reference(use.urn, use.property, value=value)
        )
    if isinstance(value, list):
        return [_value(item, known) for item in value]
    if isinstance(value, dict) and not any(key.startswith("$") and key[1:2] != "$" for key in value):
        return {key: _value(item, known) for key, item in value.items()}
    return value


def _document(text: str, known: Mapping[str, Reference]) -> str:
    """A JSON text, in which whole texts, and starts of texts up to a `/` or `:`, may be outputs."""
    if text[:1] not in ("{", "["):
        return text
    try:
        json.loads(text)
    except ValueError:
        return text
    # The longest first: an ARN may begin with another.
    for output in sorted(known, key=len, reverse=True):
        quoted, use = json.dumps(output)[:-1], json.dumps(known[output].in_text())[:-1]
        for end in ('"', "/", ":"):
            text = text.replace(f"{quoted}{end}", f"{use}{end}")
    return text
