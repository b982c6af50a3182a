"""For a GitHub Actions log: workflow commands that the runner turns into annotations at the Python line.

GitHub keeps ten annotations of a level for a step and drops the others without a word, so findings at one
line by one rule are one annotation, and what is left out is counted in plain lines at the end.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.gate.report import GateReport
from policies.gate.reports import listing, wording
from policies.gate.reports.escaping import clipped, visible
from policies.gate.reports.listing import Block, Entry, Item
from policies.gate.verdicts import Verdict

_SHOWN = 10
# GitHub cuts an annotation at 64 KB; nobody reads that much.
_LONGEST_MESSAGE = 4000


def render(report: GateReport) -> str:
    """Workflow commands, then a summary."""
    sections = listing.sections(report)
    counting = [*sections.new, *sections.existing]
    levels: dict[str, Iterable[Entry]] = {
        "error": (entry for entry in counting if entry.blocking_in),
        "warning": (entry for entry in counting if not entry.blocking_in),
        "notice": sections.waived,
    }
    lines: list[str] = []
    left_out: list[str] = []
    for level, entries in levels.items():
        blocks = listing.blocks(entries)
        lines += [_command(level, block) for block in blocks[:_SHOWN]]
        if len(blocks) > _SHOWN:
            rest = blocks[_SHOWN:]
            findings = sum(listing.findings(block.entries) for block in rest)
            left_out.append(
                f"{wording.count(findings, f'more {level}')} at {wording.count(len(rest), 'more place')}"
            )
    if left_out:
        lines.append(f"Not annotated, for GitHub shows {_SHOWN} of a level: {'; '.join(left_out)}.")
    if sections.fixed:
        fixed = listing.findings(sections.fixed)
        since = f" since {visible(report.base)}" if report.base else ""
        lines.append(f"{wording.count(fixed, 'finding')} fixed{since}.")
    lines.append(wording.closing(report))
    return "\n".join(lines) + "\n"


def _command(level: str, block: Block) -> str:
    properties: dict[str, str] = {}
    if block.site:
        properties = {"file": visible(block.site.file), "line": str(block.site.line)}
    verdict = " (undetermined)" if block.verdict is Verdict.UNDETERMINED else ""
    properties["title"] = f"{block.rule.severity}: {visible(block.rule.id)}{verdict}"
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {said}::{_data(clipped(_message(block), _LONGEST_MESSAGE))}"


def _message(block: Block) -> str:
    items = block.items
    lines = [_item(item) for item in items]
    if len(items) > 1:
        findings = listing.findings(block.entries)
        # Said first, so that it is read also where the end is cut.
        lines.insert(0, f"{wording.count(findings, 'finding')}:")
    waivers = sorted({entry.finding.waived for entry in block.entries if entry.finding.waived is not None})
    if waivers:
        lines.append(f"Waived: {wording.names(waivers)}")
    if block.rule.why:
        lines.append(f"Why: {visible(block.rule.why)}")
    lines += [f"Fix: {visible(remedy)}" for remedy in dict.fromkeys(item.remedy for item in items) if remedy]
    callers = dict.fromkeys(str(item.callers[-1]) for item in items if item.callers)
    if callers:
        lines.append(f"Called from {wording.names(list(callers))}")
    return "\n".join(lines)


def _item(item: Item) -> str:
    where = ", ".join(visible(name) for name in item.environments)
    resources = wording.names([name or type_ for name, type_ in item.resources], shown=20)
    attribute = f"{visible(item.attribute)}: " if item.attribute else ""
    return f"{resources or 'The whole program'} in {where}: {attribute}{visible(item.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
