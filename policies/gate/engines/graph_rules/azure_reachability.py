"""Reachability on Azure: public addresses of machines and load balancers, and the groups in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules import exposure, ports
from policies.gate.engines.graph_rules.addresses import all_of_it, internet
from policies.gate.engines.graph_rules.certainty import Certainty, is_open, items, literal_text, part
from policies.gate.engines.graph_rules.exposure import Reach
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.ports import Between, Entry
from policies.gate.graph import Resource
from policies.gate.values import Value

_MACHINE = "azure-native:compute:VirtualMachine"
_INTERFACE = "azure-native:network:NetworkInterface"
_ADDRESS = "azure-native:network:PublicIPAddress"
_BALANCER = "azure-native:network:LoadBalancer"
_GROUP = "azure-native:network:NetworkSecurityGroup"
_RULE = "azure-native:network:SecurityRule"
_SUBNET = "azure-native:network:Subnet"
_NETWORK = "azure-native:network:VirtualNetwork"
_INLINE_SUBNET = re.compile(r"^subnets\[(\d+)\]")
# A database server, its firewall rules, and where the server switches its public endpoint off.
_SERVERS = {
    "azure-native:sql:Server": ("azure-native:sql:FirewallRule", ("publicNetworkAccess",)),
    "azure-native:dbforpostgresql:Server": (
        "azure-native:dbforpostgresql:FirewallRule",
        ("network", "publicNetworkAccess"),
    ),
    "azure-native:dbformysql:Server": (
        "azure-native:dbformysql:FirewallRule",
        ("network", "publicNetworkAccess"),
    ),
    "azure-native:synapse:Workspace": (
        "azure-native:synapse:IpFirewallRule",
        ("publicNetworkAccess",),
    ),
}
# Addresses in a firewall rule that is no longer meant for single clients: a /8.
_MANY = 2**24


@dataclass(frozen=True)
class _Way:
    """One public way to an interface: how sure the address is, and whether it refuses without a group."""

    public: Certainty
    closed_alone: Certainty
    label: str


def check(ledger: Ledger, links: Links) -> None:
    """Judges every machine, lone interface and database server."""
    network = _Network(links)
    borne: set[str] = set()
    for machine in links.graph.of_type(_MACHINE):
        if not machine.managed:
            continue
        worst = Reach()
        listed, unknown = items(part(machine.inputs, "networkProfile", "networkInterfaces"))
        for item in listed:
            target = links.target(part(item, "id"), _INTERFACE)
            borne |= {interface.urn for interface in target.resources}
            unknown = unknown or not target.certain
            for interface in target.resources:
                worst = worst.worse(network.reach(interface))
        if part(machine.inputs, "networkProfile", "networkInterfaceConfigurations") is not None or unknown:
            worst = worst.worse(
                Reach(Certainty.MAYBE, ports.UNSURE, ("an interface that is not known before apply",))
            )
        exposure.report(ledger, exposure.COMPUTE, machine, worst, "networkProfile.networkInterfaces")
    for interface in links.graph.of_type(_INTERFACE):
        if interface.managed and interface.urn not in borne:
            exposure.report(ledger, exposure.COMPUTE, interface, network.reach(interface), "ipConfigurations")
    _servers(ledger, links)


class _Network:
    """Security groups, subnets and addresses of a graph."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._rules: dict[str, list[Resource]] = {}
        self._anywhere: list[Resource] = []
        for rule in links.graph.of_type(_RULE):
            target = links.target(rule.inputs.get("networkSecurityGroupName"), _GROUP)
            for group in target.resources:
                self._rules.setdefault(group.urn, []).append(rule)
            if target.unknown:
                self._anywhere.append(rule)

    def reach(self, interface: Resource) -> Reach:
        """The worst way to an interface."""
        if interface.kind == "read":
            return Reach(Certainty.MAYBE, ports.UNSURE, ("an interface that is not known before apply",))
        worst = Reach()
        configurations, unknown = items(interface.inputs.get("ipConfigurations"))
        for item in configurations:
            for way in self._ways(item):
                worst = worst.worse(self._through(interface, item, way))
        if unknown:
            worst = worst.worse(Reach(Certainty.MAYBE, ports.UNSURE, ("addresses that are not known",)))
        return worst

    def _ways(self, item: Value) -> Iterator[_Way]:
        address = part(item, "publicIPAddress")
        if address is not None:
            yield self._address(address)
        for name in ("loadBalancerBackendAddressPools", "loadBalancerInboundNatRules"):
            pools, unknown = items(part(item, name))
            if unknown:
                yield _Way(Certainty.MAYBE, Certainty.MAYBE, "a load balancer that is not known")
            for pool in pools:
                target = self._links.target(part(pool, "id"), _BALANCER)
                if not target.certain:
                    yield _Way(Certainty.MAYBE, Certainty.MAYBE, "a load balancer that is not known")
                for balancer in target.resources:
                    yield from self._balanced(balancer)

    def _balanced(self, balancer: Resource) -> Iterator[_Way]:
        frontends, unknown = items(balancer.inputs.get("frontendIPConfigurations"))
        if unknown:
            yield _Way(Certainty.MAYBE, Certainty.MAYBE, f"load balancer `{balancer.name}`")
        closed = _standard(balancer)
        for item in frontends:
            if part(item, "publicIPAddress") is not None or part(item, "publicIPPrefix") is not None:
                yield _Way(Certainty.YES, closed, f"load balancer `{balancer.name}`")

    def _address(self, value: Value) -> _Way:
        target = self._links.target(part(value, "id"), _ADDRESS)
        if target.resources and target.resources[0].managed:
            address = target.resources[0]
            return _Way(Certainty.YES, _standard(address), f"public address `{address.name}`")
        closed = (
            _standard_sku(part(value, "sku", "name")) if part(value, "sku") is not None else Certainty.MAYBE
        )
        return _Way(Certainty.YES, closed, "a public address")

    def _through(self, interface: Resource, item: Value, way: _Way) -> Reach:
        opened, labels, guarded = ports.EVERYTHING, [way.label], Certainty.NO
        for value in (*self._of_subnet(part(item, "subnet")), interface.inputs.get("networkSecurityGroup")):
            if value is None:
                continue
            found, label = self._group(value)
            opened, guarded = opened & found, Certainty.YES
            labels.append(label)
        if guarded is Certainty.NO:
            opened = opened.only_if(way.closed_alone.opposite)
            labels.append("no network security group")
        return Reach(min(way.public, opened.certainty), opened, tuple(labels))

    def _of_subnet(self, value: Value) -> list[Value]:
        """The security group of a subnet, which may be a resource or written in its network."""
        reference = part(value, "id")
        target = self._links.target(reference, _SUBNET)
        if target.resources and target.certain and target.resources[0].managed:
            return [target.resources[0].inputs.get("networkSecurityGroup")]
        if values.is_ref(reference):
            inside = reference[values.REF]
            network = self._links.graph.resources.get(inside["urn"])
            number = _INLINE_SUBNET.match(inside["property"])
            if network and network.type == _NETWORK and number:
                subnets, _ = items(network.inputs.get("subnets"))
                if int(number[1]) < len(subnets):
                    return [part(subnets[int(number[1])], "networkSecurityGroup")]
        return [] if value is None else [{values.UNKNOWN: {}}]

    def _group(self, value: Value) -> tuple[Between, str]:
        target = self._links.target(part(value, "id"), _GROUP)
        if not target.resources or not target.certain or target.resources[0].kind == "read":
            return ports.UNSURE, "a network security group that is not known before apply"
        group = target.resources[0]
        inline, unknown = items(group.inputs.get("securityRules"))
        rules = [*inline, *(rule.inputs for rule in self._rules.get(group.urn, ()))]
        entries = [_entry(rule) for rule in rules]
        if unknown:
            entries.append(Entry(None, None, ports.UNSURE))
        for rule in self._anywhere:
            entry = _entry(rule.inputs)
            entries.append(Entry(None, None, Between(ports.NONE, entry.ports.maybe)))
        found = ports.admitted(entries)
        return found, f"network security group `{group.name}` ({found.shown})"


def _entry(rule: Value) -> Entry:
    if not isinstance(rule, dict) or is_open(rule):
        return Entry(None, None, ports.UNSURE)
    direction, access = literal_text(rule.get("direction")), literal_text(rule.get("access"))
    if direction is not None and direction.lower() == "outbound":
        return Entry(None, None, ports.NOTHING)
    allow = {"allow": True, "deny": False}.get(access.lower()) if access else None
    covers = all_of_it if allow is False else internet
    sources = _both(rule, "sourceAddressPrefix", "sourceAddressPrefixes")
    source = max((*(covers(item, 4) for item in sources[0]), Certainty(int(sources[1]))))
    if not sources[0] and not sources[1] and rule.get("sourceApplicationSecurityGroups") is None:
        source = Certainty.MAYBE
    opened = ports.NOTHING
    listed, unknown = _both(rule, "destinationPortRange", "destinationPortRanges")
    for item in listed:
        text = str(item)
        low, _, high = text.partition("-")
        whole = text == "*"
        opened |= ports.given(rule.get("protocol"), None if whole else low, None if whole else high or low)
    if unknown or not listed:
        opened |= ports.UNSURE
    to, to_unknown = _both(rule, "destinationAddressPrefix", "destinationAddressPrefixes")
    everywhere = any(item in ("*", "VirtualNetwork", "0.0.0.0/0") for item in to)
    if not everywhere or to_unknown or rule.get("destinationApplicationSecurityGroups") is not None:
        source = min(source, Certainty.MAYBE)  # for some of the machines behind the group
    if direction is None:
        source = min(source, Certainty.MAYBE)
    priority = values.literal(rule.get("priority"))
    order = float(priority) if isinstance(priority, int | float) else None
    return Entry(order, allow, opened.only_if(source))


def _both(rule: dict[str, Value], one: str, many: str) -> tuple[list[Value], bool]:
    single, unknown = items(rule.get(one))
    several, unknown_too = items(rule.get(many))
    return [item for item in (*single, *several) if item != ""], unknown or unknown_too


def _standard(resource: Resource) -> Certainty:
    return _standard_sku(part(resource.inputs, "sku", "name"))


def _standard_sku(name: Value) -> Certainty:
    """The standard kind refuses all until a security group lets in; the basic kind lets all in."""
    if name is None:
        return Certainty.NO
    text = literal_text(name)
    return Certainty.MAYBE if text is None else Certainty(2 * (text.lower() != "basic"))


def _servers(ledger: Ledger, links: Links) -> None:
    for type_, (rule_type, switch) in _SERVERS.items():
        rules = links.graph.of_type(rule_type)
        for server in links.graph.of_type(type_):
            if not server.managed:
                continue
            said = part(server.inputs, *switch)
            off = literal_text(said)
            public = (
                Certainty.NO if off == "Disabled" else Certainty.MAYBE if is_open(said) else Certainty.YES
            )
            worst = Reach()
            for rule in rules:
                name = rule.inputs.get("serverName", rule.inputs.get("workspaceName"))
                target = links.target(name, type_)
                if server not in target.resources and not target.unknown:
                    continue
                tied = Certainty.YES if server in target.resources and target.certain else Certainty.MAYBE
                certainty = min(public, tied, _wide(rule.inputs))
                way = ("public endpoint", f"firewall rule `{rule.name}`")
                worst = worst.worse(Reach(certainty, ports.exactly(ports.ALL), way))
            exposure.report(ledger, exposure.DATABASE, server, worst, ".".join(switch))


def _wide(inputs: dict[str, Value]) -> Certainty:
    first, last = (literal_text(inputs.get(name)) for name in ("startIpAddress", "endIpAddress"))
    if first is None or last is None:
        return Certainty.MAYBE
    try:
        low, high = (int.from_bytes(bytes(map(int, text.split(".")))) for text in (first, last))
    except ValueError:
        return Certainty.MAYBE
    return Certainty(2 * (high - low + 1 >= _MANY))
