"""The manifest of a release: every file and every object with its digest, in one canonical form.

The sha256 of the manifest's bytes is the release's id, so the same content has the same id
everywhere, and whoever holds the id can verify everything else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ReleaseDamaged

FORMAT = 1
MANIFEST_NAME = "manifest.json"
ARCHIVE_SUFFIX = ".zip"

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]")


def is_release_id(text: str) -> bool:
    """Whether the text has the form of a release id."""
    return _HEX_DIGEST.fullmatch(text) is not None


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def check_path(path: str) -> str:
    """Returns the path if it is a plain relative one that cannot leave the release's folder.

    Raises:
        ReleaseDamaged: it is absolute, climbs, is empty in a part, or holds a control character.
    """
    parts = path.split("/")
    if not path or _UNSAFE.search(path) or any(part in ("", ".", "..") for part in parts):
        raise ReleaseDamaged(f"the path {path!r} is not allowed in a release")
    return path


@dataclass(frozen=True)
class Digest:
    """What is known of some bytes without having them."""

    sha256: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """The digest of these bytes."""
        return cls(sha256(data), len(data))

    def check(self, data: bytes, what: str) -> None:
        """Raises ReleaseDamaged unless the bytes are the ones meant; `what` names them in the message."""
        if len(data) != self.size:
            raise ReleaseDamaged(f"{what} has {len(data)} bytes, the manifest says {self.size}")
        if sha256(data) != self.sha256:
            raise ReleaseDamaged(f"{what} does not have the sha256 that the manifest names")


@dataclass(frozen=True)
class ReleaseManifest:
    """All that a release is. `files` are paths below the unpacked folder, `objects` names in the store.

    An object whose name ends in `.zip` is an archive of some of the files, with their full paths; each
    file is in exactly one archive. Any other object is a plain copy of the file of the same path, for
    services that read it from storage by itself (a Spark entry point).
    """

    airflow_version: str
    requirements_sha256: str
    files: Mapping[str, Digest]
    objects: Mapping[str, Digest]

    @property
    def archives(self) -> list[str]:
        """Names of the objects that hold the files, sorted."""
        return sorted(name for name in self.objects if name.endswith(ARCHIVE_SUFFIX))

    @property
    def id(self) -> str:
        """The release's id."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical form: keys sorted, no optional white space, ASCII."""
        document = {
            "format": FORMAT,
            "airflow_version": self.airflow_version,
            "requirements_sha256": self.requirements_sha256,
            "files": {path: vars(digest) for path, digest in self.files.items()},
            "objects": {name: vars(digest) for name, digest in self.objects.items()},
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> ReleaseManifest:
        """Reads and checks a manifest.

        Raises:
            ReleaseDamaged: it is not one, or of a format that this version does not know.
        """
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                raise ReleaseDamaged(f"manifest format {document['format']!r} is not known, only {FORMAT}")
            manifest = cls(
                airflow_version=_text(document["airflow_version"]),
                requirements_sha256=_text(document["requirements_sha256"]),
                files=_digests(document["files"]),
                objects=_digests(document["objects"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReleaseDamaged(f"not a release manifest: {error!r}") from None
        if MANIFEST_NAME in manifest.files or MANIFEST_NAME in manifest.objects:
            raise ReleaseDamaged("a manifest cannot list itself")
        return manifest

    @classmethod
    def of_release(cls, data: bytes, release: str) -> ReleaseManifest:
        """Reads the manifest of the release with this id.

        Raises:
            ReleaseDamaged: the bytes are not the ones that the id is made of.
        """
        if sha256(data) != release:
            raise ReleaseDamaged(f"the manifest of release {release} does not hash to that id")
        return cls.from_bytes(data)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {value!r}")
    return value


def _digests(value: Any) -> dict[str, Digest]:
    digests = {}
    for path, entry in value.items():
        digest = Digest(_text(entry["sha256"]), entry["size"])
        if not is_release_id(digest.sha256) or type(digest.size) is not int or digest.size < 0:
            raise ValueError(f"bad digest of {path!r}")
        digests[check_path(path)] = digest
    return digests
