"""The committed tables cover the installed SDKs, and every reviewed exception is in force.

The names themselves are held against the provider's schema in tests/integration/gate/projection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from policies.gate.projection import arm
from policies.gate.projection.generate import arm as generate_arm
from policies.gate.projection.generate import sdk
from policies.gate.projection.mapping import DATA, Package, Property, Shape, table


def reviewed(name: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load((DATA / f"{name}_reviewed.yaml").read_text())
    return content


def cases(section: str) -> list[tuple[Package, str, Any]]:
    packages: tuple[Package, ...] = ("aws", "gcp")
    return [
        (package, key, value)
        for package in packages
        for key, value in (reviewed(package)[section] or {}).items()
    ]


@pytest.mark.parametrize("package", ["aws", "gcp"])
def test_every_type_of_the_installed_sdk_has_a_terraform_type(package: Package) -> None:
    installed = {
        token for token in sdk.installed_tokens(f"pulumi_{package}") if token.startswith(f"{package}:")
    }
    left_out = set(reviewed(package).get("left_out", ()))
    assert installed - set(table(package).tokens) == left_out
    assert set(table(package).tokens) <= installed


@pytest.mark.parametrize(("package", "token", "name"), cases("types"))
def test_a_reviewed_type_is_in_force(package: Package, token: str, name: str) -> None:
    found = table(package).type(token)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(("package", "module", "prefixes"), cases("prefixes"))
def test_a_reviewed_prefix_serves_some_type(package: Package, module: str, prefixes: list[str]) -> None:
    names = [
        found.name
        for token in table(package).tokens
        if token.split(":")[1].split("/")[0] == module and (found := table(package).type(token))
    ]
    for prefix in prefixes:
        start = f"{package}_{prefix}_" if prefix else f"{package}_"
        assert any(name.startswith(start) for name in names), prefix


@pytest.mark.parametrize(("package", "token", "names"), cases("names"))
def test_reviewed_names_are_in_force(package: Package, token: str, names: dict[str, str | None]) -> None:
    found = table(package).type(token)
    assert found is not None
    for wire, name in names.items():
        known = found.shape.properties.get(wire)
        assert (known.name if known else None) == name


@pytest.mark.parametrize(("package", "module", "names"), cases("modules"))
def test_names_of_a_module_are_in_force(package: Package, module: str, names: dict[str, str]) -> None:
    for wire, name in names.items():
        given = {
            known.name
            for token in table(package).tokens
            if token.split(":")[1].split("/")[0] == module
            and (found := table(package).type(token))
            and (known := found.shape.properties.get(wire))
        }
        assert name in given


def test_names_that_a_reviewed_module_gives_can_be_refined_for_a_type() -> None:
    found = table("aws").type("aws:apigateway/basePathMapping:BasePathMapping")
    assert found is not None
    assert found.shape.properties["restApi"].name == "api_id"


@pytest.mark.parametrize(
    ("package", "modules"),
    [
        ("aws", {"s3", "kms", "sqs", "sns", "iam", "lambda_", "secretsmanager", "ec2"}),
        ("gcp", {"storage", "kms", "bigquery", "pubsub"}),
    ],
)
def test_every_input_of_the_sdk_has_a_property_of_the_same_shape(package: Package, modules: set[str]) -> None:
    read = sdk.read(f"pulumi_{package}", frozenset(modules))
    seen = 0
    for token, resource in read.resources.items():
        found = table(package).type(token)
        if found is None:
            continue
        nothing = {wire for wire, name in (reviewed(package)["names"].get(token) or {}).items() if not name}
        for path, item, known in _pairs(read, resource.folder, resource.inputs, found.shape, "", 0):
            if path in nothing:
                continue
            assert known is not None, f"{token} {path}"
            assert _fits(item, known), f"{token} {path}: {item.type} as {known}"
            seen += 1
    assert seen > 300


def _pairs(
    read: sdk.Package,
    folder: str,
    fields: Mapping[str, sdk.Field],
    shape: Shape,
    path: str,
    depth: int,
) -> Iterator[tuple[str, sdk.Field, Property | None]]:
    for wire, item in fields.items():
        known = shape.properties.get(wire)
        yield path + wire, item, known
        if known is not None and known.shape is not None and item.nested and depth < 4:
            inside = read.nested(folder, item.nested)
            yield from _pairs(read, folder, inside, known.shape, f"{path}{wire}.", depth + 1)


def _fits(item: sdk.Field, known: Property) -> bool:
    if known.kind in ("json", "generic"):
        return bool(item.document or item.nested)
    if item.map:
        return known.kind == "map"
    if item.many:
        return known.kind in ("list", "set")
    if item.nested:
        return known.kind in ("single", "object") and known.shape is not None
    return known.kind in ("plain", "single")


def test_an_assumed_name_is_the_exception_on_aws() -> None:
    assumed = total = 0
    for shape in table("aws")._shapes:
        total += len(shape.properties)
        assumed += sum(not item.verified for item in shape.properties.values())
    assert total > 20_000
    assert assumed < 100


def test_the_arm_table_is_what_its_generator_makes() -> None:
    text, wrong = generate_arm.table(DATA / "arm_reviewed.yaml")
    assert wrong == []
    assert text == (DATA / "arm.json").read_text()
    assert len(arm.tokens()) == len(reviewed("arm")["types"])


def test_the_tables_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in Path(DATA).glob("*.json")}
    assert all(size < 1_000_000 for size in sizes.values()), sizes
