"""Rules on what a change does to data: findings on the difference of two graphs, not on one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from policies.gate import values
from policies.gate.baseline import AttributeChange, Change, GraphDelta
from policies.gate.data_bearing import DATA_BEARING, ENCRYPTION_KEYS, KEEPING, RETENTION, RETENTION_PATHS
from policies.gate.graph import Resource
from policies.gate.values import Value
from policies.gate.verdicts import Outcome, Rule, Severity, Verdict, on


def _rule(name: str, title: str, severity: Severity, why: str, fix: str) -> Rule:
    frameworks = ("NIST 800-53 CP-9", "NIST 800-53 CM-3", "ISO 27001 A.8.32")
    return Rule(f"change/{name}", title, severity, "change", "graph", why, fix, True, frameworks)


DELETES = _rule(
    "deletes-data",
    "No change deletes a resource that holds data",
    Severity.CRITICAL,
    "What is in it is gone with the next update.",
    "Keep it. If it must go: move the data, set `retain_on_delete`, and delete it by hand afterwards.",
)
REPLACES = _rule(
    "replaces-data",
    "No change makes a resource that holds data anew",
    Severity.CRITICAL,
    "The engine deletes the old one with its data and makes an empty one.",
    "Take the change back, or make a second resource beside it, move the data, and let go of the first.",
)
RENAMES = _rule(
    "renames-without-alias",
    "A resource that holds data is renamed with an alias",
    Severity.CRITICAL,
    "Without an alias the engine sees one resource to delete and another to make.",
    "Add `ResourceOptions(aliases=[Alias(name=…)])` with the old name, or the old parent.",
)
UNPROTECTS = _rule(
    "protection-off",
    "No change takes the protection from data",
    Severity.HIGH,
    "The next change can delete it without another word.",
    "Leave the protection on; take it off in the change that needs it, with the owner's consent.",
)
SHORTENS = _rule(
    "retention-shortened",
    "No change shortens how long data is kept",
    Severity.HIGH,
    "What is older is deleted at once, and cannot be brought back.",
    "Keep the longer time, or have the data's owner agree and waive this.",
)
REKEYS = _rule(
    "encryption-key-replaced",
    "No change replaces the key that data is encrypted with",
    Severity.HIGH,
    "What was written before stays under the old key: once that is deleted, nobody reads it any more.",
    "Rotate the key instead, or encrypt the data anew before the old key goes.",
)
RULES = (DELETES, REPLACES, RENAMES, UNPROTECTS, SHORTENS, REKEYS)

# In dev and local, data is play data: as bad as that, and no worse.
_MILDER = {Severity.CRITICAL: Severity.HIGH, Severity.HIGH: Severity.MEDIUM}


def check(delta: GraphDelta, environment: str, tier: str) -> Outcome:
    """Judges every change; a resource that a rule looked at and found in order counts as passed."""
    outcome = Outcome()
    for change in delta.changes:
        if change.operation == "create":
            continue
        found = list(_faults(change))
        resource = change.resource
        outcome.checked.add(resource.urn)
        at_fault = {rule.id for rule, *_ in found}
        for rule in RULES:
            if rule.id not in at_fault and _concerns(rule, change):
                outcome.passed[rule.id] = outcome.passed.get(rule.id, 0) + 1
        for rule, verdict, message, attribute in found:
            judged = rule if tier in ("staging", "prod") else replace(rule, severity=_MILDER[rule.severity])
            outcome.findings.append(
                on(judged, resource, environment, message, verdict=verdict, attribute=attribute)
            )
    return outcome


_Fault = tuple[Rule, Verdict, str, str]


def _concerns(rule: Rule, change: Change) -> bool:
    if change.resource.type not in DATA_BEARING:
        return False
    if change.operation == "delete":
        return rule in (DELETES, RENAMES)
    return rule in (REPLACES, RENAMES, UNPROTECTS, SHORTENS, REKEYS)


def _faults(change: Change) -> Iterator[_Fault]:
    resource = change.resource
    holds_data = resource.type in DATA_BEARING
    if change.operation == "delete":
        if holds_data and not resource.retain_on_delete:
            yield _deleted(change)
        return
    # With retain_on_delete the old one stays; its data is not in the new one, but is not lost.
    stays = change.before is not None and change.before.retain_on_delete
    if change.operation == "replace" and holds_data and not stays:
        yield _replaced(change)
    for item in change.attributes:
        yield from _attribute(resource, item, holds_data)


def _deleted(change: Change) -> _Fault:
    resource, new = change.resource, change.new_name
    if new is not None:
        return (
            RENAMES,
            Verdict.FAIL,
            f"`{resource.name}` is deleted, and `{new.name}`, which is like it, is made"
            f"{f' at {new.source}' if new.source else ''}: a rename without an alias",
            "",
        )
    protected = "; it is protected, so the update will stop half way" if resource.protect else ""
    return DELETES, Verdict.FAIL, f"`{resource.name}` is deleted with its data{protected}", ""


def _replaced(change: Change) -> _Fault:
    reasons = ", ".join(f"`{path}`" for path in change.because)
    attribute = change.because[0]
    name = change.resource.name
    if change.uncertain:
        return (
            REPLACES,
            Verdict.UNDETERMINED,
            f"whether `{name}` is made anew is not known before apply: it is if {reasons} changes",
            attribute,
        )
    return REPLACES, Verdict.FAIL, f"`{name}` is deleted and made anew, because {reasons} changes", attribute


def _attribute(resource: Resource, item: AttributeChange, holds_data: bool) -> Iterator[_Fault]:
    before, after = values.literal(item.before), values.literal(item.after)
    last = item.path.rsplit(".", 1)[-1].split("[", 1)[0]
    unknown = isinstance(after, dict) and not isinstance(before, dict)
    verdict = Verdict.UNDETERMINED if unknown else Verdict.FAIL
    shown = "a value that is not known before apply" if unknown else f"`{after}`"
    if item.path == "options.protect":
        if before and not after and holds_data:
            yield UNPROTECTS, Verdict.FAIL, f"`{resource.name}` is no longer protected", item.path
        return
    keeping = _keeping(item.path)
    if keeping is not None and _kept(before, keeping, item.path) and not _kept(after, keeping, item.path):
        yield (
            UNPROTECTS,
            verdict,
            f"`{item.path}` of `{resource.name}` changes from `{before}` to {shown}",
            item.path,
        )
    if last in RETENTION or any(fnmatchcase(item.path, pattern) for pattern in RETENTION_PATHS):
        shorter = _shorter(before, after, item.path)
        if shorter or unknown:
            yield (
                SHORTENS,
                verdict,
                f"`{item.path}` of `{resource.name}` goes from `{before}` to {shown}",
                item.path,
            )
    if last in ENCRYPTION_KEYS and before is not None:
        yield (
            REKEYS,
            Verdict.UNDETERMINED if item.unknown else Verdict.FAIL,
            f"`{resource.name}` was encrypted with {_key(before)}, and will be with {_key(after)}",
            item.path,
        )


def _keeping(path: str) -> Value:
    for name, value in KEEPING.items():
        if path == name or path.endswith(f".{name}"):
            return value
    return None


def _kept(value: Value, keeping: Value, path: str) -> bool:
    """Whether a switch keeps data; left out, `forceDestroy` and its like are off and the others too."""
    if isinstance(value, dict):
        return False
    if keeping is False:
        return not value
    return bool(value == keeping)


def _shorter(before: Value, after: Value, path: str) -> bool:
    """Whether a time got shorter. Left out, an expiry is never and a retention is none."""
    expires = "expiration" in path.lower() or path.endswith(("condition.age", "noncurrentDays"))
    first, second = _number(before), _number(after)
    if first is None and second is None:
        return False
    if first is None:
        return expires  # it did not expire, and now does
    if second is None:
        return not expires
    return second < first


def _number(value: Value) -> float | None:
    if isinstance(value, str):
        value = value.removesuffix("s")
        return float(value) if value.replace(".", "", 1).isdigit() else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _key(value: Value) -> str:
    if value is None:
        return "the cloud's own key"
    found = next(values.references(value), None)
    if found is not None:
        return f"`{found.urn.rsplit('::', 1)[-1]}`"
    return f"`{value}`" if isinstance(value, str) else "a key that is not known before apply"
