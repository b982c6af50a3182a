"""What the engine makes of checkov's answers: URNs, lines, severities, and verdicts that are open."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from environments.problems import Exit, Refusal
from policies.gate.engines.checkov.engine import NOT_LOOKED_AT, Checkov, Request
from policies.gate.engines.checkov.process import Worker
from policies.gate.graph import ResourceGraph
from policies.gate.values import Reference, reference
from policies.gate.verdicts import Finding, Severity, Verdict

KEY = "aws:kms/key:Key"
QUEUE = "aws:sqs/queue:Queue"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
PERSON = "gcp:serviceaccount/account:Account"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
TOPIC = "aws:sns/topic:Topic"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
POLICY = "aws:iam/policy:Policy"
DATABASE = "aws:rds/instance:Instance"
BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OBJECTS = "gcp:storage/bucket:Bucket"
ACCOUNT = "azure-native:storage:StorageAccount"
UNKNOWN: dict[str, Any] = {"$unknown": {}}
OTHER_KEY = reference(f"urn:pulumi:dev::tests::{KEY}::key", "arn")
EMPTY_KEY = (KEY, {"description": "a key"})


def ssh_from(*networks: Any) -> dict[str, Any]:
    rule = {"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrBlocks": list(networks)}
    return {"it": (GROUP, {"description": "ssh", "ingress": [rule]})}


def rule_from(**source: Any) -> dict[str, Any]:
    ports = {"fromPort": 1024, "toPort": 65535, "ipProtocol": "tcp"}
    return {"it": (RULE, {"securityGroupId": "sg-2", "description": "all", **ports, **source})}


def allowing(action: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {"it": (POLICY, {"policy": document}), "key": EMPTY_KEY}


def encrypted_by(algorithm: Any) -> dict[str, Any]:
    """A bucket whose encryption is a resource of its own: only a check on the graph sees both."""
    bucket = reference(f"urn:pulumi:dev::tests::{BUCKET}::it", "id")
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}
    return {"it": (BUCKET, {"bucket": "b"}), "by": (ENCRYPTION, {"bucket": bucket, "rules": [rule]})}


AN_ACCOUNT = Reference(f"urn:pulumi:dev::tests::{PERSON}::who", "email").in_text()


def logged_to(target: Any) -> dict[str, Any]:
    """A bucket without a key, and another one whose access logs go to `target`."""
    return {**encrypted_by("AES256"), "logging": (LOGGING, {"bucket": "logged", "targetBucket": target})}


def gcs_logged_to(target: Any) -> dict[str, Any]:
    """A bucket of Cloud Storage, and another one whose access logs go to `target`."""
    logged = {"name": "logged", "location": "EU", "logging": {"logBucket": target}}
    return {"it": (OBJECTS, {"name": "it", "location": "EU"}), "logged": (OBJECTS, logged)}


def member_of(member: Any) -> dict[str, Any]:
    inputs = {"bucket": "b", "role": "roles/storage.objectViewer", "member": member}
    return {"it": (MEMBER, inputs), "who": (PERSON, {"accountId": "who"})}


def account(**more: Any) -> dict[str, Any]:
    sku = {"name": "Standard_GRS"}
    inputs = {"resourceGroupName": "group", "accountName": "sluicedata", "kind": "StorageV2", "sku": sku}
    return {"it": (ACCOUNT, {**inputs, **more})}


A_KEY_OF_OURS = Reference(f"urn:pulumi:dev::tests::{KEY}::key", "arn").in_text()

VERDICTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("a world-open port fails", ssh_from("0.0.0.0/0"), "CKV_AWS_24", "fail"),
    ("a closed one passes", ssh_from("10.0.0.0/8"), "CKV_AWS_24", "pass"),
    (
        "a group as the source is no open port",
        rule_from(referencedSecurityGroupId="sg-1"),
        "CKV_AWS_25",
        "None",
    ),
    ("a rule of its own, world-open", rule_from(cidrIpv4="0.0.0.0/0"), "CKV_AWS_25", "fail"),
    ("an unknown network is open", ssh_from(UNKNOWN), "CKV_AWS_24", "undetermined"),
    ("one bad network is enough", ssh_from(UNKNOWN, "0.0.0.0/0"), "CKV_AWS_24", "fail"),
    ("an unknown switch is open", {"it": (KEY, {"enableKeyRotation": UNKNOWN})}, "CKV_AWS_7", "undetermined"),
    ("a set switch passes", {"it": (KEY, {"enableKeyRotation": True})}, "CKV_AWS_7", "pass"),
    ("any key will do", {"it": (TOPIC, {"kmsMasterKeyId": UNKNOWN})}, "CKV_AWS_26", "pass"),
    ("no key fails", {"it": (TOPIC, {})}, "CKV_AWS_26", "fail"),
    (
        "another resource's key passes",
        {"it": (TOPIC, {"kmsMasterKeyId": OTHER_KEY}), "key": EMPTY_KEY},
        "CKV_AWS_26",
        "pass",
    ),
    ("public or not", {"it": (DATABASE, {"publiclyAccessible": UNKNOWN})}, "CKV_AWS_17", "undetermined"),
    ("public", {"it": (DATABASE, {"publiclyAccessible": True})}, "CKV_AWS_17", "fail"),
    (
        "a document of which only a name is missing",
        allowing("s3:GetObject", A_KEY_OF_OURS),
        "CKV_AWS_288",
        "pass",
    ),
    ("a wildcard in a known document", allowing("*"), "CKV_AWS_63", "fail"),
    ("an unknown document", {"it": (POLICY, {"policy": UNKNOWN})}, "CKV_AWS_288", "undetermined"),
    ("unknown document, action check", {"it": (POLICY, {"policy": UNKNOWN})}, "CKV_AWS_63", "undetermined"),
    ("a check that does not apply", {"it": (BUCKET, {"bucket": "b"})}, "CKV_AWS_70", "None"),
    ("an unknown bucket policy", {"it": (BUCKET, {"policy": UNKNOWN})}, "CKV_AWS_70", "undetermined"),
    ("graph: encrypted with KMS", encrypted_by("aws:kms"), "CKV_AWS_145", "pass"),
    ("graph: not with KMS", encrypted_by("AES256"), "CKV_AWS_145", "fail"),
    ("graph: unknown on the other end", encrypted_by(UNKNOWN), "CKV_AWS_145", "undetermined"),
    (
        "takes access logs",
        logged_to(reference(f"urn:pulumi:dev::tests::{BUCKET}::it", "bucket")),
        "CKV_AWS_145",
        "None",
    ),
    ("another takes them", logged_to("other"), "CKV_AWS_145", "fail"),
    (
        "takes access logs on GCP",
        gcs_logged_to(reference(f"urn:pulumi:dev::tests::{OBJECTS}::it", "name")),
        "CKV_GCP_62",
        "None",
    ),
    ("another takes them on GCP", gcs_logged_to("other"), "CKV_GCP_62", "fail"),
    ("copies in another region", account(), "CKV_AZURE_206", "pass"),
    ("copies in three zones", account(sku={"name": "Standard_ZRS"}), "CKV_AZURE_206", "None"),
    ("copies in one building", account(sku={"name": "Standard_LRS"}), "CKV_AZURE_206", "fail"),
    (
        "graph: a key of ours",
        {"it": (QUEUE, {"kmsMasterKeyId": OTHER_KEY}), "key": EMPTY_KEY},
        "CKV2_AWS_73",
        "pass",
    ),
    ("graph: a key of AWS's", {"it": (QUEUE, {"kmsMasterKeyId": "alias/aws/sqs"})}, "CKV2_AWS_73", "fail"),
    ("graph: whose key", {"it": (QUEUE, {"kmsMasterKeyId": UNKNOWN})}, "CKV2_AWS_73", "undetermined"),
    ("a text of which a name is missing", member_of(f"serviceAccount:{AN_ACCOUNT}"), "CKV_GCP_28", "pass"),
    ("everyone", member_of("allUsers"), "CKV_GCP_28", "fail"),
    ("an unknown member", member_of(UNKNOWN), "CKV_GCP_28", "undetermined"),
    ("azure: deny", account(networkRuleSet={"defaultAction": "Deny"}), "CKV_AZURE_35", "pass"),
    ("azure: allow", account(networkRuleSet={"defaultAction": "Allow"}), "CKV_AZURE_35", "fail"),
    ("azure: unknown", account(networkRuleSet={"defaultAction": UNKNOWN}), "CKV_AZURE_35", "undetermined"),
]


@pytest.mark.parametrize(
    ("given", "check", "wanted"), [case[1:] for case in VERDICTS], ids=[case[0] for case in VERDICTS]
)
def test_a_verdict_is_open_only_where_a_missing_value_decides_it(
    verdicts: Any, given: dict[str, Any], check: str, wanted: str
) -> None:
    assert str(verdicts(given).get((check, "it"))) == wanted


def finding(checkov: Checkov, request: Request, rule: str) -> Finding:
    [result] = checkov.scan([request])
    return next(item for item in result.outcome.findings if item.rule.id == f"checkov/{rule}")


def test_a_finding_names_the_resource_its_python_line_and_the_input_at_fault(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    request = ask({"first": (BUCKET, {}), "it": (KEY, {"enableKeyRotation": False})})
    found = finding(checkov, request, "CKV_AWS_7")
    assert (found.urn, str(found.source)) == (f"urn:pulumi:dev::tests::{KEY}::it", "program.py:2")
    assert found.attribute == "enableKeyRotation"
    assert found.remedy == "set `enable_key_rotation` of the `aws.kms.Key` to true"
    assert found.rule.severity is Severity.MEDIUM
    assert found.environment == "dev"


def test_a_check_without_words_of_our_own_says_which_value_it_wants(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    found = finding(checkov, ask({"it": ("aws:ebs/volume:Volume", {"encrypted": False})}), "CKV_AWS_3")
    assert found.remedy == "set `encrypted` to `True`"


def test_an_open_finding_names_the_value_that_is_missing(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    found = finding(checkov, ask(ssh_from(UNKNOWN)), "CKV_AWS_24")
    assert found.verdict is Verdict.UNDETERMINED
    assert found.attribute == "ingress[0].cidrBlocks[0]"
    assert "`ingress[0].cidrBlocks[0]` is not known before apply" in found.message


def test_programs_with_the_same_names_do_not_share_verdicts(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    requests = [ask(allowing("s3:GetObject", "arn:aws:s3:::b/*")), ask(allowing("*")), ask(allowing("*"))]
    risky = [
        {item.rule.id for item in result.outcome.findings if item.name == "it"}
        for result in checkov.scan(requests)
    ]
    assert "checkov/CKV_AWS_286" not in risky[0]
    assert "checkov/CKV_AWS_286" in risky[1]
    assert risky[1] == risky[2]


def test_the_same_graph_gives_the_same_result_in_the_same_order(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    request = ask({**ssh_from("0.0.0.0/0"), "topic": (TOPIC, {}), "bucket": (BUCKET, {})})
    first, second = checkov.scan([request, request])
    assert first == second
    assert first.outcome.checked == set(request.graph.resources)


def test_a_superseded_check_is_listed_and_not_reported(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    [result] = checkov.scan([ask({"it": (BUCKET, {"bucket": "b"})})])
    rule = "checkov/CKV_AWS_144"
    assert rule in {record.rule for record in result.records}
    assert rule not in {item.rule.id for item in result.outcome.findings}
    assert checkov.catalogue.superseded()[rule]


def test_a_resource_that_checkov_drops_without_a_word_is_a_finding(
    checkov: Checkov, ask: Callable[[dict[str, Any]], Request]
) -> None:
    request = ask({"it": (BUCKET, {"bucket": "b"}), "topic": (TOPIC, {})})
    plan = json.loads(json.dumps(request.documents[0].content))
    for item in plan["planned_values"]["root_module"]["resources"]:
        if item["type"] == "aws_s3_bucket":
            del item["mode"]
    damaged = replace(request, documents=(replace(request.documents[0], content=plan),))
    [result] = checkov.scan([damaged])
    assert [item.name for item in result.outcome.findings if item.rule is NOT_LOOKED_AT] == ["it"]


def test_an_empty_program_has_an_empty_outcome(checkov: Checkov) -> None:
    [result] = checkov.scan([Request("dev", ResourceGraph("tests", "dev"), ())])
    assert result.outcome.findings == [] and result.outcome.passed == {}


def test_a_missing_environment_says_make_install(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        Checkov(worker=Worker(tmp_path / "python")).start()
    assert refused.value.exit_code is Exit.UNAVAILABLE
    assert "make install" in str(refused.value)


def test_an_environment_without_checkov_says_make_install() -> None:
    import sys

    with pytest.raises(Refusal) as refused, Checkov(worker=Worker(Path(sys.executable))) as checkov:
        checkov.scan([])
    assert refused.value.exit_code is Exit.UNAVAILABLE
    assert "checkov" in str(refused.value) and "make install" in str(refused.value)


def test_a_worker_that_dies_is_one_clear_message(ask: Callable[[dict[str, Any]], Request]) -> None:
    with Checkov() as checkov:
        checkov.worker.hello()
        assert checkov.worker.pid is not None
        os.kill(checkov.worker.pid, signal.SIGKILL)
        with pytest.raises(Refusal) as refused:
            checkov.scan([ask({"it": (BUCKET, {})})])
    assert refused.value.exit_code is Exit.UNAVAILABLE
    assert "ended" in str(refused.value)


def test_the_speed_patches_are_made_for_the_installed_checkov(checkov: Checkov) -> None:
    assert checkov.warnings == []
    assert checkov.version == checkov.catalogue.version
