"""The SQL models of a release's dbt project, and its Spark jobs, by what is in their files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

MODELS = "dags/warehouse/models/"
TESTS = "dags/warehouse/tests/"
SPARK = "spark/"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_SPACE = re.compile(r"\s+")


def models(files: Mapping[str, bytes]) -> dict[str, str]:
    """Each model (and each test of its own file) by name, as SQL without comments and white space."""
    return {
        path.rsplit("/", 1)[1].removesuffix(".sql"): _plain(data)
        for path, data in files.items()
        if path.startswith((MODELS, TESTS)) and path.endswith(".sql")
    }


def properties(files: Mapping[str, bytes]) -> dict[str, str]:
    """Digests of the files that describe models (columns, tests, sources), by their path in the project."""
    return {
        path.removeprefix("dags/warehouse/"): hashlib.sha256(data).hexdigest()
        for path, data in files.items()
        if path.startswith("dags/warehouse/") and path.endswith((".yml", ".yaml"))
    }


def spark_jobs(files: Mapping[str, bytes], entry_points: list[str]) -> dict[str, str]:
    """Each Spark job by the name of its file, as a digest of the entry point and of the package around it."""
    package = hashlib.sha256()
    for path in sorted(path for path in files if path.startswith(SPARK) and path not in entry_points):
        package.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return {path: hashlib.sha256(package.digest() + files[path]).hexdigest() for path in entry_points}


def _plain(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return _SPACE.sub(" ", _COMMENT.sub(" ", text)).strip().lower()
