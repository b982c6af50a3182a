"""Writes the joined shapes as a compact table: equal shapes once, one line per entry so that changes show.

A property's code is `<name>:<kind><flags>`, the name left out where snake case gives it. Kinds:

    s n b a     text, number, boolean, anything
    l e m       a list, a set, a map of one of these (`ls`), or of objects (`l12`: of shape 12)
    1           one value or object in Pulumi, a list of one in Terraform (`1s`, `112`)
    o           one object in both (`o12`)
    j           JSON text that may also be given as an object
    g           objects whose inside is not described: snake case, single objects as lists of one

Flags:

    =   an attribute that holds objects: each of them must have every field
    -   not in the older provider, or not to be set there
    ?   in no description of the provider: name and shape are assumed from the SDK
    ~   the cloud sets it where the program does not
"""

from __future__ import annotations

import json
from typing import Any

from policies.gate.projection.generate.blocks import Block
from policies.gate.projection.generate.join import Pair, Shape
from policies.gate.projection.naming import snake


class Table:
    """Collects shapes and resources, then writes them."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._open: set[tuple[int, int]] = set()
        self._reserved: dict[tuple[int, int], int] = {}
        self.resources: dict[str, list[Any]] = {}

    def add(self, token: str, name: str, shape: Shape, outputs: dict[str, str], older: Block | None) -> None:
        """One resource type: its Terraform type, the shape of its inputs, the names of other outputs."""
        entry: list[Any] = [name if older is not None else f"{name}-", self._shape(shape, older)]
        if outputs:
            entry.append(dict(sorted(outputs.items())))
        self.resources[token] = entry

    def text(self, source: str) -> str:
        """The table as JSON text, the same for the same content."""
        shapes = ",\n".join(self._texts)
        resources = ",\n".join(
            f"{json.dumps(token)}:{_dense(entry)}" for token, entry in sorted(self.resources.items())
        )
        return (
            f'{{"source":{json.dumps(source)},\n"shapes":[\n{shapes}\n],\n"resources":{{\n{resources}\n}}}}\n'
        )

    def _shape(self, shape: Shape, older: Block | None) -> int:
        """The number of a shape; one that holds itself gets its number when it is met inside itself."""
        key = (id(shape), id(older))
        if key in self._open:
            if key not in self._reserved:
                self._reserved[key] = self._number("")
            return self._reserved[key]
        self._open.add(key)
        text = _dense(dict(sorted((pair.wire, self._code(pair, older)) for pair in shape.pairs)))
        self._open.remove(key)
        if key in self._reserved:
            number = self._reserved.pop(key)
            self._texts[number] = text
            return number
        if text not in self._numbers:
            self._numbers[text] = self._number(text)
        return self._numbers[text]

    def _number(self, text: str) -> int:
        self._texts.append(text)
        return len(self._texts) - 1

    def _code(self, pair: Pair, older: Block | None) -> str:
        name = "" if pair.name == snake(pair.wire) else pair.name
        known = older.attributes.get(pair.name) if older is not None else None
        # Inside a type that the older provider lacks as a whole, single marks would say nothing new.
        settable = known is not None and known.settable
        missing = "-" if older is not None and not settable else ""
        missing += "" if pair.attribute.verified else "?"
        missing += "~" if pair.attribute.computed else ""
        return f"{name}:{self._kind(pair, known.nested if known else None)}{missing}"

    def _kind(self, pair: Pair, older: Block | None) -> str:
        field, attribute = pair.field, pair.attribute
        if field.document or (field.nested and attribute.nested is None and attribute.plain == "s"):
            return "j"
        if pair.nested is not None:
            shape = self._shape(pair.nested, older)
            flag = "" if attribute.block else "="
            if field.map:
                return f"m{shape}"
            if field.many:
                return f"{_many(attribute.shape)}{shape}{flag}"
            return f"{'o' if attribute.shape in ('one', 'map') else '1'}{shape}{flag}"
        if field.nested:
            return "g"
        plain = attribute.plain or "a"
        if field.map or attribute.shape == "map":
            return f"m{plain}"
        if field.many:
            return f"{_many(attribute.shape)}{plain}"
        return f"1{plain}" if attribute.shape in ("list", "set") else plain


def _many(shape: str) -> str:
    return "e" if shape == "set" else "l"


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
