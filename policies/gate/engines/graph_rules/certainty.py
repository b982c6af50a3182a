"""Three-valued truth: what is not known before apply is neither yes nor no, and must never count as a pass.

Being ordered, `min` is "and" and `max` is "or".
"""

from __future__ import annotations

from enum import IntEnum

from policies.gate import values
from policies.gate.values import Value


class Certainty(IntEnum):
    """Whether something holds."""

    NO = 0
    MAYBE = 1
    YES = 2

    @property
    def opposite(self) -> Certainty:
        """Not."""
        return Certainty(2 - self)


def flag(value: Value, default: Certainty = Certainty.NO) -> Certainty:
    """A boolean input; `default` is what the cloud does where it is left out."""
    value = values.literal(value)
    if value is None:
        return default
    if isinstance(value, bool):
        return Certainty.YES if value else Certainty.NO
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return Certainty.YES if value.lower() == "true" else Certainty.NO
    return Certainty.MAYBE


def is_open(value: Value) -> bool:
    """Whether a value is not known as text, number or structure: a reference, an unknown or a secret."""
    if isinstance(value, str):
        return "${" in value and bool(values.references_in_text(value) or values.secrets_in_text(value))
    value = values.literal(value)
    return isinstance(value, dict) and any(
        key in value for key in (values.REF, values.UNKNOWN, values.SECRET)
    )


def items(value: Value) -> tuple[list[Value], bool]:
    """The items of a list input, and whether there may be others that are not known."""
    value = values.literal(value)
    if value is None:
        return [], False
    if isinstance(value, list):
        known = [item for item in value if not (isinstance(item, dict) and values.UNKNOWN in item)]
        return known, len(known) < len(value)
    if isinstance(value, str):
        return [value], False
    if is_open(value):
        return [], True
    return [value], False


def each(value: Value) -> tuple[list[Value], bool]:
    """As `items`, for an input that may be one or several: a single reference is an item."""
    known = values.literal(value)
    if isinstance(known, dict) and (values.REF in known or values.SECRET in known):
        return [value], False
    if isinstance(known, list):
        return [item for item in (value if isinstance(value, list) else known) if item is not None], False
    return items(value)


def part(value: Value, *path: str) -> Value:
    """A nested input; an unknown on the way stays one, and a list of one is taken for its item."""
    for key in path:
        value = values.literal(value)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            return None
        if is_open(value):
            return {values.UNKNOWN: {}}
        value = value.get(key)
    return value


def literal_text(value: Value) -> str | None:
    """A text that is known to its last character."""
    value = values.literal(value)
    return value if isinstance(value, str) and not is_open(value) else None
