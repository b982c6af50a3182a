"""A resource graph as Terraform plan JSON, for checkov's plan runner and for Terraform policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policies.gate.graph import Resource, ResourceGraph
from policies.gate.projection.addresses import PACKAGES, addresses, projected, type_of
from policies.gate.projection.convert import Conversion
from policies.gate.projection.data_sources import DataSources
from policies.gate.projection.mapping import ResourceType, defaults
from policies.gate.projection.plan_values import after, expression, sensitive, unknown
from policies.gate.projection.providers import FULL_NAMES, ProviderConfig, Providers
from policies.gate.projection.tree import Filled, Ref, Tree
from policies.gate.projection.unmapped import Unmapped

FORMAT_VERSION = "1.2"
TERRAFORM_VERSION = "1.11.4"

# Resource kinds that hold nothing of a cloud's: what they stand for is captured resource by resource.
_NOT_A_CLOUDS = ("component", "remote", "provider", "read")
_OTHER_PROJECTIONS = ("azure-native", "pulumi")
# Packages that only compute: a password, a key pair, a moment. What they make is in the state and nowhere else.
_COMPUTING = ("random", "tls", "time", "std")


@dataclass(frozen=True)
class Projected:
    """One resource under Terraform's names."""

    resource: Resource
    type: ResourceType
    address: str
    tree: dict[str, Tree]
    provider: ProviderConfig
    newer: tuple[str, ...]
    """Attributes that only the newer provider has."""

    @property
    def name(self) -> str:
        """The name in its address."""
        return self.address.split(".", 1)[1]


@dataclass
class TerraformProjection:
    """The resources of a graph that Terraform can say, and what it cannot."""

    resources: list[Projected]
    unmapped: list[Unmapped]
    providers: dict[str, ProviderConfig]
    data: dict[str, dict[str, Any]]
    """Arguments of the data sources that resources refer to, by address."""
    _addresses: dict[str, str] = field(repr=False)

    def address_of(self, urn: str) -> str | None:
        """The address of a resource, if Terraform can say it."""
        return self._addresses.get(urn)

    @cached_property
    def newer(self) -> frozenset[str]:
        """Addresses of resources whose type only the newer provider has."""
        return frozenset(item.address for item in self.resources if item.type.newer)

    @cached_property
    def urns(self) -> dict[str, str]:
        """URNs by address: how a finding on the plan comes back to the program."""
        return {address: urn for urn, address in self._addresses.items()}

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The plan, in the format of `terraform show -json`."""
        afters = {item.address: after(item.tree) for item in self.resources}
        return {
            "format_version": FORMAT_VERSION,
            "terraform_version": TERRAFORM_VERSION,
            "planned_values": {
                "root_module": {
                    "resources": [
                        {**_head(item), "schema_version": 0, "values": afters[item.address]}
                        for item in self.resources
                    ]
                }
            },
            "resource_changes": [
                {**_head(item), "change": _change(item, afters[item.address])} for item in self.resources
            ],
            "configuration": {
                "provider_config": {key: config.as_plan() for key, config in sorted(self.providers.items())},
                "root_module": {"resources": [_configuration(item) for item in self.resources]},
            },
        }


def project(graph: ResourceGraph) -> TerraformProjection:
    """Projects the AWS and Google Cloud resources of a graph."""
    found = addresses(graph.resources.values())
    providers = Providers(graph)
    data = DataSources(graph)
    resources: list[Projected] = []
    unmapped: list[Unmapped] = []

    def resolve(urn: str, output: str) -> Ref | None:
        address = found.get(urn)
        if address is None:
            return data.reference(urn, output) if urn.startswith("call:") else None
        target = type_of(graph.resources[urn])
        if target is None or not output:
            return Ref(address)
        return Ref(address, target.output(output), newer=target.newer_output(output))

    for urn in sorted(graph.resources):
        resource = graph.resources[urn]
        if not projected(resource):
            unmapped += _without_projection(resource)
            continue
        type_ = type_of(resource)
        if type_ is None:
            unmapped.append(Unmapped(urn, resource.type, "", "no Terraform type is known for it"))
            continue
        conversion = Conversion(resolve)
        provider = providers.of(resource)
        tree = conversion.resource(type_, resource.inputs)
        _all_tags(tree, provider)
        for name, value in defaults(type_.package).get(type_.name, {}).items():
            tree.setdefault(name, Filled(value))
        unmapped += [Unmapped(urn, resource.type, path, why) for path, why in conversion.unmapped]
        resources.append(Projected(resource, type_, found[urn], tree, provider, tuple(conversion.newer)))
    resources.sort(key=lambda item: item.address)
    return TerraformProjection(resources, unmapped, providers.configs, data.used, found)


def _without_projection(resource: Resource) -> list[Unmapped]:
    if resource.kind in _NOT_A_CLOUDS or resource.package in (*_OTHER_PROJECTIONS, *_COMPUTING):
        return []
    if resource.kind == "dynamic":
        reason = "a dynamic resource: what it makes is code, not configuration"
    elif resource.package in PACKAGES:
        reason = f"a resource of kind {resource.kind} has no projection"
    else:
        reason = f"there is no projection for the package `{resource.package}`"
    return [Unmapped(resource.urn, resource.type, "", reason)]


def _all_tags(tree: dict[str, Tree], provider: ProviderConfig) -> None:
    """`tags_all`: the provider's default tags under the resource's own, as the AWS provider plans them."""
    tags = tree.get("tags")
    if provider.name == "aws" and isinstance(tags, dict):
        tree["tags_all"] = {**provider.default_tags, **tags}


def _head(item: Projected) -> dict[str, Any]:
    return {
        "address": item.address,
        "mode": "managed",
        "type": item.type.name,
        "name": item.name,
        "provider_name": FULL_NAMES[item.provider.name],
    }


def _change(item: Projected, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "actions": ["create"],
        "before": None,
        "after": values,
        "after_unknown": unknown(item.tree) or {},
        "before_sensitive": False,
        "after_sensitive": sensitive(item.tree) or {},
    }


def _configuration(item: Projected) -> dict[str, Any]:
    own = {name: value for name, value in item.tree.items() if name != "tags_all"}
    return {
        "address": item.address,
        "mode": "managed",
        "type": item.type.name,
        "name": item.name,
        "provider_config_key": item.provider.key,
        "expressions": expression(own),
        "schema_version": 0,
    }
