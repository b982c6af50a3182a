"""Reads `mutations/*.yaml`: what is planted where, and what must catch it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from environments import places, yaml_file
from environments.problems import Location, Problem, Refusal

HERE = Path(__file__).parent
MUTATIONS = HERE / "mutations"

Category = Literal[
    "public-exposure",
    "encryption",
    "iam",
    "tags",
    "retention",
    "network",
    "residency",
    "secrets",
    "protection",
    "cost",
    "data",
    "program",
    "projection",
]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Addition(_Entry):
    """A resource that is not in the captured graph."""

    type: str
    name: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    protect: bool = False


class Mutation(_Entry):
    """One misconfiguration."""

    name: str
    plants: str
    """What is wrong afterwards."""
    category: Category | list[Category]
    """A rule of one of these must say it."""
    evasion: str = ""
    """How it tries to get past a rule that looks at the obvious place only."""
    undetermined: bool = False
    """Whether an undetermined verdict is all that can be asked for: the value is not known before apply."""
    rules: list[str] = Field(default_factory=list)
    """Rules that must be among those that say it, where the category alone would ask too little."""
    at: list[str] = Field(default_factory=list)
    """Names of the resources at fault; those that are changed or added, where it is left out."""
    set: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By resource and dotted path: the new value; null leaves the input out."""
    statement: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By resource and input: a statement (or several) more in the policy document there."""
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By resource: fields of the resource itself, such as `protect`."""
    remove: list[str] = Field(default_factory=list)
    add: list[Addition] = Field(default_factory=list)
    program: str = ""
    """A folder of `programs/`, instead of a change of the captured environment."""

    @property
    def categories(self) -> frozenset[str]:
        """Categories whose rules may catch it."""
        given = [self.category] if isinstance(self.category, str) else self.category
        return frozenset(given)


class _File(_Entry):
    shared: Any = None
    """Only anchors."""
    estate: list[Addition] = Field(default_factory=list)
    mutations: list[Mutation]


@dataclass(frozen=True)
class Cloud:
    """The mutations of one cloud."""

    name: str
    file: Path
    estate: tuple[Addition, ...]
    """Well-formed resources that the captured environment does not have."""
    mutations: tuple[Mutation, ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each mutation, and each resource of the estate, is written."""

    @property
    def environment(self) -> str:
        """The environment whose graph is mutated."""
        return f"{self.name}-prod"

    @property
    def shown(self) -> str:
        """The file, from the repository's folder."""
        return str(self.file.relative_to(places.ROOT) if self.file.is_relative_to(places.ROOT) else self.file)


def load(folder: Path = MUTATIONS) -> list[Cloud]:
    """Every cloud's mutations.

    Raises:
        Refusal: all that is wrong with the files, each with its line.
    """
    clouds = []
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            clouds.append(_cloud(file))
        except Refusal as refusal:
            problems += refusal.problems
    names: dict[str, Path] = {}
    for cloud in clouds:
        for mutation in cloud.mutations:
            if mutation.name in names:
                where = Location(cloud.file, cloud.lines.get(mutation.name))
                problems.append(Problem(f"there are two mutations `{mutation.name}`", where, "rename one"))
            names[mutation.name] = cloud.file
    if problems:
        raise Refusal(*problems)
    return clouds


def _cloud(file: Path) -> Cloud:
    document = yaml_file.read(file, begin_with="`estate:` and `mutations:`", merge_keys=True)
    problems = list(document.problems)
    if not problems and not isinstance(document.value, dict):
        problems.append(Problem("not a mapping of `estate` and `mutations`", document.at(())))
    if problems:
        raise Refusal(*problems)
    try:
        read = _File.model_validate(document.value)
    except ValidationError as failed:
        raise Refusal(
            *(
                Problem(
                    f"{'.'.join(map(str, error['loc']))}: {error['msg']}",
                    document.at(tuple(str(step) for step in error["loc"])),
                )
                for error in failed.errors()
            )
        ) from None
    named = {
        "estate": [addition.name for addition in read.estate],
        "mutations": [mutation.name for mutation in read.mutations],
    }
    lines = {
        name: document.lines[part, str(number)]
        for part, names in named.items()
        for number, name in enumerate(names)
    }
    return Cloud(file.stem, file, tuple(read.estate), tuple(read.mutations), lines)
