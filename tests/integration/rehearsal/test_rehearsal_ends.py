"""A rehearsal that cannot start says why, and one that is killed half way leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from environments.places import ROOT
from policies.rehearsal import beside
from policies.terraform.process import Terraform

PROGRAM = ["--program", str(ROOT / "tests/fixtures/programs/platform_aws"), "--stack", "dev"]


def sluice(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, as its launcher starts it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "scripts", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_without_terraform_it_is_not_available_and_says_what_to_install(tmp_path: Path) -> None:
    said = sluice("rehearse", "aws-dev", PATH=str(tmp_path))
    assert said.returncode == 3
    assert "terraform is not installed" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_without_a_provider_it_is_not_available_and_says_how_to_get_one(
    tmp_path: Path, temporary: Path
) -> None:
    (tmp_path / "mirror").mkdir()
    configuration = tmp_path / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}/mirror"\n  }}\n}}\n'
    )
    said = sluice(
        "rehearse",
        *PROGRAM,
        TF_CLI_CONFIG_FILE=str(configuration),
        TF_PLUGIN_CACHE_DIR="",
        SLUICE_STATE=str(tmp_path / "state"),
        TMPDIR=str(temporary),
    )
    assert said.returncode == 3
    assert "nowhere to be had" in said.stderr
    assert "TF_PLUGIN_CACHE_DIR" in said.stderr
    assert list(temporary.iterdir()) == []


def test_a_program_without_aws_resources_is_refused(terraform: Terraform) -> None:
    said = sluice(
        "rehearse", "--program", str(ROOT / "tests/fixtures/programs/gcp_storage"), "--stack", "dev"
    )
    assert said.returncode == 2
    assert "has no AWS resources" in said.stderr


def test_a_folder_to_keep_things_in_must_be_new(terraform: Terraform, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    said = sluice("rehearse", *PROGRAM, "--keep", str(tmp_path))
    assert said.returncode == 2
    assert str(tmp_path) in said.stderr


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_killed_half_way_it_leaves_no_process_and_no_folder(
    sign: signal.Signals, terraform: Terraform, temporary: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "scripts", "rehearse", *PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("● plan"):
            break
    folder = next(path for path in temporary.iterdir() if path.name.startswith("sluice-rehearsal-"))
    assert any("provider-aws" in name for name in _wait_for(folder, 2))
    process.send_signal(sign)
    process.wait(30)
    process.stderr.close()
    until = time.monotonic() + 30
    while time.monotonic() < until and (folder.exists() or _marked(folder)):
        time.sleep(0.1)
    assert not folder.exists()
    assert _marked(folder) == []


def _wait_for(folder: Path, processes: int) -> list[str]:
    """Names of what bears the mark, once Terraform has started its provider beside the mock."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = _marked(folder)
        if any("provider-aws" in name for name in found) and len(found) > processes:
            return found
        time.sleep(0.05)
    return _marked(folder)


def _marked(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(beside.MARK) == str(folder):
                found.append(process.name())
        except (psutil.Error, OSError):
            continue
    return found
