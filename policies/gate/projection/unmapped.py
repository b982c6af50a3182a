"""What a projection could not say: reported, so that "no findings" means "looked at"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Unmapped:
    """A resource type (then `attribute` is empty) or an attribute that has no place in the projection."""

    urn: str
    type: str
    attribute: str
    reason: str
