"""What a second plan would change of what was just applied: nothing, where program and provider agree."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.rehearsal.gaps import Gap

_SHOWN = 60


@dataclass(frozen=True)
class Drift:
    """One resource that does not stay as it was applied."""

    address: str
    findings: tuple[str, ...]
    """Each attribute with what it is and what the plan wants."""
    excused: tuple[str, ...]
    """Attributes that the mock is known to forget, with the reason."""


def read(
    changes: Iterable[Mapping[str, Any]], applied: Collection[str], gaps: Mapping[str, Gap]
) -> list[Drift]:
    """The changes that a plan made of resources that were applied.

    Args:
        changes: `resource_changes` of the plan.
        applied: Addresses to look at; the others were never there.
        gaps: By `type.attribute`: what the mock forgets.
    """
    found = []
    for item in changes:
        change = item["change"]
        if item["address"] not in applied or change["actions"] in (["no-op"], ["read"]):
            continue
        findings: list[str] = []
        excused: list[str] = []
        for name, words in _attributes(change):
            gap = gaps.get(f"{item['type']}.{name}") if name else None
            (findings if gap is None else excused).append(words if gap is None else f"{name} ({gap.reason})")
        found.append(Drift(item["address"], tuple(findings), tuple(excused)))
    return found


def _attributes(change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and words of each attribute that the plan changes; the name is empty for the resource as a whole."""
    before, after = change.get("before"), change.get("after")
    if before is None or after is None:
        return [("", f"would {' and '.join(change['actions'])} it again")]
    unknown = change.get("after_unknown") or {}
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    # What the cloud computes is unknown in every update; only what the program sets can drift.
    words = [
        (name, f"{name}: {_short(before.get(name))} → {_short(after.get(name))}")
        for name in changed
        if not unknown.get(name)
    ]
    return words or [("", f"would {' and '.join(change['actions'])} it again")]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
