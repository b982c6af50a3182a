"""A context file says what a foreign program cannot; whatever is wrong with it is said with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from environments.places import ROOT
from environments.problems import Exit, Refusal
from policies.gate.context import Context, KeyRequirement, TrustedFederation, load


def test_every_field_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "context.yaml"
    file.write_text(
        "stack: live\ntier: prod\nallowed_regions: {aws: [eu-west-1]}\nrequired_tags: [owner]\n"
        "customer_managed_key_required_for: {tag: class, value: secret}\nraw_zone_keeps_at_least_days: 30\n"
        "accounts: ['111122223333']\nprincipal_groups: [etl]\n"
        "trusted_federations: [{issuer: 'https://ci.example.com', subjects: ['repo:a/*']}]\n"
    )
    assert load(file) == Context(
        stack="live",
        tier="prod",
        allowed_regions={"aws": ["eu-west-1"]},
        required_tags=["owner"],
        customer_managed_key_required_for=KeyRequirement(tag="class", value="secret"),
        raw_zone_keeps_at_least_days=30,
        accounts=["111122223333"],
        principal_groups=["etl"],
        trusted_federations=[TrustedFederation(issuer="https://ci.example.com", subjects=["repo:a/*"])],
    )


def test_the_readme_s_table_and_example_are_those_of_the_file(tmp_path: Path) -> None:
    readme = (ROOT / "policies" / "gate" / "README.md").read_text()
    file = tmp_path / "context.yaml"
    file.write_text(readme.split("```yaml\n")[1].split("```")[0])
    assert load(file).tier == "prod"
    section = readme.split("## The context")[1].split("```yaml")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(Context.model_fields)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("tier: prod\ntire: prod\n", 2, "tire"),
        ("tier: production\n", 1, "tier"),
        ("required_tags: [a]\nraw_zone_keeps_at_least_days: 0\n", 2, "raw_zone_keeps_at_least_days"),
        ("allowed_regions:\n  ibm: [x]\n", 2, "ibm"),
        ("trusted_federations:\n  - issuer: https://a\n    subjects: []\n", 3, "subjects"),
        ("- tier\n", 1, "mapping"),
        ("tier: [\n", None, ""),
        ("", None, "tier:"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, line: int | None, says: str) -> None:
    file = tmp_path / "context.yaml"
    file.write_text(text)
    with pytest.raises(Refusal) as refused:
        load(file)
    assert refused.value.exit_code == Exit.BAD_INPUT
    assert says in str(refused.value)
    where = refused.value.problems[0].where
    assert where is not None and (line is None or where.line == line)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"none\.yaml"):
        load(tmp_path / "none.yaml")
