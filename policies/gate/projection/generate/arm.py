"""The ARM table: reviewed types and renames, with the API version and inputs that the SDK says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from policies.gate.projection.generate import sdk

SOURCE = "pulumi-azure-native 3.29.0 (SDK source: API versions, inputs) and arm_reviewed.yaml (the rest)"

_VERSION = re.compile(r"Uses Azure REST API version ([0-9a-z-]+)\.")


def table(reviewed: Path) -> tuple[str, list[str]]:
    """The table as JSON text, and what is wrong with the reviewed file against the SDK."""
    content: dict[str, Any] = YAML(typ="safe").load(reviewed.read_text())
    modules = frozenset(token.split(":")[0] for token in (*content["types"], *content["outside_arm"]))
    package = sdk.read("pulumi_azure_native", modules)
    wrong: list[str] = []
    types: dict[str, Any] = {}
    for token, words in content["types"].items():
        kind, *parts = words.split()
        resource = package.resources.get(f"azure-native:{token}")
        version = _VERSION.search(resource.text) if resource else None
        if resource is None or version is None:
            wrong.append(f"{token}: the SDK has no such resource")
            continue
        wrong += [
            f"{token}: no input `{part}`"
            for part in parts
            if not part.startswith("=") and part not in resource.inputs
        ]
        types[f"azure-native:{token}"] = [kind, version.group(1), parts, sorted(resource.inputs)]
    lines = ",\n".join(
        f"{json.dumps(token)}:{json.dumps(entry, separators=(',', ':'))}"
        for token, entry in sorted(types.items())
    )
    wrong += [
        f"{token}: the SDK has no such resource, to be outside ARM"
        for token in content["outside_arm"]
        if f"azure-native:{token}" not in package.resources
    ]
    rules = {
        name: content[name]
        for name in (
            "namespaces",
            "outside_arm",
            "envelope",
            "inside_properties",
            "renames",
            "nested_lists",
            "nested_envelope",
        )
    }
    text = f'{{"source":{json.dumps(SOURCE)},\n"rules":{json.dumps(rules)},\n"types":{{\n{lines}\n}}}}\n'
    return text, wrong
