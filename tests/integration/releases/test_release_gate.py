"""The release gate on this repository's own release, and on damaged copies of it; with the real Airflow, dbt, uv and
detect-secrets. Resolving requirements asks the package index.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.load import load
from environments.vocabulary import OrchestratorKind
from releases.gate.compiled import check_compiled
from releases.gate.invoke import Subject, check
from releases.gate.requirements import check_requirements, wanted
from releases.gate.secrets import check_secrets
from releases.tree import collect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = "dags/pipelines/sales_curation/contract.yaml"


def written(files: dict[str, bytes], folder: Path) -> None:
    """The files of a release as it is unpacked."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def test_the_release_of_this_repository_passes_for_local_but_for_the_platform_that_is_not_there() -> None:
    judged = check(Subject(collect(ROOT), wanted(ROOT), load("local"), None))
    assert {(finding.rule, finding.undetermined) for finding in judged.findings} == {("needs/platform", True)}
    assert "sales_curation" in judged.contents.dags


def test_contracts_and_sql_that_do_not_compile_are_found_in_their_files(tmp_path: Path) -> None:
    files = collect(ROOT)
    model = "dags/warehouse/models/sales/marts/fct_sales.sql"
    files[model] = b"select from where\n(("
    files[CONTRACT] = files[CONTRACT].replace(b"logicalType: integer", b"logicalType: wishful", 1)
    written(files, tmp_path)
    found = {(finding.rule, finding.file) for finding in check_compiled(tmp_path, [CONTRACT])}
    assert found == {("contract/lint", CONTRACT), ("sql/compiles", model)}


def test_a_model_that_refers_to_nothing_is_found(tmp_path: Path) -> None:
    lost = "dags/warehouse/models/sales/lost.sql"
    written({**collect(ROOT), lost: b"select * from {{ ref('nowhere') }}"}, tmp_path)
    [finding] = check_compiled(tmp_path, [])
    assert finding.rule == "sql/compiles" and "nowhere" in finding.what
    assert finding.file == lost


def test_secrets_in_files_are_found_at_their_lines(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    key = "AKIA" + "IOSFODNN7EXAMPLF"
    (tmp_path / "dags" / "a.py").write_text(f'x = 1\nkey = "{key}"\n')
    (tmp_path / "dags" / "b.py").write_text(f'password = "{"hunter2" * 2}"\n')
    (tmp_path / "dags" / "c.py").write_text("password = read_secret()\n")
    found = [(finding.file, finding.line) for finding in check_secrets(tmp_path)]
    assert found == [("dags/a.py", 2), ("dags/b.py", 1)]


def test_packages_that_the_targets_airflow_excludes_are_found() -> None:
    [finding] = check_requirements(["apache-airflow-core==3.0.0"], "3.3.1", OrchestratorKind.MWAA)
    assert not finding.undetermined and "apache-airflow-core" in finding.what
