"""An identity's permissions are those of all its documents together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.gate.engines.graph_rules import check
from policies.gate.graph import Resource
from policies.gate.verdicts import Outcome
from tests.graph_builder import GraphBuilder, answer, ref, text, unknown

ADMIN = "permissions/administrator"
ESCALATION = "permissions/escalation"
ANYONE = "permissions/trust-anyone"
OTHER = "permissions/trust-other-account"
TRUST = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
)


def doc(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def verdict(outcome: Outcome, rule: str, name: str = "role") -> str:
    found = [item for item in outcome.findings if item.rule.id == rule and item.name == name]
    assert len(found) <= 1
    return str(found[0].verdict) if found else "pass"


class Identity:
    def __init__(self, **inputs: Any) -> None:
        self.b = GraphBuilder()
        self.role = self.b.add("Role", "role", {"name": "role", "assumeRolePolicy": TRUST, **inputs})

    def inline(self, policy: Any, name: str = "inline", role: Any = None) -> Resource:
        return self.b.add("RolePolicy", name, {"role": role or ref(self.role), "policy": policy})

    def attach(self, arn: Any, name: str = "attachment") -> Resource:
        return self.b.add("Attachment", name, {"role": ref(self.role, "name"), "policyArn": arn})

    def verdicts(self, name: str = "role") -> tuple[str, str]:
        outcome = check(self.b.graph(), "aws-dev")
        return verdict(outcome, ADMIN, name), verdict(outcome, ESCALATION, name)


@pytest.mark.parametrize(
    "statement",
    [
        allow("*"),
        allow("*:*"),
        allow("iam:*", "s3:*", "ec2:*", "kms:*", "lambda:*", "sts:*"),
        {"Effect": "Allow", "NotAction": "organizations:*", "Resource": "*"},
    ],
    ids=str,
)
def test_everything_by_any_words_is_administration(statement: Any) -> None:
    identity = Identity()
    identity.inline(doc(statement))
    assert identity.verdicts()[0] == "fail"


@pytest.mark.parametrize(
    "how", ["managed", "attachment", "customer", "list", "inline", "policy-attachment", "partition"]
)
def test_administration_is_seen_however_the_document_is_tied(how: str) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    if how == "managed":
        identity = Identity(managedPolicyArns=[arn])
    elif how == "inline":
        identity = Identity(inlinePolicies=[{"name": "x", "policy": doc(allow("*"))}])
    else:
        identity = Identity()
    if how == "attachment":
        identity.attach(arn)
    if how == "partition":
        identity.attach(
            "arn:${call:aws:index/getPartition:getPartition#partition}:iam::aws:policy/AdministratorAccess"
        )
    if how in ("customer", "list", "policy-attachment"):
        policy = identity.b.add("Policy", "all", {"policy": doc(allow("*"))})
        if how == "customer":
            identity.attach(ref(policy, "arn"))
        elif how == "list":
            identity.b.add("PolicyAttachment", "x", {"policyArn": ref(policy, "arn"), "roles": ["role"]})
        else:
            identity.b.add(
                "PolicyAttachment",
                "x",
                {"policyArn": ref(policy, "arn"), "roles": [ref(identity.role, "name")]},
            )
    assert identity.verdicts()[0] == "fail"


def test_pass_role_and_create_function_in_two_documents_are_an_escalation_and_both_are_named() -> None:
    identity = Identity()
    identity.inline(doc(allow("iam:PassRole")), "passes")
    assert identity.verdicts() == ("pass", "pass")
    policy = identity.b.add(
        "Policy", "functions", {"policy": doc(allow("lambda:CreateFunction", "lambda:Invoke*"))}
    )
    identity.attach(ref(policy, "arn"))
    assert identity.verdicts() == ("pass", "fail")
    (finding,) = [item for item in check(identity.b.graph(), "x").findings if item.rule.id == ESCALATION]
    assert "`passes`" in finding.message and "`functions`" in finding.message


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateAccessKey",
        "iam:AttachRolePolicy",
        "iam:PutUserPolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:*",
        "iam:Put*",
        "sts:AssumeRole",
        "ssm:SendCommand",
    ],
)
def test_one_action_can_be_enough(action: str) -> None:
    identity = Identity()
    identity.inline(doc(allow(action)))
    assert identity.verdicts() == ("pass", "fail")


def test_narrow_rights_are_no_escalation() -> None:
    identity = Identity()
    identity.inline(
        doc(
            allow("s3:GetObject", on="arn:aws:s3:::sluice-raw/*"),
            allow("iam:PassRole", on="arn:aws:iam::111122223333:role/sluice-dev-emr"),
            allow("emr-serverless:StartJobRun", "lambda:CreateFunction", "lambda:InvokeFunction"),
            allow("sts:AssumeRole", on="arn:aws:iam::111122223333:role/reader"),
        )
    )
    assert identity.verdicts() == ("pass", "pass")


def test_passing_one_role_is_as_bad_as_that_role() -> None:
    identity = Identity()
    strong = identity.b.add(
        "Role",
        "strong",
        {"assumeRolePolicy": TRUST, "managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
    )
    identity.inline(doc(allow("iam:PassRole", on=text(strong, "arn")), allow("ec2:RunInstances")))
    assert identity.verdicts() == ("pass", "fail")


def test_a_role_that_may_change_its_own_policies_escalates() -> None:
    identity = Identity()
    identity.inline(doc(allow("iam:PutRolePolicy", on=text(identity.role, "arn"))))
    assert identity.verdicts() == ("pass", "fail")


def test_a_deny_takes_away_and_one_with_a_condition_does_not() -> None:
    surely = Identity()
    surely.inline(doc(allow("iam:CreateAccessKey"), deny("iam:*")))
    assert surely.verdicts() == ("pass", "pass")
    other = Identity()
    other.inline(doc(allow("iam:CreateAccessKey")))
    other.inline(doc(deny("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})), "other")
    assert other.verdicts() == ("pass", "fail")
    partly = Identity()
    partly.inline(doc(allow("iam:CreateAccessKey"), deny("iam:*", on="arn:aws:iam::1:user/root")))
    assert partly.verdicts() == ("pass", "fail")


def test_a_condition_on_the_service_decides_what_a_role_is_passed_to() -> None:
    def passing(service: str) -> tuple[str, str]:
        identity = Identity()
        condition = {"StringEquals": {"iam:PassedToService": service}}
        identity.inline(
            doc(
                allow("iam:PassRole", Condition=condition),
                allow("lambda:CreateFunction", "lambda:InvokeFunction"),
            )
        )
        return identity.verdicts()

    assert passing("lambda.amazonaws.com") == ("pass", "fail")
    assert passing("events.amazonaws.com") == ("pass", "pass")


def test_another_condition_leaves_it_undetermined() -> None:
    identity = Identity()
    identity.inline(
        doc(allow("iam:CreateAccessKey", Condition={"StringEquals": {"aws:RequestTag/team": "x"}}))
    )
    assert identity.verdicts() == ("pass", "undetermined")


@pytest.mark.parametrize("where", ["inline", "managed", "customer", "action", "unreviewed", "arns"])
def test_what_is_not_known_is_undetermined(where: str) -> None:
    identity = Identity(**({"managedPolicyArns": unknown()} if where == "arns" else {}))
    if where == "inline":
        identity.inline(unknown())
    elif where == "managed":
        identity.attach(answer("aws:iam/getPolicy:getPolicy", "arn"))
    elif where == "customer":
        identity.attach(ref(identity.b.add("Policy", "p", {"policy": unknown()}), "arn"))
    elif where == "action":
        secret = identity.b.add("Bucket", "b", {})
        identity.inline(doc(allow(text(secret, "id") + ":*")))
    elif where == "unreviewed":
        identity.attach("arn:aws:iam::aws:policy/SomethingNobodyKnows")
    assert "undetermined" in identity.verdicts()


def test_a_known_administrator_stays_one_beside_an_unknown_document() -> None:
    identity = Identity()
    identity.inline(doc(allow("*")))
    identity.inline(unknown(), "other")
    assert identity.verdicts()[0] == "fail"


def test_a_boundary_bounds() -> None:
    b = GraphBuilder()
    boundary = b.add("Policy", "boundary", {"policy": doc(allow("s3:*", "logs:*"))})
    b.add(
        "Role",
        "role",
        {
            "assumeRolePolicy": TRUST,
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "permissionsBoundary": ref(boundary, "arn"),
        },
    )
    outcome = check(b.graph(), "x")
    assert (verdict(outcome, ADMIN), verdict(outcome, ESCALATION)) == ("pass", "pass")
    unsure = Identity(
        managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"], permissionsBoundary=unknown()
    )
    assert unsure.verdicts()[0] == "undetermined"


def test_a_user_has_what_its_groups_have() -> None:
    b = GraphBuilder()
    user, group = b.add("User", "alice", {}), b.add("UserGroup", "admins", {})
    b.add("UserGroupPolicy", "all", {"group": ref(group, "name"), "policy": doc(allow("*"))})
    b.add("Membership", "in", {"user": ref(user, "name"), "groups": [ref(group, "name")]})
    assert verdict(check(b.graph(), "x"), ADMIN, "alice") == "fail"


def test_a_policy_on_a_role_of_another_program_is_judged_by_itself() -> None:
    identity = Identity()
    identity.inline(doc(allow("*")), "foreign", role="someone-elses-role")
    assert identity.verdicts("foreign")[0] == "fail"
    assert identity.verdicts("role") == ("pass", "pass")


def trusted(*statements: Any) -> tuple[str, str]:
    identity = Identity(assumeRolePolicy=doc(*statements) if statements else unknown())
    identity.b.providers["default:aws"] = __import__("policies.gate.graph", fromlist=["Provider"]).Provider(
        "aws", inputs={"allowedAccountIds": ["111122223333"]}
    )
    outcome = check(identity.b.graph(), "x")
    return verdict(outcome, ANYONE), verdict(outcome, OTHER)


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


EXTERNAL = {"StringEquals": {"sts:ExternalId": "42"}}
OIDC = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (trust({"Service": "lambda.amazonaws.com"}), ("pass", "pass")),
        (trust("*"), ("fail", "pass")),
        (trust({"AWS": "*"}), ("fail", "pass")),
        (trust({"AWS": ["*"]}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), ("pass", "pass")),
        (trust({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalArn": "*"}}), ("fail", "pass")),
        (trust({"AWS": "*"}, Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), ("fail", "pass")),
        (trust({"AWS": "arn:aws:iam::999988887777:root"}), ("pass", "fail")),
        (trust({"AWS": "999988887777"}), ("pass", "fail")),
        (trust({"AWS": "arn:aws:iam::999988887777:root"}, Condition=EXTERNAL), ("pass", "pass")),
        (trust({"AWS": "arn:aws:iam::111122223333:root"}), ("pass", "pass")),
        (
            trust(
                {"AWS": "arn:aws:iam::${call:aws:index/getCallerIdentity:getCallerIdentity#accountId}:root"}
            ),
            ("pass", "pass"),
        ),
        (trust({"AWS": "${call:x:y:z#arn}"}), ("pass", "undetermined")),
        (trust({"Federated": OIDC}), ("fail", "pass")),
        (
            trust(
                {"Federated": OIDC},
                Condition={"StringLike": {"token.actions.githubusercontent.com:sub": "repo:us/it:*"}},
            ),
            ("pass", "pass"),
        ),
    ],
    ids=str,
)
def test_trust(statement: Any, expected: tuple[str, str]) -> None:
    assert trusted(statement) == expected


def test_a_trust_that_is_not_known_is_undetermined() -> None:
    assert trusted() == ("undetermined", "undetermined")
