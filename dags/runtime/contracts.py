"""Open Data Contract Standard contracts, compiled to DuckDB SQL over raw JSON records.

Every constraint of a contract becomes one boolean SQL expression that is true for a violating record, so
each record is known with all its reasons. A constraint that cannot be compiled is an error, never ignored.
Which ones can: `compile_object` and `dags/runtime/constraints.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import BaseModel, ValidationError

from dags.runtime import constraints
from dags.runtime.constraints import Field, Rule
from dags.runtime.problems import ContractError

# Keys that describe and constrain nothing a single record could violate.
_DESCRIPTIVE = frozenset(
    [
        "id",
        "name",
        "physicalName",
        "description",
        "businessName",
        "deprecated",
        "synonyms",
        "authoritativeDefinitions",
        "tags",
        "customProperties",
        "classification",
        "encryptedName",
        "transformSourceObjects",
        "transformLogic",
        "transformDescription",
        "examples",
        "criticalDataElement",
        "primaryKeyPosition",
        "partitioned",
        "partitionKeyPosition",
        "semanticType",
        "physicalType",
        "logicalType",
    ]
)
_CONSTRAINING = frozenset(
    ["required", "unique", "primaryKey", "logicalTypeOptions", "enum", "relationships", "quality"]
)
_OBJECT_KEYS = frozenset(
    [
        "id",
        "name",
        "physicalType",
        "physicalName",
        "description",
        "businessName",
        "deprecated",
        "synonyms",
        "authoritativeDefinitions",
        "tags",
        "customProperties",
        "logicalType",
        "dataGranularityDescription",
        "properties",
        "quality",
        "context",
    ]
)


@dataclass(frozen=True)
class RowCount:
    """A rule about how many records a batch has."""

    reason: str
    least: int


@dataclass(frozen=True)
class CompiledObject:
    """One schema object of a contract, ready to be checked."""

    name: str
    rules: list[Rule]
    key: list[str]
    """Properties that identify a record: duplicates by it are removed later, they are no violation."""
    row_counts: list[RowCount] = field(default_factory=list)

    @property
    def references(self) -> set[str]:
        """Names of the objects that rules of this one look into."""
        return {rule.references for rule in self.rules if rule.references}


@dataclass(frozen=True)
class CompiledContract:
    """A contract of which every constraint has become SQL."""

    id: str
    version: str
    objects: dict[str, CompiledObject]


def load(path: Path) -> CompiledContract:
    """Reads and compiles a contract file.

    Raises:
        ContractError: the file is not a contract, or states what cannot be checked.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(f"cannot read the contract: {error.strerror}", where=str(path)) from None
    return loads(text, where=str(path))


def loads(text: str, *, where: str = "contract") -> CompiledContract:
    """Compiles a contract given as YAML."""
    try:
        document = yaml.safe_load(text)
        contract = OpenDataContractStandard.model_validate(document)
    except (yaml.YAMLError, ValidationError) as error:
        raise ContractError(
            f"not an Open Data Contract Standard contract: {error}",
            where=where,
            remedy="`datacontract lint` on the file says more",
        ) from None
    _refuse_unknown_keys(document, contract, where)
    if contract.kind != "DataContract" or not (contract.apiVersion or "").startswith("v3."):
        raise ContractError("kind must be DataContract and apiVersion v3.x", where=where)
    objects = [compile_object(one, where) for one in contract.schema_ or []]
    if not objects:
        raise ContractError("the contract has no schema, so it could check nothing", where=where)
    by_name = {one.name: one for one in objects}
    if len(by_name) != len(objects):
        raise ContractError("two schema objects have the same name", where=where)
    for one in objects:
        missing = one.references - set(by_name)
        if missing:
            raise ContractError(f"{one.name} refers to {sorted(missing)}, not in the contract", where=where)
    return CompiledContract(contract.id or "", contract.version or "", by_name)


def compile_object(schema: SchemaObject, where: str) -> CompiledObject:
    """Compiles one schema object (a dataset)."""
    name = schema.name or ""
    place = f"{where}: {name}"
    _only(schema, _OBJECT_KEYS, place)
    if not name.isidentifier():
        raise ContractError("a schema object needs a name of letters, digits and _", where=place)
    rules: list[Rule] = [constraints.is_object()]
    key: list[str] = []
    for one in schema.properties or []:
        rules += compile_property(one, place)
        if one.unique or one.primaryKey:
            key.append(one.name or "")
    row_counts = [_row_count(one, place) for one in schema.quality or [] if not _is_text(one)]
    return CompiledObject(name, rules, key, row_counts)


def compile_property(prop: SchemaProperty, place: str) -> list[Rule]:
    """All rules of one property."""
    name = prop.name or ""
    place = f"{place}.{name}"
    _only(prop, _DESCRIPTIVE | _CONSTRAINING, place)
    if not name:
        raise ContractError("a property needs a name", where=place)
    one = Field(name, prop.logicalType or "string", prop.physicalType or "", place)
    rules = [constraints.required(one)] if prop.required or prop.primaryKey else []
    rules.append(constraints.has_type(one))
    rules += constraints.options(one, prop.logicalTypeOptions or {})
    if prop.enum:
        rules.append(constraints.one_of(one, [value.value for value in prop.enum]))
    for relationship in prop.relationships or []:
        rules.append(constraints.refers_to(one, relationship))
    for quality in prop.quality or []:
        if not _is_text(quality):
            rules.append(constraints.quality(one, quality))
    return rules


def _is_text(quality: DataQuality) -> bool:
    # The standard: "human-readable text that describes the quality"; there is nothing to run.
    return quality.type == "text"


def _row_count(quality: DataQuality, place: str) -> RowCount:
    if quality.metric == "rowCount":
        if quality.mustBeGreaterThan is not None:
            return RowCount(
                f"rowCount must be greater than {quality.mustBeGreaterThan}",
                int(quality.mustBeGreaterThan) + 1,
            )
        if quality.mustBeGreaterOrEqualTo is not None:
            return RowCount(
                f"rowCount must be at least {quality.mustBeGreaterOrEqualTo}",
                int(quality.mustBeGreaterOrEqualTo),
            )
    raise ContractError(
        f"cannot compile quality rule {quality.metric or quality.rule or quality.type!r} of an object",
        where=place,
        remedy="use rowCount with mustBeGreaterThan or mustBeGreaterOrEqualTo",
    )


def _only(model: BaseModel, known: frozenset[str], place: str) -> None:
    stated = {name for name in model.model_fields_set if getattr(model, name) is not None}
    unknown = sorted(stated - known)
    if unknown:
        raise ContractError(
            f"cannot compile {', '.join(unknown)}", where=place, remedy="remove it, or extend the compiler"
        )


def _refuse_unknown_keys(document: Any, model: Any, where: str) -> None:
    """The standard's model drops keys it does not know, so a misspelt constraint would vanish."""
    if isinstance(model, BaseModel) and isinstance(document, dict):
        fields = {field.alias or name: name for name, field in type(model).model_fields.items()}
        for key, value in document.items():
            if key not in fields:
                raise ContractError(
                    f"unknown key {key!r}", where=where, remedy="see the spelling in the standard"
                )
            label = value.get("name", "") if isinstance(value, dict) else ""
            _refuse_unknown_keys(
                value, getattr(model, fields[key]), f"{where}: {key}{label and '.' + str(label)}"
            )
    elif isinstance(model, list) and isinstance(document, list):
        for number, (value, one) in enumerate(zip(document, model, strict=False)):
            label = value.get("name", number) if isinstance(value, dict) else number
            _refuse_unknown_keys(value, one, f"{where}.{label}")
