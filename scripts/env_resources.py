"""The part of `sluice env diff` that is about resources: what two environments would make."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.gate.side_by_side import SideBySide

WIDTH = 100
# Its providers are our own, and what they would make is previewed by `sluice up`.
_WITHOUT = "local"


def as_data(left: str, right: str) -> dict[str, Any] | None:
    """What differs, by type; None where one of the two is not captured.

    Raises:
        Refusal: an environment cannot be captured.
    """
    found = _compared(left, right)
    if found is None:
        return None
    ours, theirs = found.totals
    return {
        "totals": {left: ours, right: theirs},
        "counts": {type_: {left: one, right: two} for type_, (one, two) in found.counts.items()},
        "set_otherwise": {
            type_: {name: list(names) for name, names in inputs.items()}
            for type_, inputs in found.set_otherwise.items()
        },
    }


def lines(left: str, right: str) -> Iterator[str]:
    """The same for a person, short enough to stand under the settings on one screen.

    Raises:
        Refusal: an environment cannot be captured.
    """
    found = _compared(left, right)
    if found is None:
        yield f"resources of {_WITHOUT} are not compared: `./sluice up` previews them"
        return
    ours, theirs = found.totals
    yield f"resources: {ours} in {left}, {theirs} in {right}"
    yield from _told(
        "more or fewer", (f"{_short(type_)} {one}→{two}" for type_, (one, two) in found.counts.items())
    )
    yield from _told("set otherwise", _by_input(found))


def _compared(left: str, right: str) -> SideBySide | None:
    from environments import load
    from policies.gate.side_by_side import side_by_side
    from scripts.programs import captured_all

    if _WITHOUT in (left, right):
        return None
    graphs = captured_all([left, right])
    return side_by_side(graphs[left], graphs[right], load.load(left), load.load(right))


def _short(type_: str) -> str:
    """`ec2.Subnet` of `aws:ec2/subnet:Subnet`: what a person calls it."""
    _, module, name = type_.split(":")
    return f"{module.split('/')[0]}.{name}"


def _by_input(found: SideBySide) -> Iterator[str]:
    """`tags of ec2.Subnet`: inputs are fewer than types, and one reason often makes one differ on many."""
    types: dict[str, list[str]] = {}
    for type_, inputs in found.set_otherwise.items():
        for name in inputs:
            types.setdefault(name, []).append(_short(type_))
    return (f"{name} of {'/'.join(named)}" for name, named in types.items())


# What a line may not be broken at, while it is.
_TIED = "\N{NO-BREAK SPACE}"


def _told(head: str, items: Iterator[str]) -> list[str]:
    """A paragraph with each item whole."""
    text = ", ".join(item.replace(" ", _TIED) for item in items)
    wrapped = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {head}: ",
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=True,
    )
    return [line.replace(_TIED, " ") for line in wrapped]
