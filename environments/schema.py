"""The JSON Schema of an environment's file, generated from the model; editors complete and check with it.

`python -m environments.schema` writes it to `environments/schema.json`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from environments import places
from environments.model import Settings

FILE = places.ROOT / "environments" / "schema.json"
MODELINE = "# yaml-language-server: $schema=./schema.json"
SETTINGS_KEY = "sluice:environment"
# What Pulumi itself writes at the top level of a stack's file.
PULUMI_KEYS = ("encryptionsalt", "secretsprovider", "encryptedkey", "environment")
# Configuration of providers, such as `aws:region`: Pulumi's business.
FOREIGN_CONFIG = r"^(?!sluice:)[^:\s]+:.+$"

Schema = dict[str, Any]


@cache
def settings_schema() -> Schema:
    """The schema of what stands under `sluice:environment`, with its `$defs`.

    Nothing is required: an environment's file says only what differs from the defaults.
    """
    schema = Settings.model_json_schema()
    definitions: Schema = schema.get("$defs", {})
    tidied: Schema = _tidied(schema, definitions)
    return tidied


def document_schema() -> Schema:
    """The schema of the whole `Pulumi.<env>.yaml`."""
    settings = dict(settings_schema())
    definitions = settings.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment of Sluice (Pulumi.<environment>.yaml)",
        "description": "What is particular to one environment; `sluice env show` prints the rest too.",
        "type": "object",
        "required": ["config"],
        "additionalProperties": False,
        "properties": {
            "config": {
                "description": "Pulumi's configuration of the stack.",
                "type": "object",
                "required": [SETTINGS_KEY],
                "additionalProperties": False,
                "properties": {SETTINGS_KEY: settings},
                "patternProperties": {FOREIGN_CONFIG: True},
            },
            **{key: {"description": "Written by Pulumi."} for key in PULUMI_KEYS},
        },
        "$defs": definitions,
    }


def node(path: tuple[str, ...]) -> Schema | None:
    """The schema of the setting at a path; None where the path leads nowhere."""
    root = settings_schema()
    current: Any = root
    for name in path:
        current = resolved(current)
        if name in current.get("properties", {}):
            current = current["properties"][name]
        elif name.isdigit() and "items" in current:
            current = current["items"]
        elif "patternProperties" in current:
            (current,) = current["patternProperties"].values()
        else:
            return None
    return resolved(current)


def resolved(schema: Schema) -> Schema:
    """The schema that a `$ref` or a "this or null" stands for, with the description that stood beside it."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            rest = {key: value for key, value in schema.items() if key != "anyOf"}
            return {**resolved(option), **rest, "nullable": True}
    if "$ref" in schema:
        target = settings_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(document_schema(), indent=2) + "\n"


def is_stale(file: Path = FILE) -> bool:
    """Whether the committed schema is missing or differs from what the model says now."""
    try:
        return file.read_text(encoding="utf-8") != text()
    except (OSError, UnicodeDecodeError):
        return True


def write(file: Path = FILE) -> None:
    """Writes the schema."""
    file.write_text(text(), encoding="utf-8")


def _tidied(value: Any, definitions: Schema) -> Any:
    """Drops generated titles and required keys, and spells out mappings whose keys are a closed list."""
    if isinstance(value, list):
        return [_tidied(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    is_schema = "type" in value or "$ref" in value or "anyOf" in value
    result = {
        key: _tidied(item, definitions)
        for key, item in value.items()
        if not (is_schema and key in {"title", "required"})
    }
    if is_schema and "patternProperties" in result:
        result["additionalProperties"] = False
    names = result.get("propertyNames", {})
    if is_schema and "$ref" in names:
        each = result.pop("additionalProperties")
        del result["propertyNames"]
        choices = definitions[names["$ref"].rsplit("/", 1)[1]]["enum"]
        result |= {"properties": {choice: each for choice in choices}, "additionalProperties": False}
    return result


if __name__ == "__main__":
    write()
