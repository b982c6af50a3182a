"""Network ACLs of an AWS network, derived from the flows and ways out.

An ACL keeps no state: for each packet that starts something, the answer needs a rule of its own, on the port
that the asker chose. They are the second fence: security groups, which do keep state, are the first and finer one.
Traffic to the network's own DNS and to instance metadata passes no ACL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.network import Network
from environments.vocabulary import Nat, SubnetTier
from modules.network.aws_routes import Subnets
from modules.network.aws_vpc import ANYWHERE, HTTPS, Vpc
from modules.network.spec import FLOWS, WAYS_OUT

# NAT gateways and Lambda choose among all of these; Linux among 32768 to 60999. (VPC guide, ephemeral ports.)
FIRST_EPHEMERAL, LAST_PORT = 1024, 65535
# Remote desktops listen inside that range, and nothing of ours does. Of 64,512 connections one gets no answer,
# if its NAT gateway chooses this port; every client of ours tries again.
REMOTE_DESKTOP = 3389
# S3's gateway endpoint is reached at S3's own addresses, which an ACL cannot name.
REACH_STORAGE = (SubnetTier.ORCHESTRATION, SubnetTier.COMPUTE)
FIRST_NUMBER, STEP = 100, 10


@dataclass(frozen=True)
class Rule:
    """Traffic (TCP) with one range of addresses; they are tried in order."""

    addresses: str
    first_port: int
    last_port: int
    allow: bool = True


@dataclass(frozen=True)
class Rules:
    """All of a tier's ACL; what no rule allows is refused."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


def rules(network: Network, tier: SubnetTier) -> Rules:
    """The rules of one tier."""
    ingress: list[Rule] = []
    egress: list[Rule] = []
    for flow in FLOWS:
        if flow.target is tier:
            asker = network.tier_range(flow.source)
            ingress.append(_ports(asker, flow.first_port, flow.last_port))
            egress.append(_answers(asker))
        if flow.source is tier:
            asked = network.tier_range(flow.target)
            egress.append(_ports(asked, flow.first_port, flow.last_port))
            ingress.append(_answers(asked))
    ways = WAYS_OUT if network.nat is not Nat.NONE else ()
    for way in ways if tier is SubnetTier.PUBLIC else ():
        asker = network.tier_range(way.source)
        ingress.append(_ports(asker, way.port, way.port))
        egress.append(_answers(asker))
    # Last, so that the refusal among them touches nothing inside the network.
    ports = {way.port for way in ways if tier in (way.source, SubnetTier.PUBLIC)}
    ports |= {HTTPS} if tier in REACH_STORAGE else set()
    egress += [_ports(ANYWHERE, port, port) for port in sorted(ports)]
    if ports:
        ingress += [Rule(ANYWHERE, REMOTE_DESKTOP, REMOTE_DESKTOP, allow=False), _answers(ANYWHERE)]
    return Rules(tuple(dict.fromkeys(ingress)), tuple(dict.fromkeys(egress)))


def network_acls(vpc: Vpc, subnets: Mapping[SubnetTier, Subnets]) -> None:
    """Makes the ACL of each tier, and closes the default one, which then is no subnet's any more."""
    made = [_acl(vpc, tier, inside) for tier, inside in subnets.items()]
    aws.ec2.DefaultNetworkAcl(
        "default-acl",
        default_network_acl_id=vpc.resource.default_network_acl_id,
        ingress=[],
        egress=[],
        tags=vpc.tags("default"),
        opts=ResourceOptions.merge(vpc.inside, ResourceOptions(depends_on=made)),
    )


def _acl(vpc: Vpc, tier: SubnetTier, subnets: Subnets) -> aws.ec2.NetworkAcl:
    mine = rules(vpc.environment.network, tier)
    return aws.ec2.NetworkAcl(
        f"{tier}-acl",
        vpc_id=vpc.resource.id,
        subnet_ids=[subnet.id for subnet in subnets.values()],
        ingress=[_entry(number, rule) for number, rule in _numbered(mine.ingress)],
        egress=[_entry(number, rule) for number, rule in _numbered(mine.egress)],
        tags=vpc.tags(str(tier)),
        opts=vpc.inside,
    )


def _ports(addresses: IPv4Network | str, first: int, last: int) -> Rule:
    return Rule(str(addresses), first, last)


def _answers(addresses: IPv4Network | str) -> Rule:
    return _ports(addresses, FIRST_EPHEMERAL, LAST_PORT)


def _numbered(given: Iterable[Rule]) -> Iterable[tuple[int, Rule]]:
    return ((FIRST_NUMBER + STEP * index, rule) for index, rule in enumerate(given))


def _entry(number: int, rule: Rule) -> aws.ec2.NetworkAclIngressArgsDict:
    """An entry; those of both directions have the same form."""
    return {
        "rule_no": number,
        "action": "allow" if rule.allow else "deny",
        "protocol": "tcp",
        "cidr_block": rule.addresses,
        "from_port": rule.first_port,
        "to_port": rule.last_port,
    }
