"""The attribute that a check looked at, in Pulumi's names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from policies.gate.graph import Resource
from policies.gate.projection.addresses import type_of
from policies.gate.projection.mapping import Shape

_INDEX = re.compile(r"\[?(\d+|\*)\]?")


def pulumi_path(resource: Resource, key: str) -> str:
    """`rule/[0]/apply_server_side_encryption_by_default/[0]/sse_algorithm` as
    `rules[0].applyServerSideEncryptionByDefault.sseAlgorithm`."""
    parts = steps(key)
    if resource.package == "azure-native":
        return arm_path(parts)
    type_ = type_of(resource)
    return path_in(type_.shape if type_ else None, parts)


def steps(key: str) -> list[str]:
    """The parts of one of checkov's keys."""
    return [part for part in re.split(r"[/.]", key) if part]


def path_in(shape: Shape | None, parts: Iterable[str]) -> str:
    """A path of Terraform's names in Pulumi's, as far as a shape knows them."""
    written: list[str] = []
    whole = False  # whether the part before is a list of Terraform's that is one object in Pulumi
    loose = False  # whether nobody describes what is inside the part before
    for part in parts:
        if _INDEX.fullmatch(part):
            if not whole:
                written.append(part)
            continue
        found = (
            next((item for item in shape.properties.values() if item.name == part), None) if shape else None
        )
        written.append(found.wire if found else _camel(part) if loose else part)
        if found is not None and found.kind == "plain":
            break  # checkov goes on with the value
        loose = loose or (found is not None and found.kind == "generic")
        whole = found is None or found.kind not in ("list", "set")
        shape = found.shape if found else None
    return _joined(written)


def arm_path(parts: Iterable[str]) -> str:
    """A path of ARM's names in those of the SDK, which has no `properties`."""
    return _joined([part for part in parts if part != "properties"])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _joined(parts: list[str]) -> str:
    text = ""
    for part in parts:
        index = _INDEX.fullmatch(part)
        text += f"[{index[1]}]" if index else f".{part}" if text else part
    return text
