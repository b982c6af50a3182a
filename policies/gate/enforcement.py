"""Whether a finding stops a change: by its severity, by the tier, and by what the environment asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from environments import yaml_file
from environments.model import Environment
from environments.problems import Problem, Refusal
from policies.gate.values import Value
from policies.gate.verdicts import Finding, Severity, Verdict


@dataclass(frozen=True)
class Enforcement:
    """How strict one environment is."""

    fail_at: Severity
    fail_undetermined: bool

    def stops(self, finding: Finding, *, only_new: bool = False) -> bool:
        """Whether a finding stops the change.

        An undetermined verdict of a mandatory rule counts as a fail where the environment asks for that.
        """
        if finding.waived or finding.age == "fixed" or (only_new and finding.age != "new"):
            return False
        if finding.verdict is Verdict.PASS:
            return False
        if finding.verdict is Verdict.UNDETERMINED and not (
            self.fail_undetermined and finding.rule.mandatory
        ):
            return False
        return finding.rule.severity.at_least(self.fail_at)


# Where neither the file nor an environment says otherwise.
_USUAL = {
    "local": Enforcement(Severity.CRITICAL, False),
    "dev": Enforcement(Severity.HIGH, False),
    "staging": Enforcement(Severity.MEDIUM, False),
    "prod": Enforcement(Severity.MEDIUM, True),
}


@dataclass(frozen=True)
class Severities:
    """What `policies/severities.yaml` says."""

    by_rule: Mapping[str, Severity] = field(default_factory=dict)
    """Severities of rules, where they differ from what the rule itself says."""
    by_tier: Mapping[str, Enforcement] = field(default_factory=dict)
    """How strict a tier is."""

    def applied(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings with the severities of this file."""
        return [
            replace(finding, rule=replace(finding.rule, severity=self.by_rule[finding.rule.id]))
            if finding.rule.id in self.by_rule
            else finding
            for finding in findings
        ]


def enforcement(tier: str, severities: Severities, environment: Environment | None = None) -> Enforcement:
    """How strict an environment is: its own model first, then the file, then what is usual for its tier."""
    if environment is not None:
        asked = environment.enforcement
        return Enforcement(Severity(str(asked.fail_at)), asked.fail_undetermined)
    return severities.by_tier.get(tier, _USUAL[tier])


def load(path: Path) -> Severities:
    """Reads the file; one that is not there says nothing.

    Raises:
        Refusal: holds every problem of the file with its line.
    """
    if not path.exists():
        return Severities()
    document = yaml_file.read(path)
    reader = _Reader(document)
    content = reader.mapping((), document.value)
    reader.known((), content, ("rules", "enforcement"))
    rules = {
        rule: severity
        for rule, value in reader.mapping(("rules",), content.get("rules")).items()
        if (severity := reader.severity(("rules", rule), value)) is not None
    }
    tiers = reader.mapping(("enforcement",), content.get("enforcement"))
    reader.known(("enforcement",), tiers, tuple(_USUAL))
    by_tier = {
        tier: reader.enforcement(("enforcement", tier), value, _USUAL[tier])
        for tier, value in tiers.items()
        if tier in _USUAL
    }
    problems = [*document.problems, *reader.problems]
    if problems:
        raise Refusal(*problems)
    return Severities(rules, by_tier)


class _Reader:
    """Reads parts of the file, and gathers what is wrong with them."""

    def __init__(self, document: yaml_file.Document) -> None:
        self._document = document
        self.problems: list[Problem] = []

    def mapping(self, path: yaml_file.Path, value: Value) -> dict[str, Value]:
        """A mapping; what is left out is an empty one."""
        if isinstance(value, dict):
            return value
        if value is not None or not path:
            self._wrong(path, f"{'.'.join(path) or 'the file'}: not a mapping", "write `key: value` lines")
        return {}

    def known(self, path: yaml_file.Path, content: dict[str, Value], keys: tuple[str, ...]) -> None:
        """Refuses keys that mean nothing."""
        for key in content:
            if key not in keys:
                where = (*path, key)
                self._wrong(where, f"{'.'.join(where)}: unknown key", f"accepted: {', '.join(keys)}")

    def severity(self, path: yaml_file.Path, value: Value) -> Severity | None:
        """A severity by name."""
        if isinstance(value, str) and value in list(Severity):
            return Severity(value)
        self._wrong(path, f"{'.'.join(path)}: no severity `{value}`", f"accepted: {', '.join(Severity)}")
        return None

    def enforcement(self, path: yaml_file.Path, value: Value, usual: Enforcement) -> Enforcement:
        """How strict one tier is; what is left out is as usual."""
        content = self.mapping(path, value)
        self.known(path, content, ("fail_at", "fail_undetermined"))
        fail_at: Severity | None = usual.fail_at
        if "fail_at" in content:
            fail_at = self.severity((*path, "fail_at"), content["fail_at"])
        undetermined = content.get("fail_undetermined", usual.fail_undetermined)
        if not isinstance(undetermined, bool):
            where = (*path, "fail_undetermined")
            self._wrong(where, f"{'.'.join(where)}: neither true nor false", "accepted: true, false")
        return Enforcement(fail_at or usual.fail_at, bool(undetermined))

    def _wrong(self, path: yaml_file.Path, what: str, remedy: str) -> None:
        self.problems.append(Problem(what, self._document.at(path), remedy))
