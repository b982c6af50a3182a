from __future__ import annotations

import re
from pathlib import Path

from policies.gate.graph import CallSite
from policies.gate.report import GateReport
from policies.gate.reports import github
from tests.unit.gate.reports.sample_reports import HOSTILE, TAGS, ZONES, clean, finding

COMMAND = re.compile(r"^::(error|warning|notice) (?:([^:]*))::(.*)$")


def unescaped(text: str) -> str:
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """As the runner reads them."""
    found = []
    for line in text.splitlines():
        if match := COMMAND.match(line):
            properties = dict(part.split("=", 1) for part in match[2].split(","))
            found.append((match[1], {k: unescaped(v) for k, v in properties.items()}, unescaped(match[3])))
    return found


def test_level_file_line_and_title(report: GateReport) -> None:
    found = commands(github.render(report))
    assert [level for level, *_ in found] == ["error"] * 5 + ["warning"] * 3 + ["notice"]
    _, properties, message = found[1]
    assert properties == {
        "file": "modules/storage.py",
        "line": "2",
        "title": "critical: s3/public-access",
    }
    assert message == (
        "curated, raw in aws-dev, aws-staging, aws-prod: acl: The ACL lets everybody read.\n"
        "Why: Anyone on the internet can read an open bucket.\n"
        "Fix: Block public access on the bucket.\n"
        "Called from stacks/aws.py:3"
    )
    whole = next(properties for _, properties, _ in found if "program/" in properties["title"])
    assert "file" not in whole
    assert "Waived: W-7, until 2027-01-31" in found[-1][2]


def test_properties_and_data_are_escaped(tmp_path: Path) -> None:
    report = clean(tmp_path)
    name = "a,b:c=%0A::error::x.py"
    site = CallSite(name, 3)
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", HOSTILE, sites=(site,), message="100%\n::debug::x")
    ]
    text = github.render(report)
    ((level, properties, message),) = commands(text)
    assert (level, properties["file"], properties["line"]) == ("warning", name, "3")
    assert "100% ::debug::x" in message
    assert len(text.splitlines()) == 2


def test_ten_of_a_level_then_a_count(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", f"b{line}-{n}", sites=(CallSite("a.py", line),))
        for line in range(1, 15)
        for n in range(3)
    ]
    report.environments[0].blocking = set(range(36))
    text = github.render(report)
    assert [level for level, *_ in commands(text)] == ["error"] * 10 + ["warning"] * 2
    assert "Not annotated, for GitHub shows 10 of a level: 6 more errors at 2 more places.\n" in text


def test_the_last_line_sums_up_and_is_no_command(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].environment = "::error::##[error]x"
    report.environments[0].resources_checked = 4
    last = github.render(report).splitlines()[-1]
    assert not last.startswith("::")
    assert "##[" not in last
    assert "6 resources checked by no rule" in last


def test_a_long_message_says_first_how_much_there_is(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", f"b{n}", sites=ZONES, message=f"{n} {'long ' * 50}") for n in range(100)
    ]
    ((_, _, message),) = commands(github.render(report))
    assert message.startswith("100 findings:\n")
    assert len(message) <= 4000
