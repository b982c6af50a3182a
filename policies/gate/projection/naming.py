"""The rule that gives most of Terraform's names: Pulumi's, in snake case; and its way back."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])")


@lru_cache(maxsize=65536)
def snake(name: str) -> str:
    """`kmsMasterKeyId` as `kms_master_key_id`."""
    return _WORD.sub(lambda found: "_" + found[0], name).lower()


def camel(name: str) -> str:
    """`kms_master_key_id` as `kmsMasterKeyId`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
