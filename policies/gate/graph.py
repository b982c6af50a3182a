"""The resource graph: what a program would create, as data. Everything after the capture works on this."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, cached_property
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from policies.gate.values import Value

SCHEMA = 1

Kind = Literal["custom", "component", "remote", "dynamic", "read", "provider"]


class _Record:
    """JSON in and out for the frozen dataclasses below; a field at its default is left out."""

    def to_json(self) -> dict[str, Value]:
        """This record as plain JSON."""
        result: dict[str, Value] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            default = item.default_factory() if item.default_factory is not MISSING else item.default
            if value != default:
                result[item.name] = _plain(value)
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> Self:
        """The record that `to_json` wrote."""
        hints = _hints(cls)  # type: ignore[arg-type]  # a class is hashable; mypy does not see it for Self
        return cls(**{name: _typed(hints[name], value) for name, value in data.items()})


@dataclass(frozen=True)
class CallSite(_Record):
    """A line of the program that made something; `file` is relative to the repository's folder."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Provider(_Record):
    """A provider: the one made by the program (key: its URN), or a package's default one (`default:aws`)."""

    package: str
    urn: str | None = None
    region: Value = None
    default_tags: dict[str, Value] = field(default_factory=dict)
    inputs: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource(_Record):
    """One resource as the program registered it, after transforms."""

    urn: str
    type: str
    name: str
    kind: Kind = "custom"
    physical_name: Value = None
    read_id: Value = None
    """The id that an existing resource was asked for with (`.get()`)."""
    inputs: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)
    """What a component registered as its outputs."""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parent: str | None = None
    provider: str | None = None
    """A key of the graph's `providers`."""
    region: Value = None
    """Its own region or location where an input says it, else its provider's."""
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    deleted_with: str | None = None
    replace_with: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """URNs that it was known by."""
    import_id: str | None = None
    secret_outputs: tuple[str, ...] = ()
    sites: tuple[CallSite, ...] = ()
    """The call stack inside the repository, innermost first."""

    @property
    def source(self) -> CallSite | None:
        """The line to report: the first frame inside the repository."""
        return self.sites[0] if self.sites else None

    @property
    def package(self) -> str:
        """The package of its type: `aws`, `gcp`, `azure-native`, …"""
        return self.type.split(":", 1)[0]

    @property
    def managed(self) -> bool:
        """Whether this program creates, changes and deletes it in a cloud."""
        return self.kind in ("custom", "dynamic")


@dataclass(frozen=True)
class Call(_Record):
    """A provider function that the program called, and who answered."""

    id: str
    token: str
    args: dict[str, Value] = field(default_factory=dict)
    answered_by: Literal["fixture", "built-in", "nobody"] = "built-in"
    sites: tuple[CallSite, ...] = ()


@dataclass(frozen=True)
class Diagnostic(_Record):
    """Something about the program that a rule may want to know."""

    kind: Literal[
        "duplicate-urn",
        "transform",
        "remote-component",
        "unanswered-call",
        "stack-reference",
        "not-run",
        "mistyped",
    ]
    message: str
    urn: str | None = None
    sites: tuple[CallSite, ...] = ()
    attribute: str = ""
    """The input that it is about."""


@dataclass(frozen=True)
class ResourceGraph(_Record):
    """All that one program would create in one stack."""

    project: str
    stack: str
    organization: str = "organization"
    program: str = "."
    """The program's folder, relative to the repository's."""
    schema: int = 0
    packages: dict[str, str] = field(default_factory=dict)
    """Versions of the Pulumi packages that the program imported."""
    resources: dict[str, Resource] = field(default_factory=dict)
    """By URN."""
    providers: dict[str, Provider] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def to_bytes(self) -> bytes:
        """Canonical bytes: the same graph gives the same bytes."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass") + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> ResourceGraph:
        """The graph that `to_bytes` wrote."""
        content = json.loads(data)
        if content.get("schema") != SCHEMA:
            raise ValueError(f"a graph of schema {content.get('schema')}, this reads {SCHEMA}")
        return cls.from_json(content)

    def ancestors(self, urn: str) -> Iterator[Resource]:
        """The components around a resource, innermost first."""
        parent = self.resources[urn].parent
        while parent and parent in self.resources:
            yield self.resources[parent]
            parent = self.resources[parent].parent

    def of_type(self, *types: str) -> list[Resource]:
        """All resources of some types, by URN."""
        return [resource for type_ in types for resource in self._by_type.get(type_, ())]

    def provider_of(self, resource: Resource) -> Provider | None:
        """The provider of a resource."""
        return self.providers.get(resource.provider) if resource.provider else None

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """URNs of what each component holds directly."""
        found: dict[str, list[str]] = {}
        for resource in self.resources.values():
            if resource.parent:
                found.setdefault(resource.parent, []).append(resource.urn)
        return {urn: tuple(inside) for urn, inside in found.items()}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            found.setdefault(resource.type, []).append(resource)
        return found


@cache
def _hints(cls: Hashable) -> dict[str, Any]:
    """Resolving a class's annotations takes longer than reading a resource: once for each class."""
    return get_type_hints(cls)


def _plain(value: Any) -> Value:
    if isinstance(value, _Record):
        return value.to_json()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _typed(hint: Any, value: Value) -> Any:
    """Turns JSON back into the records and tuples that a field's type names; other values stay."""
    if isinstance(hint, type) and issubclass(hint, _Record):
        return hint.from_json(value)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return tuple(_typed(args[0], item) for item in value)
    if origin is dict:
        return {key: _typed(args[1], item) for key, item in value.items()}
    return value
