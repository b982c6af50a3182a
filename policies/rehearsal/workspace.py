"""What Terraform reads in a rehearsal: the root module as `sluice project` writes it, and an override beside it
that sends every provider to the mock."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from policies.gate.projection.module_files import write_files
from policies.gate.projection.root_module import terraform_json
from policies.gate.projection.terraform import TerraformProjection
from policies.rehearsal.mock import ACCESS_KEY, SECRET_KEY

ENDPOINTS = Path(__file__).parent / "data" / "endpoints.txt"
MODULE = "main.tf.json"
OVERRIDE = "override.tf.json"

# Where a program leaves the region to the shell that it is run in.
FALLBACK_REGION = "us-east-1"
# The mock answers at once, so an error stays one: no point in asking 25 times, as the provider does.
_ATTEMPTS = 2

_TYPE = re.compile(r'    "(\w+)": \{')
_NAME = re.compile(r'      "([\w-]+)": \{')


class Workspace:
    """One folder with one module in it, written anew as resources are left out."""

    def __init__(self, folder: Path, projection: TerraformProjection, repository: Path) -> None:
        self.folder = folder
        self._projection = projection
        self._repository = repository
        self._lines: list[tuple[int, str]] = []
        self._providers: list[Mapping[str, Any]] = []
        self._url: str | None = None
        folder.mkdir(parents=True)

    def write(self, absent: Collection[str] = ()) -> None:
        """Writes the module without some resources (addresses), and without those of other clouds.

        Raises:
            Refusal: a file that the program hands over is not there.
        """
        others = {item.address for item in self._projection.resources if item.provider.name != "aws"}
        module = terraform_json(self._projection, absent=others.union(absent), protect=False, stand_ins=True)
        # The mock delivers access logs at once; what is in a bucket then is not the program's to keep.
        for bucket in module.content["resource"].get("aws_s3_bucket", {}).values():
            bucket["force_destroy"] = True
        write_files(module.files, self.folder, self._repository)
        (self.folder / MODULE).write_text(module.text)
        self._lines = resource_lines(module.text)
        self._providers = module.content["provider"].get("aws", [])
        self._override()

    def send_to(self, url: str) -> None:
        """Sends every provider to the mock, with dummy keys, from now on."""
        self._url = url
        self._override()

    def _override(self) -> None:
        if self._url is None:
            return
        override = {"provider": {"aws": [_to_mock(one, self._url) for one in self._providers]}}
        (self.folder / OVERRIDE).write_text(json.dumps(override, indent=2) + "\n")

    def address_at(self, line: int) -> str | None:
        """The resource that a line of the module belongs to."""
        found = None
        for start, address in self._lines:
            if start > line:
                break
            found = address
        return found

    def keep(self, target: Path) -> None:
        """Copies what a person can look at: the module, the override, the files."""
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", ".tmp*", "*.tfplan")
        shutil.copytree(self.folder, target, ignore=ignored, dirs_exist_ok=True)


def _to_mock(provider: Mapping[str, Any], url: str) -> dict[str, Any]:
    return {
        **({"alias": provider["alias"]} if "alias" in provider else {}),
        "region": provider.get("region", FALLBACK_REGION),
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "s3_use_path_style": True,
        "max_retries": _ATTEMPTS,
        # The account is asked for: the mock knows the environment's, and ARNs are built from it.
        "endpoints": [dict.fromkeys(endpoints(), url)],
    }


def resource_lines(text: str) -> list[tuple[int, str]]:
    """The first line of each resource in a module's text, counted from 1, in order."""
    found: list[tuple[int, str]] = []
    inside, kind = False, ""
    for number, line in enumerate(text.splitlines(), 1):
        # Two spaces a level: the module is written by `json.dumps`, so no text spans lines.
        if not line.startswith("   "):
            inside = line.startswith('  "resource"')
        elif inside and (match := _TYPE.fullmatch(line)):
            kind = match[1]
        elif inside and (match := _NAME.fullmatch(line)):
            found.append((number, f"{kind}.{match[1]}"))
    return found


@cache
def endpoints() -> tuple[str, ...]:
    """Every service whose address the provider lets be set."""
    lines = ENDPOINTS.read_text().splitlines()
    return tuple(line.split()[0] for line in lines if not line.startswith("#"))
