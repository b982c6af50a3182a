"""Waivers: who has agreed, until when, that a finding stays. A waiver that is wrong is a finding itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from environments import yaml_file
from environments.problems import Location, Problem, Refusal
from policies.gate.graph import CallSite
from policies.gate.values import Value
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

LONGEST = timedelta(days=180)

_KEYS = ("rule", "urn", "environments", "owner", "reason", "expires")
_FORM = (
    "rule, urn, environments, owner, reason and expires (YYYY-MM-DD), as the comment on top of the file says"
)
# A pattern that fits this fits everything.
_NOBODY = "nobody:nowhere/nothing:Nothing::nameless"


def _rule(name: str, title: str, severity: Severity, why: str, fix: str) -> Rule:
    return Rule(f"waiver/{name}", title, severity, "waiver", "gate", why, fix)


EXPIRED = _rule(
    "expired",
    "No waiver is past its date",
    Severity.MEDIUM,
    "What it covered counts again.",
    "Mend what it covered and delete it, or have its owner agree anew.",
)
UNUSED = _rule(
    "unused",
    "Every waiver covers something",
    Severity.LOW,
    "It waits for the next finding of that name and hides it.",
    "Delete it.",
)
MALFORMED = _rule(
    "malformed",
    "Every waiver is whole",
    Severity.HIGH,
    "It covers nothing as it is.",
    f"Give {_FORM}.",
)
BROAD = _rule(
    "over-broad",
    "No waiver covers everything",
    Severity.HIGH,
    "It hides what nobody has looked at; it covers nothing as it is.",
    "Name one rule, the resources and the environments.",
)
TOO_LONG = _rule(
    "too-long",
    "No waiver lasts longer than 180 days",
    Severity.HIGH,
    "What is agreed to for ever is forgotten; it covers nothing as it is.",
    f"Set a date within {LONGEST.days} days, and agree anew then.",
)
RULES = (EXPIRED, UNUSED, MALFORMED, BROAD, TOO_LONG)


@dataclass(frozen=True)
class Waiver:
    """One entry of the file."""

    rule: str
    urn: str
    environments: tuple[str, ...]
    owner: str
    reason: str
    expires: date
    place: CallSite

    def covers(self, finding: Finding) -> bool:
        """Whether it is meant for a finding."""
        return (
            finding.rule.id == self.rule
            and finding.environment in self.environments
            and _glob(self.urn).fullmatch(finding.urn) is not None
        )

    def __str__(self) -> str:
        return f"{self.owner}, until {self.expires}: {self.reason} ({self.place})"


@dataclass(frozen=True)
class Waivers:
    """What a file says: the waivers that hold, and findings on those that do not."""

    waivers: tuple[Waiver, ...] = ()
    findings: tuple[Finding, ...] = ()

    def applied(self, findings: Iterable[Finding], gated: Collection[str]) -> list[Finding]:
        """All findings, those that are covered marked so, with findings on waivers that cover nothing.

        A waiver is unused if all of its environments were gated and it covered nothing in any.
        """
        used: set[Waiver] = set()
        result = []
        for finding in findings:
            by = (
                None if finding.age == "fixed" else next((w for w in self.waivers if w.covers(finding)), None)
            )
            if by is not None:
                used.add(by)
                finding = replace(finding, waived=str(by))
            result.append(finding)
        relevant = [item for item in self.findings if not item.environment or item.environment in gated]
        unused = [
            _finding(
                UNUSED, waiver.place, f"the waiver of `{waiver.rule}` covers nothing", waiver.environments
            )
            for waiver in self.waivers
            if waiver not in used and set(waiver.environments) <= set(gated)
        ]
        return [*result, *relevant, *unused]


def load(
    path: Path,
    *,
    today: date,
    environments: Sequence[str],
    rules: Collection[str] | None = None,
) -> Waivers:
    """Reads a file of waivers; one that is not there has none.

    Args:
        path: The file.
        today: The date to hold expiry against.
        environments: Every environment there is: to know names, and to know "all of them".
        rules: Every rule there is, where the caller knows; a waiver of another is malformed.

    Raises:
        Refusal: the file is not YAML, or a date is not one; holds every problem with its line.
    """
    if not path.exists() or not _content(path):
        return Waivers()
    document = yaml_file.read(path)
    problems = list(document.problems)
    content = document.value if isinstance(document.value, dict) else {}
    listed = content.get("waivers")
    if not problems and (not isinstance(listed, list) or set(content) != {"waivers"}):
        problems.append(
            Problem(
                "not a file of waivers",
                document.at(()),
                "write `waivers:` and a list under it, or `waivers: []`",
            )
        )
    if problems:
        raise Refusal(*problems)
    held: list[Waiver] = []
    findings: list[Finding] = []
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        reader = _Entry(document, index, entry, environments, rules)
        problems += reader.problems
        if reader.waiver is None:
            findings += [] if reader.problems else [reader.finding(MALFORMED, "; ".join(reader.wrong))]
            continue
        found = reader.refused(today)
        findings += found
        held += [] if found else [reader.waiver]
    if problems:
        raise Refusal(*problems)
    return Waivers(tuple(held), tuple(findings))


class _Entry:
    """Reads one entry."""

    def __init__(
        self,
        document: yaml_file.Document,
        index: int,
        entry: Value,
        environments: Sequence[str],
        rules: Collection[str] | None,
    ) -> None:
        self._document, self._path = document, ("waivers", str(index))
        self._environments = environments
        self.problems: list[Problem] = []
        self.wrong: list[str] = []
        self.waiver: Waiver | None = None
        location = document.at(self._path)
        self.place = CallSite(str(location.file), location.line or 1)
        if not isinstance(entry, dict):
            self.wrong.append(f"an entry is a mapping of {_FORM}")
            return
        self._look(entry, rules)
        expires = self._date(entry.get("expires"))
        if not self.wrong and not self.problems and expires is not None:
            self.waiver = Waiver(
                entry["rule"],
                entry["urn"],
                tuple(entry["environments"]),
                entry["owner"],
                " ".join(entry["reason"].split()),
                expires,
                self.place,
            )

    def finding(self, rule: Rule, message: str) -> Finding:
        """A finding on this entry."""
        return _finding(rule, self.place, message, self.waiver.environments if self.waiver else ())

    def refused(self, today: date) -> list[Finding]:
        """Why it does not hold, although it is whole."""
        waiver = self.waiver
        assert waiver is not None
        found = []
        if waiver.expires < today:
            found.append(self.finding(EXPIRED, f"the waiver of `{waiver.rule}` expired on {waiver.expires}"))
        if waiver.expires - today > LONGEST:
            days = (waiver.expires - today).days
            found.append(self.finding(TOO_LONG, f"the waiver of `{waiver.rule}` lasts for {days} days more"))
        broad = self._broad(waiver)
        if broad:
            found.append(self.finding(BROAD, f"the waiver of `{waiver.rule}` covers {broad}"))
        return found

    def _look(self, entry: dict[str, Value], rules: Collection[str] | None) -> None:
        unknown = sorted(set(entry) - set(_KEYS))
        if unknown:
            self.wrong.append(f"unknown keys: {', '.join(unknown)}")
        for key in ("rule", "urn", "owner", "reason"):
            if not isinstance(entry.get(key), str) or not entry[key].strip():
                self.wrong.append(f"`{key}` is missing, or not a text")
        listed = entry.get("environments")
        if not (isinstance(listed, list) and listed and all(isinstance(item, str) for item in listed)):
            self.wrong.append("`environments` is missing, or not a list of names")
        else:
            strange = [item for item in listed if item != "*" and item not in self._environments]
            if strange:
                self.wrong.append(f"no such environment: {', '.join(strange)}")
        rule = entry.get("rule")
        if isinstance(rule, str):
            if rule.startswith("waiver/"):
                self.wrong.append("findings on waivers cannot be waived")
            elif rules is not None and "*" not in rule and rule not in rules:
                self.wrong.append(f"no such rule: {rule}")
        if "expires" not in entry and (*self._path, "expires") not in self._document.lines:
            self.wrong.append("`expires` is missing")

    def _date(self, value: Value) -> date | None:
        if value is None:
            return None
        try:
            # The basic form and week dates are dates to Python, and to no reader of this file.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
                raise ValueError
            return date.fromisoformat(str(value))
        except ValueError:
            where = self._document.at((*self._path, "expires"))
            self.problems.append(
                Problem(f"expires: `{value}` is not a date that exists", where, "accepted: YYYY-MM-DD")
            )
            return None

    def _broad(self, waiver: Waiver) -> str:
        if "*" in waiver.rule or "?" in waiver.rule:
            return "more than one rule"
        if "*" in waiver.environments or len(set(waiver.environments)) == len(self._environments) > 1:
            return "every environment"
        parts = waiver.urn.split("::")
        start = "::".join(part.replace("*", "any") for part in parts[:2])
        probes = [f"urn:pulumi:any::any::{_NOBODY}", f"{start}::{_NOBODY}"]
        probes += [f"urn:pulumi:{name}::any::{_NOBODY}" for name in waiver.environments]
        if any(_glob(waiver.urn).fullmatch(probe) for probe in probes):
            return "every resource"
        return ""


def _finding(rule: Rule, place: CallSite, message: str, environments: Iterable[str]) -> Finding:
    # Of one environment only if it is for one only: a file is wrong for all.
    names = tuple(environments)
    return Finding(rule, Verdict.FAIL, message, names[0] if len(names) == 1 else "", sites=(place,))


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` for any text, `?` for one character; nothing else is special."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _content(path: Path) -> bool:
    """Whether a file says anything; comments do not."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise Refusal.because(f"cannot be read: {error.strerror}", where=Location(path)) from None
    return any(line.strip() and not line.lstrip().startswith(("#", "---")) for line in lines)
