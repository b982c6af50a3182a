"""Every rule of the ARM projection, and every reviewed rename and nested list."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from policies.gate.engines.checkov.catalogue import Catalogue
from policies.gate.projection.arm import arm_type, project, tokens
from policies.gate.projection.mapping import DATA

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINER = "azure-native:storage:BlobContainer"
VAULT = "azure-native:keyvault:Vault"

REVIEWED: dict[str, Any] = YAML(typ="safe").load((DATA / "arm_reviewed.yaml").read_text())
TOKENS = {words.split()[0]: f"azure-native:{token}" for token, words in REVIEWED["types"].items()}
RENAMES = [
    (kind, path, name) for kind, renames in REVIEWED["renames"].items() for path, name in renames.items()
]


def only(projection: Any, kind: str) -> dict[str, Any]:
    (found,) = (body for body in projection.template["resources"] if body["type"] == kind)
    return dict(found)


@pytest.mark.parametrize("token", sorted(REVIEWED["types"]))
def test_a_name_is_made_of_its_parents_names(token: str, graph: Any) -> None:
    kind, *parts = REVIEWED["types"][token].split()
    inputs = {part: f"x{number}" for number, part in enumerate(parts) if not part.startswith("=")}
    body = only(project(graph((f"azure-native:{token}", "logical", inputs))), kind)
    expected = [part[1:] if part.startswith("=") else f"x{number}" for number, part in enumerate(parts)]
    assert body["name"] == "/".join(expected)
    assert body["apiVersion"]
    # A child's type has one kind for each part of its name, as ARM demands.
    extra = kind.count("/") - len(parts)
    assert extra == 0


@pytest.mark.parametrize("name", ["location", "tags", "sku", "kind", "identity"])
def test_the_envelope_is_beside_the_properties(name: str, graph: Any) -> None:
    body = only(project(graph((ACCOUNT, "a", {name: "x"}))), "Microsoft.Storage/storageAccounts")
    assert body[name] == "x"
    assert "properties" not in body


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, names in REVIEWED["inside_properties"].items() for name in names],
)
def test_what_belongs_inside_is_inside(kind: str, name: str, graph: Any) -> None:
    body = only(project(graph((TOKENS[kind], "x", {name: {"name": "y"}}))), kind)
    assert body["properties"][name] == {"name": "y"}
    assert name not in body


def test_properties_that_the_sdk_keeps_are_not_nested_twice(graph: Any) -> None:
    body = only(
        project(graph((VAULT, "v", {"properties": {"enablePurgeProtection": True}}))),
        "Microsoft.KeyVault/vaults",
    )
    assert body["properties"] == {"enablePurgeProtection": True}


@pytest.mark.parametrize(("kind", "path", "name"), RENAMES)
def test_a_reviewed_rename_is_in_force(kind: str, path: str, name: str, graph: Any) -> None:
    value: Any = "x"
    for part in reversed(path.split(".")[1:]):
        value = {part: value}
    found: Any = only(project(graph((TOKENS[kind], "a", {path.split(".")[0]: value}))), kind)["properties"]
    while isinstance(found, dict):
        (last,) = found
        found = found[last]
    assert last == name


@pytest.mark.parametrize("name", REVIEWED["nested_lists"])
def test_flattened_children_get_their_properties_back(name: str, graph: Any) -> None:
    token = next(
        f"azure-native:{token}"
        for token in [*REVIEWED["types"]]
        if (found := arm_type(f"azure-native:{token}")) and name in found.inputs
    ) if _top_level(name) else "azure-native:network:NetworkInterface"  # fmt: skip
    inputs = {name: [{"name": "one", "setting": 1}]}
    given = inputs if _top_level(name) else {"ipConfigurations": [{"name": "x", "subnet": inputs}]}
    (body,) = project(graph((token, "x", given))).template["resources"]
    found = body["properties"]
    items = found[name] if _top_level(name) else found["ipConfigurations"][0]["properties"]["subnet"][name]
    assert items == [{"name": "one", "properties": {"setting": 1}}]


def _top_level(name: str) -> bool:
    return any(
        (found := arm_type(f"azure-native:{token}")) is not None and name in found.inputs
        for token in REVIEWED["types"]
    )


def test_references_are_literal_names_and_ids(graph: Any, ref: Any) -> None:
    found = project(
        graph(
            (GROUP, "rg", {"resourceGroupName": "rg-x"}),
            (ACCOUNT, "sa", {"accountName": "sax", "resourceGroupName": ref(GROUP, "rg", "name")}),
            (CONTAINER, "raw", {"accountName": ref(ACCOUNT, "sa", "name"), "containerName": "raw"}),
            ("azure-native:authorization:RoleAssignment", "ra", {"scope": ref(ACCOUNT, "sa", "id")}),
        )
    )
    container = only(found, "Microsoft.Storage/storageAccounts/blobServices/containers")
    assert container["name"] == "sax/default/raw"
    assert only(found, "Microsoft.Authorization/roleAssignments")["scope"].endswith(
        "/resourceGroups/rg-x/providers/Microsoft.Storage/storageAccounts/sax"
    )


def test_secrets_are_hidden_and_unknowns_said(graph: Any) -> None:
    secret = {"$secret": {"origin": "config", "key": "k"}}
    given = {"administratorLoginPassword": secret, "administratorLogin": {"$unknown": {"from": []}}}
    body = only(project(graph(("azure-native:sql:Server", "s", given))), "Microsoft.Sql/servers")
    assert body["properties"] == {
        "administratorLoginPassword": "(sensitive value)",
        "administratorLogin": "(known after apply)",
    }


def test_what_has_no_arm_type_or_input_is_reported(graph: Any) -> None:
    found = project(graph((ACCOUNT, "a", {"colour": "red"}), ("azure-native:odd", "o", {})))
    assert {(item.type, item.attribute) for item in found.unmapped} == {
        (ACCOUNT, "colour"),
        ("azure-native:odd", ""),
    }
    assert found.urns["Microsoft.Storage/storageAccounts.a"].endswith("::a")


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("azure-native:quantum:Workspace", "Microsoft.Quantum/workspaces"),
        ("azure-native:redis/v20230401:FirewallPolicy", "Microsoft.Cache/firewallPolicies"),
        ("azure-native:dns:RecordSetAlias", "Microsoft.Network/recordSetAliases"),
    ],
)
def test_a_type_that_nobody_has_reviewed_is_placed_by_rule(graph: Any, token: str, type_: str) -> None:
    found = project(graph((token, "x", {"location": "westeurope", "depth": 1, "resourceGroupName": "g"})))
    body = only(found, type_)
    assert (body["name"], body["location"], body["properties"]) == ("x", "westeurope", {"depth": 1})
    assert found.unmapped == [] and found.urns[f"{type_}.x"].endswith("::x")


def test_what_is_made_through_a_service_s_own_api_is_no_gap(graph: Any) -> None:
    found = project(graph(("azure-native:storage:Blob", "b", {"blobName": "x"})))
    assert found.unmapped == [] and found.template["resources"] == []


# Types that checkov checks and the SDK has not, or has in another form: why none of its tokens is placed there.
NOT_IN_THE_SDK = {
    "Microsoft.DocumentDb/databaseAccounts": "another spelling of one that is placed",
    "Microsoft.Insights/logprofiles": "given up by Azure",
    "Microsoft.Network/frontdoorWebApplicationFirewallPolicies": "another spelling of one that is placed",
    "Microsoft.Network/networkWatchers/FlowLogs": "another spelling of one that is placed",
    "Microsoft.Network/networkWatchers/FlowLogs/": "another spelling of one that is placed",
    "Microsoft.Network/networkWatchers/flowLogs/": "another spelling of one that is placed",
    "Microsoft.ServiceFabric/clusters": "the SDK has managed clusters only",
    "Microsoft.Storage/storageAccounts/queueServices/providers/diagnosticsettings": "monitor:DiagnosticSetting",
    "Microsoft.Synapse/workspaces/extendedAuditingPolicies": "not in the SDK",
    "Microsoft.Synapse/workspaces/sqlPools/auditingSettings": "not in the SDK",
    "Microsoft.Web/sites/config": "one type for ten kinds of settings: checks would fail all but one of them",
}


def test_every_arm_type_that_checkov_checks_is_reviewed() -> None:
    checked = {
        kind for check in Catalogue().checks.values() for kind in check.types if kind.startswith("Microsoft.")
    }
    placed = {found.name for token in tokens() if (found := arm_type(token)) is not None}
    assert checked - placed == set(NOT_IN_THE_SDK)


def test_a_token_that_names_its_version_is_the_same_type() -> None:
    assert arm_type("azure-native:storage/v20230101:StorageAccount") == arm_type(ACCOUNT)
