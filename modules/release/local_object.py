"""Objects of the local S3 server, with their content as text."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from modules.local_clients import as_dict, as_list, client, code
from modules.local_provider import LocalProvider, Props, differs


class ObjectProvider(LocalProvider):
    """An object. Inputs: key, bucket, content, content_type, tags. Output: uri."""

    identity: ClassVar[tuple[str, ...]] = ("key", "bucket")

    def find(self, name: str, known: Props) -> Props | None:
        """An object in a bucket that is gone is gone as well."""
        from botocore.exceptions import ClientError

        s3, where = client("s3"), {"Bucket": known["bucket"], "Key": name}
        try:
            answer = s3.get_object(**where)
            tagging = s3.get_object_tagging(**where)
        except ClientError as error:
            if code(error) in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        return {
            "key": name,
            "content": answer["Body"].read().decode(errors="replace"),
            "content_type": answer["ContentType"],
            "tags": as_dict(tagging["TagSet"]),
            "uri": f"s3://{known['bucket']}/{name}",
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Other tags alone make no new version."""
        s3, where = client("s3"), {"Bucket": wanted["bucket"], "Key": wanted["key"]}
        if differs(wanted, found, "content", "content_type"):
            s3.put_object(
                **where,
                Body=wanted["content"].encode(),
                ContentType=wanted["content_type"],
                Tagging=urlencode(wanted["tags"]),
            )
        elif differs(wanted, found, "tags"):
            s3.put_object_tagging(**where, Tagging={"TagSet": as_list(wanted["tags"])})

    def remove(self, name: str, known: Props) -> None:
        """All its versions: what the stack itself made is no data, and must not hold the bucket back."""
        s3, bucket = client("s3"), known["bucket"]
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name):
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if version["Key"] == name:
                    s3.delete_object(Bucket=bucket, Key=name, VersionId=version["VersionId"])
