"""Builds a release: the same sources give the same bytes, on every machine and day."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME, Digest, ReleaseManifest, sha256
from environments.problems import Location, Refusal
from releases.requirements import runtime_requirements
from releases.tree import collect, dag_files, entry_points, is_contract

REQUIREMENTS_FILE = "requirements.txt"
"""The packages that the release runs on, one `name==version` per line; also what two releases are compared by."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Release:
    """A built release: the manifest, and every object by name (without the manifest)."""

    manifest: ReleaseManifest
    objects: dict[str, bytes]

    @property
    def id(self) -> str:
        """sha256 of the manifest's bytes."""
        return self.manifest.id

    @property
    def dag_files(self) -> list[str]:
        """The files that Airflow parses."""
        return dag_files(list(self.manifest.files))

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by their path, out of the archives."""
        found: dict[str, bytes] = {}
        for name in self.manifest.archives:
            with zipfile.ZipFile(io.BytesIO(self.objects[name])) as content:
                found |= {path: content.read(path) for path in content.namelist()}
        return dict(sorted(found.items()))


def build(root: Path) -> Release:
    """Builds the release of a checkout.

    Raises:
        Refusal: a file may not ship, the lock cannot be read, or there is no pipeline.
    """
    requirements = runtime_requirements(root)
    files = {**collect(root), REQUIREMENTS_FILE: requirements.text.encode()}
    if not dag_files(list(files)):
        raise Refusal.because(
            "there is no pipeline to ship",
            where=Location(root / "dags" / "pipelines"),
            remedy="a pipeline is a folder with a `dag.py`",
        )
    archives: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        archives.setdefault(_archive_of(path), {})[path] = data
    objects = {name: archive(members) for name, members in archives.items()}
    objects |= {path: files[path] for path in entry_points(files)}
    manifest = ReleaseManifest(
        airflow_version=requirements.airflow_version,
        requirements_sha256=sha256(requirements.text.encode()),
        files={path: Digest.of(data) for path, data in files.items()},
        objects={name: Digest.of(data) for name, data in sorted(objects.items())},
    )
    assert MANIFEST_NAME not in objects
    return Release(manifest, dict(sorted(objects.items())))


def _archive_of(path: str) -> str:
    if path.startswith("spark/"):
        return "spark.zip"
    if path.startswith("dags/warehouse/"):
        return "warehouse.zip"
    return "contracts.zip" if is_contract(path) else "dags.zip"


def archive(members: dict[str, bytes]) -> bytes:
    """A zip file of these paths; the same content gives the same bytes, on every machine and day."""
    buffer = io.BytesIO()
    # Stored, not deflated: the bytes that deflate gives differ between builds of zlib.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as opened:
        for path in sorted(members):
            member = zipfile.ZipInfo(path, _EPOCH)
            member.create_system = 3
            member.external_attr = (0o100644) << 16
            opened.writestr(member, members[path])
    return buffer.getvalue()
