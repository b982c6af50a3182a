"""Reading a Pulumi project: configuration as the CLI would hand it over, fixtures, and what to import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments.problems import Refusal
from policies.gate.capture import fixtures, preload, project

PROJECT = """\
name: shop
runtime: {name: python, options: {virtualenv: venv}}
stackConfigDir: stacks
config:
  aws:region: eu-west-1
  size: {type: integer, default: 3}
  declared: {type: string, description: needed}
  aws:defaultTags: {value: {tags: {a: b}}}
"""

STACK = """\
config:
  shop:size: 5
  shop:on: true
  shop:account: "012345678901"
  shop:secret: {secure: v1:x}
  shop:nested:
    user: me
    list: [{secure: v1:y}, 1]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(STACK)
    (tmp_path / "__main__.py").write_text("")
    return tmp_path


def read(folder: Path, stack: str = "dev", **overrides: str) -> project.Project:
    given = {key.replace("__", ":"): value for key, value in overrides.items()}
    return project.read(folder, stack, given, lambda key: f"<{key}>")


def test_the_stack_s_values_win_over_the_project_s(folder: Path) -> None:
    values = read(folder).config.values
    assert values["shop:size"] == "5"
    assert read(folder, "other").config.values["shop:size"] == "3"
    assert (values["shop:on"], values["shop:account"]) == ("true", "012345678901")
    assert values["aws:region"] == "eu-west-1"
    assert json.loads(values["aws:defaultTags"]) == {"tags": {"a": "b"}}
    assert "shop:declared" not in values


def test_encrypted_values_become_placeholders_that_are_known_to_be_secret(folder: Path) -> None:
    config = read(folder).config
    assert config.values["shop:secret"] == "<shop:secret>"
    assert json.loads(config.values["shop:nested"]) == {"user": "me", "list": ["<shop:nested.list.0>", 1]}
    assert config.secret == {"shop:secret", "shop:nested"}
    assert set(config.encrypted) == {"shop:secret", "shop:nested.list.0"}
    assert config.plain_secrets == {}


def test_a_value_given_for_a_secret_key_stays_secret(folder: Path) -> None:
    config = read(folder, secret="in-clear", size="9").config
    assert config.values["shop:secret"] == "in-clear" and config.values["shop:size"] == "9"
    assert config.plain_secrets == {"shop:secret": "in-clear"}


def test_a_stack_s_full_name(folder: Path) -> None:
    found = read(folder, "acme/shop/dev")
    assert (found.organization, found.stack, found.config.values["shop:size"]) == ("acme", "dev", "5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("calls: [{token: x}]\n", "not a recorded call"),
        ("stacks: {a/b/c: {output: {}}}\n", "not a recorded stack"),
        ("cals: []\n", "unknown key `cals`"),
    ],
)
def test_a_wrong_fixture_is_refused_at_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "answers.yaml").write_text(text)
    with pytest.raises(Refusal, match=message):
        fixtures.load(tmp_path, {})


def test_what_a_program_touches_is_found_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\nfrom parts import net\naws.s3.Bucket('x')\naws.Provider('p')\n1 / 0\n"
    )
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "net.py").write_text("from pulumi_gcp import compute\nimport pulumi_gcp.storage\n")
    assert set(preload.modules_of(preload.touched(tmp_path, tmp_path), "dev")) == {
        "pulumi_aws", "pulumi_aws.s3", "pulumi_gcp", "pulumi_gcp.compute", "pulumi_gcp.storage",
    }  # fmt: skip
    assert set(preload.modules_of(preload.touched(tmp_path, tmp_path), "aws-dev")) == {
        "pulumi_aws",
        "pulumi_aws.s3",
    }
