"""The base of every part of the environment model, and the field types that several parts share."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Part(BaseModel):
    """A frozen piece of an environment. Without defaults: every value comes from a layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Lower-case words joined by hyphens: valid in every cloud's names, tags and labels.
SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

Slug = Annotated[str, Field(pattern=SLUG, max_length=40)]

Days = Annotated[int, Field(ge=1, le=36500)]

_CIDR = r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$"


def _with_prefix(value: object) -> object:
    """Refuses what `IPv4Network` would take for a range of one address, or for a netmask."""
    if not isinstance(value, IPv4Network) and not (isinstance(value, str) and re.match(_CIDR, value)):
        raise ValueError("an address and a prefix length are expected")
    return value


Cidr = Annotated[
    IPv4Network,
    BeforeValidator(_with_prefix),
    Field(json_schema_extra={"pattern": _CIDR, "examples": ["10.16.0.0/16"]}),
]
