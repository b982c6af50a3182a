"""`sluice bootstrap`: what it prints and writes without AWS, and how it says no.

What it does with credentials is proven in tests/integration/rehearsal/test_bootstrap.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from environments.load import load
from environments.problems import Exit, Refusal
from scripts.__main__ import app
from stacks.bootstrap.names import Names
from tests.bootstrap_program import document


def run(*arguments: str) -> Result:
    """Runs the verb; a refusal comes through as it would to the command."""
    return CliRunner().invoke(app, ["bootstrap", *arguments], catch_exceptions=False)


def refused(*arguments: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        run(*arguments)
    return caught.value


def test_names_are_lines_for_a_shell_and_for_githubs_environment_file_and_the_same_as_json() -> None:
    lines = run("aws-dev", "--names").stdout.splitlines()
    expected = Names(load("aws-dev")).for_ci()
    assert dict(line.split("=", 1) for line in lines) == expected
    assert json.loads(run("aws-dev", "--names", "--json").stdout) == expected


def test_output_writes_the_terraform_json_and_nothing_else(tmp_path: Path) -> None:
    assert run("aws-dev", "--output", str(tmp_path / "new" / "folder")).exit_code == 0
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert json.loads(file.read_text()) == document("aws-dev")
    assert file.name == "main.tf.json"
    # No folder of this machine, and no backend: where the state is kept is the verb's business.
    assert str(tmp_path) not in file.read_text()
    assert "backend" not in json.loads(file.read_text())["terraform"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["gcp-dev", "--plan"], "gcp-dev is not on AWS"),
        (["aws-dve", "--plan"], "there is no environment `aws-dve`; did you mean aws-dev?"),
        (["aws-dev", "--plan", "--yes"], "--plan and --yes do different things"),
        (["aws-dev", "--names", "--output", "x"], "--output and --names do different things"),
        (["aws-dev", "--json"], "--json lists something"),
        (["aws-dev"], "nobody is there to be asked"),
        (["aws-dev", "--output", "/proc/x"], "no folder can be made"),
    ],
)
def test_bad_input_is_one_message(arguments: list[str], what: str) -> None:
    refusal = refused(*arguments)
    assert refusal.exit_code is Exit.BAD_INPUT
    assert what in refusal.problems[0].what


@pytest.mark.parametrize(
    ("tool", "arguments"), [("Node", ["--output", "x"]), ("terraform", ["--plan"]), ("terraform", ["--yes"])]
)
def test_a_missing_tool_is_named_with_what_to_install(
    tool: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    refusal = refused("aws-dev", *arguments)
    assert refusal.exit_code is Exit.UNAVAILABLE
    assert tool in refusal.problems[0].what
    assert "install" in refusal.problems[0].remedy
