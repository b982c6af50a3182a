"""The constraints that the contract compiler knows, each as one SQL expression over a JSON record.

A record is a column `record` of DuckDB's type JSON. Expressions are true for a violation and false
otherwise, never null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb
from open_data_contract_standard.model import DataQuality, Relationship

from dags.runtime.problems import ContractError

_TEXT_CARRIERS = frozenset({"string", "text", "varchar"})
# Not more decimals than the SQL type has: a value is never rounded before it is checked.
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]{1,18})?|\.[0-9]{1,18})$"
_INTEGER = r"^[+-]?[0-9]+$"
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
# JDK formats by the expression that a value of that format meets. Others are refused.
_TIME_FORMATS: dict[str, dict[str, str]] = {
    "date": {"": f"^{_DATE}$", "yyyy-MM-dd": f"^{_DATE}$"},
    "timestamp": {
        "": rf"^{_DATE}[T ]{_TIME}(\.[0-9]+)?{_ZONE}?$",
        "yyyy-MM-dd'T'HH:mm:ss'Z'": f"^{_DATE}T{_TIME}Z$",
        "yyyy-MM-dd'T'HH:mm:ssX": f"^{_DATE}T{_TIME}{_ZONE}$",
        "yyyy-MM-dd'T'HH:mm:ssXXX": f"^{_DATE}T{_TIME}{_ZONE}$",
        "yyyy-MM-dd HH:mm:ss": f"^{_DATE} {_TIME}$",
    },
    "time": {"": f"^{_TIME}$", "HH:mm:ss": f"^{_TIME}$"},
}
_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_STRING_FORMATS = {
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "ipv4": rf"^({_OCTET}\.){{3}}{_OCTET}$",
}
_SQL_TYPES = {
    "number": "DECIMAL(38, 18)",
    "integer": "HUGEINT",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "time": "TIME",
}
_BOUNDS = {"minimum": "<", "maximum": ">", "exclusiveMinimum": "<=", "exclusiveMaximum": ">="}
_INTEGER_BITS = {f"{sign}{bits}": (sign, bits) for sign in "iu" for bits in (8, 16, 32, 64)}


@dataclass(frozen=True)
class Rule:
    """One constraint."""

    reason: str
    violated: str
    """SQL over `record`, true for a violation."""
    references: str | None = None
    """The dataset whose view `<name>_valid` the expression reads, if it does."""


@dataclass(frozen=True)
class Field:
    """One property of a record and how to get at it in SQL."""

    name: str
    logical: str
    physical: str
    place: str

    @property
    def path(self) -> str:
        """The JSON path."""
        return literal('$."' + self.name.replace('"', '\\"') + '"')

    @property
    def kind(self) -> str:
        """SQL for the JSON type of the value; null if it is not there."""
        return f"json_type(record, {self.path})"

    @property
    def text(self) -> str:
        """SQL for the value as text."""
        return f"json_extract_string(record, {self.path})"

    @property
    def absent(self) -> str:
        """SQL: there is no value."""
        return f"coalesce({self.kind}, 'NULL') = 'NULL'"

    @property
    def value(self) -> str:
        """SQL for the typed value; null where it is not of the type."""
        kind = _SQL_TYPES.get(self.logical)
        return f"TRY_CAST({self.text} AS {kind})" if kind else self.text

    def rule(self, constraint: str, violated: str, references: str | None = None) -> Rule:
        """A rule about this property; an absent value violates nothing but `required`."""
        return Rule(
            f"{self.name}: {constraint}", f"coalesce(NOT ({self.absent}) AND ({violated}), false)", references
        )

    def refuse(self, what: str, remedy: str = "remove it, or extend the compiler") -> ContractError:
        """The error that this property states something that cannot be checked."""
        return ContractError(f"cannot compile {what}", where=self.place, remedy=remedy)


def is_object() -> Rule:
    """Every record is a JSON object."""
    return Rule("record: must be an object", "coalesce(json_type(record), 'NULL') <> 'OBJECT'")


def required(one: Field) -> Rule:
    """The property has a value."""
    return Rule(f"{one.name}: required", f"coalesce({one.absent}, true)")


def has_type(one: Field) -> Rule:
    """The value is of the logical type, carried as the physical type says."""
    kinds, pattern = _carrier(one)
    quoted = ", ".join(literal(kind) for kind in kinds)
    violated = f"{one.kind} NOT IN ({quoted})"
    if pattern:
        violated += f" OR NOT regexp_matches({one.text}, {literal(pattern)})"
    if one.logical in _SQL_TYPES:
        violated += f" OR {one.value} IS NULL"
    return one.rule(f"must be a {one.logical}", violated)


def _carrier(one: Field) -> tuple[tuple[str, ...], str]:
    """JSON types that may carry the value, and the expression its text must meet."""
    as_text = one.physical.lower().split("(")[0] in _TEXT_CARRIERS
    match one.logical:
        case "string":
            return ("VARCHAR",), ""
        case "boolean":
            return ("BOOLEAN",), ""
        case "integer":
            return (("VARCHAR",) if as_text else ("BIGINT", "UBIGINT", "HUGEINT")), _INTEGER
        case "number":
            kinds = ("VARCHAR",) if as_text else ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "DECIMAL")
            return kinds, _NUMBER if as_text else ""
        case "date" | "timestamp" | "time":
            return ("VARCHAR",), _TIME_FORMATS[one.logical][""]
        case other:
            raise one.refuse(f"logicalType {other}")


def options(one: Field, stated: dict[str, Any]) -> list[Rule]:
    """The rules of `logicalTypeOptions`."""
    compilers: dict[str, Callable[[Field, Any], Rule]] = {}
    if one.logical == "string":
        compilers = {
            "minLength": _length,
            "maxLength": _longest,
            "pattern": matches,
            "format": _string_format,
        }
    elif one.logical in _SQL_TYPES:
        compilers = {name: _bound(name) for name in _BOUNDS}
        if one.logical in ("number", "integer"):
            compilers["multipleOf"] = _multiple
        if one.logical == "integer":
            compilers["format"] = _bits
        if one.logical in _TIME_FORMATS:
            compilers["format"] = _time_format
    rules = []
    for name, argument in stated.items():
        if name == "timezone" and one.logical == "timestamp":
            rules.append(_timezone(one, argument))
        elif name not in compilers:
            raise one.refuse(f"logicalTypeOptions.{name} of a {one.logical}")
        else:
            rules.append(compilers[name](one, argument))
    return rules


def matches(one: Field, pattern: Any) -> Rule:
    """The text has a part that meets the expression (as in JSON Schema; anchor it yourself)."""
    try:
        duckdb.execute("SELECT regexp_matches('', ?)", [str(pattern)])
    except duckdb.Error as error:
        raise one.refuse(
            f"pattern {pattern!r}: {str(error).splitlines()[0]}",
            "use RE2 syntax: no look-around, no back-references",
        ) from None
    return one.rule(f"must match {pattern}", f"NOT regexp_matches({one.text}, {literal(str(pattern))})")


def one_of(one: Field, values: list[Any]) -> Rule:
    """The value is in a list."""
    listed = ", ".join(literal(str(value)) for value in values)
    return one.rule("must be one of the valid values", f"{one.text} NOT IN ({listed})")


def refers_to(one: Field, relationship: Relationship) -> Rule:
    """The value is that of a property of a valid record of another dataset."""
    to = relationship.to
    if (relationship.type or "foreignKey") != "foreignKey" or not isinstance(to, str) or to.count(".") != 1:
        raise one.refuse(f"relationship to {to!r}", "use type foreignKey and `to: <object>.<property>`")
    dataset, target = to.split(".")
    if not dataset.isidentifier():
        raise one.refuse(f"relationship to {to!r}")
    other = Field(target, "string", "", one.place)
    return one.rule(
        f"not found in {to}",
        f"{one.text} NOT IN (SELECT {other.text} FROM {dataset}_valid WHERE {other.text} IS NOT NULL)",
        dataset,
    )


def quality(one: Field, stated: DataQuality) -> Rule:
    """A library rule about single values that must hold for all of them."""
    if stated.mustBe != 0 or isinstance(stated.mustBe, bool):
        raise one.refuse(f"quality rule {stated.metric or stated.type!r} without `mustBe: 0`")
    arguments = stated.arguments or {}
    if stated.metric == "nullValues" and not arguments:
        return required(one)
    if stated.metric == "missingValues" and set(arguments) <= {"missingValues"}:
        listed = ", ".join(literal(str(v)) for v in arguments.get("missingValues", [""]) if v is not None)
        blank = f"{one.text} IN ({listed})" if listed else "false"
        return Rule(f"{one.name}: missing", f"coalesce({one.absent} OR {blank}, true)")
    if stated.metric == "invalidValues" and set(arguments) == {"validValues"}:
        return one_of(one, list(arguments["validValues"]))
    if stated.metric == "invalidValues" and set(arguments) == {"pattern"}:
        return matches(one, arguments["pattern"])
    raise one.refuse(f"quality rule {stated.metric or stated.type!r} with arguments {sorted(arguments)}")


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _length(one: Field, least: Any) -> Rule:
    return one.rule(f"must have at least {int(least)} characters", f"length({one.text}) < {int(least)}")


def _longest(one: Field, most: Any) -> Rule:
    return one.rule(f"must have at most {int(most)} characters", f"length({one.text}) > {int(most)}")


def _string_format(one: Field, name: Any) -> Rule:
    if name not in _STRING_FORMATS:
        raise one.refuse(f"format {name!r}", f"known formats: {', '.join(sorted(_STRING_FORMATS))}")
    return one.rule(f"must be a {name}", f"NOT regexp_matches({one.text}, {literal(_STRING_FORMATS[name])})")


def _time_format(one: Field, name: Any) -> Rule:
    known = _TIME_FORMATS[one.logical]
    if not name or name not in known:
        raise one.refuse(f"format {name!r}", f"known formats: {', '.join(filter(None, known))}")
    return one.rule(f"must have format {name}", f"NOT regexp_matches({one.text}, {literal(known[name])})")


def _timezone(one: Field, wanted: Any) -> Rule:
    negation = "NOT " if wanted else ""
    constraint = "must state its time zone" if wanted else "must not state a time zone"
    return one.rule(constraint, f"{negation}regexp_matches({one.text}, {literal(_ZONE + '$')})")


def _bound(name: str) -> Callable[[Field, Any], Rule]:
    def compile_bound(one: Field, limit: Any) -> Rule:
        return one.rule(f"{name} is {limit}", f"{one.value} {_BOUNDS[name]} {_constant(one, limit)}")

    return compile_bound


def _multiple(one: Field, step: Any) -> Rule:
    return one.rule(f"must be a multiple of {step}", f"{one.value} % {_constant(one, step)} <> 0")


def _bits(one: Field, name: Any) -> Rule:
    if name not in _INTEGER_BITS:
        raise one.refuse(f"format {name!r}", f"known formats: {', '.join(_INTEGER_BITS)}")
    sign, bits = _INTEGER_BITS[name]
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if sign == "i" else (0, 2**bits - 1)
    return one.rule(f"must fit into {name}", f"{one.value} NOT BETWEEN {low}::HUGEINT AND {high}::HUGEINT")


def _constant(one: Field, value: Any) -> str:
    """A limit as a SQL constant of the property's type."""
    try:
        match one.logical:
            case "number" | "integer":
                return f"{Decimal(str(value)):f}::DECIMAL(38, 18)"
            case "date":
                text = date.fromisoformat(str(value)).isoformat()
            case "timestamp":
                text = datetime.fromisoformat(str(value)).isoformat()
            case _:
                text = time.fromisoformat(str(value)).isoformat()
    except (ValueError, InvalidOperation):
        raise one.refuse(
            f"limit {value!r} of a {one.logical}", "write a value of the property's type"
        ) from None
    return f"{literal(text)}::{_SQL_TYPES[one.logical]}"
