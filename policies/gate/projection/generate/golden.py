"""Real plans of the twins in tests/integration/gate/projection/twins, and the provider's defaults in them.

The provider is taken from a folder with a filesystem mirror (environment variable SLUICE_TERRAFORM_MIRROR),
else from wherever the user's Terraform finds it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MIRROR = "SLUICE_TERRAFORM_MIRROR"

Plan = dict[str, Any]


class NoTerraform(RuntimeError):
    """Terraform or the provider is not to be had here."""


def real_plan(twin: Path) -> Plan:
    """The plan that Terraform makes of a twin's main.tf, without what differs from run to run."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copy(twin / "main.tf", work)
        shutil.copy(twin.parent / "provider.tf", work)
        with zipfile.ZipFile(work / "export.zip", "w") as archive:
            archive.writestr("main.py", "")
        terraform_in(work, "init", "-no-color", "-input=false")
        terraform_in(work, "plan", "-no-color", "-input=false", "-refresh=false", "-out=plan")
        return pruned(json.loads(terraform_in(work, "show", "-json", "plan")))


def terraform_in(work: Path, *arguments: str) -> str:
    """Runs Terraform in a folder.

    Raises:
        NoTerraform: it is not there, or it failed.
    """
    terraform = shutil.which("terraform")
    if terraform is None:
        raise NoTerraform("terraform is not on PATH")
    done = subprocess.run(
        [terraform, *arguments],
        cwd=work,
        env=_environment(work),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode and not (arguments[0] == "validate" and done.stdout):
        raise NoTerraform(done.stderr.strip()[-2000:])
    return done.stdout


def pruned(plan: Plan) -> Plan:
    """What the projection is held against."""
    return {
        "format_version": plan["format_version"],
        "terraform_version": plan["terraform_version"],
        "planned_values": plan["planned_values"],
        "resource_changes": plan["resource_changes"],
        "configuration": plan["configuration"],
    }


def defaults(plans: list[Plan]) -> dict[str, dict[str, Any]]:
    """By type: attributes that no configuration sets and the provider plans a value for all the same."""
    found: dict[str, dict[str, Any]] = {}
    differing: set[tuple[str, str]] = set()
    for plan in plans:
        given = {
            item["address"]: set(item.get("expressions", {}))
            for item in plan["configuration"]["root_module"]["resources"]
        }
        for item in plan["planned_values"]["root_module"]["resources"]:
            known = found.setdefault(item["type"], {})
            for name, value in item["values"].items():
                if (
                    value in (None, [], {})
                    or isinstance(value, list | dict)
                    or name in given[item["address"]]
                ):
                    continue
                if known.setdefault(name, value) != value:
                    differing.add((item["type"], name))
    for kind, name in differing:
        del found[kind][name]
    return {kind: dict(sorted(values.items())) for kind, values in sorted(found.items()) if values}


def _environment(work: Path) -> Mapping[str, str]:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    if mirror := os.environ.get(MIRROR):
        config = work / "terraform.rc"
        config.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )
        environment["TF_CLI_CONFIG_FILE"] = str(config)
    return environment
