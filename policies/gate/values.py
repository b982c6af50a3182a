"""The values of a resource graph: plain JSON, and a few marked objects for what is not a plain literal.

A marked object has one key that begins with `$`. A key that begins with `$` in the program's own data is
written with one more `$`, so that both can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

Value = Any
"""Plain JSON with marked objects in it: None, bool, int, float, str, list, dict."""

REF = "$ref"
UNKNOWN = "$unknown"
SECRET = "$secret"
ASSET = "$asset"
ARCHIVE = "$archive"
BASE64 = "$base64"

# What must not stand raw inside `${urn#property}`: the delimiters, and what JSON text would have to escape.
_SAFE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '%}#"\\')

IN_TEXT = re.compile(r"\$\{((?:urn:pulumi:|call:)[^}#]*)#([^}#]*)\}")
_SECRET_IN_TEXT = re.compile(r"\$\{secret:([^}#]*)\}")


@dataclass(frozen=True, order=True)
class Reference:
    """One use of another resource's output, or of a provider function's answer.

    `urn` is a resource's URN, or `call:<token>` for an answer that needs the cloud to be known.
    """

    urn: str
    property: str

    def in_text(self) -> str:
        """How the reference is written inside a longer text."""
        return f"${{{_escaped(self.urn)}#{_escaped(self.property)}}}"


def reference(urn: str, property: str, *, value: Value = None, altered: bool = False) -> dict[str, Value]:
    """A reference as a whole value. `value` is the literal where it is known all the same.

    `altered` says that the program cut or changed the text of the output before it used it.
    """
    inside: dict[str, Value] = {"urn": urn, "property": property}
    if value is not None:
        inside["value"] = value
    if altered:
        inside["altered"] = True
    return {REF: inside}


def is_ref(value: Value) -> bool:
    """Whether a value as a whole is another resource's output."""
    return isinstance(value, dict) and REF in value


def is_unknown(value: Value) -> bool:
    """Whether a value cannot be known before the resources that it comes from exist."""
    return isinstance(value, dict) and UNKNOWN in value


def is_secret(value: Value) -> bool:
    """Whether a value was redacted."""
    return isinstance(value, dict) and SECRET in value


def secret_in_text(key: str) -> str:
    """How a redacted secret is written inside a longer text."""
    return f"${{secret:{_escaped(key)}}}"


def secrets_in_text(text: str) -> list[str]:
    """The keys of the secrets that a text holds."""
    return [unquote(match[1]) for match in _SECRET_IN_TEXT.finditer(text)]


def references_in_text(text: str) -> list[Reference]:
    """The references that a text holds, in order."""
    return [Reference(unquote(match[1]), unquote(match[2])) for match in IN_TEXT.finditer(text)]


def references(value: Value) -> Iterator[Reference]:
    """Every reference in a value: whole, inside texts, and behind secrets and unknowns' sources."""
    if isinstance(value, str):
        yield from references_in_text(value)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        if REF in value:
            inside = value[REF]
            yield Reference(inside["urn"], inside["property"])
        elif SECRET in value:
            for inside in value[SECRET].get("refs", ()):
                yield Reference(inside["urn"], inside["property"])
        elif UNKNOWN not in value:
            for item in value.values():
                yield from references(item)


def literal(value: Value) -> Value:
    """A value with every reference whose literal is known replaced by that literal."""
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, dict):
        if REF in value and "value" in value[REF]:
            return value[REF]["value"]
        return {key: literal(item) for key, item in value.items()}
    return value


def escaped_key(key: str) -> str:
    """A key of the program's own data, told apart from the marks."""
    return f"${key}" if key.startswith("$") else key


def _escaped(text: str) -> str:
    return quote(text, safe=_SAFE, encoding="utf-8")
