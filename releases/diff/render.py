"""Differences between two releases, for people: plain lines, and Markdown for a pull request's comment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from releases.diff.change import Change

_TITLES = {
    "dag": "DAGs",
    "task": "Tasks",
    "edge": "Edges",
    "spark job": "Spark jobs",
    "model": "SQL models",
    "model properties": "Descriptions and tests of models",
    "contract": "Contracts",
    "dataset": "Datasets of contracts",
    "field": "Fields of contracts",
    "service level": "Service levels",
    "requirement": "Requirements",
}


def lines(before: str, after: str, changes: Sequence[Change]) -> list[str]:
    """For a terminal, one line a change below the name of its kind; what breaks is marked."""
    if not changes:
        return [f"{before} and {after} do the same."]
    found = [f"From {before} to {after}:"]
    for title, group in _grouped(changes):
        found += ["", title]
        found += [f"  {_sign(change)} {_plain(change)}" for change in group]
    breaking = sum(1 for change in changes if change.breaks)
    found += ["", f"{_count(len(changes), 'change')}, {breaking} of them breaking."]
    return found


def markdown(before: str, after: str, changes: Sequence[Change]) -> str:
    """For a pull request's comment: what breaks first, the rest folded by kind."""
    title = f"### Release `{before}` → `{after}`"
    if not changes:
        return f"{title}\n\nNo DAG, task, Spark job, SQL model, contract or requirement changes.\n"
    parts = [title]
    breaking = [change for change in changes if change.breaks]
    if breaking:
        parts += [f"**{_count(len(breaking), 'breaking change')}**", _table(breaking, reasons=True)]
    for heading, group in _grouped(changes):
        rows = [change for change in group if not change.breaks]
        if rows:
            summary = f"<summary>{heading}: {len(rows)}</summary>"
            parts.append(f"<details>{summary}\n\n{_table(rows, reasons=False)}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _grouped(changes: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    order = list(_TITLES)
    ordered = sorted(changes, key=lambda change: order.index(change.kind))
    return [(_TITLES[kind], list(group)) for kind, group in groupby(ordered, key=lambda change: change.kind)]


def _sign(change: Change) -> str:
    return {"added": "+", "removed": "-", "changed": "~"}[change.operation]


def _plain(change: Change) -> str:
    text = change.name
    if change.what:
        text += f" {change.what}"
    if change.before or change.after:
        text += (
            f": {change.before} → {change.after}"
            if change.before and change.after
            else f": {change.before or change.after}"
        )
    if change.breaks:
        text += f"  BREAKS {change.breaks}: {change.why}"
    return text


def _table(changes: Sequence[Change], *, reasons: bool) -> str:
    head = "| | what | before | after |" + (" breaks | why |" if reasons else "")
    rule = "|---|---|---|---|" + ("---|---|" if reasons else "")
    rows = []
    for change in changes:
        cells = [_sign(change), f"{change.kind} {_code(f'{change.name} {change.what}'.strip())}"]
        cells += [_code(change.before), _code(change.after)]
        cells += [str(change.breaks), _escaped(change.why)] if reasons else []
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([head, rule, *rows])


def _code(text: str) -> str:
    """Inline code in a table's cell: its own text can neither end the code nor the cell."""
    plain = text.replace("|", "\\|").replace("`", "'").replace("\n", " ")
    return f"`{plain}`" if plain else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
