"""Packages that a function brings along: wheels for the service's platform, as the lock pins them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from environments import places
from environments.problems import Exit, Location, Refusal

LOCK_FILE = "uv.lock"
CACHE = places.INSTALLED / "wheels"

# Amazon Linux 2023, which Python 3.12 and later run on, has glibc 2.34; 2.17 is the oldest that wheels are
# built for. (docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html)
_GLIBC = range(34, 16, -1)


@dataclass(frozen=True)
class Platform:
    """What a function runs on."""

    python: tuple[int, int]
    machine: str
    """`aarch64` or `x86_64`."""

    @property
    def tags(self) -> list[Tag]:
        """Wheels that run there, the best first."""
        platforms = [f"manylinux_2_{minor}_{self.machine}" for minor in _GLIBC]
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        return [
            *cpython_tags(self.python, platforms=platforms),
            *compatible_tags(self.python, interpreter=interpreter, platforms=platforms),
        ]

    @property
    def markers(self) -> dict[str, str]:
        """The environment that the lock's markers are read for."""
        version = ".".join(str(part) for part in self.python)
        return {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{version}.0",
            "python_version": version,
            "sys_platform": "linux",
            "extra": "",
        }


@dataclass(frozen=True)
class Wheel:
    """One wheel of the lock."""

    package: str
    version: str
    file: str
    sha256: str
    python: str
    """The Python it is for, as `3.12`."""

    def fetch(self) -> Path:
        """The wheel's file, its bytes those that the lock promises; downloaded once.

        Raises:
            Refusal: it cannot be had.
        """
        there = CACHE / self.sha256 / self.file
        if not there.is_file() or hashlib.sha256(there.read_bytes()).hexdigest() != self.sha256:
            self._download(there)
        return there

    def _download(self, there: Path) -> None:
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            wanted = Path(folder) / "wanted.txt"
            wanted.write_text(f"{self.package}=={self.version} --hash=sha256:{self.sha256}\n")
            tags = parse_wheel_filename(self.file)[3]
            # pip knows how this machine reaches the index, and checks the hash.
            result = subprocess.run(
                [
                    sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                    "--require-hashes", f"--dest={folder}", f"--requirement={wanted}",
                    f"--python-version={self.python}",
                    *sorted({f"--abi={tag.abi}" for tag in tags}),
                    *sorted({f"--platform={tag.platform}" for tag in tags}),
                ],
                text=True,
                capture_output=True,
            )  # fmt: skip
            if result.returncode != 0:
                raise Refusal.because(
                    f"cannot fetch {self.file}: {(result.stderr.strip() or 'pip failed').splitlines()[-1]}",
                    remedy=f"make the package index reachable, or put the file at {there}",
                    exit_code=Exit.UNAVAILABLE,
                )
            there.parent.mkdir(exist_ok=True)
            (Path(folder) / self.file).replace(there)


def wheels(root: Path, names: dict[str, int], file: Path, platform: Platform) -> list[Wheel]:
    """The wheels of packages and of all that they need, by package.

    Args:
        root: the repository, whose lock is read.
        names: the packages, each with its line in `file`.
        file: what names them.
        platform: what they must run on.

    Raises:
        Refusal: a package is not in the lock, or has no wheel for the platform.
    """
    if not names:
        return []
    lock = tomllib.loads((root / LOCK_FILE).read_text())
    packages: dict[str, dict[str, Any]] = {package["name"]: package for package in lock["package"]}
    found: dict[str, Wheel] = {}
    waiting = [(name, Location(file, line)) for name, line in names.items()]
    while waiting:
        name, where = waiting.pop()
        if name in found:
            continue
        if name not in packages:
            raise Refusal.because(
                f"{name} is not in the lock",
                where=where,
                remedy="add it to a group of pyproject.toml, then `uv lock`",
            )
        package = packages[name]
        found[name] = _best(package, platform, where)
        waiting += [(needed, where) for needed in _needed(package, platform)]
    return [found[name] for name in sorted(found)]


def _needed(package: dict[str, Any], platform: Platform) -> Iterator[str]:
    for needed in package.get("dependencies", ()):
        if "marker" not in needed or Marker(needed["marker"]).evaluate(dict(platform.markers)):
            yield needed["name"]


def _best(package: dict[str, Any], platform: Platform, where: Location) -> Wheel:
    order = {tag: rank for rank, tag in enumerate(platform.tags)}
    ranked = []
    for wheel in package.get("wheels", ()):
        file = wheel["url"].rpartition("/")[2]
        ranks = [order[tag] for tag in parse_wheel_filename(file)[3] if tag in order]
        if ranks:
            ranked.append((min(ranks), file, wheel))
    python = ".".join(str(part) for part in platform.python)
    if not ranked:
        raise Refusal.because(
            f"{package['name']} {package['version']} has no wheel for Python {python} on Linux {platform.machine}",
            where=where,
            remedy="lock a version that has one, or do without it",
        )
    _, file, wheel = min(ranked, key=lambda entry: entry[:2])
    return Wheel(package["name"], package["version"], file, wheel["hash"].removeprefix("sha256:"), python)
