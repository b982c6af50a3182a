"""Two releases are compared by what they do. The DAGs are read by Airflow itself, in the runtime's environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from releases.build import REQUIREMENTS_FILE, build
from releases.contents import Contents, describe
from releases.contents.dags import read
from releases.diff import Breaks, compare
from releases.diff.render import lines, markdown
from releases.tree import collect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
DAG = "dags/pipelines/sales_curation/dag.py"
CONTRACT = "dags/pipelines/sales_curation/contract.yaml"
MODEL = "dags/warehouse/models/sales/marts/fct_sales.sql"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """What ships of this repository."""
    return {**collect(ROOT), REQUIREMENTS_FILE: b"duckdb==1.5.5\npyarrow==26.0.1\n"}


@pytest.fixture(scope="module")
def before(files: dict[str, bytes]) -> Contents:
    return describe("before", files)


def edited(files: dict[str, bytes], path: str, edit: Callable[[str], str]) -> dict[str, bytes]:
    changed = edit(files[path].decode())
    assert changed.encode() != files[path], "the edit must hit something"
    return {**files, path: changed.encode()}


def test_comments_white_space_and_the_order_of_sources_change_nothing(
    files: dict[str, bytes], before: Contents
) -> None:
    other = edited(files, DAG, lambda text: "# A comment.\n" + text)
    other = edited(other, MODEL, lambda text: f"-- a comment\n\n{text}\n")
    assert compare(before, describe("after", other)) == []


def test_every_kind_of_change_is_found_by_name_and_told_with_both_values(
    files: dict[str, bytes], before: Contents
) -> None:
    other = edited(
        files,
        DAG,
        lambda text: (
            text.replace('"retries": 3', '"retries": 5')
            .replace('"0 0 * * *"', '"0 6 * * *"')
            .replace("    replicated >> checked\n", "")
        ),
    )
    other = edited(other, CONTRACT, lambda text: text.replace("maximum: 100000\n", "maximum: 50000\n"))
    other = edited(other, MODEL, lambda text: text + "\nwhere true\n")
    other = edited(other, "spark/sales.py", lambda text: text + "\nPRECISION = 2\n")
    other[REQUIREMENTS_FILE] = b"duckdb==1.6.0\nnew==1\n"
    found = compare(before, describe("after", other))
    said = {(change.kind, change.name, change.operation, change.what) for change in found}
    assert {
        ("dag", "sales_curation", "changed", "schedule"),
        ("task", "sales_curation.extract", "changed", "retries"),
        ("edge", "sales_curation.replicate → check_contract", "removed", ""),
        ("spark job", "spark/jobs/curate_sales.py", "changed", ""),
        ("model", "fct_sales", "changed", ""),
        ("field", "commerce-transactions.transactions.quantity", "changed", "maximum"),
        ("requirement", "duckdb", "changed", "version"),
        ("requirement", "new", "added", ""),
        ("requirement", "pyarrow", "removed", ""),
    } <= said
    [retries] = [c for c in found if c.name == "sales_curation.extract" and c.what == "retries"]
    assert (retries.before, retries.after) == ("3", "5")
    [tighter] = [c for c in found if c.breaks]
    assert tighter.breaks is Breaks.PRODUCERS and tighter.scope == "commerce-transactions"
    text, comment = "\n".join(lines("before", "after", found)), markdown("before", "after", found)
    for change in found:
        assert change.name in text and change.name in comment
    assert "1 of them breaking" in text and "**1 breaking change**" in comment


def test_a_dag_file_that_fails_hangs_or_calls_out_is_told_apart_from_one_without_dags(tmp_path: Path) -> None:
    contents = {
        "bad.py": "raise ValueError('not today')\n",
        "slow.py": "import time\ntime.sleep(60)\n",
        "calls.py": "import socket\nsocket.create_connection(('127.0.0.1', 9))\n",
        "ends.py": "import os\nos._exit(3)\n",
        "empty.py": "x = 1\n",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    found = {file.file: file for file in read(tmp_path, list(contents), seconds=2)}
    assert "not today" in found["bad.py"].error
    assert "2 s" in found["slow.py"].error
    assert "network" in found["calls.py"].error
    assert "exit code 3" in found["ends.py"].error
    assert found["empty.py"].error == "" and found["empty.py"].dags == ()


def test_a_built_release_carries_the_list_of_its_packages() -> None:
    assert REQUIREMENTS_FILE in build(ROOT).manifest.files
