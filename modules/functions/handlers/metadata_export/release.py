"""Which code Airflow runs: the id of the current release, under which all of it lies in the releases zone."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import Zone, code
from modules.functions.runtime.problems import NotSetUp

# Not taken from the bundle's package: what that imports is not for a function.
POINTER = "CURRENT"


def current(releases: Zone) -> str | None:
    """The release that the pointer names; None before the first ship.

    Raises:
        NotSetUp: the pointer is none.
    """
    try:
        text = client("s3").get_object(Bucket=releases.bucket, Key=POINTER)["Body"].read()
    except ClientError as error:
        if code(error) == "NoSuchKey":
            return None
        raise
    try:
        release = json.loads(text)["release"]
    except (ValueError, KeyError, TypeError):
        raise NotSetUp(f"{releases.uri_of(POINTER)} is no pointer to a release") from None
    return None if release is None else str(release)
