"""`sluice env`: tables that fit, JSON that says the same, and refusals that carry on to the command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from environments import load, places, schema
from environments.problems import Exit, Refusal
from scripts.env import app

WIDE = {"COLUMNS": "100", "TERM": "dumb"}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, env=WIDE, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in load.FOLDER.glob("Pulumi.*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(load, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "aws-prod"], ["show", "azure-prod"], ["diff", "local", "azure-prod"]],
    ids=" ".join,
)
def test_a_table_is_read_in_100_columns(arguments: list[str]) -> None:
    lines = run(*arguments).splitlines()
    assert len(lines) > 5
    assert all(len(line) <= 100 for line in lines)
    assert not any("…" in line for line in lines)


def test_list_names_every_environment() -> None:
    assert [item["name"] for item in json.loads(run("list", "--json"))] == load.names()
    assert all(name in run("list") for name in load.names())


def test_show_gives_every_value_with_its_origin() -> None:
    shown = json.loads(run("show", "aws-prod", "--json"))
    assert shown == {
        path: {"value": item.value, "origin": item.origin} for path, item in load.origins("aws-prod").items()
    }
    text = run("show", "aws-prod")
    assert "environments/Pulumi.aws-prod.yaml:6" in text
    assert "tier prod" in text and "cloud aws" in text and "code default" in text


def test_diff_gives_what_differs_in_settings_and_in_resources() -> None:
    found = json.loads(run("diff", "aws-dev", "aws-prod", "--json"))
    settings = {item["path"]: item for item in found["settings"]}
    assert settings["network.nat"]["aws-dev"] == {"value": "single", "origin": "code default"}
    assert settings["network.nat"]["aws-prod"] == {"value": "per_zone", "origin": "tier prod"}
    assert "region" not in settings
    resources = found["resources"]
    assert resources["counts"]["aws:ec2/natGateway:NatGateway"] == {"aws-dev": 1, "aws-prod": 3}
    assert resources["set_otherwise"][
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    ] == {"rule": ["raw-failover-lock", "raw-lock"]}
    # Names, accounts and ranges are no difference.
    assert "aws:ec2/vpc:Vpc" not in {**resources["counts"], **resources["set_otherwise"]}
    assert "aws:iam/role:Role" not in resources["set_otherwise"]


def test_diff_fits_one_screen() -> None:
    shown = run("diff", "aws-dev", "aws-prod").splitlines()
    # A window of a laptop's height shows about fifty.
    assert len(shown) <= 48
    assert any("backup.plans.{confidential,restricted}.keep_days" in line for line in shown)
    assert any("more or fewer" in line for line in shown)
    assert any("ec2.NatGateway 1→3" in line for line in shown)
    assert run("diff", "aws-dev", "aws-dev") == "aws-dev and aws-dev do not differ\n"


def test_diff_with_local_says_that_it_compares_settings_only() -> None:
    assert "resources of local are not compared" in run("diff", "local", "azure-prod")
    assert json.loads(run("diff", "local", "azure-prod", "--json"))["resources"] is None


def test_validate_says_what_it_checked() -> None:
    assert "azure-prod" in run("validate")
    assert json.loads(run("validate", "local", "aws-dev", "--json")) == {
        "valid": True,
        "environments": ["local", "aws-dev"],
        "problems": [],
    }


def test_validate_refuses_with_every_problem_of_every_named_file(folder: Path) -> None:
    (folder / "Pulumi.local.yaml").write_text("config:\n  sluice:environment: {ower: me}\n")
    (folder / "Pulumi.aws-dev.yaml").write_text("config: [\n")
    with pytest.raises(Refusal) as caught:
        run("validate", "local", "aws-dev", "aws-prod", "gcp-dv")
    assert caught.value.exit_code == Exit.BAD_INPUT
    assert len(caught.value.problems) == 3
    result = CliRunner().invoke(app, ["validate", "local", "--json"])
    assert result.exit_code == Exit.BAD_INPUT
    report = json.loads(result.stdout)
    assert not report["valid"]
    (problem,) = report["problems"]
    assert (problem["file"], problem["line"]) == (str(folder / "Pulumi.local.yaml"), 2)
    assert "did you mean `owner`?" in problem["what"]
    assert "accepted: project" in problem["remedy"]


def test_validate_says_no_to_a_stale_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "is_stale", lambda: True)
    with pytest.raises(Refusal, match="JSON Schema") as caught:
        run("validate")
    assert caught.value.exit_code == Exit.CHECK_SAID_NO


def test_a_wrong_name_is_refused_by_every_verb() -> None:
    for arguments in (["show", "aws-prd"], ["diff", "aws-prd", "aws-dev"], ["validate", "aws-prd"]):
        with pytest.raises(Refusal, match="did you mean aws-prod") as caught:
            run(*arguments)
        assert caught.value.exit_code == Exit.BAD_INPUT


def test_importing_the_verbs_imports_nothing_heavy() -> None:
    heavy = {"pydantic", "ruamel", "rich.table", "pulumi"}
    program = f"import sys, scripts.env; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=places.ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
