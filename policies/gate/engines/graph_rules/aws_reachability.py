"""Reachability on AWS: gateway, route table, network ACL, security groups, public address, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product

from policies.gate import values
from policies.gate.engines.graph_rules import exposure, ports
from policies.gate.engines.graph_rules.aws_endpoints import (
    BALANCERS,
    CLASSIC_BALANCER,
    AwsEndpoints,
    Door,
    Endpoint,
)
from policies.gate.engines.graph_rules.aws_groups import AwsGroups, Groups
from policies.gate.engines.graph_rules.aws_routes import SUBNETS, AwsRoutes
from policies.gate.engines.graph_rules.certainty import Certainty, items, part
from policies.gate.engines.graph_rules.exposure import Reach
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.ports import Between
from policies.gate.graph import Resource
from policies.gate.values import Value

_LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
_TARGET_GROUPS = ("aws:lb/targetGroup:TargetGroup", "aws:alb/targetGroup:TargetGroup")
_TARGETS = (
    "aws:lb/targetGroupAttachment:TargetGroupAttachment",
    "aws:alb/targetGroupAttachment:TargetGroupAttachment",
)
_RULES = {"database": exposure.DATABASE, "compute": exposure.COMPUTE, "balancer": exposure.BALANCER}


def check(ledger: Ledger, links: Links) -> None:
    """Judges every AWS resource that has an address."""
    network = AwsNetwork(links)
    found = [(endpoint, network.reach(endpoint)) for endpoint in AwsEndpoints(links)]
    for endpoint, reach in found:
        if endpoint.category == "database" and not endpoint.attribute:
            continue  # never has a public address: nothing to ask
        exposure.report(ledger, _RULES[endpoint.category], endpoint.resource, reach, endpoint.attribute)
    _one_hop(ledger, network, found)


class AwsNetwork:
    """Everything that decides whether packets from the internet arrive."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.groups = AwsGroups(links)
        self.routes = AwsRoutes(links)
        self._entered: dict[tuple[str, int], tuple[Certainty, Between, tuple[str, ...]]] = {}

    def reach(self, endpoint: Endpoint) -> Reach:
        """The worst way in over all addresses and both families."""
        worst = Reach()
        for door, family in product(endpoint.doors, (4, 6)):
            worst = worst.worse(self._through(endpoint, door, family))
        return worst

    def borne(self, door: Door) -> Groups:
        """The groups at one address; without any, the default group of the network."""
        found = Groups()
        for value in door.groups:
            named = self.groups.named(value)
            found.keys += named.keys
            found.unknown = found.unknown or named.unknown
        if not found.keys and not found.unknown and door.groups:
            for subnet in self.links.target(door.subnets, *SUBNETS).resources:
                vpc: Value = subnet.inputs.get("vpcId")
                if values.is_ref(vpc):
                    found.keys.append(vpc[values.REF]["urn"])
        return found

    def _through(self, endpoint: Endpoint, door: Door, family: int) -> Reach:
        public = door.public if family == 4 else door.public_v6
        if public is Certainty.NO:
            return Reach()
        opened, by = ports.EVERYTHING, ""
        if door.groups:
            opened, by = self._opened(door, family)
        if endpoint.category == "balancer":
            listened, listener = self._listened(endpoint.resource)
            opened, by = opened & listened, "; ".join(text for text in (by, listener) if text)
        if opened.certainty is Certainty.NO:
            return Reach()
        worst = Reach()
        for reached, admitted, way in self._entries(door, family, public):
            both = opened & admitted
            certainty = min(reached, both.certainty)
            if certainty > worst.certainty:
                worst = Reach(certainty, both, (*way, *([by] if by else [])))
        return worst

    def _opened(self, door: Door, family: int) -> tuple[Between, str]:
        borne = self.borne(door)
        if not borne.keys and not borne.unknown:
            # The default group of a default network lets in only itself, unless someone opened it.
            return ports.NOTHING, ""
        return self.groups.opened(borne, family)

    def _entries(
        self, door: Door, family: int, public: Certainty | None
    ) -> Iterator[tuple[Certainty, Between, tuple[str, ...]]]:
        """For each subnet at an address: how surely packets come there, which pass its ACL, and the way."""
        if not door.subnets_given:
            # Left out, it is the account's default network, which has a gateway and gives public addresses.
            address = public if public is not None else Certainty(2 * (family == 4))
            if family == 4:
                yield address, ports.EVERYTHING, ("the account's default network, which is public",)
            return
        target = self.links.target(door.subnets, *SUBNETS)
        for subnet in target.resources:
            routed, admitted, way = self._entered_by(subnet, family)
            address = public if public is not None else self.routes.gives_public_address(subnet, family)
            yield min(address, routed), admitted, way
        if not target.certain:
            address = Certainty.MAYBE if public is None else public
            yield min(address, Certainty.MAYBE), ports.UNSURE, ("a subnet that is not known before apply",)

    def _entered_by(self, subnet: Resource, family: int) -> tuple[Certainty, Between, tuple[str, ...]]:
        if (subnet.urn, family) not in self._entered:
            routed, route = self.routes.routed(subnet, family)
            admitted, acl = self.routes.admits(subnet, family)
            way = ("internet gateway", route, f"subnet `{subnet.name}`", acl)
            self._entered[subnet.urn, family] = routed, admitted, way
        return self._entered[subnet.urn, family]

    def _listened(self, balancer: Resource) -> tuple[Between, str]:
        """The ports that a load balancer answers on, and what stands behind them."""
        opened = ports.NOTHING
        behind: list[str] = []
        if balancer.type == CLASSIC_BALANCER:
            known, unknown = items(balancer.inputs.get("listeners"))
            for item in known:
                port = part(item, "lbPort")
                opened |= ports.given("tcp", port, port)
            return (opened | ports.UNSURE if unknown else opened), ""
        for listener, sure in self._listeners.get(balancer.urn, []) + self._listeners.get("", []):
            protocol = values.literal(listener.inputs.get("protocol"))
            number = listener.inputs.get("port")
            found = ports.given("udp" if protocol in ("UDP", "QUIC") else "tcp", number, number)
            if protocol == "TCP_UDP":
                found |= ports.given("udp", number, number)
            opened |= found.only_if(sure)
            behind += self._behind(listener)
        names = ", ".join(dict.fromkeys(f"`{name}`" for name in behind))
        return opened, f"its listeners (in front of {names})" if names else "its listeners"

    @cached_property
    def _listeners(self) -> dict[str, list[tuple[Resource, Certainty]]]:
        """Listeners by the URN of their load balancer; `""` has those that may be of any."""
        found: dict[str, list[tuple[Resource, Certainty]]] = {}
        for listener in self.links.graph.of_type(*_LISTENERS):
            target = self.links.target(listener.inputs.get("loadBalancerArn"), *BALANCERS)
            sure = Certainty.YES if target.certain else Certainty.MAYBE
            for balancer in target.resources:
                found.setdefault(balancer.urn, []).append((listener, sure))
            if target.unknown and not target.resources:
                found.setdefault("", []).append((listener, Certainty.MAYBE))
        return found

    @cached_property
    def _targets(self) -> dict[str, list[str]]:
        """What stands behind each target group, by the group's URN."""
        found: dict[str, list[str]] = {}
        for tie in self.links.graph.of_type(*_TARGETS):
            for group in self.links.target(tie.inputs.get("targetGroupArn"), *_TARGET_GROUPS).resources:
                found.setdefault(group.urn, []).extend(_named(tie))
        return found

    def _behind(self, listener: Resource) -> Iterator[str]:
        for action in items(listener.inputs.get("defaultActions"))[0]:
            for group in self.links.target(part(action, "targetGroupArn"), *_TARGET_GROUPS).resources:
                for urn in self._targets.get(group.urn, ()):
                    if urn in self.links.graph.resources:
                        yield self.links.graph.resources[urn].name


def _named(tie: Resource) -> list[str]:
    return [item.urn for item in values.references(tie.inputs.get("targetId")) if item.urn.startswith("urn:")]


def _one_hop(ledger: Ledger, network: AwsNetwork, found: list[tuple[Endpoint, Reach]]) -> None:
    """Databases whose groups let in a group that something reachable bears."""
    bearers: dict[str, tuple[Resource, Reach]] = {}
    unsure_bearer: tuple[Resource, Reach] | None = None
    for endpoint, reach in found:
        if reach.certainty is Certainty.NO or endpoint.category == "database":
            continue
        for door in endpoint.doors:
            borne = network.borne(door)
            for key in borne.keys:
                if key not in bearers or bearers[key][1].certainty < reach.certainty:
                    bearers[key] = (endpoint.resource, reach)
            if borne.unknown:
                unsure_bearer = (endpoint.resource, reach)
    for endpoint, _ in found:
        if endpoint.category == "database":
            _judge_hop(ledger, network, endpoint, bearers, unsure_bearer)


def _judge_hop(
    ledger: Ledger,
    network: AwsNetwork,
    endpoint: Endpoint,
    bearers: dict[str, tuple[Resource, Reach]],
    unsure_bearer: tuple[Resource, Reach] | None,
) -> None:
    worst, message = Certainty.NO, ""
    name = endpoint.resource.name
    for door in endpoint.doors:
        borne = network.borne(door)
        if borne.unknown and (bearers or unsure_bearer):
            worst, message = Certainty.MAYBE, f"a security group of `{name}` is not known before apply"
        for key in borne.keys:
            admitted, unknown = network.groups.admitted_by(key)
            for other in admitted:
                if other in bearers and bearers[other][1].certainty > worst:
                    resource, reach = bearers[other]
                    worst = reach.certainty
                    way = " -> ".join(("internet", *reach.way, f"`{resource.name}`", f"`{name}`"))
                    message = (
                        f"`{name}` lets in a group of `{resource.name}`, which the internet reaches: {way}"
                    )
            if worst is Certainty.NO and ((unknown and bearers) or (admitted and unsure_bearer)):
                worst = Certainty.MAYBE
                message = f"which groups `{name}` lets in, or who bears them, is not known before apply"
    ledger.judge(exposure.ONE_HOP, endpoint.resource, worst, message, attribute="vpcSecurityGroupIds")
