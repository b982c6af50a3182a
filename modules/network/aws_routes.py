"""Ways through an AWS network: route tables, the internet gateway, NAT.

A tier with a way out has a table in every zone, whatever `network.nat` says: going from one NAT gateway to one
per zone then changes routes, and replaces no table under running workloads.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws
from pulumi import Alias, ResourceOptions

from environments.vocabulary import Nat, SubnetTier
from modules.network.aws_vpc import ANYWHERE, Vpc
from modules.network.spec import WAYS_OUT

Subnets = Mapping[str, aws.ec2.Subnet]
WITH_A_WAY_OUT = tuple(way.source for way in WAYS_OUT)


def internet_gateway(vpc: Vpc, public: Subnets) -> aws.ec2.InternetGateway:
    """Makes the only door to the internet, which the public tier alone has a route to."""
    gateway = aws.ec2.InternetGateway(
        "internet-gateway", vpc_id=vpc.resource.id, tags=vpc.tags("internet-gateway"), opts=vpc.inside
    )
    table = _table(vpc, SubnetTier.PUBLIC)
    aws.ec2.Route(
        "public-out",
        route_table_id=table.id,
        destination_cidr_block=ANYWHERE,
        gateway_id=gateway.id,
        opts=vpc.inside,
    )
    for letter, subnet in public.items():
        _associate(vpc, SubnetTier.PUBLIC, letter, subnet, table)
    return gateway


def nat_gateways(
    vpc: Vpc, public: Subnets, gateway: aws.ec2.InternetGateway
) -> dict[str, aws.ec2.NatGateway]:
    """Makes one NAT gateway, or one per zone; each zone's own by its letter."""
    letters = vpc.letters if vpc.environment.network.nat is Nat.PER_ZONE else vpc.letters[:1]
    made = {letter: _nat(vpc, letter, public[letter], gateway) for letter in letters}
    return {letter: made.get(letter, made[letters[0]]) for letter in vpc.letters}


def private_routes(
    vpc: Vpc, tier: SubnetTier, subnets: Subnets, nat: Mapping[str, aws.ec2.NatGateway]
) -> list[aws.ec2.RouteTable]:
    """Makes the tables of a private tier, with routes to the NAT gateways if it has a way out."""
    if tier not in WITH_A_WAY_OUT:
        table = _table(vpc, tier)
        for letter, subnet in subnets.items():
            _associate(vpc, tier, letter, subnet, table)
        return [table]
    tables = []
    for letter, subnet in subnets.items():
        table = _table(vpc, tier, letter)
        _associate(vpc, tier, letter, subnet, table)
        if letter in nat:
            aws.ec2.Route(
                f"{tier}-{letter}-out",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nat[letter].id,
                opts=vpc.inside,
            )
        tables.append(table)
    return tables


def _nat(
    vpc: Vpc, letter: str, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway
) -> aws.ec2.NatGateway:
    # Suppliers let us in by this address: it outlives the gateway.
    address = aws.ec2.Eip(
        f"nat-{letter}-address", domain="vpc", tags=vpc.tags(f"nat-{letter}"), opts=vpc.inside
    )
    return aws.ec2.NatGateway(
        f"nat-{letter}",
        allocation_id=address.id,
        subnet_id=subnet.id,
        connectivity_type="public",
        tags=vpc.tags(f"nat-{letter}"),
        # AWS refuses one in a network that the internet does not reach yet.
        opts=ResourceOptions.merge(vpc.inside, ResourceOptions(depends_on=[gateway])),
    )


def _table(vpc: Vpc, tier: SubnetTier, letter: str | None = None) -> aws.ec2.RouteTable:
    suffix = f"-{letter}" if letter else ""
    # The first zone's was the tier's only one once.
    aliases = [Alias(name=f"{tier}-routes")] if letter == "a" else None
    return aws.ec2.RouteTable(
        f"{tier}-routes{suffix}",
        vpc_id=vpc.resource.id,
        tags=vpc.tags(f"{tier}{suffix}"),
        opts=ResourceOptions.merge(vpc.inside, ResourceOptions(aliases=aliases)),
    )


def _associate(
    vpc: Vpc, tier: SubnetTier, letter: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
) -> None:
    aws.ec2.RouteTableAssociation(
        f"{tier}-{letter}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=vpc.inside
    )
