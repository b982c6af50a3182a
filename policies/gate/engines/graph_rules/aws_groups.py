"""What AWS security groups let in: inline rules, rules as resources, groups that name groups."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from policies.gate import values
from policies.gate.engines.graph_rules import ports
from policies.gate.engines.graph_rules.addresses import internet
from policies.gate.engines.graph_rules.certainty import Certainty, each, flag, is_open, items
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.ports import Between
from policies.gate.graph import Resource
from policies.gate.values import Value

GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VPC = "aws:ec2/vpc:Vpc"
DEFAULT_VPC = "aws:ec2/defaultVpc:DefaultVpc"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"


@dataclass(frozen=True)
class GroupRule:
    """One ingress rule: the ports that it opens to the internet, and the groups that it lets in."""

    opened: dict[int, Between]
    groups: tuple[str, ...] = ()
    other_groups: bool = False
    """It also lets in groups that nobody knows before apply."""
    label: str = ""


@dataclass
class Groups:
    """Keys of the groups that something bears: URNs; a VPC's URN stands for its default group."""

    keys: list[str] = field(default_factory=list)
    unknown: bool = False


class AwsGroups:
    """All security groups of a graph."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._graph = links.graph
        self._lists = self._prefix_lists()
        self._rules: dict[str, list[GroupRule]] = {}
        self._anywhere: list[GroupRule] = []
        """Rules of a group that is not known."""
        self._closed: dict[tuple[str, int], Between] = {}
        for group in self._graph.of_type(GROUP, DEFAULT_GROUP):
            self._inline(group)
        for rule in self._graph.of_type(RULE, INGRESS_RULE):
            self._separate(rule)

    def named(self, value: Value) -> Groups:
        """The groups that an input names."""
        found = Groups()
        known, found.unknown = each(value)
        for item in known:
            self._name(item, found)
        return found

    def _name(self, item: Value, found: Groups) -> None:
        if values.is_ref(item) and item[values.REF]["property"] == "defaultSecurityGroupId":
            found.keys.append(item[values.REF]["urn"])
            return
        target = self._links.target(item, GROUP, DEFAULT_GROUP)
        found.keys += [self._key(group) for group in target.resources]
        found.unknown = found.unknown or not target.certain

    def _key(self, group: Resource) -> str:
        """The default group of a VPC goes by the VPC."""
        if group.type == DEFAULT_GROUP:
            vpc = self._links.target(group.inputs.get("vpcId"), VPC, DEFAULT_VPC).resources
            return vpc[0].urn if vpc else group.urn
        return group.urn

    def opened(self, groups: Groups, family: int) -> tuple[Between, str]:
        """What the internet may send through any of these groups, and the rule that lets it."""
        result, labels = ports.NOTHING, []
        for key in groups.keys:
            found = self.opened_by(key, family)
            result |= found
            if found.maybe:
                labels.append(self.label(key, family))
        if groups.unknown:
            result |= ports.UNSURE
            labels.append("a security group that is not known before apply")
        return result, "; ".join(dict.fromkeys(labels))

    def opened_by(self, key: str, family: int) -> Between:
        """What the internet may send through one group."""
        if (key, family) not in self._closed:
            result = ports.NOTHING
            for rule in self._rules.get(key, ()):
                result |= rule.opened[family]
            for rule in self._anywhere:
                result |= Between(ports.NONE, rule.opened[family].maybe)
            group = self._graph.resources.get(key)
            if group is None or group.kind == "read":
                result |= ports.UNSURE
            self._closed[key, family] = result
        return self._closed[key, family]

    def label(self, key: str, family: int) -> str:
        """A group and its open rules, for a person."""
        name = self._graph.resources[key].name if key in self._graph.resources else key
        rules = [rule.label for rule in self._rules.get(key, ()) if rule.opened[family].maybe]
        return f"security group `{name}` ({'; '.join(rules[:3]) or 'rules not known before apply'})"

    def admitted_by(self, key: str) -> tuple[set[str], bool]:
        """The groups that a group lets in, and whether others may be among them."""
        found: set[str] = set()
        unknown = False
        for rule in self._rules.get(key, ()):
            found |= set(rule.groups)
            unknown = unknown or rule.other_groups
        return found, unknown

    def _inline(self, group: Resource) -> None:
        key = self._key(group)
        rules, unknown = items(group.inputs.get("ingress"))
        mine = self._rules.setdefault(key, [])
        for rule in rules:
            if not isinstance(rule, dict) or is_open(rule):
                unknown = True
                continue
            opened = ports.given(rule.get("protocol"), rule.get("fromPort"), rule.get("toPort"))
            sources = (rule.get("cidrBlocks"), rule.get("ipv6CidrBlocks"), rule.get("prefixListIds"))
            made = self._rule(opened, sources, rule.get("securityGroups"), group)
            mine.append(_with_itself(made, key, rule.get("self")))
        if unknown:
            mine.append(_not_known())

    def _separate(self, rule: Resource) -> None:
        inputs = rule.inputs
        direction = Certainty.YES
        if rule.type == RULE:
            kind = values.literal(inputs.get("type"))
            direction = Certainty.MAYBE if is_open(kind) else Certainty(2 * (kind == "ingress"))
            opened = ports.given(inputs.get("protocol"), inputs.get("fromPort"), inputs.get("toPort"))
            sources = (inputs.get("cidrBlocks"), inputs.get("ipv6CidrBlocks"), inputs.get("prefixListIds"))
            groups = inputs.get("sourceSecurityGroupId")
        else:
            opened = ports.given(inputs.get("ipProtocol"), inputs.get("fromPort"), inputs.get("toPort"))
            sources = (inputs.get("cidrIpv4"), inputs.get("cidrIpv6"), inputs.get("prefixListId"))
            groups = inputs.get("referencedSecurityGroupId")
        if direction is Certainty.NO:
            return
        made = self._rule(opened.only_if(direction), sources, groups, rule)
        at = self.named(inputs.get("securityGroupId"))
        for key in at.keys:
            self._rules.setdefault(key, []).append(_with_itself(made, key, inputs.get("self")))
        if at.unknown and _may_be_ours(inputs.get("securityGroupId")):
            self._anywhere.append(made)

    def _rule(
        self, opened: Between, sources: tuple[Value, Value, Value], groups: Value, where: Resource
    ) -> GroupRule:
        v4, v6, lists = sources
        by_family = {}
        for family, given in ((4, v4), (6, v6)):
            from_lists = self._from_lists(lists, family)
            condition = max(_any_internet(given, family), from_lists)
            by_family[family] = opened.only_if(condition)
        named = self.named(groups)
        place = f" at {where.source}" if where.source else ""
        return GroupRule(
            by_family, tuple(named.keys), named.unknown, f"{opened.shown} from the internet{place}"
        )

    def _from_lists(self, lists: Value, family: int) -> Certainty:
        target = self._links.target(lists, PREFIX_LIST)
        found = Certainty.NO if target.certain else Certainty.MAYBE
        for item in target.resources:
            found = max(found, self._lists.get(item.urn, {}).get(family, Certainty.NO))
            if item.kind == "read":
                found = max(found, Certainty.MAYBE)
        return found

    def _prefix_lists(self) -> dict[str, dict[int, Certainty]]:
        found: dict[str, dict[int, Certainty]] = {}
        for item in self._graph.of_type(PREFIX_LIST):
            entries, unknown = items(item.inputs.get("entries"))
            cidrs = [entry.get("cidr") if isinstance(entry, dict) else entry for entry in entries]
            found[item.urn] = {
                family: max((_any_internet(cidrs, family), Certainty(int(unknown)))) for family in (4, 6)
            }
        for entry in self._graph.of_type(PREFIX_LIST_ENTRY):
            for at in self._links.target(entry.inputs.get("prefixListId"), PREFIX_LIST).resources:
                for family in (4, 6):
                    found[at.urn][family] = max(
                        found[at.urn][family], internet(entry.inputs.get("cidr"), family)
                    )
        return found


def _with_itself(rule: GroupRule, key: str, value: Value) -> GroupRule:
    """A rule with `self` lets in whoever else bears the group."""
    if flag(value) is Certainty.NO:
        return rule
    return replace(rule, groups=(*rule.groups, key))


def _not_known() -> GroupRule:
    return GroupRule({4: ports.UNSURE, 6: ports.UNSURE}, (), True, "rules that are not known before apply")


def _any_internet(value: Value, family: int) -> Certainty:
    known, unknown = each(value)
    return max((*(internet(item, family) for item in known), Certainty(int(unknown))))


def _may_be_ours(value: Value) -> bool:
    """Whether an unknown group may be one that this program makes: a literal `sg-…` or an answer cannot."""
    return isinstance(value, dict) and values.UNKNOWN in value
