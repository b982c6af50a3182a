"""The difference of two graphs, and what it does to data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.gate.baseline import aged, graph_delta
from policies.gate.destructive import check
from policies.gate.graph import ResourceGraph
from policies.gate.verdicts import Finding, Rule, Severity, Verdict
from tests.graph_builder import GraphBuilder, ref, unknown


def graph(*resources: tuple[Any, ...]) -> ResourceGraph:
    b = GraphBuilder()
    for type_, name, inputs, *fields in resources:
        b.add(type_, name, inputs, **(fields[0] if fields else {}))
    return b.graph()


def operations(base: ResourceGraph, head: ResourceGraph) -> dict[str, str]:
    return {change.resource.name: change.operation for change in graph_delta(base, head).changes}


def verdicts(base: ResourceGraph, head: ResourceGraph, tier: str = "prod") -> dict[str, str]:
    return {
        finding.rule.id.removeprefix("change/"): str(finding.verdict)
        for finding in check(graph_delta(base, head), "aws-prod", tier).findings
    }


def bucket(**inputs: Any) -> tuple[Any, ...]:
    return ("Bucket", "raw", {"bucket": "raw", "tags": {"a": "b"}, **inputs})


def test_made_changed_gone_and_made_anew() -> None:
    base = graph(
        bucket(),
        ("Function", "gone", {"timeout": 1}),
        ("Function", "same", {}),
        ("Key", "k", {"rotation": False}),
    )
    head = graph(
        bucket(bucket="other"),
        ("Role", "made", {}),
        ("Function", "same", {}),
        ("Key", "k", {"rotation": True}),
    )
    assert operations(base, head) == {"raw": "replace", "gone": "delete", "made": "create", "k": "change"}
    delta = graph_delta(base, head)
    assert delta.of("replace")[0].because == ("bucket",)
    assert [item.path for item in delta.of("change")[0].attributes] == ["rotation"]
    assert delta.counts() == {"create": 1, "change": 1, "replace": 1, "delete": 1}
    assert delta.to_json()["changes"][0]["source"]["line"]


def test_a_data_bearing_resource_that_goes_is_critical_in_prod_and_milder_in_dev() -> None:
    base, head = graph(bucket()), graph()
    assert verdicts(base, head) == {"deletes-data": "fail"}
    (prod,) = check(graph_delta(base, head), "aws-prod", "prod").findings
    (dev,) = check(graph_delta(base, head), "aws-dev", "dev").findings
    assert (prod.rule.severity, dev.rule.severity) == (Severity.CRITICAL, Severity.HIGH)
    kept = graph((*bucket(), {"retain_on_delete": True}))
    assert verdicts(kept, head) == {}
    assert verdicts(graph(("Function", "f", {})), head) == {}


def test_a_new_physical_name_makes_data_anew_and_an_unknown_one_may() -> None:
    assert verdicts(graph(bucket()), graph(bucket(bucket="new"))) == {"replaces-data": "fail"}
    assert verdicts(graph(bucket()), graph(bucket(bucket=unknown()))) == {"replaces-data": "undetermined"}
    ignoring = (*bucket(bucket="new"), {"ignore_changes": ("bucket",)})
    assert verdicts(graph(bucket()), graph(ignoring)) == {}


def test_what_hangs_on_something_made_anew_may_be_made_anew() -> None:
    def both(name: str) -> ResourceGraph:
        b = GraphBuilder()
        key = b.add("Key", "key", {"keyUsage": name})
        b.add("aws:backup/vault:Vault", "vault", {"kmsKeyArn": ref(key, "arn")})
        return b.graph()

    delta = graph_delta(both("ENCRYPT_DECRYPT"), both("SIGN_VERIFY"))
    assert {change.resource.name: change.uncertain for change in delta.of("replace")} == {
        "key": False,
        "vault": True,
    }


def test_a_rename_without_alias_is_found_and_one_with_alias_is_a_rename() -> None:
    base = graph(bucket())
    renamed = ("Bucket", "raw-zone", {"bucket": "raw-zone", "tags": {"a": "b"}})
    assert verdicts(base, graph(renamed)) == {"renames-without-alias": "fail"}
    old = next(iter(base.resources))
    with_alias = ("Bucket", "raw-zone", {"bucket": "raw", "tags": {"a": "b"}}, {"aliases": (old,)})
    assert operations(base, graph(with_alias)) == {"raw-zone": "rename"}
    assert verdicts(base, graph(with_alias)) == {}
    other = ("Bucket", "other", {"bucket": "other", "tags": {"x": "y"}, "acl": "z", "policy": "q"})
    assert verdicts(base, graph(other)) == {"deletes-data": "fail"}


def test_a_child_follows_its_parents_alias() -> None:
    def stack(type_: str, aliases: tuple[str, ...] = ()) -> ResourceGraph:
        b = GraphBuilder()
        parent = b.add(type_, "zone", {}, kind="component", aliases=aliases)
        b.add("Bucket", "raw", {"bucket": "raw"}, parent=parent.urn)
        return b.graph()

    base = stack("sluice:old:Zone")
    old = next(urn for urn in base.resources if "$" not in urn)
    assert operations(base, stack("sluice:new:Zone", (old,))) == {"raw": "rename"}
    without = graph_delta(base, stack("sluice:new:Zone"))
    assert [change.operation for change in without.changes] == ["create", "delete"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"forceDestroy": False}, {"forceDestroy": True}, {"protection-off": "fail"}),
        ({}, {"forceDestroy": unknown()}, {"protection-off": "undetermined"}),
        ({"deletionProtection": True}, {}, {"protection-off": "fail"}),
        ({}, {"deletionProtection": True}, {}),
        ({"backupRetentionPeriod": 30}, {"backupRetentionPeriod": 7}, {"retention-shortened": "fail"}),
        ({"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 30}, {}),
        (
            {"backupRetentionPeriod": 7},
            {"backupRetentionPeriod": unknown()},
            {"retention-shortened": "undetermined"},
        ),
        ({}, {"rules": [{"expiration": {"days": 30}}]}, {"retention-shortened": "fail"}),
        ({"kmsKeyId": "one"}, {"kmsKeyId": "two"}, {"encryption-key-replaced": "fail"}),
        ({"kmsKeyId": "one"}, {"kmsKeyId": unknown()}, {"encryption-key-replaced": "undetermined"}),
        ({}, {"kmsKeyId": "one"}, {}),
    ],
    ids=str,
)
def test_switches_times_and_keys(before: Any, after: Any, expected: dict[str, str]) -> None:
    if "rules" in after:
        before = {"rules": [{"expiration": {}}]}
    assert verdicts(graph(bucket(**before)), graph(bucket(**after))) == expected


def test_protection_switched_off_is_found() -> None:
    on, off = graph((*bucket(), {"protect": True})), graph((*bucket(), {"protect": False}))
    assert verdicts(on, off) == {"protection-off": "fail"}
    assert verdicts(off, on) == {}


RULE = Rule("a/b", "t", Severity.HIGH, "iam", "graph")


def finding(urn: str, verdict: Verdict = Verdict.FAIL) -> Finding:
    return Finding(RULE, verdict, "m", "x", urn, attribute="policy")


def test_findings_age_by_rule_resource_and_attribute_and_follow_a_rename() -> None:
    base = graph(bucket(), ("Bucket", "b", {}), ("Bucket", "c", {}))
    raw, b, c = list(base.resources)
    head = graph(
        ("Bucket", "raw-zone", {"bucket": "raw"}, {"aliases": (raw,)}),
        ("Bucket", "b", {}),
        ("Bucket", "c", {}),
    )
    new_raw = next(iter(head.resources))
    found = aged(
        [finding(raw), finding(b), finding(c, Verdict.UNDETERMINED)],
        [finding(new_raw), finding(c), finding(c)],
        graph_delta(base, head),
    )
    assert [(item.urn, str(item.verdict), item.age) for item in found] == [
        (new_raw, "fail", "existing"),
        (c, "fail", "new"),
        (c, "fail", "new"),
        (b, "fail", "fixed"),
        (c, "undetermined", "fixed"),
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "raw"]) | st.builds(unknown),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "y", "name"]), inner, max_size=2)
    ),
    max_leaves=5,
)
RESOURCES = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.tuples(
        st.sampled_from(["Bucket", "Key", "Function"]),
        st.dictionaries(st.sampled_from(["bucket", "p", "kmsKeyId", "tags"]), VALUES, max_size=3),
    ),
    max_size=3,
)


def _graph(resources: dict[str, tuple[str, dict[str, Any]]]) -> ResourceGraph:
    return graph(*((type_, name, inputs) for name, (type_, inputs) in resources.items()))


@settings(max_examples=150, deadline=None)
@given(RESOURCES)
def test_a_graph_does_not_differ_from_itself(resources: Any) -> None:
    same = _graph(resources)
    delta = graph_delta(same, ResourceGraph.from_bytes(same.to_bytes()))
    assert delta.changes == ()
    assert check(delta, "x", "prod").findings == []


@settings(max_examples=200, deadline=None)
@given(RESOURCES, RESOURCES)
def test_applying_the_difference_to_the_base_gives_the_head(one: Any, other: Any) -> None:
    base, head = _graph(one), _graph(other)
    result = {urn: item.inputs for urn, item in base.resources.items()}
    for change in graph_delta(base, head).changes:
        if change.before is not None:
            del result[change.before.urn]
        if change.after is not None:
            result[change.after.urn] = change.after.inputs
    assert {urn: _without_none(item) for urn, item in result.items()} == {
        urn: _without_none(item.inputs) for urn, item in head.resources.items()
    }


def _without_none(value: Any) -> Any:
    """A key that is null and a key that is not there are the same input."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def test_an_input_that_counts_only_as_a_whole() -> None:
    def domain(**inputs: Any) -> ResourceGraph:
        return graph(("aws:opensearch/domain:Domain", "search", {"domainName": "search", **inputs}))

    inside = {"vpcOptions": {"subnetIds": ["a"]}}
    assert operations(domain(), domain(**inside)) == {"search": "replace"}
    assert operations(domain(**inside), domain(vpcOptions={"subnetIds": ["b"]})) == {"search": "change"}
