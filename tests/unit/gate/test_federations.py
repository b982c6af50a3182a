"""Nobody from outside becomes an identity whom the environment does not name, on any of the three clouds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.gate.context import Context, TrustedFederation
from policies.gate.engines.graph_rules import check
from tests.graph_builder import GraphBuilder, ref, text, unknown

RULE = "permissions/trusted-federation"
GITHUB = "https://token.actions.githubusercontent.com"
HOST = GITHUB.removeprefix("https://")
OURS = TrustedFederation(issuer=GITHUB, subjects=["repo:acme/platform:*"])


def verdict(b: GraphBuilder, name: str, trusted: list[TrustedFederation] | None = None) -> str:
    context = Context(trusted_federations=[OURS] if trusted is None else trusted)
    found = [
        item
        for item in check(b.graph(), "dev", context=context).findings
        if item.rule.id == RULE and item.name == name
    ]
    assert len(found) <= 1
    return str(found[0].verdict) if found else "pass"


def role(condition: Any, provider: str = f"arn:aws:iam::111122223333:oidc-provider/{HOST}") -> GraphBuilder:
    b = GraphBuilder()
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider},
        **({"Condition": condition} if condition else {}),
    }
    b.add("Role", "role", {"assumeRolePolicy": json.dumps({"Statement": [statement]})})
    return b


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {f"{HOST}:sub": "repo:acme/platform:ref:refs/heads/main"}}, "pass"),
        ({"StringLike": {f"{HOST}:sub": "repo:acme/platform:*"}}, "pass"),
        ({"StringLike": {f"{HOST}:sub": ["repo:acme/platform:*", "repo:acme/*"]}}, "fail"),
        ({"StringEquals": {f"{HOST}:sub": "repo:someone/else:ref:refs/heads/main"}}, "fail"),
        ({"StringNotEquals": {f"{HOST}:sub": "repo:acme/platform:x"}}, "fail"),
        ({"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}, "fail"),
        (None, "fail"),
    ],
)  # fmt: skip
def test_a_role_trusts_only_the_subjects_that_are_named(condition: Any, expected: str) -> None:
    assert verdict(role(condition), "role") == expected


def test_an_issuer_that_is_not_named_is_refused_whatever_its_subjects() -> None:
    other = "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com"
    assert (
        verdict(role({"StringEquals": {"gitlab.example.com:sub": "repo:acme/platform:x"}}, other), "role")
        == "fail"
    )
    assert verdict(role(None, "cognito-identity.amazonaws.com"), "role") == "fail"


def test_a_saml_provider_is_named_by_its_arn() -> None:
    arn = "arn:aws:iam::111122223333:saml-provider/people"
    assert verdict(role(None, arn), "role") == "fail"
    assert verdict(role(None, arn), "role", [TrustedFederation(issuer=arn, subjects=["*"])]) == "pass"


def test_a_provider_of_the_program_is_known_by_its_address_and_its_own_cluster_is_not_outside() -> None:
    b = GraphBuilder()
    cluster = b.add("aws:eks/cluster:Cluster", "cluster", {})
    known = b.add("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "known", {"url": GITHUB})
    own = b.add(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "own",
        {"url": ref(cluster, "identities[0].oidcs[0].issuer")},
    )
    for name, provider, key in (("outside", known, HOST), ("inside", own, "x")):
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": text(provider, "arn")},
            "Condition": {"StringEquals": {f"{key}:sub": "repo:someone/else:x"}},
        }
        b.add("Role", name, {"assumeRolePolicy": json.dumps({"Statement": [statement]})})
    assert (verdict(b, "outside"), verdict(b, "inside")) == ("fail", "pass")


def test_azure_credentials_name_issuer_and_subject() -> None:
    b = GraphBuilder()
    for name, issuer, subject in (
        ("ours", GITHUB + "/", "repo:acme/platform:environment:prod"),
        ("stranger", GITHUB, "repo:someone/else:ref:refs/heads/main"),
        ("elsewhere", "https://login.example.com", "repo:acme/platform:x"),
        ("open", GITHUB, unknown()),
    ):
        inputs = {"issuer": issuer, "subject": subject}
        b.add("azure-native:managedidentity:FederatedIdentityCredential", name, inputs)
    said = [verdict(b, name) for name in ("ours", "stranger", "elsewhere", "open")]
    assert said == ["pass", "fail", "fail", "undetermined"]


def test_google_pools_let_in_whom_a_condition_and_a_member_name() -> None:
    b = GraphBuilder()
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci"
    provider = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
    condition = "assertion.repository == 'acme/platform'"
    b.add(provider, "narrow", {"oidc": {"issuerUri": GITHUB}, "attributeCondition": condition})
    b.add(provider, "wide", {"oidc": {"issuerUri": GITHUB}})
    b.add(
        provider,
        "stranger",
        {"oidc": {"issuerUri": "https://ci.example.com"}, "attributeCondition": condition},
    )
    b.add("GcpOnAccount", "ours", {"member": f"{pool}/attribute.repository/acme/platform"})
    b.add("GcpOnAccount", "theirs", {"member": f"{pool}/attribute.repository/someone/else"})
    b.add("GcpOnAccount", "all", {"member": f"{pool}/*"})
    b.add("GcpOnAccount", "inside", {"member": "serviceAccount:p.svc.id.goog[ns/name]"})
    said = {
        name: verdict(b, name) for name in ("narrow", "wide", "stranger", "ours", "theirs", "all", "inside")
    }
    assert said == {
        "narrow": "pass", "wide": "fail", "stranger": "fail", "ours": "pass", "theirs": "fail", "all": "fail",
        "inside": "pass",
    }  # fmt: skip


def test_without_a_list_nothing_is_said_and_an_empty_one_trusts_nobody() -> None:
    b = role({"StringEquals": {f"{HOST}:sub": "repo:acme/platform:x"}})
    outcome = check(b.graph(), "dev", context=Context())
    assert RULE not in {item.rule.id for item in outcome.findings} | {*outcome.passed}
    assert verdict(b, "role", []) == "fail"
