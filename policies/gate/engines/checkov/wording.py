"""What a person reads of a check: words of our own, or what its code says that it wants to see."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from environments import yaml_file
from environments.problems import Problem, Refusal

TEXTS = Path(__file__).parent / "texts"
_KEYS = {"why", "fix"}


def texts(folder: Path = TEXTS) -> dict[str, dict[str, str]]:
    """Why each check is there and how to mend what it finds, by checkov's id.

    Raises:
        Refusal: a file cannot be read, or an entry is not a `why` and a `fix`.
    """
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        document = yaml_file.read(file)
        problems += document.problems
        content = document.value if isinstance(document.value, dict) else {}
        for name, text in content.items():
            whole = isinstance(text, dict) and set(text) == _KEYS and all(map(_is_text, text.values()))
            if not whole or name in found:
                remedy = "write one `why` and one `fix` for each check"
                problems.append(Problem(f"{name}: not a text for a check", document.at((name,)), remedy))
                continue
            found[name] = {key: str(value) for key, value in text.items()}  # type: ignore[union-attr]
    if problems:
        raise Refusal(*problems)
    return found


def fix_of(expected: Mapping[str, Any], attribute: str) -> str:
    """What to write, where the check says which value it wants; empty where it does not."""
    if not attribute or not expected:
        return ""
    if expected.get("any"):
        return f"set `{attribute}`"
    if expected.get("none"):
        return f"leave `{attribute}` out"
    wanted = expected.get("one of")
    if wanted:
        return f"set `{attribute}` to {' or '.join(_literal(value) for value in _distinct(wanted)[:4])}"
    refused = expected.get("none of")
    if refused:
        return f"`{attribute}` must not be {' or '.join(_literal(value) for value in _distinct(refused)[:4])}"
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _literal(value: Any) -> str:
    return f"`{value!r}`" if isinstance(value, bool) else f"`{json.dumps(value)}`"


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Without what is only another spelling: `true` beside `True`."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(str(value).lower(), value)
    return list(found.values())
