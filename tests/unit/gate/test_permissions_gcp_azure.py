"""Roles of GCP members and Azure identities, taken together over all bindings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.gate.engines.graph_rules import check
from tests.graph_builder import GraphBuilder, ref, text, unknown

ADMIN, ESCALATION = "permissions/administrator", "permissions/escalation"


def _verdicts(b: GraphBuilder, name: str) -> tuple[str, str]:
    findings = check(b.graph(), "x").findings
    result = []
    for rule in (ADMIN, ESCALATION):
        found = [item for item in findings if item.rule.id == rule and item.name == name]
        assert len(found) <= 1
        result.append(str(found[0].verdict) if found else "pass")
    return result[0], result[1]


def _gcp(*roles: Any, **more: Any) -> tuple[str, str]:
    b = GraphBuilder("gcp-dev")
    account = b.add("GcpAccount", "runner", {"accountId": "runner"})
    for index, role in enumerate(roles):
        b.add(
            "GcpMember",
            f"m{index}",
            {"member": f"serviceAccount:{text(account, 'email')}", "role": role, **more},
        )
    return _verdicts(b, "runner")


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["roles/storage.objectViewer"], ("pass", "pass")),
        (["roles/owner"], ("fail", "pass")),
        (["roles/resourcemanager.projectIamAdmin"], ("fail", "pass")),
        (["roles/editor"], ("pass", "fail")),
        (["roles/iam.serviceAccountTokenCreator"], ("pass", "fail")),
        (["roles/iam.serviceAccountUser"], ("pass", "pass")),
        (["roles/compute.instanceAdmin.v1"], ("pass", "pass")),
        (["roles/iam.serviceAccountUser", "roles/compute.instanceAdmin.v1"], ("pass", "fail")),
        ([unknown()], ("undetermined", "pass")),
        (["organizations/1/roles/custom"], ("undetermined", "pass")),
    ],
)
def test_gcp_roles_add_up(roles: list[Any], expected: tuple[str, str]) -> None:
    assert _gcp(*roles) == expected


def test_gcp_a_condition_leaves_it_undetermined() -> None:
    condition = {"expression": "request.time < timestamp('2027-01-01T00:00:00Z')", "title": "x"}
    assert _gcp("roles/owner", condition=condition) == ("undetermined", "pass")


def test_gcp_bindings_and_members_of_one_account_are_one() -> None:
    b = GraphBuilder("gcp-dev")
    account = b.add("GcpAccount", "runner", {"accountId": "runner"})
    b.add("GcpMember", "a", {"member": ref(account, "member"), "role": "roles/iam.serviceAccountUser"})
    members = ["user:x@y.z", f"serviceAccount:{text(account, 'email')}"]
    b.add("GcpBinding", "b", {"members": members, "role": "roles/run.admin"})
    assert _verdicts(b, "runner") == ("pass", "fail")


def test_gcp_custom_roles_count_by_their_permissions() -> None:
    b = GraphBuilder("gcp-dev")
    account = b.add("GcpAccount", "runner", {"accountId": "runner"})
    role = b.add(
        "GcpCustomRole", "custom", {"permissions": ["iam.serviceAccounts.actAs", "run.services.create"]}
    )
    b.add("GcpMember", "m", {"member": ref(account, "member"), "role": ref(role, "id")})
    assert _verdicts(b, "runner") == ("pass", "fail")


def test_gcp_becoming_a_strong_account_through_another_is_an_escalation() -> None:
    b = GraphBuilder("gcp-dev")
    first, middle, strong = (
        b.add("GcpAccount", name, {"accountId": name}) for name in ("first", "middle", "strong")
    )
    b.add("GcpMember", "owner", {"member": ref(strong, "member"), "role": "roles/owner"})
    for who, whom in ((first, middle), (middle, strong)):
        role = "roles/iam.serviceAccountTokenCreator"
        b.add(
            "GcpOnAccount",
            f"{who.name}-on",
            {"member": ref(who, "member"), "serviceAccountId": ref(whom, "name"), "role": role},
        )
    assert _verdicts(b, "first") == ("pass", "fail")
    assert _verdicts(b, "strong")[0] == "fail"


def test_gcp_becoming_a_weak_account_is_none() -> None:
    b = GraphBuilder("gcp-dev")
    one, two = (b.add("GcpAccount", name, {"accountId": name}) for name in ("one", "two"))
    role = "roles/iam.serviceAccountUser"
    b.add(
        "GcpOnAccount",
        "on",
        {"member": ref(one, "member"), "serviceAccountId": ref(two, "name"), "role": role},
    )
    assert _verdicts(b, "one") == ("pass", "pass")


def test_gcp_a_whole_policy_is_read() -> None:
    b = GraphBuilder("gcp-dev")
    policy = {"bindings": [{"role": "roles/owner", "members": ["user:x@y.z"]}]}
    b.add("gcp:projects/iAMPolicy:IAMPolicy", "policy", {"policyData": json.dumps(policy)})
    assert _verdicts(b, "policy")[0] == "fail"
    other = GraphBuilder("gcp-dev")
    other.add("gcp:projects/iAMPolicy:IAMPolicy", "policy", {"policyData": unknown()})
    assert _verdicts(other, "policy")[0] == "undetermined"


OWNER, CONTRIBUTOR, OPERATOR, VM, READER = (
    f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    for guid in (
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    )
)
GROUP = "/subscriptions/s/resourceGroups/g"


def _azure(*roles: Any, scope: str = GROUP, **more: Any) -> tuple[str, str]:
    b = GraphBuilder("azure-dev")
    identity = b.add("AzureIdentity", "runner", {})
    for index, role in enumerate(roles):
        inputs = {"principalId": ref(identity, "principalId"), "roleDefinitionId": role, "scope": scope}
        b.add("AzureAssignment", f"a{index}", {**inputs, **more})
    return _verdicts(b, "runner")


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([READER], ("pass", "pass")),
        ([OWNER], ("fail", "pass")),
        ([CONTRIBUTOR], ("pass", "fail")),
        ([OPERATOR], ("pass", "pass")),
        ([VM], ("pass", "pass")),
        ([OPERATOR, VM], ("pass", "fail")),
        ([unknown()], ("undetermined", "pass")),
    ],
)
def test_azure_roles_add_up(roles: list[Any], expected: tuple[str, str]) -> None:
    assert _azure(*roles) == expected


def test_azure_a_contributor_of_one_resource_is_none_and_a_condition_is_undetermined() -> None:
    one = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/raw"
    assert _azure(CONTRIBUTOR, scope=one) == ("pass", "pass")
    assert _azure(OWNER, condition="@Request[...]") == ("undetermined", "pass")


def test_azure_custom_roles_count_by_their_actions() -> None:
    b = GraphBuilder("azure-dev")
    identity = b.add("AzureIdentity", "runner", {})
    permissions = [{"actions": ["Microsoft.Authorization/*"], "notActions": []}]
    role = b.add("azure-native:authorization:RoleDefinition", "custom", {"permissions": permissions})
    inputs = {"principalId": ref(identity, "principalId"), "roleDefinitionId": ref(role), "scope": GROUP}
    b.add("AzureAssignment", "a", inputs)
    assert _verdicts(b, "runner")[0] == "fail"
