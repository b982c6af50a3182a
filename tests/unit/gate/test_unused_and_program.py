"""Resources that nothing uses, names that a cloud refuses, and what the capture could not see."""

from __future__ import annotations

from typing import Any

import pytest

from policies.gate.engines.graph_rules import check
from policies.gate.graph import CallSite, Diagnostic
from tests.graph_builder import GraphBuilder, ref, unknown


def verdict(b: GraphBuilder, rule: str, name: str = "it") -> str:
    outcome = check(b.graph(), "aws-dev")
    found = [item for item in outcome.findings if item.rule.id == rule and item.name == name]
    assert len(found) <= 1
    if not found:
        assert outcome.passed.get(rule)
    return str(found[0].verdict) if found else "pass"


def test_a_security_group_is_used_by_what_bears_it_not_by_its_rules() -> None:
    b = GraphBuilder()
    group = b.add("Group", "it", {"name": "it"})
    b.add("GroupRule", "rule", {"securityGroupId": ref(group), "type": "ingress"})
    assert verdict(b, "unused/security-group") == "fail"
    b.add("Function", "f", {"vpcConfig": {"securityGroupIds": [ref(group)]}})
    assert verdict(b, "unused/security-group") == "pass"


@pytest.mark.parametrize("use", ["output", "name", "unknown-from"])
def test_other_ways_to_use_a_group(use: str) -> None:
    b = GraphBuilder()
    group = b.add("Group", "it", {"name": "it"})
    if use == "output":
        b.outputs["group"] = ref(group)
    elif use == "name":
        b.add("Instance", "i", {"securityGroups": ["it"]})
    else:
        b.add("Function", "f", {"vpcConfig": {"securityGroupIds": unknown(group)}})
    assert verdict(b, "unused/security-group") == "pass"


def test_an_unknown_from_nowhere_may_be_the_use() -> None:
    b = GraphBuilder()
    b.add("Group", "it", {})
    b.add("Function", "f", {"vpcConfig": {"securityGroupIds": unknown()}})
    assert verdict(b, "unused/security-group") == "undetermined"


def test_a_key_with_only_an_alias_is_unused_until_someone_uses_the_alias() -> None:
    b = GraphBuilder()
    key = b.add("Key", "it", {})
    alias = b.add("Alias", "alias", {"name": "alias/it", "targetKeyId": ref(key, "keyId")})
    assert verdict(b, "unused/key") == "fail"
    b.add("Bucket", "bucket", {"kms": ref(alias, "arn")})
    assert verdict(b, "unused/key") == "pass"


def test_a_policy_must_be_attached_and_an_address_borne() -> None:
    b = GraphBuilder()
    policy = b.add("Policy", "it", {"policy": '{"Statement": []}'})
    assert verdict(b, "unused/policy") == "fail"
    b.add("Attachment", "a", {"role": "r", "policyArn": ref(policy, "arn")})
    assert verdict(b, "unused/policy") == "pass"
    loose = GraphBuilder()
    loose.add("Eip", "it", {})
    assert verdict(loose, "unused/address") == "fail"
    tied = GraphBuilder()
    tied.add("Eip", "it", {"instance": "i-0123"})
    assert verdict(tied, "unused/address") == "pass"


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [("name", "pass"), ("other-name", "fail"), ("ref", "pass"), ("unknown", "undetermined")],
)
def test_a_bucket_policy_belongs_to_a_bucket(bucket: str, expected: str) -> None:
    b = GraphBuilder()
    made = b.add("Bucket", "made", {"bucket": "name"})
    value: Any = {"ref": ref(made), "unknown": unknown()}.get(bucket, bucket)
    b.add("BucketPolicy", "it", {"bucket": value, "policy": "{}"})
    assert verdict(b, "unused/bucket-policy") == expected


def test_a_subnet_needs_a_route_table() -> None:
    b = GraphBuilder()
    subnet = b.add("Subnet", "it", {})
    rule = "unused/subnet-without-route-table"
    assert verdict(b, rule) == "fail"
    tie = b.add("Association", "tie", {"subnetId": unknown(), "routeTableId": "rtb-1"})
    assert verdict(b, rule) == "undetermined"
    del b.resources[tie.urn]
    b.add("Association", "tie", {"subnetId": ref(subnet), "routeTableId": "rtb-1"})
    assert verdict(b, rule) == "pass"


@pytest.mark.parametrize(
    ("type_", "name", "expected"),
    [
        ("Bucket", "sluice-aws-dev-raw", "pass"),
        ("Bucket", "x" * 64, "fail"),
        ("Bucket", "Upper_Case", "fail"),
        ("Bucket", unknown(), "undetermined"),
        ("Role", "r" * 65, "fail"),
        ("Balancer", "b" * 33, "fail"),
        ("AzureStorage", "sluicedevraw", "pass"),
        ("AzureStorage", "sluice-dev-raw", "fail"),
    ],
)
def test_a_physical_name_must_be_accepted(type_: str, name: Any, expected: str) -> None:
    b = GraphBuilder()
    b.add(type_, "it", {}, physical_name=name)
    assert verdict(b, "program/physical-name") == expected


def test_a_name_that_pulumi_makes_is_longer_than_the_logical_one() -> None:
    b = GraphBuilder()
    b.add("Balancer", "b" * 28, {})
    assert verdict(b, "program/physical-name", "b" * 28) == "fail"
    b.add("Balancer", "c" * 24, {})
    assert verdict(b, "program/physical-name", "c" * 24) == "pass"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("duplicate-urn", "fail"), ("unanswered-call", "undetermined"), ("remote-component", "undetermined")],
)
def test_what_the_capture_could_not_see_is_a_finding_at_its_line(kind: Any, expected: str) -> None:
    b = GraphBuilder()
    b.diagnostics.append(Diagnostic(kind, "said", None, (CallSite("a.py", 7),)))
    (finding,) = [item for item in check(b.graph(), "x").findings if item.rule.id == f"program/{kind}"]
    assert (str(finding.verdict), str(finding.source)) == (expected, "a.py:7")
