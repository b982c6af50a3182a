"""The network of an environment."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field

from environments.part import Cidr, Days, Part
from environments.vocabulary import Nat, PrivateService, SubnetTier


class Network(Part):
    """Address space, zones, and the way out."""

    cidr: Cidr = Field(description="Address range of the whole network; no two environments may overlap.")
    zones: int = Field(ge=1, le=3, description="Number of availability zones that it spans.")
    nat: Nat = Field(description="NAT gateways for the private subnets: none, a single one, or one per zone.")
    private_services: tuple[PrivateService, ...] = Field(
        description="Services that have endpoints of their own inside an AWS network, billed by the hour;"
        " the others are reached through NAT."
    )
    subnets: dict[SubnetTier, Cidr] = Field(
        description="Address range of a subnet tier over all zones, where it is not its quarter of `cidr`."
    )
    flow_log_retention_days: Days = Field(description="Days that the network's flow logs are kept.")

    def tier_range(self, tier: SubnetTier) -> IPv4Network:
        """The range of one subnet tier: its own if it was given one, else its quarter of the network."""
        return (
            self.subnets.get(tier) or list(self.cidr.subnets(prefixlen_diff=2))[list(SubnetTier).index(tier)]
        )

    def zone_ranges(self, tier: SubnetTier) -> list[IPv4Network]:
        """The subnets of one tier, one per zone.

        The range is always cut in four, so that a zone added later moves no subnet that exists.
        """
        return list(self.tier_range(tier).subnets(prefixlen_diff=2))[: self.zones]
