"""Every change to the insides of checkov, cloudsplaining and policy_sentry, each with its reason.

They make the same verdicts in less time. They are made for one version of checkov; with another one none is
applied and `apply` says so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any

MADE_FOR = "3.3.30"


def apply() -> str:
    """Applies all patches; what to tell the user when it did not."""
    from checkov.version import version

    if version != MADE_FOR:
        return f"checkov is {version}; its speed patches are for {MADE_FOR}, so it runs unpatched and slower"
    _unneeded_packages()
    for patch in PATCHES:
        patch()
    return ""


def _unneeded_packages() -> None:
    """A fifth of checkov's import is two packages that no check on a plan or a template calls: numpy, which its
    expression evaluator takes if it is there, and aiohttp, with which it would speak to its vendor.
    """
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]
    sys.modules.setdefault("aiohttp", _Absent("aiohttp"))


class _Absent(ModuleType):
    """Has any class that is asked for, so that what derives from it can be defined; none of them does anything."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def _wildcards() -> None:
    """policy_sentry matches each wildcard against every action of the service, and again for every policy."""
    from cloudsplaining.scan import statement_detail
    from cloudsplaining.shared import utils
    from policy_sentry.analysis import expand as expansion

    expand = lru_cache(maxsize=4096)(expansion.expand)

    def expanded(action: Any) -> Any:
        return (
            list(expand(action)) if isinstance(action, str) else [one for a in action for one in expanded(a)]
        )

    expansion.expand = expanded
    for module, name in (
        (statement_detail, "remove_wildcard_only_actions"),
        (statement_detail, "remove_read_level_actions"),
        (statement_detail, "remove_actions_not_matching_access_level"),
        (utils, "remove_actions_not_matching_access_level"),
    ):
        setattr(module, name, _by_actions(getattr(module, name)))


def _by_actions(function: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Remembers the answer for a list of actions; hands out copies, because callers sort them in place."""
    remembered = lru_cache(maxsize=1024)(lambda actions, *rest: function(list(actions), *rest))

    def answer(actions: Any, *rest: Any, **named: Any) -> list[str]:
        try:
            return list(remembered(tuple(actions), *rest, *named.values()))
        except TypeError:
            return function(actions, *rest, **named)

    return answer


def _policy_documents() -> None:
    """checkov keeps parsed policy documents by resource name: wrong in a process that outlives one plan, and
    the same document on a hundred roles is parsed a hundred times. Kept by the document's text instead."""
    from checkov.terraform.checks.resource import base_cloudsplaining_resource_iam_check as resource
    from checkov.terraform.checks.utils import base_cloudsplaining_iam_scanner as scanner

    resource_class = resource.BaseTerraformCloudsplainingResourceIAMCheck

    def scan_conf(self: Any, conf: dict[str, Any]) -> Any:
        self._sluice_text = json.dumps(conf.get("policy") or conf.get("inline_policy"), default=str)
        return original(self, conf)

    original = scanner.BaseTerraformCloudsplainingIAMScanner.scan_conf
    scanner.BaseTerraformCloudsplainingIAMScanner.scan_conf = scan_conf
    resource_class.cache_key = property(lambda self: self._sluice_text)


def _violations() -> None:
    """cloudsplaining builds the sets of allowed actions anew for each of its seven checks."""
    from cloudsplaining.scan.policy_document import PolicyDocument

    def once(name: str, found: property) -> property:
        def answer(self: Any) -> Any:
            kept = self.__dict__.setdefault("_sluice_kept", {})
            if name not in kept:
                kept[name] = found.fget(self)  # type: ignore[misc]
            return list(kept[name])

        return property(answer)

    for name in (
        "all_allowed_actions",
        "all_allowed_unrestricted_actions",
        "all_allowed_unrestrictable_actions",
    ):
        setattr(PolicyDocument, name, once(name, getattr(PolicyDocument, name)))


def _indexed_names() -> None:
    """For every reference that names an attribute, the graph builder looks through all resources for one
    whose address has an index (`name[0]`): quadratic. The names with an index are kept aside."""
    from checkov.terraform.graph_builder.local_graph import TerraformLocalGraph

    original = TerraformLocalGraph._get_possible_vertices

    def possible(self: Any, module: Any, block_type: str, name: str) -> list[int]:
        block_map = self.vertices_by_module_dependency_by_name.get(module, {}).get(block_type, {})
        if name in block_map:
            return list(block_map[name])
        known = self.__dict__.setdefault("_sluice_indexed", {})
        counted, indexed = known.get((module, block_type), (-1, False))
        if counted != len(block_map):
            indexed = any("[" in key for key in block_map)
            known[module, block_type] = (len(block_map), indexed)
        return original(self, module, block_type, name) if indexed or "[" in name else []

    TerraformLocalGraph._get_possible_vertices = possible


def _graph_checks() -> None:
    """Graph checks run in threads: no faster under the interpreter lock, their results come in any order, and
    a forked process must not inherit a thread. One after the other; what raises has no result, as before."""
    from checkov.common.graph.checks_infra.registry import BaseRegistry

    def run_checks(self: Any, graph_connector: Any, runner_filter: Any, report_type: str) -> dict[Any, Any]:
        results: dict[Any, Any] = {}
        for check in self.checks:
            if runner_filter.should_run_check(check, report_type=report_type):
                try:
                    self.run_check_parallel(check, results, graph_connector)
                except Exception:
                    continue
        return results

    BaseRegistry.run_checks = run_checks


def _attributes() -> None:
    """Attribute solvers start a thread pool for each check and a job for each resource. The same loop without
    them, over the resources of the check's types only."""
    from checkov.common.checks_infra.solvers.attribute_solvers import base_attribute_solver as attribute
    from checkov.common.checks_infra.solvers.complex_solvers.base_complex_solver import BaseComplexSolver
    from checkov.common.graph.graph_builder import CustomAttributes

    def run(self: Any, graph_connector: Any) -> Any:
        results: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for data in vertices_of(graph_connector, self.resource_types):
            if data.get(CustomAttributes.BLOCK_TYPE) in attribute.SUPPORTED_BLOCK_TYPES:
                try:
                    self._process_node(data, *results)
                except Exception:
                    continue
        return results

    def run_complex(self: Any, graph_connector: Any) -> Any:
        passed: list[Any] = []
        failed: list[Any] = []
        unknown: list[Any] = []
        for data in vertices_of(graph_connector, self.resource_types):
            result = self.get_operation(data)
            (unknown if result is None else passed if result else failed).append(data)
        return passed, failed, unknown

    attribute.BaseAttributeSolver.run = run
    BaseComplexSolver.run = run_complex


def _connections() -> None:
    """Connection solvers compare whole resources, all with all; and look at every resource of the graph for
    each check. A graph holds each resource once, so identity is the same question, and types are indexed."""
    from checkov.common.checks_infra.solvers.connections_solvers import base_connection_solver as base
    from checkov.common.checks_infra.solvers.connections_solvers import connection_exists_solver as exists

    def set_vertices(self: Any, graph_connector: Any, exclude: Any, unknown: Any) -> None:
        self.vertices_under_resource_types = vertices_of(graph_connector, self.resource_types)
        self.vertices_under_connected_resources_types = vertices_of(
            graph_connector, self.connected_resources_types
        )
        both = self.vertices_under_resource_types + self.vertices_under_connected_resources_types
        for name, given in (("excluded_vertices", exclude), ("unknown_vertices", unknown)):
            ids = {id(vertex) for vertex in given}
            setattr(self, name, _Same(vertex for vertex in both if id(vertex) in ids))

    def get_operation(self: Any, graph_connector: Any) -> Any:
        passed, failed, unknown = _Same(), _Same(), _Same()
        mine = self.vertices_under_resource_types
        theirs = self.vertices_under_connected_resources_types
        if not mine or not theirs:
            return passed, _Same([*mine, *theirs]), unknown
        self.vertices_under_resource_types = _Same(mine)
        self.vertices_under_connected_resources_types = _Same(theirs)
        self.get_rustworkx_operation(_Nodes(graph_connector), passed=passed, failed=failed, unknown=unknown)
        failed.extend(vertex for vertex in (*mine, *theirs) if vertex not in passed and vertex not in unknown)
        return passed, failed, unknown

    base.BaseConnectionSolver.set_vertices = set_vertices
    exists.ConnectionExistsSolver._get_operation = get_operation


def _combinations() -> None:
    """The and/or of connection solvers looks for names in lists; the same with sets."""
    from checkov.common.checks_infra.solvers.connections_solvers.and_connection_solver import (
        AndConnectionSolver,
    )
    from checkov.common.checks_infra.solvers.connections_solvers.base_connection_solver import (
        BaseConnectionSolver,
    )
    from checkov.common.checks_infra.solvers.connections_solvers.complex_connection_solver import (
        ComplexConnectionSolver,
    )
    from checkov.common.checks_infra.solvers.connections_solvers.or_connection_solver import (
        OrConnectionSolver,
    )

    named = ComplexConnectionSolver.get_check_identifier

    def without(items: Any, *others: Any) -> list[Any]:
        names = {named(item) for other in others for item in other}
        return [item for item in items if named(item) not in names]

    def both(self: Any, graph: Any) -> Any:
        if not self.vertices_under_resource_types:
            return [], [], []
        passed, failed, unknown = self.run_attribute_solvers(graph)
        passed = without(passed, failed, unknown)
        for solver in self.get_sorted_connection_solvers():
            solver.set_vertices(graph, failed, unknown)
            for mine, found in zip((passed, failed, unknown), solver.get_operation(graph), strict=True):
                mine.extend(found)
        return self.filter_results(without(passed, failed, unknown), failed, without(unknown, failed))

    def either(self: Any, graph: Any) -> Any:
        passed, failed, unknown = self.run_attribute_solvers(graph)
        for solver in self.solvers:
            if isinstance(solver, BaseConnectionSolver):
                solver.set_vertices(graph, [], [])
                for mine, found in zip((passed, failed, unknown), solver.get_operation(graph), strict=True):
                    mine.extend(found)
        # As there: what is unknown and passes elsewhere is not unknown, but still keeps a failure back.
        return self.filter_results(passed, without(failed, passed, unknown), without(unknown, passed))

    AndConnectionSolver.get_operation = both
    OrConnectionSolver.get_operation = either


class _Nodes:
    """A graph whose list of nodes is made once, not once for each edge."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._nodes = graph.nodes()
        self.edge_list = graph.edge_list
        self.adj_direction = graph.adj_direction

    def nodes(self) -> Any:
        return self._nodes


class _Same(list[Any]):
    """A list of resources that answers `in` by identity."""

    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        self._ids = {id(item) for item in self}

    def __contains__(self, item: object) -> bool:
        return id(item) in self._ids

    def extend(self, items: Any) -> None:
        for item in items:
            self.append(item)

    def append(self, item: Any) -> None:
        super().append(item)
        self._ids.add(id(item))


_indexes: list[tuple[Any, dict[Any, list[tuple[int, Any]]], list[Any]]] = []


def vertices_of(graph: Any, resource_types: Any) -> list[Any]:
    """The resources of some types, in the graph's order; no types means all of them."""
    known = next((index for index in _indexes if index[0] is graph), None)
    if known is None:
        found: dict[Any, list[tuple[int, Any]]] = {}
        data = [item for _, item in graph.nodes()]
        for position, item in enumerate(data):
            found.setdefault(item.get("resource_type"), []).append((position, item))
        known = (graph, found, data)
        # The plan's whole graph comes first and stays; the part that one check looks at comes and goes.
        _indexes[1:] = []
        _indexes.append(known)
    _, by_type, everything = known
    if not resource_types:
        return list(everything)
    matched = [pair for kind in set(resource_types) for pair in by_type.get(kind, ())]
    return [item for _, item in sorted(matched, key=lambda pair: pair[0])]


def forget_graphs() -> None:
    """Forgets the graphs of a plan that is done with."""
    _indexes.clear()


PATCHES: tuple[Callable[[], None], ...] = (
    _wildcards,
    _policy_documents,
    _violations,
    _indexed_names,
    _graph_checks,
    _attributes,
    _connections,
    _combinations,
)
