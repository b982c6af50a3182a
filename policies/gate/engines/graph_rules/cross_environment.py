"""Inputs that name another environment's resources: its account, or a physical name that is its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from environments.model import Environment
from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.graph import Call
from policies.gate.values import Value
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

RULE = Rule(
    "environments/cross-reference",
    "No environment names another environment's resources",
    Severity.HIGH,
    "network",
    "graph",
    "What dev does must not depend on prod or change it; a copied name is how that begins.",
    "Take the name from this environment (a resource, its naming rule or its configuration).",
    frameworks=("NIST 800-53 CM-7", "ISO 27001 A.8.31", "PCI DSS 6.5.3"),
)
RULES = (RULE,)

# What only describes a resource, and names nothing that is used.
_WORDS = {"description", "tags", "labels", "displayName", "comment", "tagsAll"}


def check(ledger: Ledger, own: str, environments: Mapping[str, Environment]) -> None:
    """Judges every resource and call of a graph that belongs to the environment `own`."""
    patterns = _Patterns(own, environments)
    for resource in ledger.graph.resources.values():
        if resource.kind == "component":
            continue
        found, attribute = Certainty.NO, ""
        message = ""
        for path, text in _texts({**resource.inputs, "id": resource.read_id}, ""):
            other = patterns.other(text)
            if other:
                found, attribute = Certainty.YES, path
                message = f"`{path}` of `{resource.name}` names {other}: `{_shown(text)}`"
                break
        if found is Certainty.NO:
            unknown = next(_unknowns({**resource.inputs, "id": resource.read_id}, ""), None)
            if unknown is not None:
                found, attribute = Certainty.MAYBE, unknown
                message = f"`{unknown}` of `{resource.name}` is not known before apply"
        ledger.judge(RULE, resource, found, message, attribute=attribute)
    for call in ledger.graph.calls:
        _call(ledger, patterns, call)
    for diagnostic in ledger.graph.diagnostics:
        other = patterns.other(diagnostic.message) if diagnostic.kind == "stack-reference" else None
        if other:
            ledger.write(
                Finding(
                    RULE,
                    Verdict.FAIL,
                    f"a stack reference names {other}: {diagnostic.message}",
                    ledger.environment,
                    diagnostic.urn or "",
                    sites=diagnostic.sites,
                )
            )


def _call(ledger: Ledger, patterns: _Patterns, call: Call) -> None:
    for path, text in _texts(call.args, ""):
        other = patterns.other(text)
        if other:
            message = f"`{path}` of the call of {call.token} names {other}: `{_shown(text)}`"
            ledger.write(
                Finding(RULE, Verdict.FAIL, message, ledger.environment, attribute=path, sites=call.sites)
            )
            return


class _Patterns:
    """How each other environment is known in texts."""

    def __init__(self, name: str, environments: Mapping[str, Environment]) -> None:
        own = environments.get(name)
        others = {item: other for item, other in environments.items() if item != name}
        self._accounts = {
            other.account: item
            for item, other in others.items()
            if str(other.cloud) != "local" and (own is None or other.account != own.account)
        }
        self._own = name
        names = sorted({*others, name}, key=len, reverse=True)
        projects = {re.escape(other.project) for other in environments.values()}
        joined = "|".join(re.escape(item).replace(r"\-", "[-_]?") for item in names)
        project = "|".join(sorted(projects, key=len, reverse=True)) or "(?!)"
        # The longest name first, so that `aws-prod-eu` is not taken for `aws-prod`.
        self._name = re.compile(rf"(?<![a-z0-9])(?:{project})[-_/]?({joined})", re.IGNORECASE)
        self._by_letters = {re.sub("[-_]", "", item): item for item in names}
        accounts = "|".join(map(re.escape, sorted(self._accounts, key=len, reverse=True)))
        self._account = re.compile(rf"(?<![A-Za-z0-9-])({accounts})(?![A-Za-z0-9])") if accounts else None

    def other(self, text: str) -> str | None:
        """The other environment that a text names, for a person."""
        for match in self._name.finditer(text):
            goes_on = text[match.end() : match.end() + 1].isalnum()
            if goes_on and re.search("[-_]", match[0]):
                continue  # `sluice-aws-production` is not of `aws-prod`; `sluiceawsprodraw` is
            name = self._by_letters[re.sub("[-_]", "", match[1].lower())]
            if name != self._own:
                return f"{name} (`{match[0]}`)"
        found = self._account.search(text) if self._account else None
        return f"{self._accounts[found[1]]} (account `{found[1]}`)" if found else None


def _texts(value: Value, path: str) -> Iterator[tuple[str, str]]:
    value = values.literal(value)
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(value, dict) and not any(
        key in value for key in (values.REF, values.UNKNOWN, values.SECRET)
    ):
        for key, item in value.items():
            if path or key not in _WORDS:
                yield from _texts(item, f"{path}.{key}" if path else key)


def _unknowns(value: Value, path: str) -> Iterator[str]:
    """Unknowns that come from nothing in this program: whatever they hold was given from outside."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknowns(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        if values.UNKNOWN in value:
            if not value[values.UNKNOWN].get("from"):
                yield path
        elif values.REF not in value and values.SECRET not in value:
            for key, item in value.items():
                if path or key not in _WORDS:
                    yield from _unknowns(item, f"{path}.{key}" if path else key)


def _shown(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}…"
