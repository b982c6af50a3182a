"""One environment's file: what it says, what is wrong with it, and the environment it makes as far as it can.

A file is checked to the end even when something in it is wrong: a misspelt key is read as the key that
was meant, a bad value is left out, and a missing one is stood in for. So every problem is said at once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from environments import schema
from environments.accepted import accepted, meant
from environments.checks import findings
from environments.defaults import Layer, Value
from environments.layers import default_layers, merged, without
from environments.model import Environment
from environments.problems import Location, Problem, Refusal
from environments.vocabulary import Cloud, Tier
from environments.yaml_file import Document, Path, read

_ROOT: Path = ("config", schema.SETTINGS_KEY)
# Said by the file's name, so not by the file.
_FROM_THE_NAME = ("name", "cloud", "tier")
# Stand-ins with which the checks go on when the file gives no good value of its own. What is said
# about a stand-in is never shown. The range is one that no environment has: it is for documentation.
_STAND_INS: dict[str, dict[Cloud, str]] = {
    "account": {
        Cloud.LOCAL: "000000000000",
        Cloud.AWS: "000000000000",
        Cloud.GCP: "stand-in",
        Cloud.AZURE: "00000000-0000-0000-0000-000000000000",
    },
    "cidr": dict.fromkeys(Cloud, "192.0.2.0/24"),
}


@dataclass
class Draft:
    """An environment as its file makes it, with all that is wrong with it."""

    name: str
    cloud: Cloud
    tier: Tier
    document: Document
    settings: Layer = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    bad: set[Path] = field(default_factory=set)
    """Settings without a good value; what the checks say about them is noise."""
    renamed: dict[Path, Path] = field(default_factory=dict)
    """Settings that the file misspells: where they are written, by where they belong."""
    root: Path = _ROOT
    """Where the file has its settings; elsewhere than it should if it misspells the way there."""
    environment: Environment | None = None
    """Whole only if there are no problems."""

    def where(self, path: Path) -> Location:
        """Where a setting is written, or the nearest thing around it that is."""
        return self.document.at((*self.root, *self._written(path)))

    def says(self, path: Path) -> bool:
        """Whether the file itself says something at a path."""
        return (*self.root, *self._written(path)) in self.document.lines

    def _written(self, path: Path) -> Path:
        for length in range(len(path), 0, -1):
            if path[:length] in self.renamed:
                return self.renamed[path[:length]] + path[length:]
        return path


def draft(file: File, name: str, cloud: Cloud, tier: Tier) -> Draft:
    """Reads and checks one environment's file; never raises for what the file says."""
    try:
        document = read(file, begin_with="`config:` and, under it, `sluice:environment:`, as the others do")
    except Refusal as refusal:
        return Draft(name, cloud, tier, Document(file), problems=list(refusal.problems))
    result = Draft(name, cloud, tier, document, problems=list(document.problems))
    settings = _settings(result)
    if settings is None:
        return result
    result.bad = {path[len(result.root) :] for path in document.unreadable if path[:2] == result.root}
    result.settings = _spelt(result, settings, (), ())
    _validate(result)
    return result


def _settings(target: Draft) -> Layer | None:
    """The mapping under `sluice:environment`; notes what is wrong around it."""
    document, top = target.document, target.document.value
    if not isinstance(top, dict):
        target.problems.append(
            Problem(
                f"{_word(top)} where a mapping is expected", document.at(()), "begin the file with `config:`"
            )
        )
        return None
    known = ("config", *schema.PULUMI_KEYS)
    strangers = [key for key in top if key not in known]
    for key in strangers:
        target.problems.append(_unknown(key, key, known, document.at((key,))))
    name = _key_or_slip("config", top, strangers)
    if name is None:
        target.problems.append(
            Problem("`config` is missing", document.at(()), "begin the file with `config:`")
        )
        return None
    config = top[name]
    if not isinstance(config, dict):
        _not_a_mapping(target, "config", config, (name,))
        return None
    return _own_config(target, config, name)


def _own_config(target: Draft, config: Layer, above: str) -> Layer | None:
    document, wanted = target.document, schema.SETTINGS_KEY
    strangers = [key for key in config if key != wanted and not re.match(schema.FOREIGN_CONFIG, key)]
    for key in strangers:
        target.problems.append(_unknown(f"{above}.{key}", key, (wanted,), document.at((above, key))))
    name = _key_or_slip(wanted, config, strangers)
    if name is None:
        target.problems.append(
            Problem(
                f"`{wanted}` is missing under `config`", document.at((above,)), f"add `{wanted}:` under it"
            )
        )
        return None
    target.root = (above, name)
    settings = config[name]
    if not isinstance(settings, dict):
        _not_a_mapping(target, wanted, settings, target.root)
        return None
    return settings


def _key_or_slip(wanted: str, mapping: Layer, strangers: list[str]) -> str | None:
    """The key under which the mapping has what is wanted: its own, or else a misspelling of it."""
    if wanted in mapping:
        return wanted
    return next((key for key in strangers if meant(key, (wanted,))), None)


def _not_a_mapping(target: Draft, name: str, value: Value, path: Path) -> None:
    target.problems.append(
        Problem(
            f"{name}: {_word(value)} where a mapping is expected",
            target.document.at(path),
            "write the settings under it, indented; `{}` if there are none",
        )
    )


def _unknown(name: str, key: str, known: tuple[str, ...], where: Location, *, note: str = "") -> Problem:
    guess = meant(key, known)
    return Problem(
        f"unknown key `{name}`" + (f"; did you mean `{guess}`?" if guess else ""),
        where,
        note or f"accepted: {', '.join(known)}",
    )


def _spelt(target: Draft, settings: Layer, path: Path, written: Path) -> Layer:
    """The settings with every key spelt right: misspelt ones are noted and put where they belong."""
    node = schema.node(path) or {}
    known = tuple(node.get("properties", ()))
    result: Layer = {}
    for key, value in settings.items():
        here, inner = (*written, key), (*path, key)
        if known and key not in known:
            note = "it comes from the file's name: leave it out" if not path and key in _FROM_THE_NAME else ""
            where = target.document.at((*target.root, *here))
            target.problems.append(_unknown(".".join(inner), key, known, where, note=note))
            guess = None if note else meant(key, known)
            if guess is None or guess in settings or guess in result:
                continue
            inner = (*path, guess)
            target.renamed[inner] = here
        result[inner[-1]] = _spelt(target, value, inner, here) if isinstance(value, dict) else value
    return result


def _validate(target: Draft) -> None:
    """Checks every value by itself, then the values against each other."""
    settings = target.settings
    # Each round leaves out what the last one found; a value left out may bare a default that is
    # missing, so there are at most a few rounds.
    for _ in range(8):
        try:
            target.environment = _environment(target, settings)
            break
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                path, problem = _value_problem(target, detail)
                if not path:
                    target.problems.append(problem)
                    return
                if not any(path[: len(bad)] == bad for bad in target.bad):
                    target.problems.append(problem)
                target.bad.add(path)
                settings = _stood_in(target.cloud, without(settings, path), path)
    if target.environment is None:
        return
    for finding in findings(target.environment):
        if not any(_touches(path, bad) for path in finding.paths for bad in target.bad):
            at = next((path for path in finding.paths if target.says(path)), finding.paths[0])
            target.problems.append(Problem(finding.what, target.where(at), finding.remedy))


def _environment(target: Draft, settings: Layer) -> Environment:
    layers = [layer for _, layer in default_layers(target.cloud, target.tier)]
    identity: Layer = {"name": target.name, "cloud": target.cloud, "tier": target.tier}
    whole = merged([*layers, settings, identity])
    # Strict, by way of JSON: "3" is not a number, and `yes` is not true.
    return Environment.model_validate_json(json.dumps(whole), strict=True)


def _stood_in(cloud: Cloud, settings: Layer, path: Path) -> Layer:
    stand_in = _STAND_INS.get(path[-1], {}).get(cloud)
    if stand_in is None or path not in {("account",), ("network", "cidr")}:
        return settings
    value: Value = stand_in
    for name in reversed(path):
        value = {name: value}
    return merged([settings, value]) if isinstance(value, dict) else settings


def _touches(path: Path, bad: Path) -> bool:
    shorter = min(len(path), len(bad))
    return path[:shorter] == bad[:shorter]


def _value_problem(target: Draft, detail: ErrorDetails) -> tuple[Path, Problem]:
    location = tuple(str(part) for part in detail["loc"])
    is_key = location[-1:] == ("[key]",)
    path = location[:-1] if is_key else location
    name, where = ".".join(path), target.where(path)
    if not path:
        return path, Problem(f"cannot be read: {detail['msg']}", where, "write plain text and numbers only")
    node = schema.node(path) or {}
    about = node.get("description", "")
    if is_key:
        remedy = "accepted: lower-case letters and digits, in words joined by hyphens, a letter first"
        return path, Problem(f"{name}: `{path[-1]}` cannot be a name", where, remedy)
    takes = ". ".join(part for part in (f"accepted: {accepted(node)}", about.rstrip(".")) if part)
    if detail["type"] == "missing":
        return path, Problem(f"`{name}` is missing", where, takes)
    is_range = node.get("format") == "ipv4network"
    reason = "is not an address range" if is_range else _reason(detail)
    hint = _hint(detail, node)
    return path, Problem(
        f"{name}: {_word(detail['input'])} {reason}", where, f"{takes}. {hint}" if hint else takes
    )


def _reason(detail: ErrorDetails) -> str:
    return {
        "string_type": "is not text",
        "string_too_long": "is too long",
        "too_short": "is too short",
        "string_pattern_mismatch": "does not have the form that is accepted",
        "int_type": "is not a whole number",
        "int_from_float": "is not a whole number",
        "bool_type": "is neither true nor false",
        "enum": "is not one of the accepted values",
        "model_type": "where a mapping is expected",
        "model_attributes_type": "where a mapping is expected",
        "dict_type": "where a mapping is expected",
        "tuple_type": "where a list is expected",
        "less_than_equal": "is too large",
        "greater_than_equal": "is too small",
    }.get(detail["type"], f"cannot be used: {detail['msg']}")


def _hint(detail: ErrorDetails, node: dict[str, Any]) -> str:
    given = detail["input"]
    if detail["type"] == "string_type" and isinstance(given, int | float) and not isinstance(given, bool):
        return "Put it in quotes"
    if detail["type"] == "enum" and (guess := meant(str(given), node.get("enum", ()))):
        return f"Did you mean {guess}?"
    if node.get("format") == "ipv4network":
        return _range_hint(str(given))
    return ""


def _range_hint(given: str) -> str:
    try:
        return f"Did you mean {IPv4Network(given, strict=False)}?"
    except ValueError:
        return ""


def _word(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"
