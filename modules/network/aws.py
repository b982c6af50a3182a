"""The network on AWS: a VPC without a way in or out, but for the endpoints of the services it uses."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import SubnetTier
from modules.network.aws_flow_logs import flow_logs
from modules.network.spec import FLOWS, PRIVATE_TIERS, Flow, NetworkOutputs, NetworkSpec

# What the workloads call, besides S3, whose endpoint is a route and costs nothing.
INTERFACE_ENDPOINTS = ("kms", "secretsmanager")
S3_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:PutObject",
)
HTTPS = 443


class AwsNetwork(pulumi.ComponentResource):
    """Private subnets by tier and zone, rules between the tiers, endpoints, flow logs."""

    outputs: NetworkOutputs

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:network:AwsNetwork", name, None, opts)
        self._environment = spec.environment
        self._inside = ResourceOptions(parent=self)
        self._vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=str(spec.environment.network.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,  # interface endpoints are found by name
            tags=self._tags("vpc"),
            opts=self._inside,
        )
        # Without rules: what is started without a group of its own can speak to nobody.
        aws.ec2.DefaultSecurityGroup(
            "default-group",
            vpc_id=self._vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags("default"),
            opts=self._inside,
        )
        tables = {tier: self._route_table(tier) for tier in PRIVATE_TIERS}
        subnets = {tier: self._subnets(tier, tables[tier]) for tier in PRIVATE_TIERS}
        groups = {tier: self._group(tier) for tier in PRIVATE_TIERS}
        for flow in FLOWS:
            self._allow(flow, groups)
        self._storage_endpoint(tables, groups)
        for service in INTERFACE_ENDPOINTS:
            self._interface_endpoint(service, subnets[SubnetTier.DATA], groups[SubnetTier.DATA])
        flow_logs(spec, self._vpc, parent=self)
        self.outputs = NetworkOutputs(
            network=self._vpc.id,
            subnets={tier: [subnet.id for subnet in inside] for tier, inside in subnets.items()},
            security_groups={tier: group.id for tier, group in groups.items()},
        )
        self.register_outputs({})

    def _tags(self, part: str) -> dict[str, str]:
        """The tags and a name, which is all that the console shows of a network's parts."""
        return {**tags(self._environment), "Name": physical_name(self._environment, "network", part)}

    def _route_table(self, tier: SubnetTier) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{tier}-routes",
            vpc_id=self._vpc.id,
            tags=self._tags(str(tier)),
            opts=self._inside,
        )

    def _subnets(self, tier: SubnetTier, table: aws.ec2.RouteTable) -> list[aws.ec2.Subnet]:
        subnets = []
        for letter, block in zip("abc", self._environment.network.zone_ranges(tier), strict=False):
            subnet = aws.ec2.Subnet(
                f"{tier}-{letter}",
                vpc_id=self._vpc.id,
                cidr_block=str(block),
                # By letter and not from a list that AWS answers, so that a new zone moves no subnet.
                availability_zone=f"{self._environment.region}{letter}",
                map_public_ip_on_launch=False,
                tags=self._tags(f"{tier}-{letter}"),
                opts=self._inside,
            )
            aws.ec2.RouteTableAssociation(
                f"{tier}-{letter}-routes",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self._inside,
            )
            subnets.append(subnet)
        return subnets

    def _group(self, tier: SubnetTier) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{tier}-group",
            name=physical_name(self._environment, "network", str(tier)),
            description=f"The {tier} tier of {self._environment.name}",
            vpc_id=self._vpc.id,
            tags=self._tags(str(tier)),
            opts=self._inside,
        )

    def _allow(self, flow: Flow, groups: dict[SubnetTier, aws.ec2.SecurityGroup]) -> None:
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
            tags=self._tags(flow.name),
            opts=self._inside,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{flow.name}-out",
            security_group_id=source.id,
            referenced_security_group_id=target.id,
            ip_protocol="tcp",
            from_port=flow.first_port,
            to_port=flow.last_port,
            description=flow.why,
            tags=self._tags(flow.name),
            opts=self._inside,
        )

    def _storage_endpoint(
        self, tables: dict[SubnetTier, aws.ec2.RouteTable], groups: dict[SubnetTier, aws.ec2.SecurityGroup]
    ) -> None:
        endpoint = aws.ec2.VpcEndpoint(
            "s3-endpoint",
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._environment.region}.s3",
            route_table_ids=[table.id for table in tables.values()],
            policy=storage_endpoint_policy(self._environment),
            tags=self._tags("s3"),
            opts=self._inside,
        )
        for tier in (SubnetTier.ORCHESTRATION, SubnetTier.COMPUTE):
            aws.vpc.SecurityGroupEgressRule(
                f"{tier}-to-s3-out",
                security_group_id=groups[tier].id,
                prefix_list_id=endpoint.prefix_list_id,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description="S3 through its endpoint",
                tags=self._tags(f"{tier}-to-s3"),
                opts=self._inside,
            )

    def _interface_endpoint(
        self, service: str, subnets: list[aws.ec2.Subnet], group: aws.ec2.SecurityGroup
    ) -> None:
        aws.ec2.VpcEndpoint(
            f"{service}-endpoint",
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{self._environment.region}.{service}",
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            tags=self._tags(service),
            opts=self._inside,
        )


def storage_endpoint_policy(environment: Environment) -> Output[str]:
    """Our principals to our buckets: data cannot leave for a bucket of another account."""
    statement = {
        "Sid": "OwnAccountOnly",
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(S3_ACTIONS),
        "Resource": "arn:aws:s3:::*",
        "Condition": {
            "StringEquals": {
                "aws:PrincipalAccount": environment.account,
                "aws:ResourceAccount": environment.account,
            }
        },
    }
    return Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
