"""What there is to know of every rule: what it asks, who evaluates it, where it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from environments import places, yaml_file
from environments.problems import Location, Refusal
from policies.gate import destructive, enforcement, waivers
from policies.gate.engines import rego
from policies.gate.engines.checkov.catalogue import CATALOGUE, PREFIX, SEVERITIES, Catalogue
from policies.gate.engines.checkov.engine import NOT_LOOKED_AT, Checkov
from policies.gate.judge import rules
from policies.gate.verdicts import Rule, Severity

_GATE = places.ROOT / "policies" / "gate"
_OWN_CHECKS = places.ROOT / "policies" / "checkov"
_ENFORCEMENT = places.ROOT / "policies" / "severities.yaml"


@dataclass(frozen=True)
class Entry:
    """One rule, or a check of checkov's that another rule stands for."""

    rule: Rule
    severity: Severity
    """After `policies/severities.yaml`."""
    superseded: str = ""
    """Why the gate does not report it; empty for all that it reports."""

    def to_json(self) -> dict[str, Any]:
        """As `sluice policy list --json` prints it."""
        return {
            "rule": self.rule.id,
            "title": self.rule.title,
            "engine": self.rule.engine,
            "severity": str(self.severity),
            "category": self.rule.category,
            "mandatory": self.rule.mandatory,
            "superseded": self.superseded,
        }


def entries() -> list[Entry]:
    """Every rule that the gate reports, then every check that it leaves to another rule.

    Raises:
        Refusal: a policy does not compile, or OPA is missing.
    """
    changed = enforcement.load(_ENFORCEMENT).by_rule
    besides = (NOT_LOOKED_AT, *waivers.RULES, *destructive.RULES)
    reported = {**rules(Checkov()), **{rule.id: rule for rule in besides}}
    found = [Entry(rule, changed.get(id_, rule.severity)) for id_, rule in reported.items()]
    found += [
        Entry(check.rule, check.rule.severity, check.superseded)
        for check in Catalogue().checks.values()
        if check.superseded
    ]
    order = ("rego", "graph", "gate", "checkov")
    return sorted(
        found, key=lambda item: (bool(item.superseded), order.index(item.rule.engine), item.rule.id)
    )


def entry(name: str) -> Entry:
    """One rule by its id, or by checkov's.

    Raises:
        Refusal: there is none of that name; the likeliest ones are named.
    """
    known = {item.rule.id: item for item in entries()}
    for id_ in (name, PREFIX + name):
        if id_ in known:
            return known[id_]
    near = get_close_matches(name, known, 3, 0.5)
    remedy = f"did you mean {', '.join(near)}?" if near else "`sluice policy list` names them all"
    raise Refusal.because(f"there is no rule `{name}`", remedy=remedy)


def defined_at(rule: Rule) -> Location:
    """Where a rule is written."""
    if rule.engine == "rego":
        words = rego.package_of(rule.id).split(".")[1:]
        file = rego.RULES / words[0] / f"{words[1]}.rego"
        return Location(yaml_file.shown(file), _line(file, "package "))
    if rule.engine == "checkov" and rule.id != NOT_LOOKED_AT.id:
        return _check(rule.id.removeprefix(PREFIX))
    return _in_python().get(rule.id, Location(yaml_file.shown(_GATE)))


def waiver(rule: Rule) -> str:
    """The entry of `policies/waivers.yaml` that would cover one finding of a rule, to be filled in."""
    return "\n".join(
        (
            f"- rule: {rule.id}",
            '  urn: "<the URN of the finding; * stands for any text>"',
            "  environments: [<where it stays>]",
            "  owner: <the team that answers for it>",
            "  reason: <why it is fine until then>",
            "  expires: <YYYY-MM-DD, at most 180 days from today>",
        )
    )


def _check(name: str) -> Location:
    """A check of ours is a file of `policies/checkov/`; one of checkov's own is an entry of the catalogue."""
    for file in sorted(_OWN_CHECKS.glob("*.py")):
        line = _line(file, f'id="{name}"', anywhere=True)
        if line:
            return Location(yaml_file.shown(file), line)
    line = _line(SEVERITIES, f"  {name}:")
    return (
        Location(yaml_file.shown(SEVERITIES), line)
        if line
        else Location(yaml_file.shown(CATALOGUE), _line(CATALOGUE, f'"{name}"', anywhere=True))
    )


def _line(file: Path, text: str, *, anywhere: bool = False) -> int | None:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(text) or (anywhere and text in line):
            return number
    return None


@cache
def _in_python() -> dict[str, Location]:
    """Rules that are written as `Rule(...)`, or by a function of one module that makes them, by id."""
    found: dict[str, Location] = {}
    for file in sorted(_GATE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "Rule(" in text:
            for id_, line in _made(ast.parse(text)):
                found.setdefault(id_, Location(yaml_file.shown(file), line))
    return found


def _made(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Ids of rules, from calls whose first argument, or `id`, ends an id that is known."""
    prefixes = {
        node.name: value.values[0].value
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for value in ast.walk(node)
        if isinstance(value, ast.JoinedStr)
        and isinstance(value.values[0], ast.Constant)
        and str(value.values[0].value).endswith("/")
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        given = [*node.args[:1], *(key.value for key in node.keywords if key.arg == "id")]
        for value in given:
            if isinstance(value, ast.BinOp) and isinstance(value.right, ast.Constant):
                yield f"{PREFIX}{value.right.value!s}", node.lineno
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                prefix = "" if node.func.id == "Rule" else str(prefixes.get(node.func.id, ""))
                yield prefix + value.value, node.lineno
