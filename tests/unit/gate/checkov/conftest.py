"""One warm worker for all tests of the engine, and a short way to write a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from policies.gate.engines.checkov.engine import Checkov, Request, Result, arm_document, terraform_document
from policies.gate.graph import CallSite, Provider, Resource, ResourceGraph
from policies.gate.projection import arm, terraform

Given = Mapping[str, tuple[str, dict[str, Any]]]
"""Type and inputs by logical name."""


def urn_of(type_: str, name: str) -> str:
    """The URN of a resource in a graph of these tests."""
    return f"urn:pulumi:dev::tests::{type_}::{name}"


def graph_of(given: Given) -> ResourceGraph:
    """A graph of some resources, each on a line of its own."""
    resources = {}
    for line, (name, (type_, inputs)) in enumerate(given.items(), start=1):
        urn = urn_of(type_, name)
        provider = f"default:{type_.split(':', 1)[0]}"
        sites = (CallSite("program.py", line),)
        resources[urn] = Resource(urn, type_, name, inputs=inputs, provider=provider, sites=sites)
    providers = {
        "default:aws": Provider("aws", region="eu-west-1"),
        "default:gcp": Provider("gcp", region="europe-west1"),
        "default:azure-native": Provider("azure-native"),
    }
    return ResourceGraph("tests", "dev", resources=resources, providers=providers)


def request_of(graph: ResourceGraph) -> Request:
    """What the gate asks of the engine for a graph."""
    documents = (terraform_document(terraform.project(graph)), arm_document(arm.project(graph)))
    return Request("dev", graph, documents)


@pytest.fixture(scope="session")
def checkov() -> Iterator[Checkov]:
    with Checkov() as engine:
        yield engine


@pytest.fixture(scope="session")
def ask() -> Callable[[Given], Request]:
    """What the gate asks of the engine for some resources."""
    return lambda given: request_of(graph_of(given))


@pytest.fixture(scope="session")
def verdicts(checkov: Checkov) -> Callable[[Given], dict[tuple[str, str], str]]:
    """Verdicts by checkov's id and logical name; a check that has nothing to say is absent."""

    def ask(given: Given) -> dict[tuple[str, str], str]:
        graph = graph_of(given)
        [result] = checkov.scan([request_of(graph)])
        return by_name(result, graph)

    return ask


def by_name(result: Result, graph: ResourceGraph) -> dict[tuple[str, str], str]:
    """The records of a result, short."""
    return {
        (record.rule.removeprefix("checkov/"), graph.resources[record.urn].name): str(record.verdict)
        for record in result.records
        if record.urn and record.verdict is not None
    }
