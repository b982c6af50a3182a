"""Builds the archive of a function: the same sources and lock give the same bytes, on every day and machine.

Own files are stored, not deflated: what deflate gives differs between builds of zlib. Files of a wheel are
copied as its publisher deflated them, never packed anew: bytes that the lock's hash fixes, a third of the size.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from environments import places
from environments.problems import Exit, Location, Refusal
from modules.functions import sources, vendored
from modules.functions.vendored import Platform, Wheel

# One Python for all that runs on AWS: it is also what Airflow runs on there. Graviton costs a fifth less.
LAMBDA = Platform((3, 12), "aarch64")
BUILT = places.INSTALLED / "functions"

# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, "Deployment package (.zip file archive) size".
MOST_ZIPPED = 50 * 2**20
"""Bytes that may be sent to the service directly."""
MOST_UNZIPPED = 250 * 2**20
"""Bytes of an unpacked archive with all layers: 262,144,000."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16
# The part of a local file header before the name; the lengths of name and extra field are its last four bytes.
_HEADER = 30


@dataclass(frozen=True)
class Package:
    """The archive of one function."""

    handler: str
    content: bytes
    unzipped: int
    """Bytes of all its files."""

    @property
    def entry(self) -> str:
        """What the service is told to call."""
        return entry(self.handler)

    @property
    def source_code_hash(self) -> str:
        """As the service says it: base64 of the sha256."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()

    def write(self, folder: Path = BUILT) -> Path:
        """Writes the archive, whole or not at all; one that is there with the same bytes is left alone."""
        file = folder / f"{self.handler}.zip"
        if not file.is_file() or file.read_bytes() != self.content:
            folder.mkdir(parents=True, exist_ok=True)
            # Of this process alone: the gate captures environments side by side, and each writes.
            beside = file.with_name(f".{file.name}.{os.getpid()}.new")
            beside.write_bytes(self.content)
            beside.replace(file)
        return file


def entry(handler: str) -> str:
    """The handler as the service is told of it: its module and function, dotted."""
    return ".".join([*sources.HANDLERS.parts, handler, "handler", "handler"])


def build(handler: str, *, root: Path = places.ROOT, platform: Platform = LAMBDA) -> Package:
    """Builds the archive of a function.

    Args:
        handler: name of its folder under `modules/functions/handlers`.
        root: the repository.
        platform: what it runs on; decides which wheels it brings along.

    Raises:
        Refusal: there is no such function, it imports what it does not bring along, a wheel cannot be had, or
            it is larger than the service takes.
    """
    listed = root / sources.HANDLERS / handler / sources.REQUIREMENTS
    wheels = vendored.wheels(root, sources.requirements(root, handler), listed, platform)
    files = [wheel.fetch() for wheel in wheels]
    own = sources.collect(root, handler, frozenset(name for file in files for name in _top_level(file)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, data in own.items():
            archive.writestr(_member(path), data)
        for file in files:
            _copy(file, archive)
        unzipped = sum(member.file_size for member in archive.filelist)
    package = Package(handler, buffer.getvalue(), unzipped)
    _check_size(package, root / sources.HANDLERS / handler, wheels)
    return package


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _EPOCH)
    member.create_system = 3
    member.external_attr = _FILE_MODE
    return member


def _top_level(wheel: Path) -> set[str]:
    """The modules that a wheel puts on the path."""
    with zipfile.ZipFile(wheel) as archive:
        firsts = {name.partition("/")[0] for name in archive.namelist()}
    return {first.partition(".")[0] for first in firsts if not first.endswith((".dist-info", ".data"))}


def _copy(wheel: Path, archive: zipfile.ZipFile) -> None:
    """Takes over a wheel's files as they are packed there, in the order of their paths."""
    with zipfile.ZipFile(wheel) as source, wheel.open("rb") as raw:
        for packed in sorted(source.infolist(), key=lambda info: info.filename):
            if packed.is_dir():
                continue
            member = _member(packed.filename)
            member.compress_type = packed.compress_type
            member.CRC, member.compress_size = packed.CRC, packed.compress_size
            member.file_size = packed.file_size
            raw.seek(packed.header_offset + _HEADER - 4)
            raw.seek(sum(struct.unpack("<2H", raw.read(4))), 1)
            # What `writestr` does, without packing: it knows no other way to take packed bytes.
            target = archive.fp
            assert target is not None
            member.header_offset = target.tell()
            target.write(member.FileHeader(False))
            target.write(raw.read(packed.compress_size))
            archive.filelist.append(member)
            archive.NameToInfo[member.filename] = member
            archive.start_dir = target.tell()


def _check_size(package: Package, folder: Path, wheels: list[Wheel]) -> None:
    for size, most, what in (
        (len(package.content), MOST_ZIPPED, "zipped, which is more than the service takes directly"),
        (package.unzipped, MOST_UNZIPPED, "unzipped, which is more than the service unpacks"),
    ):
        if size > most:
            brings = ", ".join(f"{wheel.package} {wheel.version}" for wheel in wheels) or "nothing"
            raise Refusal.because(
                f"function {package.handler} has {size / 2**20:.1f} MiB {what} ({most / 2**20:.0f} MiB)",
                where=Location(folder),
                remedy=f"it brings along {brings}: do without one, or run this as a container or a Spark job",
                exit_code=Exit.CHECK_SAID_NO,
            )
