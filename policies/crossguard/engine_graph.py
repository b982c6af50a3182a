"""Reads what the engine says of a stack's resources into a resource graph, as the capture reads a program.

The engine speaks of each resource twice. `Analyze` gives its inputs, after its provider has checked them;
`AnalyzeStack`, at the end, gives outputs, dependencies and parents. Rules look at inputs, so they come from the
former; what has none (it was read, not made) is known by its outputs. Of a resource's options the engine tells
neither `retainOnDelete`, `deletedWith`, `replaceOnChanges` nor `import`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.runtime.proto import alias_pb2, analyzer_pb2, resource_pb2

from policies.crossguard import known_outputs
from policies.gate.capture import wire
from policies.gate.capture.records import Records
from policies.gate.capture.redaction import redacted
from policies.gate.capture.session import Job, Session
from policies.gate.graph import SCHEMA, ResourceGraph
from policies.gate.values import SECRET, Value

_STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"
# What the engine writes for a value that is not known yet, by its type (`pulumi_policy.proxy`, looked at in
# 1.21.0, and `resource/properties.go`, 3.258.0): text, boolean, number, array, asset, archive, object.
UNKNOWNS = frozenset(
    {
        wire.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


@dataclass(frozen=True)
class Stack:
    """Whose resources they are, and what the engine said of the stack's configuration."""

    folder: Path
    """The program's; paths of assets are relative to it."""
    config: Mapping[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    organization: str = "organization"


def stack_and_project(resources: Iterable[analyzer_pb2.AnalyzerResource]) -> tuple[str, str]:
    """The names in the URNs of a stack's resources; empty where it has none."""
    for resource in resources:
        _, _, stack, rest = resource.urn.split(":", 3)
        return stack, rest.removeprefix(":").split("::")[0]
    return "", ""


def read(
    resources: Iterable[analyzer_pb2.AnalyzerResource],
    inputs: Mapping[str, analyzer_pb2.AnalyzeRequest],
    stack: Stack,
) -> ResourceGraph:
    """The graph of all resources of a stack.

    Args:
        resources: As `AnalyzeStack` has them.
        inputs: What `Analyze` was asked about each, by URN.
        stack: Whose they are.
    """
    ordered = _parents_first(resources)
    name, project = stack_and_project(ordered)
    session = Session.of(_job(stack, name, project, ordered))
    records = Records(session)
    for resource in ordered:
        outputs = _known(resource.properties)
        if resource.type == _STACK:
            records.outputs(records.stack(resource.type, resource.name), outputs)
        elif not _made_by_the_engine(resource):
            asked = inputs.get(resource.urn)
            if asked is None and resource.HasField("provider"):
                records.read(_reading(resource, outputs), None)
                continue
            records.registered(_registration(resource, asked), None)
            if _is_component(resource):
                records.outputs(resource.urn, outputs)
    graph = ResourceGraph(
        project=project,
        stack=name,
        organization=stack.organization,
        schema=SCHEMA,
        resources=dict(sorted(records.resources.items())),
        providers=dict(sorted(records.providers.items())),
        outputs=records.stack_outputs,
    )
    graph = known_outputs.referenced(graph, {item.urn: _known(item.properties) for item in ordered})
    # Rules run in another process, and their messages go to the engine's log.
    return ResourceGraph.from_json(_unsourced(redacted(graph, session.reader.secrets)))


def _unsourced(plain: Value) -> Value:
    """A graph whose secrets claim no origin that the engine does not tell: it shows the texts, not who wrote them."""
    if isinstance(plain, list):
        return [_unsourced(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    mark = plain.get(SECRET)
    if isinstance(mark, dict) and mark.get("origin") == "literal" and not mark.get("in_clear"):
        return {SECRET: {"origin": "output"}}
    return {key: _unsourced(item) for key, item in plain.items()}


def _job(stack: Stack, name: str, project: str, resources: list[analyzer_pb2.AnalyzerResource]) -> Job:
    config = {**_default_providers(resources), **stack.config}
    return Job(
        root=str(stack.folder),
        program=str(stack.folder),
        main=str(stack.folder),
        project=project,
        stack=name,
        organization=stack.organization,
        config=config,
        secret_keys=sorted(stack.secret_keys),
        encrypted={},
        plain_secrets={key: value for key, value in config.items() if key in stack.secret_keys},
        virtualenv="",
        packages=[],
        environment={},
        fixtures={},
        timeout=0,
        memory=0,
    )


def _default_providers(resources: Iterable[analyzer_pb2.AnalyzerResource]) -> dict[str, str]:
    """Settings of the default providers, in the form of the configuration that they are made from."""
    found: dict[str, str] = {}
    for resource in resources:
        if not _has_default_provider(resource):
            continue
        package = resource.provider.type.removeprefix(_PROVIDERS)
        for name, value in wire.plain(resource.provider.properties).items():
            if isinstance(value, str) and value not in UNKNOWNS and name != "version":
                found[f"{package}:{name}"] = value
    return found


def _made_by_the_engine(resource: analyzer_pb2.AnalyzerResource) -> bool:
    """Whether it is a default provider, which stands in no program."""
    return resource.type.startswith(_PROVIDERS) and _default(resource.name)


def _has_default_provider(resource: analyzer_pb2.AnalyzerResource) -> bool:
    return resource.HasField("provider") and _default(resource.provider.name)


def _default(name: str) -> bool:
    return name == "default" or name.startswith("default_")


def _is_component(resource: analyzer_pb2.AnalyzerResource) -> bool:
    return not resource.HasField("provider") and not resource.type.startswith(_PROVIDERS)


def _parents_first(
    resources: Iterable[analyzer_pb2.AnalyzerResource],
) -> list[analyzer_pb2.AnalyzerResource]:
    """The stack, then what hangs on it, then what hangs on that; providers before others of their level."""
    by_urn = {resource.urn: resource for resource in resources}

    def order(resource: analyzer_pb2.AnalyzerResource) -> tuple[int, bool, str]:
        depth, seen, parent = 0, {resource.urn}, resource.parent
        while parent in by_urn and parent not in seen:
            seen.add(parent)
            depth, parent = depth + 1, by_urn[parent].parent
        return depth + (resource.type != _STACK), not resource.type.startswith(_PROVIDERS), resource.urn

    ordered = sorted(by_urn.values(), key=order)
    # A component may hold the provider of what hangs on the stack itself.
    return sorted(ordered, key=lambda item: item.type != _STACK and not item.type.startswith(_PROVIDERS))


def _registration(
    resource: analyzer_pb2.AnalyzerResource, asked: analyzer_pb2.AnalyzeRequest | None
) -> resource_pb2.RegisterResourceRequest:
    """The registration that the program's SDK must have sent."""
    options = resource.options
    provider = resource.provider
    request = resource_pb2.RegisterResourceRequest(
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        custom=not _is_component(resource),
        object=wire.struct(_known(asked.properties)) if asked else None,
        protect=options.protect,
        dependencies=resource.dependencies,
        deleteBeforeReplace=options.deleteBeforeReplace,
        deleteBeforeReplaceDefined=options.deleteBeforeReplaceDefined,
        ignoreChanges=options.ignoreChanges,
        additionalSecretOutputs=options.additionalSecretOutputs,
        aliases=[alias_pb2.Alias(urn=urn) for urn in options.aliases],
    )
    if resource.HasField("provider") and not _has_default_provider(resource):
        request.provider = f"{provider.urn}::unknown"
    for name, dependencies in resource.propertyDependencies.items():
        request.propertyDependencies[name].urns.extend(dependencies.urns)
    return request


def _reading(
    resource: analyzer_pb2.AnalyzerResource, outputs: Mapping[str, Any]
) -> resource_pb2.ReadResourceRequest:
    request = resource_pb2.ReadResourceRequest(
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        id=str(outputs.get("id") or wire.UNKNOWN),
        properties=wire.struct(outputs),
        dependencies=resource.dependencies,
    )
    if not _has_default_provider(resource):
        request.provider = f"{resource.provider.urn}::unknown"
    return request


def _known(properties: Any) -> dict[str, Any]:
    """Properties with one sign for whatever is not known, as the SDK writes it."""
    found: dict[str, Any] = _one_sign(wire.plain(properties))
    return found


def _one_sign(value: Value) -> Any:
    if isinstance(value, str):
        return wire.UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, list):
        return [_one_sign(item) for item in value]
    if isinstance(value, dict):
        return {key: _one_sign(item) for key, item in value.items()}
    return value
