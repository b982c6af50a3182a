"""What the orchestrator takes and gives, on every cloud."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input, Output

from environments.model import Environment


@dataclass(frozen=True)
class OrchestratorSpec:
    """Airflow that serves the releases; its version and size are the environment's `orchestrator`."""

    environment: Environment
    releases: Input[str]
    """URI of the zone that releases are shipped to."""
    platform_manifest: Input[str]
    """URI of the platform manifest."""


@dataclass(frozen=True)
class OrchestratorOutputs:
    """Where it is."""

    url: Output[str]
    version: Output[str]
