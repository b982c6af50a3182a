"""A context file says what a foreign program cannot; whatever is wrong with it is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.problems import Exit, Refusal
from policies.gate.context import Context, KeyRequirement, load


def test_every_field_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "context.yaml"
    file.write_text(
        "stack: live\ntier: prod\nallowed_regions: {aws: [eu-west-1]}\nrequired_tags: [owner]\n"
        "customer_managed_key_required_for: {tag: class, value: secret}\nraw_zone_keeps_at_least_days: 30\n"
    )
    assert load(file) == Context(
        stack="live",
        tier="prod",
        allowed_regions={"aws": ["eu-west-1"]},
        required_tags=["owner"],
        customer_managed_key_required_for=KeyRequirement(tag="class", value="secret"),
        raw_zone_keeps_at_least_days=30,
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("tier: prod\ntire: prod\n", 2, "tire"),
        ("tier: production\n", 1, "tier"),
        ("required_tags: [a]\nraw_zone_keeps_at_least_days: 0\n", 2, "raw_zone_keeps_at_least_days"),
        ("allowed_regions:\n  ibm: [x]\n", 2, "ibm"),
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
