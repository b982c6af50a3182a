"""Texts that name other resources' outputs, cut into literal parts and references."""

from __future__ import annotations

import re
from collections.abc import Callable

from policies.gate import values
from policies.gate.projection.tree import Ref

_MARK = re.compile(r"\$\{(?:(?:urn:pulumi:|call:)[^}#]*#[^}#]*|secret:[^}#]*)\}")

NOT_KNOWN = "(known after apply)"


def parts_of(text: str, resolve: Callable[[str, str], Ref | None]) -> tuple[tuple[str | Ref, ...], bool]:
    """The parts of a text, and whether a secret is among them.

    What refers to something outside the plan stands as a remark: its text is not known, the rest is.
    """
    parts: list[str | Ref] = []
    secret, position = False, 0
    for found in _MARK.finditer(text):
        _append(parts, text[position : found.start()])
        position = found.end()
        references = values.references_in_text(found[0])
        target = resolve(references[0].urn, references[0].property) if references else None
        if target is not None:
            parts.append(target)
        else:
            secret = secret or not references
            _append(parts, NOT_KNOWN if references else "(sensitive value)")
    _append(parts, text[position:])
    return tuple(parts), secret


def _append(parts: list[str | Ref], text: str) -> None:
    if not text:
        return
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)
