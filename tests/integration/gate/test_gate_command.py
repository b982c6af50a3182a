"""`sluice gate` as CI runs it, on programs of other people."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
AGES = ("new", "existing", "fixed")
PROGRAM = ROOT / "tests" / "fixtures" / "programs" / "open_door"


def sluice(state: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with a state folder, and so a cache, of its own; never a traceback."""
    done = subprocess.run(
        [str(ROOT / "sluice"), *arguments],
        cwd=state.parent,
        env={**os.environ, "SLUICE_STATE": str(state), **environment},
        text=True,
        capture_output=True,
        timeout=240,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, to be changed."""
    return Path(shutil.copytree(PROGRAM, tmp_path_factory.mktemp("foreign") / "program"))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the module."""
    return tmp_path_factory.mktemp("gate") / "state"


def report(state: Path, program: Path, *more: str, code: int = 1) -> dict[str, Any]:
    """The gate's JSON on the program."""
    done = sluice(state, "gate", "--program", str(program), "--stack", "dev", "--format", "json", *more)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout))


def test_a_foreign_program_is_judged_at_its_python_lines_and_again_from_the_cache(
    state: Path, program: Path
) -> None:
    first = report(state, program)
    lines = {
        (f["source"]["file"], f["source"]["line"])
        for f in first["findings"]
        if f["category"] == "public-exposure"
    }
    assert ("__main__.py", 5) in lines, "the security group is made there"
    assert first["summary"]["resources"]["seen"] == first["summary"]["resources"]["checked"] == 2
    again = report(state, program)
    assert again["findings"] == first["findings"]
    entries = list((state / "cache" / "verdicts").glob("*.json"))
    assert len(entries) == 1


def test_the_terminal_quotes_the_line_of_a_program_inside_a_larger_repository(state: Path) -> None:
    said = sluice(state, "gate", "--program", str(PROGRAM), "--stack", "dev").stdout
    place = f"{PROGRAM.relative_to(ROOT)}/__main__.py:5"
    following = said.split(place, 1)[1].splitlines()
    assert (PROGRAM / "__main__.py").read_text().splitlines()[4].strip() in following[1]


def test_a_changed_program_is_judged_anew(state: Path, program: Path) -> None:
    before = len(report(state, program)["findings"])
    main = program / "__main__.py"
    main.write_text(main.read_text().replace("0.0.0.0/0", "10.0.0.0/8"))
    assert len(report(state, program)["findings"]) < before


def test_the_context_file_decides_how_strict(state: Path, program: Path, tmp_path: Path) -> None:
    context = tmp_path / "context.yaml"
    context.write_text("tier: prod\nrequired_tags: [owner]\n")
    found = report(state, program, "--context", str(context))
    assert any(f["category"] == "tags" for f in found["findings"])


def test_every_format_can_be_written_to_a_file(state: Path, program: Path, tmp_path: Path) -> None:
    for name in ("terminal", "json", "sarif", "junit", "markdown", "github"):
        file = tmp_path / f"report.{name}"
        done = sluice(
            state,
            "gate",
            "--program",
            str(program),
            "--stack",
            "dev",
            "--format",
            name,
            "--output",
            str(file),
        )
        assert done.returncode == 1 and done.stdout == "" and file.stat().st_size > 100, name


def git(folder: Path, *arguments: str) -> None:
    """Runs git with an author of its own."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_against_a_base_old_new_and_fixed_findings_are_told_apart(state: Path, tmp_path: Path) -> None:
    program = Path(shutil.copytree(PROGRAM, tmp_path / "repository"))
    git(program, "init", "-q")
    git(program, "add", "-A")
    git(program, "commit", "-qm", "before")
    main = program / "__main__.py"
    changed = (
        main.read_text()
        .replace('"0.0.0.0/0"', '"10.0.0.0/8"')
        .replace('"plain"', '"plain", force_destroy=True')
    )
    main.write_text(changed + 'aws.s3.Bucket("second")\n')
    found = report(state, program, "--base", "HEAD")
    ages = {age: {(f["name"], f["category"]) for f in found["findings"] if f["age"] == age} for age in AGES}
    assert ("door", "public-exposure") in ages["fixed"]
    assert {name for name, _ in ages["existing"]} >= {"plain"}
    assert {name for name, _ in ages["new"]} >= {"second"}
    changes = {(c["operation"], c["name"]) for c in found["changes"]["dev"]}
    assert {("create", "second"), ("change", "plain")} <= changes
    unchanged = sluice(
        state, "gate", "--program", str(program), "--stack", "dev", "--base", "HEAD", "--only-new"
    )
    assert unchanged.returncode == 1, "the second bucket is new"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["aws-prdo"], "aws-prod"),
        (["local"], "sluice up"),
        (["--program", "nowhere", "--stack", "dev"], "nowhere"),
        (["--program", str(PROGRAM)], "--stack"),
        (["--program", str(PROGRAM), "--stack", "dev", "--config", "novalue"], "KEY=VALUE"),
        (
            ["--program", str(PROGRAM), "--stack", "dev", "--context", "none.yaml"],
            "none.yaml: cannot read the file",
        ),
        (["--only-new"], "--base"),
        (["aws-dev", "--base", "no-such-revision"], "no-such-revision"),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else "",
)
def test_bad_input_is_one_clear_message(state: Path, arguments: list[str], says: str) -> None:
    done = sluice(state, "gate", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr


def test_a_folder_that_is_no_program_is_bad_input(state: Path, tmp_path: Path) -> None:
    done = sluice(state, "gate", "--program", str(tmp_path), "--stack", "dev")
    assert done.returncode == 2 and "Pulumi.yaml" in done.stderr
