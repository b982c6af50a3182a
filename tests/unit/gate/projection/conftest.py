"""Graphs written by hand, for the rules of the projection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policies.gate.graph import Provider, Resource, ResourceGraph

Given = tuple[str, str, dict[str, Any]]


def urn_of(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::unit::{type_}::{name}"


@pytest.fixture
def urn() -> Callable[[str, str], str]:
    """The URN of a resource in these graphs."""
    return urn_of


@pytest.fixture
def ref() -> Callable[..., dict[str, Any]]:
    """A reference to an output of a resource in these graphs."""

    def make(type_: str, name: str, output: str, **more: Any) -> dict[str, Any]:
        return {"$ref": {"urn": urn_of(type_, name), "property": output, **more}}

    return make


@pytest.fixture
def graph() -> Callable[..., ResourceGraph]:
    """A graph of custom resources; default providers in one region of each cloud."""

    def make(*given: Given, providers: dict[str, Provider] | None = None) -> ResourceGraph:
        resources = {}
        for type_, name, inputs in given:
            urn = urn_of(type_, name)
            package = type_.split(":")[0]
            key = next((key for key in providers or {} if key.startswith("urn:")), f"default:{package}")
            resources[urn] = Resource(urn=urn, type=type_, name=name, inputs=inputs, provider=key)
        known = {
            "default:aws": Provider("aws", region="eu-west-1"),
            "default:gcp": Provider("gcp", region="europe-west1"),
        }
        return ResourceGraph("unit", "dev", resources=resources, providers={**known, **(providers or {})})

    return make
