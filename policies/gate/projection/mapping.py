"""The tables from Pulumi's types and properties to Terraform's; `generate/tables.py` says the format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from policies.gate.projection.naming import camel, snake

DATA = Path(__file__).parent / "data"

Package = Literal["aws", "gcp"]

Kind = Literal["plain", "list", "set", "map", "single", "object", "json", "generic"]

_KINDS: Mapping[str, Kind] = {"l": "list", "e": "set", "m": "map", "1": "single", "o": "object"}
_WHOLE: Mapping[str, Kind] = {"j": "json", "g": "generic"}


@dataclass(frozen=True)
class Property:
    """What one Pulumi property is in Terraform."""

    wire: str
    name: str
    kind: Kind
    plain: str = ""
    """`s`, `n`, `b` or `a`: the plain value that it is or holds."""
    shape: Shape | None = None
    """The objects that it holds."""
    assigned: bool = False
    """An attribute that holds objects: in Terraform each of them has every field."""
    newer: bool = False
    """Not in the older provider, so it can be checked but not planned with it."""
    verified: bool = True
    """A description of the provider lists it; else the name is assumed from the SDK's."""
    computed: bool = False
    """The cloud sets it where the program does not: unset, it is unknown rather than empty."""


class Shape:
    """The properties of one object, read when they are first asked for."""

    def __init__(self, codes: Mapping[str, str], table: Table) -> None:
        self._codes, self._table = codes, table

    @cached_property
    def properties(self) -> dict[str, Property]:
        """By Pulumi's name."""
        return {wire: self._table.property(wire, code) for wire, code in self._codes.items()}


@dataclass(frozen=True)
class ResourceType:
    """What one Pulumi resource type is in Terraform."""

    token: str
    name: str
    shape: Shape
    newer: bool
    """Not in the older provider."""
    outputs: Mapping[str, str]

    @property
    def package(self) -> Package:
        """The Pulumi package that it comes from."""
        return "gcp" if self.token.startswith("gcp:") else "aws"

    def output(self, wire: str) -> str:
        """Terraform's name of an output or input, as references to it are written."""
        found = self.shape.properties.get(wire)
        return found.name if found is not None else self.outputs.get(wire) or snake(wire)

    def wire(self, name: str) -> str:
        """Pulumi's name of an input or output; the way back of `output`."""
        return self._wires.get(name) or camel(name)

    @cached_property
    def _wires(self) -> dict[str, str]:
        inputs = {item.name: item.wire for item in self.shape.properties.values()}
        return {name: wire for wire, name in self.outputs.items()} | inputs

    def newer_output(self, wire: str) -> bool:
        """Whether only the newer provider has an input, and so an output, of that name."""
        found = self.shape.properties.get(wire)
        return found is not None and found.newer


class Table:
    """The table of one package."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.source: str = content["source"]
        self._resources: Mapping[str, list[Any]] = content["resources"]
        self._shapes = [Shape(codes, self) for codes in content["shapes"]]
        self._types: dict[str, ResourceType] = {}

    def __contains__(self, token: str) -> bool:
        return token in self._resources

    @property
    def tokens(self) -> list[str]:
        """Every resource type that has a projection."""
        return list(self._resources)

    def token(self, name: str) -> str | None:
        """The resource type that is a Terraform type; where an older and a newer twin are, the newer."""
        return self._tokens.get(name)

    @cached_property
    def _tokens(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for token, (name, *_) in self._resources.items():
            # The SDK keeps `BucketV2` beside `Bucket` for those who have it in their state.
            bare = name.removesuffix("-")
            if not token.endswith("V2") or bare not in found:
                found[bare] = token
        return found

    def type(self, token: str) -> ResourceType | None:
        """The Terraform type of a token, if it has one."""
        if token not in self._types:
            if token not in self._resources:
                return None
            name, shape, *rest = self._resources[token]
            self._types[token] = ResourceType(
                token,
                name.removesuffix("-"),
                self._shapes[shape],
                name.endswith("-"),
                rest[0] if rest else {},
            )
        return self._types[token]

    def property(self, wire: str, code: str) -> Property:
        """Reads a property's code."""
        name, kind = code.split(":")
        bare = kind.rstrip("=-?~")
        flags = kind[len(bare) :]
        inner = bare[1:]
        nested = inner.isdigit()
        return Property(
            wire=wire,
            name=name or snake(wire),
            kind=_WHOLE.get(bare, "plain") if len(bare) == 1 else _KINDS[bare[0]],
            plain="" if nested else inner or bare,
            shape=self._shapes[int(inner)] if nested else None,
            assigned="=" in flags,
            newer="-" in flags,
            verified="?" not in flags,
            computed="~" in flags,
        )


@cache
def table(package: Package) -> Table:
    """The committed table of a package."""
    return Table(json.loads((DATA / f"{package}.json").read_text()))


@cache
def defaults(package: Package) -> dict[str, dict[str, Any]]:
    """By Terraform type: what the provider plans for attributes that a program leaves unset."""
    path = DATA / f"{package}_defaults.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text())["types"] if path.is_file() else {}
    return found
