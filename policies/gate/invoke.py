"""One invocation of the gate: what is asked, from the cache or from the engines, and what it adds up to."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from environments import places
from environments.load import load_all
from environments.model import Environment
from policies.gate import baseline, cache, destructive, enforcement, sources, waivers
from policies.gate.capture import root_of
from policies.gate.capture.fixtures import files as recorded_files
from policies.gate.capture.launch import Captured
from policies.gate.engines import rego
from policies.gate.engines.checkov.engine import Checkov
from policies.gate.judge import Case, Judged, judge, rules
from policies.gate.report import Change, EnvironmentReport, GateReport
from policies.gate.revision import checked_out, commit_of
from policies.gate.targets import Target, own_names
from policies.gate.verdicts import Outcome

SEVERITIES = places.ROOT / "policies" / "severities.yaml"
WAIVERS = places.ROOT / "policies" / "waivers.yaml"


@dataclass(frozen=True)
class Asked:
    """How to gate."""

    base: str | None = None
    """A git revision to compare with."""
    only_new: bool = False
    """Whether findings that the base has too stop nothing."""
    cached: bool = True
    today: date = field(default_factory=date.today)


def gate(targets: Sequence[Target], asked: Asked) -> GateReport:
    """Gates all targets.

    Raises:
        Refusal: a program cannot be captured, a tool is missing, a policy or a waiver file is unreadable.
    """
    since = time.monotonic()
    keys = {target.name: cache.key(target, asked.today, base=_commit(asked, targets)) for target in targets}
    known = {name: cache.find(key) for name, key in keys.items()} if asked.cached else {}
    open_ = [target for target in targets if known.get(target.name) is None]
    fresh = _Fresh(asked).reports(open_) if open_ else {}
    for name, (report, reads) in fresh.items():
        if asked.cached:
            cache.keep(keys[name], report, reads)
    reports = [known.get(target.name) or fresh[target.name][0] for target in targets]
    return _enforced(targets, reports, asked, since)


class _Fresh:
    """Reports that no cache could give."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def reports(self, targets: Sequence[Target]) -> dict[str, tuple[EnvironmentReport, list[Path]]]:
        """Captures and judges; checkov is imported beside the capture."""
        since = time.monotonic()
        with ExitStack() as held:
            rego.opa()
            checkov = held.enter_context(Checkov())
            captured = sources.captured(targets)
            before: list[Captured] | None = None
            if self._asked.base:
                checkout = held.enter_context(checked_out(self._asked.base, targets[0].folder))
                before = sources.captured(targets, checkout)
            severities = enforcement.load(SEVERITIES)
            ours = any(target.folder == places.ROOT for target in targets)
            environments = load_all() if ours else None
            heads = [Case(target, one.graph) for target, one in zip(targets, captured, strict=True)]
            judged = judge(heads, checkov, severities, environments)
            deltas = self._deltas(heads, before, judged, checkov, severities, environments)
        seconds = (time.monotonic() - since) / len(targets)
        return {
            target.name: (_report(target, one, delta, seconds), [*_settings(target), *found.reads])
            for target, one, delta, found in zip(targets, judged, deltas, captured, strict=True)
        }

    def _deltas(
        self,
        heads: Sequence[Case],
        before: Sequence[Captured] | None,
        judged: Sequence[Judged],
        checkov: Checkov,
        severities: enforcement.Severities,
        environments: dict[str, Environment] | None,
    ) -> list[list[Change] | None]:
        """Differences from the base revision, whose findings are judged by today's policies."""
        if before is None:
            return [None for _ in heads]
        bases = [Case(case.target, one.graph) for case, one in zip(heads, before, strict=True)]
        at_base = judge(bases, checkov, severities, environments)
        deltas: list[list[Change] | None] = []
        for case, base, one, old in zip(heads, bases, judged, at_base, strict=True):
            delta = baseline.graph_delta(base.graph, case.graph)
            one.outcome.findings = baseline.aged(old.outcome.findings, one.outcome.findings, delta)
            said = destructive.check(delta, case.target.name, case.target.tier)
            said.findings = severities.applied(said.findings)
            one.outcome.add([said])
            deltas.append([_change(change) for change in delta.changes])
        return deltas


def _settings(target: Target) -> list[Path]:
    """The project's own files and the recorded answers, which the gate reads before the program runs."""
    file = f"Pulumi.{target.stack.rsplit('/', 1)[-1]}.yaml"
    folders = [target.folder, *(path for path in target.folder.iterdir() if path.is_dir())]
    recorded = recorded_files(target.fixtures)
    return [target.folder / "Pulumi.yaml", *(folder / file for folder in folders), *recorded]


def _report(
    target: Target, judged: Judged, changes: list[Change] | None, seconds: float
) -> EnvironmentReport:
    outcome: Outcome = judged.outcome
    return EnvironmentReport(
        target.name,
        target.tier,
        sorted(outcome.findings, key=lambda item: (item.rule.id, item.urn, item.attribute, item.message)),
        dict(sorted(outcome.passed.items())),
        judged.seen,
        judged.mapped,
        len(outcome.checked),
        changes=changes,
        seconds=seconds,
    )


def _change(change: baseline.Change) -> Change:
    resource = change.resource
    return Change(
        change.operation,
        resource.urn,
        resource.type,
        resource.name,
        tuple(item.path for item in change.attributes),
        resource.source,
    )


def _enforced(
    targets: Sequence[Target], reports: Sequence[EnvironmentReport], asked: Asked, since: float
) -> GateReport:
    """Waivers and enforcement, which are cheap and so never cached."""
    severities = enforcement.load(SEVERITIES)
    every = rules(Checkov())
    _waive(targets, reports, asked, every)
    for target, report in zip(targets, reports, strict=True):
        strict = enforcement.enforcement(target.tier, severities, target.model)
        report.blocking = {
            number
            for number, finding in enumerate(report.findings)
            if strict.stops(finding, only_new=asked.only_new)
        }
    return GateReport(
        list(reports),
        every,
        asked.base,
        str(root_of(targets[0].folder.resolve()) if targets else places.ROOT),
        {"opa": rego.version()},
        time.monotonic() - since,
    )


def _waive(
    targets: Sequence[Target],
    reports: Sequence[EnvironmentReport],
    asked: Asked,
    every: Collection[str],
) -> None:
    """Marks what a waiver covers. Waivers speak of our own environments; a foreign program has none.

    What is wrong with the file of waivers as a whole is said once, with the first environment.
    """
    own = {t.name: r for t, r in zip(targets, reports, strict=True) if t.folder == places.ROOT}
    if not own:
        return
    held = waivers.load(WAIVERS, today=asked.today, environments=own_names(), rules=every)
    findings = held.applied([finding for report in own.values() for finding in report.findings], list(own))
    first = next(iter(own))
    for name, report in own.items():
        report.findings = [one for one in findings if (one.environment or first) == name]


def _commit(asked: Asked, targets: Sequence[Target]) -> str | None:
    """The commit that the base names now: a branch moves, its entry in the cache must not."""
    if asked.base is None or not targets:
        return None
    return commit_of(asked.base, targets[0].folder)
