"""Terraform's expressions inside JSON: references become the graph's, whatever else is computed is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable

from policies.gate import values
from policies.gate.values import Reference, Value

# `${`, with what escapes it (`$${` is the text `${`).
_TEMPLATE = re.compile(r"\$?\$\{([^{}\"]*)\}|%\{")
_REFERENCE = re.compile(r"([a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_-]*)\.([a-z0-9_]+)")

Resolve = Callable[[str, str], "Resolved | None"]
"""An address and an attribute to the reference, and its literal where the configuration says it."""

Resolved = tuple[Reference, Value]


def value_of(text: str, resolve: Resolve) -> Value:
    """The value of a text with expressions in it.

    One reference alone is a reference; references inside a text stay inside it; anything that Terraform would
    have to compute makes the whole unknown.
    """
    found = list(_TEMPLATE.finditer(text))
    if not found:
        return text
    parts: list[str] = []
    position = 0
    for match in found:
        parts.append(text[position : match.start()])
        position = match.end()
        if match[0].startswith("$$"):
            parts.append(match[0][1:])
            continue
        named = _REFERENCE.fullmatch(match[1].strip()) if match[1] is not None else None
        resolved = resolve(named[1], named[2]) if named else None
        if resolved is None:
            return {values.UNKNOWN: {"from": _mentioned(text, resolve)}}
        reference, known = resolved
        if match[0] == text:
            return values.reference(reference.urn, reference.property, value=known)
        parts.append(known if isinstance(known, str) else reference.in_text())
    return "".join([*parts, text[position:]])


def _mentioned(text: str, resolve: Resolve) -> list[str]:
    """URNs of the resources that an expression names somewhere."""
    found = (resolve(match[1], match[2]) for match in _REFERENCE.finditer(text))
    return list(dict.fromkeys(item[0].urn for item in found if item is not None))
