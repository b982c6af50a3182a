"""Holds an SDK's classes against Terraform's blocks, property by property, and says what does not match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policies.gate.projection.generate.blocks import Attribute, Block
from policies.gate.projection.generate.names import candidates, squeezed
from policies.gate.projection.generate.sdk import Field, Package, Resource
from policies.gate.projection.naming import snake

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
            name = self.name(item, block, renames, path + item.wire, taken)
            if name is None and (not path or path + item.wire in renames):
                shape.unmatched.append(item.wire)
                continue
            attribute = block.attributes[name] if name else _assumed(item)
            name = name or _assumed_name(item)
            taken.add(name)
            pair = Pair(item.wire, name, attribute, item)
            if item.nested and attribute.nested:
                pair.nested = self._inner(
                    module, item.nested, attribute.nested, renames, f"{path}{item.wire}."
                )
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
    def name(item: Field, block: Block, renames: Renames, path: str, taken: set[str]) -> str | None:
        """The Terraform name of a property: reviewed, by rule, or the same letters cut otherwise."""
        if path in renames:
            reviewed = renames[path]
            return reviewed if reviewed in block.attributes else None
        for name in candidates(item.wire, item.python):
            if name in block.attributes and name not in taken:
                return name
        flat = {squeezed(name): name for name in block.attributes if name not in taken}
        for name in candidates(item.wire, item.python):
            if squeezed(name) in flat:
                return flat[squeezed(name)]
        return None


def _assumed(item: Field) -> Attribute:
    """A nested property that no description of the provider lists: shaped as the SDK shapes it.

    Nearly all are values that only the cloud sets, which the bindings leave out.
    """
    shape = "list" if item.many else "map" if item.map else "one"
    return Attribute(shape, "g" if item.nested else item.plain, verified=False)


def _assumed_name(item: Field) -> str:
    name = snake(item.wire)
    return name.removesuffix("s") if item.many and item.nested else name


def output_names(resource: Resource, block: Block, renames: Renames) -> dict[str, str]:
    """Terraform's names of the outputs for which snake case is not the name; references need them."""
    found: dict[str, str] = {}
    for wire, item in resource.outputs.items():
        if wire in resource.inputs:
            continue
        name = Join.name(item, block, renames, wire, set())
        if name is not None and name != snake(wire):
            found[wire] = name
    return found


@dataclass(frozen=True)
class Leftover:
    """A property of the SDK that no rule and no reviewed name gives a Terraform attribute."""

    token: str
    path: str

    def __str__(self) -> str:
        return f"{self.token} {self.path}"


def settle(shape: Shape, names: Renames) -> None:
    """Forgets what is reviewed as having no Terraform name at all."""
    shape.unmatched = [wire for wire in shape.unmatched if wire not in names]


def unmatched(shape: Shape, path: str = "", seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """The paths of a shape that have no match."""
    if id(shape) in seen:
        return
    for wire in shape.unmatched:
        yield path + wire
    for pair in shape.pairs:
        if pair.nested is not None:
            yield from unmatched(pair.nested, f"{path}{pair.wire}.", seen | {id(shape)})
