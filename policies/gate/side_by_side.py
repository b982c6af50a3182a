"""Compares two environments of one program: which types they have more or fewer of, and what is set otherwise.

Not two revisions of one stack, which `baseline` compares: names, accounts and address ranges differ anyway, so they
are taken to be the same word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from environments.model import Environment
from environments.vocabulary import SubnetTier
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import Value


@dataclass(frozen=True)
class SideBySide:
    """What differs between what two environments would make."""

    totals: tuple[int, int]
    counts: Mapping[str, tuple[int, int]]
    """By type, where there are more on one side."""
    set_otherwise: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Of resources that both have, by type: inputs that differ, and the names of the resources."""


def side_by_side(
    left: ResourceGraph, right: ResourceGraph, ours: Environment, theirs: Environment
) -> SideBySide:
    """Compares two graphs; resources are the same if type and logical name are."""
    sides = [_managed(graph) for graph in (left, right)]
    here, there = (Counter(type_ for type_, _ in side) for side in sides)
    words = list(_same_words(ours, theirs))
    found: dict[str, dict[str, list[str]]] = {}
    for key in sorted(sides[0].keys() & sides[1].keys()):
        mine, other = _settings(sides[0][key]), _settings(sides[1][key])
        for name in sorted(mine.keys() | other.keys()):
            if _said(mine.get(name), words) != other.get(name):
                found.setdefault(key[0], {}).setdefault(name, []).append(key[1])
    return SideBySide(
        (here.total(), there.total()),
        {type_: (here[type_], there[type_]) for type_ in sorted(here | there) if here[type_] != there[type_]},
        {type_: {name: tuple(names) for name, names in inputs.items()} for type_, inputs in found.items()},
    )


def _managed(graph: ResourceGraph) -> dict[tuple[str, str], Resource]:
    return {(item.type, item.name): item for item in graph.resources.values() if item.managed}


def _settings(resource: Resource) -> dict[str, Value]:
    """Inputs, and the options that a person sets."""
    return {**resource.inputs, "(protect)": bool(resource.protect)}


def _same_words(ours: Environment, theirs: Environment) -> Iterator[tuple[str, str]]:
    """What the other side says for the same thing, the longest word first."""
    yield ours.account, theirs.account
    yield ours.name, theirs.name
    # Services that refuse hyphens.
    yield ours.name.replace("-", "_"), theirs.name.replace("-", "_")
    yield str(ours.network.cidr), str(theirs.network.cidr)
    for tier in SubnetTier:
        yield str(ours.network.tier_range(tier)), str(theirs.network.tier_range(tier))
        zones = (ours.network.zone_ranges(tier), theirs.network.zone_ranges(tier))
        yield from ((str(one), str(two)) for one, two in zip(*zones, strict=False))


def _said(value: Value, words: Sequence[tuple[str, str]]) -> Value:
    """A value in the words of the other side."""
    if isinstance(value, str):
        return _word(value, words)
    if isinstance(value, list):
        return [_said(item, words) for item in value]
    if isinstance(value, dict):
        return {_word(name, words): _said(item, words) for name, item in value.items()}
    return value


def _word(text: str, words: Sequence[tuple[str, str]]) -> str:
    for ours, theirs in words:
        text = text.replace(ours, theirs)
    return text
