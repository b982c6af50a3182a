"""For a pull request: one comment, short enough for GitHub, in which no name can act as Markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policies.gate.report import GateReport
from policies.gate.reports import delta, listing, wording
from policies.gate.reports.escaping import clipped, visible
from policies.gate.reports.listing import Block, Entry, Item
from policies.gate.verdicts import Verdict

MARKER = "<!-- sluice-gate-report -->"
"""The first line: by this a bot finds its earlier comment and updates it."""
LIMIT = 65_536
"""Characters that GitHub takes for a comment."""

# Below the limit by what closing tags and the sentences on what was left out can need.
_BUDGET = LIMIT - 3_000
_HEAD_BUDGET = 16_000
_LONGEST_NAME = 200
_LONGEST_TEXT = 600
_RESOURCES_SHOWN = 15
_SPECIAL = re.compile(r"([\\`*_\[\]#~$])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# A zero-width blank keeps GitHub from notifying people, linking issues and making links of what is a name.
_REFERENCE = re.compile(r"(@|#|://|\bwww\.|\bGH-)(?=\S)")


@dataclass(frozen=True)
class _Section:
    title: str
    items: list[tuple[str, int]]
    """Each with the number of findings or changes that it speaks of."""
    noun: str
    folded: bool = False
    share: float = 1.0
    """How much of the room that is left it may take."""
    intro: str = ""


def render(report: GateReport) -> str:
    """The report as a comment."""
    parts = [_head(report)]
    room = _BUDGET - _length(parts[0])
    for section in _sections(report):
        text = _section(section, int(room * section.share))
        parts.append(text)
        room -= _length(text)
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(text: str) -> str:
    """Text for the middle of a line of Markdown, to be read as it is."""
    said = _REFERENCE.sub("\\1\u200b", clipped(visible(text), _LONGEST_TEXT))
    said = _SPECIAL.sub(r"\\\1", said)
    return re.sub("[&<>|]", lambda match: _ENTITIES[match[0]], said)


def code(text: str) -> str:
    """A name as a code span, in which nothing is Markdown, a mention or a link."""
    content = clipped(visible(text), _LONGEST_NAME)
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if not content or content[0] in "` " or content[-1] in "` " else ""
    return f"{fence}{pad}{content or '(no name)'}{pad}{fence}"


def _head(report: GateReport) -> str:
    """The marker, the verdict and the table of environments."""
    headline = wording.headline(report)
    lines = [MARKER, f"## Policy gate: {headline}", ""]
    columns = (
        "Environment",
        "Verdict",
        "Seen",
        "Mapped",
        "Checked",
        "Pass",
        "Fail",
        "Undetermined",
        "Waived",
    )
    lines += [f"| {' | '.join(columns)} |", f"| --- | --- |{' ---: |' * (len(columns) - 2)}"]
    shown = 0
    room = _HEAD_BUDGET
    for environment in report.environments:
        numbers = (
            environment.resources_seen,
            environment.resources_mapped,
            environment.resources_checked,
            *(environment.count(verdict) for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED)),
            wording.waived(environment),
        )
        row = f"| {prose(environment.environment)} | {wording.verdict(environment)} "
        row += f"| {' | '.join(map(str, numbers))} |"
        room -= _length(row) + 1
        if room < 0:
            break
        lines.append(row)
        shown += 1
    lines.append("")
    if left := len(report.environments) - shown:
        lines += [f"{wording.count(left, 'environment')} left out of this table for its length.", ""]
    lines.append(prose(clipped(wording.closing(report), _LONGEST_TEXT)))
    return "\n".join(lines)


def _sections(report: GateReport) -> list[_Section]:
    sections = listing.sections(report)
    base = code(report.base or "")
    compared = report.base is not None
    changed = delta.changes(report)
    changes = [(_change(change), len(change.environments)) for change in changed]
    intro = f"{delta.in_words(changed)}.\n" if delta.known(report) else ""
    waived = [(_short(entry), len(entry.environments)) for entry in sections.waived]
    fixed = [(_short(entry), len(entry.environments)) for entry in sections.fixed]
    return [
        _Section("New findings" if compared else "Findings", _blocks(sections.new), "finding", share=0.6),
        _Section(f"Changes against {base}", changes, "change", share=0.6, intro=intro),
        _Section(f"Findings already in {base}", _blocks(sections.existing), "finding", True, 0.7),
        _Section("Waived", waived, "finding", True, 0.6),
        _Section(f"Fixed since {base}" if compared else "Fixed", fixed, "finding", True),
    ]


def _section(section: _Section, room: int) -> str:
    """As many items as there is room for, and a sentence on the others."""
    if not section.items and not section.intro:
        return ""
    total = sum(number for _, number in section.items)
    head, tail = _frame(section, total)
    shown: list[str] = []
    said = 0
    room -= _length(head) + _length(tail)
    for text, number in section.items:
        room -= _length(text) + 1
        if room < 0:
            break
        shown.append(text)
        said += number
    if said < total:
        rest = wording.count(total - said, section.noun)
        verb = "is" if total - said == 1 else "are"
        shown.append(
            f"\n**{rest} of {total:,} {verb} left out here for length; the JSON report has them all.**"
        )
    return "\n".join([head, *shown, tail]).rstrip("\n")


def _frame(section: _Section, total: int) -> tuple[str, str]:
    title = f"{section.title} ({total:,})"
    if not section.folded:
        intro = f"\n{section.intro}" if section.intro else ""
        return f"### {title}\n{intro}", ""
    # Inside <summary> GitHub reads HTML, not Markdown.
    summary = re.sub("[&<>]", lambda match: _ENTITIES[match[0]], title.replace("`", ""))
    return f"<details>\n<summary>{summary}</summary>\n", "\n</details>"


def _blocks(entries: list[Entry]) -> list[tuple[str, int]]:
    return [(_block(block), listing.findings(block.entries)) for block in listing.blocks(entries)]


def _block(block: Block) -> str:
    """One item of the list: the line, the rule, the resources, why and how to mend it."""
    rule = block.rule
    verdict = "undetermined before apply" if block.verdict is Verdict.UNDETERMINED else block.verdict.value
    at = code(str(block.site)) if block.site else "the whole program"
    stops = " · **stops the change**" if block.blocking else ""
    items = block.items
    lines = [f"- **{rule.severity}** · {verdict} · {code(rule.id)} {prose(rule.title)} · {at}{stops}"]
    lines += [f"  - {_item(item)}" for item in items[:_RESOURCES_SHOWN]]
    if rest := items[_RESOURCES_SHOWN:]:
        findings = sum(max(1, len(item.resources)) * len(item.environments) for item in rest)
        lines.append(f"  - and {wording.count(findings, 'more finding')} by this rule at this line")
    if rule.why:
        lines.append(f"  - Why: {prose(rule.why)}")
    remedies = dict.fromkeys(item.remedy for item in items if item.remedy)
    lines += [f"  - Fix: {prose(remedy)}" for remedy in list(remedies)[:3]]
    return "\n".join(lines)


def _item(item: Item) -> str:
    parts = [_resources(item), f"in {_names(item.environments)}"]
    if item.callers:
        parts.append(f"called from {code(str(item.callers[-1]))}")
    if item.blocking_in and item.blocking_in != item.environments:
        parts.append(f"stops {_names(item.blocking_in)}")
    attribute = f"{code(item.attribute)} " if item.attribute else ""
    return f"{', '.join(part for part in parts if part)}: {attribute}{prose(item.message)}"


def _resources(item: Item) -> str:
    shown = [code(name or type_) for name, type_ in item.resources[:_RESOURCES_SHOWN]]
    more = len(item.resources) - len(shown)
    types = sorted({type_ for _, type_ in item.resources if type_})
    said = " ".join(shown) + (f" and {more:,} more" if more else "")
    return f"{said} ({_names(types)})" if types else said


def _names(names: Sequence[str], shown: int = 12) -> str:
    text = ", ".join(code(name) for name in names[:shown])
    return f"{text} and {len(names) - shown:,} more" if len(names) > shown else text


def _short(entry: Entry) -> str:
    finding = entry.finding
    at = f" at {code(str(finding.source))}" if finding.source else ""
    on = f" on {code(finding.name or finding.type)}" if finding.name or finding.type else ""
    waiver = f": {prose(finding.waived)}" if finding.waived is not None and finding.age != "fixed" else ""
    return (
        f"- {finding.rule.severity} {code(finding.rule.id)}{on}{at} in {_names(entry.environments)}{waiver}"
    )


def _change(change: delta.Folded) -> str:
    at = f" at {code(str(change.site))}" if change.site else ""
    inputs = f": {_names(change.attributes, 8)}" if change.attributes else ""
    risk = " · **holds data**" if change.at_risk else ""
    thing = f"{code(change.name)} ({code(change.type)}){at} in {_names(change.environments)}"
    return f"- **{prose(change.operation)}** {thing}{inputs}{risk}"


def _length(text: str) -> int:
    """As GitHub may count: characters outside the basic plane as two."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)
