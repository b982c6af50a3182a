"""Endpoints of an AWS network: the ways to AWS's services that do not leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi_aws as aws
from pulumi import Output

from environments.vocabulary import PrivateService, SubnetTier
from modules.network.aws_endpoint_policies import S3, endpoint_policy
from modules.network.aws_groups import Groups, reach_storage
from modules.network.aws_routes import Subnets
from modules.network.aws_vpc import Vpc

# The endpoints that each service needs; MWAA's are those that its guide lists for networks without NAT.
INTERFACES: Mapping[PrivateService, tuple[str, ...]] = {
    PrivateService.SECRETS: ("secretsmanager",),
    PrivateService.KEYS: ("kms",),
    PrivateService.TOKENS: ("sts",),
    PrivateService.LOGS: ("logs",),
    PrivateService.METRICS: ("monitoring",),
    PrivateService.IMAGES: ("ecr.api", "ecr.dkr"),
    PrivateService.QUEUES: ("sqs",),
    PrivateService.AIRFLOW: ("airflow.api", "airflow.env", "airflow.ops"),
}


def endpoints(
    vpc: Vpc, tables: Sequence[aws.ec2.RouteTable], subnets: Subnets, groups: Groups
) -> dict[str, Output[str]]:
    """Makes S3's endpoint, which is a route and costs nothing, and those of the environment's private services.

    Nothing of the platform uses DynamoDB, the other service with a gateway: it has none.
    """
    storage = aws.ec2.VpcEndpoint(
        "s3-endpoint",
        vpc_id=vpc.resource.id,
        vpc_endpoint_type="Gateway",
        service_name=_name(vpc, S3),
        route_table_ids=[table.id for table in tables],
        policy=endpoint_policy(vpc.environment, S3),
        tags=vpc.tags(S3),
        opts=vpc.inside,
    )
    reach_storage(vpc, groups, storage.prefix_list_id)
    wanted = dict.fromkeys(vpc.environment.network.private_services)
    found = {
        service: _interface(vpc, service, subnets, groups[SubnetTier.DATA])
        for private in wanted
        for service in INTERFACES[private]
    }
    return {S3: storage.id, **{service: endpoint.id for service, endpoint in found.items()}}


def _interface(vpc: Vpc, service: str, subnets: Subnets, group: aws.ec2.SecurityGroup) -> aws.ec2.VpcEndpoint:
    word = service.replace(".", "-")
    return aws.ec2.VpcEndpoint(
        f"{word}-endpoint",
        vpc_id=vpc.resource.id,
        vpc_endpoint_type="Interface",
        service_name=_name(vpc, service),
        # In every zone: an endpoint of another zone would fail with it.
        subnet_ids=[subnet.id for subnet in subnets.values()],
        security_group_ids=[group.id],
        private_dns_enabled=True,
        policy=endpoint_policy(vpc.environment, service),
        tags=vpc.tags(word),
        opts=vpc.inside,
    )


def _name(vpc: Vpc, service: str) -> str:
    return f"com.amazonaws.{vpc.environment.region}.{service}"
