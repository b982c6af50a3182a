"""The network on Azure: a VNet whose subnets have no way out, and private names for what it uses."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import SubnetTier
from modules.azure_place import KeyVault, Place, PrivateLink
from modules.network.azure_flow_logs import flow_logs
from modules.network.spec import FLOWS, PRIVATE_TIERS, Flow, NetworkOutputs, NetworkSpec

Rule = azure.network.SecurityRuleArgsDict

# By the part of a service that is reached through them.
PRIVATE_ZONES = {"blob": "privatelink.blob.core.windows.net", "vault": "privatelink.vaultcore.azure.net"}
EVERYWHERE = "0.0.0.0/0"
FIRST_PRIORITY = 100
# The last that a rule of one's own can have; Azure's defaults, which let the VNet in, come after it.
LAST_PRIORITY = 4096


class AzureNetwork(pulumi.ComponentResource):
    """Private subnets by tier, rules between the tiers, private DNS zones, flow logs.

    Subnets span the zones here: a tier has one.
    """

    outputs: NetworkOutputs
    link: PrivateLink

    def __init__(
        self,
        name: str,
        spec: NetworkSpec,
        place: Place,
        vault: KeyVault,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:network:AzureNetwork", name, None, opts)
        self._environment, self._place = spec.environment, place
        self._inside = ResourceOptions(parent=self)
        self._vnet = azure.network.VirtualNetwork(
            "vnet",
            virtual_network_name=self._named("vnet"),
            resource_group_name=place.group,
            location=spec.environment.region,
            address_space={"address_prefixes": [str(spec.environment.network.cidr)]},
            tags=tags(spec.environment),
            opts=self._inside,
        )
        groups = {tier: self._group(tier) for tier in PRIVATE_TIERS}
        subnets = self._subnets(groups)
        zones = {kind: self._private_zone(kind) for kind in PRIVATE_ZONES}
        flow_logs(spec, self._vnet, place, vault, parent=self)
        self.link = PrivateLink(subnet=subnets[SubnetTier.DATA].id, zones=zones)
        self.outputs = NetworkOutputs(
            network=self._vnet.id,
            subnets={tier: [subnet.id] for tier, subnet in subnets.items()},
            security_groups={tier: group.id for tier, group in groups.items()},
        )
        self.register_outputs({})

    def _named(self, part: str) -> str:
        return physical_name(self._environment, "network", part)

    def _group(self, tier: SubnetTier) -> azure.network.NetworkSecurityGroup:
        return azure.network.NetworkSecurityGroup(
            f"{tier}-group",
            network_security_group_name=self._named(str(tier)),
            resource_group_name=self._place.group,
            location=self._environment.region,
            security_rules=[*self._rules(tier, "Inbound"), *self._rules(tier, "Outbound")],
            tags=tags(self._environment),
            opts=self._inside,
        )

    def _rules(self, tier: SubnetTier, direction: str) -> Iterator[Rule]:
        """The tier's flows in one direction, and a refusal of all else."""
        mine = [flow for flow in FLOWS if tier is (flow.target if direction == "Inbound" else flow.source)]
        for place, flow in enumerate(mine):
            yield self._allow(flow, direction, FIRST_PRIORITY + 10 * place)
        yield {
            "name": f"deny-{direction.lower()}",
            "description": "All that no other rule allows",
            "access": "Deny",
            "direction": direction,
            "priority": LAST_PRIORITY,
            "protocol": "*",
            "source_address_prefix": "*",
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_range": "*",
        }

    def _allow(self, flow: Flow, direction: str, priority: int) -> Rule:
        ports = (
            str(flow.first_port)
            if flow.first_port == flow.last_port
            else f"{flow.first_port}-{flow.last_port}"
        )
        return {
            "name": flow.name,
            "description": flow.why,
            "access": "Allow",
            "direction": direction,
            "priority": priority,
            "protocol": "Tcp",
            # A tier's range: a private endpoint has no group of its own that could be named.
            "source_address_prefix": str(self._environment.network.tier_range(flow.source)),
            "source_port_range": "*",
            "destination_address_prefix": str(self._environment.network.tier_range(flow.target)),
            "destination_port_range": ports,
        }

    def _subnets(
        self, groups: dict[SubnetTier, azure.network.NetworkSecurityGroup]
    ) -> dict[SubnetTier, azure.network.Subnet]:
        subnets: dict[SubnetTier, azure.network.Subnet] = {}
        for tier in PRIVATE_TIERS:
            table = azure.network.RouteTable(
                f"{tier}-routes",
                route_table_name=self._named(str(tier)),
                resource_group_name=self._place.group,
                location=self._environment.region,
                disable_bgp_route_propagation=True,
                routes=[{"name": "no-internet", "address_prefix": EVERYWHERE, "next_hop_type": "None"}],
                tags=tags(self._environment),
                opts=self._inside,
            )
            # One after the other: a VNet takes one change at a time.
            after = ResourceOptions(depends_on=list(subnets.values()))
            subnets[tier] = azure.network.Subnet(
                f"{tier}-subnet",
                subnet_name=str(tier),
                virtual_network_name=self._vnet.name,
                resource_group_name=self._place.group,
                address_prefix=str(self._environment.network.tier_range(tier)),
                network_security_group={"id": groups[tier].id},
                route_table={"id": table.id},
                default_outbound_access=False,
                private_endpoint_network_policies="Enabled",
                opts=ResourceOptions.merge(self._inside, after),
            )
        return subnets

    def _private_zone(self, kind: str) -> Output[str]:
        zone = azure.privatedns.PrivateZone(
            f"{kind}-names",
            private_zone_name=PRIVATE_ZONES[kind],
            resource_group_name=self._place.group,
            location="Global",
            tags=tags(self._environment),
            opts=self._inside,
        )
        azure.privatedns.VirtualNetworkLink(
            f"{kind}-names-link",
            virtual_network_link_name=self._named("vnet"),
            private_zone_name=zone.name,
            resource_group_name=self._place.group,
            location="Global",
            virtual_network={"id": self._vnet.id},
            registration_enabled=False,
            tags=tags(self._environment),
            opts=self._inside,
        )
        return zone.id
