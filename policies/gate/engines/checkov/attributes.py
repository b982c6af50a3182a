"""The attribute that a check looked at, in Pulumi's names."""

from __future__ import annotations

import re

from policies.gate.graph import Resource
from policies.gate.projection.addresses import type_of
from policies.gate.projection.mapping import Shape

_INDEX = re.compile(r"\[?(\d+|\*)\]?")


def pulumi_path(resource: Resource, key: str) -> str:
    """`rule/[0]/apply_server_side_encryption_by_default/[0]/sse_algorithm` as
    `rules[0].applyServerSideEncryptionByDefault.sseAlgorithm`."""
    parts = [part for part in re.split(r"[/.]", key) if part]
    if resource.package == "azure-native":
        return _joined([part for part in parts if part != "properties"])
    type_ = type_of(resource)
    shape: Shape | None = type_.shape if type_ else None
    written: list[str] = []
    whole = False  # whether the part before is a list of Terraform's that is one object in Pulumi
    for part in parts:
        if _INDEX.fullmatch(part):
            if not whole:
                written.append(part)
            continue
        found = (
            next((item for item in shape.properties.values() if item.name == part), None) if shape else None
        )
        written.append(found.wire if found else part)
        whole = found is None or found.kind not in ("list", "set")
        shape = found.shape if found else None
    return _joined(written)


def _joined(parts: list[str]) -> str:
    text = ""
    for part in parts:
        index = _INDEX.fullmatch(part)
        text += f"[{index[1]}]" if index else f".{part}" if text else part
    return text
