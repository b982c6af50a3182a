"""The VPC that the parts of an AWS network are in, and what they are told apart by."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import SubnetTier

ANYWHERE = "0.0.0.0/0"
HTTPS = 443


@dataclass(frozen=True)
class Vpc:
    """What every part of the network has to know of the whole."""

    environment: Environment
    resource: aws.ec2.Vpc
    inside: ResourceOptions
    """Of everything in it: children of the network's component."""

    @property
    def letters(self) -> str:
        """Zones by letter and not from a list that AWS answers, so that a new zone moves nothing."""
        return "abc"[: self.environment.network.zones]

    def tags(self, part: str) -> dict[str, str]:
        """The tags and a name, which is all that the console shows of a network's parts."""
        return {**tags(self.environment), "Name": physical_name(self.environment, "network", part)}

    def subnets(self, tier: SubnetTier) -> dict[str, aws.ec2.Subnet]:
        """Makes a tier's subnets, by the letter of their zone."""
        return {
            letter: aws.ec2.Subnet(
                f"{tier}-{letter}",
                vpc_id=self.resource.id,
                cidr_block=str(block),
                availability_zone=f"{self.environment.region}{letter}",
                map_public_ip_on_launch=False,
                tags=self.tags(f"{tier}-{letter}"),
                opts=self.inside,
            )
            for letter, block in zip(self.letters, self.environment.network.zone_ranges(tier), strict=True)
        }
