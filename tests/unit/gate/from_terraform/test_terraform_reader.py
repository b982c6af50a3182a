"""Terraform's JSON becomes the graph that a Pulumi program of the same resources would give.

That the reading is the provider's own, a real plan says: tests/integration/rehearsal/test_bootstrap.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from environments.problems import Refusal
from policies.gate.from_terraform.reader import graph_of
from policies.gate.graph import CallSite, ResourceGraph
from policies.gate.projection import terraform
from policies.gate.projection.mapping import table

BUCKET = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::data"
KEY = "urn:pulumi:dev::shop::aws:kms/key:Key::key"


def graph(resources: dict[str, Any], **more: Any) -> ResourceGraph:
    return graph_of({"resource": resources, **more}, "shop", "dev", "infra")


def data(**more: Any) -> dict[str, Any]:
    return {"aws_s3_bucket": {"data": {"bucket": "shop-data", **more}}, "aws_kms_key": {"key": {}}}


def test_types_and_names_are_those_of_the_pulumi_twin() -> None:
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    found = graph({**data(), kind: {"data": {"bucket": "${aws_s3_bucket.data.bucket}", "rule": rule}}})
    (encryption,) = found.of_type(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    assert encryption.inputs["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]
    assert found.resources[BUCKET].physical_name == "shop-data"
    assert terraform.project(found).unmapped == []


def test_a_reference_keeps_its_literal_where_the_configuration_says_it() -> None:
    kind = "aws_s3_bucket_versioning"
    found = graph({**data(), kind: {"data": {"bucket": "${aws_s3_bucket.data.bucket}"}}})
    (versioning,) = found.of_type("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning.inputs["bucket"] == {
        "$ref": {"urn": BUCKET, "property": "bucket", "value": "shop-data"}
    }
    assert versioning.property_dependencies == {"bucket": (BUCKET,)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a ${aws_s3_bucket.data.bucket} b", "a shop-data b"),
        ('{"Resource":"${aws_kms_key.key.arn}"}', '{"Resource":"' + f'${{{KEY}#arn}}"}}'),
        ("$${aws:username}", "${aws:username}"),
        ("${upper(aws_kms_key.key.arn)}", {"$unknown": {"from": [KEY]}}),
        ("${var.name}", {"$unknown": {"from": []}}),
        ("%{if true}x%{endif}", {"$unknown": {"from": []}}),
    ],
)
def test_expressions(text: str, expected: Any) -> None:
    found = graph({**data(), "aws_iam_policy": {"p": {"policy": text}}})
    (policy,) = found.of_type("aws:iam/policy:Policy")
    assert policy.inputs["policy"] == expected


def test_what_terraform_says_of_a_resource_is_what_pulumi_calls_an_option() -> None:
    body = {
        "provider": "aws.there",
        "depends_on": ["aws_kms_key.key"],
        "lifecycle": {"prevent_destroy": True, "ignore_changes": ["object_lock_enabled"]},
        "//": {"metadata": {"stackTrace": ["infra/state.py:7 make", "infra/__main__.py:3 <module>"]}},
    }
    providers = [{"region": "eu-west-1"}, {"alias": "there", "region": "eu-central-1"}]
    found = graph(data(**body), provider={"aws": providers})
    bucket = found.resources[BUCKET]
    assert (bucket.protect, bucket.region) == (True, "eu-central-1")
    assert bucket.ignore_changes == ("objectLockEnabled",)
    assert bucket.dependencies == (KEY,)
    assert bucket.sites == (
        CallSite("infra/state.py", 7, "make"),
        CallSite("infra/__main__.py", 3, "<module>"),
    )
    assert found.resources[KEY].region == "eu-west-1"


def test_what_the_tables_do_not_know_is_said_and_not_lost() -> None:
    found = graph({**data(no_such=1), "aws_nothing": {"x": {"a": 1}}})
    said = {(item.type, item.attribute) for item in terraform.project(found).unmapped}
    assert said == {("aws:s3/bucket:Bucket", "no_such"), ("aws:unknown:aws_nothing", "")}


@pytest.mark.parametrize(
    "document",
    [
        {"module": {"x": {"source": "./x"}}},
        {"resource": {"aws_s3_bucket": {"data": {"count": 2}}}},
        {"resource": {"aws_s3_bucket": {"data": {"for_each": "${var.all}"}}}},
        {"resource": {"aws_s3_bucket": {"data": {"lifecycle_rule": [{"dynamic": {}}]}}}},
    ],
)
def test_what_only_terraform_can_unfold_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="only Terraform can say what it unfolds to"):
        graph_of(document, "shop", "dev", "infra")


def test_every_type_of_the_table_comes_back_from_its_terraform_name() -> None:
    for token in table("aws").tokens:
        found = table("aws").type(token)
        assert found is not None
        back = table("aws").token(found.name)
        assert back is not None
        assert table("aws").type(back).name == found.name  # type: ignore[union-attr]
        assert not back.endswith("V2") or token == back


def test_names_of_properties_come_back_too() -> None:
    for token in table("aws").tokens:
        found = table("aws").type(token)
        assert found is not None
        for wire, item in found.shape.properties.items():
            assert found.wire(item.name) == wire or found.output(found.wire(item.name)) == item.name
