"""Reads a YAML file into plain values with the line of every key, and says all that is wrong with it.

Works on ruamel.yaml's composed nodes: they carry the line of every key, and show every duplicate key.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path as File

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from environments import places
from environments.defaults import Value
from environments.problems import Location, Problem, Refusal

Path = tuple[str, ...]

# An environment's file has some dozens of nodes; aliases can multiply them without end.
_MOST_NODES = 20_000

_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str")}
# Dates stay the text that was written: no setting is a date.
_TEXT_TAGS = {"tag:yaml.org,2002:timestamp"}


@dataclass
class Document:
    """The content of a YAML file."""

    file: File
    value: Value = None
    lines: dict[Path, int] = field(default_factory=dict)
    """Line of each key (and of each list item), by path; the empty path is the document's first line."""
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)
    """Keys whose value could not be read; they are left out, and a problem says why."""

    def at(self, path: Path) -> Location:
        """Where a path is written, or the nearest thing around it that is."""
        while path and path not in self.lines:
            path = path[:-1]
        return Location(shown(self.file), self.lines.get(path))


def shown(file: File) -> File:
    """A file as a person calls it: from the repository's root where it is inside."""
    return file.relative_to(places.ROOT) if file.is_relative_to(places.ROOT) else file


def read(file: File, *, begin_with: str = "", merge_keys: bool = False) -> Document:
    """Reads one YAML file.

    `begin_with` is what an empty file is told to begin with. With `merge_keys`, `<<` takes in the keys of
    another mapping; an environment must write its keys out, so that each has a line of its own.
    What can be read is in the document even where some of it is wrong; `problems` names the rest.

    Raises:
        Refusal: nothing of the file can be used: it cannot be opened, decoded or parsed, or is empty.
    """
    document = Document(file)
    root = _compose(file, begin_with)
    document.lines[()] = root.start_mark.line + 1
    try:
        document.value = _Reader(document, merge_keys).convert(root, ())
    except RecursionError:
        raise _too_deep(file) from None
    return document


def _compose(file: File, begin_with: str) -> Node:
    text = _text(file)
    parser = YAML(typ="safe", pure=True)
    try:
        root = parser.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        what = "; ".join(str(part) for part in (error.context, error.problem) if part)
        raise Refusal.because(
            f"not valid YAML: {what}",
            where=Location(shown(file), line),
            remedy="look here and one line up: indentation, a missing colon, an open quote or bracket",
        ) from None
    except RecursionError:
        raise _too_deep(file) from None
    except (YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal.because(
            f"not valid YAML: {reason}",
            where=Location(shown(file)),
            remedy="remove control characters and other things that are not text",
        ) from None
    if root is None:
        raise Refusal.because(
            "the file is empty",
            where=Location(shown(file)),
            remedy=begin_with and f"begin with {begin_with}",
        )
    return root  # type: ignore[no-any-return]


def _text(file: File) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refusal.because(
            f"cannot read the file: {error.strerror or error}",
            where=Location(shown(file)),
            remedy="make it a readable file",
        ) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal.because(
            f"not UTF-8: byte 0x{data[error.start]:02x} cannot be read",
            where=Location(shown(file), data[: error.start].count(b"\n") + 1),
            remedy="save the file as UTF-8",
        ) from None


def _too_deep(file: File) -> Refusal:
    return Refusal.because(
        "nested too deep to be read",
        where=Location(shown(file)),
        remedy="an environment has about six levels",
    )


class _Reader:
    """Turns composed nodes into plain values, and notes lines and problems on the way."""

    def __init__(self, document: Document, merge_keys: bool) -> None:
        self._document = document
        self._merge_keys = merge_keys
        self._open: set[int] = set()
        self._nodes = 0
        self._constructor = YAML(typ="safe", pure=True).constructor

    def convert(self, node: Node, path: Path) -> Value:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise Refusal.because(
                f"more than {_MOST_NODES} values",
                where=self._document.at(path),
                remedy="an environment's file is short; are aliases multiplying it?",
            )
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._document.unreadable.add(path)
            self._problem("a value that contains itself", node, "remove the alias")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            return self._sequence(node, path) if isinstance(node, SequenceNode) else None
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: ScalarNode, path: Path) -> Value:
        tag = str(node.tag)
        if tag in _TEXT_TAGS:
            return str(node.value)
        if tag not in _PLAIN_TAGS:
            self._document.unreadable.add(path)
            self._problem(f"the tag `{tag}` cannot be used here", node, "write the plain value")
            return None
        try:
            return self._constructor.construct_object(node)  # type: ignore[no-any-return]
        except (ValueError, OverflowError, YAMLError):
            self._document.unreadable.add(path)
            self._problem(
                f"`{str(node.value)[:40]}` cannot be read as a value", node, "put it in quotes if it is text"
            )
            return None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Value]:
        result: dict[str, Value] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._problem("a key that is not plain text", key_node, "write `key: value`")
                continue
            key = str(key_node.value)
            if str(key_node.tag).endswith(":merge"):
                # What the mapping says itself wins, wherever it stands.
                result = {**self._merged(key_node, value_node, path), **result}
                continue
            if key in first:
                self._problem(
                    f"`{key}` is there twice; first on line {first[key]}", key_node, "keep one of the two"
                )
                continue
            inner = (*path, key)
            first[key] = self._document.lines[inner] = key_node.start_mark.line + 1
            value = self.convert(value_node, inner)
            if inner not in self._document.unreadable:
                result[key] = value
        return result

    def _merged(self, key_node: Node, value_node: Node, path: Path) -> dict[str, Value]:
        """The keys of another mapping, or of several of which the first that has a key wins."""
        if not self._merge_keys:
            self._problem("merge keys (`<<`) cannot be used here", key_node, "write the keys out")
            return {}
        several = value_node.value if isinstance(value_node, SequenceNode) else [value_node]
        result: dict[str, Value] = {}
        for item in several:
            if not isinstance(item, MappingNode):
                self._problem("`<<` takes in a mapping", item, "name the anchor of one")
                continue
            known = dict(self._document.lines)
            taken = self.convert(item, path)
            self._document.lines.update(known)  # a key that the mapping says itself keeps its line
            result = {**(taken if isinstance(taken, dict) else {}), **result}
        return result

    def _sequence(self, node: SequenceNode, path: Path) -> list[Value]:
        result: list[Value] = []
        for index, item in enumerate(node.value):
            inner = (*path, str(index))
            self._document.lines[inner] = item.start_mark.line + 1
            result.append(self.convert(item, inner))
        return result

    def _problem(self, what: str, node: Node, remedy: str) -> None:
        where = Location(shown(self._document.file), node.start_mark.line + 1)
        self._document.problems.append(Problem(what, where, remedy))
