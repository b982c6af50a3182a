"""Asks a check again with a likely and telling value in the place of one that nobody knows before apply.

Among the values is every literal in the check's own code: when all answers agree, the value does not matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

Path = tuple[str | int, ...]

WithValues = Callable[[dict[Path, Any]], Any]
"""A resource as checkov would see it with some values in their places; None where there is no such place."""

NEUTRAL = "sluice-probe"
"""A name like any other."""

_NAMES = (
    "id",
    "ids",
    "arn",
    "arns",
    "name",
    "names",
    "key",
    "email",
    "member",
    "principal",
    "link",
    "bucket",
    "topic",
    "uri",
    "url",
)
_TEXTS: tuple[Any, ...] = (NEUTRAL, "0.0.0.0/0", "*")
_OTHERS: tuple[Any, ...] = (True, False, 0, 1, 65536)
_MOST_LITERALS = 40
_DOCUMENTS = tuple(
    json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, **whom, "Action": "*", "Resource": "*"}]}
    )
    for effect in ("Allow", "Deny")
    for whom in ({}, {"Principal": "*"})
)
_DOCUMENT = re.compile(r"polic(y|ies)|document|definitions|policy_data")
# They hold no words of a check's own, only what all checks share.
_BASES = (
    "base_check",
    "base_resource_check",
    "base_resource_value_check",
    "base_resource_negative_value_check",
)


@dataclass(frozen=True)
class Open:
    """An attribute whose value is not known before apply."""

    path: Path
    decides: bool = True
    """Whether a check may hang on its value; the name of another resource, or a document of which only such
    names are missing, is known well enough for a check that can make anything of it."""

    @property
    def text(self) -> str:
        """As checkov writes evaluated keys."""
        return "/".join(f"[{part}]" if isinstance(part, int) else part for part in self.path)

    @property
    def probes(self) -> tuple[Any, ...]:
        """What it may turn out to be, as far as its name says."""
        last = next((part for part in reversed(self.path) if isinstance(part, str)), "")
        if _DOCUMENT.search(last):
            return _TEXTS + _DOCUMENTS
        return _TEXTS if names_something(last) else _TEXTS + _OTHERS

    def touched_by(self, check: Any, keys: list[str]) -> bool:
        """Whether a check reads it: its code has the word, or it says that it evaluated the place."""
        words, _ = mentions(check)
        return any(isinstance(part, str) and part in words for part in self.path) or any(
            overlap(key, self.path) for key in keys
        )


def decide(
    record: dict[str, Any],
    check: Any,
    places: tuple[Open, ...],
    with_values: WithValues,
    run: Callable[[Any], Any],
) -> None:
    """Adds `verdict` to a record, and `open` where a missing value decides it.

    `none` is the verdict of a check that has nothing to say of a resource: checkov's "unknown" where no value
    is missing. A check that raised has said nothing either, but it should have: undetermined.
    """
    raised = record.pop("raised", False)
    touched = [item for item in places if item.touched_by(check, record["keys"])]
    if record["result"] in ("passed", "failed"):
        record["verdict"] = record["result"]
    else:
        # checkov gives up where it sees a reference; a name in its place is all that the check can want.
        named = [item.path for item in touched if not item.decides]
        said = _result(with_values, run, {path: NEUTRAL for path in named}) if named else ""
        record["verdict"] = said or ("undetermined" if raised else "none")
    for item in touched:
        if not item.decides:
            continue
        answers = _answers(check, item, with_values, run)
        if record["verdict"] == "none" and not answers:
            continue
        if len(answers) == 1 and record["verdict"] != "none":
            record["verdict"] = answers.pop()
        else:
            record.update(verdict="undetermined", open=[item.text])
            return


def _answers(check: Any, item: Open, with_values: WithValues, run: Callable[[Any], Any]) -> set[str]:
    _, literals = mentions(check)
    texts_only = all(isinstance(probe, str) for probe in item.probes)
    likely = (*item.probes, *(one for one in literals if isinstance(one, str) or not texts_only))
    return {said for probe in likely if (said := _result(with_values, run, {item.path: probe}))}


def _result(with_values: WithValues, run: Callable[[Any], Any], values: dict[Path, Any]) -> str:
    """`passed` or `failed`; empty where the check says nothing, or the value is of an impossible type."""
    conf = with_values(values)
    if conf is None:
        return ""
    try:
        result = run(conf)["result"]
    except Exception:
        return ""
    said = (result[0] if isinstance(result, tuple) else result).value.lower()
    return said if said in ("passed", "failed") else ""


def mentions(check: Any) -> tuple[frozenset[str], tuple[Any, ...]]:
    """The words and the literals in a check's own code."""
    kept: tuple[frozenset[str], tuple[Any, ...]] | None = check.__dict__.get("_sluice_mentions")
    if kept is None:
        found = list(_literals(check))
        words = frozenset(word for one in found if isinstance(one, str) for word in re.findall(r"\w+", one))
        plain = {(type(one), one): one for one in found if not isinstance(one, str) or len(one) < 64}
        kept = (words, tuple(list(plain.values())[:_MOST_LITERALS]))
        check._sluice_mentions = kept
    return kept


def _literals(check: Any) -> Iterator[Any]:
    for method in ("get_inspected_key", "get_expected_values", "get_forbidden_values"):
        if hasattr(check, method):
            try:
                yield from _plain(getattr(check, method)())
            except Exception:
                continue
    for cls in type(check).__mro__:
        if cls.__module__.rpartition(".")[2] in _BASES or cls.__module__ in ("abc", "builtins", "typing"):
            continue
        for member in vars(cls).values():
            code = getattr(member, "__code__", None)
            if code is not None and member.__name__ != "__init__":
                yield from _in_code(code, member.__globals__)
            else:
                yield from _plain(member)


def _in_code(code: CodeType, names: dict[str, Any]) -> Iterator[Any]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _in_code(constant, names)
        else:
            yield from _plain(constant)
    for name in code.co_names:
        if name in names and not callable(names[name]):
            yield from _plain(names[name])


def _plain(value: Any) -> Iterator[Any]:
    if isinstance(value, str | int | float | bool):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in sorted(value, key=str) if isinstance(value, set | frozenset) else value:
            yield from _plain(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _plain(key)
            yield from _plain(item)


def names_something(attribute: str) -> bool:
    """Whether an attribute holds the name, id or address of something."""
    return attribute.rpartition("_")[2] in _NAMES


def put(values: Any, path: Path, probe: Any) -> bool:
    """Writes a value in its place, of a text with references into those; whether there is such a place."""
    *above, last = path
    for part in above:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return False
    if isinstance(values, dict):
        values[last] = filled(values.get(last), probe)
        return True
    if isinstance(values, list) and isinstance(last, int) and last < len(values):
        values[last] = filled(values[last], probe)
        return True
    return False


def overlap(key: str, path: Path) -> bool:
    """Whether a key that a check evaluated is the place, above it or below it; indices are left aside."""
    mine = [part for part in re.split(r"[/.]", key) if part and not re.fullmatch(r"\[?(\d+|\*)\]?", part)]
    place = [part for part in path if isinstance(part, str)]
    shorter = min(len(mine), len(place))
    return shorter > 0 and mine[:shorter] == place[:shorter]


def filled(shown: Any, probe: Any) -> Any:
    """A value, or a text with it in the place of its references."""
    if isinstance(shown, str) and "${" in shown and isinstance(probe, str):
        return re.sub(r"\$\{[^}]*\}", lambda _: probe, shown)
    return probe
