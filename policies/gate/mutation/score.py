"""The mutation score, and whether every survivor has its reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from environments import yaml_file
from environments.problems import Location, Problem, Refusal
from policies.gate.mutation.catalogue import HERE
from policies.gate.mutation.trial import Trial

SURVIVORS = HERE / "survivors.yaml"
_SHORTEST = 40
"""Characters of a reason: less says nothing."""


@dataclass(frozen=True)
class Score:
    """How many of the planted mutations the gate caught."""

    trials: Sequence[Trial]
    reasons: Mapping[str, str]
    """Of survivors, by name."""
    without: Collection[str] = ()
    """Rules that were left out."""

    @property
    def survivors(self) -> list[Trial]:
        """Mutations that no rule caught."""
        return [trial for trial in self.trials if trial.missed(self.without)]

    @property
    def unreasoned(self) -> list[Trial]:
        """Survivors that nobody has answered for."""
        return [trial for trial in self.survivors if trial.mutation.name not in self.reasons]

    @property
    def stale(self) -> list[str]:
        """Reasons for mutations that were tried and caught."""
        survived = {trial.mutation.name for trial in self.survivors}
        tried = {trial.mutation.name for trial in self.trials}
        return sorted(name for name in self.reasons if name in tried - survived)

    @property
    def caught(self) -> int:
        """How many were caught."""
        return len(self.trials) - len(self.survivors)

    @property
    def proved(self) -> bool:
        """Whether nothing is left to answer for."""
        return not self.unreasoned and not self.stale

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "planted": len(self.trials),
            "caught": self.caught,
            "score": round(self.caught / len(self.trials), 4) if self.trials else None,
            "survivors": [trial.mutation.name for trial in self.survivors],
            "unreasoned": [trial.mutation.name for trial in self.unreasoned],
            "stale_reasons": self.stale,
            "mutations": [self._one(trial) for trial in self.trials],
        }

    def _one(self, trial: Trial) -> dict[str, Any]:
        mutation = trial.mutation
        return {
            "name": mutation.name,
            "environment": trial.subject.environment,
            "plants": mutation.plants,
            "evasion": mutation.evasion,
            "program": mutation.program,
            "categories": sorted(mutation.categories),
            "file": str(yaml_file.shown(trial.subject.where.file)),
            "line": trial.subject.where.line,
            "caught": not trial.missed(self.without),
            "missed": trial.missed(self.without),
            "reason": self.reasons.get(mutation.name, ""),
            "caught_by": [asdict(item) for item in trial.catches(self.without)],
        }


def reasons(names: Collection[str], file: Path = SURVIVORS) -> dict[str, str]:
    """Why each survivor is accepted, by the mutation's name.

    Raises:
        Refusal: an entry names no mutation, or gives no reason.
    """
    document = yaml_file.read(file)
    content = document.value if isinstance(document.value, dict) else {}
    given = content.get("survivors") or {}
    problems = list(document.problems)
    if set(content) - {"survivors"} or not isinstance(given, dict):
        problems.append(
            Problem("not a mapping `survivors` of mutations to reasons", Location(yaml_file.shown(file), 1))
        )
        given = {}
    for name, reason in given.items():
        where = document.at(("survivors", name))
        if name not in names:
            problems.append(Problem(f"there is no mutation `{name}`", where, "remove the entry"))
        if not isinstance(reason, str) or len(reason.strip()) < _SHORTEST:
            problems.append(Problem(f"`{name}` has no reason", where, "say why no rule should catch it"))
    if problems:
        raise Refusal(*problems)
    return {name: str(reason).strip() for name, reason in given.items()}
