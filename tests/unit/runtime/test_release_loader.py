"""The loader for an Airflow without bundle classes, parsed by Airflow's own DagBag as it would be there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sluice_bundle.errors import StorageUnavailable
from sluice_bundle.loader import load

from releases.build import build
from releases.ship import ship_release
from tests.toy_release import checkout, dag_source, quiet, write

pytestmark = pytest.mark.runtime

LOADER = Path(__file__).resolve().parents[3] / "dags" / "bundle" / "loader.py"
PARSE = """
import sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(dag_folder=sys.argv[1], bundle_path=Path(sys.argv[1]).parent, bundle_name="dags-folder")
for dag in bag.dags.values():
    print("DAG", dag.dag_id, *sorted(dag.tags))
for error in bag.import_errors.values():
    print("ERROR", error.strip().splitlines()[-1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    shutil.copy(LOADER, tmp_path / "dags")
    return tmp_path


def parsed(folder: Path) -> list[str]:
    """What a new process of Airflow finds in the DAG folder."""
    environment = {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__SLUICE__RELEASES": (folder / "store").as_uri(),
        "PYTHONPATH": str(LOADER.parent),
        "TMPDIR": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", PARSE, folder / "dags" / LOADER.name],
        env=environment, cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if line.startswith(("DAG ", "ERROR "))]


def test_it_serves_the_current_release_whole_and_the_last_good_one_when_that_cannot_be_had(
    folder: Path,
) -> None:
    store = (folder / "store").as_uri()
    one = ship_release(checkout(folder / "1", greeting="one"), store, None, quiet).release
    assert parsed(folder) == [f"DAG hello release:{one}"]
    two = build(write(checkout(folder / "2"), {"dags/pipelines/other/dag.py": dag_source("other")}))
    ship_release(folder / "2", store, None, quiet)
    archive = folder / "store" / "releases" / two.id / "dags.zip"
    archive.rename(folder / "aside")
    assert parsed(folder) == [f"DAG hello release:{one}"], "half a release is none"
    (folder / "aside").rename(archive)
    assert sorted(parsed(folder)) == [f"DAG hello release:{two.id}", f"DAG other release:{two.id}"]


def test_a_dag_file_that_cannot_be_imported_is_one_error_and_no_dag_of_its_release_is_served(
    folder: Path,
) -> None:
    broken = write(checkout(folder / "1"), {"dags/pipelines/other/dag.py": "import nothing_of_that_name"})
    ship_release(broken, (folder / "store").as_uri(), None, quiet)
    (said,) = parsed(folder)
    assert (
        said.startswith("ERROR ImportError: ") and "dags/pipelines/other/dag.py: ModuleNotFoundError" in said
    )


def test_nothing_shipped_is_no_dag_and_nothing_to_be_had_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace: dict[str, object] = {}
    load(namespace, (tmp_path / "store").as_uri(), tmp_path / "cache")
    assert namespace == {}
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(StorageUnavailable):
        load({}, "s3://nowhere", tmp_path / "cache")
