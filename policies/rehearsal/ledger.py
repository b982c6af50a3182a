"""The book of a rehearsal: what is known of each resource as the stages go by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from policies.gate import values
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.projection.terraform import Projected, TerraformProjection
from policies.rehearsal.dependence import blocked
from policies.rehearsal.drift import Drift
from policies.rehearsal.gaps import Gaps
from policies.rehearsal.outcome import Broken, Dropped, Outcome, Status

SECOND_PLAN = "second plan"

# Inputs that hold the physical name of a thing, or of what it is a setting of.
_NAMES = ("bucket", "name")


class Ledger:
    """Keeps failures, what was created, and what could not be."""

    def __init__(
        self,
        graph: ResourceGraph,
        projection: TerraformProjection,
        needs: Mapping[str, Collection[str]],
        gaps: Gaps,
    ) -> None:
        self._graph = graph
        self._projection = projection
        self._needs = needs
        self._gaps = gaps
        self._shown = {item.address: item for item in projection.resources if _rehearsable(item)}
        self._reasons: dict[str, dict[str, str]] = {}
        self._notes: dict[str, list[str]] = {}
        self._created: set[str] = set()
        self._planned = False

    @property
    def failed(self) -> frozenset[str]:
        """Addresses of what failed."""
        return frozenset(self._reasons)

    @property
    def applied(self) -> frozenset[str]:
        """Addresses of what is there."""
        return frozenset(self._created)

    def fail(self, address: str, stage: str, messages: Iterable[str]) -> None:
        """Books a failure; what a later stage says again is booked once."""
        known = self._reasons.setdefault(address, {})
        for message in messages:
            known.setdefault(message, stage)

    def planned(self) -> None:
        """Books that everything that has not failed has a plan."""
        self._planned = True

    def looked_at(self, addresses: Collection[str]) -> None:
        """Books what a second plan was made of; where one fails, there is none of what needs it."""
        for address in sorted(self._created - self.failed - set(addresses)):
            self._note(address, "not compared: there is no second plan of it")

    def created(self, addresses: Collection[str]) -> None:
        """Books what an apply created."""
        self._created.update(addresses)

    def drifted(self, found: Sequence[Drift]) -> None:
        """Books what a second plan would change; what only the mock is to blame for is noted."""
        named = {one.address for one in found if not one.vague}
        reached = blocked(self._needs, named)
        for one in found:
            if one.vague and one.address in reached:
                self._note(one.address, f"not compared: follows {reached[one.address]}")
                continue
            if one.findings:
                self.fail(one.address, SECOND_PLAN, one.findings)
            if one.excused:
                self._note(one.address, f"not compared: {', '.join(dict.fromkeys(one.excused))}")

    def broke(self, one: Broken) -> bool:
        """Books an assertion that did not hold; whether there is a resource that it is about."""
        address = next(
            (
                address
                for address, item in self._shown.items()
                if item.type.name == one.type and one.name in _names(item.resource)
            ),
            None,
        )
        if address is not None:
            self.fail(address, "assertion", [one.what])
        return address is not None

    def not_to_apply(self) -> frozenset[str]:
        """What failed so far, what the mock lacks, and all that needs either."""
        stopped = self.failed | self._lacking()
        return stopped.union(blocked(self._needs, stopped), self._projection.newer)

    def outcomes(self) -> list[Outcome]:
        """How each resource ended, in the order of their URNs."""
        lacking = self._lacking()
        by_failure = blocked(self._needs, self.failed)
        by_lack = blocked(self._needs, lacking)
        found = []
        for urn, resource in sorted(self._graph.resources.items()):
            if not resource.managed:
                continue
            address = self._projection.address_of(urn) or ""
            if address not in self._shown:
                found.append(
                    Outcome(resource, address, Status.LEFT_OUT, self._why_left_out(resource, address))
                )
            elif address in self._reasons:
                told = (f"{stage}: {message}" for message, stage in self._reasons[address].items())
                found.append(Outcome(resource, address, Status.FAILED, "; ".join(told)))
            elif address in self._created:
                notes = "; ".join(self._notes.get(address, ()))
                found.append(Outcome(resource, address, Status.APPLIED, notes))
            elif address in lacking and self._planned:
                reason = self._gaps.types[self._shown[address].type.name].reason
                found.append(Outcome(resource, address, Status.PLANNED_ONLY, reason))
            elif address in by_failure:
                found.append(self._not_tried(resource, address, by_failure[address]))
            elif address in by_lack and self._planned:
                reason = f"needs {by_lack[address]}, which the mock cannot create"
                found.append(Outcome(resource, address, Status.PLANNED_ONLY, reason))
            else:
                found.append(Outcome(resource, address, Status.FAILED, "not attempted: the rehearsal ended"))
        return found

    def dropped(self) -> list[Dropped]:
        """Attributes that the program sets and the provider at hand does not know."""
        found = [
            Dropped(item.resource, name, "only the newer provider has it")
            for item in self._shown.values()
            for name in item.newer
            if name != "region"
        ]
        found += [
            Dropped(self._graph.resources[item.urn], item.attribute, item.reason)
            for item in self._projection.unmapped
            if item.attribute
        ]
        return sorted(found, key=lambda one: (one.resource.urn, one.attribute))

    def _note(self, address: str, words: str) -> None:
        self._notes.setdefault(address, []).append(words)

    def _not_tried(self, resource: Resource, address: str, root: str) -> Outcome:
        cause = self._shown[root].resource
        where = f" ({cause.source})" if cause.source else ""
        return Outcome(
            resource, address, Status.FAILED, f"not attempted: {root} failed{where}", because_of=cause.urn
        )

    def _lacking(self) -> frozenset[str]:
        return frozenset(
            address for address, item in self._shown.items() if item.type.name in self._gaps.types
        )

    def _why_left_out(self, resource: Resource, address: str) -> str:
        if address and self._projection.urns.get(address) and address in self._projection.newer:
            return "only the newer provider has this type"
        if resource.package != "aws" and address:
            return f"there is no mock of {resource.package}"
        whole = (item.reason for item in self._projection.unmapped if item.urn == resource.urn)
        return next(whole, f"there is no projection for the package `{resource.package}`")


def _rehearsable(item: Projected) -> bool:
    return item.provider.name == "aws" and not item.type.newer


def _names(resource: Resource) -> list[object]:
    """What a person may know it by: an input, or the tag that the console shows."""
    given = [values.literal(resource.inputs.get(name)) for name in _NAMES]
    tags = resource.inputs.get("tags")
    return [*given, tags.get("Name")] if isinstance(tags, dict) else given
