"""What the runtime's Python environment is made of, as the lock file says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from environments.problems import Location, Refusal

LOCK_FILE = "uv.lock"
GROUP = "runtime"
AIRFLOW = "apache-airflow"

# The environment for which the lock is read; fixed, so that every machine reads the same out of it.
_TARGET = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.12.0",
    "python_version": "3.12",
    "sys_platform": "linux",
}


@dataclass(frozen=True)
class Requirements:
    """The runtime's pinned packages, one `name==version` per line, and Airflow's own version."""

    text: str
    airflow_version: str


def runtime_requirements(root: Path) -> Requirements:
    """Reads the runtime group and everything that it needs out of `uv.lock`.

    Raises:
        Refusal: the lock is missing, damaged, or without Airflow in it.
    """
    path = root / LOCK_FILE
    try:
        lock = tomllib.loads(path.read_text())
        pinned = _closure(lock)
        return Requirements(
            text="".join(f"{name}=={version}\n" for name, version in sorted(pinned)),
            airflow_version=next(version for name, version in sorted(pinned) if name == AIRFLOW),
        )
    except FileNotFoundError:
        what = "there is no lock file, so it is not known what the release would run on"
    except (OSError, ValueError, KeyError, StopIteration) as error:
        what = f"cannot read the {GROUP} group with {AIRFLOW} out of the lock file: {error!r}"
    raise Refusal.because(what, where=Location(path), remedy="run `uv lock`")


def direct_requirements(root: Path) -> list[str]:
    """What the runtime group asks for itself, pinned as the lock says: without Airflow and without our own
    packages, which reach a service in another way.

    Raises:
        Refusal: the lock is missing or damaged.
    """
    path = root / LOCK_FILE
    try:
        lock = tomllib.loads(path.read_text())
        wanted = {needed["name"] for needed in _project(lock)["dev-dependencies"][GROUP]} - {AIRFLOW}
        ours = {package["name"] for package in lock["package"] if "registry" not in package["source"]}
        return sorted(f"{name}=={version}" for name, version in _closure(lock) if name in wanted - ours)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise Refusal.because(
            f"cannot read the {GROUP} group out of the lock file: {error!r}",
            where=Location(path),
            remedy="run `uv lock`",
        ) from None


def _project(lock: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(
        package for package in lock["package"] if package["source"].get("virtual") == "."
    )
    return found


def _closure(lock: dict[str, Any]) -> set[tuple[str, str]]:
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    project = _project(lock)
    found: set[tuple[str, str]] = set()
    waiting = [*project.get("dependencies", ()), *project["dev-dependencies"][GROUP]]
    seen: set[tuple[str, str, str]] = set()
    while waiting:
        needed = waiting.pop()
        if "marker" in needed and not _applies(needed["marker"], project["name"]):
            continue
        for package in packages[needed["name"]]:
            if needed.get("version", package["version"]) != package["version"]:
                continue
            found.add((package["name"], package["version"]))
            for extra in ("", *needed.get("extra", ())):
                if (package["name"], package["version"], extra) not in seen:
                    seen.add((package["name"], package["version"], extra))
                    waiting += (
                        package.get("optional-dependencies", {}).get(extra, ())
                        if extra
                        else (package.get("dependencies", ()))
                    )
    return found


def _applies(marker: str, project: str) -> bool:
    # uv writes the choice of a group as an extra named `group-<length of the name>-<name>-<group>`.
    return Marker(marker).evaluate({**_TARGET, "extra": f"group-{len(project)}-{project}-{GROUP}"})
