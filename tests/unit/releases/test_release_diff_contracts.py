"""Which changes of a data contract break a promise, and for whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.problems import Refusal
from releases.contents import contracts
from releases.diff.change import Breaks, Change
from releases.diff.contracts import contract_changes


def contract(
    properties: list[dict[str, Any]] | None = None, sla: list[dict[str, Any]] | None = None, **more: Any
) -> contracts.Contract:
    """A contract with one dataset; JSON is YAML."""
    document = {
        "id": "orders",
        "version": "1.0.0",
        "schema": [{"name": "orders", "properties": properties or []}],
        "slaProperties": sla or [],
        **more,
    }
    return contracts.read("contract.yaml", json.dumps(document).encode())


def changes(old: contracts.Contract, new: contracts.Contract) -> list[Change]:
    return list(contract_changes({"orders": old}, {"orders": new}))


AMOUNT = {"name": "amount", "logicalType": "integer", "required": True}


def with_options(**options: Any) -> contracts.Contract:
    return contract([{**AMOUNT, "logicalTypeOptions": options}])


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        (contract([AMOUNT]), contract([]), Breaks.CONSUMERS),
        (contract([]), contract([AMOUNT]), Breaks.PRODUCERS),
        (contract([]), contract([{**AMOUNT, "required": False}]), Breaks.NOBODY),
        (contract([AMOUNT]), contract([{**AMOUNT, "logicalType": "number"}]), Breaks.BOTH),
        (contract([AMOUNT]), contract([{**AMOUNT, "physicalType": "string"}]), Breaks.BOTH),
        (contract([AMOUNT]), contract([{**AMOUNT, "required": False}]), Breaks.CONSUMERS),
        (contract([{**AMOUNT, "required": False}]), contract([AMOUNT]), Breaks.PRODUCERS),
        (with_options(minimum=0), with_options(minimum=1), Breaks.PRODUCERS),
        (with_options(minimum=1), with_options(minimum=0), Breaks.NOBODY),
        (with_options(maximum=10), with_options(maximum=5), Breaks.PRODUCERS),
        (with_options(maximum=5), with_options(maximum=10), Breaks.NOBODY),
        (with_options(), with_options(maximum=10), Breaks.PRODUCERS),
        (with_options(maximum=10), with_options(), Breaks.NOBODY),
        (with_options(multipleOf=1), with_options(multipleOf=5), Breaks.PRODUCERS),
        (with_options(multipleOf=10), with_options(multipleOf=5), Breaks.NOBODY),
        (with_options(pattern="^a"), with_options(pattern="^b"), Breaks.PRODUCERS),
        (contract([{**AMOUNT, "enum": ["a", "b"]}]), contract([{**AMOUNT, "enum": ["a"]}]), Breaks.PRODUCERS),
        (contract([{**AMOUNT, "enum": ["a"]}]), contract([{**AMOUNT, "enum": ["a", "b"]}]), Breaks.NOBODY),
        (contract([AMOUNT]), contract([{**AMOUNT, "unique": True}]), Breaks.PRODUCERS),
    ],
)
def test_a_change_of_a_field_breaks_whom_it_hurts(
    old: contracts.Contract, new: contracts.Contract, breaks: Breaks
) -> None:
    [change] = changes(old, new)
    assert change.breaks is breaks
    assert bool(change.why) is bool(breaks), "whoever is hurt is told why"


@pytest.mark.parametrize(
    ("old", "new", "lower"),
    [
        (("latency", 4, "d"), ("latency", 5, "d"), True),
        (("latency", 1, "d"), ("latency", 23, "h"), False),
        (("latency", 1, "d"), ("latency", 25, "hours"), True),
        (("retention", 3, "y"), ("retention", 2, "y"), True),
        (("retention", 3, "y"), ("retention", 4, "y"), False),
        (("availability", 99.9, ""), ("availability", 99.5, ""), True),
        (("endOfSupport", "2027-06-01", ""), ("endOfSupport", "2027-01-01", ""), True),
        (("endOfSupport", "2027-01-01", ""), ("endOfSupport", "2027-06-01", ""), False),
        (("charm", 1, ""), ("charm", 2, ""), True),
        (("timeOfAvailability", "09:00-08:00", ""), ("timeOfAvailability", "08:00-08:00", ""), True),
    ],
)
def test_a_lower_service_level_breaks_consumers_and_what_cannot_be_compared_does_too(
    old: tuple[str, Any, str], new: tuple[str, Any, str], lower: bool
) -> None:
    def level(given: tuple[str, Any, str]) -> contracts.Contract:
        name, value, unit = given
        return contract(sla=[{"property": name, "value": value, "unit": unit}])

    [change] = changes(level(old), level(new))
    assert (change.breaks is Breaks.CONSUMERS) is lower


def test_a_service_level_that_goes_breaks_and_one_that_comes_does_not() -> None:
    level = contract(sla=[{"property": "latency", "value": 1, "unit": "d"}])
    assert [change.breaks for change in changes(level, contract())] == [Breaks.CONSUMERS]
    assert [change.breaks for change in changes(contract(), level)] == [Breaks.NOBODY]


def test_nested_fields_and_items_of_lists_are_compared_by_their_path() -> None:
    def nested(inner: str) -> contracts.Contract:
        item = {"logicalType": "object", "properties": [{"name": "sku", "logicalType": inner}]}
        return contract([{"name": "lines", "logicalType": "array", "items": item}])

    [change] = changes(nested("string"), nested("integer"))
    assert (change.name, change.what) == ("orders.orders.lines.[].sku", "type")


def test_a_removed_contract_breaks_its_consumers() -> None:
    [change] = contract_changes({"orders": contract()}, {})
    assert (change.operation, change.breaks) == ("removed", Breaks.CONSUMERS)


def test_consumers_are_read_with_the_version_that_they_accept() -> None:
    listed = [{"property": "consumers", "value": [{"name": "finance", "accepts": 2}]}]
    found = contract(customProperties=listed, version="2.1.0")
    assert found.consumers == (contracts.Consumer("finance", 2),) and found.major == 2


@pytest.mark.parametrize("text", [b"[", b"id: x", b"schema: 3\nid: a\nversion: 1", b"\xff", b"just text"])
def test_what_is_no_contract_is_refused_with_its_file(text: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        contracts.read("dags/pipelines/x/contract.yaml", text)
    assert str(refused.value).startswith("dags/pipelines/x/contract.yaml: ")
