"""A resource's inputs under Terraform's names: plain JSON, and marked leaves for what is not a plain literal.

Every writer (plan values, expressions, root module) reads this one tree, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Ref:
    """An attribute of another resource; `attribute` is empty for the resource as a whole."""

    address: str
    attribute: str = ""
    newer: bool = False
    """Whether only the newer provider has the attribute."""

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}" if self.attribute else self.address


@dataclass(frozen=True)
class Asset:
    """A file that the program hands over: `inside` is what the graph says of it (`path`, `text`, `assets`, `uri`)."""

    inside: Mapping[str, Any]
    archive: bool

    @property
    def path(self) -> str:
        """Its own path or address; one given as text or as several files has only a stand-in."""
        for kind in ("path", "uri"):
            if isinstance(self.inside.get(kind), str):
                return str(self.inside[kind])
        return "asset.zip" if "assets" in self.inside else "asset.txt"


@dataclass(frozen=True)
class Expression:
    """A value that is not, or not only, a literal."""

    parts: tuple[str | Ref, ...] = ()
    """Text and references in order; one reference alone is that value itself."""
    value: Any = None
    """The literal, where it is known all the same."""
    sensitive: bool = False
    plain: str = "s"
    sources: tuple[Ref, ...] = ()
    """Where an unknown value comes from, when it is no plain reference."""
    asset: Asset | None = None
    """The file that the value is the path of."""

    @property
    def references(self) -> list[Ref]:
        """What it refers to, in order."""
        return [part for part in self.parts if isinstance(part, Ref)] + list(self.sources)

    @property
    def text(self) -> bool:
        """Whether it is a text of which parts are known."""
        return any(isinstance(part, str) for part in self.parts)


@dataclass(frozen=True)
class Filled:
    """A value that the program leaves unset and Terraform's plan shows as its type's empty value.

    `written` says that the configuration must name it all the same, as null.
    """

    value: Any
    written: bool = False


Tree: TypeAlias = "dict[str, Tree] | list[Tree] | Expression | Filled | str | int | float | bool | None"


def expressions(tree: Any) -> Iterator[Expression]:
    """Every expression of a tree."""
    if isinstance(tree, Expression):
        yield tree
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from expressions(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from expressions(item)
