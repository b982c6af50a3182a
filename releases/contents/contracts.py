"""The data contracts of a release, as far as a comparison needs them (Open Data Contract Standard, v3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from environments.problems import Location, Refusal

CONSUMERS = "consumers"
"""The custom property in which a contract lists who reads its data, and up to which major version they agreed."""


@dataclass(frozen=True)
class Property:
    """One field of a dataset; nested ones have dotted names."""

    name: str
    type: str
    required: bool
    constraints: Mapping[str, Any]
    """Constraints by name: those of `logicalTypeOptions`, `unique`, `enum`, and the standard's quality metrics."""


@dataclass(frozen=True)
class Consumer:
    """A team that reads the data."""

    name: str
    accepts: int
    """The newest major version that it has agreed to."""


@dataclass(frozen=True)
class Contract:
    """One contract."""

    id: str
    file: str
    version: str
    datasets: Mapping[str, Mapping[str, Property]]
    service_levels: Mapping[str, tuple[Any, str]]
    """Value and unit of each service-level property; its element, where one is named, is part of the name."""
    consumers: tuple[Consumer, ...] = field(default_factory=tuple)

    @property
    def major(self) -> int:
        """The first number of the version; -1 where it is not a semantic version."""
        first = self.version.split(".", 1)[0]
        return int(first) if first.isdigit() else -1


def read(file: str, data: bytes) -> Contract:
    """Reads a contract file; `file` is its path in the release.

    Raises:
        Refusal: it is no YAML, or not of the shape of a contract.
    """
    try:
        document = YAML(typ="safe", pure=True).load(data.decode("utf-8"))
        return Contract(
            id=str(document["id"]),
            file=file,
            version=str(document["version"]),
            datasets={
                one["name"]: dict(_properties(one.get("properties") or (), ""))
                for one in document.get("schema") or ()
            },
            service_levels=dict(_service_level(one) for one in document.get("slaProperties") or ()),
            consumers=tuple(_consumers(document.get("customProperties") or ())),
        )
    except (YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal.because(
            f"not a data contract that can be compared: {reason}",
            where=Location(Path(file)),
            remedy="a contract has `id`, `version`, and `schema` with named properties",
        ) from None


def _properties(given: Any, around: str) -> list[tuple[str, Property]]:
    found: list[tuple[str, Property]] = []
    for one in given:
        name = f"{around}{one['name']}"
        type_ = str(one.get("logicalType") or "string")
        if one.get("physicalType"):
            type_ += f" as {one['physicalType']}"
        required = bool(one.get("required") or one.get("primaryKey"))
        found.append((name, Property(name, type_, required, _constraints(one))))
        found += _properties(one.get("properties") or (), f"{name}.")
        items = one.get("items")
        if isinstance(items, dict):
            found += _properties([{**items, "name": items.get("name", "[]")}], f"{name}.")
    return found


def _constraints(one: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(one.get("logicalTypeOptions") or {})
    if one.get("unique") or one.get("primaryKey"):
        found["unique"] = True
    if one.get("enum"):
        found["validValues"] = [item["value"] if isinstance(item, dict) else item for item in one["enum"]]
    for rule in one.get("quality") or ():
        if rule.get("type") == "text":
            continue
        metric = str(rule.get("metric") or rule.get("rule") or rule.get("type") or "quality")
        arguments = rule.get("arguments") or {}
        if "validValues" in arguments:
            found["validValues"] = list(arguments["validValues"])
        else:
            found[f"quality {metric}"] = {
                name: value
                for name, value in rule.items()
                if name.startswith("mustBe") or name == "arguments"
            }
    for relation in one.get("relationships") or ():
        found[f"refers to {relation.get('to')}"] = True
    return found


def _service_level(one: Mapping[str, Any]) -> tuple[str, tuple[Any, str]]:
    name = str(one["property"])
    element = f" of {one['element']}" if one.get("element") else ""
    return f"{name}{element}", (one["value"], str(one.get("unit") or ""))


def _consumers(custom: Any) -> list[Consumer]:
    for one in custom:
        if one.get("property") == CONSUMERS:
            return [Consumer(str(item["name"]), int(item["accepts"])) for item in one["value"]]
    return []
