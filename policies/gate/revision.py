"""Takes a revision of a git repository out into a folder of its own, to be captured beside the working copy.

The user's checkout is never touched: the files are written from git's object store through an index of their
own (so attributes such as `export-ignore` leave nothing out), and nothing is written into `.git`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from environments.problems import Exit, Location, Refusal

_SECONDS = 120
# No hook and no watcher of the user's may run for this.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")


@dataclass(frozen=True)
class Checkout:
    """A revision's files."""

    root: Path
    """Where they are, until the block ends."""
    repository: Path
    """The working copy that they belong to."""
    commit: str

    def path(self, original: Path) -> Path:
        """The place here of a path of the working copy.

        Raises:
            Refusal: the path is not inside the repository.
        """
        try:
            return self.root / original.resolve().relative_to(self.repository)
        except ValueError:
            raise Refusal.because(
                f"not inside the repository {self.repository}, so it has no earlier revision",
                where=Location(original),
            ) from None


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Checkout]:
    """A revision of the repository that holds `folder`, taken out for the length of a block.

    What an earlier run left behind when it was killed is removed first.

    Raises:
        Refusal: git is missing, there is no repository, or no such revision in it.
    """
    if not shutil.which("git"):
        raise Refusal.because(
            "git is not installed", remedy="install git, or leave out --base", exit_code=Exit.UNAVAILABLE
        )
    repository = _repository(folder)
    commit = _commit(revision, repository)
    parent = _parent()
    _sweep(parent)
    place = Path(tempfile.mkdtemp(prefix="revision-", dir=parent))
    lock = os.open(place / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = place / "tree"
        root.mkdir()
        _write(repository, commit, root, place / "index")
        yield Checkout(root.resolve(), repository, commit)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def commit_of(revision: str, folder: Path) -> str:
    """The commit that a revision names now.

    Raises:
        Refusal: as `checked_out`.
    """
    return _commit(revision, _repository(folder))


def _repository(folder: Path) -> Path:
    if not folder.is_dir():
        raise Refusal.because("there is no such folder", where=Location(folder))
    done = _git(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        said = _said(done)
        owned = "dubious ownership" in said
        raise Refusal.because(
            "git does not trust this repository: someone else owns it"
            if owned
            else "not in a git repository",
            where=Location(folder),
            remedy="add it to git's safe.directory"
            if owned
            else "leave out --base, or run it inside a clone",
        )
    if not done.stdout.strip():
        raise Refusal.because("the repository has no working copy", where=Location(folder))
    return Path(done.stdout.decode().rstrip("\n")).resolve()


def _commit(revision: str, repository: Path) -> str:
    done = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done.returncode == 0:
        return done.stdout.decode().strip()
    shallow = _git(repository, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    raise Refusal.because(
        f"no revision `{revision}` in this repository"
        + (", which is a shallow clone: it may be cut off" if shallow else ""),
        where=Location(repository),
        remedy="run `git fetch --unshallow` (in CI: check out with `fetch-depth: 0`)"
        if shallow
        else "name a commit, branch or tag that `git rev-parse` knows; fetch it if it is on the remote only",
    )


def _write(repository: Path, commit: str, root: Path, index: Path) -> None:
    for arguments in (
        ("read-tree", commit),
        ("checkout-index", "--all", "--force", f"--prefix={root}{os.sep}"),
    ):
        done = _git(repository, *arguments, index=index)
        if done.returncode:
            raise Refusal.because(
                f"git cannot take out {commit[:12]}: {_said(done)}",
                where=Location(repository),
                remedy="see whether the clone is whole: `git fsck`; a partial clone needs its remote",
                exit_code=Exit.UNAVAILABLE,
            )


def _git(folder: Path, *arguments: str, index: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    # Inside a hook, git sets variables that point at another index or repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    try:
        return subprocess.run(
            ["git", *_QUIET, "-C", str(folder), *arguments],
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Refusal.because(
            f"git {arguments[0]} did not end within {_SECONDS} seconds",
            where=Location(folder),
            exit_code=Exit.UNAVAILABLE,
        ) from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _parent() -> Path:
    """A folder for this user alone under the system's temporary one."""
    parent = Path(tempfile.gettempdir()) / f"sluice-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    found = parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refusal.because(
            "not a folder of this user's",
            where=Location(parent),
            remedy="remove it",
            exit_code=Exit.UNAVAILABLE,
        )
    parent.chmod(0o700)
    return parent


def _sweep(parent: Path) -> None:
    """Removes what nobody holds a lock on: its process was killed."""
    for place in parent.glob("revision-*"):
        with suppress(OSError):
            lock = os.open(place / "lock", os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
            finally:
                os.close(lock)
