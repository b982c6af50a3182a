"""Reachability on GCP: external addresses, firewall rules by priority, tags and service accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules import exposure, ports
from policies.gate.engines.graph_rules.addresses import all_of_it, internet
from policies.gate.engines.graph_rules.certainty import Certainty, flag, is_open, items, literal_text, part
from policies.gate.engines.graph_rules.exposure import Reach
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.ports import Between, Entry
from policies.gate.graph import Resource
from policies.gate.values import Value

_MACHINES = (
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
)
_FROM_TEMPLATE = "gcp:compute/instanceFromTemplate:InstanceFromTemplate"
_NETWORK = "gcp:compute/network:Network"
_SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
_FIREWALL = "gcp:compute/firewall:Firewall"
_ACCOUNT = "gcp:serviceaccount/account:Account"
_POLICY_RULES = (
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule",
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule",
)
_DEFAULT_PRIORITY = 1000
# What Google puts into the network named `default`, unless someone took it out.
_USUAL = ports.spans("tcp", 22, 22) | ports.spans("tcp", 3389, 3389) | ports.spans("icmp")


@dataclass(frozen=True)
class _Interface:
    machine: Resource
    network: Value
    public: dict[int, Certainty]


def check(ledger: Ledger, links: Links) -> None:
    """Judges every machine."""
    firewalls = _Firewalls(links)
    for machine in links.graph.of_type(*_MACHINES):
        if not machine.managed:
            continue
        worst = Reach()
        for interface in _interfaces(links, machine):
            for family in (4, 6):
                worst = worst.worse(firewalls.reach(interface, family))
        exposure.report(ledger, exposure.COMPUTE, machine, worst, "networkInterfaces")


def _interfaces(links: Links, machine: Resource) -> Iterator[_Interface]:
    found, unknown = items(machine.inputs.get("networkInterfaces"))
    if unknown or (not found and machine.type == _FROM_TEMPLATE):
        yield _Interface(machine, {values.UNKNOWN: {}}, {4: Certainty.MAYBE, 6: Certainty.MAYBE})
    for item in found:
        if not isinstance(item, dict) or is_open(item):
            yield _Interface(machine, {values.UNKNOWN: {}}, {4: Certainty.MAYBE, 6: Certainty.MAYBE})
            continue
        network: Value = item.get("network")
        if network is None and item.get("subnetwork") is not None:
            target = links.target(item["subnetwork"], _SUBNETWORK)
            network = target.resources[0].inputs.get("network") if target.resources else {values.UNKNOWN: {}}
        public = {4: _given(item.get("accessConfigs")), 6: _given(item.get("ipv6AccessConfigs"))}
        yield _Interface(machine, "default" if network is None else network, public)


def _given(value: Value) -> Certainty:
    """An access configuration gives an address by being there, even empty."""
    found, unknown = items(value)
    return Certainty.YES if found else Certainty(int(unknown))


class _Firewalls:
    """The firewall rules of a graph."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._rules = [
            (rule, {family: _entry(rule, family) for family in (4, 6)})
            for rule in links.graph.of_type(_FIREWALL)
            if _incoming(rule) is not Certainty.NO
        ]
        self._by_policy = ports.NOTHING
        for rule in links.graph.of_type(*_POLICY_RULES):
            if _allows_by_policy(rule):
                self._by_policy |= ports.UNSURE

    def reach(self, interface: _Interface, family: int) -> Reach:
        """What arrives at one interface."""
        public = interface.public[family]
        if public is Certainty.NO:
            return Reach()
        entries, labels = [], []
        for rule, by_family in self._rules:
            applies = min(self._same_network(rule, interface), self._targets(rule, interface.machine))
            entry = by_family[family]
            if applies is not Certainty.NO and entry.ports.maybe:
                opened = entry.ports.only_if(applies)
                entries.append(Entry(entry.order, entry.allow, opened))
                labels += [f"firewall rule `{rule.name}`"] if entry.allow is not False else []
        found = ports.admitted(entries) | self._by_policy
        if self._by_policy.maybe:
            labels.append("a rule of a firewall policy")
        if family == 4 and self._is_usual(interface):
            refused = ports.admitted([*entries, Entry(65534, True, Between(ports.NONE, _USUAL))])
            found |= Between(ports.NONE, refused.maybe)
            labels.append("the rules that the network `default` comes with")
        certainty = min(public, found.certainty)
        name = _name(self._links, interface.network)
        return Reach(certainty, found, (f"network `{name}`", ", ".join(labels[:3]), "external address"))

    def _is_usual(self, interface: _Interface) -> bool:
        return literal_text(interface.network) == "default" or (
            is_open(interface.network) and not (self._links.target(interface.network, _NETWORK).resources)
        )

    def _same_network(self, rule: Resource, interface: _Interface) -> Certainty:
        mine = self._links.target(rule.inputs.get("network"), _NETWORK)
        theirs = self._links.target(interface.network, _NETWORK)
        if mine.resources and theirs.resources and mine.certain and theirs.certain:
            return Certainty(2 * (mine.resources[0].urn == theirs.resources[0].urn))
        one, other = literal_text(rule.inputs.get("network")), literal_text(interface.network)
        if one and other:
            return Certainty(2 * (one.rsplit("/", 1)[-1] == other.rsplit("/", 1)[-1]))
        if (mine.certain and theirs.certain) or (one and theirs.certain) or (other and mine.certain):
            return Certainty.NO
        return Certainty.MAYBE

    def _targets(self, rule: Resource, machine: Resource) -> Certainty:
        """Whether a rule is meant for a machine: by tag, by service account, or for all."""
        tags, accounts = rule.inputs.get("targetTags"), rule.inputs.get("targetServiceAccounts")
        if tags is None and accounts is None:
            return Certainty.YES
        mine, unknown = items(machine.inputs.get("tags"))
        wanted, unknown_tags = items(tags)
        if any(item in mine for item in wanted):
            return Certainty.YES
        found = Certainty(
            int((unknown and bool(wanted)) or unknown_tags or (bool(mine) and any(map(is_open, wanted))))
        )
        if accounts is not None:
            found = max(found, self._same_account(accounts, part(machine.inputs, "serviceAccount", "email")))
        return found

    def _same_account(self, wanted: Value, given: Value) -> Certainty:
        if given is None:
            return Certainty.MAYBE if is_open(wanted) else Certainty.NO
        found = Certainty.NO
        known, unknown = items(wanted)
        for item in known:
            if item == given:
                return Certainty.YES
            one, other = self._links.target(item, _ACCOUNT), self._links.target(given, _ACCOUNT)
            if one.resources and one.resources == other.resources:
                return Certainty.YES
            if not (one.resources and other.resources) and (is_open(item) or is_open(given)):
                found = Certainty.MAYBE
        return max(found, Certainty(int(unknown)))


def _incoming(rule: Resource) -> Certainty:
    direction = values.literal(rule.inputs.get("direction"))
    if direction is None:
        return min(Certainty.YES, flag(rule.inputs.get("disabled")).opposite)
    if isinstance(direction, str) and direction.upper() == "EGRESS":
        return Certainty.NO
    return min(
        Certainty.YES if isinstance(direction, str) else Certainty.MAYBE,
        flag(rule.inputs.get("disabled")).opposite,
    )


def _entry(rule: Resource, family: int) -> Entry:
    inputs = rule.inputs
    allow = inputs.get("allows") is not None
    both = allow and inputs.get("denies") is not None
    listed, unknown = items(inputs.get("allows") if allow else inputs.get("denies"))
    opened = ports.UNSURE if unknown or both else ports.NOTHING
    for item in listed:
        opened |= _ports(item)
    ranges, others = (
        inputs.get("sourceRanges"),
        (inputs.get("sourceTags"), inputs.get("sourceServiceAccounts")),
    )
    covers = internet if allow else all_of_it
    if ranges is None and all(item is None for item in others):
        source = Certainty(2 * (family == 4))  # left out, it is 0.0.0.0/0
    else:
        known, unknown = items(ranges)
        source = max((*(covers(item, family) for item in known), Certainty(int(unknown))))
    priority = values.literal(inputs.get("priority", _DEFAULT_PRIORITY))
    order = float(priority) if isinstance(priority, int | float) else None
    return Entry(order, allow, opened.only_if(min(source, _incoming(rule))))


def _ports(item: Value) -> Between:
    protocol = part(item, "protocol")
    listed, unknown = items(part(item, "ports"))
    if is_open(item) or unknown:
        return ports.UNSURE
    if not listed:
        return ports.given(protocol, None, None)
    found = ports.NOTHING
    for port in listed:
        low, _, high = str(port).partition("-")
        found |= ports.given(protocol, low, high or low)
    return found


def _allows_by_policy(rule: Resource) -> bool:
    """Whether a rule of a firewall policy may let the internet in, wherever its policy is tied."""
    action = values.literal(rule.inputs.get("action"))
    if action in ("deny", "goto_next") or flag(rule.inputs.get("disabled")) is Certainty.YES:
        return False
    if values.literal(rule.inputs.get("direction")) == "EGRESS":
        return False
    known, unknown = items(part(rule.inputs, "match", "srcIpRanges"))
    return unknown or any(internet(item, family) is not Certainty.NO for item in known for family in (4, 6))


def _name(links: Links, network: Value) -> str:
    found = links.target(network, _NETWORK).resources
    return found[0].name if found else literal_text(network) or "not known before apply"
