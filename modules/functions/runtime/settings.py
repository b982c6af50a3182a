"""What a function is told by its environment: names and addresses, never secrets."""

from __future__ import annotations

import os

from modules.functions.runtime.objects import Zone
from modules.functions.runtime.problems import NotSetUp


def required(name: str) -> str:
    """A setting that must be there.

    Raises:
        NotSetUp: it is not.
    """
    value = os.environ.get(name)
    if not value:
        raise NotSetUp(f"the function's environment lacks {name}")
    return value


def zone(name: str) -> Zone:
    """A storage zone by its name, with the key that its objects are encrypted with.

    Raises:
        NotSetUp: the function has not been given this zone.
    """
    uri = required(f"{name.upper()}_ZONE")
    scheme, _, bucket = uri.partition("://")
    if scheme != "s3" or not bucket or "/" in bucket:
        raise NotSetUp(f"{name.upper()}_ZONE is no bucket's URI: {uri}")
    return Zone(bucket, required(f"{name.upper()}_KEY"))
