"""The real Terraform, where there is one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments.problems import Refusal
from policies.terraform import installation
from policies.terraform.process import Terraform


@pytest.fixture(scope="session")
def _installed() -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")


@pytest.fixture(scope="session")
def terraform(_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with its provider, in a folder that has nothing but the provider in it."""
    folder = tmp_path_factory.mktemp("terraform")
    (folder / "work").mkdir()
    (folder / "work" / "provider.tf").write_text(
        "terraform {\n  required_providers {\n    aws = {\n"
        f'      source  = "hashicorp/aws"\n      version = "{installation.VERSION}"\n    }}\n  }}\n}}\n'
    )
    ready = Terraform(installation.find(), folder / "work", folder / "aside")
    try:
        ready.initialise()
    except Refusal as refusal:
        pytest.skip(f"Terraform's AWS provider is not to be had here: {refusal.problems[0].what}")
    return ready


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """A temporary folder for what is started, with a path as short as the system's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)
