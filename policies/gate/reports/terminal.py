"""For a person: findings by Python line, the line quoted, why it matters and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policies.gate.graph import CallSite
from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.reports import delta, listing, wording
from policies.gate.reports.escaping import visible
from policies.gate.reports.listing import Block, Entry, Item
from policies.gate.reports.quoting import SourceLines
from policies.gate.verdicts import Severity, Verdict

_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_CODE = re.compile(r"\x1b\[[\d;]*m")
_END = re.compile(rf"(?: |{_CODE.pattern})+$")
_RESOURCES_SHOWN = 25
_CALLERS_SHOWN = 4
# GitHub's runner takes a line that begins so for a command, also where a long name was broken.
_RUNNER_COMMAND = re.compile(r"(?m)^([ \t]*):(?=:)")


def render(report: GateReport, *, width: int = 100, color: bool = False) -> str:
    """The report as text; `color` is for the caller to decide, who knows whether a terminal reads it."""
    page = _Page(report, max(40, width), color)
    sections = listing.sections(report)
    compared = report.base is not None
    base = visible(report.base or "")
    if compared:
        page.title(f"New since {base}: {_findings(sections.new)}")
    page.findings(sections.new)
    if compared and sections.existing:
        page.title(f"Already in {base}: {_findings(sections.existing)}")
        page.findings(sections.existing)
    page.folded("waived", sections.waived)
    page.folded(f"fixed since {base}" if compared else "fixed", sections.fixed)
    if compared:
        page.changes()
    page.table()
    page.say(Text(wording.closing(report), "bold"))
    page.say(Text(_footer(report), "dim"))
    return page.text()


class _Page:
    """Writes lines that wrap under their own indent."""

    def __init__(self, report: GateReport, width: int, color: bool) -> None:
        self._report = report
        self._sources = SourceLines(report)
        self._width = width
        self._out = StringIO()
        # An empty environment: the text must not depend on COLUMNS, TERM or NO_COLOR of the process.
        self._console = Console(
            file=self._out,
            width=width,
            force_terminal=color,
            color_system="standard" if color else None,
            no_color=not color,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def text(self) -> str:
        return _RUNNER_COMMAND.sub(r"\1: ", self._out.getvalue())

    def say(self, text: Text | str, indent: int = 0) -> None:
        """One paragraph."""
        if not str(text):
            return
        content = Text(text) if isinstance(text, str) else text
        for line in content.wrap(self._console, self._width - indent, overflow="fold"):
            line.rstrip()
            self._console.print(Text(" " * indent).append_text(line), soft_wrap=True)

    def blank(self) -> None:
        self._out.write("\n")

    def title(self, text: str) -> None:
        self.say(Text(text, "bold underline"))
        self.blank()

    def findings(self, entries: list[Entry]) -> None:
        """Every line with its findings."""
        for blocks in listing.by_line(listing.blocks(entries)):
            callers = {entry.finding.sites[1:] for block in blocks for entry in block.entries}
            self._heading(blocks[0].site, next(iter(callers)) if len(callers) == 1 else ())
            for block in blocks:
                self._block(block, len(callers) > 1)
            self.blank()

    def folded(self, word: str, entries: list[Entry]) -> None:
        """Findings that need no reading: one line."""
        if not entries:
            return
        per_rule: dict[str, int] = {}
        for entry in entries:
            rule = entry.finding.rule.id
            per_rule[rule] = per_rule.get(rule, 0) + len(entry.environments)
        rules = ", ".join(f"{visible(rule)} {number}" for rule, number in sorted(per_rule.items()))
        self.say(f"{_findings(entries)} {word}: {rules}")
        self.blank()

    def changes(self) -> None:
        """How many resources differ from the base, and each one that goes away."""
        if not delta.known(self._report):
            return
        found = delta.changes(self._report)
        self.say(f"Changes against {visible(self._report.base or '')}: {delta.in_words(found)}.")
        for change in found:
            if change.operation in delta.DESTRUCTIVE:
                at = f" at {visible(str(change.site))}" if change.site else ""
                where = ", ".join(visible(name) for name in change.environments)
                thing = f"{visible(change.name)} ({visible(change.type)}){at} in {where}"
                risk = " · holds data" if change.at_risk else ""
                self.say(Text(f"{change.operation} {thing}{risk}", "red" if risk else ""), 2)
        self.blank()

    def table(self) -> None:
        """One row per environment."""
        columns = ("seen", "mapped", "checked", "pass", "fail", "undetermined", "waived")
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("environment", overflow="fold")
        for column in columns:
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("verdict", overflow="fold")
        for environment in self._report.environments:
            verdict = wording.verdict(environment)
            style = "red" if environment.blocking else "green" if verdict == "clean" else "yellow"
            name = visible(environment.environment)
            table.add_row(Text(name), *map(str, _numbers(environment)), Text(verdict, style))
        if not self._report.environments:
            return
        with self._console.capture() as captured:
            self._console.print(table)
        # Rich fills every row up to the table's width.
        self._out.writelines(f"{_END.sub(_codes, line)}\n" for line in captured.get().splitlines())
        self.blank()

    def _heading(self, site: CallSite | None, callers: Sequence[CallSite]) -> None:
        if site is None:
            self.say(Text("The whole program", "bold"))
            return
        head = Text(visible(str(site)), "bold")
        if callers:
            head.append(f"  called from {_chain(callers)}", "dim")
        self.say(head)
        line = self._sources.quote(site)
        if line is not None:
            quoted = Text(f"  {site.line} │ ", "dim").append(line, "none")
            quoted.truncate(self._width, overflow="ellipsis")
            self._console.print(quoted, soft_wrap=True)

    def _block(self, block: Block, with_callers: bool) -> None:
        rule = block.rule
        head = Text("  ").append(f" {rule.severity.upper()} ", _STYLES[rule.severity])
        if block.verdict is Verdict.UNDETERMINED:
            head.append(" undetermined before apply ", "magenta")
        else:
            head.append(f" {block.verdict} ", "red")
        head.append(f" {visible(rule.id)}", "bold").append(f"  {visible(rule.title)}")
        self.blank()
        self.say(head)
        items = block.items
        remedies = {item.remedy for item in items}
        for item in items:
            self._item(item, with_callers)
            if len(remedies) > 1:
                self._labelled("Fix", item.remedy)
        self._labelled("Why", rule.why)
        if len(remedies) == 1:
            self._labelled("Fix", remedies.pop())

    def _item(self, item: Item, with_callers: bool) -> None:
        where = ", ".join(visible(name) for name in item.environments)
        said = Text(f"{_resources(item)} in {where}" if item.resources else f"in {where}")
        if with_callers and item.callers:
            said.append(f", called from {_chain(item.callers)}", "dim")
        if item.blocking_in == item.environments:
            said.append(" · stops the change", "red")
        elif item.blocking_in:
            said.append(f" · stops {', '.join(visible(name) for name in item.blocking_in)}", "red")
        self.say(said, 4)
        attribute = visible(item.attribute)
        message = visible(item.message)
        self.say(f"{attribute}: {message}" if attribute and attribute not in message else message, 4)

    def _labelled(self, label: str, text: str) -> None:
        if text.strip():
            self.say(Text(f"{label}: ", "bold").append(visible(text), "none"), 4)


def _codes(end: re.Match[str]) -> str:
    """What is left of a line's end without its blanks."""
    return "".join(_CODE.findall(end[0]))


def _findings(entries: list[Entry]) -> str:
    return wording.count(listing.findings(entries), "finding")


def _resources(item: Item) -> str:
    """`raw, curated (aws:s3/bucket:Bucket)`, each type once."""
    by_type: dict[str, list[str]] = {}
    for name, type_ in item.resources[:_RESOURCES_SHOWN]:
        by_type.setdefault(type_, []).append(visible(name))
    said = ", ".join(
        f"{', '.join(found)} ({visible(type_)})" if type_ else ", ".join(found)
        for type_, found in by_type.items()
    )
    more = len(item.resources) - _RESOURCES_SHOWN
    return f"{said} and {wording.count(more, 'more resource')}" if more > 0 else said


def _chain(callers: Sequence[CallSite]) -> str:
    """Call sites, innermost first; a long stack keeps its ends."""
    texts = [visible(str(site)) for site in callers]
    if len(texts) > _CALLERS_SHOWN:
        texts[_CALLERS_SHOWN - 1 : -1] = [f"… {len(texts) - _CALLERS_SHOWN} more …"]
    return ", ".join(texts)


def _numbers(environment: EnvironmentReport) -> list[int]:
    return [
        environment.resources_seen,
        environment.resources_mapped,
        environment.resources_checked,
        *(environment.count(verdict) for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED)),
        wording.waived(environment),
    ]


def _footer(report: GateReport) -> str:
    """What it took, and which versions judged."""
    cached = sum(environment.from_cache for environment in report.environments)
    said = f"{wording.count(len(report.environments), 'environment')} in {report.seconds:.1f} s"
    if cached:
        said += f", {cached} from the cache"
    versions = ", ".join(f"{visible(name)} {visible(text)}" for name, text in sorted(report.versions.items()))
    return f"{said}; {versions}" if versions else said
