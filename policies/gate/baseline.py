"""Compares two revisions of a program: what comes, changes, goes, is made anew or renamed."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Literal

from policies.gate import values
from policies.gate.data_bearing import REPLACED_BY, USUAL_REPLACEMENTS
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import Value
from policies.gate.verdicts import Finding

Operation = Literal["create", "change", "replace", "delete", "rename"]

# Options whose change matters, by their name in the graph and in the report.
_OPTIONS = ("protect", "retain_on_delete", "provider", "ignore_changes", "deleted_with", "region")
# Two resources of one type count as one that was renamed, if this share of their inputs is equal.
_ALIKE = 0.8
# Above this many pairs of one type only equal inputs are matched: the rest would take too long.
_MOST_PAIRS = 40_000


@dataclass(frozen=True)
class AttributeChange:
    """One input (or option, as `options.protect`) that differs."""

    path: str
    before: Value = None
    after: Value = None

    @property
    def unknown(self) -> bool:
        """Whether it may be the same after all: one side is not known before apply."""
        return any(isinstance(item, dict) and values.UNKNOWN in item for item in (self.before, self.after))


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `before` is None for one that is made, `after` for one that goes."""

    operation: Operation
    before: Resource | None = None
    after: Resource | None = None
    attributes: tuple[AttributeChange, ...] = ()
    because: tuple[str, ...] = ()
    """Inputs that force it to be made anew."""
    uncertain: bool = False
    """Whether it is made anew only if a value turns out to be another."""
    renamed: bool = False
    """Whether it bears another URN than before, with an alias: the resource itself stays."""
    new_name: Resource | None = None
    """For a deletion: the resource without an alias that looks like it under another name."""

    @property
    def resource(self) -> Resource:
        """The resource to show: as it will be, else as it was."""
        found = self.after or self.before
        assert found is not None
        return found

    def to_json(self) -> dict[str, Value]:
        """For reports. Values are left out: paths tell what a reader must look at."""
        source = self.resource.source
        return {
            "operation": self.operation,
            "urn": self.resource.urn,
            "was": self.before.urn if self.before and self.before.urn != self.resource.urn else None,
            "type": self.resource.type,
            "name": self.resource.name,
            "source": source.to_json() if source else None,
            "attributes": [item.path for item in self.attributes],
            "because": list(self.because),
            "uncertain": self.uncertain,
            "renamed": self.renamed,
        }


@dataclass(frozen=True)
class GraphDelta:
    """All differences between two graphs, by what happens."""

    changes: tuple[Change, ...] = ()
    successors: dict[str, str] = field(default_factory=dict)
    """URN in the base graph to URN in the head graph, of what is the same resource."""

    def of(self, *operations: Operation) -> list[Change]:
        """Changes of some kinds."""
        return [change for change in self.changes if change.operation in operations]

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        found = Counter(change.operation for change in self.changes)
        return {
            name: found[name] for name in ("create", "change", "replace", "delete", "rename") if found[name]
        }

    def to_json(self) -> dict[str, Value]:
        """For reports."""
        return {"counts": self.counts(), "changes": [change.to_json() for change in self.changes]}


def graph_delta(base: ResourceGraph, head: ResourceGraph) -> GraphDelta:
    """What an update from one graph to the other would do, as far as inputs tell."""
    pairs = _pairs(base, head)
    successors = {before.urn: after.urn for before, after in pairs}
    gone = [item for item in base.resources.values() if item.managed and item.urn not in successors]
    taken = set(successors.values())
    made = [item for item in head.resources.values() if item.managed and item.urn not in taken]
    changes = [_changed(before, after, successors) for before, after in pairs]
    kept = _cascaded([change for change in changes if change is not None], pairs)
    looks = _lookalikes(gone, made, successors)
    kept += [Change("create", after=item) for item in made]
    kept += [Change("delete", before=item, new_name=looks.get(item.urn)) for item in gone]
    return GraphDelta(tuple(sorted(kept, key=lambda item: (item.resource.urn, item.operation))), successors)


def aged(base: Iterable[Finding], head: Iterable[Finding], delta: GraphDelta) -> list[Finding]:
    """Findings of both revisions with their age: new, existing, or fixed (those only the base has).

    Two are the same by rule, resource (renames followed) and attribute; a verdict that got worse from
    undetermined to fail counts as new.
    """
    left: defaultdict[tuple[str, str, str, str], list[Finding]] = defaultdict(list)
    for finding in base:
        left[_identity(finding, delta.successors)].append(finding)
    result = []
    for finding in head:
        same = left[_identity(finding, {})]
        if same:
            same.pop()
            result.append(replace(finding, age="existing"))
        else:
            result.append(replace(finding, age="new"))
    fixed = [replace(finding, age="fixed") for findings in left.values() for finding in findings]
    return result + fixed


def _identity(finding: Finding, successors: dict[str, str]) -> tuple[str, str, str, str]:
    urn = successors.get(finding.urn, finding.urn)
    where = "" if urn else finding.message
    return finding.rule.id, urn or where, finding.attribute, finding.verdict


# Which resource of the base is which of the head


def _pairs(base: ResourceGraph, head: ResourceGraph) -> list[tuple[Resource, Resource]]:
    before = {urn: item for urn, item in base.resources.items() if item.managed}
    found: list[tuple[Resource, Resource]] = []
    for urn, item in head.resources.items():
        if not item.managed:
            continue
        for known in (urn, *_known_as(item, head)):
            if known in before:
                found.append((before.pop(known), item))
                break
    return found


def _known_as(resource: Resource, graph: ResourceGraph) -> Iterator[str]:
    """URNs that a resource was known by: its own aliases, and those that it has from its parents'."""
    yield from resource.aliases
    for parent in graph.ancestors(resource.urn):
        for alias in parent.aliases:
            if alias.count("::") < 3:
                continue
            old_types, old_name = alias.split("::", 3)[2:]
            head, types, name = _parts(resource.urn)
            new_types = _parts(parent.urn)[1]
            if types.startswith(f"{new_types}$"):
                old = f"{old_types}{types[len(new_types) :]}"
                yield f"{head}::{old}::{name}"
                if name.startswith(parent.name):
                    yield f"{head}::{old}::{old_name}{name[len(parent.name) :]}"


def _parts(urn: str) -> tuple[str, str, str]:
    start, project, types, name = urn.split("::", 3)
    return f"{start}::{project}", types, name


def _lookalikes(
    gone: list[Resource], made: list[Resource], successors: dict[str, str]
) -> dict[str, Resource]:
    """For what goes, what comes under another name with the same or nearly the same inputs."""
    by_type: defaultdict[str, list[Resource]] = defaultdict(list)
    for item in made:
        by_type[item.type].append(item)
    leaves = {item.urn: _leaves(item, successors) for item in gone}
    types = {item.type for item in gone}
    leaves |= {item.urn: _leaves(item, {}) for item in made if item.type in types}
    found: dict[str, Resource] = {}
    for type_ in sorted(types):
        old, new = [item for item in gone if item.type == type_], by_type[type_]
        few = len(old) * len(new) <= _MOST_PAIRS
        pairs = _all_pairs(old, new, leaves) if few else _equal_pairs(old, new, leaves)
        taken: set[str] = set()
        for likeness, before, after in sorted(pairs, key=lambda pair: (-pair[0], pair[1].urn)):
            if likeness < _ALIKE or before.urn in found or after.urn in taken:
                continue
            found[before.urn] = after
            taken.add(after.urn)
    return found


_Pair = tuple[float, Resource, Resource]
_Leaves = dict[str, dict[str, str]]


def _all_pairs(old: list[Resource], new: list[Resource], leaves: _Leaves) -> list[_Pair]:
    return [(_likeness(leaves[a.urn], leaves[b.urn]), a, b) for a in old for b in new]


def _equal_pairs(old: list[Resource], new: list[Resource], leaves: _Leaves) -> list[_Pair]:
    exact = {frozenset(leaves[item.urn].items()): item for item in new}
    found = [(item, exact.get(frozenset(leaves[item.urn].items()))) for item in old]
    return [(1.0, before, after) for before, after in found if after is not None]


def _likeness(one: dict[str, str], other: dict[str, str]) -> float:
    if not one and not other:
        return 1.0
    same = sum(1 for path, value in one.items() if other.get(path) == value)
    return same / len(one.keys() | other.keys())


def _leaves(resource: Resource, successors: dict[str, str]) -> dict[str, str]:
    """Inputs by path, without the name that differs in any case; references by what they will be."""
    own = values.literal(resource.physical_name)
    found: dict[str, str] = {}
    for path, value in _flat(resource.inputs, ""):
        if own is not None and values.literal(value) == own:
            continue
        found[path] = json.dumps(_moved(value, successors), sort_keys=True)
    return found


def _flat(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict) and not any(key.startswith("$") and not key.startswith("$$") for key in value):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, value


# What changes in one resource


def _changed(before: Resource, after: Resource, successors: dict[str, str]) -> Change | None:
    renamed = before.urn != after.urn
    differing = tuple(
        item
        for item in _differences(_moved(before.inputs, successors), after.inputs, "")
        if not _ignored(item.path, after)
    )
    options = tuple(
        AttributeChange(f"options.{name}", _listed(getattr(before, name)), _listed(getattr(after, name)))
        for name in _OPTIONS
        if _moved(_listed(getattr(before, name)), successors) != _listed(getattr(after, name))
    )
    if before.type != after.type:
        differing += (AttributeChange("type", before.type, after.type),)
    because = [item for item in (*differing, *options) if _forces(item.path, after)]
    sure = [item.path for item in because if not item.unknown]
    if because:
        paths = tuple(sure or [item.path for item in because])
        return Change("replace", before, after, differing + options, paths, not sure, renamed)
    if differing or options:
        return Change("change", before, after, differing + options, renamed=renamed)
    return Change("rename", before, after, renamed=True) if renamed else None


def _listed(value: Any) -> Value:
    return list(value) if isinstance(value, tuple) else value


def _differences(before: Value, after: Value, path: str) -> Iterator[AttributeChange]:
    if before == after:
        return
    plain = all(
        isinstance(item, dict) and not any(key.startswith("$") and not key.startswith("$$") for key in item)
        for item in (before, after)
    )
    if plain:
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}.{key}" if path else key
            yield from _differences(before.get(key), after.get(key), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif values.literal(before) != values.literal(after):
        yield AttributeChange(path, before, after)


def _moved(value: Value, successors: dict[str, str]) -> Value:
    """A value of the base with the URNs that its references will have."""
    if isinstance(value, str):
        if value in successors:
            return successors[value]
        for reference in values.references_in_text(value):
            new = successors.get(reference.urn)
            if new and new != reference.urn:
                later = values.Reference(new, reference.property)
                value = value.replace(reference.in_text(), later.in_text())
        return value
    if isinstance(value, list):
        return [_moved(item, successors) for item in value]
    if isinstance(value, dict):
        if values.UNKNOWN in value:
            sources = sorted(_moved(value[values.UNKNOWN].get("from", []), successors))
            return {values.UNKNOWN: {**value[values.UNKNOWN], "from": sources}}
        return {key: _moved(item, successors) for key, item in value.items()}
    return value


def _ignored(path: str, resource: Resource) -> bool:
    return any(path == item or path.startswith((f"{item}.", f"{item}[")) for item in resource.ignore_changes)


@lru_cache(maxsize=8192)
def _pattern(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def _forces(path: str, resource: Resource) -> bool:
    """Whether a change of an input makes the resource anew."""
    listed = REPLACED_BY.get(resource.type)
    forcing = USUAL_REPLACEMENTS if listed is None else listed
    if path == "options.region" or path == "type":
        return True
    if path.startswith("options."):
        return False
    shape = _pattern(path)
    return any(
        shape == item.removesuffix("!")
        or shape.startswith((f"{item}.", f"{item}["))
        or item.startswith((f"{shape}.", f"{shape}["))
        for item in (*forcing, *resource.replace_on_changes)
    ) or any(fnmatchcase(shape, item) for item in resource.replace_on_changes if "*" in item)


def _cascaded(changes: list[Change], pairs: list[tuple[Resource, Resource]]) -> list[Change]:
    """Adds what is made anew because it hangs, by an input that forces it, on something made anew."""
    by_urn = {change.resource.urn: change for change in changes}
    was = {after.urn: before for before, after in pairs}
    users: defaultdict[str, list[tuple[Resource, str]]] = defaultdict(list)
    anew = [urn for urn, change in by_urn.items() if change.operation == "replace"]
    for _, resource in pairs if anew else ():
        for path, value in _flat(resource.inputs, ""):
            for reference in values.references(value):
                users[reference.urn].append((resource, path))
    while anew:
        origin = by_urn[anew.pop()].resource
        for resource, path in users[origin.urn]:
            current = by_urn.get(resource.urn)
            if not _forces(path, resource) or (current is not None and current.operation == "replace"):
                continue
            attributes = current.attributes if current is not None else ()
            because = (f"{path} (of `{origin.name}`, which is made anew)",)
            before = was[resource.urn]
            renamed = before.urn != resource.urn
            by_urn[resource.urn] = Change("replace", before, resource, attributes, because, True, renamed)
            anew.append(resource.urn)
    return list(by_urn.values())
