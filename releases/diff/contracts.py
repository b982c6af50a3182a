"""Compares data contracts, and says which changes break a promise.

A field or dataset that goes, another type, a tighter constraint and a lower service level break; what is added or
loosened does not, except that a field which may now be missing breaks those who read it. Service levels are those of
the Open Data Contract Standard v3.1, section "Service-Level Agreement".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from releases.contents.contracts import Contract, Property
from releases.diff.change import Breaks, Change

# By how a higher number of it is meant. Long names of the standard and its two-letter ones.
_MORE_IS_BETTER = frozenset(
    ["availability", "av", "throughput", "th", "retention", "re", "endOfSupport", "es", "endOfLife", "el"]
)
_LESS_IS_BETTER = frozenset(
    ["latency", "ly", "frequency", "fy", "errorRate", "er", "timeToDetect", "td", "timeToNotify", "tn",
     "timeToRepair", "tr", "timeOfAvailability", "ta", "generalAvailability", "ga"]
)  # fmt: skip
_SECONDS = {"s": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600,
            "d": 86400, "day": 86400, "w": 604800, "week": 604800, "mo": 2629800, "month": 2629800,
            "y": 31557600, "yr": 31557600, "year": 31557600}  # fmt: skip

# Constraints by the direction in which they get tighter.
_TIGHTER_UP = frozenset(
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "multipleOf"]
)
_TIGHTER_DOWN = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])


def contract_changes(before: Mapping[str, Contract], after: Mapping[str, Contract]) -> Iterator[Change]:
    """Every difference between two sets of contracts, by contract id."""
    for id_ in sorted({*before, *after}):
        old, new = before.get(id_), after.get(id_)
        if old is None:
            yield Change("contract", id_, "added", scope=id_)
        elif new is None:
            yield Change(
                "contract",
                id_,
                "removed",
                breaks=Breaks.CONSUMERS,
                why="nothing is promised any more",
                scope=id_,
            )
        else:
            yield from _contract(old, new)


def _contract(old: Contract, new: Contract) -> Iterator[Change]:
    if old.version != new.version:
        yield Change("contract", old.id, "changed", "version", old.version, new.version, scope=old.id)
    for dataset in sorted({*old.datasets, *new.datasets}):
        name = f"{old.id}.{dataset}"
        if dataset not in new.datasets:
            yield Change(
                "dataset",
                name,
                "removed",
                breaks=Breaks.CONSUMERS,
                why="who reads it finds nothing",
                scope=old.id,
            )
        elif dataset not in old.datasets:
            yield Change("dataset", name, "added", scope=old.id)
        else:
            yield from _fields(name, old.id, old.datasets[dataset], new.datasets[dataset])
    yield from _service_levels(old, new)


def _fields(
    dataset: str, scope: str, old: Mapping[str, Property], new: Mapping[str, Property]
) -> Iterator[Change]:
    for field in sorted({*old, *new}):
        name = f"{dataset}.{field}"
        if field not in new:
            yield Change(
                "field",
                name,
                "removed",
                breaks=Breaks.CONSUMERS,
                why="who reads it finds nothing",
                scope=scope,
            )
        elif field not in old:
            required = new[field].required
            yield Change(
                "field", name, "added",
                breaks=Breaks.PRODUCERS if required else Breaks.NOBODY,
                why="records that lack it are quarantined" if required else "",
                scope=scope,
            )  # fmt: skip
        else:
            yield from _field(name, scope, old[field], new[field])


def _field(name: str, scope: str, old: Property, new: Property) -> Iterator[Change]:
    def changed(what: str, before: Any, after: Any, breaks: Breaks, why: str = "") -> Change:
        return Change("field", name, "changed", what, _said(before), _said(after), breaks, why, scope)

    if old.type != new.type:
        yield changed("type", old.type, new.type, Breaks.BOTH, "values are of another type")
    if old.required != new.required:
        if new.required:
            yield changed("required", False, True, Breaks.PRODUCERS, "records that lack it are quarantined")
        else:
            yield changed("required", True, False, Breaks.CONSUMERS, "who reads it may find nothing")
    for constraint in sorted({*old.constraints, *new.constraints}):
        before, after = old.constraints.get(constraint), new.constraints.get(constraint)
        if before != after:
            tighter = tightened(constraint, before, after)
            if isinstance(before, list) and isinstance(after, list):
                # Of two long lists only the difference can be read.
                gone, new_ones = _without(before, after), _without(after, before)
                before, after = gone, new_ones
            yield changed(
                constraint, before, after,
                Breaks.PRODUCERS if tighter else Breaks.NOBODY,
                "records that met the contract before may be quarantined" if tighter else "",
            )  # fmt: skip


def tightened(constraint: str, before: Any, after: Any) -> bool:
    """Whether a constraint excludes what it allowed before. What cannot be compared counts as tighter."""
    if after is None:
        return False
    if before is None:
        return True
    if constraint == "validValues" and isinstance(before, list) and isinstance(after, list):
        return not {str(item) for item in before} <= {str(item) for item in after}
    old, new = _number(before), _number(after)
    if old is None or new is None:
        return True
    if constraint == "multipleOf":
        return new == 0 or old % new != 0
    if constraint in _TIGHTER_UP:
        return new > old
    if constraint in _TIGHTER_DOWN:
        return new < old
    return True


def _service_levels(old: Contract, new: Contract) -> Iterator[Change]:
    for level in sorted({*old.service_levels, *new.service_levels}):
        before, after = old.service_levels.get(level), new.service_levels.get(level)
        if before == after:
            continue
        name = f"{old.id}.{level}"
        if before is None:
            yield Change("service level", name, "added", after=_level(after), scope=old.id)
            continue
        why = _lowered(level, before, after)
        yield Change(
            "service level", name, "removed" if after is None else "changed", "",
            _level(before), _level(after), Breaks.CONSUMERS if why else Breaks.NOBODY, why, old.id,
        )  # fmt: skip


def _lowered(level: str, before: tuple[Any, str], after: tuple[Any, str] | None) -> str:
    """Why it is lower than before; empty where it is not."""
    if after is None:
        return "it is not promised any more"
    property_ = level.split(" of ", 1)[0]
    old, new = _amount(*before), _amount(*after)
    if old is None or new is None:
        return "it cannot be compared"
    if property_ in _MORE_IS_BETTER:
        return "less is promised" if new < old else ""
    if property_ in _LESS_IS_BETTER:
        return "it takes longer, or fails more often" if new > old else ""
    return "it is not known whether more of it is better"


def _amount(value: Any, unit: str) -> Decimal | None:
    """A number to compare: in seconds where the unit is one of time, of days where the value is a date."""
    number = _number(value)
    if number is not None:
        singular = unit.lower().removesuffix("s") or unit.lower()
        return number * _SECONDS.get(singular, 1)
    try:
        return Decimal(date.fromisoformat(str(value)[:10]).toordinal())
    except ValueError:
        return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _level(level: tuple[Any, str] | None) -> str:
    return "" if level is None else f"{level[0]} {level[1]}".strip()


def _without(some: list[Any], others: list[Any]) -> str:
    rest = [str(item) for item in some if item not in others]
    return f"with {', '.join(rest)}" if rest else "without"


def _said(value: Any) -> str:
    return "not set" if value is None else str(value)
