"""Holds an SDK's classes against Terraform's blocks, property by property, and says what does not match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policies.gate.projection.generate.blocks import Attribute, Block
from policies.gate.projection.generate.names import candidates, squeezed
from policies.gate.projection.generate.sdk import Field, Package

Renames = Mapping[str, str | None]
"""Reviewed names: Pulumi's path in a resource (`rules.filters`) to Terraform's name; None: it has none."""


@dataclass
class Pair:
    """A property and what it is in Terraform."""

    wire: str
    name: str
    attribute: Attribute
    field: Field
    nested: Shape | None = None


@dataclass
class Shape:
    """The pairs of one object, and the properties of it that have no match."""

    pairs: list[Pair] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)


class Join:
    """Joins one SDK with one set of blocks."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._made: dict[tuple[str, str, int], Shape] = {}

    def shape(self, module: str, fields: Mapping[str, Field], block: Block, renames: Renames) -> Shape:
        """The shape of a resource's inputs."""
        self._made = {}
        return self._shape(module, fields, block, renames, "")

    def _shape(
        self, module: str, fields: Mapping[str, Field], block: Block, renames: Renames, path: str
    ) -> Shape:
        shape = Shape()
        taken: set[str] = set()
        for item in fields.values():
            name = self._name(item, block, renames, path + item.wire, taken)
            if name is None:
                shape.unmatched.append(item.wire)
                continue
            taken.add(name)
            attribute = block.attributes[name]
            pair = Pair(item.wire, name, attribute, item)
            if item.nested and attribute.nested:
                pair.nested = self._inner(module, item.nested, attribute.nested, renames, f"{path}{item.wire}.")
            shape.pairs.append(pair)
        return shape

    def _inner(self, module: str, name: str, block: Block, renames: Renames, path: str) -> Shape:
        key = (module, name, id(block))
        if key not in self._made:
            self._made[key] = Shape()  # first, for types that hold themselves
            made = self._shape(module, self.package.nested(module, name), block, renames, path)
            self._made[key].pairs, self._made[key].unmatched = made.pairs, made.unmatched
        return self._made[key]

    @staticmethod
    def _name(item: Field, block: Block, renames: Renames, path: str, taken: set[str]) -> str | None:
        if path in renames:
            return renames[path]
        for name in candidates(item.wire, item.python):
            if name in block.attributes and name not in taken:
                return name
        flat = {squeezed(name): name for name in block.attributes if name not in taken}
        for name in candidates(item.wire, item.python):
            if squeezed(name) in flat:
                return flat[squeezed(name)]
        return None
