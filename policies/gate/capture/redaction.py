"""The last look before anything is written: no text that is known to be secret may stand anywhere in it."""

from __future__ import annotations

import json
import re
from typing import Any

from policies.gate import values
from policies.gate.capture.reading import Secrets
from policies.gate.graph import ResourceGraph
from policies.gate.values import Value

# A shorter secret is only found as a whole value: as a part of other texts it would be found by chance.
_SHORTEST_PART = 8
_LITERAL = "literal"
# What the program's own texts can be in, at each level of a graph; all else are our words and URNs.
_RESOURCE = ("physical_name", "read_id", "inputs", "outputs", "region", "import_id")
_PROVIDER = ("region", "default_tags", "inputs")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def redacted(content: ResourceGraph | list[dict[str, Any]], secrets: Secrets) -> Value:
    """Plain JSON without any secret of this capture."""
    plain: Value = content.to_json() if isinstance(content, ResourceGraph) else content
    found = dict(secrets.items())
    return _Redaction(found).of(plain) if found else plain


class _Redaction:
    def __init__(self, found: dict[str, str]) -> None:
        self._found = found
        parts = [re.escape(secret) for secret in found if len(secret) >= _SHORTEST_PART]
        self._parts = re.compile("|".join(parts)) if parts else None

    def of(self, plain: Value) -> Value:
        """A graph or a list of problems, without secrets."""
        if isinstance(plain, list):
            return [self._fields(item, ("what", "remedy")) for item in plain]
        tables: dict[str, tuple[str, ...]] = {"resources": _RESOURCE, "providers": _PROVIDER}
        for name, fields in tables.items():
            plain[name] = {key: self._fields(item, fields) for key, item in plain.get(name, {}).items()}
        lists: dict[str, tuple[str, ...]] = {"calls": ("args",), "diagnostics": ("message",)}
        for name, fields in lists.items():
            plain[name] = [self._fields(item, fields) for item in plain.get(name, [])]
        return self._names(self._fields(plain, ("outputs",)))

    def _fields(self, record: dict[str, Value], fields: tuple[str, ...]) -> dict[str, Value]:
        return {key: self._walk(item) if key in fields else item for key, item in record.items()}

    def _walk(self, value: Value) -> Value:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._walk(item) for item in value]
        if isinstance(value, dict) and values.SECRET not in value:
            if values.REF in value:
                return {values.REF: self._fields(value[values.REF], ("value",))}
            return {self._key(key): self._walk(item) for key, item in value.items()}
        return value

    def _key(self, key: str) -> str:
        return key if _IDENTIFIER.fullmatch(key) else self._without(key)

    def _text(self, text: str) -> Value:
        if text in self._found:
            key = self._found[text]
            mark: dict[str, Value] = {"origin": "config" if key else _LITERAL, "in_clear": True}
            return {values.SECRET: {**mark, "key": key} if key else mark}
        return self._without(text)

    def _without(self, text: str) -> str:
        """A text without secrets; references in it stay as they are, their names are looked at last."""
        if self._parts is None or not self._parts.search(text):
            return text
        pieces, position = [], 0
        for kept in values.IN_TEXT.finditer(text):
            pieces += [self._sub(text[position : kept.start()]), kept[0]]
            position = kept.end()
        return "".join([*pieces, self._sub(text[position:])])

    def _sub(self, text: str) -> str:
        assert self._parts is not None
        return self._parts.sub(lambda match: self._shown(match[0]), text)

    def _shown(self, secret: str) -> str:
        return values.secret_in_text(self._found[secret] or _LITERAL)

    def _names(self, plain: Value) -> Value:
        """A secret in a resource's name stands in every URN that names it: replaced in the whole."""
        if self._parts is None or not isinstance(plain, dict):
            return plain
        names = [urn.split("::", 3)[-1] for urn in plain.get("resources", {})]
        hidden = {match[0] for name in names for match in self._parts.finditer(name)}
        if not hidden:
            return plain
        text = json.dumps(plain, ensure_ascii=False)
        for secret in sorted(hidden):
            text = text.replace(json.dumps(secret, ensure_ascii=False)[1:-1], self._shown(secret))
        return json.loads(text)
