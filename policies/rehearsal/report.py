"""A rehearsal's result for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from policies.rehearsal.outcome import Dropped, Outcome, Rehearsal, Status

SCHEMA = 1
_LISTED = 12


def as_json(result: Rehearsal) -> dict[str, Any]:
    """All of it, as plain JSON."""
    return {
        "schema": SCHEMA,
        "name": result.name,
        "terraform": result.terraform,
        "provider": result.provider,
        "passed": result.passed,
        "summary": {
            **result.counts,
            "assertions": result.asserted,
            "dropped attributes": len(result.dropped),
        },
        "seconds": {stage: round(seconds, 1) for stage, seconds in result.seconds.items()},
        "problems": result.problems,
        "resources": [
            {
                "urn": one.resource.urn,
                "type": one.resource.type,
                "address": one.address,
                "status": str(one.status),
                "reason": one.reason,
                "because_of": one.because_of,
                "source": str(one.source) if one.source else None,
            }
            for one in result.outcomes
        ],
        "dropped": [
            {
                "urn": one.resource.urn,
                "type": one.resource.type,
                "attribute": one.attribute,
                "reason": one.reason,
                "source": str(one.resource.source) if one.resource.source else None,
            }
            for one in result.dropped
        ],
    }


def as_text(result: Rehearsal, width: int = 100) -> str:
    """What a person reads: failures first, each with its line; then all that was not applied whole."""
    page = _Page(width)
    for problem in result.problems:
        page.item("✗ the rehearsal", problem)
    failed = [one for one in result.outcomes if one.status is Status.FAILED]
    for one in failed:
        if one.because_of is None:
            page.item(f"✗ {_where(one)}", one.reason)
    kept = [one for one in failed if one.because_of is not None]
    page.group("✗ not attempted", ((_name(one), one.reason.removeprefix("not attempted: ")) for one in kept))
    page.group("- planned only", _reasons(result.outcomes, Status.PLANNED_ONLY))
    page.group("- left out", _reasons(result.outcomes, Status.LEFT_OUT))
    page.group("- applied, with a remark", _reasons(result.outcomes, Status.APPLIED))
    page.group("- attributes not shown to the provider", _dropped(result.dropped))
    counts = ", ".join(f"{count} {status}" for status, count in result.counts.items() if count)
    mark = "✓" if result.passed else "✗"
    asserted = f"; {result.asserted} assertions on the mock" if result.asserted else ""
    page.line(f"{mark} {result.name}: {counts or 'no resources'}{asserted}")
    page.line(f"  Terraform {result.terraform}, {result.provider}, {sum(result.seconds.values()):.0f} s")
    return page.text


def _where(one: Outcome) -> str:
    return f"{one.source or one.resource.urn}  {_name(one)}"


def _name(one: Outcome) -> str:
    return one.address or f"{one.resource.type} {one.resource.name}"


def _reasons(outcomes: Iterable[Outcome], status: Status) -> Iterator[tuple[str, str]]:
    return ((_name(one), one.reason) for one in outcomes if one.status is status and one.reason)


def _dropped(dropped: Iterable[Dropped]) -> Iterator[tuple[str, str]]:
    return ((f"{one.resource.name}.{one.attribute}", one.reason) for one in dropped)


class _Page:
    def __init__(self, width: int) -> None:
        self._width = max(40, width)
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def line(self, text: str) -> None:
        self._lines.append(text)

    def item(self, head: str, told: str) -> None:
        self._lines += [head, *self._wrapped(told, "    ")]

    def group(self, head: str, members: Iterable[tuple[str, str]]) -> None:
        """Names that share a reason stand together under it."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in members:
            by_reason.setdefault(reason, []).append(name)
        for reason, names in by_reason.items():
            more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
            self.item(f"{head}: {reason}", ", ".join(names[:_LISTED]) + more)

    def _wrapped(self, text: str, indent: str) -> list[str]:
        return wrap(
            text,
            self._width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
