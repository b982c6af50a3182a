"""The comment is parsed with a CommonMark parser that has GitHub's tables; GitHub's own is not at hand."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from policies.gate.report import Change, GateReport
from policies.gate.reports import markdown
from policies.gate.reports.escaping import visible
from tests.unit.gate.reports.report_strategies import TEXT, gate_reports
from tests.unit.gate.reports.sample_reports import BUCKET, DESTRUCTIVE, HOSTILE, TAGS, ZONES, clean, finding

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SPECIAL = st.text("\\`*_[]()<>|#~$!&@:/.-+= 1aw\n", max_size=20)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag if not attrs else f"{tag} {attrs}")


def raw_html(text: str) -> list[str]:
    """Every HTML tag that is not the parser's own."""
    tags = Tags()
    for token in PARSER.parse(text):
        for part in [token, *(token.children or ())]:
            if part.type in ("html_block", "html_inline"):
                tags.feed(part.content)
    return tags.found


@given(gate_reports())
@settings(deadline=None, max_examples=60)
def test_no_name_acts_as_markdown_or_html(report: GateReport) -> None:
    text = markdown.render(report)
    assert set(raw_html(text)) <= {"details", "summary"}
    kinds = {
        part.type
        for token in PARSER.parse(text)
        for part in [token, *(token.children or ())]
        if part.type.endswith("_open") or part.type in ("image", "fence", "code_block")
    }
    assert not kinds & {"link_open", "image", "em_open", "s_open", "fence", "code_block", "blockquote_open"}
    headings = [t for t in PARSER.parse(text) if t.type == "heading_open"]
    assert len(headings) <= 3
    rows = sum(token.type == "tr_open" for token in PARSER.parse(text))
    assert rows == 1 + len(report.environments)


@given(SPECIAL | TEXT)
@settings(deadline=None, max_examples=300)
def test_prose_is_read_as_it_is(text: str) -> None:
    html = PARSER.renderInline(f"x {markdown.prose(text)} y")
    assert not re.search(r"<(?!br)", html)
    shown = re.sub(r"\s+", " ", html).replace("\u200b", "")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    assert shown == re.sub(r"\s+", " ", f"x {visible(text)} y").replace("\u200b", "")


@given(SPECIAL | TEXT)
@settings(deadline=None, max_examples=300)
def test_a_name_is_one_code_span(text: str) -> None:
    tokens = PARSER.parseInline(f"a {markdown.code(text)} b")[0].children or []
    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert tokens[1].content == (visible(text) or "(no name)")


def test_nobody_is_called_and_nothing_is_linked() -> None:
    said = markdown.prose("@team #12 GH-12 https://evil.example www.evil.example org/repo#3")
    for pattern in (r"@\w", r"#\w", r"GH-\d", r"://\w", r"www\.\w"):
        assert not re.search(pattern, said)


def test_the_marker_is_first_and_new_findings_come_before_existing(report: GateReport) -> None:
    text = markdown.render(report)
    assert text.startswith(f"{markdown.MARKER}\n")
    parts = [
        "| Environment |",
        "### New findings (16)",
        "### Changes against",
        "<details>",
        "Waived (1)",
        "Fixed",
    ]
    positions = [text.index(part) for part in parts]
    assert positions == sorted(positions)
    assert "<summary>Findings already in main (3)</summary>" in text
    assert text.index("`tags/required`") > text.index("<details>")
    assert "aws-prod | stopped (6) | 27 | 26 | 25 | 23 | 8 | 1 | 1 |" in text


def test_what_destroys_data_comes_first(report: GateReport) -> None:
    changes = markdown.render(report).partition("### Changes")[2].partition("<details>")[0]
    assert re.findall(r"(?m)^- \*\*(\w+)\*\* `(\w+)`", changes) == [
        ("replace", "lake"),
        ("delete", "policy"),
        ("change", "raw"),
        ("create", "new"),
    ]
    assert "1 to delete, 1 to replace, 1 to change, 1 to create." in changes
    assert re.search(
        r"`lake`.* at `modules/storage.py:2` in `aws-prod`: `bucket` · \*\*holds data\*\*", changes
    )
    assert changes.count("holds data") == 1


def test_no_change_is_said_too(tmp_path: Path) -> None:
    report = clean(tmp_path)
    assert "Changes" not in markdown.render(report)
    report.base, report.environments[0].changes = "main", []
    assert "### Changes against `main` (0)\n\nNo resource differs." in markdown.render(report)


@pytest.mark.parametrize("name", ["bucket", "🪣" * 100, HOSTILE * 20])
def test_a_long_report_is_cut_and_says_by_how_much(name: str, tmp_path: Path) -> None:
    report = clean(tmp_path)
    environment = report.environments[0]
    report.base = "main"
    for number in range(2000):
        age = ("new", "existing", "fixed")[number % 3]
        site = ZONES[0].__class__("a.py", number + 1)
        message = f"{name} {number}"
        environment.findings.append(
            finding(TAGS, "aws-dev", f"{name}{number}", sites=(site,), message=message, age=age)
        )
        if number % 5 == 0:
            environment.findings.append(finding(TAGS, "aws-dev", f"w{number}", waived=name, message=name))
    environment.changes = [Change("create", f"u{n}", BUCKET, f"{name}{n}") for n in range(1000)]
    environment.changes.append(Change("delete", "lake", BUCKET, "lake"))
    environment.findings.append(finding(DESTRUCTIVE, "aws-dev", "lake"))
    environment.changes[-1] = Change("delete", environment.findings[-1].urn, BUCKET, "lake")
    text = markdown.render(report)
    assert len(text.encode("utf-16-le")) // 2 <= markdown.LIMIT
    assert text.count("<details>") == text.count("</details>") == 3
    assert set(raw_html(text)) == {"details", "summary"}
    assert "**delete** `lake`" in text
    totals = re.findall(r"\*\*([\d,]+) (finding|change)s of ([\d,]+) are left out here", text)
    assert {total for *_, total in totals} == {"668", "1,001", "667", "666", "400"}
    new = text.partition("### New findings (668)")[2].partition("###")[0]
    left = int(re.search(r"\*\*([\d,]+) findings of", new)[1].replace(",", ""))  # type: ignore[index]
    assert len(re.findall(r"(?m)^- \*\*", new)) == 668 - left > 0


def test_many_environments_do_not_break_the_limit(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments = [
        report.environments[0].__class__(f"{HOSTILE * 5}{number}", "dev", resources_seen=1)
        for number in range(1000)
    ]
    text = markdown.render(report)
    assert len(text) <= markdown.LIMIT
    assert re.search(r"\d+ environments left out of this table", text)
