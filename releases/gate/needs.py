"""What a pipeline asks of the platform (`needs.yaml` beside its `dag.py`), held against the platform's manifest
and against the pipeline's own code.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from environments import yaml_file
from environments.manifest import PlatformManifest, Zone
from environments.problems import Refusal
from releases.gate.finding import Finding

FILE = "needs.yaml"


class Needs(BaseModel):
    """The content of a `needs.yaml`: logical names, as the platform manifest has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zones: tuple[Zone, ...] = ()
    failover_zones: tuple[Zone, ...] = ()
    sources: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    spark_jobs: tuple[str, ...] = ()
    """Entry points, by their path in the release."""
    warehouse: bool = False
    reads: tuple[str, ...] = ()
    """Datasets that other pipelines make."""
    writes: tuple[str, ...] = ()
    """Datasets that it makes itself: schemas of the warehouse."""
    clouds: tuple[str, ...] = ()
    """Other clouds that it reaches into."""


class Declared:
    """One pipeline's needs, with the lines on which they stand."""

    def __init__(self, file: str, needs: Needs, document: yaml_file.Document) -> None:
        self.file = file
        self.needs = needs
        self._document = document

    @property
    def folder(self) -> str:
        """The pipeline's folder, with a slash at its end."""
        return self.file.removesuffix(FILE)

    def line(self, key: str, name: str = "") -> int | None:
        """Where a name is listed, or its key."""
        value = self._document.value
        listed = value.get(key) if isinstance(value, dict) else None
        if isinstance(listed, list) and name in listed:
            return self._document.at((key, str(listed.index(name)))).line
        return self._document.at((key,)).line


def declared(files: Mapping[str, bytes], pipelines: Iterable[str]) -> Iterator[Declared | Finding]:
    """The needs of every pipeline (given by its DAG file); a finding where they are missing or wrong."""
    for dag_file in pipelines:
        file = f"{dag_file.rsplit('/', 1)[0]}/{FILE}"
        if file not in files:
            yield Finding(
                "needs/declared",
                f"the pipeline does not say what it needs of the platform: there is no {FILE}",
                dag_file,
                1,
                f"write {file}: zones, sources, secrets, spark_jobs, warehouse, …",
            )
            continue
        yield from _read(file, files[file])


def _read(file: str, data: bytes) -> Iterator[Declared | Finding]:
    with tempfile.TemporaryDirectory(prefix="sluice-needs-") as folder:
        copy = Path(folder) / FILE
        copy.write_bytes(data)
        try:
            document = yaml_file.read(copy, begin_with="`zones:` and the zones that it uses")
        except Refusal as refusal:
            for problem in refusal.problems:
                line = problem.where.line if problem.where else None
                yield Finding("needs/declared", problem.what, file, line, problem.remedy)
            return
    for problem in document.problems:
        line = problem.where.line if problem.where else None
        yield Finding("needs/declared", problem.what, file, line, problem.remedy)
    try:
        yield Declared(file, Needs.model_validate(document.value), document)
    except ValidationError as failed:
        for error in failed.errors():
            path = tuple(str(part) for part in error["loc"])
            yield Finding(
                "needs/declared",
                f"{'.'.join(path)}: {error['msg']}",
                file,
                document.at(path).line,
                f"keys: {', '.join(Needs.model_fields)}",
            )


def check_needs(
    found: Iterable[Declared],
    files: Mapping[str, bytes],
    manifest: PlatformManifest | None,
    environment: str,
    jobs: Iterable[str],
) -> Iterator[Finding]:
    """Everything that the pipelines need and the target does not have, or that they use and do not declare."""
    found, jobs = list(found), set(jobs)
    written = {dataset for one in found for dataset in one.needs.writes}
    for one in found:
        yield from _listed(one, "spark_jobs", jobs, "the release has no such Spark job")
        yield from _listed(one, "reads", written, "no pipeline of the release writes this dataset")
        yield from _used(one, files, jobs)
        if manifest is None:
            yield Finding(
                "needs/platform",
                f"what `{environment}` offers is not known, so nothing could be held against it",
                one.file,
                1,
                "apply the platform's stack, then ship",
                undetermined=True,
            )
        else:
            yield from _offered(one, manifest)


def _offered(one: Declared, manifest: PlatformManifest) -> Iterator[Finding]:
    has = f"`{manifest.environment}` has no such"
    for key, offered in (
        ("zones", manifest.zones),
        ("failover_zones", manifest.failover_zones),
        ("sources", manifest.sources),
        ("secrets", manifest.secrets),
        ("topics", manifest.events.topics),
        ("queues", manifest.events.queues),
    ):
        yield from _listed(one, key, offered, f"{has} {key.removesuffix('s').replace('_', ' ')}")
    reachable = {manifest.cloud, *manifest.other_clouds}
    yield from _listed(one, "clouds", reachable, f"nothing of `{manifest.environment}` may enter this cloud")


def _listed(one: Declared, key: str, offered: Iterable[str], what: str) -> Iterator[Finding]:
    known = {str(item) for item in offered}
    for name in getattr(one.needs, key):
        if name not in known:
            accepted = ", ".join(sorted(known)) or "none"
            rule = f"needs/{key.removesuffix('s').replace('_', '-')}"
            yield Finding(rule, f"`{name}`: {what}", one.file, one.line(key, name), f"there is: {accepted}")


def _used(one: Declared, files: Mapping[str, bytes], jobs: set[str]) -> Iterator[Finding]:
    """What the code names and the declaration does not: a declaration that lags behind proves nothing."""
    needs = one.needs
    names = {job.rsplit("/", 1)[-1]: job for job in jobs}
    for path in sorted(path for path in files if path.startswith(one.folder) and path.endswith(".py")):
        try:
            tree = ast.parse(files[path])
        except (SyntaxError, ValueError):
            continue  # a DAG file that does not parse is a finding of its own; others are imported by it
        for node in ast.walk(tree):
            missing = _undeclared(node, needs, names)
            if missing:
                key, name = missing
                yield Finding(
                    "needs/undeclared",
                    f"the code uses {name}, which {FILE} does not list under `{key}`",
                    path,
                    getattr(node, "lineno", None),
                    f"add it to `{key}` in {one.file}",
                )


def _undeclared(node: ast.AST, needs: Needs, jobs: Mapping[str, str]) -> tuple[str, str] | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Zone":
        zone = Zone.__members__.get(node.attr)
        if zone is not None and zone not in (*needs.zones, *needs.failover_zones):
            return "zones", f"the zone `{zone}`"
    if isinstance(node, ast.Attribute):
        if node.attr == "failover_zones" and not needs.failover_zones:
            return "failover_zones", "the fail-over zones"
        if (
            node.attr == "warehouse"
            and isinstance(node.ctx, ast.Load)
            and _of_manifest(node)
            and not needs.warehouse
        ):
            return "warehouse", "the warehouse"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        key, name = node.value.attr, node.slice
        if key in ("sources", "secrets", "topics", "queues"):
            listed = getattr(needs, key)
            if isinstance(name, ast.Constant) and str(name.value) not in listed:
                return key, f"`{name.value!s}`"
            if not listed:
                return key, f"an entry of `{key}`"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        job = jobs.get(node.value, "")
        if job and job not in needs.spark_jobs:
            return "spark_jobs", f"the Spark job `{job}`"
    return None


def _of_manifest(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "manifest"
