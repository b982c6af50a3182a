"""What is written for the real provider holds against it: modules of `sluice project`, and the list of services."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from environments.places import ROOT
from policies.rehearsal.workspace import ENDPOINTS
from policies.terraform.installation import SOURCE
from policies.terraform.process import Terraform

pytestmark = pytest.mark.slow


def test_terraform_accepts_the_root_module_of_aws_prod_as_it_is_written(
    terraform: Terraform, tmp_path: Path
) -> None:
    output = tmp_path / "module"
    subprocess.run(
        [ROOT / "sluice", "project", "aws-prod", "--to", "terraform", "--output", str(output)], check=True
    )
    module = json.loads((output / "main.tf.json").read_text())
    assert sum(map(len, module["resource"].values())) > 200
    named = {
        function["filename"].removeprefix("${path.module}/")
        for function in module["resource"]["aws_lambda_function"].values()
    }
    assert named == {str(path.relative_to(output)) for path in (output / "files").iterdir()}
    there = replace(terraform, work=output, aside=tmp_path / "aside")
    there.initialise()
    assert json.loads(there.run("validate", "-json").out)["diagnostics"] == []


def test_every_service_that_the_provider_lets_be_sent_elsewhere_is_in_the_list(terraform: Terraform) -> None:
    schema = json.loads(terraform.run("providers", "schema", "-json").out)["provider_schemas"][SOURCE]
    known = schema["provider"]["block"]["block_types"]["endpoints"]["block"]["attributes"]
    lines = [line.split() for line in ENDPOINTS.read_text().splitlines() if not line.startswith("#")]
    assert sorted(name for line in lines for name in line) == sorted(known)
