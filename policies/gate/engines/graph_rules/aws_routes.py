"""How AWS subnets hang on the internet: route tables, gateways, network ACLs and public addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

from policies.gate import values
from policies.gate.engines.graph_rules import ports
from policies.gate.engines.graph_rules.addresses import all_of_it, internet
from policies.gate.engines.graph_rules.aws_groups import DEFAULT_VPC, PREFIX_LIST, VPC
from policies.gate.engines.graph_rules.certainty import Certainty, flag, is_open, items
from policies.gate.engines.graph_rules.links import Links, Target
from policies.gate.engines.graph_rules.ports import Between, Entry
from policies.gate.graph import Resource
from policies.gate.values import Value

SUBNET = "aws:ec2/subnet:Subnet"
DEFAULT_SUBNET = "aws:ec2/defaultSubnet:DefaultSubnet"
SUBNETS = (SUBNET, DEFAULT_SUBNET)
TABLE = "aws:ec2/routeTable:RouteTable"
DEFAULT_TABLE = "aws:ec2/defaultRouteTable:DefaultRouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
MAIN_ASSOCIATION = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ACL = "aws:ec2/networkAcl:NetworkAcl"
DEFAULT_ACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
ACL_ASSOCIATION = "aws:ec2/networkAclAssociation:NetworkAclAssociation"

_MAIN_TABLE = ("mainRouteTableId", "defaultRouteTableId")
_OUTSIDE, _UNKNOWN = "outside", "unknown"
# A route by way of these carries nothing that begins on the internet.
_INWARD = (
    "natGatewayId",
    "transitGatewayId",
    "vpcPeeringConnectionId",
    "egressOnlyGatewayId",
    "localGatewayId",
)


@dataclass
class _Spread:
    """What a subnet is tied to, by the subnet's URN, and what may be tied to any."""

    to: dict[str, list[str]] = field(default_factory=dict)
    anywhere: list[str] = field(default_factory=list)

    def tie(self, subnets: Target, things: list[str], *, may_be_any: bool) -> None:
        for subnet in subnets.resources:
            self.to.setdefault(subnet.urn, []).extend(things)
        if subnets.unknown and may_be_any:
            self.anywhere += things


class AwsRoutes:
    """All route tables and network ACLs of a graph. A key is a URN; a VPC's stands for its main route table
    or its default ACL. Two keys that are no URN stand for a table or ACL that this program does not make,
    and for one that may be any.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._graph = links.graph
        self._tables = _Spread()
        self._routes: dict[str, list[tuple[dict[int, Certainty], str]]] = {}
        self._main: dict[str, list[str]] = {}
        self._acls = _Spread()
        self._entries: dict[str, list[dict[int, Entry]]] = {}
        self._read_routes()
        self._read_acls()

    # Route tables

    def _table_keys(self, value: Value) -> list[str]:
        if values.is_ref(value) and value[values.REF]["property"] in _MAIN_TABLE:
            return [value[values.REF]["urn"]]
        target = self._links.target(value, TABLE, DEFAULT_TABLE)
        keys = [
            key
            for table in target.resources
            for key in (
                self._table_keys(table.inputs.get("defaultRouteTableId"))
                if table.type == DEFAULT_TABLE
                else [table.urn]
            )
        ]
        return [*keys, *_others(target)]

    def _read_routes(self) -> None:
        for table in self._graph.of_type(TABLE, DEFAULT_TABLE):
            routes, unknown = items(table.inputs.get("routes"))
            default = table.type == DEFAULT_TABLE
            keys = self._table_keys(table.inputs.get("defaultRouteTableId")) if default else [table.urn]
            for key in keys:
                mine = self._routes.setdefault(key, [])
                mine += [self._route(route, "cidrBlock", "ipv6CidrBlock") for route in routes]
                if unknown or table.kind == "read":
                    mine.append(_unknown_route())
        for route in self._graph.of_type(ROUTE):
            read = self._route(route.inputs, "destinationCidrBlock", "destinationIpv6CidrBlock")
            for key in self._table_keys(route.inputs.get("routeTableId")):
                self._routes.setdefault(key, []).append(read)
        for tie in self._graph.of_type(MAIN_ASSOCIATION):
            for vpc in self._links.target(tie.inputs.get("vpcId"), VPC, DEFAULT_VPC).resources:
                self._main.setdefault(vpc.urn, []).extend(self._table_keys(tie.inputs.get("routeTableId")))
        for tie in self._graph.of_type(ASSOCIATION):
            if "subnetId" in tie.inputs:
                self._tables.tie(
                    self._links.target(tie.inputs["subnetId"], *SUBNETS),
                    self._table_keys(tie.inputs.get("routeTableId")),
                    may_be_any=True,
                )

    def _route(self, route: Value, v4: str, v6: str) -> tuple[dict[int, Certainty], str]:
        if not isinstance(route, dict) or is_open(route):
            return _unknown_route()
        gateway = self._gateway(route)
        from_list = Certainty.NO
        if route.get("destinationPrefixListId") is not None:
            target = self._links.target(route["destinationPrefixListId"], PREFIX_LIST)
            from_list = Certainty.NO if target.certain and target.resources else Certainty.MAYBE
        found = {
            family: min(gateway, max(internet(route.get(name), family), from_list))
            for family, name in ((4, v4), (6, v6))
        }
        return found, f"route {route.get(v4) or route.get(v6) or 'to a prefix list'}"

    def _gateway(self, route: dict[str, Value]) -> Certainty:
        """Whether a route goes through an internet gateway."""
        if route.get("vpcEndpointId") is not None:
            return Certainty.MAYBE  # a firewall's endpoint, behind which the internet gateway stands
        if route.get("carrierGatewayId") is not None:
            return Certainty.YES
        given = route.get("gatewayId")
        if given is None:
            known = any(route.get(name) is not None for name in _INWARD)
            return Certainty.NO if known or route.get("networkInterfaceId") is None else Certainty.MAYBE
        text = values.literal(given)
        if isinstance(text, str) and "${" not in text:
            return Certainty.YES if text.startswith("igw-") else Certainty.NO
        target = self._links.target(given, INTERNET_GATEWAY)
        if target.resources:
            return Certainty.YES if target.certain else Certainty.MAYBE
        if values.is_ref(given) and given[values.REF]["urn"] in self._graph.resources:
            return Certainty.NO  # a VPN gateway
        return Certainty.MAYBE

    def has_table(self, subnet: Resource) -> Certainty:
        """Whether a subnet is tied to a route table of its own."""
        if self._tables.to.get(subnet.urn):
            return Certainty.YES
        return Certainty.MAYBE if self._tables.anywhere or subnet.kind == "read" else Certainty.NO

    def routed(self, subnet: Resource, family: int) -> tuple[Certainty, str]:
        """Whether the internet reaches a subnet through its route table, and by which route."""
        if subnet.kind == "read":
            return Certainty.MAYBE, "routes that are not known before apply"
        own = self._tables.to.get(subnet.urn)
        if own:
            return self._best(own, family)
        vpc = self._links.target(subnet.inputs.get("vpcId"), VPC, DEFAULT_VPC)
        found, way = Certainty.NO, ""
        for made in vpc.resources:
            found, way = max((found, way), self._best(self._main.get(made.urn) or [made.urn], family))
        if not vpc.certain or any(made.kind == "read" or made.type == DEFAULT_VPC for made in vpc.resources):
            found, way = max(
                (found, way), (Certainty.MAYBE, "a main route table that is not known before apply")
            )
        other, other_way = self._best(self._tables.anywhere, family)
        return max((found, way), (min(other, Certainty.MAYBE), other_way))

    def _best(self, keys: list[str], family: int) -> tuple[Certainty, str]:
        found, way = Certainty.NO, ""
        for key in keys:
            name = self._graph.resources[key].name if key in self._graph.resources else "not known"
            if key in (_OUTSIDE, _UNKNOWN):
                found, way = max(
                    (found, way), (Certainty.MAYBE, "a route table that is not known before apply")
                )
            for reaches, label in self._routes.get(key, ()):
                if reaches[family] > found:
                    found, way = reaches[family], f"{label} in route table `{name}`"
        # A route that is put into a table that nobody knows may be in this one.
        for reaches, label in self._routes.get(_UNKNOWN, ()):
            if keys and min(reaches[family], Certainty.MAYBE) > found:
                found, way = Certainty.MAYBE, f"{label} in a route table that is not known before apply"
        return found, way

    # Network ACLs

    def _acl_keys(self, value: Value) -> list[str]:
        if values.is_ref(value) and value[values.REF]["property"] == "defaultNetworkAclId":
            return [value[values.REF]["urn"]]
        target = self._links.target(value, ACL, DEFAULT_ACL)
        keys = [
            key
            for acl in target.resources
            for key in (
                self._acl_keys(acl.inputs.get("defaultNetworkAclId"))
                if acl.type == DEFAULT_ACL
                else [acl.urn]
            )
        ]
        return [*keys, *_others(target)]

    def _read_acls(self) -> None:
        for acl in self._graph.of_type(ACL, DEFAULT_ACL):
            default = acl.type == DEFAULT_ACL
            keys = self._acl_keys(acl.inputs.get("defaultNetworkAclId")) if default else [acl.urn]
            rules, unknown = items(acl.inputs.get("ingress"))
            for key in keys:
                mine = self._entries.setdefault(key, [])
                mine += [_entry(rule, "ruleNo", "action") for rule in rules]
                if unknown or acl.kind == "read":
                    mine.append(_entry(None, "ruleNo", "action"))
            if acl.inputs.get("subnetIds") is not None:
                self._acls.tie(self._links.target(acl.inputs["subnetIds"], *SUBNETS), keys, may_be_any=True)
        for rule in self._graph.of_type(ACL_RULE):
            direction = flag(rule.inputs.get("egress"))
            if direction is Certainty.YES:
                continue
            for key in self._acl_keys(rule.inputs.get("networkAclId")):
                self._entries.setdefault(key, []).append(_entry(rule.inputs, "ruleNumber", "ruleAction"))
        for tie in self._graph.of_type(ACL_ASSOCIATION):
            self._acls.tie(
                self._links.target(tie.inputs.get("subnetId"), *SUBNETS),
                self._acl_keys(tie.inputs.get("networkAclId")),
                may_be_any=True,
            )

    def admits(self, subnet: Resource, family: int) -> tuple[Between, str]:
        """What a subnet's network ACL lets in from the internet.

        Looks at ingress only: an ACL is stateless, but one that lets packets in and no answer out is taken
        to be open.
        """
        if subnet.kind == "read":
            return ports.UNSURE, "a network ACL that is not known before apply"
        keys = self._acls.to.get(subnet.urn)
        if not keys:
            vpc = self._links.target(subnet.inputs.get("vpcId"), VPC, DEFAULT_VPC)
            keys = [made.urn for made in vpc.resources] or [_OUTSIDE]
        found, name = self._acl(keys[-1], family)
        for key in self._acls.anywhere:
            other, _ = self._acl(key, family)
            found = Between(ports.both(found.sure, other.sure), found.maybe | other.maybe)
        return found, name

    def _acl(self, key: str, family: int) -> tuple[Between, str]:
        if key in (_OUTSIDE, _UNKNOWN):
            return ports.UNSURE, "a network ACL that is not known before apply"
        resource = self._graph.resources.get(key)
        entries = self._entries.get(key)
        if entries is None and resource is not None and resource.type == ACL:
            entries = []
        if entries is None:
            return ports.EVERYTHING, "the default network ACL (lets all in)"
        everywhere = self._entries.get(_UNKNOWN, [])
        found = ports.admitted(entry[family] for entry in entries)
        if everywhere:
            more = ports.admitted(entry[family] for entry in [*entries, *everywhere])
            found = Between(ports.both(found.sure, more.sure), found.maybe | more.maybe)
        name = resource.name if resource and resource.type == ACL else "default"
        return found, f"network ACL `{name}` ({found.shown})"

    # Addresses

    def gives_public_address(self, subnet: Resource, family: int) -> Certainty:
        """Whether what is put into a subnet gets a public address by itself."""
        if family == 6:
            default = Certainty.MAYBE if subnet.kind == "read" else Certainty.NO
            return flag(subnet.inputs.get("assignIpv6AddressOnCreation"), default)
        usual = Certainty.YES if subnet.type == DEFAULT_SUBNET else Certainty.NO
        return flag(
            subnet.inputs.get("mapPublicIpOnLaunch"), Certainty.MAYBE if subnet.kind == "read" else usual
        )


def _others(target: Target) -> list[str]:
    return [_OUTSIDE] * target.outside + [_UNKNOWN] * target.unknown


def _unknown_route() -> tuple[dict[int, Certainty], str]:
    return {4: Certainty.MAYBE, 6: Certainty.MAYBE}, "a route that is not known before apply"


def _entry(rule: Value, order: str, action: str) -> dict[int, Entry]:
    if not isinstance(rule, dict) or is_open(rule):
        return {family: Entry(None, None, ports.UNSURE) for family in (4, 6)}
    number = values.literal(rule.get(order))
    said = values.literal(rule.get(action))
    opened = ports.given(rule.get("protocol"), rule.get("fromPort"), rule.get("toPort"))
    found = {}
    allow = {"allow": True, "deny": False}.get(said.lower()) if isinstance(said, str) else None
    covers = all_of_it if allow is False else internet
    for family, name in ((4, "cidrBlock"), (6, "ipv6CidrBlock")):
        found[family] = Entry(
            float(number) if isinstance(number, int | float) else None,
            allow,
            opened.only_if(covers(rule.get(name), family)),
        )
    return found
