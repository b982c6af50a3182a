"""checkov on the projections of graphs: verdicts by URN, our severities, the Python line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from policies.gate.engines.checkov.attributes import pulumi_path
from policies.gate.engines.checkov.catalogue import PREFIX, Catalogue, Check
from policies.gate.engines.checkov.process import Worker
from policies.gate.engines.checkov.wording import fix_of
from policies.gate.graph import ResourceGraph
from policies.gate.projection.arm import ArmProjection
from policies.gate.projection.terraform import TerraformProjection
from policies.gate.verdicts import Finding, Outcome, Rule, Severity, Verdict, on

Framework = Literal["terraform_plan", "arm"]

NOT_LOOKED_AT = Rule(
    id=PREFIX + "not-looked-at",
    title="checkov has checks for this type but looked at no attribute of the resource",
    severity=Severity.HIGH,
    category="projection",
    engine="checkov",
    why="no findings must mean looked at",
    fix="report it: the projection wrote something that checkov drops without a word",
)

# What checks on ARM read of a resource besides its inputs.
_NO_INPUTS = ("apiVersion", "type")
_VERDICTS = {"passed": Verdict.PASS, "failed": Verdict.FAIL, "undetermined": Verdict.UNDETERMINED}
_WORST = (Verdict.FAIL, Verdict.UNDETERMINED, Verdict.PASS)


@dataclass(frozen=True)
class Document:
    """A projection as checkov reads it."""

    framework: Framework
    content: Mapping[str, Any]
    urns: Mapping[str, str]
    """URNs by checkov's name of a resource: the Terraform address, or `<type>.<name>`."""
    types: Mapping[str, str]
    """Terraform or ARM types by the same name."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it to check."""
        return not self.types


@dataclass(frozen=True)
class Request:
    """One environment: its graph and the projections of it."""

    environment: str
    graph: ResourceGraph
    documents: tuple[Document, ...]


@dataclass(frozen=True)
class Record:
    """What one check said of one resource."""

    rule: str
    urn: str
    verdict: Verdict | None
    """None: the check has nothing to say of this resource."""
    attributes: tuple[str, ...] = ()
    """The inputs that it evaluated, in Pulumi's names."""


@dataclass(frozen=True)
class Result:
    """The outcome for one environment and the records behind it, in order."""

    outcome: Outcome
    records: tuple[Record, ...]


def terraform_document(projection: TerraformProjection) -> Document:
    """The plan of a projection."""
    types = {item.address: item.type.name for item in projection.resources}
    return Document("terraform_plan", projection.plan, projection.urns, types)


def arm_document(projection: ArmProjection) -> Document:
    """The template of a projection."""
    types = {f"{item['type']}.{item['name']}": item["type"] for item in projection.template["resources"]}
    return Document("arm", projection.template, projection.urns, types)


class Checkov:
    """The engine, for one invocation of the gate. `start` it early: checkov is imported meanwhile.

    >>> with Checkov() as checkov:
    ...     request = Request("aws-dev", graph, (terraform_document(terraform.project(graph)),))
    ...     [result] = checkov.scan([request])
    """

    def __init__(self, catalogue: Catalogue | None = None, worker: Worker | None = None) -> None:
        self.catalogue = catalogue or Catalogue()
        self.worker = worker or Worker()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts the process that holds checkov, and returns at once.

        Raises:
            Refusal: there is no environment with checkov.
        """
        self.worker.start()

    def close(self) -> None:
        """Ends that process."""
        self.worker.close()

    @property
    def warnings(self) -> list[str]:
        """What the user should know of the installed checkov."""
        warning = str(self.worker.hello()["warning"])
        return [warning] if warning else []

    @property
    def version(self) -> str:
        """The installed checkov: part of what a cached verdict depends on."""
        return str(self.worker.hello()["checkov"])

    def scan(self, requests: Sequence[Request], timeout: float = 300) -> list[Result]:
        """Checks several environments at once, one result for each, in order.

        Raises:
            Refusal: checkov cannot run, or could not read a projection.
        """
        wanted = [
            (number, document)
            for number, request in enumerate(requests)
            for document in request.documents
            if not document.empty
        ]
        texts = [(document.framework, json.dumps(document.content)) for _, document in wanted]
        answers = self.worker.scan(texts, timeout)
        per_request: list[list[tuple[Document, list[dict[str, Any]]]]] = [[] for _ in requests]
        for (number, document), records in zip(wanted, answers, strict=True):
            per_request[number].append((document, records))
        return [
            _Reading(self.catalogue, request).result(found)
            for request, found in zip(requests, per_request, strict=True)
        ]


class _Reading:
    """Turns checkov's records on one environment into findings."""

    def __init__(self, catalogue: Catalogue, request: Request) -> None:
        self._catalogue = catalogue
        self._request = request
        self._graph = request.graph
        self._outcome = Outcome()
        self._records: list[Record] = []

    def result(self, found: Iterable[tuple[Document, list[dict[str, Any]]]]) -> Result:
        for document, records in found:
            for (name, resource), same in _grouped(records).items():
                check = self._catalogue.check(name, same[0]["name"], same[0].get("guideline", ""))
                self._take(check, document.urns, resource, same)
            self._not_looked_at(document, records)
        self._outcome.findings.sort(key=lambda item: (item.urn, item.name, item.rule.id))
        self._outcome.passed = dict(sorted(self._outcome.passed.items()))
        self._records.sort(key=lambda item: (item.urn, item.rule))
        return Result(self._outcome, tuple(self._records))

    def _take(self, check: Check, urns: Mapping[str, str], resource: str, same: list[dict[str, Any]]) -> None:
        """One check on one resource. checkov may look at its parts in turn: the worst verdict stands."""
        urn = urns.get(resource, "")
        verdicts = [_VERDICTS.get(record["verdict"]) for record in same]
        verdict = next((one for one in _WORST if one in verdicts), None)
        said = same[verdicts.index(verdict)]
        if verdict is Verdict.FAIL and urn and self._mistaken(check.rule, urn):
            verdict = None
        if urn:
            self._outcome.checked.add(urn)
        self._outcome.checked |= {
            urns[near] for record in same for near in record.get("near", ()) if near in urns
        }
        self._records.append(Record(check.rule.id, urn, verdict, self._attributes(urn, said["keys"])))
        if verdict is None or check.superseded:
            return
        if verdict is Verdict.PASS:
            self._outcome.passed[check.rule.id] = self._outcome.passed.get(check.rule.id, 0) + 1
        else:
            self._outcome.findings.append(self._finding(check, verdict, urn, resource, said))

    def _mistaken(self, rule: Rule, urn: str) -> bool:
        return self._catalogue.mistaken(rule.id, self._graph.resources[urn], self._graph)

    def _finding(self, check: Check, verdict: Verdict, urn: str, name: str, said: dict[str, Any]) -> Finding:
        rule = check.rule
        message = rule.title
        missing = self._attributes(urn, said.get("open", ()))
        attribute = next(iter(missing or self._attributes(urn, said["keys"])), "")
        if verdict is Verdict.UNDETERMINED:
            unknown = (
                f"`{missing[0]}` is not known before apply" if missing else "checkov could not evaluate it"
            )
            message = f"{message}: {unknown}"
        if not urn:
            return Finding(rule, verdict, message, self._request.environment, name=name)
        resource = self._graph.resources[urn]
        wanted = {} if check.worded or verdict is not Verdict.FAIL else said.get("expected", {})
        fix = fix_of(wanted, attribute)
        return on(
            rule, resource, self._request.environment, message, verdict=verdict, attribute=attribute, fix=fix
        )

    def _attributes(self, urn: str, keys: Iterable[str]) -> tuple[str, ...]:
        if not urn:
            return tuple(keys)
        paths = (pulumi_path(self._graph.resources[urn], key) for key in keys)
        return tuple(path for path in paths if path not in _NO_INPUTS)

    def _not_looked_at(self, document: Document, records: list[dict[str, Any]]) -> None:
        seen = {record["resource"] for record in records}
        for name, type_ in document.types.items():
            if name in seen or type_ not in self._catalogue.checked_types:
                continue
            resource = self._graph.resources[document.urns[name]]
            message = f"checkov said nothing of {name}"
            finding = on(
                NOT_LOOKED_AT, resource, self._request.environment, message, verdict=Verdict.UNDETERMINED
            )
            self._outcome.findings.append(finding)


def _grouped(records: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        found.setdefault((record["check"], record["resource"]), []).append(record)
    return found
