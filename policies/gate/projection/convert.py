"""From a resource's inputs, as the program gave them, to the tree under Terraform's names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.gate import values
from policies.gate.projection.mapping import Property, ResourceType, Shape
from policies.gate.projection.naming import snake
from policies.gate.projection.texts import parts_of
from policies.gate.projection.tree import Asset, Expression, Filled, Ref, Tree

Resolve = Callable[[str, str], Ref | None]
"""A URN and an output's name to the Terraform reference; None where the plan has no such resource."""

HIDDEN = "(sensitive value)"

# A number that is not set stays null, in Terraform's own plans too: 0 would be a value (0 days, port 0).
_EMPTY: Mapping[str, Any] = {"s": "", "b": False, "n": None, "a": None}


@dataclass
class Conversion:
    """Converts the inputs of one resource and keeps account of what has no place in Terraform."""

    resolve: Resolve
    unmapped: list[tuple[str, str]] = field(default_factory=list)
    """Path of the attribute, and why."""
    newer: list[str] = field(default_factory=list)
    """Paths (Terraform's names) that the older provider lacks."""

    def resource(self, type_: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Tree]:
        """All inputs of a resource; unset ones are left out."""
        return self._object(type_.shape, inputs, "", "", fill=None)

    def _object(
        self, shape: Shape, given: Mapping[str, Any], path: str, place: str, *, fill: Property | None
    ) -> dict[str, Tree]:
        result: dict[str, Tree] = {}
        properties = shape.properties
        for wire, value in given.items():
            if value is None:
                continue
            item = properties.get(wire)
            if item is None:
                self.unmapped.append((path + wire, "Terraform's type has no such attribute"))
                continue
            if item.newer:
                self.newer.append(place + item.name)
            result[item.name] = self._value(item, value, f"{path}{wire}", f"{place}{item.name}")
        if fill is not None:
            for item in properties.values():
                if item.name in result or item.newer or not item.verified:
                    continue
                if fill.assigned or not item.computed:
                    empty = None if item.computed else _empty(item)
                    result[item.name] = Filled(empty, written=fill.assigned)
        return result

    def _value(self, item: Property, value: Any, path: str, place: str) -> Tree:
        if item.kind == "json":
            return self._json(value)
        marked = self.marked(value, item.plain or "a")
        if marked is not None:
            return [marked] if item.kind == "single" else marked
        if item.kind == "generic":
            return self._generic(value)
        if item.kind == "plain":
            return self._plain(item.plain, value, path)
        if item.kind == "map":
            return self._map(item, value, path, place)
        if item.kind == "object":
            return self._inner(item, value, path, place)
        items = value if isinstance(value, list) else [value]
        return [self._inner(item, one, path, place) for one in items]

    def _inner(self, item: Property, value: Any, path: str, place: str) -> Tree:
        marked = self.marked(value, item.plain or "a")
        if marked is not None:
            return marked
        if item.shape is None:
            return self._plain(item.plain, value, path)
        if not isinstance(value, dict):
            self.unmapped.append((path, f"an object is expected, not {type(value).__name__}"))
            return None
        return self._object(item.shape, _unescaped(value), f"{path}.", f"{place}.", fill=item)

    def _map(self, item: Property, value: Any, path: str, place: str) -> Tree:
        if not isinstance(value, dict):
            self.unmapped.append((path, f"a map is expected, not {type(value).__name__}"))
            return None
        return {key: self._inner(item, one, path, place) for key, one in _unescaped(value).items()}

    def _plain(self, plain: str, value: Any, path: str) -> Tree:
        if isinstance(value, dict | list):
            if plain == "s":
                return self._json(value)
            if plain == "a":
                return self._generic(value)
            self.unmapped.append((path, f"a plain value is expected, not {type(value).__name__}"))
            return None
        coerced: Tree = _coerced(plain, value)
        return coerced

    def _generic(self, value: Any) -> Tree:
        """Objects whose inside is not described; single ones are lists of one, as nearly all blocks are."""
        marked = self.marked(value, "a")
        if marked is not None:
            return marked
        if isinstance(value, list):
            return [
                self._named(item) if isinstance(item, dict) and self.marked(item, "a") is None
                else self._generic(item)
                for item in value
            ]  # fmt: skip
        return [self._named(value)] if isinstance(value, dict) else value

    def _named(self, value: Mapping[str, Any]) -> Tree:
        return {snake(key): self._generic(item) for key, item in _unescaped(value).items()}

    def _json(self, value: Any) -> Tree:
        """JSON text; marks inside a document are written into its text, so that it stays a document."""
        if not isinstance(value, dict | list) or values.is_ref(value) or values.is_unknown(value):
            marked = self.marked(value, "s")
            text: Tree = _coerced("s", value)
            return marked if marked is not None else text
        if values.is_secret(value):
            return self.marked(value, "s")
        return self._text(json.dumps(_written(value), separators=(",", ":"), ensure_ascii=False))

    def marked(self, value: Any, plain: str) -> Expression | None:
        """The expression for a marked value, or for a text with references in it; None for plain data."""
        if isinstance(value, str):
            text = self._text(value)
            return text if isinstance(text, Expression) else None
        if not isinstance(value, dict) or len(value) != 1:
            return None
        (mark, inside), *_ = value.items()
        if mark == values.REF:
            found = self.resolve(inside["urn"], inside["property"])
            known = inside.get("value")
            return Expression((found,) if found else (), _coerced(plain, known), plain=plain)
        if mark == values.UNKNOWN:
            return Expression(sources=self._sources(inside.get("from", ())), plain=plain)
        if mark == values.SECRET:
            refs = [(ref["urn"], ref["property"]) for ref in inside.get("refs", ())]
            found_refs = tuple(ref for urn, name in refs if (ref := self.resolve(urn, name)))
            known = None if refs or inside.get("origin") == "output" else HIDDEN
            return Expression(sources=found_refs, value=known, sensitive=True, plain=plain)
        if mark in (values.ASSET, values.ARCHIVE):
            asset = Asset(inside, archive=mark == values.ARCHIVE)
            return Expression(value=asset.path, plain="s", asset=asset)
        return None

    def _sources(self, urns: Any) -> tuple[Ref, ...]:
        return tuple(ref for urn in urns if (ref := self.resolve(urn, "")))

    def _text(self, text: str) -> str | Expression:
        if "${" not in text:
            return text
        parts, secret = parts_of(text, self.resolve)
        if parts == (text,):
            return text
        return Expression(parts, sensitive=secret)


def _written(value: Any) -> Any:
    """A document with its marks as text."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, dict):
        return value
    if values.is_ref(value):
        inside = value[values.REF]
        return (
            inside["value"]
            if "value" in inside
            else values.Reference(inside["urn"], inside["property"]).in_text()
        )
    if values.is_secret(value):
        return values.secret_in_text(value[values.SECRET].get("key", "literal"))
    if values.is_unknown(value):
        return values.Reference("call:unknown", "value").in_text()
    return {key: _written(item) for key, item in _unescaped(value).items()}


def _unescaped(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key[1:] if key.startswith("$$") else key: item for key, item in value.items()}


def _coerced(plain: str, value: Any) -> Any:
    """A literal as Terraform holds it: its text attributes hold `true` and `300` as text."""
    if value is None or plain == "a":
        return value
    if plain == "s" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else _number_text(value)
    if plain == "b" and value in ("true", "false"):
        return value == "true"
    if plain == "n" and isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            return value
    return value


def _number_text(value: Any) -> Any:
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    return value


def _empty(item: Property) -> Any:
    if item.kind == "map":
        return {}
    if item.kind in ("plain", "json"):
        return _EMPTY["s" if item.kind == "json" else item.plain]
    return None if item.kind in ("object", "generic") else []
