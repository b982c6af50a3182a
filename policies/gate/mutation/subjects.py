"""What is mutated: the captured prod environments with their estates, and programs, done right and wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from environments import places
from environments.problems import Location, Problem, Refusal
from policies.gate.capture import Program, capture_many
from policies.gate.graph import CallSite, ResourceGraph
from policies.gate.mutation.catalogue import HERE, Cloud, Mutation
from policies.gate.mutation.planting import Planting

PROGRAMS = HERE / "programs"
SWITCH = "planted"
"""The key of a program's configuration that says whether it does wrong."""


@dataclass(frozen=True)
class Subject:
    """A mutation that has been planted."""

    mutation: Mutation
    environment: str
    where: Location
    before: ResourceGraph
    after: ResourceGraph
    planted: frozenset[str]
    """URNs of the resources at fault."""

    @property
    def applied(self) -> bool:
        """Whether the graph is another one with the mutation than without it."""
        return self.before.to_bytes() != self.after.to_bytes()


def subjects(chosen: Sequence[tuple[Cloud, Mutation]]) -> list[Subject]:
    """Captures what is needed, each environment once, and plants every mutation.

    Raises:
        Refusal: a program cannot be captured, or a mutation names what is not there.
    """
    graphs = _captured(chosen)
    bases: dict[str, ResourceGraph] = {}
    found: list[Subject] = []
    problems: list[Problem] = []
    for cloud, mutation in chosen:
        where = Location(Path(cloud.shown), cloud.lines.get(mutation.name))
        try:
            if mutation.program:
                before, after = graphs[mutation.program, False], graphs[mutation.program, True]
                planted = _differing(before, after) if not mutation.at else _named(after, mutation.at)
            else:
                if cloud.name not in bases:
                    bases[cloud.name] = with_estate(cloud, graphs[cloud.environment, False])
                before = bases[cloud.name]
                planting = Planting(before, CallSite(cloud.shown, cloud.lines.get(mutation.name, 1)))
                planting.mutate(mutation)
                after, planted = planting.graph(), frozenset(planting.planted)
        except Refusal as refusal:
            problems += [Problem(one.what, one.where or where, one.remedy) for one in refusal.problems]
            continue
        found.append(Subject(mutation, cloud.environment, where, before, after, planted))
    if problems:
        raise Refusal(*problems)
    return found


def with_estate(cloud: Cloud, graph: ResourceGraph) -> ResourceGraph:
    """The captured environment and the well-formed resources beside it."""
    for addition in cloud.estate:
        planting = Planting(graph, CallSite(cloud.shown, cloud.lines.get(addition.name, 1)))
        planting.add(addition)
        graph = planting.graph()
    return graph


def _captured(chosen: Sequence[tuple[Cloud, Mutation]]) -> Mapping[tuple[str, bool], ResourceGraph]:
    """Graphs by environment or program, and whether it does wrong."""
    wanted: dict[tuple[str, bool], Program] = {}
    for cloud, mutation in chosen:
        if not mutation.program:
            wanted[cloud.environment, False] = Program(places.ROOT, cloud.environment)
            continue
        for wrong in (False, True):
            wanted[mutation.program, wrong] = Program(
                PROGRAMS / mutation.program, cloud.environment, {SWITCH: str(wrong).lower()}
            )
    captured = capture_many(list(wanted.values()))
    problems = [problem for one in captured if isinstance(one, Refusal) for problem in one.problems]
    if problems:
        raise Refusal(*dict.fromkeys(problems))
    return {
        key: graph for key, graph in zip(wanted, captured, strict=True) if isinstance(graph, ResourceGraph)
    }


def _differing(before: ResourceGraph, after: ResourceGraph) -> frozenset[str]:
    """URNs of what a program makes otherwise, or anew, when it does wrong; lines do not count."""
    return frozenset(
        urn
        for urn, resource in after.resources.items()
        if urn not in before.resources
        or {**resource.to_json(), "sites": ()} != {**before.resources[urn].to_json(), "sites": ()}
    )


def _named(graph: ResourceGraph, names: Sequence[str]) -> frozenset[str]:
    found = frozenset(urn for urn, resource in graph.resources.items() if resource.name in names)
    if not found:
        raise Refusal.because(f"the program makes no resource named {' or '.join(names)}")
    return found
