"""Reads IAM policy documents as the graph has them: JSON text with references inside, or not known at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.values import Value

_PLACEHOLDER = re.compile(r"\$\{(?:urn:pulumi:|call:|secret:)[^}]*\}")


@dataclass(frozen=True)
class Statement:
    """One statement of a document."""

    allow: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]] | None = None
    """By kind (`AWS`, `Service`, `Federated`); None where the statement names none."""
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None

    def names(self, action: str) -> Certainty:
        """Whether the statement is about an action (in lower case)."""
        if self.not_actions:
            return max(_matches(pattern, action) for pattern in self.not_actions).opposite
        return max((_matches(pattern, action) for pattern in self.actions), default=Certainty.NO)

    def condition_keys(self) -> set[str]:
        """Keys that its conditions look at, in lower case."""
        return {key.lower() for test in (self.conditions or {}).values() for key in test}


Document = tuple[Statement, ...]


def document(value: Value) -> Document | None:
    """The statements of a document; None where it is not known before apply, or is no document."""
    value = values.literal(value)
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, dict) and not any(
        key in value for key in (values.REF, values.UNKNOWN, values.SECRET)
    ):
        return _parsed(json.dumps(value))
    return None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Document | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict) or "Statement" not in content:
        return None
    listed = content["Statement"]
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        return None
    return tuple(_statement(item) for item in listed)


def _statement(item: dict[str, Value]) -> Statement:
    return Statement(
        allow=str(item.get("Effect", "")).lower() != "deny",
        actions=_texts(item.get("Action")),
        not_actions=_texts(item.get("NotAction")),
        resources=_texts(item.get("Resource")),
        not_resources=_texts(item.get("NotResource")),
        principals=_principals(item.get("Principal")),
        conditions={
            test: {key: _texts(wanted) for key, wanted in inside.items()}
            for test, inside in _mapping(item.get("Condition")).items()
            if isinstance(inside, dict)
        }
        or None,
    )


def _principals(value: Value) -> dict[str, tuple[str, ...]] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return {kind: _texts(named) for kind, named in value.items()}
    return {"AWS": _texts(value)}


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _texts(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _matches(pattern: str, action: str) -> Certainty:
    if "${" in pattern and _PLACEHOLDER.search(pattern):
        possible = _PLACEHOLDER.sub("*", pattern)
        return min(Certainty.MAYBE, _wildcard(possible.lower(), action))
    return _wildcard(pattern.lower(), action)


@lru_cache(maxsize=65536)
def _wildcard(pattern: str, action: str) -> Certainty:
    if pattern == "*":
        return Certainty.YES
    if "*" not in pattern and "?" not in pattern:
        return Certainty(2 * (pattern == action))
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return Certainty(2 * (re.fullmatch(expression, action) is not None))


@lru_cache(maxsize=16384)
def is_wide(resource: str) -> bool:
    """Whether a resource pattern stands for everything, or for everything of its kind (`…:role/*`)."""
    bare = _PLACEHOLDER.sub("x", resource)
    if bare.strip("*") == "":
        return True
    if not bare.startswith("arn:"):
        return False
    parts = bare.split(":", 5)
    tail = parts[5] if len(parts) == 6 else parts[-1]
    if len(parts) < 6:
        return bare.endswith("*")
    # A path or a kind may stand before the wildcard; a name may not.
    return tail == "*" or re.fullmatch(r"[a-z-]+[/:](\*|\*/\*|\*:\*)", tail) is not None


def wide(resources: Iterable[str]) -> bool:
    """Whether any of these stands for everything of its kind."""
    return any(is_wide(resource) for resource in resources)
