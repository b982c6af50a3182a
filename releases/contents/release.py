"""A release described: everything that two releases can differ in."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from releases.build import REQUIREMENTS_FILE
from releases.contents import contracts, dags, models
from releases.tree import dag_files, entry_points, is_contract


@dataclass(frozen=True)
class Contents:
    """What is in a release."""

    name: str
    """How it is called in messages: its id, or the name of a checkout."""
    dag_files: tuple[dags.DagFile, ...]
    spark_jobs: Mapping[str, str]
    models: Mapping[str, str]
    model_properties: Mapping[str, str]
    contracts: Mapping[str, contracts.Contract]
    requirements: Mapping[str, str]
    """Version by package; empty for releases that were built before they carried the list."""

    @property
    def dags(self) -> dict[str, dags.Dag]:
        """Its DAGs by id."""
        return {dag.id: dag for file in self.dag_files for dag in file.dags}


def describe(name: str, files: Mapping[str, bytes]) -> Contents:
    """Describes a release by its files (path in the release to bytes).

    Raises:
        Refusal: a contract cannot be read, or there is no environment in which DAG files can be.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-release-") as temporary:
        folder = Path(temporary)
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        parsed = dags.read(folder, dag_files(list(files)))
    found = [contracts.read(path, data) for path, data in files.items() if is_contract(path)]
    return Contents(
        name=name,
        dag_files=tuple(parsed),
        spark_jobs=models.spark_jobs(files, entry_points(dict(files))),
        models=models.models(files),
        model_properties=models.properties(files),
        contracts={contract.id: contract for contract in found},
        requirements=_requirements(files.get(REQUIREMENTS_FILE, b"")),
    )


def _requirements(text: bytes) -> dict[str, str]:
    lines = (line.partition("==") for line in text.decode().splitlines())
    return {name: version for name, equals, version in lines if equals}
