"""What holds for every committed environment, its schema, and the model of it."""

from __future__ import annotations

import copy
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from ruamel.yaml import YAML

from environments import load, places, schema
from environments.defaults import CLOUDS, CODE, TIERS
from environments.layers import leaves
from environments.manifest import Zone
from environments.model import Environment, Settings
from environments.problems import Refusal
from environments.vocabulary import Cloud

NAMES = ["local"] + [
    f"{cloud}-{tier}" for cloud in ("aws", "gcp", "azure") for tier in ("dev", "staging", "prod")
]
SCHEMA = schema.document_schema()


def document(name: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(file(name))
    return content


def file(name: str) -> Path:
    return load.FOLDER / f"Pulumi.{name}.yaml"


def parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and every model inside it."""
    found = [model]
    for field in model.model_fields.values():
        todo = [field.annotation]
        while todo:
            kind = todo.pop()
            todo += getattr(kind, "__args__", ())
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += parts(kind)
    return found


def test_all_ten_environments_are_there_in_order() -> None:
    assert list(load.load_all()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_environment_loads_and_is_what_its_name_says(name: str) -> None:
    environment = load.load(name)
    assert environment.name == name
    assert name in ("local", f"{environment.cloud}-{environment.tier}")
    assert set(environment.storage.zones) == set(Zone)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_an_origin_that_is_true(name: str) -> None:
    effective = load.origins(name)
    expected = {".".join(path) for path, _ in leaves(load.load(name).model_dump(mode="json"))}
    assert set(effective) == expected
    environment = load.load(name)
    layers = {"code default": CODE, f"tier {environment.tier}": TIERS[environment.tier]}
    layers |= {f"cloud {environment.cloud}": CLOUDS[environment.cloud]}
    lines = file(name).read_text().splitlines()
    for path, item in effective.items():
        if item.origin in layers:
            assert dict(leaves(layers[item.origin]))[tuple(path.split("."))] == item.value
        elif item.origin != "the file's name":
            where, _, line = item.origin.rpartition(":")
            assert places.ROOT / where == file(name)
            assert path.rpartition(".")[2] in lines[int(line) - 1]


def test_every_default_is_used_by_some_environment() -> None:
    used = {(item.origin, path) for name in NAMES for path, item in load.origins(name).items()}
    layers = {"code default": CODE}
    layers |= {f"tier {tier}": layer for tier, layer in TIERS.items()}
    layers |= {f"cloud {cloud}": layer for cloud, layer in CLOUDS.items()}
    unused = {
        (origin, ".".join(path))
        for origin, layer in layers.items()
        for path, _ in leaves(layer)
        if (origin, ".".join(path)) not in used
    }
    assert not unused


def test_no_two_cloud_environments_share_a_range_or_an_account() -> None:
    clouds = [item for item in load.load_all().values() if item.cloud is not Cloud.LOCAL]
    assert not any(one.network.cidr.overlaps(two.network.cidr) for one, two in combinations(clouds, 2))
    assert len({item.account for item in clouds}) == len(clouds)


def test_environments_of_one_tier_differ_only_by_cloud() -> None:
    by_cloud = {"name", "cloud", "account", "region", "failover_region", "allowed_regions", "network.cidr"}
    by_cloud |= {"orchestrator.kind", "spark.kind", "warehouse.kind"}
    by_cloud |= {"encryption.rotation_days"}  # the benchmark for Google Cloud asks for more than that for AWS
    for tier in ("dev", "staging", "prod"):
        one, two = load.origins(f"aws-{tier}"), load.origins(f"gcp-{tier}")
        assert {path for path in one if one[path].value != two[path].value} == by_cloud


@pytest.mark.parametrize("name", NAMES)
def test_every_file_names_the_schema_first_and_gives_a_reason_for_each_override(name: str) -> None:
    first, *rest = file(name).read_text().splitlines()
    assert first == schema.MODELINE
    assert (load.FOLDER / first.partition("=")[2]).resolve() == schema.FILE
    # Pulumi adds lines of its own (`encryptionsalt`, `aws:region`) and puts one space before a comment.
    said = [line for line in rest if re.match(r" {4}|  sluice:", line) and not line.rstrip().endswith(":")]
    assert said
    assert all(re.search(r" # \S", line) for line in said)


def test_the_committed_schema_is_what_the_model_says(tmp_path: Path) -> None:
    assert not schema.is_stale(), "run `python -m environments.schema`"
    assert json.loads(schema.FILE.read_text()) == SCHEMA
    changed = tmp_path / "schema.json"
    assert schema.is_stale(changed)
    schema.write(changed)
    assert not schema.is_stale(changed)
    changed.write_text(changed.read_text().replace("true or false", "").replace("Airflow", "Luigi"))
    assert schema.is_stale(changed)


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_described_and_none_has_a_default_of_its_own() -> None:
    for model in parts(Environment):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert field.is_required(), f"{model.__name__}.{name}"


@pytest.mark.parametrize("name", NAMES)
def test_schema_and_model_accept_every_committed_file(name: str) -> None:
    jsonschema.validate(document(name), SCHEMA, cls=jsonschema.Draft202012Validator)


def _everything() -> dict[str, Any]:
    """The effective values of an environment, written out: a file that says all that a file can say."""
    values = load.load("aws-prod").model_dump(mode="json", exclude={"name", "cloud", "tier"})
    return {"config": {"sluice:environment": values}}


EVERYTHING = _everything()
SPOTS = [path for path, _ in leaves(EVERYTHING)]
# Without an empty mapping: the model wants parts whole, where a file may leave them to the layers.
PLANTS = [
    None,
    True,
    "x",
    "X_y",
    "",
    -1,
    0,
    10**6,
    1.5,
    [],
    ["X y"],
    {"no_such_key": 1},
    "10.0.0.0",
    "a/8",
    "1.5",
]
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def _schema_accepts(content: Any) -> bool:
    return bool(VALIDATOR.is_valid(content))


def _model_accepts(content: dict[str, Any]) -> bool:
    try:
        Settings.model_validate_json(json.dumps(content["config"]["sluice:environment"]), strict=True)
    except ValueError:
        return False
    return True


def test_schema_and_model_accept_a_file_that_says_everything(tmp_path: Path) -> None:
    assert _schema_accepts(EVERYTHING)
    YAML().dump(EVERYTHING, tmp_path / "Pulumi.aws-prod.yaml")
    assert load.load("aws-prod", folder=tmp_path) == load.load("aws-prod")


def test_schema_and_model_judge_every_changed_value_alike() -> None:
    for path in SPOTS:
        for plant in PLANTS:
            content = copy.deepcopy(EVERYTHING)
            target: Any = content
            for name in path[:-1]:
                target = target[name]
            target[path[-1]] = plant
            assert _schema_accepts(content) == _model_accepts(content), (path, plant)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted({path[:length] for path in SPOTS for length in range(2, len(path))})))
def test_schema_and_loader_refuse_an_unknown_key_at_any_depth(tmp_path: Path, path: tuple[str, ...]) -> None:
    content = copy.deepcopy(EVERYTHING)
    target: Any = content
    for name in path:
        target = target[name]
    target["No such key"] = 1
    assert not _schema_accepts(content)
    YAML().dump(content, tmp_path / "Pulumi.aws-prod.yaml")
    with pytest.raises(Refusal, match="No such key"):
        load.load("aws-prod", folder=tmp_path)
