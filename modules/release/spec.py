"""What a platform hands to its releases, on every cloud."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input, Output

from environments.manifest import PlatformManifest
from environments.model import Environment

MANIFEST_KEY = "platform/manifest.json"
"""The platform manifest's object in the releases zone."""


@dataclass(frozen=True)
class ReleaseSpec:
    """The platform manifest and where it is published."""

    environment: Environment
    bucket: Input[str]
    """Name of the releases zone's bucket."""
    manifest: Output[PlatformManifest]


@dataclass(frozen=True)
class ReleaseOutputs:
    """Where the manifest can be read."""

    manifest_uri: Output[str]
