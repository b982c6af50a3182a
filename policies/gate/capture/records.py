"""Turns registrations into the resources, providers and outputs of a graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from policies.gate.capture import mistyped, wire
from policies.gate.capture.naming import physical_name
from policies.gate.capture.session import Registration, Session
from policies.gate.capture.standins import Shape
from policies.gate.graph import CallSite, Diagnostic, Kind, Provider, Resource
from policies.gate.values import Value, references

_PROVIDERS = "pulumi:providers:"
# Where packages keep their region, in a provider's inputs and in a resource's.
_REGIONS = {"azure-native": ("location",), "azure": ("location",)}
_REGION = ("region", "location")
_PARAMETER = "aws:ssm/parameter:Parameter"
# Where packages keep the tags that a provider adds to everything.
_DEFAULT_TAGS = {"aws": ("defaultTags", "tags"), "gcp": ("defaultLabels", None)}
_TAGGED = {"tagsAll": "tags", "effectiveLabels": "labels", "pulumiLabels": "labels"}


@dataclass(frozen=True)
class Recorded:
    """A registration as it came: raw wire values, secrets in clear. Never leaves the capture."""

    urn: str
    raw: dict[str, Any]
    provider: str | None


@dataclass
class Records:
    """Everything that was registered."""

    session: Session
    resources: dict[str, Resource] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    stack_outputs: dict[str, Value] = field(default_factory=dict)
    _raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    _stack_urn: str = ""

    def stack(self, type_: str, name: str) -> str:
        """The URN of the stack itself."""
        self._stack_urn = self.urn("", type_, name)
        return self._stack_urn

    def urn(self, parent: str, type_: str, name: str) -> str:
        """A URN as the engine makes it: the types of all parents but the stack's, then its own."""
        if parent and parent != self._stack_urn:
            type_ = f"{parent.split('::')[2]}${type_}"
        return f"urn:pulumi:{self.session.job.stack}::{self.session.job.project}::{type_}::{name}"

    def parent_of(self, urn: str) -> str | None:
        """The URN of a component around a resource."""
        found = self.resources.get(urn)
        return found.parent if found else None

    def raw(self, urn: str) -> dict[str, Any]:
        """The wire values of a resource."""
        return self._raw.get(urn, {})

    def registered(self, request: Any, registration: Registration | None) -> Recorded:
        """Records a `RegisterResourceRequest`."""
        urn = self.urn(request.parent, request.type, request.name)
        sites = registration.sites if registration else ()
        raw = wire.plain(request.object)
        provider = self._provider_key(request, urn)
        recorded = Recorded(urn, raw, provider)
        if urn in self.resources:
            self._duplicate(urn, sites)
            return recorded
        raw = _without_needless_marks(request.type, raw)
        kind = _kind(request)
        if kind == "provider":
            raw = {name: _from_text(item) for name, item in raw.items() if name != "version"}
        dependencies = {name: tuple(sorted(item.urns)) for name, item in request.propertyDependencies.items()}
        inputs = self.session.reader.properties(
            {name: item for name, item in raw.items() if name != "__provider"}, dependencies
        )
        if kind == "provider":
            self._made_provider(request, urn, inputs)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            kind=kind,
            physical_name=physical_name(request.type, inputs),
            inputs=inputs,
            **_dependencies(urn, inputs, dependencies, request.dependencies),
            parent=request.parent if request.parent != self._stack_urn else None,
            provider=provider,
            region=self._region(request.type, inputs, provider),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=tuple(sorted(request.ignoreChanges)),
            replace_on_changes=tuple(sorted(request.replaceOnChanges)),
            replace_with=tuple(sorted(request.replace_with)),
            aliases=tuple(sorted({self._alias(alias, request) for alias in request.aliases})),
            import_id=request.importId or None,
            secret_outputs=tuple(sorted(request.additionalSecretOutputs)),
            sites=sites,
            **self._inherited(request),
        )
        self._keep(resource, raw)
        if kind == "remote":
            self._remote(resource)
        elif kind == "custom" and registration is not None:
            self._mistyped(resource, registration, raw)
        return recorded

    def read(self, request: Any, registration: Registration | None) -> Recorded:
        """Records a `ReadResourceRequest`."""
        urn = self.urn(request.parent, request.type, request.name)
        sites = registration.sites if registration else ()
        raw = wire.plain(request.properties)
        provider = self._provider_key(request, urn)
        if urn in self.resources:
            self._duplicate(urn, sites)
            return Recorded(urn, raw, provider)
        inputs = self.session.reader.properties(raw, {})
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            kind="read",
            read_id=self.session.reader.value(request.id),
            physical_name=physical_name(request.type, inputs),
            inputs=inputs,
            dependencies=tuple(sorted(request.dependencies)),
            parent=request.parent if request.parent != self._stack_urn else None,
            provider=provider,
            region=self._region(request.type, inputs, provider),
            sites=sites,
        )
        self._keep(resource, raw)
        return Recorded(urn, raw, provider)

    def _keep(self, resource: Resource, raw: dict[str, Any]) -> None:
        self.resources[resource.urn] = resource
        self._raw[resource.urn] = raw
        echoes: dict[str, list[str]] = {}
        for name, item in {**raw, "id": resource.read_id}.items():
            if isinstance(item, str) and item and item == (resource.inputs.get(name) or resource.read_id):
                echoes.setdefault(item, []).append(name)
        self.session.echoes[resource.urn] = {
            text: names[0] for text, names in echoes.items() if len(names) == 1
        }

    def outputs(self, urn: str, raw: dict[str, Any]) -> None:
        """Records outputs that the stack or a component registered."""
        read = self.session.reader.properties(raw, {})
        if urn == self._stack_urn:
            self.stack_outputs = read
        elif urn in self.resources and read:
            self.resources[urn] = replace(self.resources[urn], outputs=read)

    def _duplicate(self, urn: str, sites: tuple[CallSite, ...]) -> None:
        first, second = _where_they_part(self.resources[urn].sites, sites)
        self.session.diagnostics.append(
            Diagnostic(
                "duplicate-urn",
                f"two resources have this URN: the one at {first} and the one at {second}",
                urn,
                tuple(site for site in (first, second) if site),
            )
        )

    def _remote(self, resource: Resource) -> None:
        self.session.diagnostics.append(
            Diagnostic(
                "remote-component",
                "its provider's plugin makes this component's resources; they are not in the graph",
                resource.urn,
                resource.sites[:1],
            )
        )

    def _mistyped(self, resource: Resource, registration: Registration, raw: Mapping[str, Any]) -> None:
        for item in mistyped.found(registration.args, raw, self.session.tokens.held_by):
            self.session.diagnostics.append(
                Diagnostic("mistyped", str(item), resource.urn, resource.sites[:1], item.attribute)
            )

    def _inherited(self, request: Any) -> dict[str, Any]:
        """Options that the engine hands down from a parent."""
        parent = self.resources.get(request.parent)
        own = request.protect if request.HasField("protect") else None
        keep = request.retainOnDelete if request.HasField("retainOnDelete") else None
        return {
            "protect": own if own is not None or not parent else parent.protect,
            "retain_on_delete": keep if keep is not None or not parent else parent.retain_on_delete,
            "deleted_with": request.deletedWith or (parent.deleted_with if parent else None),
        }

    def _alias(self, alias: Any, request: Any) -> str:
        if alias.WhichOneof("alias") == "urn":
            return str(alias.urn)
        spec, job = alias.spec, self.session.job
        parent = "" if spec.noParent else spec.parentUrn or request.parent
        type_ = spec.type or request.type
        if parent and parent != self._stack_urn:
            type_ = f"{parent.split('::')[2]}${type_}"
        stack, project = spec.stack or job.stack, spec.project or job.project
        return f"urn:pulumi:{stack}::{project}::{type_}::{spec.name or request.name}"

    def _provider_key(self, request: Any, urn: str) -> str | None:
        if request.provider:
            return str(request.provider).rsplit("::", 1)[0]
        package = request.type.split(":", 1)[0]
        custom = getattr(request, "custom", True)
        if not custom or package == "pulumi" or package.startswith("pulumi-"):
            return None
        return self.default_provider(package)

    def default_provider(self, package: str) -> str:
        """The key of a package's default provider, made from the stack's configuration."""
        key = f"default:{package}"
        if key not in self.providers:
            prefix = f"{package}:"
            given = {
                name.removeprefix(prefix): item
                for name, item in self.session.job.config.items()
                if name.startswith(prefix)
            }
            secret = self.session.job.secret_keys
            raw = {
                name: wire.secret(item) if f"{prefix}{name}" in secret else _from_text(item)
                for name, item in given.items()
            }
            inputs = self.session.reader.properties(raw, {})
            self.providers[key] = _provider(package, None, inputs)
        return key

    def _made_provider(self, request: Any, urn: str, inputs: dict[str, Value]) -> None:
        self.providers[urn] = _provider(request.type.removeprefix(_PROVIDERS), urn, inputs)

    def provider_for_call(self, token: str, reference: str) -> Provider:
        """The provider that a call is made with."""
        key = reference.rsplit("::", 1)[0] if reference else self.default_provider(token.split(":", 1)[0])
        return self.providers.get(key) or Provider(token.split(":", 1)[0])

    def _region(self, type_: str, inputs: Mapping[str, Value], provider: str | None) -> Value:
        if type_.startswith(_PROVIDERS):
            return self.providers[provider].region if provider in self.providers else None
        for name in _REGIONS.get(type_.split(":", 1)[0], _REGION):
            if inputs.get(name) is not None:
                return inputs[name]
        found = self.providers.get(provider) if provider else None
        return found.region if found else None

    def tags_with_defaults(self, recorded: Recorded, shapes: Mapping[str, Shape]) -> dict[str, Any]:
        """The outputs that hold a resource's tags together with its provider's."""
        provider = self.providers.get(recorded.provider) if recorded.provider else None
        result: dict[str, Any] = {}
        for name, own in _TAGGED.items():
            tags = recorded.raw.get(own, {})
            if name not in shapes or wire.signature(tags) or not isinstance(tags, dict):
                continue
            defaults = provider.default_tags if provider else {}
            if all(isinstance(item, str) for item in defaults.values()) and (tags or defaults):
                result[name] = {**defaults, **tags}
        return result


def _where_they_part(
    one: tuple[CallSite, ...], other: tuple[CallSite, ...]
) -> tuple[CallSite | None, CallSite | None]:
    """The innermost frames that differ: a class of the program makes both at the same line of its own."""
    for first, second in zip(one, other, strict=False):
        if first != second:
            return first, second
    return (one or (None,))[0], (other or (None,))[0]


def _provider(package: str, urn: str | None, inputs: dict[str, Value]) -> Provider:
    names = _REGIONS.get(package, _REGION)
    region = next((inputs[name] for name in names if inputs.get(name) is not None), None)
    name, inner = _DEFAULT_TAGS.get(package, (None, None))
    tags = inputs.get(name) if name else None
    if inner and isinstance(tags, dict):
        tags = tags.get(inner)
    return Provider(package, urn, region, tags if isinstance(tags, dict) else {}, inputs)


def _from_text(raw: Any) -> Any:
    """A provider's inputs that are not text travel as JSON text."""
    if isinstance(raw, dict) and wire.signature(raw) == wire.SECRET:
        return wire.secret(_from_text(raw.get("value")))
    if isinstance(raw, str) and (raw[:1] in "[{" or raw in ("true", "false")):
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    return raw


def _without_needless_marks(type_: str, raw: dict[str, Any]) -> dict[str, Any]:
    """The SDK marks the value of every parameter as a secret; only secure ones are."""
    if type_ == _PARAMETER and raw.get("type") in ("String", "StringList"):
        return {**raw, "value": wire.revealed(raw.get("value"))}
    return raw


def _kind(request: Any) -> Kind:
    if request.type.startswith(_PROVIDERS):
        return "provider"
    if request.type.startswith("pulumi-python:dynamic"):
        return "dynamic"
    if request.remote:
        return "remote"
    return "custom" if request.custom else "component"


def _dependencies(
    urn: str,
    inputs: Mapping[str, Value],
    declared: Mapping[str, tuple[str, ...]],
    explicit: Any,
) -> dict[str, Any]:
    """What the SDK tracked, and what the references in the values say (a transform loses the former)."""
    by_property: dict[str, tuple[str, ...]] = {}
    for name, value in inputs.items():
        used = {item.urn for item in references(value) if item.urn.startswith("urn:")}
        used |= set(declared.get(name, ()))
        if used - {urn}:
            by_property[name] = tuple(sorted(used - {urn}))
    everything = set(explicit).union(*by_property.values()) - {urn} if by_property else set(explicit)
    return {"dependencies": tuple(sorted(everything)), "property_dependencies": by_property}
