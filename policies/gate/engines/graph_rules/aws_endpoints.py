"""The AWS resources that have an address in a network: where each stands and which groups it bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty, flag, is_open, items, literal_text, part
from policies.gate.engines.graph_rules.links import Links
from policies.gate.graph import Resource
from policies.gate.values import Value

INSTANCE = "aws:ec2/instance:Instance"
SPOT = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
INTERFACE = "aws:ec2/networkInterface:NetworkInterface"
INTERFACE_GROUPS = "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment"
INTERFACE_ATTACHMENT = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SCALING_GROUP = "aws:autoscaling/group:Group"
EIP = "aws:ec2/eip:Eip"
EIP_ASSOCIATION = "aws:ec2/eipAssociation:EipAssociation"
BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
CLASSIC_BALANCER = "aws:elb/loadBalancer:LoadBalancer"
RDS_CLUSTER = "aws:rds/cluster:Cluster"
NEPTUNE_CLUSTER = "aws:neptune/cluster:Cluster"

Category = Literal["database", "compute", "balancer"]


@dataclass(frozen=True)
class Door:
    """One address of something: its subnets, its groups, and whether it has a public address."""

    subnets: Value
    groups: tuple[Value, ...]
    public: Certainty | None
    """None: as the subnet does it."""
    public_v6: Certainty | None = None
    subnets_given: bool = True


@dataclass(frozen=True)
class Endpoint:
    """Something that packets can be sent to."""

    resource: Resource
    category: Category
    doors: tuple[Door, ...]
    attribute: str = ""


@dataclass(frozen=True)
class _Database:
    """Where a managed database says whether it is public, where it stands and which groups it bears."""

    public: str = "publiclyAccessible"
    subnet_group: str = ""
    subnet_group_type: str = ""
    subnets: str = "subnetIds"
    groups: str = "vpcSecurityGroupIds"
    cluster: str = ""
    """The cluster's type, for a member that bears the cluster's groups."""


_DATABASES = {
    "aws:rds/instance:Instance": _Database(
        subnet_group="dbSubnetGroupName", subnet_group_type="aws:rds/subnetGroup:SubnetGroup"
    ),
    "aws:rds/clusterInstance:ClusterInstance": _Database(
        subnet_group="dbSubnetGroupName",
        subnet_group_type="aws:rds/subnetGroup:SubnetGroup",
        cluster=RDS_CLUSTER,
    ),
    "aws:neptune/clusterInstance:ClusterInstance": _Database(
        subnet_group="neptuneSubnetGroupName",
        subnet_group_type="aws:neptune/subnetGroup:SubnetGroup",
        cluster=NEPTUNE_CLUSTER,
    ),
    "aws:redshift/cluster:Cluster": _Database(
        subnet_group="clusterSubnetGroupName", subnet_group_type="aws:redshift/subnetGroup:SubnetGroup"
    ),
    "aws:redshiftserverless/workgroup:Workgroup": _Database(groups="securityGroupIds"),
    "aws:dms/replicationInstance:ReplicationInstance": _Database(
        subnet_group="replicationSubnetGroupId",
        subnet_group_type="aws:dms/replicationSubnetGroup:ReplicationSubnetGroup",
    ),
    "aws:mq/broker:Broker": _Database(groups="securityGroups"),
    # These have no public address: they count only as what stands behind something that has one.
    RDS_CLUSTER: _Database(public=""),
    NEPTUNE_CLUSTER: _Database(public=""),
    "aws:docdb/cluster:Cluster": _Database(public=""),
    "aws:elasticache/cluster:Cluster": _Database(public="", groups="securityGroupIds"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _Database(public="", groups="securityGroupIds"),
    "aws:efs/mountTarget:MountTarget": _Database(public="", groups="securityGroups"),
}


@dataclass
class AwsEndpoints:
    """All of a graph."""

    links: Links
    _elastic: dict[str, Certainty] = field(default_factory=dict)
    """Whether an elastic IP is tied to a machine or an interface, by URN."""
    _elastic_anywhere: bool = False

    def __iter__(self) -> Iterator[Endpoint]:
        graph = self.links.graph
        self._find_elastic()
        for resource in graph.of_type(*_DATABASES):
            if resource.managed:
                yield self._database(resource)
        for resource in graph.of_type(INSTANCE, SPOT):
            if resource.managed:
                yield self._machine(resource)
        attached = self._attached()
        for resource in graph.of_type(INTERFACE):
            if resource.managed and resource.urn not in attached:
                yield Endpoint(resource, "compute", (self._interface(resource, resource),), "securityGroups")
        for resource in graph.of_type(SCALING_GROUP):
            yield self._scaling_group(resource)
        yield from self._services()
        for resource in graph.of_type(*BALANCERS, CLASSIC_BALANCER):
            yield self._balancer(resource)

    # Databases

    def _database(self, resource: Resource) -> Endpoint:
        where = _DATABASES[resource.type]
        inputs = resource.inputs
        public = flag(inputs.get(where.public)) if where.public else Certainty.NO
        groups = inputs.get(where.groups)
        subnet_group = inputs.get(where.subnet_group)
        if where.cluster:
            for cluster in self.links.target(inputs.get("clusterIdentifier"), where.cluster).resources:
                groups = cluster.inputs.get(where.groups)
                subnet_group = (
                    subnet_group if subnet_group is not None else cluster.inputs.get(where.subnet_group)
                )
        subnets = inputs.get(where.subnets)
        if where.subnet_group_type and subnet_group is not None:
            target = self.links.target(subnet_group, where.subnet_group_type)
            found = [item for group in target.resources for item in items(group.inputs.get("subnetIds"))[0]]
            whole = target.certain and not any(
                group.kind == "read" or items(group.inputs.get("subnetIds"))[1] for group in target.resources
            )
            subnets = found if whole else [*found, {values.UNKNOWN: {}}]
        door = Door(subnets, (groups,), public, Certainty.NO, subnets is not None)
        return Endpoint(resource, "database", (door,), where.public)

    # Machines

    def _find_elastic(self) -> None:
        pairs = [(item, ("instance", "networkInterface")) for item in self.links.graph.of_type(EIP)]
        pairs += [
            (item, ("instanceId", "networkInterfaceId")) for item in self.links.graph.of_type(EIP_ASSOCIATION)
        ]
        for item, names in pairs:
            target = self.links.target(
                [item.inputs[name] for name in names if name in item.inputs], INSTANCE, SPOT, INTERFACE
            )
            sure = Certainty.YES if target.certain else Certainty.MAYBE
            for resource in target.resources:
                self._elastic[resource.urn] = max(sure, self._elastic.get(resource.urn, sure))
            self._elastic_anywhere = self._elastic_anywhere or target.unknown

    def _elastic_on(self, resource: Resource) -> Certainty:
        return self._elastic.get(resource.urn, Certainty(int(self._elastic_anywhere)))

    def _attached(self) -> set[str]:
        used = [machine.inputs.get("networkInterfaces") for machine in self.links.graph.of_type(INSTANCE)]
        used += [
            machine.inputs.get("primaryNetworkInterface") for machine in self.links.graph.of_type(INSTANCE)
        ]
        found = {
            interface.urn
            for value in used
            for item in items(value)[0]
            for interface in self.links.target(part(item, "networkInterfaceId"), INTERFACE).resources
        }
        return found | {
            interface.urn
            for attached in self._attachments.values()
            for interface in self.links.target(attached, INTERFACE).resources
        }

    @cached_property
    def _attachments(self) -> dict[str, list[Value]]:
        """Interfaces that a resource of its own puts on a machine, by the machine's URN."""
        found: dict[str, list[Value]] = {}
        for tie in self.links.graph.of_type(INTERFACE_ATTACHMENT):
            for machine in self.links.target(tie.inputs.get("instanceId"), INSTANCE, SPOT).resources:
                found.setdefault(machine.urn, []).append(tie.inputs.get("networkInterfaceId"))
        return found

    @cached_property
    def _extra_groups(self) -> dict[str, list[Value]]:
        """Groups that a resource of its own puts on an interface, or on a machine's first one, by URN."""
        found: dict[str, list[Value]] = {}
        for tie in self.links.graph.of_type(INTERFACE_GROUPS):
            at = self.links.target(tie.inputs.get("networkInterfaceId"), INTERFACE, INSTANCE, SPOT)
            for resource in at.resources:
                found.setdefault(resource.urn, []).append(tie.inputs.get("securityGroupId"))
        return found

    def _machine(self, resource: Resource) -> Endpoint:
        inputs, doors = resource.inputs, []
        given, unknown = items(inputs.get("networkInterfaces"))
        given = [*given, *items(inputs.get("primaryNetworkInterface"))[0]]
        if unknown or items(inputs.get("primaryNetworkInterface"))[1]:
            doors.append(Door({values.UNKNOWN: {}}, ({values.UNKNOWN: {}},), Certainty.MAYBE))
        interfaces = [part(item, "networkInterfaceId") for item in given]
        interfaces += self._attachments.get(resource.urn, [])
        for value in interfaces:
            target = self.links.target(value, INTERFACE)
            doors += [self._interface(interface, resource) for interface in target.resources]
            if not target.certain:
                doors.append(Door({values.UNKNOWN: {}}, ({values.UNKNOWN: {}},), Certainty.MAYBE))
        if given:
            return Endpoint(resource, "compute", tuple(doors), "networkInterfaces")
        template = self._template(inputs.get("launchTemplate"))
        subnet = inputs.get("subnetId", template.subnets)
        groups: tuple[Value, ...] = (inputs.get("vpcSecurityGroupIds"), inputs.get("securityGroups"))
        if all(item is None for item in groups) and template.groups:
            groups = template.groups
        groups = (*groups, *self._extra_groups.get(resource.urn, ()))
        said = inputs.get("associatePublicIpAddress")
        public = flag(said) if said is not None else template.public
        own = Door(subnet, groups, public, _v6(inputs), subnet is not None)
        doors += [own, replace(own, public=self._elastic_on(resource))]
        return Endpoint(resource, "compute", tuple(doors), "vpcSecurityGroupIds")

    def _interface(self, interface: Resource, bearer: Resource) -> Door:
        groups = [interface.inputs.get("securityGroups"), *self._extra_groups.get(interface.urn, ())]
        public = max(self._elastic_on(interface), self._elastic_on(bearer))
        if interface.kind == "read":
            return Door({values.UNKNOWN: {}}, (*groups, {values.UNKNOWN: {}}), max(public, Certainty.MAYBE))
        return Door(interface.inputs.get("subnetId"), tuple(groups), public, _v6(interface.inputs))

    def _template(self, value: Value) -> Door:
        """What a launch template says of a machine's address."""
        if value is None:
            return Door(None, (), None, None)
        names = [part(item, key) for item in items(value)[0] for key in ("id", "name")]
        target = self.links.target([name for name in names if name is not None], TEMPLATE)
        if not target.resources or target.resources[0].kind == "read":
            return Door(None, ({values.UNKNOWN: {}},), Certainty.MAYBE, None)
        inputs = target.resources[0].inputs
        interfaces, unknown = items(inputs.get("networkInterfaces"))
        if unknown:
            return Door(None, ({values.UNKNOWN: {}},), Certainty.MAYBE, None)
        if not interfaces:
            return Door(None, (inputs.get("vpcSecurityGroupIds"),), None, None)
        said = [part(item, "associatePublicIpAddress") for item in interfaces]
        public = max((flag(item) for item in said if item is not None), default=None)
        subnets = [found for item in interfaces if (found := part(item, "subnetId")) is not None]
        groups = tuple(part(item, "securityGroups") for item in interfaces)
        return Door(subnets or None, (*groups, inputs.get("vpcSecurityGroupIds")), public, None)

    def _scaling_group(self, resource: Resource) -> Endpoint:
        inputs = resource.inputs
        value = inputs.get("launchTemplate")
        mixed = part(inputs, "mixedInstancesPolicy", "launchTemplate", "launchTemplateSpecification")
        if mixed is not None:
            value = {"id": part(mixed, "launchTemplateId"), "name": part(mixed, "launchTemplateName")}
        if value is None and inputs.get("launchConfiguration") is not None:
            value = {"id": {values.UNKNOWN: {}}}
        template = self._template(value)
        subnets = inputs.get("vpcZoneIdentifiers", template.subnets)
        door = Door(subnets, template.groups, template.public, None, subnets is not None)
        return Endpoint(resource, "compute", (door,), "launchTemplate")

    def _services(self) -> Iterator[Endpoint]:
        """Machines that a service starts."""
        for resource in self.links.graph.of_type("aws:ecs/service:Service"):
            network = resource.inputs.get("networkConfiguration")
            if network is None:
                continue
            door = Door(
                part(network, "subnets"),
                (part(network, "securityGroups"),),
                flag(part(network, "assignPublicIp")),
                Certainty.NO,
            )
            yield Endpoint(resource, "compute", (door,), "networkConfiguration")
        for resource in self.links.graph.of_type("aws:emr/cluster:Cluster"):
            given = resource.inputs.get("ec2Attributes")
            subnet = (
                part(given, "subnetId") if part(given, "subnetId") is not None else part(given, "subnetIds")
            )
            names = ("emrManagedMasterSecurityGroup", "emrManagedSlaveSecurityGroup")
            extra = ("additionalMasterSecurityGroups", "additionalSlaveSecurityGroups")
            groups = [part(given, name) for name in names]
            groups += [_split(part(given, name)) for name in extra]
            door = Door(subnet, tuple(groups), None, None, subnet is not None)
            yield Endpoint(resource, "compute", (door,), "ec2Attributes")

    # Load balancers

    def _balancer(self, resource: Resource) -> Endpoint:
        inputs = resource.inputs
        known, unknown = items(inputs.get("subnetMappings"))
        mapped = [part(item, "subnetId") for item in known] + [{values.UNKNOWN: {}}] * unknown
        subnets = inputs.get("subnets") if inputs.get("subnets") is not None else mapped or None
        kind = literal_text(inputs.get("loadBalancerType")) or "application"
        groups: tuple[Value, ...] = (inputs.get("securityGroups"),)
        if groups == (None,) and kind in ("network", "gateway") and resource.type in BALANCERS:
            groups = ()  # without groups, a network load balancer lets all in
        public = flag(inputs.get("internal")).opposite
        dual = literal_text(inputs.get("ipAddressType")) or ""
        v6 = public if dual.startswith("dualstack") or is_open(inputs.get("ipAddressType")) else Certainty.NO
        door = Door(subnets, groups, public, v6, subnets is not None)
        return Endpoint(resource, "balancer", (door,), "internal")


def _v6(inputs: dict[str, Value]) -> Certainty | None:
    """Whether a machine or an interface has an IPv6 address; None: as the subnet does it."""
    count = values.literal(inputs.get("ipv6AddressCount"))
    if isinstance(count, int | float) and count > 0:
        return Certainty.YES
    if is_open(count) or items(inputs.get("ipv6Addresses"))[1]:
        return Certainty.MAYBE
    return Certainty.YES if items(inputs.get("ipv6Addresses"))[0] else None


def _split(value: Value) -> Value:
    """EMR's additional groups are one text, joined by commas."""
    text = literal_text(value)
    if text:
        return [item.strip() for item in text.split(",") if item.strip()]
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")]
    return value
