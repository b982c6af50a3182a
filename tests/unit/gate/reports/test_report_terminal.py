from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from policies.gate.graph import CallSite
from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.reports import terminal
from tests.unit.gate.reports.sample_reports import (
    BUCKET,
    PUBLIC,
    SECRET,
    SECRETS,
    TAGS,
    ZONES,
    clean,
    finding,
    sample,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("base", ["main", None])
def test_the_text_is_as_agreed(base: str | None, tmp_path: Path) -> None:
    """After a wanted change: write what the assertion shows into the file, and read it as a user would."""
    expected = (GOLDEN / f"terminal-{'against-base' if base else 'without-base'}.txt").read_text()
    assert terminal.render(sample(tmp_path, base=base)) == expected


@pytest.mark.parametrize("width", [60, 100, 140])
def test_no_line_is_wider_than_asked(width: int, report: GateReport) -> None:
    text = terminal.render(report, width=width)
    above_table = text.partition("environment  ")[0] if width < 90 else text
    assert max(cell_len(line) for line in above_table.splitlines()) <= width
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_colour_only_where_asked(report: GateReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    plain = terminal.render(report)
    coloured = terminal.render(report, color=True)
    assert "\x1b[" not in plain
    assert "\x1b[1;31m" in coloured or "\x1b[1;37;41m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_clean_is_said_only_where_all_was_looked_at(tmp_path: Path) -> None:
    whole = terminal.render(clean(tmp_path))
    assert "Clean: all 10 resources of 1 environment mapped and checked." in whole
    in_part = terminal.render(clean(tmp_path, checked=8), width=200)
    assert "clean" not in in_part.lower()
    assert "not vouched for: 2 resources checked by no rule (aws-dev 2)." in in_part
    nothing = terminal.render(GateReport([EnvironmentReport("aws-dev", "dev")]))
    assert "No resource was seen in aws-dev, so nothing was checked." in nothing
    unmapped = clean(tmp_path)
    unmapped.environments[0].resources_mapped = 9
    assert "1 resource not mapped in full (aws-dev 1)." in terminal.render(unmapped, width=200)
    assert "clean" not in terminal.render(unmapped).lower()


def test_an_environment_without_resources_is_named_beside_others(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments.append(EnvironmentReport("gcp-dev", "dev"))
    text = terminal.render(report, width=200)
    assert "gcp-dev, where no resource was seen." in text
    assert "clean:" not in text.lower()


def test_two_callers_of_one_line_are_told_apart(tmp_path: Path) -> None:
    report = clean(tmp_path)
    other = (ZONES[0], CallSite("stacks/gcp.py", 9))
    report.environments[0].findings = [
        finding(PUBLIC, "aws-dev", "raw", sites=ZONES),
        finding(PUBLIC, "aws-dev", "curated", sites=other),
    ]
    text = terminal.render(report)
    assert f"curated ({BUCKET}) in aws-dev, called from stacks/gcp.py:9\n" in text
    assert f"raw ({BUCKET}) in aws-dev, called from stacks/aws.py:3\n" in text
    assert "\nmodules/storage.py:2\n" in f"\n{text}"


def test_many_resources_are_counted(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", f"bucket-{n:03}", sites=ZONES) for n in range(400)
    ]
    text = terminal.render(report)
    assert "bucket-024" in text
    assert "bucket-025" not in text
    assert "and 375 more resources" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    "line",
    [
        f'db = Instance("db", password="{SECRET}")',
        f"db = Instance('db', master_password = '{SECRET}')",
        f'settings = {{"api_key": "{SECRET}"}}',
        f'os.environ["DB_PASSWORD"] = "{SECRET}"',
        f'token: str = f"{SECRET}\\"{SECRET}"',
        f'config.set("password", "{SECRET}")',
        f'db = Instance("db", password="{SECRET}',
    ],
)
def test_a_quoted_line_shows_no_secret(line: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(line)
    report = clean(tmp_path)
    at = (CallSite("program.py", 1),)
    report.environments[0].findings = [finding(TAGS, "aws-dev", "db", sites=at)]
    text = terminal.render(report)
    assert "  1 │ " in text
    assert SECRET not in text


def test_a_line_with_a_finding_on_a_secret_shows_no_text_at_all(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(f'connect("{SECRET}", f\'a{SECRET}\', "\\"{SECRET}")')
    report = clean(tmp_path)
    at = (CallSite("program.py", 1),)
    waived = replace(finding(SECRETS, "aws-dev", "db", sites=at), waived="W-1")
    report.environments[0].findings = [waived, finding(TAGS, "aws-dev", "db", sites=at)]
    text = terminal.render(report)
    assert 'connect("…", f"…", "…")' in text
    assert SECRET not in text


def test_nothing_outside_the_folder_is_quoted(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.py").write_text("outside = 1")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    report = clean(root)
    places = ("../outside.py", str(tmp_path / "outside.py"), "link.py", "missing.py", "a\0b.py")
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", "raw", sites=(CallSite(place, 1),)) for place in places
    ]
    text = terminal.render(report)
    assert "outside = 1" not in text
    assert "│" not in text


def test_a_line_is_quoted_as_python_counts_lines(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_bytes(b"a = '\x0c \xe2\x80\xa8'\n\xff = 2\nthird = 3\n")
    report = clean(tmp_path)
    report.environments[0].findings = [
        finding(TAGS, "aws-dev", "raw", sites=(CallSite("program.py", line),)) for line in (1, 2, 3, 4)
    ]
    text = terminal.render(report)
    assert "1 │ a = ' \\u2028'" in text
    assert "2 │ \ufffd = 2" in text
    assert "3 │ third = 3" in text
    assert "4 │" not in text
