"""Buckets of the local S3 server: versions, object lock, tags and policy in one resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modules.local_clients import as_dict, as_list, client, code
from modules.local_provider import LocalProvider, Props, Refused, differs

# S3 deletes at most this many versions in one call.
_BATCH = 1000


class BucketProvider(LocalProvider):
    """A bucket. Inputs: name, versioned, lock_days, policy, tags, destroy_data. Output: uri."""

    def problems(self, wanted: Props) -> dict[str, str]:
        """S3's own rule."""
        if wanted.get("lock_days") and not wanted.get("versioned"):
            return {"versioned": "an object lock needs versions"}
        return {}

    def find(self, name: str, known: Props) -> Props | None:
        """Tags first: the answer also says whether there is a bucket at all."""
        s3 = client("s3")
        tagging = _or_none(s3.get_bucket_tagging, name, "NoSuchTagSet")
        if tagging is _GONE:
            return None
        lock = _or_none(s3.get_object_lock_configuration, name, "ObjectLockConfigurationNotFoundError")
        policy = _or_none(s3.get_bucket_policy, name, "NoSuchBucketPolicy")
        rule = (lock or {}).get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        compliant = rule.get("Mode") == "COMPLIANCE"
        return {
            "name": name,
            "uri": f"s3://{name}",
            "versioned": s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
            # A lock that the owner can lift is none.
            "lock_days": int(rule.get("Days", 0)) if compliant else 0,
            "policy": (policy or {}).get("Policy", ""),
            "tags": as_dict((tagging or {}).get("TagSet", [])),
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Versions before the lock, which needs them."""
        s3, name = client("s3"), wanted["name"]
        if found is None:
            s3.create_bucket(
                Bucket=name,
                ObjectLockEnabledForBucket=bool(wanted["lock_days"]),
                # With its tags from the first moment: by them the next run knows it as ours.
                CreateBucketConfiguration={
                    "LocationConstraint": s3.meta.region_name,
                    "Tags": as_list(wanted["tags"]),
                },
            )
            found = self.find(name, wanted)
        if differs(wanted, found, "versioned"):
            status = "Enabled" if wanted["versioned"] else "Suspended"
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        if differs(wanted, found, "lock_days"):
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=_lock(wanted["lock_days"]))
        if differs(wanted, found, "tags"):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": as_list(wanted["tags"])})
        if differs(wanted, found, "policy"):
            if wanted["policy"]:
                s3.put_bucket_policy(Bucket=name, Policy=wanted["policy"])
            else:
                s3.delete_bucket_policy(Bucket=name)

    def remove(self, name: str, known: Props) -> None:
        """Refuses while it holds data, unless told otherwise; what is locked nobody can remove."""
        from botocore.exceptions import ClientError

        s3 = client("s3")
        if known.get("destroy_data"):
            _empty(name)
        try:
            s3.delete_bucket(Bucket=name)
        except ClientError as error:
            if code(error) != "BucketNotEmpty":
                raise
            raise Refused(
                f"bucket {name} holds data and is not removed",
                "to lose it: `pulumi config set sluice:destroyData true`, `pulumi up`, then destroy again",
            ) from None


_GONE: dict[str, Any] = {"gone": True}


def _or_none(call: Callable[..., dict[str, Any]], bucket: str, none: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return call(Bucket=bucket)
    except ClientError as error:
        if code(error) == none:
            return None
        if code(error) == "NoSuchBucket":
            return _GONE
        raise


def _lock(days: int) -> dict[str, Any]:
    lock: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if days:
        lock["Rule"] = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
    return lock


def _empty(bucket: str) -> None:
    s3 = client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": _BATCH}
    ):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not entries:
            continue
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            raise Refused(
                f"bucket {bucket} holds locked objects, such as {errors[0]['Key']}:"
                f" {errors[0].get('Message') or errors[0].get('Code')}",
                "object lock lets nobody delete them before their day; wait, or remove the whole local"
                " platform with `make clean`",
            )
