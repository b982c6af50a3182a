"""Turns what a program sent into the graph's values: references found, secrets redacted, unknowns kept."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from policies.gate import values
from policies.gate.capture import wire
from policies.gate.capture.standins import TEXTS_IN_A_LIST
from policies.gate.capture.tokens import Tokens
from policies.gate.values import Value

_CONFIG = "config"
_FIRST_OF_A_LIST = re.compile(r"^(.*)\[0\]$")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SHORTEST_ENCODED = 32
_SHORTEST = 4
_SOUNDS_SECRET = re.compile(
    r"pass|pwd|secret|token|credential|private|api_?key|access_?key|account_?key|shared_?key|connection_?string",
    re.IGNORECASE,
)
# A word, a number, a place, an address: what many inputs hold, secret or not.
_ORDINARY = re.compile(
    r"[A-Za-z]+|[\d.]+|[a-z]+(-[a-z]+)+-?\d[a-z]?|(arn|https?|[a-z0-9]+):.*|/.*|[\w-]+(\.[\w-]+)+(:\d+)?"
)
_SHORTEST_UNNAMED = 8
_LARGEST_HASHED = 50_000_000


class Secrets:
    """The secret values met in one capture: never written, only used to find where else they stand."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._origin: dict[str, str] = {}
        for key, value in config.items():
            for leaf in _leaves(_parsed(value)):
                self._origin.setdefault(leaf, key)

    def key_in(self, value: Any) -> str | None:
        """The configuration key whose secret value a value holds, if one."""
        for leaf in _leaves(value):
            for secret, key in self._origin.items():
                if key and (leaf == secret or (len(secret) >= 8 and secret in leaf)):
                    return key
        return None

    def add(self, text: str, name: str) -> None:
        """Remembers a secret that the program wrote itself, under the name of what holds it.

        Ordinary words are not remembered: packages mark whole maps as secret, with their user names and regions.
        """
        if len(text) >= _SHORTEST and _may_be_secret(text, name):
            self._origin.setdefault(text, "")

    def items(self) -> list[tuple[str, str]]:
        """Every secret text, plain and in base64, longest first, with its configuration key or nothing."""
        found = dict(self._origin)
        for secret, key in self._origin.items():
            found.setdefault(base64.b64encode(secret.encode("utf-8", "replace")).decode(), key)
        return sorted(found.items(), key=lambda item: (-len(item[0]), item[0]))


class Reader:
    """Reads the wire values of one capture."""

    def __init__(
        self, tokens: Tokens, secrets: Secrets, root: Path, echoes: Callable[[str], Mapping[str, str]]
    ) -> None:
        self._tokens = tokens
        self.secrets = secrets
        self._root = root
        self._echoes = echoes

    def properties(
        self, raw: Mapping[str, Any], dependencies: Mapping[str, Iterable[str]]
    ) -> dict[str, Value]:
        """All inputs of one resource."""
        return {name: self.value(item, tuple(dependencies.get(name, ())), name) for name, item in raw.items()}

    def value(self, raw: Any, dependencies: tuple[str, ...] = (), name: str = "") -> Value:
        """One value, under the name of its input; `dependencies` are the URNs that it came from."""
        if isinstance(raw, str):
            return self._text(raw, dependencies)
        if isinstance(raw, bool) or raw is None:
            return raw
        if isinstance(raw, int | float):
            return self._number(raw)
        if isinstance(raw, list):
            return _whole_list([self.value(item, dependencies, name) for item in raw])
        signature = wire.signature(raw)
        if signature is not None:
            return self._signed(signature, raw, dependencies, name)
        if raw.get("@isPulumiResource") is True and isinstance(raw.get("urn"), str):
            return values.reference(raw["urn"], "id" if "id" in raw else "urn")
        return {
            values.escaped_key(key): self.value(item, dependencies, str(key)) for key, item in raw.items()
        }

    def _signed(self, signature: str, raw: dict[str, Any], dependencies: tuple[str, ...], name: str) -> Value:
        if signature == wire.SECRET:
            return self._secret(raw.get("value"), name)
        if signature == wire.RESOURCE:
            return values.reference(raw["urn"], "id" if "id" in raw else "urn")
        if signature == wire.OUTPUT:
            if "value" not in raw:
                return self._unknown(tuple(raw.get("dependencies", ())))
            inner = wire.secret(raw["value"]) if raw.get("secret") else raw["value"]
            return self.value(inner, tuple(raw.get("dependencies", dependencies)), name)
        mark = values.ASSET if signature == wire.ASSET else values.ARCHIVE
        return {mark: self._asset(raw, dependencies)}

    def _asset(self, raw: dict[str, Any], dependencies: tuple[str, ...]) -> dict[str, Value]:
        if "path" in raw:
            path = Path(os.path.abspath(raw["path"]))
            inside = path.is_relative_to(self._root)
            asset: dict[str, Value] = {"path": str(path.relative_to(self._root)) if inside else path.name}
            if path.is_file() and path.stat().st_size <= _LARGEST_HASHED:
                asset["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            return asset
        if "assets" in raw:
            return {"assets": {key: self.value(item, dependencies) for key, item in raw["assets"].items()}}
        kind = "text" if "text" in raw else "uri"
        return {kind: self.value(raw[kind], dependencies)}

    def _unknown(self, dependencies: tuple[str, ...]) -> Value:
        return {values.UNKNOWN: {"from": sorted(set(dependencies))}}

    def _number(self, raw: int | float) -> Value:
        reference = self._tokens.of_number(raw)
        if reference is None:
            return raw
        if reference.urn == _CONFIG:
            return {values.SECRET: {"origin": "config", "key": reference.property, "in_clear": True}}
        return values.reference(reference.urn, reference.property)

    def _text(self, raw: str, dependencies: tuple[str, ...]) -> Value:
        if raw == wire.UNKNOWN:
            return self._unknown(dependencies)
        keys = self._tokens.keys_in(raw)
        found = self._tokens.in_text(raw)
        if len(keys) == 1 and keys[0][:2] == (0, len(raw)):
            return {values.SECRET: {"origin": "config", "key": keys[0][2], "in_clear": True}}
        if len(found) == 1 and not keys and (found[0].start, found[0].end) == (0, len(raw)):
            only = found[0].reference
            return values.reference(only.urn, only.property, altered=found[0].altered)
        pieces = [(item.start, item.end, item.reference.in_text()) for item in found]
        pieces += [(start, end, values.secret_in_text(key)) for start, end, key in keys]
        if pieces:
            return _replaced(raw, pieces)
        return self._encoded(raw, dependencies) or self._echoed(raw, dependencies)

    def _encoded(self, raw: str, dependencies: tuple[str, ...]) -> Value:
        """A text that the program encoded, user data for example, is read as what it says."""
        if len(raw) < _SHORTEST_ENCODED or not _BASE64.fullmatch(raw):
            return None
        try:
            text = base64.b64decode(raw, validate=True).decode()
        except ValueError:
            return None
        if not self._is_stand_in(text):
            return None
        return {values.BASE64: self._text(text, dependencies)}

    def _echoed(self, raw: str, dependencies: tuple[str, ...]) -> Value:
        """A literal that is another resource's input, and came from there, stays a reference to it."""
        if not raw:
            return raw
        for urn in dependencies:
            name = self._echoes(urn).get(raw)
            if name is not None:
                return values.reference(urn, name, value=raw)
        return raw

    def _secret(self, inner: Any, name: str) -> Value:
        content = wire.revealed(inner)
        if content is None or content in ("", {}, []):
            return content
        texts = list(_leaves(content, shortest=0))
        keys = sorted({key for text in texts for _, _, key in self._tokens.keys_in(text)})
        numbers = [number for number in _numbers(content) if self._tokens.of_number(number)]
        found = [item.reference for text in texts for item in self._tokens.in_text(text)]
        found += [reference for number in numbers if (reference := self._tokens.of_number(number))]
        keys += [reference.property for reference in found if reference.urn == _CONFIG]
        refs = sorted({reference for reference in found if reference.urn != _CONFIG})
        key = keys[0] if keys else self.secrets.key_in(content)
        if key:
            mark: dict[str, Value] = {"origin": "config", "key": key}
        elif refs or wire.UNKNOWN in texts:
            mark = {"origin": "output"}
        else:
            mark = {"origin": "literal"}
        if refs:
            mark["refs"] = [{"urn": reference.urn, "property": reference.property} for reference in refs]
        written = [
            (held or name, text)
            for held, text in _named_leaves(content)
            if not self._is_stand_in(text) and self.secrets.key_in(text) is None
        ]
        for held, text in written:
            self.secrets.add(text, held)
        if isinstance(content, dict) and (names := sorted({held for held, text in written if text})):
            mark["literals"] = names
        return {values.SECRET: mark}

    def _is_stand_in(self, text: str) -> bool:
        return text == wire.UNKNOWN or bool(self._tokens.in_text(text) or self._tokens.keys_in(text))


def _replaced(text: str, pieces: list[tuple[int, int, str]]) -> str:
    result, position = [], 0
    for start, end, replacement in sorted(pieces):
        result += [text[position:start], replacement]
        position = end
    return "".join([*result, text[position:]])


def _whole_list(items: list[Value]) -> list[Value] | dict[str, Value]:
    """A list that is exactly another resource's list output becomes one reference to it."""
    if len(items) != TEXTS_IN_A_LIST or not all(values.is_ref(item) for item in items):
        return items
    insides = [item[values.REF] for item in items]
    first = _FIRST_OF_A_LIST.match(insides[0]["property"])
    expected = [f"{first[1]}[{index}]" for index in range(TEXTS_IN_A_LIST)] if first else None
    if [inside["property"] for inside in insides] != expected or len({i["urn"] for i in insides}) != 1:
        return items
    return values.reference(insides[0]["urn"], first[1] if first else "")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "{[" else text
    except ValueError:
        return text


def _may_be_secret(text: str, name: str) -> bool:
    return bool(_SOUNDS_SECRET.search(name)) or (
        len(text) >= _SHORTEST_UNNAMED and _ORDINARY.fullmatch(text) is None
    )


def _named_leaves(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """Every text in a value, with the key that it is under; empty at the top."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named_leaves(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _named_leaves(item, name)


def _leaves(value: Any, *, shortest: int = _SHORTEST) -> Iterable[str]:
    if isinstance(value, str):
        if len(value) >= shortest:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item, shortest=shortest)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, shortest=shortest)


def _numbers(value: Any) -> Iterable[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
