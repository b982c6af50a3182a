"""Reachability on GCP and Azure: priorities, tags, tiers of groups and unknowns."""

from __future__ import annotations

from typing import Any

import pytest

from policies.gate.engines.graph_rules import check
from tests.graph_builder import GraphBuilder, ref, unknown

COMPUTE = "reachability/compute-from-internet"
DATABASE = "reachability/database-from-internet"
ALLOW = {"allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceRanges": ["0.0.0.0/0"]}
DENY = {"denies": [{"protocol": "all"}], "sourceRanges": ["0.0.0.0/0"]}


def _verdict(b: GraphBuilder, name: str, rule: str = COMPUTE) -> str:
    found = [item for item in check(b.graph(), "x").findings if item.rule.id == rule and item.name == name]
    assert len(found) <= 1
    return str(found[0].verdict) if found else "pass"


def _gcp(*firewalls: dict[str, Any], machine: dict[str, Any] | None = None, access: Any = None) -> str:
    b = GraphBuilder("gcp-dev")
    network = b.add("GcpNetwork", "net", {"name": "net"})
    for index, inputs in enumerate(firewalls):
        b.add("GcpFirewall", f"fw-{index}", {"network": ref(network), **inputs})
    interface = {"network": ref(network), "accessConfigs": [{}] if access is None else access}
    b.add("GcpInstance", "vm", {"networkInterfaces": [interface], **(machine or {})})
    return _verdict(b, "vm")


@pytest.mark.parametrize(
    ("firewalls", "expected"),
    [
        ([], "pass"),
        ([ALLOW], "fail"),
        ([{**ALLOW, "disabled": True}], "pass"),
        ([{**ALLOW, "disabled": unknown()}], "undetermined"),
        ([{**ALLOW, "direction": "EGRESS"}], "pass"),
        ([{**ALLOW, "sourceRanges": ["10.0.0.0/8"]}], "pass"),
        ([{**ALLOW, "sourceRanges": unknown()}], "undetermined"),
        ([{**ALLOW, "sourceRanges": None}], "fail"),
        ([{**ALLOW, "sourceRanges": None, "sourceTags": ["web"]}], "pass"),
        ([{**ALLOW, "targetTags": ["other"]}], "pass"),
        ([ALLOW, DENY], "pass"),  # the same priority: deny goes first
        ([ALLOW, {**DENY, "priority": 2000}], "fail"),
        ([ALLOW, {**DENY, "priority": 500}], "pass"),
        ([ALLOW, {**DENY, "priority": unknown()}], "undetermined"),
        ([{**ALLOW, "network": unknown()}], "undetermined"),
        ([{**ALLOW, "network": "another"}], "pass"),
    ],
)
def test_gcp_firewall_rules_decide_by_priority_target_and_source(firewalls: list[Any], expected: str) -> None:
    assert _gcp(*firewalls) == expected


def test_gcp_tags_and_accounts_choose_the_machine() -> None:
    assert _gcp({**ALLOW, "targetTags": ["ssh"]}, machine={"tags": ["ssh"]}) == "fail"
    assert _gcp({**ALLOW, "targetTags": ["ssh"]}, machine={"tags": unknown()}) == "undetermined"
    assert (
        _gcp({**ALLOW, "targetServiceAccounts": ["a@p"]}, machine={"serviceAccount": {"email": "a@p"}})
        == "fail"
    )
    assert (
        _gcp({**ALLOW, "targetServiceAccounts": ["a@p"]}, machine={"serviceAccount": {"email": "b@p"}})
        == "pass"
    )


def test_gcp_an_external_address_is_there_by_being_named() -> None:
    assert _gcp(ALLOW, access=[]) == "pass"
    assert _gcp(ALLOW, access=[{"natIp": unknown()}]) == "fail"
    assert _gcp(ALLOW, access=unknown()) == "undetermined"


def test_gcp_the_default_network_comes_with_open_rules() -> None:
    b = GraphBuilder("gcp-dev")
    b.add("GcpInstance", "vm", {"networkInterfaces": [{"network": "default", "accessConfigs": [{}]}]})
    assert _verdict(b, "vm") == "undetermined"


IN = {
    "direction": "Inbound",
    "access": "Allow",
    "priority": 100,
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def _azure(
    rules: Any, *, subnet_rules: Any = None, address: bool = True, sku: str = "Standard", nsg: bool = True
) -> str:
    b = GraphBuilder("azure-dev")
    configuration: dict[str, Any] = {"name": "ip"}
    if subnet_rules is not None:
        guard = b.add("AzureNsg", "subnet-nsg", {"securityRules": subnet_rules})
        subnet = b.add("AzureSubnet", "subnet", {"networkSecurityGroup": {"id": ref(guard)}})
        configuration["subnet"] = {"id": ref(subnet)}
    if address:
        public = b.add("AzureAddress", "address", {"sku": {"name": sku}})
        configuration["publicIPAddress"] = {"id": ref(public)}
    inputs: dict[str, Any] = {"ipConfigurations": [configuration]}
    if nsg:
        group = b.add("AzureNsg", "nsg", {"securityRules": rules})
        inputs["networkSecurityGroup"] = {"id": ref(group)}
    nic = b.add("AzureNic", "nic", inputs)
    b.add("AzureVm", "vm", {"networkProfile": {"networkInterfaces": [{"id": ref(nic)}]}})
    return _verdict(b, "vm")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "pass"),
        ([IN], "fail"),
        ([{**IN, "sourceAddressPrefix": "Internet"}], "fail"),
        ([{**IN, "sourceAddressPrefix": "VirtualNetwork"}], "pass"),
        ([{**IN, "sourceAddressPrefix": None, "sourceAddressPrefixes": ["0.0.0.0/0"]}], "fail"),
        ([{**IN, "direction": "Outbound"}], "pass"),
        ([IN, {**IN, "access": "Deny", "priority": 90}], "pass"),
        ([IN, {**IN, "access": "Deny", "priority": 110}], "fail"),
        ([{**IN, "access": unknown()}], "undetermined"),
        ([{**IN, "sourceAddressPrefix": unknown()}], "undetermined"),
        (unknown(), "undetermined"),
    ],
)
def test_azure_security_rules_decide_by_priority(rules: Any, expected: str) -> None:
    assert _azure(rules) == expected


def test_azure_both_groups_must_let_in() -> None:
    assert _azure([IN], subnet_rules=[IN]) == "fail"
    assert _azure([IN], subnet_rules=[]) == "pass"
    assert _azure([IN], subnet_rules=[{**IN, "destinationPortRange": "443"}]) == "pass"


def test_azure_without_a_group_the_kind_of_the_address_decides() -> None:
    assert _azure([], nsg=False, sku="Standard") == "pass"
    assert _azure([], nsg=False, sku="Basic") == "fail"
    assert _azure([IN], address=False) == "pass"


def test_azure_a_rule_in_a_resource_of_its_own_counts() -> None:
    b = GraphBuilder("azure-dev")
    group = b.add("AzureNsg", "nsg", {})
    b.add("AzureRule", "ssh", {"networkSecurityGroupName": ref(group, "name"), **IN})
    public = b.add("AzureAddress", "address", {"sku": {"name": "Standard"}})
    configuration = {"publicIPAddress": {"id": ref(public)}}
    nic = b.add(
        "AzureNic", "nic", {"networkSecurityGroup": {"id": ref(group)}, "ipConfigurations": [configuration]}
    )
    b.add("AzureVm", "vm", {"networkProfile": {"networkInterfaces": [{"id": ref(nic)}]}})
    assert _verdict(b, "vm") == "fail"


@pytest.mark.parametrize(
    ("server", "last", "expected"),
    [
        ({}, "255.255.255.255", "fail"),
        ({"publicNetworkAccess": "Disabled"}, "255.255.255.255", "pass"),
        ({"publicNetworkAccess": unknown()}, "255.255.255.255", "undetermined"),
        ({}, "0.0.0.0", "pass"),
        ({}, unknown(), "undetermined"),
    ],
)
def test_azure_a_database_server_is_open_by_a_firewall_rule(server: Any, last: Any, expected: str) -> None:
    b = GraphBuilder("azure-dev")
    made = b.add("AzureSqlServer", "sql", server)
    rule = {"serverName": ref(made, "name"), "startIpAddress": "0.0.0.0", "endIpAddress": last}
    b.add("AzureSqlFirewall", "all", rule)
    assert _verdict(b, "sql", DATABASE) == expected
