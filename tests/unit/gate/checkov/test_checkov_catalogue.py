"""The list of checks is that of the installed checkov, and each has a severity that someone decided."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from environments import places
from environments.problems import Refusal
from policies.gate.engines.checkov.catalogue import CATALOGUE, SEVERITIES, Catalogue
from policies.gate.engines.checkov.wording import texts
from policies.gate.mutation import catalogue as mutations
from policies.gate.projection.arm import arm_type
from policies.gate.projection.mapping import table
from policies.gate.verdicts import Severity

CATEGORIES = {"public-exposure", "encryption", "iam", "retention", "network", "secrets", "protection", "cost"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


def test_the_committed_list_is_what_the_installed_checkov_has() -> None:
    code = "from policies.gate.engines.checkov.generate import text; print(text(), end='')"
    done = subprocess.run(
        [str(places.venv_python("scan")), "-c", code],
        cwd=places.ROOT,
        env={"LOG_LEVEL": "CRITICAL", "PYTHONPATH": str(places.ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    again = "python -m policies.gate.engines.checkov.generate, in the scan environment"
    assert done.stdout == CATALOGUE.read_text(encoding="utf-8"), f"stale: {again}"


def test_every_check_that_severities_names_exists(catalogue: Catalogue) -> None:
    said = YAML(typ="safe").load(SEVERITIES.read_text())
    assert {*said["checks"], *said["superseded"]} <= set(catalogue.checks)


def test_every_check_says_why_in_a_sentence_of_ours_and_what_to_write(catalogue: Catalogue) -> None:
    for check in catalogue.checks.values():
        rule = check.rule
        assert rule.why and rule.fix and "http" not in rule.why
        assert not rule.why.startswith(("checkov", "Ensure")) and rule.why != rule.title


def test_checks_that_can_fire_on_our_stacks_and_mutations_have_words_of_their_own(
    catalogue: Catalogue,
) -> None:
    tokens = {
        line.split("::")[0].rsplit("$", 1)[-1]
        for file in (places.ROOT / "tests" / "contract" / "urns").glob("*.txt")
        for line in file.read_text().splitlines()
    }
    for cloud in mutations.load():
        added = [one for mutation in cloud.mutations for one in mutation.add]
        tokens |= {one.type for one in (*cloud.estate, *added)}
    kinds = {
        found.name
        for token in tokens
        for found in (table("aws").type(token), table("gcp").type(token), arm_type(token))
        if found is not None
    }
    written = texts()
    assert {
        name
        for name, check in catalogue.checks.items()
        if kinds & set(check.types) and not check.superseded and name not in written
    } == set()


def test_a_generated_fix_names_the_attribute_as_pulumi_does(catalogue: Catalogue) -> None:
    assert catalogue.check("CKV_AWS_44").rule.fix == "set `storageEncrypted` to `True`"
    assert catalogue.check("CKV_AZURE_175").rule.fix == '`sku.name` must not be `"Free_F1"`'


@pytest.mark.parametrize("entry", ["CKV_AWS_1: {why: x}", "CKV_AWS_1: {why: x, fix: ''}", "CKV_AWS_1: x"])
def test_a_text_without_why_and_fix_is_refused_at_its_line(tmp_path: Path, entry: str) -> None:
    (tmp_path / "aws.yaml").write_text(f"CKV_AWS_2: {{why: a, fix: b}}\n{entry}\n")
    with pytest.raises(Refusal, match=r"aws\.yaml:2: CKV_AWS_1"):
        texts(tmp_path)


def test_every_category_of_checkov_is_mapped(catalogue: Catalogue) -> None:
    said = YAML(typ="safe").load(SEVERITIES.read_text())
    found = set(re.findall(r'"category": "([^"]*)"', CATALOGUE.read_text()))
    assert {category.upper() for category in found} <= set(said["categories"])


def test_every_pattern_on_titles_matches_a_check(catalogue: Catalogue) -> None:
    titles = [check.rule.title for check in catalogue.checks.values()]
    for item in YAML(typ="safe").load(SEVERITIES.read_text())["titles"]:
        assert any(re.search(item["match"], title, re.IGNORECASE) for title in titles), item["match"]


def test_every_rule_is_in_a_known_category(catalogue: Catalogue) -> None:
    assert {rule.category for rule in catalogue.rules()} <= CATEGORIES


@pytest.mark.parametrize(
    ("check", "severity", "category"),
    [
        ("CKV_AWS_24", Severity.CRITICAL, "public-exposure"),
        ("CKV_AWS_53", Severity.HIGH, "public-exposure"),
        ("CKV_AWS_18", Severity.LOW, "protection"),
        ("CKV_AWS_41", Severity.CRITICAL, "secrets"),
        ("CKV_AWS_62", Severity.CRITICAL, "iam"),
        ("CKV_AWS_16", Severity.HIGH, "encryption"),
        ("CKV_AWS_145", Severity.MEDIUM, "encryption"),
        ("CKV_AZURE_34", Severity.CRITICAL, "public-exposure"),
        ("CKV_GCP_28", Severity.CRITICAL, "public-exposure"),
    ],
)
def test_severity_follows_what_a_failure_opens(
    catalogue: Catalogue, check: str, severity: Severity, category: str
) -> None:
    rule = catalogue.check(check).rule
    assert (rule.severity, rule.category) == (severity, category)


def test_a_superseded_check_is_no_rule_but_is_listed(catalogue: Catalogue) -> None:
    assert catalogue.superseded()
    assert not set(catalogue.superseded()) & {rule.id for rule in catalogue.rules()}
    assert all(len(reason) > 20 for reason in catalogue.superseded().values())


def test_a_severity_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "severities.yaml"
    file.write_text(
        SEVERITIES.read_text().replace("CKV_AWS_18: {severity: low", "CKV_AWS_18: {severity: none")
    )
    with pytest.raises(Refusal, match=r"(?s)CKV_AWS_18.*low, medium, high, critical"):
        Catalogue(severities=file)
