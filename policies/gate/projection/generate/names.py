"""From Pulumi's names to Terraform's, by rule: snake case, and the singular that blocks have in Terraform."""

from __future__ import annotations

from collections.abc import Iterator

from policies.gate.projection.naming import snake

_ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ices", "ex"),
    ("es", ""),
    ("es", "is"),
    ("ses", "s"),
    ("ren", ""),
    ("ves", "fe"),
    ("a", "um"),
    ("s", ""),
    ("", "s"),  # and the few that Terraform has in the plural
    ("y", "ies"),
)


def candidates(wire: str, python: str) -> Iterator[str]:
    """The Terraform names that a property may have, likeliest first."""
    plain = python.rstrip("_")
    for base in dict.fromkeys((snake(wire), plain, plain.replace("ipv6", "ipv6_"))):
        yield base
    for base in dict.fromkeys((snake(wire), plain)):
        for plural, singular in _ENDINGS:
            if base.endswith(plural):
                yield base.removesuffix(plural) + singular


def squeezed(name: str) -> str:
    """A name without its word borders, to find one that is cut into words otherwise."""
    return name.replace("_", "").lower()
