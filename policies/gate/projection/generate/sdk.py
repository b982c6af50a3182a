"""What an installed Pulumi SDK says of its resources: read from its generated source, without importing it.

The source is machine-written and regular, so patterns read it exactly; importing 1,700 modules would
take minutes and over a gigabyte.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CLASS = re.compile(r"^class (\w+)(?:\(|:)", re.M)
_FIELD = re.compile(
    r'@pulumi\.getter(?:\(name="(?P<wire>\w+)"\))?\n'
    r"(?:    @_utilities\.deprecated\(.*\)\n)?"
    r"    def (?P<python>\w+)\(self\) -> pulumi\.(?P<side>Input|Output)\[(?P<type>.*)\]:\n"
)
_TOKEN = re.compile(r'@pulumi\.type_token\("([^"]+)"\)\nclass (\w+)\(')


@dataclass(frozen=True)
class Field:
    """One property: its name on the wire, in Python, and its type as the SDK writes it."""

    wire: str
    python: str
    type: str

    @property
    def many(self) -> bool:
        """Whether the property is a list."""
        return self._plain.startswith("Sequence[")

    @property
    def map(self) -> bool:
        """Whether the property is a map, whose keys are data and never renamed."""
        return self._plain.startswith("Mapping[")

    @property
    def document(self) -> bool:
        """Whether it is JSON text that may also be given as an object (policies)."""
        return "Union[_builtins.str, '" in self.type and "DocumentArgs'" in self.type

    @property
    def nested(self) -> str | None:
        """The class of the nested object or objects, when the property holds any."""
        found = re.search(r"'(?:outputs\.)?(\w+Args)'", self.type)
        return found.group(1) if found and not self.document else None

    @property
    def plain(self) -> str:
        """The letter of the plain value that it is or holds."""
        found = re.search(r"_builtins\.(str|int|float|bool)", self.type)
        return {"str": "s", "int": "n", "float": "n", "bool": "b"}[found.group(1)] if found else "a"

    @property
    def _plain(self) -> str:
        return re.sub(r"^(?:Optional\[|pulumi\.Input\[)+", "", self.type)


@dataclass
class Resource:
    """One resource class of the SDK."""

    token: str
    inputs: dict[str, Field] = field(default_factory=dict)
    outputs: dict[str, Field] = field(default_factory=dict)
    folder: str = ""
    """The SDK's folder that it lies in, where its nested classes are."""
    text: str = ""


@dataclass
class Package:
    """An SDK: its resources by type token, its nested input classes by module and name."""

    resources: dict[str, Resource]
    classes: dict[tuple[str, str], dict[str, Field]]

    def nested(self, module: str, name: str) -> dict[str, Field]:
        """The fields of a nested input class, seen from a module; shared ones live in the root."""
        return self.classes.get((module, name)) or self.classes.get(("", name)) or {}


def root(package: str) -> Path:
    """Where the installed SDK lies."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed in this environment")
    return Path(spec.origin).parent


def read(package: str, modules: frozenset[str] | None = None) -> Package:
    """Read an SDK, or only some of its modules (folders)."""
    base = root(package)
    resources: dict[str, Resource] = {}
    classes: dict[tuple[str, str], dict[str, Field]] = {}
    for path in _files(base, modules):
        folder = path.parent.relative_to(base).as_posix()
        module = "" if folder == "." else folder
        text = path.read_text()
        if path.name == "_inputs.py":
            classes.update({(module, name): fields for name, fields in _classes(text)})
        elif (token := _TOKEN.search(text)) is not None:
            resources[token.group(1)] = _resource(token.group(1), module, text)
    return Package(resources, classes)


def installed_tokens(package: str) -> list[str]:
    """The tokens that the SDK registers, as its own index lists them."""
    text = (root(package) / "__init__.py").read_text()
    index = text[text.index('resource_modules="""') :].split('"""')[1]
    return sorted(token for entry in json.loads(index) for token in entry["classes"])


def _files(base: Path, modules: frozenset[str] | None) -> Iterator[Path]:
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(base).parts
        if modules is not None and len(parts) > 1 and parts[0] not in modules:
            continue
        if not path.name.startswith(("get_", "list_", "outputs", "_enums", "_utilities", "__init__")):
            yield path


def _classes(text: str) -> Iterator[tuple[str, dict[str, Field]]]:
    starts = [(found.start(), found.group(1)) for found in _CLASS.finditer(text)]
    for index, (start, name) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
        if name.endswith("Args"):
            yield name, _fields(text, start, end, "Input")


def _resource(token: str, folder: str, text: str) -> Resource:
    starts = [(found.start(), found.group(1)) for found in _CLASS.finditer(text)]
    resource = Resource(token, folder=folder, text=text)
    # The arguments come first, then the state, then the resource itself.
    resource.inputs = _fields(text, starts[0][0], starts[1][0] if len(starts) > 1 else len(text), "Input")
    resource.outputs = _fields(text, starts[-1][0], len(text), "Output")
    return resource


def _fields(text: str, start: int, end: int, side: str) -> dict[str, Field]:
    found = (match for match in _FIELD.finditer(text, start, end) if match["side"] == side)
    return {
        wire: Field(wire, match["python"], match["type"])
        for match in found
        for wire in [match["wire"] or match["python"]]
    }
