"""Objects of a zone: written once, encrypted with the zone's key, known again by their sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client

_DIGEST = "sha256"


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
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId=self.key,
                # One data key for many objects: a hundredth of the calls to the key service.
                BucketKeyEnabled=True,
                Metadata={_DIGEST: digest(body), **(metadata or {})},
            )
        except ClientError as error:
            if code(error) == "PreconditionFailed":
                return False
            raise
        return True

    def digest_of(self, name: str) -> str | None:
        """The sha256 that an object was written with; None if there is no such object."""
        head = self.head(name)
        return None if head is None else str(head["Metadata"].get(_DIGEST, ""))

    def head(self, name: str) -> dict[str, Any] | None:
        """What the service knows of an object; None if there is none of that name."""
        try:
            return dict(client("s3").head_object(Bucket=self.bucket, Key=name))
        except ClientError as error:
            if code(error) in ("404", "NoSuchKey", "NotFound"):
                return None
            raise


def digest(body: bytes) -> str:
    """The sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def code(error: ClientError) -> str:
    """The service's name for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
