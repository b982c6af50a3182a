"""Security groups of an AWS network: one per tier, which name each other and never an address that may come in."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws
from pulumi import Input

from environments.naming import physical_name
from environments.vocabulary import Nat, SubnetTier
from modules.network.aws_acls import REACH_STORAGE
from modules.network.aws_vpc import ANYWHERE, HTTPS, Vpc
from modules.network.spec import FLOWS, PRIVATE_TIERS, WAYS_OUT, Flow

Groups = Mapping[SubnetTier, aws.ec2.SecurityGroup]


def security_groups(vpc: Vpc) -> Groups:
    """Makes the groups and what the flows and ways out allow; gateways of the public tier take none."""
    groups = {tier: _group(vpc, tier) for tier in PRIVATE_TIERS}
    for flow in FLOWS:
        _allow(vpc, flow, groups)
    if vpc.environment.network.nat is not Nat.NONE:
        for way in WAYS_OUT:
            aws.vpc.SecurityGroupEgressRule(
                f"{way.name}-out",
                security_group_id=groups[way.source].id,
                cidr_ipv4=ANYWHERE,
                ip_protocol="tcp",
                from_port=way.port,
                to_port=way.port,
                description=way.why,
                tags=vpc.tags(way.name),
                opts=vpc.inside,
            )
    return groups


def reach_storage(vpc: Vpc, groups: Groups, prefix_list: Input[str]) -> None:
    """Lets the tiers that work with storage reach it through its endpoint."""
    for tier in REACH_STORAGE:
        aws.vpc.SecurityGroupEgressRule(
            f"{tier}-to-s3-out",
            security_group_id=groups[tier].id,
            prefix_list_id=prefix_list,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="S3 through its endpoint",
            tags=vpc.tags(f"{tier}-to-s3"),
            opts=vpc.inside,
        )


def _group(vpc: Vpc, tier: SubnetTier) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        f"{tier}-group",
        name=physical_name(vpc.environment, "network", str(tier)),
        description=f"The {tier} tier of {vpc.environment.name}",
        vpc_id=vpc.resource.id,
        tags=vpc.tags(str(tier)),
        opts=vpc.inside,
    )


def _allow(vpc: Vpc, flow: Flow, groups: Groups) -> None:
    """Both ends name the other one; no address range is ever let in."""
    source, target = groups[flow.source], groups[flow.target]
    aws.vpc.SecurityGroupIngressRule(
        f"{flow.name}-in",
        security_group_id=target.id,
        referenced_security_group_id=source.id,
        ip_protocol="tcp",
        from_port=flow.first_port,
        to_port=flow.last_port,
        description=flow.why,
        tags=vpc.tags(flow.name),
        opts=vpc.inside,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{flow.name}-out",
        security_group_id=source.id,
        referenced_security_group_id=target.id,
        ip_protocol="tcp",
        from_port=flow.first_port,
        to_port=flow.last_port,
        description=flow.why,
        tags=vpc.tags(flow.name),
        opts=vpc.inside,
    )
