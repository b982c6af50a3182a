"""What a setting accepts, in plain words; and what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from environments.part import SLUG
from environments.schema import Schema, resolved

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}


def accepted(schema: Schema) -> str:
    """The values that a setting accepts."""
    if "enum" in schema:
        words = ", ".join(str(choice) for choice in schema["enum"])
    else:
        words = _TYPES.get(schema.get("type", ""), "a value") + _range(schema)
        if schema.get("type") == "array":
            words = f"a list; each item is {accepted(resolved(schema['items']))}"
        if schema.get("type") == "object" and "properties" in schema:
            words = f"a mapping with any of {', '.join(schema['properties'])}"
    if schema.get("format") == "ipv4network":
        words = "an address range"
    if schema.get("pattern") == SLUG:
        words += ": lower-case letters and digits, in words joined by hyphens, a letter first"
    if "examples" in schema:
        words += f" such as {schema['examples'][0]}"
    return words + (", or null" if schema.get("nullable") else "")


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if "maxLength" in schema:
        return f" of at most {schema['maxLength']} characters"
    return ""


def meant(word: str, choices: Iterable[str]) -> str | None:
    """The choice that a misspelt word is close to, if one is."""
    by_form = {choice.lower().replace("-", "_"): choice for choice in choices}
    close = difflib.get_close_matches(word.lower().replace("-", "_"), by_form, n=1, cutoff=0.7)
    return by_form[close[0]] if close else None
