"""Fills in what the engine does not say from a capture of the program: Python lines, and what an unknown is.

To the engine, an input that uses another resource's output is unknown until that resource exists, and so is the
whole text of a JSON document that names one. The program says more: which output, and what stands around it. What
the engine knows is never replaced: it is what will be made. A value that the program knows and the engine does
not stays unknown.
"""

from __future__ import annotations

from dataclasses import replace

from policies.gate import values
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import Value

_MARKS = (values.REF, values.UNKNOWN, values.SECRET, values.ASSET, values.ARCHIVE, values.BASE64)


def filled(engine: ResourceGraph, program: ResourceGraph) -> ResourceGraph:
    """The engine's graph with the program's references, and its lines."""
    resources = {
        urn: _resource(resource, program.resources[urn]) if urn in program.resources else resource
        for urn, resource in engine.resources.items()
    }
    providers = {
        key: replace(
            provider,
            inputs=_inputs(provider.inputs, program.providers[key].inputs),
            default_tags=_inputs(provider.default_tags, program.providers[key].default_tags),
            region=value(provider.region, program.providers[key].region),
        )
        if key in program.providers
        else provider
        for key, provider in engine.providers.items()
    }
    return replace(
        engine,
        resources=resources,
        providers=providers,
        outputs=_inputs(engine.outputs, program.outputs),
        program=program.program,
        packages=program.packages,
        calls=program.calls,
    )


def _resource(engine: Resource, program: Resource) -> Resource:
    # The engine shows a component with an output's provider like any other; the program knows what it is.
    kind = program.kind if engine.kind in ("custom", "component", "read") else engine.kind
    inputs = program.inputs if kind == "read" else _inputs(engine.inputs, program.inputs)
    dependencies = {
        name: tuple(
            sorted(
                {*engine.property_dependencies.get(name, ()), *program.property_dependencies.get(name, ())}
            )
        )
        for name in sorted({*engine.property_dependencies, *program.property_dependencies} & {*inputs})
    }
    return replace(
        engine,
        kind=kind,
        inputs=inputs,
        outputs=_inputs(engine.outputs, program.outputs),
        physical_name=value(engine.physical_name, program.physical_name),
        region=value(engine.region, program.region),
        read_id=program.read_id,
        property_dependencies=dependencies,
        retain_on_delete=program.retain_on_delete,
        deleted_with=program.deleted_with,
        replace_on_changes=program.replace_on_changes,
        replace_with=program.replace_with,
        import_id=program.import_id,
        sites=program.sites,
    )


def _inputs(engine: dict[str, Value], program: dict[str, Value]) -> dict[str, Value]:
    return {name: value(item, program[name]) if name in program else item for name, item in engine.items()}


def value(engine: Value, program: Value) -> Value:
    """One value: the engine's, with the program's references where they are the same value."""
    if engine is None or values.is_secret(program):
        return None if engine is None else program
    if values.is_secret(engine):
        return _secret(engine, program)
    if values.is_ref(program):
        literal = values.literal(engine)
        return program if _open(literal) else _with_literal(program, literal)
    if values.is_unknown(engine):
        return program if _open(program) else engine
    if isinstance(engine, dict) and isinstance(program, dict):
        if _marked(engine) or _marked(program):
            return engine if values.is_unknown(program) else program if _marked(engine) else engine
        return _inputs(engine, program)
    if isinstance(engine, list) and isinstance(program, list) and len(engine) == len(program):
        return [value(item, other) for item, other in zip(engine, program, strict=True)]
    return engine


def _secret(engine: Value, program: Value) -> Value:
    """What only the engine knows to be secret, an output that its provider marks so, still has its source."""
    sources = [{"urn": item.urn, "property": item.property} for item in values.references(program)]
    return {values.SECRET: {"origin": "output", "refs": sources}} if sources else engine


def _with_literal(reference: Value, literal: Value) -> Value:
    """The engine knows by now what the reference stands for, whatever the program did to it."""
    inside = {key: item for key, item in reference[values.REF].items() if key != "altered"}
    return {values.REF: {**inside, "value": literal}}


def _marked(value_: dict[str, Value]) -> bool:
    return any(mark in value_ for mark in _MARKS)


def _open(value_: Value) -> bool:
    """Whether a value holds anything that only the cloud knows."""
    if isinstance(value_, str):
        return bool(values.references_in_text(value_) or values.secrets_in_text(value_))
    if isinstance(value_, list):
        return any(_open(item) for item in value_)
    if isinstance(value_, dict):
        return _marked(value_) or any(_open(item) for item in value_.values())
    return False
