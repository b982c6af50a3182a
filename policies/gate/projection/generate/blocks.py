"""What Terraform says of a resource type: its attributes and blocks, from a schema or from bindings."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from tarfile import TarFile
from typing import Any

Json = Any

PRIMITIVES = {"string": "s", "number": "n", "boolean": "b", "bool": "b", "any": "a", "dynamic": "a"}


@dataclass
class Attribute:
    """One attribute or block: its shape, and what it nests.

    `shape` is `one` (a plain value or a single object), `list`, `set` or `map`; `plain` the letter of the
    plain value inside; `block` says that it is written as a block rather than assigned; `verified` that a
    description of the provider lists it.
    """

    shape: str
    plain: str = ""
    nested: Block | None = None
    block: bool = False
    settable: bool = True
    computed: bool = False
    verified: bool = True


@dataclass
class Block:
    """The attributes and blocks of a resource type or of a block in it."""

    attributes: dict[str, Attribute] = field(default_factory=dict)


def from_schema(document: Json, provider: str) -> dict[str, Block]:
    """Every resource type of `terraform providers schema -json`."""
    schemas = document["provider_schemas"][provider]["resource_schemas"]
    return {name: _block(schema["block"]) for name, schema in schemas.items()}


def _block(schema: Json) -> Block:
    block = Block()
    for name, attribute in schema.get("attributes", {}).items():
        settable = bool(attribute.get("optional") or attribute.get("required"))
        if "nested_type" in attribute:
            mode = attribute["nested_type"]["nesting_mode"]
            nested = _block(attribute["nested_type"])
            block.attributes[name] = Attribute("one" if mode == "single" else mode, nested=nested)
        else:
            block.attributes[name] = _typed(attribute["type"])
        block.attributes[name].settable = settable
        block.attributes[name].computed = bool(attribute.get("computed"))
    for name, inner in schema.get("block_types", {}).items():
        mode = inner["nesting_mode"]
        shape = "one" if mode in ("single", "group") else mode
        block.attributes[name] = Attribute(shape, nested=_block(inner["block"]), block=True)
    return block


def _typed(kind: Json) -> Attribute:
    if isinstance(kind, str):
        return Attribute("one", PRIMITIVES[kind])
    if kind[0] == "object":
        inner = {name: _typed(value) for name, value in kind[1].items()}
        return Attribute("one", nested=Block(inner))
    element = _typed(kind[1]) if kind[0] != "tuple" else Attribute("one", "a")
    if element.shape == "one":
        return Attribute(kind[0], element.plain, element.nested)
    return Attribute(kind[0], "a")


_STRUCT = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{$(.*?)^\}$", re.M | re.S)
_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (.*),\n +isBlock: (\w+),\n +type: \"(\w+)\",\n +storageClassType: \"(\w+)\",",
    re.M,
)
_TOP = re.compile(r"^    synthesizeHclAttributes\(\) \{$(.*?)^    \}$", re.M | re.S)
_MAPPED = re.compile(r"listMapperHcl\((?:\w+\.)?(\w+)ToHclTerraform, (true|false)\)")
_SINGLE = re.compile(r"(\w+)ToHclTerraform\(")


def from_bindings(wheel: Path) -> dict[str, Block]:
    """Every resource type of a package of provider bindings: its JavaScript says names and kinds."""
    found: dict[str, Block] = {}
    for text in _modules(wheel):
        name = re.search(r'^    static tfResourceType = "(\w+)";', text, re.M)
        top = _TOP.search(text)
        if name is None or top is None or "extends cdktn.TerraformDataSource" in text:
            continue
        structs = {match.group(1): match.group(2) for match in _STRUCT.finditer(text)}
        found[name.group(1)] = _bound(top.group(1), structs, {})
    return found


def _modules(wheel: Path) -> Iterator[str]:
    """The JavaScript of each resource type; large types are cut over several files of one folder."""
    texts: dict[str, list[str]] = {}
    with zipfile.ZipFile(wheel) as archive:
        inner = next(name for name in archive.namelist() if name.endswith(".tgz"))
        with TarFile.open(fileobj=BytesIO(archive.read(inner))) as package:
            for member in package:
                parts = member.name.split("/")
                if parts[-1].endswith(".js") and parts[1] == "lib" and not parts[2].startswith("data-"):
                    stream = package.extractfile(member)
                    if stream is not None:
                        texts.setdefault(parts[2], []).append(stream.read().decode())
    for files in texts.values():
        yield "\n".join(files)


def merge(newer: Block, older: Block) -> Block:
    """What either knows: the older schema also lists what is only computed, and some plain types better."""
    merged = Block(dict(newer.attributes))
    for name, attribute in older.attributes.items():
        mine = merged.attributes.get(name)
        if mine is None:
            merged.attributes[name] = attribute
        elif mine.nested and attribute.nested:
            nested = merge(mine.nested, attribute.nested)
            merged.attributes[name] = replace(mine, nested=nested, computed=attribute.computed)
        elif mine.nested is None and mine.plain == "a":
            merged.attributes[name] = attribute
        else:
            merged.attributes[name] = replace(mine, computed=attribute.computed)
    return merged


def _bound(body: str, structs: dict[str, str], made: dict[str, Block]) -> Block:
    block = Block()
    for name, value, is_block, kind, storage in _ENTRY.findall(body):
        shape = kind if kind in ("list", "set", "map") else "one"
        mapped = _MAPPED.search(value)
        function = mapped.group(1) if mapped else next(iter(_SINGLE.findall(value)), "")
        if is_block == "true" and function in structs:
            if function not in made:
                made[function] = Block()
                made[function].attributes = _bound(structs[function], structs, made).attributes
            block.attributes[name] = Attribute(
                shape, nested=made[function], block=not mapped or mapped.group(2) == "true"
            )
        else:
            block.attributes[name] = Attribute(shape, _plain(storage))
    return block


def _plain(storage: str) -> str:
    for word, letter in PRIMITIVES.items():
        if storage.startswith(word):
            rest = storage[len(word) :]
            return letter if rest in ("", "List", "Set", "Map") else "a"
    return "a"


def load_schema(path: Path, provider: str) -> dict[str, Block]:
    """The resource types in a saved `terraform providers schema -json`."""
    return from_schema(json.loads(path.read_text()), provider)
