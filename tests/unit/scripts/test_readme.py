"""README's commands are real: each is taken by the command line's own parser, or by make.

That the platform's verbs do what README says of them is proven in tests/e2e.
"""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import typer

from scripts.__main__ import app

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
LINES = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()]
COMMANDS = [
    shlex.split(line.split(" #")[0])[1:]
    for line in LINES
    if line.startswith("./sluice") and "--install-completion" not in line
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_sluice_command_of_the_readme_parses(arguments: list[str]) -> None:
    command: click.Command = typer.main.get_command(app)
    context = click.Context(command)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None, name
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_context(command.name, list(arguments), parent=context)


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"`?make ([a-z-]+)", README))
    assert {"up", "test", "down", "clean"} <= targets
    for target in sorted(targets):
        result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


def test_the_readme_names_every_room_that_there_is() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    named = set(re.findall(r"^\| `([a-z]+)/", README, re.M))
    assert named <= rooms | {"policies", "docs"}
    assert rooms - named <= {"docs"}


def test_only_the_verbs_that_need_it_import_what_is_heavy() -> None:
    """The command's own start must stay light: heavy libraries are imported inside the verbs."""
    heavy = ["pulumi", "boto3", "duckdb", "airflow_client", "httpx", "supervisor", "obstore", "rich.table"]
    code = f"import sys, scripts.__main__; print([m for m in {heavy} if m in sys.modules])"
    python = ROOT / ".sluice" / "venvs" / "infra" / "bin" / "python"
    result = subprocess.run([python, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
