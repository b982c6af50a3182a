"""A revision is taken out beside the working copy, which is not touched, and goes away again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from environments.problems import Exit, Refusal
from policies.gate.revision import checked_out


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))
    return place


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "stacks").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "stacks" / "__main__.py").write_text("old")
    (folder / ".gitattributes").write_text("stacks/hidden.py export-ignore\n")
    (folder / "stacks" / "hidden.py").write_text("hidden")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    (folder / "stacks" / "__main__.py").write_text("new")
    git(folder, "commit", "-qam", "two")
    return folder


def left(place: Path) -> list[Path]:
    return list(place.glob("sluice-*/revision-*"))


def test_the_files_of_the_revision_are_there_and_the_working_copy_is_untouched(
    repository: Path, temporary: Path
) -> None:
    (repository / "stacks" / "__main__.py").write_text("dirty")
    (repository / "untracked").write_text("x")
    before = (
        git(repository, "status", "--porcelain"),
        git(repository, "worktree", "list"),
        (repository / ".git/index").read_bytes(),
    )
    with checked_out("HEAD~1", repository / "stacks") as checkout:
        assert (checkout.path(repository / "stacks") / "__main__.py").read_text() == "old"
        assert (checkout.root / "stacks" / "hidden.py").exists()
        assert not (checkout.root / "untracked").exists()
        assert checkout.commit == git(repository, "rev-parse", "HEAD~1")
        after = (
            git(repository, "status", "--porcelain"),
            git(repository, "worktree", "list"),
            (repository / ".git/index").read_bytes(),
        )
    assert before == after
    assert left(temporary) == []


def test_it_goes_away_when_the_block_fails(repository: Path, temporary: Path) -> None:
    with pytest.raises(ZeroDivisionError), checked_out("HEAD", repository):
        raise ZeroDivisionError
    assert left(temporary) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_living_ones_is_not(
    repository: Path, temporary: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from policies.gate.revision import checked_out\n"
        "with checked_out('HEAD', Path(sys.argv[1])) as c:\n print(c.root, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(repository)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        root = Path(process.stdout.readline().strip())
        with checked_out("HEAD", repository):
            assert root.exists()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert root.exists()
        with checked_out("HEAD", repository):
            assert not root.exists()
    finally:
        process.kill()
        process.wait(10)
    assert left(temporary) == []


@pytest.mark.parametrize("revision", ["nothing", "--help", "HEAD:stacks", ""])
def test_an_unknown_revision_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(Refusal, match="no revision") as refused, checked_out(revision, repository):
        pass
    assert refused.value.exit_code is Exit.BAD_INPUT


def test_a_shallow_clone_is_told_from_a_wrong_name(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    with pytest.raises(Refusal, match="shallow") as refused, checked_out("HEAD~1", tmp_path / "shallow"):
        pass
    assert "unshallow" in str(refused.value)


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="not in a git repository"), checked_out("HEAD", tmp_path):
        pass


def test_without_git_the_gate_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match="git is not installed") as refused, checked_out("HEAD", repository):
        pass
    assert refused.value.exit_code is Exit.UNAVAILABLE


def test_a_path_outside_has_no_earlier_revision(repository: Path, tmp_path: Path) -> None:
    with checked_out("HEAD", repository) as checkout, pytest.raises(Refusal, match="not inside"):
        checkout.path(tmp_path)


def test_variables_that_a_hook_sets_do_not_mislead_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository / ".git/index"))
    before = (repository / ".git/index").read_bytes()
    with checked_out("HEAD~1", repository) as checkout:
        assert (checkout.root / "stacks" / "__main__.py").read_text() == "old"
    assert (repository / ".git/index").read_bytes() == before
