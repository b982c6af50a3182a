"""Terraform addresses for the resources of a graph: unique per type, the same for the same graph."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from policies.gate.graph import Resource
from policies.gate.projection.mapping import Package, ResourceType, table

PACKAGES: tuple[Package, ...] = ("aws", "gcp")


def projected(resource: Resource) -> bool:
    """Whether a resource is one that a Terraform plan would create."""
    return resource.kind == "custom" and resource.package in PACKAGES


def type_of(resource: Resource) -> ResourceType | None:
    """The Terraform type of a resource, if it has one."""
    package = next((item for item in PACKAGES if item == resource.package), None)
    return table(package).type(resource.type) if package else None


def addresses(resources: Iterable[Resource]) -> dict[str, str]:
    """Addresses by URN. Names that meet within a type all get a mark of their URN."""
    wanted = {
        resource.urn: (type_.name, _name(resource.name))
        for resource in resources
        if projected(resource) and (type_ := type_of(resource)) is not None
    }
    taken = Counter(wanted.values())
    return {
        urn: f"{kind}.{name}" if taken[kind, name] == 1 else f"{kind}.{name}_{_mark(urn)}"
        for urn, (kind, name) in wanted.items()
    }


def _name(logical: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", logical)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _mark(urn: str) -> str:
    return hashlib.sha256(urn.encode()).hexdigest()[:8]
