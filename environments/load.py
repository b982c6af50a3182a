"""Loads environments: `load("aws-prod")`. All that is wrong with a file is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as File

from environments import places
from environments.accepted import meant
from environments.checks import collisions
from environments.defaults import Value
from environments.draft import Draft, draft
from environments.layers import default_layers, holds, leaves
from environments.model import Environment
from environments.problems import Location, Problem, Refusal
from environments.vocabulary import Cloud, Tier
from environments.yaml_file import shown

FOLDER = places.ROOT / "environments"

NAME_FORM = "local, or <aws|gcp|azure>-<dev|staging|prod>, with -<word> after it where there are several"
_NAME = re.compile(
    r"local|(?P<cloud>aws|gcp|azure)-(?P<tier>dev|staging|prod)(-(?!(?:release|bootstrap)$)[a-z0-9]{1,12})?"
)
# The second stack of an environment; Pulumi may keep its settings beside ours.
RELEASE_SUFFIX = "-release"


@dataclass(frozen=True)
class Effective:
    """A value that holds in an environment, and where it was said."""

    value: Value
    origin: str


def names(folder: File | None = None) -> list[str]:
    """The environments that have a file: `local` first, then by cloud, and dev before prod."""
    return [name for name in _stems(folder or FOLDER) if _NAME.fullmatch(name)]


def cloud_and_tier(name: str) -> tuple[Cloud, Tier]:
    """What the name of an environment says."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise Refusal.because(f"`{name}` is not the name of an environment", remedy=f"accepted: {NAME_FORM}")
    return Cloud(match["cloud"] or "local"), Tier(match["tier"] or "local")


def load(name: str, *, folder: File | None = None) -> Environment:
    """The environment of that name, checked by itself and against all others.

    Raises:
        Refusal: there is none, or its file is wrong; holds every problem of the file.
    """
    return load_these([name], folder=folder)[name]


def load_these(wanted: Iterable[str], *, folder: File | None = None) -> dict[str, Environment]:
    """The environments of those names, each checked by itself and against all others; each file is read once.

    Raises:
        Refusal: one does not exist, or its file is wrong; holds every problem of all of them.
    """
    folder = folder or FOLDER
    drafts = {name: _draft(name, folder) for name in names(folder)}
    found: dict[str, Environment] = {}
    problems: list[Problem] = []
    for name in wanted:
        if name not in drafts:
            problems.append(_unknown(name, folder))
            continue
        mine = drafts[name]
        others = [other for other in drafts.values() if other is not mine]
        problems += _in_order([*mine.problems, *_collisions(mine, others)])
        if mine.environment is not None:
            found[name] = mine.environment
    if problems:
        raise Refusal(*dict.fromkeys(problems))
    return found


def load_all(*, folder: File | None = None) -> dict[str, Environment]:
    """Every environment by name.

    Raises:
        Refusal: holds every problem of every file.
    """
    folder = folder or FOLDER
    drafts = [_draft(name, folder) for name in names(folder)]
    problems = _misnamed(folder)
    for index, mine in enumerate(drafts):
        problems += _in_order([*mine.problems, *_collisions(mine, drafts[:index])])
    if not drafts and not problems:
        problems.append(
            Problem("there is no environment here", Location(shown(folder)), f"accepted: {NAME_FORM}")
        )
    if problems:
        raise Refusal(*problems)
    return {item.name: item.environment for item in drafts if item.environment is not None}


def origins(name: str, *, folder: File | None = None) -> dict[str, Effective]:
    """Every effective value of an environment by its dotted path, with the layer that said it.

    Raises:
        Refusal: as `load` does.
    """
    environment = load(name, folder=folder)
    mine = _draft(name, folder or FOLDER)
    layers = [*default_layers(mine.cloud, mine.tier), ("", mine.settings)]
    values = dict(leaves(environment.model_dump(mode="json")))
    by_name = {
        path: Effective(values.pop(path), "the file's name") for path in (("name",), ("cloud",), ("tier",))
    }
    result = {".".join(path): effective for path, effective in by_name.items()}
    for path, value in values.items():
        layer = next(label for label, layer in reversed(layers) if holds(layer, path))
        result[".".join(path)] = Effective(value, layer or str(mine.where(path)))
    return result


def _draft(name: str, folder: File) -> Draft:
    cloud, tier = cloud_and_tier(name)
    return draft(folder / f"Pulumi.{name}.yaml", name, cloud, tier)


def _unknown(name: str, folder: File) -> Problem:
    known = names(folder)
    guess = meant(name, known)
    return Problem(
        f"there is no environment `{name}`" + (f"; did you mean {guess}?" if guess else ""),
        Location(shown(folder)),
        f"accepted: {', '.join(known)}" if known else "no file Pulumi.<environment>.yaml is here",
    )


def _collisions(mine: Draft, others: Iterable[Draft]) -> list[Problem]:
    if mine.environment is None or ("network", "cidr") in mine.bad:
        return []
    drafts = {
        other.name: other for other in others if other.environment and ("network", "cidr") not in other.bad
    }
    met = collisions(mine.environment, [item.environment for item in drafts.values() if item.environment])
    return [
        Problem(
            f"{finding.what} ({drafts[other.name].where(finding.paths[0])})",
            mine.where(finding.paths[0]),
            finding.remedy,
        )
        for finding, other in met
    ]


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.where and problem.where.line) or 0)


def _misnamed(folder: File) -> list[Problem]:
    """Files that look like an environment and are none."""
    known = [f"{cloud}-{tier}" for cloud in Cloud for tier in Tier if "local" not in (cloud, tier)] + [
        "local"
    ]
    problems = []
    for name in _stems(folder):
        if _NAME.fullmatch(name):
            continue
        guess = meant(name, known)
        problems.append(
            Problem(
                f"`{name}` is not the name of an environment" + (f"; did you mean {guess}?" if guess else ""),
                Location(shown(folder / f"Pulumi.{name}.yaml")),
                f"accepted: {NAME_FORM}",
            )
        )
    return problems


def _stems(folder: File) -> list[str]:
    stems = [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("Pulumi.*.yaml")]
    return sorted((stem for stem in stems if not stem.endswith(RELEASE_SUFFIX)), key=_rank)


def _rank(name: str) -> tuple[int, int, str]:
    match = _NAME.fullmatch(name)
    if match is None:
        return (len(Cloud), 0, name)
    cloud, tier = cloud_and_tier(name)
    return (list(Cloud).index(cloud), list(Tier).index(tier), name)
