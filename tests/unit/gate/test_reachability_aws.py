"""The internet reaches what AWS would let it reach, and the finding tells the way.

Does not prove: that AWS itself decides so; the oracle below is this file's own reading of the rules.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.gate.engines.graph_rules import check
from policies.gate.verdicts import Outcome, Verdict
from tests.graph_builder import GraphBuilder, answer, ref, unknown

COMPUTE = "reachability/compute-from-internet"
DATABASE = "reachability/database-from-internet"
BALANCER = "reachability/load-balancer-from-internet"
ONE_HOP = "reachability/database-one-hop-from-internet"
SSH = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}


class Net:
    """A public network with one machine; each argument replaces a part of it."""

    def __init__(self, **change: Any) -> None:
        b = self.b = GraphBuilder()
        self.vpc = b.add("Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"})
        self.gateway = b.add("Gateway", "igw", {"vpcId": ref(self.vpc)})
        self.subnet = b.add(
            "Subnet",
            "public",
            {"vpcId": ref(self.vpc), "mapPublicIpOnLaunch": change.get("map_public", True)},
        )
        self.table = b.add("RouteTable", "table", {"vpcId": ref(self.vpc)})
        b.add(
            "Route",
            "out",
            {
                "routeTableId": ref(self.table),
                "destinationCidrBlock": change.get("destination", "0.0.0.0/0"),
                "gatewayId": change.get("gateway", ref(self.gateway)),
            },
        )
        if change.get("associate", True):
            b.add("Association", "tie", {"routeTableId": ref(self.table), "subnetId": ref(self.subnet)})
        self.group = b.add("Group", "web", {"vpcId": ref(self.vpc), "ingress": change.get("ingress", [SSH])})
        self.machine = b.add(
            "Instance",
            "bastion",
            {
                "subnetId": change.get("subnet", ref(self.subnet)),
                "vpcSecurityGroupIds": change.get("groups", [ref(self.group)]),
                **change.get("machine", {}),
            },
        )

    def verdict(self, rule: str = COMPUTE, name: str = "bastion") -> str:
        return verdict(self.outcome(), rule, name)

    def outcome(self) -> Outcome:
        return check(self.b.graph(), "aws-dev")


def verdict(outcome: Outcome, rule: str, name: str) -> str:
    found = [item for item in outcome.findings if item.rule.id == rule and item.name == name]
    assert len(found) <= 1
    return str(found[0].verdict) if found else "pass"


def test_a_machine_with_address_route_and_open_group_is_reached_and_the_way_is_told() -> None:
    net = Net()
    (finding,) = [item for item in net.outcome().findings if item.rule.id == COMPUTE]
    assert finding.verdict is Verdict.FAIL
    for part in (
        "internet gateway",
        "0.0.0.0/0",
        "`table`",
        "subnet `public`",
        "network ACL",
        "`web`",
        "tcp 22",
        "`bastion`",
    ):
        assert part in finding.message, finding.message
    assert finding.source is not None and finding.source.line


@pytest.mark.parametrize(
    "change",
    [
        {"map_public": False},
        {"machine": {"associatePublicIpAddress": False}},
        {"associate": False},
        {"gateway": "vgw-1234"},
        {"destination": "10.1.0.0/16"},
        {"ingress": []},
        {"ingress": [{**SSH, "cidrBlocks": ["10.0.0.0/8"]}]},
        {"ingress": [{**SSH, "cidrBlocks": ["203.0.113.7/32"]}]},
    ],
    ids=str,
)
def test_one_missing_hop_keeps_the_internet_out(change: dict[str, Any]) -> None:
    net = Net(**change)
    outcome = net.outcome()
    assert verdict(outcome, COMPUTE, "bastion") == "pass"
    assert outcome.passed[COMPUTE] == 1 and net.machine.urn in outcome.checked


@pytest.mark.parametrize(
    "change",
    [
        {"map_public": unknown()},
        {"machine": {"associatePublicIpAddress": unknown()}},
        {"gateway": unknown()},
        {"gateway": answer("aws:ec2/getInternetGateway:getInternetGateway", "internetGatewayId")},
        {"destination": unknown()},
        {"ingress": unknown()},
        {"ingress": [unknown()]},
        {"ingress": [{**SSH, "cidrBlocks": [unknown()]}]},
        {"ingress": [{**SSH, "cidrBlocks": unknown()}]},
        {"ingress": [{**SSH, "fromPort": unknown()}]},
        {"groups": unknown()},
        {"groups": ["sg-0123"]},
        {"subnet": unknown()},
        {
            "subnet": answer("aws:ec2/getSubnet:getSubnet", "id"),
            "machine": {"associatePublicIpAddress": True},
        },
    ],
    ids=str,
)
def test_one_unknown_hop_is_undetermined(change: dict[str, Any]) -> None:
    assert Net(**change).verdict() == "undetermined"


@pytest.mark.parametrize(
    "ingress",
    [
        [{**SSH, "cidrBlocks": ["0.0.0.0/1"]}, {**SSH, "cidrBlocks": ["128.0.0.0/1"]}],
        [{**SSH, "protocol": "-1", "fromPort": 0, "toPort": 0}],
        [{**SSH, "protocol": "6"}],
    ],
)
def test_other_spellings_of_open_are_open(ingress: list[Any]) -> None:
    assert Net(ingress=ingress).verdict() == "fail"


@pytest.mark.parametrize("resource", ["GroupRule", "IngressRule"])
def test_a_rule_in_a_resource_of_its_own_opens_the_group(resource: str) -> None:
    net = Net(ingress=None)
    common = {"securityGroupId": ref(net.group), "fromPort": 22, "toPort": 22}
    if resource == "GroupRule":
        net.b.add(
            resource, "ssh", {**common, "type": "ingress", "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}
        )
    else:
        net.b.add(resource, "ssh", {**common, "ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"})
    assert net.verdict() == "fail"


def test_an_egress_rule_opens_nothing() -> None:
    net = Net(ingress=None)
    net.b.add(
        "GroupRule",
        "out-all",
        {"securityGroupId": ref(net.group), "type": "egress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]},
    )
    assert net.verdict() == "pass"


def test_a_prefix_list_that_holds_the_internet_opens_the_group_and_an_unknown_one_may() -> None:
    net = Net(ingress=None)
    made = net.b.add("PrefixList", "list", {"entries": [{"cidr": "0.0.0.0/0"}]})
    rule = {"securityGroupId": ref(net.group), "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}
    net.b.add("IngressRule", "ssh", {**rule, "prefixListId": ref(made)})
    assert net.verdict() == "fail"
    other = Net(ingress=None)
    other.b.add("IngressRule", "ssh", {**rule, "prefixListId": "pl-0123"})
    assert other.verdict() == "undetermined"


def test_the_main_route_table_counts_where_a_subnet_has_none_of_its_own() -> None:
    by_main = Net(associate=False)
    by_main.b.add("MainAssociation", "main", {"vpcId": ref(by_main.vpc), "routeTableId": ref(by_main.table)})
    assert by_main.verdict() == "fail"
    by_default = Net(associate=False)
    route = {"cidrBlock": "0.0.0.0/0", "gatewayId": ref(by_default.gateway)}
    by_default.b.add(
        "DefaultRouteTable",
        "default",
        {"defaultRouteTableId": ref(by_default.vpc, "defaultRouteTableId"), "routes": [route]},
    )
    assert by_default.verdict() == "fail"


def test_a_route_table_tied_to_a_subnet_nobody_knows_may_be_the_one() -> None:
    net = Net(associate=False)
    net.b.add("Association", "tie", {"routeTableId": ref(net.table), "subnetId": unknown()})
    assert net.verdict() == "undetermined"


def test_a_network_acl_decides_in_the_order_of_its_numbers() -> None:
    def with_rules(*rules: tuple[int, str, str]) -> str:
        net = Net()
        acl = net.b.add("Acl", "acl", {"vpcId": ref(net.vpc), "subnetIds": [ref(net.subnet)]})
        for number, action, cidr in rules:
            net.b.add(
                "AclRule",
                f"rule-{number}",
                {
                    "networkAclId": ref(acl),
                    "ruleNumber": number,
                    "ruleAction": action,
                    "protocol": "tcp",
                    "fromPort": 22,
                    "toPort": 22,
                    "cidrBlock": cidr,
                },
            )
        return net.verdict()

    assert with_rules() == "pass"
    assert with_rules((100, "allow", "0.0.0.0/0")) == "fail"
    assert with_rules((90, "deny", "0.0.0.0/0"), (100, "allow", "0.0.0.0/0")) == "pass"
    assert with_rules((110, "deny", "0.0.0.0/0"), (100, "allow", "0.0.0.0/0")) == "fail"
    assert with_rules((90, "deny", "0.0.0.0/1"), (100, "allow", "0.0.0.0/0")) == "fail"


def test_ipv6_is_a_way_in_of_its_own() -> None:
    net = Net(map_public=False, ingress=[{**SSH, "cidrBlocks": [], "ipv6CidrBlocks": ["::/0"]}])
    net.b.add(
        "Route",
        "six",
        {"routeTableId": ref(net.table), "destinationIpv6CidrBlock": "::/0", "gatewayId": ref(net.gateway)},
    )
    assert net.verdict() == "pass"
    net.b.add(
        "Instance",
        "six-machine",
        {"subnetId": ref(net.subnet), "vpcSecurityGroupIds": [ref(net.group)], "ipv6AddressCount": 1},
    )
    assert net.verdict(name="six-machine") == "fail"


def test_an_elastic_address_makes_a_private_machine_public() -> None:
    net = Net(map_public=False)
    assert net.verdict() == "pass"
    net.b.add("Eip", "address", {"instance": ref(net.machine)})
    assert net.verdict() == "fail"


def test_a_machine_in_the_default_network_is_public() -> None:
    b = GraphBuilder()
    group = b.add("Group", "open", {"ingress": [SSH]})
    b.add("Instance", "quick", {"vpcSecurityGroupIds": [ref(group)]})
    assert verdict(check(b.graph(), "x"), COMPUTE, "quick") == "fail"


def test_a_scaling_group_is_judged_by_its_launch_template() -> None:
    net = Net()
    template = net.b.add("Template", "template", {"vpcSecurityGroupIds": [ref(net.group)]})
    net.b.add(
        "ScalingGroup",
        "workers",
        {"launchTemplate": {"id": ref(template)}, "vpcZoneIdentifiers": [ref(net.subnet)]},
    )
    assert net.verdict(name="workers") == "fail"


def _database(net: Net, **inputs: Any) -> None:
    subnets = net.b.add("SubnetGroup", "db-subnets", {"subnetIds": [ref(net.subnet)]})
    net.b.add("Rds", "db", {"dbSubnetGroupName": ref(subnets, "name"), **inputs})


def test_a_public_database_is_found_through_its_subnet_group() -> None:
    net = Net()
    _database(net, publiclyAccessible=True, vpcSecurityGroupIds=[ref(net.group)])
    assert net.verdict(DATABASE, "db") == "fail"
    private = Net()
    _database(private, vpcSecurityGroupIds=[ref(private.group)])
    assert private.verdict(DATABASE, "db") == "pass"
    unsure = Net()
    _database(unsure, publiclyAccessible=unknown(), vpcSecurityGroupIds=[ref(unsure.group)])
    assert unsure.verdict(DATABASE, "db") == "undetermined"


def test_a_database_that_lets_in_the_bastions_group_is_one_hop_away() -> None:
    net = Net()
    inner = net.b.add(
        "Group",
        "db-group",
        {"vpcId": ref(net.vpc), "ingress": [{**SSH, "cidrBlocks": None, "securityGroups": [ref(net.group)]}]},
    )
    _database(net, vpcSecurityGroupIds=[ref(inner)])
    assert net.verdict(ONE_HOP, "db") == "fail"
    assert net.verdict(DATABASE, "db") == "pass"
    closed = Net(ingress=[])
    other = closed.b.add(
        "Group", "db-group", {"ingress": [{**SSH, "cidrBlocks": None, "securityGroups": [ref(closed.group)]}]}
    )
    _database(closed, vpcSecurityGroupIds=[ref(other)])
    assert closed.verdict(ONE_HOP, "db") == "pass"
    unsure = Net()
    third = unsure.b.add(
        "Group", "db-group", {"ingress": [{**SSH, "cidrBlocks": None, "securityGroups": unknown()}]}
    )
    _database(unsure, vpcSecurityGroupIds=[ref(third)])
    assert unsure.verdict(ONE_HOP, "db") == "undetermined"


def test_groups_that_name_each_other_open_nothing_and_do_not_loop() -> None:
    net = Net(ingress=None)
    other = net.b.add("Group", "other", {"vpcId": ref(net.vpc)})
    for at, source in ((net.group, other), (other, net.group), (other, other)):
        net.b.add(
            "IngressRule",
            f"{at.name}-{source.name}",
            {"securityGroupId": ref(at), "referencedSecurityGroupId": ref(source), "ipProtocol": "-1"},
        )
    assert net.verdict() == "pass"


def test_a_load_balancer_is_open_only_with_a_listener_and_without_internal() -> None:
    def balancer(listen: bool, **inputs: Any) -> str:
        net = Net(ingress=[{**SSH, "fromPort": 443, "toPort": 443}])
        made = net.b.add(
            "Balancer", "lb", {"subnets": [ref(net.subnet)], "securityGroups": [ref(net.group)], **inputs}
        )
        if listen:
            net.b.add(
                "Listener", "https", {"loadBalancerArn": ref(made, "arn"), "port": 443, "protocol": "HTTPS"}
            )
        return net.verdict(BALANCER, "lb")

    assert balancer(True) == "fail"
    assert balancer(False) == "pass"
    assert balancer(True, internal=True) == "pass"
    assert balancer(True, internal=unknown()) == "undetermined"


PORTS = st.tuples(st.integers(1, 6), st.integers(0, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))
CIDR = st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "198.51.100.9/32"])
ACL_RULES = st.lists(st.tuples(st.booleans(), PORTS, CIDR), max_size=4)
GROUP_RULES = st.lists(st.tuples(PORTS, CIDR), max_size=3)


@settings(max_examples=150, deadline=None)
@given(public=st.booleans(), routed=st.booleans(), acl=st.none() | ACL_RULES, group=GROUP_RULES)
def test_reachability_is_what_trying_every_port_one_by_one_finds(
    public: bool,
    routed: bool,
    acl: list[tuple[bool, tuple[int, int], str]] | None,
    group: list[tuple[tuple[int, int], str]],
) -> None:
    net = Net(
        map_public=public,
        associate=routed,
        ingress=[
            {"protocol": "tcp", "fromPort": low, "toPort": high, "cidrBlocks": [cidr]}
            for (low, high), cidr in group
        ],
    )
    if acl is not None:
        rules = [
            {
                "ruleNo": 100 + index,
                "action": "allow" if allow else "deny",
                "protocol": "tcp",
                "fromPort": low,
                "toPort": high,
                "cidrBlock": cidr,
            }
            for index, (allow, (low, high), cidr) in enumerate(acl)
        ]
        net.b.add("Acl", "acl", {"subnetIds": [ref(net.subnet)], "ingress": rules})

    def through_acl(port: int) -> bool:
        if acl is None:
            return True
        for allow, (low, high), cidr in acl:
            if low <= port <= high and cidr == "0.0.0.0/0":
                return allow
        return False

    def through_group(port: int) -> bool:
        return any(low <= port <= high and cidr == "0.0.0.0/0" for (low, high), cidr in group)

    reached = public and routed and any(through_acl(port) and through_group(port) for port in range(0, 12))
    assert net.verdict() == ("fail" if reached else "pass")


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(), hidden=st.sets(st.sampled_from(["map_public", "gateway", "ingress", "groups", "subnet"]))
)
def test_hiding_a_value_never_turns_a_finding_into_a_pass(data: st.DataObject, hidden: set[str]) -> None:
    change: dict[str, Any] = {"map_public": data.draw(st.booleans())}
    known = Net(**change).verdict()
    found = Net(**{**change, **dict.fromkeys(hidden, unknown())}).verdict()
    if known == "fail":
        assert found in ("fail", "undetermined")
    if known == "pass" and found == "fail":
        raise AssertionError("an unknown made a certain finding of a pass")


def test_a_group_put_on_a_machines_interface_by_a_resource_of_its_own_counts() -> None:
    net = Net(ingress=[SSH], groups=[])
    assert net.verdict() == "pass"
    net.b.add(
        "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment",
        "more",
        {
            "networkInterfaceId": ref(net.machine, "primaryNetworkInterfaceId"),
            "securityGroupId": ref(net.group),
        },
    )
    assert net.verdict() == "fail"


def test_a_second_interface_is_a_second_way_in() -> None:
    net = Net(map_public=False)
    nic = net.b.add("Interface", "nic", {"subnetId": ref(net.subnet), "securityGroups": [ref(net.group)]})
    net.b.add(
        "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment",
        "tie",
        {"instanceId": ref(net.machine), "networkInterfaceId": ref(nic), "deviceIndex": 1},
    )
    assert net.verdict() == "pass"
    net.b.add("Eip", "address", {"networkInterface": ref(nic)})
    assert net.verdict() == "fail"


def test_an_address_that_may_be_on_anything_hides_no_certain_way() -> None:
    net = Net()
    net.b.add("Eip", "address", {"instance": unknown()})
    assert net.verdict() == "fail"
