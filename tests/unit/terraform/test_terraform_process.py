"""Terraform is found, and runs with nothing of its user's.

A script that says what it was given stands in for Terraform here; the real one runs in tests/integration/rehearsal.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from environments.problems import Exit, Refusal
from policies.terraform import installation
from policies.terraform.installation import Installation
from policies.terraform.process import Terraform

TELLS = f"""#!{sys.executable}
import json, os, sys, time
if sys.argv[1] == "version":
    print(json.dumps({{"terraform_version": "1.11.4", "platform": "linux_amd64"}}))
elif sys.argv[1] == "sleep":
    print(json.dumps({{"type": "begun", "pid": os.getpid()}}), flush=True)
    time.sleep(60)
elif sys.argv[1] == "fail":
    sys.exit("│ Error: Failed to query available provider packages\\n│ no such host")
else:
    with open(os.path.join(os.getcwd(), "told.json"), "w") as file:
        json.dump(dict(os.environ), file)
    print(json.dumps({{"type": "told"}}))
    print("no JSON")
"""
# What a user's shell may hold, and neither Terraform nor its provider may see.
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "real",
    "AWS_ENDPOINT_URL": "https://real",
    "TF_VAR_password": "real",
    "TF_TOKEN_app_terraform_io": "real",
    "TF_CLI_ARGS": "-real",
    "GITHUB_TOKEN": "real",
}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `terraform` on PATH, and a shell full of secrets."""
    file = tmp_path / "bin" / "terraform"
    file.parent.mkdir()
    file.write_text(TELLS)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(file.parent))
    for name in ("TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(installation, "KEPT", tmp_path / "kept")
    return file


@pytest.fixture
def terraform(program: Path, tmp_path: Path) -> Terraform:
    """It, in a folder of its own."""
    (tmp_path / "work").mkdir()
    return Terraform(installation.find(), tmp_path / "work", tmp_path / "aside", {"MARK": "x"})


def told(terraform: Terraform) -> dict[str, str]:
    found: dict[str, str] = json.loads((terraform.work / "told.json").read_text())
    return found


def test_the_one_on_path_says_its_version_and_platform(program: Path) -> None:
    assert installation.find() == Installation(program, "1.11.4", "linux_amd64")


def test_none_on_path_is_refused_as_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal) as refused:
        installation.find()
    assert refused.value.exit_code is Exit.UNAVAILABLE
    assert "not installed" in str(refused.value)


def test_neither_init_nor_any_other_command_sees_the_users_secrets(terraform: Terraform) -> None:
    terraform.initialise()
    at_init = told(terraform)
    assert not set(at_init) & set(SECRETS)
    assert at_init["HOME"] == os.environ["HOME"]
    terraform.run("plan")
    later = told(terraform)
    assert not set(later) & set(SECRETS)
    assert Path(later["HOME"]).is_relative_to(terraform.aside)
    assert Path(later["TF_CLI_CONFIG_FILE"]).is_relative_to(terraform.aside)
    assert later["MARK"] == "x"


def test_what_would_leave_the_machine_has_no_way_out(terraform: Terraform) -> None:
    terraform.run("plan")
    seen = told(terraform)
    assert seen["HTTPS_PROXY"] == seen["HTTP_PROXY"] == "http://127.0.0.1:9"
    assert seen["NO_PROXY"] == "127.0.0.1"


@pytest.mark.parametrize("how", ["kept", "variable", "configuration"])
def test_a_provider_at_hand_is_used_without_the_users_configuration(
    how: str, terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = tmp_path / how
    terraform.installation.provider_in(plugins).mkdir(parents=True)
    if how == "variable":
        monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(plugins))
    if how == "configuration":
        file = tmp_path / "own.rc"
        file.write_text(f'plugin_cache_dir = "{plugins}"\n')
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))
    terraform.initialise()
    configuration = Path(told(terraform)["TF_CLI_CONFIG_FILE"])
    assert configuration.is_relative_to(terraform.aside)
    assert f'path = "{plugins}"' in configuration.read_text()


def test_a_downloaded_provider_is_kept_and_a_linked_one_is_not(terraform: Terraform, tmp_path: Path) -> None:
    found = terraform.installation.provider_in(terraform.work / ".terraform" / "providers")
    kept = terraform.installation.provider_in(tmp_path / "kept")
    (tmp_path / "mirror").mkdir()
    found.parent.mkdir(parents=True)
    found.symlink_to(tmp_path / "mirror")
    terraform.initialise()
    assert not kept.exists()
    found.unlink()
    found.mkdir()
    (found / "provider").write_text("700 MB")
    terraform.initialise()
    assert (kept / "provider").read_text() == "700 MB"
    assert [one.name for one in (tmp_path / "kept").iterdir()] == ["registry.terraform.io"]


def test_no_provider_anywhere_is_refused_as_not_available_and_says_how(program: Path, tmp_path: Path) -> None:
    program.write_text(TELLS.replace('"fail"', '"init"'))
    (tmp_path / "work").mkdir()
    with pytest.raises(Refusal) as refused:
        Terraform(installation.find(), tmp_path / "work", tmp_path / "aside").initialise()
    assert refused.value.exit_code is Exit.UNAVAILABLE
    (problem,) = refused.value.problems
    assert "no such host" in problem.what
    assert "│" not in problem.what
    for way in ("TF_PLUGIN_CACHE_DIR", "terraform providers mirror", "registry.terraform.io"):
        assert way in problem.remedy


def test_events_are_handed_on_and_what_is_no_event_is_not(terraform: Terraform) -> None:
    heard: list[dict[str, Any]] = []
    assert terraform.follow("plan", seconds=30, hear=heard.append) == 0
    assert heard == [{"type": "told"}]


def test_a_command_that_takes_too_long_is_ended(terraform: Terraform) -> None:
    heard: list[dict[str, Any]] = []
    code = terraform.follow("sleep", seconds=1, hear=heard.append)
    assert code != 0
    assert not _alive(heard[0]["pid"])


def test_a_command_is_ended_when_its_caller_stops_listening(terraform: Terraform) -> None:
    heard: list[dict[str, Any]] = []

    def stop(event: dict[str, Any]) -> None:
        heard.append(event)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        terraform.follow("sleep", seconds=60, hear=stop)
    assert not _alive(heard[0]["pid"])


def _alive(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
