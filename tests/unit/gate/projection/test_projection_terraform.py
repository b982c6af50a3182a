"""What each kind of value becomes in the Terraform plan and in the root module."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from policies.gate.graph import Provider, Resource, ResourceGraph
from policies.gate.projection.coverage import Mapped, coverage
from policies.gate.projection.root_module import terraform_json
from policies.gate.projection.terraform import project

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
POLICY = "aws:iam/policy:Policy"
FUNCTION = "aws:lambda/function:Function"
TARGETS = "aws:lb/targetGroup:TargetGroup"
QUEUE = "aws:sqs/queue:Queue"
DATABASE = "aws:rds/instance:Instance"


def values(projection: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        item["values"]
        for item in projection.plan["planned_values"]["root_module"]["resources"]
        if item["address"] == address
    )
    return found


def change(projection: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        item["change"] for item in projection.plan["resource_changes"] if item["address"] == address
    )
    return found


def expressions(projection: Any, address: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        item["expressions"]
        for item in projection.plan["configuration"]["root_module"]["resources"]
        if item["address"] == address
    )
    return found


def test_a_reference_is_absent_unknown_and_named_in_the_configuration(graph: Any, ref: Any) -> None:
    found = project(graph((BUCKET, "raw", {}), (BLOCK, "raw", {"bucket": ref(BUCKET, "raw", "id")})))
    address = "aws_s3_bucket_public_access_block.raw"
    assert "bucket" not in values(found, address)
    assert change(found, address)["after_unknown"] == {"bucket": True}
    assert expressions(found, address)["bucket"] == {
        "references": ["aws_s3_bucket.raw.id", "aws_s3_bucket.raw"]
    }


def test_a_reference_with_a_known_value_keeps_both(graph: Any, ref: Any) -> None:
    found = project(
        graph(
            (BUCKET, "raw", {"bucket": "x-raw"}),
            (BLOCK, "raw", {"bucket": ref(BUCKET, "raw", "bucket", value="x-raw")}),
        )
    )
    address = "aws_s3_bucket_public_access_block.raw"
    assert values(found, address)["bucket"] == "x-raw"
    assert change(found, address)["after_unknown"] == {}
    assert expressions(found, address)["bucket"]["references"][0] == "aws_s3_bucket.raw.bucket"


def test_a_referred_output_has_terraforms_name(graph: Any, ref: Any) -> None:
    permission = "aws:lambda/permission:Permission"
    found = project(
        graph(
            (FUNCTION, "f", {"name": "f"}),
            (permission, "f", {"function": ref(FUNCTION, "f", "name"), "action": "a", "principal": "p"}),
        )
    )
    assert expressions(found, "aws_lambda_permission.f")["function_name"] == {
        "references": ["aws_lambda_function.f.function_name", "aws_lambda_function.f"]
    }


def test_unset_fields_of_a_nested_object_are_empty_by_type_and_numbers_stay_null(graph: Any) -> None:
    rule = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
    found = project(graph((GROUP, "open", {"ingress": [rule]})))
    (ingress,) = values(found, "aws_security_group.open")["ingress"]
    assert ingress["ipv6_cidr_blocks"] == []
    assert ingress["description"] == ""
    assert ingress["self"] is False
    acl = "aws:ec2/networkAcl:NetworkAcl"
    found = project(graph((acl, "a", {"ingress": [{"ruleNo": 1, "action": "allow"}]})))
    assert values(found, "aws_network_acl.a")["ingress"][0]["icmp_type"] is None


def test_unset_top_level_attributes_are_left_out_unless_the_provider_has_a_default(graph: Any) -> None:
    planned = values(project(graph((DATABASE, "db", {}))), "aws_db_instance.db")
    assert "storage_encrypted" not in planned
    assert planned["auto_minor_version_upgrade"] is True


def test_what_the_provider_defaults_is_no_part_of_the_configuration(graph: Any) -> None:
    assert expressions(project(graph((DATABASE, "db", {}))), "aws_db_instance.db") == {}


def test_a_single_object_is_a_list_of_one(graph: Any) -> None:
    found = project(graph((FUNCTION, "f", {"tracingConfig": {"mode": "Active"}})))
    assert values(found, "aws_lambda_function.f")["tracing_config"] == [{"mode": "Active"}]


def test_a_single_value_is_a_list_of_one_where_terraform_has_a_list(graph: Any) -> None:
    api = "aws:apigateway/restApi:RestApi"
    found = project(graph((api, "a", {"endpointConfiguration": {"types": "PRIVATE"}})))
    assert values(found, "aws_api_gateway_rest_api.a")["endpoint_configuration"][0]["types"] == ["PRIVATE"]


@pytest.mark.parametrize(
    ("type_", "wire", "given", "address", "name", "expected"),
    [
        (TARGETS, "deregistrationDelay", 300, "aws_lb_target_group.x", "deregistration_delay", "300"),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            "atRestEncryptionEnabled",
            True,
            "aws_elasticache_replication_group.x",
            "at_rest_encryption_enabled",
            "true",
        ),
        (QUEUE, "delaySeconds", "5", "aws_sqs_queue.x", "delay_seconds", 5),
        (QUEUE, "fifoQueue", "true", "aws_sqs_queue.x", "fifo_queue", True),
    ],
)
def test_plain_values_take_terraforms_type(
    type_: str, wire: str, given: Any, address: str, name: str, expected: Any, graph: Any
) -> None:
    assert values(project(graph((type_, "x", {wire: given}))), address)[name] == expected


def test_map_keys_are_data(graph: Any) -> None:
    tags = {"costCenter": "x", "$$dollar": "y"}
    found = values(project(graph((BUCKET, "raw", {"tags": tags}))), "aws_s3_bucket.raw")
    assert found["tags"] == {"costCenter": "x", "$dollar": "y"}


def test_default_tags_are_in_tags_all_under_the_resources_own(graph: Any) -> None:
    provider = Provider("aws", region="eu-west-1", default_tags={"owner": "team", "env": "dev"})
    given = graph((BUCKET, "raw", {"tags": {"env": "prod"}}), providers={"default:aws": provider})
    found = values(project(given), "aws_s3_bucket.raw")
    assert found["tags"] == {"env": "prod"}
    assert found["tags_all"] == {"owner": "team", "env": "prod"}


def test_a_policy_keeps_its_text_around_what_is_unknown(graph: Any, urn: Any) -> None:
    document = json.dumps({"Resource": f"${{{urn(BUCKET, 'raw')}#arn}}/*", "Action": "s3:*"})
    found = project(graph((BUCKET, "raw", {}), (POLICY, "p", {"policy": document})))
    planned = json.loads(values(found, "aws_iam_policy.p")["policy"])
    assert planned == {"Resource": "${aws_s3_bucket.raw.arn}/*", "Action": "s3:*"}
    assert change(found, "aws_iam_policy.p")["after_unknown"] == {"policy": True}
    assert "aws_s3_bucket.raw.arn" in expressions(found, "aws_iam_policy.p")["policy"]["references"]


def test_a_policy_given_as_an_object_is_text(graph: Any, ref: Any) -> None:
    given = {"Statement": [{"Resource": ref(BUCKET, "raw", "arn"), "Action": "*"}]}
    found = project(graph((BUCKET, "raw", {}), (POLICY, "p", {"policy": given})))
    planned = json.loads(values(found, "aws_iam_policy.p")["policy"])
    assert planned["Statement"][0]["Resource"] == "${aws_s3_bucket.raw.arn}"


def test_an_unknown_in_a_list_keeps_its_place(graph: Any) -> None:
    alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
    found = project(graph((alarm, "a", {"alarmActions": ["arn:x", {"$unknown": {"from": []}}]})))
    assert values(found, "aws_cloudwatch_metric_alarm.a")["alarm_actions"] == ["arn:x", None]
    assert change(found, "aws_cloudwatch_metric_alarm.a")["after_unknown"] == {"alarm_actions": [False, True]}


def test_a_secret_is_hidden_and_marked(graph: Any) -> None:
    secret = {"$secret": {"origin": "config", "key": "db"}}
    found = project(graph((DATABASE, "db", {"password": secret})))
    assert values(found, "aws_db_instance.db")["password"] == "(sensitive value)"
    assert change(found, "aws_db_instance.db")["after_sensitive"] == {"password": True}
    module = terraform_json(found).content
    assert module["resource"]["aws_db_instance"]["db"]["password"] == "${var.secret_1}"
    assert module["variable"]["secret_1"]["sensitive"] is True


def test_an_asset_is_its_file(graph: Any) -> None:
    found = project(graph((FUNCTION, "f", {"code": {"$archive": {"path": "src/f.zip"}}})))
    assert values(found, "aws_lambda_function.f")["filename"] == "src/f.zip"


def test_an_unknown_attribute_and_an_unknown_type_are_reported(graph: Any) -> None:
    found = project(
        graph(
            (GROUP, "g", {"colour": "red", "ingress": [{"protocol": "tcp", "depth": 1}]}),
            ("aws:nosuch/thing:Thing", "t", {}),
            ("docker:index/image:Image", "i", {}),
            ("random:index/randomPassword:RandomPassword", "r", {}),
        )
    )
    assert [(item.type, item.attribute) for item in found.unmapped] == [
        (GROUP, "colour"),
        (GROUP, "ingress.depth"),
        ("aws:nosuch/thing:Thing", ""),
        ("docker:index/image:Image", ""),
    ]


def test_a_dynamic_resource_is_reported() -> None:
    one = Resource(
        urn="urn:pulumi:d::p::pulumi-python:dynamic:Resource::x", type="x:y:Z", name="x", kind="dynamic"
    )
    found = project(ResourceGraph("p", "d", resources={one.urn: one}))
    assert "dynamic" in found.unmapped[0].reason


def test_names_that_meet_are_told_apart_and_lead_back(graph: Any, urn: Any) -> None:
    found = project(graph((BUCKET, "a.b", {}), (BUCKET, "a/b", {}), (BUCKET, "1st", {})))
    addresses = {item.address for item in found.resources}
    assert len(addresses) == 3
    assert "aws_s3_bucket._1st" in addresses
    assert {found.urns[address] for address in addresses} == {
        urn(BUCKET, name) for name in ("a.b", "a/b", "1st")
    }


def test_a_resource_in_another_region_gets_a_provider_of_its_own(graph: Any) -> None:
    found = project(graph((BUCKET, "here", {}), (BUCKET, "there", {"region": "eu-central-1"})))
    assert found.plan["configuration"]["provider_config"]["aws.eu-central-1"]["alias"] == "eu-central-1"
    module = terraform_json(found)
    assert module.content["resource"]["aws_s3_bucket"]["there"] == {"provider": "aws.eu-central-1"}
    assert module.left_out == []


def test_what_only_the_newer_provider_has_is_left_out_of_the_root_module_and_said(graph: Any) -> None:
    vectors = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
    module = terraform_json(project(graph((vectors, "v", {}))))
    assert module.left_out == ["aws_s3vectors_vector_bucket.v"]
    assert module.content["resource"] == {}


def test_text_that_terraform_would_read_is_escaped(graph: Any) -> None:
    module = terraform_json(project(graph((BUCKET, "b", {"bucket": "${not} %{if}"}))))
    assert module.content["resource"]["aws_s3_bucket"]["b"]["bucket"] == "$${not} %%{if}"


def test_google_resources_take_their_blocks_names(graph: Any) -> None:
    bucket = "gcp:storage/bucket:Bucket"
    rules = [{"action": {"type": "Delete"}, "condition": {"age": 3}}]
    found = project(graph((bucket, "b", {"lifecycleRules": rules, "versioning": {"enabled": True}})))
    planned = values(found, "google_storage_bucket.b")
    assert planned["versioning"] == [{"enabled": True}]
    assert planned["lifecycle_rule"][0]["action"][0]["type"] == "Delete"
    assert planned["lifecycle_rule"][0]["condition"][0]["age"] == 3


def test_the_same_graph_gives_the_same_plan_in_any_order(graph: Any, ref: Any) -> None:
    given = [(BUCKET, "raw", {}), (BLOCK, "raw", {"bucket": ref(BUCKET, "raw", "id")})]
    assert project(graph(*given)).plan == project(graph(*reversed(given))).plan


def test_coverage_tells_mapped_from_not(graph: Any) -> None:
    rows = coverage(graph((GROUP, "g", {"colour": "red", "ingress": [{"protocol": "tcp"}]})))
    assert {(row.attribute, row.mapped) for row in rows} == {
        ("colour", Mapped.NO),
        ("ingress", Mapped.YES),
        ("ingress.protocol", Mapped.YES),
    }


def test_two_thousand_resources_take_less_than_two_seconds(graph: Any, ref: Any) -> None:
    given = []
    for number in range(1000):
        given.append((BUCKET, f"b{number}", {"tags": {"a": "b"}}))
        given.append((BLOCK, f"b{number}", {"bucket": ref(BUCKET, f"b{number}", "id")}))
    whole = graph(*given)
    start = time.process_time()
    assert len(project(whole).plan["resource_changes"]) == 2000
    assert time.process_time() - start < 2
