"""A service's address inside the network, and the name that it is found by."""

from __future__ import annotations

import pulumi_azure_native as azure
from pulumi import Input, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from modules.azure_place import Place, PrivateLink


def private_endpoint(
    logical_name: str,
    environment: Environment,
    service: Input[str],
    kind: str,
    place: Place,
    link: PrivateLink,
    parent: Resource,
) -> None:
    """Puts a service into the network; `kind` is its part that is reached: `blob`, `vault`."""
    inside = ResourceOptions(parent=parent)
    name = physical_name(environment, "network", logical_name)
    endpoint = azure.network.PrivateEndpoint(
        f"{logical_name}-endpoint",
        private_endpoint_name=name,
        custom_network_interface_name=f"{name}-nic",
        resource_group_name=place.group,
        location=environment.region,
        subnet={"id": link.subnet},
        private_link_service_connections=[
            {"name": name, "private_link_service_id": service, "group_ids": [kind]}
        ],
        tags=tags(environment),
        opts=inside,
    )
    azure.network.PrivateDnsZoneGroup(
        f"{logical_name}-endpoint-name",
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=place.group,
        private_dns_zone_configs=[{"name": kind, "private_dns_zone_id": link.zones[kind]}],
        opts=inside,
    )
