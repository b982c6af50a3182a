"""Objects of a zone: written once, encrypted with the zone's key, known again by their sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client
from modules.functions.runtime.problems import Told

_DIGEST = "sha256"
_CHUNK = 2**20


class Changed(Told):
    """The object is not, or no longer, the one that was asked for."""


@dataclass(frozen=True)
class Zone:
    """One bucket and the key of its objects (an ARN, an id or an alias)."""

    bucket: str
    key: str

    def uri_of(self, name: str) -> str:
        """The full URI of an object."""
        return f"s3://{self.bucket}/{name}"

    def create(self, name: str, body: bytes, metadata: Mapping[str, str] | None = None) -> bool:
        """Writes an object only if there is none of that name; says whether it did.

        Raises:
            ClientError: the service did not take it, or somebody else is just writing it: to be tried again.
        """
        try:
            client("s3").put_object(
                Bucket=self.bucket,
                Key=name,
                Body=body,
                IfNoneMatch="*",
                Metadata={_DIGEST: digest(body), **(metadata or {})},
                **self._encryption,
            )
        except ClientError as error:
            if code(error) == "PreconditionFailed":
                return False
            raise
        return True

    def take_over(self, source: Zone, name: str, etag: str, target: str) -> bool:
        """Copies an object of another zone, without its bytes passing through here; says whether it did.

        Raises:
            Changed: the source is not there with this ETag.
        """
        if self.head(target) is not None:
            return False
        try:
            client("s3").copy_object(
                Bucket=self.bucket,
                Key=target,
                CopySource={"Bucket": source.bucket, "Key": name},
                CopySourceIfMatch=etag,
                **self._encryption,
            )
        except ClientError as error:
            raise _changed(error, source.uri_of(name)) from None
        return True

    def head(self, name: str) -> dict[str, Any] | None:
        """What the service knows of an object; None if there is none of that name."""
        try:
            return dict(client("s3").head_object(Bucket=self.bucket, Key=name))
        except ClientError as error:
            if code(error) in _MISSING:
                return None
            raise

    def digest_of(self, name: str) -> str | None:
        """The sha256 that `create` wrote an object with; None if there is no such object."""
        head = self.head(name)
        return None if head is None else str(head["Metadata"].get(_DIGEST, ""))

    def read(self, name: str) -> bytes | None:
        """The bytes of an object; None if there is none of that name."""
        try:
            return bytes(client("s3").get_object(Bucket=self.bucket, Key=name)["Body"].read())
        except ClientError as error:
            if code(error) in _MISSING:
                return None
            raise

    def download(self, name: str, etag: str, file: Path) -> str:
        """Writes an object's bytes into a file; their sha256.

        Raises:
            Changed: it is not there with this ETag.
        """
        try:
            answer = client("s3").get_object(Bucket=self.bucket, Key=name, IfMatch=etag)
        except ClientError as error:
            raise _changed(error, self.uri_of(name)) from None
        made = hashlib.sha256()
        with file.open("wb") as out:
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                made.update(chunk)
                out.write(chunk)
        return made.hexdigest()

    def names(self, prefix: str) -> Iterator[str]:
        """The names of all objects that begin so, in order."""
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def remove(self, name: str, etag: str) -> None:
        """Deletes an object, unless another has taken its name meanwhile; one that is gone is fine."""
        try:
            client("s3").delete_object(Bucket=self.bucket, Key=name, IfMatch=etag)
        except ClientError as error:
            if code(error) not in (*_MISSING, *_OTHER):
                raise

    @property
    def _encryption(self) -> dict[str, Any]:
        # One data key for many objects: a hundredth of the calls to the key service.
        return {
            "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key, "BucketKeyEnabled": True,
        }  # fmt: skip


_MISSING = ("404", "NoSuchKey", "NotFound")
_OTHER = ("412", "PreconditionFailed")


def digest(body: bytes) -> str:
    """The sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def code(error: ClientError) -> str:
    """The service's name for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _changed(error: ClientError, uri: str) -> Exception:
    return Changed(f"{uri} has changed") if code(error) in (*_MISSING, *_OTHER) else error
