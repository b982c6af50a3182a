"""Verdicts of before, for programs that nothing has changed about since.

An entry stands for one target, one day (waivers expire) and one state of everything that a verdict can
depend on: the policies and this gate, the tools, the packages, the target's context and configuration, and
every file and folder that the program read when it was captured. Looking it up imports no SDK and starts
no tool.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from environments import places
from policies.gate.engines import rego
from policies.gate.report import EnvironmentReport
from policies.gate.targets import Target

FOLDER = places.STATE / "cache" / "verdicts"
KEPT = 200
"""Entries; the oldest go first."""

# What judges, besides the packages: all of it, rather than a list that someone forgets to extend.
_JUDGES = (places.ROOT / "policies", places.ROOT / "environments")
_LOCKS = (places.ROOT / "uv.lock", places.ROOT / "scripts" / "install" / "tools.toml")
_SOURCES = {".py", ".rego", ".yaml", ".yml", ".json", ".toml"}
_REPORT = TypeAdapter(EnvironmentReport)


def key(target: Target, today: date, *, base: str | None = None) -> str:
    """The name of the entry for a target, in the present state of everything but its own files."""
    given = {
        "name": target.name,
        "folder": str(target.folder.resolve()),
        "stack": target.stack,
        "context": target.context.as_input(),
        "config": sorted(target.config.items()),
        "given": [str(target.fixtures), str(target.python), sorted(target.variables.items())],
        "today": today.isoformat(),
        "base": base,
        "judges": _judges(),
    }
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def find(name: str) -> EnvironmentReport | None:
    """The report kept under a key, if every file that its program read is still the same."""
    try:
        entry = json.loads((FOLDER / f"{name}.json").read_bytes())
        if any(_digest(path) != digest for path, digest in entry["reads"].items()):
            return None
        report = _REPORT.validate_python(entry["report"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None
    report.from_cache = True
    return report


def keep(name: str, report: EnvironmentReport, reads: Iterable[Path]) -> None:
    """Keeps a report; a full disk or a folder that cannot be written only costs speed."""
    entry = {
        "reads": {str(path): _digest(str(path)) for path in sorted(set(reads))},
        "report": _REPORT.dump_python(report, mode="json"),
    }
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        beside = FOLDER / f".{name}.{os.getpid()}"
        beside.write_text(json.dumps(entry))
        beside.replace(FOLDER / f"{name}.json")
        for old in sorted(FOLDER.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _digest(path: str) -> str | None:
    """The content of a file, or the names in a folder; None where there is neither.

    A compiled module stands for its source, which decides; compiled files come and go.
    """
    file = Path(path)
    if file.suffix == ".pyc" and file.parent.name == "__pycache__":
        file = file.parent.parent / f"{file.name.split('.')[0]}.py"
    try:
        if file.is_dir():
            content = "\0".join(sorted(name for name in os.listdir(file) if name != "__pycache__")).encode()
        else:
            content = file.read_bytes()
    except OSError:
        return None
    return hashlib.sha256(content).hexdigest()


@cache
def _judges() -> str:
    """A digest of the policies, of the gate itself, and of the versions of all tools and packages."""
    whole = hashlib.sha256()
    files = [path for folder in _JUDGES for path in folder.rglob("*") if path.suffix in _SOURCES]
    tools = [rego.opa(), places.venv_python("scan")]
    for path in [*sorted(files), *_LOCKS]:
        whole.update(f"{path.relative_to(places.ROOT)}\0".encode())
        whole.update(path.read_bytes())
    for path in tools:
        # Size and time of a binary instead of its hundred megabytes.
        status = path.stat() if path.exists() else None
        whole.update(f"{path.name} {status and (status.st_size, status.st_mtime_ns)}\0".encode())
    return whole.hexdigest()
