"""The network on AWS: a VPC without a way in, with one way out by NAT and private ones to AWS's services."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import Nat, SubnetTier
from modules.network.aws_acls import network_acls
from modules.network.aws_endpoints import endpoints
from modules.network.aws_flow_logs import flow_logs
from modules.network.aws_groups import security_groups
from modules.network.aws_routes import internet_gateway, nat_gateways, private_routes
from modules.network.aws_vpc import Vpc
from modules.network.spec import PRIVATE_TIERS, NetworkOutputs, NetworkSpec


class AwsNetwork(pulumi.ComponentResource):
    """Subnets by tier and zone, rules between the tiers, the way out, endpoints, flow logs.

    Without NAT there is no public tier: it holds gateways and nothing else.
    """

    outputs: NetworkOutputs

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:network:AwsNetwork", name, None, opts)
        has_nat = spec.environment.network.nat is not Nat.NONE
        tiers = tuple(SubnetTier) if has_nat else PRIVATE_TIERS
        vpc = self._vpc(spec)
        subnets = {tier: vpc.subnets(tier) for tier in tiers}
        network_acls(vpc, subnets)
        nat = {}
        if has_nat:
            public = subnets[SubnetTier.PUBLIC]
            nat = nat_gateways(vpc, public, internet_gateway(vpc, public))
        tables = {tier: private_routes(vpc, tier, subnets[tier], nat) for tier in PRIVATE_TIERS}
        groups = security_groups(vpc)
        found = endpoints(
            vpc,
            [table for inside in tables.values() for table in inside],
            subnets[SubnetTier.DATA],
            groups,
        )
        flow_logs(spec, vpc.resource, parent=self)
        self.outputs = NetworkOutputs(
            network=vpc.resource.id,
            subnets={tier: [subnet.id for subnet in inside.values()] for tier, inside in subnets.items()},
            security_groups={tier: group.id for tier, group in groups.items()},
            route_tables={tier: [table.id for table in inside] for tier, inside in tables.items()},
            endpoints=found,
        )
        self.register_outputs({})

    def _vpc(self, spec: NetworkSpec) -> Vpc:
        """The VPC, with its default group closed: what is started without one of its own can speak to nobody."""
        inside = ResourceOptions(parent=self)
        environment = spec.environment

        def named(part: str) -> dict[str, str]:
            return {**tags(environment), "Name": physical_name(environment, "network", part)}

        made = aws.ec2.Vpc(
            "vpc",
            cidr_block=str(environment.network.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,  # interface endpoints are found by name
            tags=named("vpc"),
            opts=inside,
        )
        vpc = Vpc(environment, made, inside)
        aws.ec2.DefaultSecurityGroup(
            "default-group",
            vpc_id=made.id,
            ingress=[],
            egress=[],
            tags=vpc.tags("default"),
            opts=inside,
        )
        return vpc
