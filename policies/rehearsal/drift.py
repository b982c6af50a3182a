"""What a second plan would change of what was just applied: nothing, where program and provider agree."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.rehearsal.gaps import Gap

_SHOWN = 60
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Drift:
    """One resource that does not stay as it was applied."""

    address: str
    findings: tuple[str, ...]
    """Each attribute with what it is and what the plan wants."""
    excused: tuple[str, ...]
    """Attributes that the mock is known to forget, with the reason."""
    vague: bool = False
    """Whether nothing can be named that changes, only what will not be known: another's change reaches it."""


def read(
    changes: Iterable[Mapping[str, Any]], applied: Collection[str], gaps: Mapping[str, Gap]
) -> list[Drift]:
    """The changes that a plan made of resources that were applied.

    Args:
        changes: `resource_changes` of the plan.
        applied: Addresses to look at; the others were never there.
        gaps: By `type.path.of.attribute`: what the mock forgets.
    """
    return [
        _of(item, gaps)
        for item in changes
        if item["address"] in applied and item["change"]["actions"] not in (["no-op"], ["read"])
    ]


def _of(item: Mapping[str, Any], gaps: Mapping[str, Gap]) -> Drift:
    address, change = item["address"], item["change"]
    again = f"would {' and '.join(change['actions'])} it again"
    before, after = change.get("before"), change.get("after")
    if before is None or after is None:
        return Drift(address, (again,), ())
    found = list(_differences(before, after, change.get("after_unknown") or {}, ""))
    if not found:
        return Drift(address, (again,), (), vague=True)
    findings: list[str] = []
    excused: list[str] = []
    for path, was, wanted in found:
        name = _POSITION.sub("", path)
        gap = _gap(gaps, item["type"], name)
        if gap is None:
            findings.append(f"{path}: {_short(was)} → {_short(wanted)}")
        else:
            excused.append(f"{name} ({gap.reason})")
    return Drift(address, tuple(findings), tuple(excused))


def _gap(gaps: Mapping[str, Gap], kind: str, path: str) -> Gap | None:
    """What is known of an attribute, or of the block that it is in."""
    while path:
        if gap := gaps.get(f"{kind}.{path}"):
            return gap
        path = path.rpartition(".")[0]
    return None


def _differences(before: Any, after: Any, unknown: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    # What the cloud computes is unknown in every update; only what the program sets can drift.
    if unknown is True or before == after or _empty(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        inside = unknown if isinstance(unknown, dict) else {}
        for name in sorted({*before, *after}):
            if name == "tags_all" and not path:
                # The tags with the provider's own: says nothing that `tags` does not.
                continue
            below = f"{path}.{name}" if path else name
            yield from _differences(before.get(name), after.get(name), inside.get(name), below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        marks = unknown if isinstance(unknown, list) else [None] * len(before)
        for number, (was, wanted, mark) in enumerate(zip(before, after, marks, strict=False)):
            yield from _differences(was, wanted, mark, f"{path}[{number}]")
    else:
        yield path, before, after


def _empty(*values: Any) -> bool:
    """Whether nothing is said either way: Terraform shows an unset list as null or as an empty one."""
    return all(value is None or value in ([], {}) for value in values)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
