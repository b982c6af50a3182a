"""The network on AWS under recording mocks: exact inputs, and what its network ACLs let through.

Does not prove that AWS accepts them: the rehearsal does. The walk through the ACLs follows AWS's rules (first match
wins, no state) in a few lines of its own; routes and security groups are judged by the gate.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.network import Network
from environments.vocabulary import Nat, PrivateService, SubnetTier
from modules.network.aws_acls import Rule, rules
from modules.network.aws_endpoint_policies import endpoint_policy
from modules.network.aws_flow_logs import retention
from modules.network.spec import FLOWS, WAYS_OUT
from tests import recording_mocks
from tests.recording_mocks import Recording, on_first_use

PROD = on_first_use("aws-prod")
DEV = on_first_use("aws-dev")
ACCOUNT = load("aws-prod").account
NETWORK = load("aws-prod").network
TABLE, ROUTE = "aws:ec2/routeTable:RouteTable", "aws:ec2/route:Route"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ELSEWHERE = IPv4Address("93.184.215.14")
PUBLIC, ORCHESTRATION, COMPUTE, DATA = SubnetTier


def named(part: str) -> dict[str, str]:
    return {**naming.tags(load("aws-prod")), "Name": f"sluice-aws-prod-network-{part}"}


def test_subnets_are_the_models_and_none_gives_public_addresses() -> None:
    subnets = PROD.of("aws:ec2/subnet:Subnet")
    assert {name: item.inputs["cidrBlock"] for name, item in subnets.items() if name.startswith("data")} == {
        "data-a": "10.18.192.0/20",
        "data-b": "10.18.208.0/20",
        "data-c": "10.18.224.0/20",
    }
    assert subnets["data-b"].inputs["availabilityZone"] == "eu-west-1b"
    assert not any(item.inputs["mapPublicIpOnLaunch"] for item in subnets.values())
    assert len(subnets) == 12
    assert set(DEV.of("aws:ec2/subnet:Subnet")) == {name for name in subnets if not name.endswith("-c")}


def test_the_public_tier_holds_gateways_only() -> None:
    in_public = {
        item.name
        for item in PROD.custom
        for value in item.inputs.values()
        if isinstance(value, str) and value.startswith("${public-") and value.endswith(".id}")
    }
    assert in_public == {f"nat-{letter}" for letter in "abc"} | {
        *(f"public-{letter}-routes" for letter in "abc"),
        "public-out",
    }
    assert PROD.inputs("aws:ec2/natGateway:NatGateway", "nat-b") == {
        "allocationId": "${nat-b-address.id}",
        "subnetId": "${public-b.id}",
        "connectivityType": "public",
        "tags": named("nat-b"),
    }
    assert PROD.inputs("aws:ec2/eip:Eip", "nat-b-address") == {"domain": "vpc", "tags": named("nat-b")}


def test_nat_waits_for_the_gateway_to_the_internet() -> None:
    for item in PROD.of("aws:ec2/natGateway:NatGateway").values():
        assert any(urn.endswith("::internet-gateway") for urn in item.dependencies)


@pytest.mark.parametrize(("recording", "gateways"), [(PROD, "abc"), (DEV, "aa")], ids=["per zone", "single"])
def test_each_zone_leaves_by_its_own_gateway_where_there_is_one(recording: Recording, gateways: str) -> None:
    routes = {name: item.inputs for name, item in recording.of(ROUTE).items()}
    expected = {
        f"{tier}-{letter}-out": {
            "routeTableId": f"${{{tier}-routes-{letter}.id}}",
            "destinationCidrBlock": "0.0.0.0/0",
            "natGatewayId": f"${{nat-{gateway}.id}}",
        }
        for tier in ("orchestration", "compute")
        for letter, gateway in zip("abc", gateways, strict=False)
    }
    expected["public-out"] = {
        "routeTableId": "${public-routes.id}",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "${internet-gateway.id}",
    }
    assert routes == expected
    assert set(recording.of("aws:ec2/natGateway:NatGateway")) == {f"nat-{letter}" for letter in set(gateways)}


def test_the_data_tier_has_a_table_without_a_way_out() -> None:
    assert PROD.inputs(TABLE, "data-routes") == {"vpcId": "${vpc.id}", "tags": named("data")}
    ties = PROD.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    for letter in "abc":
        assert ties[f"data-{letter}-routes"].inputs == {
            "subnetId": f"${{data-{letter}.id}}",
            "routeTableId": "${data-routes.id}",
        }
        assert ties[f"compute-{letter}-routes"].inputs["routeTableId"] == f"${{compute-routes-{letter}.id}}"
    assert "data" not in "".join(name for name in PROD.of(ROUTE))


def test_what_has_no_place_of_its_own_can_speak_to_nobody() -> None:
    for type_, name in (
        ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default-group"),
        ("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "default-acl"),
    ):
        closed = PROD.inputs(type_, name)
        assert (closed["ingress"], closed["egress"]) == ([], [])


def test_groups_name_each_other_on_both_ends() -> None:
    name = "compute-to-data-endpoints"
    rule = PROD.inputs("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", f"{name}-in")
    assert (rule["securityGroupId"], rule["referencedSecurityGroupId"]) == (
        "${data-group.id}",
        "${compute-group.id}",
    )
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 443, 443)
    other = PROD.inputs(EGRESS, f"{name}-out")
    assert (other["securityGroupId"], other["referencedSecurityGroupId"]) == (
        "${compute-group.id}",
        "${data-group.id}",
    )
    # What AWS takes in a description.
    for item in PROD.custom:
        if "securityGroup" in item.type:
            assert set(item.inputs["description"]) <= set(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*"
            )


def test_two_tiers_reach_the_internet_and_only_over_tls() -> None:
    out = {name: item.inputs for name, item in PROD.of(EGRESS).items() if "cidrIpv4" in item.inputs}
    assert set(out) == {"orchestration-to-internet-out", "compute-to-internet-out"}
    for name, rule in out.items():
        assert rule["securityGroupId"] == f"${{{name.split('-')[0]}-group.id}}"
        assert (rule["cidrIpv4"], rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == (
            "0.0.0.0/0",
            "tcp",
            443,
            443,
        )


def test_without_nat_nothing_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    network = DEV.environment.network.model_copy(
        update={"nat": Nat.NONE, "private_services": tuple(PrivateService)}
    )
    environment = DEV.environment.model_copy(update={"network": network})
    monkeypatch.setattr(recording_mocks, "load", lambda name: environment)
    closed = recording_mocks.record.__wrapped__("aws-dev")
    assert not {item.type for item in closed.custom} & {
        *("aws:ec2/internetGateway:InternetGateway", "aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip"),
        ROUTE,
    }
    assert not [name for name in closed.of("aws:ec2/subnet:Subnet") if name.startswith("public")]
    assert not [item for item in closed.of(EGRESS).values() if "cidrIpv4" in item.inputs]
    assert len(closed.of(ENDPOINT)) == 12


def test_the_default_acl_is_closed_once_no_subnet_is_under_it() -> None:
    closed = PROD.of("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl")["default-acl"]
    for tier in SubnetTier:
        assert any(urn.endswith(f"::{tier}-acl") for urn in closed.dependencies)


# ---- network ACLs


def passes(entries: tuple[Rule, ...], other_end: IPv4Address, port: int) -> bool:
    for rule in entries:
        if other_end in IPv4Network(rule.addresses) and rule.first_port <= port <= rule.last_port:
            return rule.allow
    return False


def address(tier: SubnetTier, zone: int = 0) -> IPv4Address:
    return NETWORK.zone_ranges(tier)[zone][10]


def answered(network: Network, asker: SubnetTier, target: SubnetTier, port: int, from_port: int) -> bool:
    """Whether a packet between two tiers, in different zones, arrives, and so does its answer."""
    mine, theirs = rules(network, asker), rules(network, target)
    here, there = address(asker), address(target, 1)
    return (
        passes(mine.egress, there, port)
        and passes(theirs.ingress, here, port)
        and passes(theirs.egress, here, from_port)
        and passes(mine.ingress, there, from_port)
    )


def leaves(network: Network, tier: SubnetTier, port: int, from_port: int) -> bool:
    """Whether a packet to the internet passes tier and NAT, and the answer passes both on its way back."""
    mine, public = rules(network, tier), rules(network, PUBLIC)
    here = address(tier)
    return (
        passes(mine.egress, ELSEWHERE, port)
        and passes(public.ingress, here, port)
        and passes(public.egress, ELSEWHERE, port)
        and passes(public.ingress, ELSEWHERE, from_port)
        and passes(public.egress, here, from_port)
        and passes(mine.ingress, ELSEWHERE, from_port)
    )


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_what_a_flow_allows_arrives_and_is_answered(flow: Any) -> None:
    for port in (flow.first_port, flow.last_port):
        for chosen in (1024, 3389, 32768, 65535):
            assert answered(NETWORK, flow.source, flow.target, port, chosen)


@pytest.mark.parametrize("way", WAYS_OUT, ids=lambda way: way.name)
def test_a_way_out_leads_to_the_internet_and_back(way: Any) -> None:
    for chosen in (1024, 32768, 60999, 65535):
        assert leaves(NETWORK, way.source, way.port, chosen)
    assert not leaves(NETWORK, way.source, 80, 32768)
    without = NETWORK.model_copy(update={"nat": Nat.NONE})
    assert not leaves(without, way.source, way.port, 32768)


def test_what_no_flow_allows_is_refused_by_an_acl() -> None:
    allowed = {(flow.source, flow.target) for flow in FLOWS}
    privileged = (22, 80, 443, 445)
    for source in SubnetTier:
        for target in (ORCHESTRATION, COMPUTE, DATA):
            ports = {port for port in privileged if answered(NETWORK, source, target, port, 40000)}
            expected = {443} if (source, target) in allowed and target is not COMPUTE else set()
            assert ports == expected, (source, target)
    assert not answered(NETWORK, DATA, COMPUTE, 5432, 40000)
    assert not leaves(NETWORK, DATA, 443, 40000)


def test_the_internet_starts_nothing() -> None:
    for tier in SubnetTier:
        for port in (22, 80, 443, 1023, 3389):
            assert not passes(rules(NETWORK, tier).ingress, ELSEWHERE, port), (tier, port)


def test_an_acl_is_written_as_its_rules_say() -> None:
    acl = PROD.inputs("aws:ec2/networkAcl:NetworkAcl", "data-acl")
    entry = {"action": "allow", "protocol": "tcp"}
    orchestration, compute = "10.18.64.0/18", "10.18.128.0/18"
    assert acl == {
        "vpcId": "${vpc.id}",
        "subnetIds": ["${data-a.id}", "${data-b.id}", "${data-c.id}"],
        "ingress": [
            {**entry, "ruleNo": 100, "cidrBlock": orchestration, "fromPort": 443, "toPort": 443},
            {**entry, "ruleNo": 110, "cidrBlock": compute, "fromPort": 443, "toPort": 443},
        ],
        "egress": [
            {**entry, "ruleNo": 100, "cidrBlock": orchestration, "fromPort": 1024, "toPort": 65535},
            {**entry, "ruleNo": 110, "cidrBlock": compute, "fromPort": 1024, "toPort": 65535},
        ],
        "tags": named("data"),
    }
    # AWS takes 20 in each direction.
    for item in PROD.of("aws:ec2/networkAcl:NetworkAcl").values():
        assert max(len(item.inputs["ingress"]), len(item.inputs["egress"])) <= 20


# ---- endpoints


def test_storage_is_reached_by_a_route_from_every_private_table() -> None:
    endpoint = PROD.inputs(ENDPOINT, "s3-endpoint")
    assert endpoint["vpcEndpointType"] == "Gateway"
    tables = {f"${{{name}.id}}" for name in PROD.of(TABLE) if name != "public-routes"}
    assert set(endpoint["routeTableIds"]) == tables
    assert len(tables) == 7


def test_each_private_service_has_its_endpoints_in_every_zone() -> None:
    services = {
        item.inputs["serviceName"].removeprefix("com.amazonaws.eu-west-1.")
        for item in PROD.of(ENDPOINT).values()
    }
    assert services == {
        *("s3", "secretsmanager", "kms", "sts", "logs", "monitoring", "ecr.api", "ecr.dkr", "sqs"),
        *("airflow.api", "airflow.env", "airflow.ops"),
    }
    assert set(DEV.of(ENDPOINT)) == {"s3-endpoint", "secretsmanager-endpoint", "kms-endpoint"}
    endpoint = {**PROD.inputs(ENDPOINT, "ecr-dkr-endpoint")}
    policy = endpoint.pop("policy")
    assert policy
    assert endpoint == {
        "vpcId": "${vpc.id}",
        "vpcEndpointType": "Interface",
        "serviceName": "com.amazonaws.eu-west-1.ecr.dkr",
        "subnetIds": ["${data-a.id}", "${data-b.id}", "${data-c.id}"],
        "securityGroupIds": ["${data-group.id}"],
        "privateDnsEnabled": True,
        "tags": named("ecr-dkr"),
    }
    assert set(load("aws-prod").network.private_services) == set(PrivateService)


def test_an_endpoint_lets_our_principals_to_our_resources() -> None:
    (statement,) = json.loads(PROD.inputs(ENDPOINT, "kms-endpoint")["policy"])["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
    }
    assert "kms:Decrypt" in statement["Action"]
    assert not [action for action in statement["Action"] if "*" in action or "Delete" in action]


def test_an_endpoint_that_nobody_thought_about_is_not_made_open() -> None:
    with pytest.raises(KeyError):
        endpoint_policy(load("aws-prod"), "ec2")


# ---- flow logs


def test_every_connection_is_logged() -> None:
    log = PROD.inputs("aws:ec2/flowLog:FlowLog", "flow-log")
    assert (log["vpcId"], log["trafficType"]) == ("${vpc.id}", "ALL")
    assert log["logDestination"] == "${flow-log-group.arn}"


@pytest.mark.parametrize(
    ("asked", "given"), [(1, 1), (8, 14), (30, 30), (365, 365), (366, 400), (9999, 3653)]
)
def test_a_retention_is_never_shorter_than_asked_for_unless_there_is_no_longer_one(
    asked: int, given: int
) -> None:
    assert retention(asked) == given
