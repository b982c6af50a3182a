"""The graph's providers as Terraform provider configurations with aliases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from policies.gate.graph import Resource, ResourceGraph
from policies.gate.projection.addresses import PACKAGES
from policies.gate.values import Value

LOCAL_NAMES = {"aws": "aws", "gcp": "google"}
FULL_NAMES = {
    "aws": "registry.terraform.io/hashicorp/aws",
    "google": "registry.terraform.io/hashicorp/google",
}


@dataclass(frozen=True)
class ProviderConfig:
    """One provider of the root module."""

    name: str
    alias: str | None
    region: str | None
    default_tags: dict[str, Any]
    accounts: tuple[str, ...] = ()
    """AWS: the only accounts that it may touch; empty for any."""

    @property
    def key(self) -> str:
        """As a plan's `provider_config` names it."""
        return f"{self.name}.{self.alias}" if self.alias else self.name

    def as_plan(self) -> dict[str, Any]:
        """As in a plan's `configuration.provider_config`."""
        config: dict[str, Any] = {"name": self.name, "full_name": FULL_NAMES[self.name]}
        if self.alias:
            config["alias"] = self.alias
        if self.region:
            config["expressions"] = {"region": {"constant_value": self.region}}
        return config


class Providers:
    """The providers of a graph; a resource in another region than its provider's gets one of its own."""

    def __init__(self, graph: ResourceGraph) -> None:
        self._graph = graph
        self.configs: dict[str, ProviderConfig] = {}

    def of(self, resource: Resource) -> ProviderConfig:
        """The provider of a resource, added when it is first met."""
        package = next(item for item in PACKAGES if item == resource.package)
        name = LOCAL_NAMES[package]
        provider = self._graph.provider_of(resource)
        region = resource.inputs.get("region") if package == "aws" else None
        own = region if isinstance(region, str) else None
        base = provider.region if provider is not None and isinstance(provider.region, str) else None
        alias = provider.urn.rsplit("::", 1)[-1] if provider is not None and provider.urn else ""
        if own is not None and own != base:
            alias = f"{alias}-{own}" if alias else own
        config = ProviderConfig(
            name,
            re.sub(r"[^A-Za-z0-9_-]", "_", alias) or None,
            own or base,
            dict(provider.default_tags) if provider is not None else {},
            _accounts(provider.inputs.get("allowedAccountIds")) if provider is not None else (),
        )
        return self.configs.setdefault(config.key, config)


def _accounts(given: Value) -> tuple[str, ...]:
    return tuple(item for item in given if isinstance(item, str)) if isinstance(given, list) else ()
