"""The base of every part of the environment model, and the field types that several parts share."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A frozen piece of an environment. Without defaults: every value comes from a layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Lower-case words joined by hyphens: valid in every cloud's names, tags and labels.
SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

Slug = Annotated[str, Field(pattern=SLUG, max_length=40)]

Days = Annotated[int, Field(ge=1, le=36500)]

Cidr = Annotated[
    IPv4Network,
    Field(json_schema_extra={"pattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$", "examples": ["10.16.0.0/16"]}),
]
