"""One run of the release gate: every check on one release, for one environment."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from environments.manifest import PlatformManifest
from environments.model import Environment
from releases.contents import Contents, describe
from releases.diff import Change, compare
from releases.gate.compiled import check_compiled
from releases.gate.contracts import check_contract_changes
from releases.gate.dags import check_dags
from releases.gate.finding import Finding
from releases.gate.needs import Declared, check_needs, declared
from releases.gate.requirements import check_requirements
from releases.gate.secrets import check_secrets
from releases.tree import dag_files, is_contract


@dataclass(frozen=True)
class Subject:
    """What is to ship, and where to."""

    files: Mapping[str, bytes]
    """The release's files by their path."""
    requirements: list[str]
    """The direct requirements of the runtime."""
    environment: Environment
    manifest: PlatformManifest | None
    """What the target offers; None where it is not known."""
    before: Contents | None = None
    """The release that the target serves now; None for a first ship."""


@dataclass(frozen=True)
class Judged:
    """The findings, and what would change."""

    findings: list[Finding]
    changes: list[Change]
    contents: Contents


def check(subject: Subject) -> Judged:
    """Runs every check, those that wait for other programs side by side.

    Raises:
        Refusal: a contract is none, or a tool that a check needs is missing.
    """
    files = subject.files
    pipelines = dag_files(list(files))
    with tempfile.TemporaryDirectory(prefix="sluice-release-") as temporary, ThreadPoolExecutor(3) as pool:
        folder = Path(temporary)
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        compiled = pool.submit(
            lambda: list(check_compiled(folder, [path for path in files if is_contract(path)]))
        )
        secrets = pool.submit(lambda: list(check_secrets(folder)))
        orchestrator = subject.environment.orchestrator
        resolved = pool.submit(
            lambda: list(
                check_requirements(subject.requirements, orchestrator.airflow_version, orchestrator.kind)
            )
        )
        contents = describe("this release", files)
        changes = compare(subject.before, contents) if subject.before else []
        needs = list(declared(files, pipelines))
        findings = [
            *check_dags(contents.dag_files, files),
            *(one for one in needs if isinstance(one, Finding)),
            *check_needs(
                [one for one in needs if isinstance(one, Declared)],
                files,
                subject.manifest,
                subject.environment.name,
                contents.spark_jobs,
            ),
            *check_contract_changes(
                changes, subject.before.contracts if subject.before else {}, contents.contracts, files
            ),
            *compiled.result(),
            *secrets.result(),
            *resolved.result(),
        ]
    return Judged(findings, changes, contents)
