"""The last look before anything is written: no text that is known to be secret may stand anywhere in it."""

from __future__ import annotations

import json
from typing import Any

from policies.gate import values
from policies.gate.capture.reading import Secrets
from policies.gate.graph import ResourceGraph
from policies.gate.values import Value

# A shorter secret is only found as a whole value: as a part of other texts it would be found by chance.
_SHORTEST_PART = 8
_LITERAL = "literal"
_OUR_WORDS = ("type", "kind", "file", "function", "package", "schema", "packages", "origin", "token")


def redacted(content: ResourceGraph | list[dict[str, Any]], secrets: Secrets) -> Value:
    """Plain JSON without any secret of this capture."""
    found = secrets.items()
    if isinstance(content, ResourceGraph):
        plain: Value = content.to_json()
    else:
        plain = content
    if not found:
        return plain
    return _named(_walk(plain, found), found)


def _walk(value: Value, secrets: list[tuple[str, str]]) -> Value:
    if isinstance(value, str):
        return _text(value, secrets)
    if isinstance(value, list):
        return [_walk(item, secrets) for item in value]
    if isinstance(value, dict):
        if values.SECRET in value:
            return value
        return {
            key: item if key in _OUR_WORDS and isinstance(item, str) else _walk(item, secrets)
            for key, item in value.items()
        }
    return value


def _text(text: str, secrets: list[tuple[str, str]]) -> Value:
    for secret, key in secrets:
        if text == secret:
            mark: dict[str, Value] = {"origin": "config" if key else _LITERAL, "in_clear": True}
            return {values.SECRET: {**mark, "key": key} if key else mark}
    if text.startswith("urn:pulumi:"):
        return text
    for secret, key in secrets:
        if len(secret) >= _SHORTEST_PART and secret in text:
            text = text.replace(secret, values.secret_in_text(key or _LITERAL))
    return text


def _named(plain: Value, secrets: list[tuple[str, str]]) -> Value:
    """A secret in a resource's name stands in every URN that names it: replaced in the whole."""
    hidden = [item for item in secrets if len(item[0]) >= _SHORTEST_PART and _in_a_name(item[0], plain)]
    if not hidden:
        return plain
    text = json.dumps(plain, ensure_ascii=False)
    for secret, key in hidden:
        inside = json.dumps(secret, ensure_ascii=False)[1:-1]
        text = text.replace(inside, values.secret_in_text(key or _LITERAL))
    return json.loads(text)


def _in_a_name(secret: str, plain: Value) -> bool:
    if not isinstance(plain, dict):
        return False
    return any(secret in urn.split("::", 3)[-1] for urn in plain.get("resources", {}))
