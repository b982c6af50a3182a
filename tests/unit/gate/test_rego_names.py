"""Every type and every input that a Rego rule names exists in the installed Pulumi SDKs.

A rule that asks for an input that is not there, or of a type spelled wrongly, would pass all in silence.
This does not prove that the right input is asked for; the rules' own tests do that.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
import typing
from collections import abc
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pulumi import _types

from policies.gate.engines import rego

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

_SDKS = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure-native": "pulumi_azure_native"}
_REGISTERED = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'([^']+)',")
_TOKEN = re.compile(r"(?:aws|gcp|azure-native):[A-Za-z0-9]+(?:/[A-Za-z0-9]+)?:[A-Z][A-Za-z0-9]*")


@cache
def _files() -> dict[str, Path]:
    """Where each type of the SDKs is defined."""
    found: dict[str, Path] = {}
    for package in _SDKS.values():
        spec = importlib.util.find_spec(package)
        assert spec and spec.origin
        for file in Path(spec.origin).parent.glob("*/*.py"):
            match = None if file.name.startswith(("get_", "_")) else _REGISTERED.search(file.read_text())
            if match:
                found[match[2]] = file
    return found


@cache
def _inputs(token: str) -> dict[str, Any]:
    """Pulumi names and types of a resource's inputs."""
    file = _files()[token]
    module = importlib.import_module(f"{file.parent.parent.name}.{file.parent.name}")
    cls = getattr(module, token.rsplit(":", 1)[1])
    source = sys.modules[cls.__module__]
    args = getattr(source, f"{cls.__name__}InitArgs", None) or getattr(source, f"{cls.__name__}Args")
    return dict(_types.input_type_types(args))


def _steps(type_: Any) -> list[Any]:
    """What may stand below a value of one type: classes of inputs, and `list` or `dict`."""
    type_ = _types.unwrap_type(type_)
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin in (list, abc.Sequence):
        return [("list", args[0])]
    if origin in (dict, abc.Mapping):
        return [("dict", args[1])]
    if inspect.isclass(type_) and _types.is_input_type(type_):
        return [("object", type_)]
    return [step for part in args for step in _steps(part)] if args else []


def _found(steps: list[Any], path: list[str | int]) -> bool:
    if not path:
        return True
    head, rest = path[0], path[1:]
    for kind, inner in steps:
        if (kind == "list" and (head == "*" or isinstance(head, int))) or kind == "dict":
            if _found(_steps(inner), rest):
                return True
        elif kind == "object":
            types = _types.input_type_types(inner)
            if head in types and _found(_steps(types[head]), rest):
                return True
    return False


def _exists(token: str, path: list[str | int]) -> bool:
    inputs = _inputs(token)
    return path[0] in inputs and _found(_steps(inputs[str(path[0])]), path[1:])


def _tables() -> list[tuple[str, str, list[str | int]]]:
    """Rule, type and path of everything in a `requirements` table, conditions included."""
    query = (
        "{c: {n: r | some n; r := data.sluice[c][n].requirements} | some c; data.sluice[c][_].requirements}"
    )
    answer = rego.run("eval", "--format=raw", "--bundle", ".", "--ignore=*_test.rego", query)
    found = []
    for category, packages in json.loads(answer).items():
        for name, table in packages.items():
            for token, requirements in table.items():
                for item in requirements:
                    for path in [item["path"], *(condition["path"] for condition in item.get("when", []))]:
                        found.append((f"{category}/{name}", token, path))
    return found


def test_every_type_named_in_a_policy_exists_in_an_sdk() -> None:
    missing = {
        f"{file.relative_to(rego.RULES)}: {token}"
        for file in rego.RULES.rglob("*.rego")
        for token in _TOKEN.findall(file.read_text())
        if re.sub(r"/v\d+", "", token) not in _files()
    }
    assert missing == set()


def test_every_input_in_a_table_of_requirements_exists_in_its_sdk() -> None:
    tables = _tables()
    assert len(tables) > 150
    assert [
        f"{rule}: {token} has no {path}" for rule, token, path in tables if not _exists(token, path)
    ] == []


def test_places_of_policies_links_and_copies_exist() -> None:
    query = (
        "[data.sluice.graph.documents.places, data.sluice.graph.attached.links,"
        " data.sluice.residency.allowed_regions._copies]"
    )
    places, links, copies = json.loads(
        rego.run("eval", "--format=raw", "--bundle", ".", "--ignore=*_test.rego", query)
    )
    wanted = [(token, place["path"]) for token, found in places.items() for place in found]
    wanted += [(token, link["path"]) for token, link in links.items()]
    wanted += [(token, path) for token, paths in copies.items() for path in paths]
    assert [f"{token} has no {path}" for token, path in wanted if not _exists(token, path)] == []


def test_types_that_take_tags_are_those_of_the_installed_sdks() -> None:
    spec = importlib.util.spec_from_file_location(
        "generate_taggable", rego.RULES / "taggable" / "generate.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (rego.RULES / "taggable" / "data.json").read_text() == module.content()
