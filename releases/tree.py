"""Which files of the repository ship, and which may not."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from dags.bundle.sluice_bundle.errors import ReleaseDamaged
from dags.bundle.sluice_bundle.manifest import check_path
from environments.problems import Location, Problem, Refusal

FOLDERS = ("dags/pipelines", "dags/runtime", "dags/warehouse", "spark")
FILES = ("dags/__init__.py", "environments/__init__.py", "environments/manifest.py")
DAG_FILES = "dags/pipelines/*/dag.py"
IGNORE_FILE = ".airflowignore"

# Airflow leaves a folder unread as soon as a pattern matches it, so each level on the way to the DAG
# files is taken back in after everything beside it was put out.
IGNORED_BY_AIRFLOW = b"""\
/*
!/dags/
/dags/*
!/dags/pipelines/
/dags/pipelines/*
!/dags/pipelines/*/
/dags/pipelines/*/*
!/dags/pipelines/*/dag.py
"""

JUNK_FOLDERS = (
    "__pycache__", ".git", ".idea", ".vscode", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".hypothesis",
)  # fmt: skip
JUNK_FILES = (
    ".DS_Store", "Thumbs.db", "desktop.ini", "*.pyc", "*.pyo", "*~", ".#*", "#*#", "*.swp", "*.swo",
    "*.orig", "*.rej", "._*", ".user.yml",
)  # fmt: skip
# What dbt makes out of the project, and the packages that it installs by itself.
BUILT_FOLDERS = ("dags/warehouse/target", "dags/warehouse/logs", "dags/warehouse/dbt_packages")

_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_CONTRACT = re.compile(r"dags/pipelines/(?:.+/)?(?:[^/]*contract[^/]*|contracts/[^/]+)\.ya?ml")
_ENTRY_POINT = re.compile(rb"^if __name__ == ['\"]__main__['\"]:", re.MULTILINE)


def collect(root: Path) -> dict[str, bytes]:
    """All files that ship, by their path in the release, in the order of the paths.

    Raises:
        Refusal: something in these folders may not ship; every such file is named.
    """
    files = {IGNORE_FILE: IGNORED_BY_AIRFLOW}
    problems: list[Problem] = []
    for path, source in _sources(root, problems):
        try:
            files[check_path(path)] = data = source.read_bytes()
        except ReleaseDamaged as error:
            problems.append(Problem(str(error), Location(source), "rename the file"))
            continue
        except OSError as error:
            problems.append(Problem(f"cannot read the file: {error.strerror}", Location(source)))
            continue
        problems.extend(_private_key(source, data))
    problems.extend(_shadowing(root, files))
    if problems:
        raise Refusal(*problems)
    return dict(sorted(files.items()))


def entry_points(files: dict[str, bytes]) -> list[str]:
    """The Spark jobs: modules that are run as scripts, by services that read them from storage."""
    return sorted(
        path
        for path, data in files.items()
        if path.startswith("spark/") and path.endswith(".py") and _ENTRY_POINT.search(data)
    )


def dag_files(paths: list[str]) -> list[str]:
    """Those of the paths that Airflow parses."""
    return sorted(
        path for path in paths if path.count("/") == DAG_FILES.count("/") and fnmatch(path, DAG_FILES)
    )


def is_contract(path: str) -> bool:
    """Whether a file of a release is a data contract."""
    return _CONTRACT.fullmatch(path) is not None


def _sources(root: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        if _plain(root, root / folder, problems, stat.S_IFDIR):
            yield from _walk(root, root / folder, problems)
    for file in FILES:
        if _plain(root, root / file, problems, stat.S_IFREG):
            yield file, root / file


def _walk(root: Path, folder: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    for name in sorted(os.listdir(folder)):
        source = folder / name
        path = source.relative_to(root).as_posix()
        if name in JUNK_FOLDERS or path in BUILT_FOLDERS or any(fnmatch(name, junk) for junk in JUNK_FILES):
            continue
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _walk(root, source, problems)
        elif _plain(root, source, problems, stat.S_IFREG):
            yield path, source


def _plain(root: Path, source: Path, problems: list[Problem], kind: int) -> bool:
    """Whether it is there and is a file or folder itself; links and devices are problems."""
    for part in (*reversed(source.relative_to(root).parents), source.relative_to(root)):
        if (root / part).is_symlink() and part != Path():
            problems.append(
                Problem(
                    "a symbolic link cannot ship: what it points at may differ on another machine",
                    Location(root / part),
                    "put the file itself here",
                )
            )
            return False
    try:
        found = stat.S_IFMT(source.lstat().st_mode)
    except FileNotFoundError:
        return False
    if found != kind:
        expected = "folder" if kind == stat.S_IFDIR else "regular file"
        problems.append(Problem(f"not a {expected}, so it cannot ship", Location(source), "remove it"))
    return found == kind


def _private_key(source: Path, data: bytes) -> Iterator[Problem]:
    found = _PRIVATE_KEY.search(data)
    if found:
        yield Problem(
            "this looks like a private key",
            Location(source, data.count(b"\n", 0, found.start()) + 1),
            "keep it in the secrets service, name it in the platform manifest, and replace the key",
        )


def _shadowing(root: Path, files: dict[str, bytes]) -> Iterator[Problem]:
    """Modules that would be imported in place of the standard library's.

    The roots of sys.path are the release's folder itself, its `dags` folder (where a managed Airflow
    puts it there), and each folder that holds a script, which Python adds when it runs the script.
    """
    roots = {"", "dags/", *(path.rpartition("/")[0] + "/" for path in entry_points(files))}
    seen = set()
    for path in files:
        for folder in roots:
            if not path.startswith(folder):
                continue
            first, _, below = path.removeprefix(folder).partition("/")
            module = first if below else first.removesuffix(".py")
            if (below or first.endswith(".py")) and module in sys.stdlib_module_names:
                seen.add((folder + first, module))
    for path, module in sorted(seen):
        yield Problem(
            f"this hides the standard library's module `{module}` from everything that runs beside it",
            Location(root / path),
            "rename it",
        )
