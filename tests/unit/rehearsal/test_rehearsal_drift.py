"""A second plan that would change anything is a finding with its attribute, unless the mock is known to forget it."""

from __future__ import annotations

from typing import Any

from policies.rehearsal.drift import Drift, read
from policies.rehearsal.gaps import Gap

ADDRESS = "aws_s3_bucket.raw"
FORGETS = Gap(reason="the mock forgets it", measured="x")


def changed(before: Any, after: Any, *, unknown: Any = None, actions: tuple[str, ...] = ("update",)) -> Any:
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": unknown or {}}
    return {"address": ADDRESS, "type": "aws_s3_bucket", "change": change}


def drift(item: Any, **gaps: Gap) -> Drift:
    (found,) = read([item], {ADDRESS}, {f"aws_s3_bucket.{path}": gap for path, gap in gaps.items()})
    return found


def test_a_change_names_the_attribute_inside_its_block_and_both_values() -> None:
    before = {"rule": [{"days": 1, "status": "Disabled"}], "bucket": "x"}
    after = {"rule": [{"days": 1, "status": "Enabled"}], "bucket": "x"}
    assert drift(changed(before, after)).findings == ('rule[0].status: "Disabled" → "Enabled"',)


def test_what_the_mock_forgets_is_excused_wherever_in_the_block_it_is() -> None:
    item = changed({"rule": [{"status": "a", "id": "x"}]}, {"rule": [{"status": "b", "id": "y"}]})
    found = drift(item, **{"rule.status": FORGETS})
    assert found.findings == ('rule[0].id: "x" → "y"',)
    assert found.excused == ("rule.status (the mock forgets it)",)
    assert drift(item, rule=FORGETS).findings == ()


def test_an_excuse_is_for_one_attribute_of_one_type() -> None:
    item = changed({"ruler": 1}, {"ruler": 2})
    assert drift(item, rule=FORGETS).findings == ("ruler: 1 → 2",)


def test_what_the_cloud_computes_is_no_drift_and_null_is_as_good_as_empty() -> None:
    before = {"arn": "a", "list": None, "map": {}, "size": 1}
    after = {"arn": None, "list": [], "map": None, "size": 2}
    assert drift(changed(before, after, unknown={"arn": True})).findings == ("size: 1 → 2",)


def test_tags_are_said_once() -> None:
    before, after = {"tags": {}, "tags_all": {}}, {"tags": {"a": "b"}, "tags_all": {"a": "b"}}
    assert drift(changed(before, after)).findings == ('tags: {} → {"a": "b"}',)


def test_a_resource_that_would_be_made_again_is_a_finding_without_an_attribute() -> None:
    found = drift(changed(None, {"bucket": "x"}, actions=("create",)), bucket=FORGETS)
    assert found.findings == ("would create it again",)
    assert not found.vague


def test_a_change_of_which_only_unknowns_are_left_is_vague() -> None:
    found = drift(changed({"policy": "a"}, {}, unknown={"policy": True}))
    assert found.vague
    assert found.findings == ("would update it again",)


def test_what_was_not_applied_and_what_does_not_change_is_passed_over() -> None:
    same = changed({"a": 1}, {"a": 1}, actions=("no-op",))
    assert read([same], {ADDRESS}, {}) == []
    assert read([changed(None, {}, actions=("create",))], {"aws_s3_bucket.other"}, {}) == []
