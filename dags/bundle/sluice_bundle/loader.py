"""For an Airflow that takes no bundle class of ours: one file in its DAG folder serves the current release.

The same storage, verification and cache as the bundle's, and the same rule: what cannot be had is logged, and
the last verified release is served on. What it cannot do is keep a run in flight on its release: such an Airflow
tells a DAG file nothing of the run, so a task gets the release that is current when it starts.
"""

from __future__ import annotations

import importlib
import logging
import sys
import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from .cache import ReleaseCache, never_needed_elsewhere
from .errors import ReleaseError
from .sync import run_apart
from .unpack import verify

log = logging.getLogger(__name__)
DAG_FILES = "dags/pipelines/*/dag.py"
KEEP = 3


def load(namespace: MutableMapping[str, Any], releases: str, cache: Path | None = None) -> None:
    """Puts the DAGs of the current release into a DAG file's namespace (its `globals()`), all of them or none.

    A shipper knows them by the tag `release:<id>` that every DAG carries.

    Raises:
        ReleaseError: nothing at all can be served, and it is not known that nothing is to be served.
        ImportError: a DAG file of the release cannot be imported; it is named, and so is every other one.
    """
    from airflow.sdk import DAG

    folder = cache or Path(tempfile.gettempdir()) / "sluice-releases"
    folder.mkdir(parents=True, exist_ok=True)
    held = ReleaseCache(folder, source=releases)
    release = _current(held, releases)
    if release is None:
        return
    root = held.path(release)
    _put_first(root)
    found: dict[str, DAG] = {}
    failures = []
    for file in sorted(root.glob(DAG_FILES)):
        path = file.relative_to(root).as_posix()
        try:
            module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        except Exception as error:
            log.exception("Release %s: %s cannot be imported", release, path)
            failures.append(f"{root / path}: {type(error).__name__}: {error}")
            continue
        # Those that are bound to no name, Airflow has noted itself while they were made.
        found |= {f"{path}:{name}": dag for name, dag in vars(module).items() if isinstance(dag, DAG)}
    if failures:
        raise ImportError("\n".join(failures))
    namespace.update(found)


def _current(held: ReleaseCache, releases: str) -> str | None:
    """The release to serve, held in the cache for as long as this process lives."""
    last_good = held.last_good()
    try:
        current = run_apart(releases, held.folder)
        if not current.shipped and last_good:
            raise ReleaseError(f"there is no pointer in {releases} any more")
        release = current.release
    except ReleaseError as error:
        if last_good is None:
            raise
        log.warning("Serving release %s still: %s: %s", last_good, type(error).__name__, error)
        release = last_good
    if release is None:
        held.remember(None)
        return None
    held.hold(release)
    verify(held.path(release), release)
    if release != last_good:
        held.remember(release)
        held.prune(KEEP, never_needed_elsewhere)
    return release


def _put_first(root: Path) -> None:
    """What the release holds is imported from it, even if this process has met another release before."""
    packages = {entry.name for entry in root.iterdir() if entry.is_dir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if Path(entry).parent != root.parent]
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
