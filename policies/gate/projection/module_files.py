"""The files beside a root module: what the program hands over as assets, as real files and archives."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from environments.problems import Location, Refusal
from policies.gate import values
from policies.gate.projection.tree import Asset

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ARCHIVES = (".zip", ".jar", ".whl", ".tar", ".gz", ".tgz")


def file_name(asset: Asset) -> str | None:
    """The path of an asset within the module's folder; None for one that is fetched from an address.

    The same content has the same name; two assets never share one.
    """
    if "uri" in asset.inside:
        return None
    text = json.dumps([asset.archive, asset.inside], sort_keys=True)
    suffix = PurePosixPath(asset.path).suffix
    if asset.archive and suffix not in _ARCHIVES:
        suffix = ".zip"
    return f"files/{hashlib.sha256(text.encode()).hexdigest()[:16]}{suffix}"


def write_files(files: Mapping[str, Asset], folder: Path, repository: Path) -> None:
    """Writes assets below a module's folder; `repository` is what their paths start from.

    Raises:
        Refusal: a file that the program names is not there.
    """
    for name, asset in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if asset.archive:
            _archive(asset, target, repository)
        else:
            target.write_bytes(_bytes(asset.inside, repository))


def _archive(asset: Asset, target: Path, repository: Path) -> None:
    source = repository / asset.path
    if "path" in asset.inside and source.is_file():
        target.write_bytes(source.read_bytes())
        return
    # Without times and owners: the same sources give the same bytes.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_members(asset.inside, repository)):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)


def _members(inside: Mapping[str, Any], repository: Path) -> Iterator[tuple[str, bytes]]:
    if "path" in inside:
        folder = repository / inside["path"]
        if not folder.is_dir():
            raise _missing(folder)
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()
        return
    for name, marked in inside.get("assets", {}).items():
        (kind, content), *_ = marked.items()
        if kind == values.ARCHIVE:
            for below, found in _members(content, repository):
                yield f"{name}/{below}", found
        else:
            yield name, _bytes(content, repository)


def _bytes(inside: Mapping[str, Any], repository: Path) -> bytes:
    if "path" not in inside:
        # A text of which parts are not known yet is no less a file.
        text = inside.get("text", "")
        return (text if isinstance(text, str) else json.dumps(text)).encode()
    path = repository / str(inside["path"])
    try:
        return path.read_bytes()
    except OSError:
        raise _missing(path) from None


def _missing(path: Path) -> Refusal:
    return Refusal.because(
        "the program hands over a file that cannot be read",
        where=Location(path),
        remedy="paths of assets are looked up from the repository's folder; make the file, or mend its path",
    )
