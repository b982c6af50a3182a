"""What the mock cannot do, as measured: reviewed data, so that no failure is explained away by a guess."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from environments import yaml_file
from environments.problems import Refusal

FILE = Path(__file__).parent / "data" / "mock_gaps.yaml"


class Gap(BaseModel):
    """One thing that the mock lacks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str
    """In words that stand in the report."""
    measured: str
    """How one can see it, and with which version."""


class Gaps(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: dict[str, Gap]
    """By Terraform type: it is validated and planned, not applied."""
    attributes: dict[str, Gap]
    """By `type.path.of.attribute`: what the second plan says of it is the mock's doing."""


@cache
def known() -> Gaps:
    """The committed ones.

    Raises:
        Refusal: the file is not as it must be.
    """
    document = yaml_file.read(FILE)
    if document.problems:
        raise Refusal(*document.problems)
    try:
        return TypeAdapter(Gaps).validate_python(document.value)
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(str(part) for part in first["loc"])
        raise Refusal.because(
            f"{'.'.join(path)}: {first['msg']}",
            where=document.at(path),
            remedy="each entry has a `reason` and says how it was `measured`",
        ) from None
