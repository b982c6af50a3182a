"""The contract compiler: every violation of a record is found, and nothing in a contract is ignored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dags.pipelines.sales_curation import check, layout
from dags.runtime import contracts, quarantine
from dags.runtime.batches import Interval
from dags.runtime.problems import ContractError, NoRowMeetsContract
from dags.runtime.quarantine import Checked, Checker

pytestmark = pytest.mark.runtime


def contract(*properties: dict[str, Any], **keys: Any) -> str:
    """A contract with one dataset `rows`."""
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "c", "version": "1.0.0", "status": "active"}
    return yaml.safe_dump(head | {"schema": [{"name": "rows", "properties": list(properties)} | keys]})


def reasons(text: str, rows: list[Any], folder: Path) -> list[list[str]]:
    """The reasons of each row, empty for valid ones."""
    checked = run(text, {"rows": rows}, folder)["rows"]
    found = {one.position: one.reasons for one in checked.violations}
    return [found.get(position, []) for position in range(len(rows))]


def run(text: str, datasets: dict[str, list[Any]], folder: Path) -> dict[str, Checked]:
    compiled = contracts.loads(text)
    with Checker(compiled) as checker:
        result = {}
        for name in quarantine.order(compiled):
            page = folder / f"{name}.json"
            page.write_text(json.dumps({"data": datasets[name], "next_cursor": None}))
            result[name] = checker.check(name, {"page-00001.json": page})
        return result


@pytest.mark.parametrize(
    ("prop", "valid", "invalid"),
    [
        ({"required": True}, ["x", ""], [None, ...]),
        ({}, ["x", None, ...], [1, 1.5, True, {}, []]),
        ({"logicalTypeOptions": {"minLength": 2, "maxLength": 3}}, ["ab", "äöü"], ["a", "abcd"]),
        ({"logicalTypeOptions": {"pattern": "^a'b"}}, ["a'bc"], ["ab", "xa'b"]),
        ({"logicalTypeOptions": {"format": "uuid"}}, ["3f2504e0-4f89-11d3-9a0c-0305e82c3301"], ["3f2504e0"]),
        ({"logicalTypeOptions": {"format": "ipv4"}}, ["10.0.0.255"], ["10.0.0.256", "10.0.0", "1.2.3.4."]),
        ({"logicalTypeOptions": {"format": "email"}}, ["a@b.example"], ["a@b", "a b@c.de"]),
        ({"logicalType": "integer"}, [0, -5, 2**62], [1.5, "1", True]),
        ({"logicalType": "integer", "physicalType": "string"}, ["0", "-5"], [5, "1.5", "x", ""]),
        ({"logicalType": "integer", "logicalTypeOptions": {"format": "u8"}}, [0, 255], [-1, 256]),
        ({"logicalType": "integer", "logicalTypeOptions": {"multipleOf": 5}}, [0, -10], [3]),
        ({"logicalType": "number"}, [1, -1.5], ["1", False]),
        ({"logicalType": "number", "physicalType": "string"}, ["1", "-0.10", ".5"], [1, "1,5", "NaN", ""]),
        (
            {"logicalType": "number", "physicalType": "string", "logicalTypeOptions": {"multipleOf": 0.01}},
            ["0.10", "9999999999.99"],
            ["0.001", "1.005", "0.0100000000000000001"],
        ),
        ({"logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 1}}, [0, 1], [-0.1, 1.1]),
        (
            {"logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": 0, "exclusiveMaximum": 1}},
            [0.5],
            [0, 1],
        ),
        ({"logicalType": "boolean"}, [True, False], ["true", 0]),
        ({"logicalType": "date"}, ["2024-02-29"], ["2025-02-29", "2025-2-3", "today", 20250203]),
        (
            {"logicalType": "date", "logicalTypeOptions": {"minimum": "2025-01-01"}},
            ["2025-01-01"],
            ["2024-12-31"],
        ),
        ({"logicalType": "time"}, ["23:59:59"], ["24:00:01", "1:2:3"]),
        (
            {"logicalType": "timestamp", "logicalTypeOptions": {"format": "yyyy-MM-dd'T'HH:mm:ss'Z'"}},
            ["2025-02-03T10:11:12Z"],
            ["2025-02-03 10:11:12", "2025-02-03T25:11:12Z", "2025-02-03T10:11:12"],
        ),
        (
            {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
            ["2025-02-03T10:11:12+02:00"],
            ["2025-02-03T10:11:12"],
        ),
        ({"enum": [{"value": "a"}, {"value": "b"}]}, ["a", "b"], ["c", "A"]),
        ({"quality": [{"metric": "nullValues", "mustBe": 0}]}, ["x"], [None, ...]),
        ({"quality": [{"metric": "missingValues", "mustBe": 0}]}, ["x"], [None, ..., ""]),
        (
            {
                "quality": [
                    {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["EUR", "USD"]}},
                    {"type": "text", "description": "documentation only"},
                ]
            },
            ["EUR", None],
            ["ZZZ"],
        ),
        (
            {"quality": [{"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "^[A-Z]+$"}}]},
            ["EUR"],
            ["eur"],
        ),
    ],
)  # fmt: skip
def test_a_constraint_lets_valid_values_through_and_no_others(
    prop: dict[str, Any], valid: list[Any], invalid: list[Any], tmp_path: Path
) -> None:
    text = contract({"name": "value", "logicalType": "string"} | prop)
    rows = [{} if value is ... else {"value": value} for value in [*valid, *invalid]]
    found = reasons(text, rows, tmp_path)
    assert [bool(one) for one in found] == [False] * len(valid) + [True] * len(invalid), found


def test_a_row_has_all_its_reasons_and_its_place(tmp_path: Path) -> None:
    text = contract(
        {"name": "amount", "logicalType": "number", "required": True, "logicalTypeOptions": {"minimum": 0}},
        {"name": "currency", "logicalType": "string", "required": True, "enum": [{"value": "EUR"}]},
    )
    rows: list[Any] = [{"amount": 1, "currency": "EUR"}, {"amount": -1, "currency": "ZZZ"}, {}, "text", None]
    checked = run(text, {"rows": rows}, tmp_path)["rows"]
    assert [(one.page, one.position, one.reasons) for one in checked.violations][:2] == [
        ("page-00001.json", 1, ["amount: minimum is 0", "currency: must be one of the valid values"]),
        ("page-00001.json", 2, ["amount: required", "currency: required"]),
    ]
    assert [one.position for one in checked.violations] == [1, 2, 3, 4]
    assert checked.by_reason["record: must be an object"] == 2
    assert json.loads(checked.violations[0].record) == rows[1]


def test_a_relationship_looks_into_the_other_datasets_valid_rows(tmp_path: Path) -> None:
    document = yaml.safe_load(contract({"name": "to", "relationships": [{"to": "people.id"}]}))
    document["schema"].append(
        {
            "name": "people",
            "properties": [{"name": "id", "required": True}, {"name": "n", "enum": [{"value": "x"}]}],
        }
    )
    people = [{"id": "a", "n": "x"}, {"id": "b", "n": "bad"}]
    rows = [{"to": "a"}, {"to": "b"}, {"to": "c"}, {}]
    found = run(yaml.safe_dump(document), {"rows": rows, "people": people}, tmp_path)["rows"]
    assert [(one.position, one.reasons) for one in found.violations] == [
        (1, ["to: not found in people.id"]),
        (2, ["to: not found in people.id"]),
    ]


def test_unique_and_primary_key_are_the_dedupe_key_and_no_violation(tmp_path: Path) -> None:
    text = contract({"name": "id", "unique": True}, {"name": "k", "primaryKey": True})
    assert contracts.loads(text).objects["rows"].key == ["id", "k"]
    assert reasons(text, [{"id": "a", "k": "1"}, {"id": "a", "k": "1"}], tmp_path) == [[], []]
    assert reasons(text, [{"id": "a"}], tmp_path) == [["k: required"]]


def test_no_pages_and_empty_pages_are_no_rows(tmp_path: Path) -> None:
    compiled = contracts.loads(contract({"name": "id", "required": True}))
    with Checker(compiled) as checker:
        assert checker.check("rows", {}).rows == 0
    checked = run(contract({"name": "id", "required": True}), {"rows": []}, tmp_path)["rows"]
    quarantine.require_some_valid(checked, compiled)


def test_a_batch_without_a_valid_row_fails_with_a_count_per_reason(tmp_path: Path) -> None:
    text = contract({"name": "id", "required": True})
    checked = run(text, {"rows": [{}, {"id": 1}]}, tmp_path)["rows"]
    with pytest.raises(
        NoRowMeetsContract, match=r"none of the 2 rows of rows.*1 x id: must be a string, 1 x id: req"
    ):
        quarantine.require_some_valid(checked, contracts.loads(text))


def test_a_row_count_rule_holds_for_the_batch(tmp_path: Path) -> None:
    text = contract({"name": "id"}, quality=[{"metric": "rowCount", "mustBeGreaterOrEqualTo": 2}])
    assert run(text, {"rows": [{"id": "a"}, {"id": "b"}]}, tmp_path)["rows"].valid == 2
    with pytest.raises(ContractError, match="at least 2; the batch has 1 rows"):
        run(text, {"rows": [{"id": "a"}]}, tmp_path)


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        ({"logicalTypeOptions": {"minimum": 1}}, "logicalTypeOptions.minimum of a string"),
        (
            {"logicalType": "number", "logicalTypeOptions": {"format": "f32"}},
            "logicalTypeOptions.format of a number",
        ),
        ({"logicalTypeOptions": {"pattern": "(?=a)b"}}, "pattern"),
        ({"logicalTypeOptions": {"format": "hostname"}}, "format 'hostname'"),
        ({"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}, "format 'dd.MM.yyyy'"),
        ({"logicalType": "date", "logicalTypeOptions": {"minimum": "soon"}}, "limit 'soon' of a date"),
        ({"logicalType": "integer", "logicalTypeOptions": {"format": "i128"}}, "format 'i128'"),
        ({"logicalType": "object", "properties": [{"name": "x"}]}, "cannot compile properties"),
        ({"logicalType": "array"}, "logicalType array"),
        ({"quality": [{"metric": "invalidValues", "mustBeLessThan": 5}]}, "without `mustBe: 0`"),
        ({"quality": [{"metric": "duplicateValues", "mustBe": 0}]}, "duplicateValues"),
        ({"quality": [{"type": "sql", "query": "SELECT 1", "mustBe": 0}]}, "quality rule 'sql'"),
        ({"quality": [{"type": "custom", "engine": "soda", "implementation": "x"}]}, "quality rule 'custom'"),
        ({"relationships": [{"to": "a.b.c"}]}, "relationship to 'a.b.c'"),
        ({"requierd": True}, "unknown key 'requierd'"),
        ({"quality": [{"metric": "nullValues", "mustbe": 0}]}, "unknown key 'mustbe'"),
    ],
)
def test_what_cannot_be_checked_is_an_error_and_never_ignored(prop: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError) as caught:
        contracts.loads(contract({"name": "value", "logicalType": "string"} | prop))
    assert message in str(caught.value)
    assert "value" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not an Open Data Contract"),
        ("a: [", "not an Open Data Contract"),
        ("kind: Other\napiVersion: v3.0.0", "kind must be DataContract"),
        ("kind: DataContract\napiVersion: v2.2.2", "apiVersion v3"),
        ("kind: DataContract\napiVersion: v3.1.0", "no schema"),
    ],
)
def test_what_is_no_contract_is_refused(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        contracts.loads(text)


def test_relationships_in_a_circle_are_refused(tmp_path: Path) -> None:
    text = contract({"name": "a", "relationships": [{"to": "rows.a"}]})
    with pytest.raises(ContractError, match="circle"):
        quarantine.order(contracts.loads(text))


def test_the_pipelines_contract_meets_the_standard() -> None:
    from datacontract.data_contract import DataContract

    result = DataContract(data_contract_file=str(layout.CONTRACT)).lint()
    assert result.result == "passed", [one.reason for one in result.checks]


def test_the_pipelines_contract_finds_each_kind_of_damage(tmp_path: Path) -> None:
    compiled = check.load_contract()
    customer = {
        "customer_id": "c-00001",
        "country": "US",
        "currency": "USD",
        "first_purchase_on": "2025-01-01",
    }
    customer["updated_at"] = "2025-02-03T10:11:12Z"
    good = {"transaction_id": "t-000001", "customer_id": "c-00001", "quantity": 1, "amount": "11.77"}
    good |= {"currency": "USD", "purchased_at": "2025-02-03T10:11:12Z", "updated_at": "2025-02-03T10:12:12Z"}
    cases = {
        "amount: minimum is 0": {"amount": "-11.77"},
        "currency: must be one of the valid values": {"currency": "ZZZ"},
        "customer_id: required": {"customer_id": None},
        "customer_id: not found in customers.customer_id": {"customer_id": "c-99999"},
        "amount: must be a multiple of 0.01": {"amount": "11.771"},
        "purchased_at: late, sold outside of the interval": {"purchased_at": "2025-02-02T23:59:59Z"},
    }
    rows = [
        good,
        *({**good, **damage} for damage in cases.values()),
        {**good, "purchased_at": "2025-02-04T00:00:00Z"},
    ]
    (tmp_path / "t.json").write_text(json.dumps({"data": rows}))
    (tmp_path / "c.json").write_text(json.dumps({"data": [customer]}))
    interval = Interval.model_validate({"start": "2025-02-03", "end": "2025-02-04"})
    with Checker(compiled) as checker:
        checker.check("customers", {"c": tmp_path / "c.json"})
        found = checker.check("transactions", {"t": tmp_path / "t.json"}, check.interval_rules(interval))
    assert [one.reasons for one in found.violations] == [
        *([reason] for reason in cases),
        ["purchased_at: late, sold outside of the interval"],
    ]
