"""The second stack of an environment: which release it serves.

One resource stands for the whole: its state is the pointer in the store, its making is the ship of `releases/`.
So `pulumi up` and `sluice ship` do the same by the same code, refresh sees what was shipped or rolled back
otherwise, and the next update brings back what the checkout holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource

from environments import places
from environments.model import Environment
from environments.problems import Refusal
from modules.local_provider import LocalProvider, Props, Refused


@dataclass(frozen=True)
class ShippedReleaseSpec:
    """What is to be served, and from where."""

    environment: Environment
    store: Input[str]
    """URI of the releases zone, as the platform's stack gave it out."""


class ShippedReleaseProvider(LocalProvider):
    """Inputs: environment, store, release. Output: previous."""

    identity: ClassVar[tuple[str, ...]] = ("environment", "store")

    def find(self, name: str, known: Props) -> Props | None:
        """What the pointer names. A pointer that was never written, or names nothing, is no release."""
        from dags.bundle.sluice_bundle.storage import ObjectStorage
        from dags.bundle.sluice_bundle.store import ReleaseStore
        from releases.refusals import refused
        from releases.targets import find

        try:
            find(name)
            with refused("read the pointer", known["store"]):
                found = ReleaseStore(ObjectStorage(known["store"])).read_pointer()
        except Refusal as refusal:
            raise Refused(str(refusal)) from None
        if found is None or found.pointer.release is None:
            return None
        return {
            "environment": name,
            "store": known["store"],
            "release": found.pointer.release,
            "previous": found.pointer.previous,
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Ships the checkout, if it still is what was planned."""
        from releases.build import build
        from releases.ship import deliver
        from releases.targets import find

        try:
            release = build(places.ROOT)
            if release.id != wanted["release"]:
                raise Refused(
                    f"the sources have changed since release {wanted['release'][:12]} was planned",
                    "run the update again",
                )
            target = find(wanted["environment"])
            retain = target.environment.releases.retain
            deliver(release, wanted["store"], target.airflow, lambda line: None, retain=retain)
        except Refusal as refusal:
            raise Refused(str(refusal)) from None

    def remove(self, name: str, known: Props) -> None:
        """No release is served any more; those in the store stay there."""
        from releases.rollback import serve_nothing

        try:
            serve_nothing(known["store"])
        except Refusal as refusal:
            raise Refused(str(refusal)) from None


class _Shipped(Resource, module="sluice", name="ShippedRelease"):
    release: Output[str]
    previous: Output[str | None]

    def __init__(self, logical_name: str, inputs: dict[str, Input[object]], opts: ResourceOptions) -> None:
        super().__init__(ShippedReleaseProvider(), logical_name, {**inputs, "previous": None}, opts)


class ShippedRelease(pulumi.ComponentResource):
    """The checkout's release, current in the environment's store and served by its Airflow."""

    release: Output[str]
    previous: Output[str | None]

    def __init__(self, name: str, spec: ShippedReleaseSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:release:ShippedRelease", name, None, opts)
        from releases.build import build

        shipped = _Shipped(
            "current",
            {
                "environment": spec.environment.name,
                "store": spec.store,
                "release": build(places.ROOT).id,
            },
            ResourceOptions(parent=self),
        )
        self.release, self.previous = shipped.release, shipped.previous
        self.register_outputs({})
