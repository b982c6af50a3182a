"""A waiver covers what it names, until its date; one that is wrong is a finding at its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from environments import places
from environments.problems import Refusal
from policies.gate import enforcement
from policies.gate.verdicts import Finding, Rule, Severity, Verdict
from policies.gate.waivers import Waivers, load

TODAY = date(2026, 11, 21)
NAMES = ["aws-dev", "aws-prod", "gcp-dev"]
RULE = Rule("network/open", "t", Severity.HIGH, "network", "rego")
URN = "urn:pulumi:aws-dev::sluice::aws:s3/bucket:Bucket::demo-page"
WHOLE = {
    "rule": "network/open",
    "urn": '"urn:pulumi:aws-dev::sluice::*::demo-*"',
    "environments": "[aws-dev]",
    "owner": "data-platform",
    "reason": "a demo",
    "expires": "2027-01-31",
}


def finding(urn: str = URN, environment: str = "aws-dev", rule: Rule = RULE) -> Finding:
    return Finding(rule, Verdict.FAIL, "m", environment, urn)


def read(tmp_path: Path, **change: str | None) -> Waivers:
    entry = {key: value for key, value in {**WHOLE, **change}.items() if value is not None}
    lines = [f"    {key}: {value}" for key, value in entry.items()]
    lines[0] = "  - " + lines[0].strip()
    file = tmp_path / "waivers.yaml"
    file.write_text("# waivers\nwaivers:\n" + "\n".join(lines) + "\n")
    return load(file, today=TODAY, environments=NAMES, rules={"network/open"})


def wrong(waivers: Waivers) -> list[tuple[str, int]]:
    return [
        (item.rule.id.removeprefix("waiver/"), item.source.line) for item in waivers.findings if item.source
    ]


def test_it_covers_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    waivers = read(tmp_path)
    assert wrong(waivers) == []
    given = [
        finding(),
        finding(URN.replace("demo-page", "raw")),
        finding(environment="aws-prod"),
        finding(rule=replace(RULE, id="network/other")),
        replace(finding(), age="fixed"),
    ]
    found = waivers.applied(given, NAMES)
    assert [bool(item.waived) for item in found] == [True, False, False, False, False]
    assert "data-platform, until 2027-01-31: a demo" in str(found[0].waived)


def test_the_last_day_counts_and_the_day_after_does_not(tmp_path: Path) -> None:
    assert wrong(read(tmp_path, expires="2026-11-21")) == []
    expired = read(tmp_path, expires="2026-11-20")
    assert wrong(expired) == [("expired", 3)]
    assert expired.applied([finding()], NAMES)[0].waived is None


def test_180_days_are_accepted_and_one_more_is_not(tmp_path: Path) -> None:
    assert wrong(read(tmp_path, expires=str(TODAY + timedelta(days=180)))) == []
    assert wrong(read(tmp_path, expires=str(TODAY + timedelta(days=181)))) == [("too-long", 3)]


def test_an_unused_one_is_found_once_all_its_environments_were_gated(tmp_path: Path) -> None:
    waivers = read(tmp_path, environments="[aws-dev, aws-prod]")
    assert [item.rule.id for item in waivers.applied([], ["aws-dev", "aws-prod"])] == ["waiver/unused"]
    assert waivers.applied([], ["aws-dev"]) == []
    assert [item.rule.id for item in waivers.applied([finding()], NAMES)] == ["network/open"]


@pytest.mark.parametrize(
    "change",
    [
        {"urn": '"*"'},
        {"urn": '"**"'},
        {"urn": '"urn:*"'},
        {"urn": '"urn:pulumi:aws-dev::*"'},
        {"urn": '"urn:pulumi:aws-dev::sluice::*"'},
        {"urn": '"urn:pulumi:*::sluice::*::*"'},
        {"rule": '"*"'},
        {"rule": "network/*"},
        {"environments": '["*"]'},
        {"environments": "[aws-dev, aws-prod, gcp-dev]"},
    ],
    ids=str,
)
def test_an_over_broad_one_is_found_and_covers_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    waivers = read(tmp_path, **change)
    assert wrong(waivers) == [("over-broad", 3)]
    assert waivers.applied([finding()], NAMES)[0].waived is None


@pytest.mark.parametrize(
    "change",
    [
        {"owner": None},
        {"reason": '""'},
        {"urn": "12"},
        {"environments": "aws-dev"},
        {"environments": "[nowhere]"},
        {"expires": None},
        {"rule": "network/unheard-of"},
        {"rule": "waiver/unused"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_malformed_one_is_found_and_covers_nothing(tmp_path: Path, change: dict[str, str | None]) -> None:
    waivers = read(tmp_path, **change)
    assert wrong(waivers) == [("malformed", 3)]
    assert waivers.applied([finding()], NAMES)[0].waived is None


@pytest.mark.parametrize("given", ["2026-02-30", "soon", "20270131", "2027-W04-7", "[]"])
def test_an_impossible_date_is_refused_at_its_line(tmp_path: Path, given: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, expires=given)
    (problem,) = refused.value.problems
    assert problem.where is not None and problem.where.line == 8


def test_a_file_that_is_not_there_or_says_nothing_has_none(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    assert load(file, today=TODAY, environments=NAMES) == Waivers()
    file.write_text("# nothing\n")
    assert load(file, today=TODAY, environments=NAMES) == Waivers()


@pytest.mark.parametrize("content", ["waivers: 7\n", "- a\n", "waivers: []\nmore: 1\n", "waivers: [\n"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(content)
    with pytest.raises(Refusal):
        load(file, today=TODAY, environments=NAMES)


# Enforcement


@pytest.mark.parametrize(
    ("tier", "severity", "verdict", "expected"),
    [
        ("dev", "medium", "fail", False),
        ("dev", "high", "fail", True),
        ("dev", "critical", "undetermined", False),
        ("staging", "medium", "fail", True),
        ("staging", "critical", "undetermined", False),
        ("prod", "medium", "undetermined", True),
        ("prod", "low", "undetermined", False),
        ("prod", "low", "fail", False),
    ],
)
def test_severity_and_tier_decide(tier: str, severity: str, verdict: str, expected: bool) -> None:
    rule = replace(RULE, severity=Severity(severity))
    strict = enforcement.enforcement(tier, enforcement.Severities())
    assert strict.stops(replace(finding(rule=rule), verdict=Verdict(verdict))) is expected


def test_what_is_waived_fixed_old_or_optional_does_not_stop() -> None:
    strict = enforcement.Enforcement(Severity.LOW, True)
    assert strict.stops(finding())
    assert not strict.stops(replace(finding(), waived="x"))
    assert not strict.stops(replace(finding(), age="fixed"))
    assert strict.stops(replace(finding(), age="existing"))
    assert not strict.stops(replace(finding(), age="existing"), only_new=True)
    optional = replace(RULE, mandatory=False)
    assert not strict.stops(replace(finding(rule=optional), verdict=Verdict.UNDETERMINED))


def test_the_environments_own_model_goes_first() -> None:
    from environments.load import load as environment

    found = enforcement.enforcement("dev", enforcement.Severities(), environment("aws-prod"))
    assert found == enforcement.Enforcement(Severity.MEDIUM, True)


def test_the_severities_file_changes_rules_and_tiers(tmp_path: Path) -> None:
    file = tmp_path / "severities.yaml"
    assert enforcement.load(file) == enforcement.Severities()
    file.write_text(
        "rules:\n  network/open: low\nenforcement:\n  dev: {fail_at: low, fail_undetermined: true}\n"
    )
    read_back = enforcement.load(file)
    assert enforcement.enforcement("dev", read_back) == enforcement.Enforcement(Severity.LOW, True)
    (changed,) = read_back.applied([finding()])
    assert changed.rule.severity is Severity.LOW
    enforcement.load(places.ROOT / "policies" / "severities.yaml")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("rules:\n  network/open: terrible\n", 2),
        ("rules: {}\nenforcement:\n  moon: {fail_at: low}\n", 3),
        ("enforcement:\n  dev:\n    fail_at: 7\n", 3),
        ("enforcement:\n  dev:\n    fail_undetermined: perhaps\n", 3),
        ("more: 1\n", 1),
    ],
)
def test_a_wrong_severities_file_is_refused_at_its_line(tmp_path: Path, content: str, line: int) -> None:
    file = tmp_path / "severities.yaml"
    file.write_text(content)
    with pytest.raises(Refusal) as refused:
        enforcement.load(file)
    (problem,) = refused.value.problems
    assert problem.where is not None and problem.where.line == line
