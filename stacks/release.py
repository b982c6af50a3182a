"""What runs on a platform: the stack `<environment>-release`. It knows the platform by its outputs only, and so
needs no right to touch it."""

from __future__ import annotations

import pulumi

from environments.manifest import Zone
from environments.model import Environment
from modules.release.shipped import ShippedRelease, ShippedReleaseSpec


def describe(environment: Environment) -> None:
    """Describes the release stack to Pulumi."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{environment.name}"
    platform = pulumi.StackReference("platform", stack_name=stack)
    store = platform.require_output("zones").apply(lambda zones: zones[Zone.RELEASES.value])

    shipped = ShippedRelease("release", ShippedReleaseSpec(environment, store))

    pulumi.export("release", shipped.release)
    pulumi.export("previous", shipped.previous)
    pulumi.export("store", store)
