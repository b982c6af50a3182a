"""Typed stand-ins for outputs that only a cloud knows, so that the program's own code runs on.

| type of the output | stand-in |
|---|---|
| text | a token that is found again wherever the program puts it |
| number | a number that is found again |
| list of texts | three tokens |
| object | the object with its texts and numbers |
| list of objects | one such object |
| anything else, and a list that could have been given and was not | unknown: `apply` does not run on it |

Types come from `pulumi._types` (looked at in SDK 3.272.0).
"""

from __future__ import annotations

import functools
import inspect
import json
import types
import typing
from collections import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from pulumi import _types

from policies.gate.capture import wire
from policies.gate.capture.tokens import Tokens
from policies.gate.values import Reference

TEXTS_IN_A_LIST = 3
_DEEPEST = 4
_MOST_PARTS = 150


@dataclass(frozen=True)
class Shape:
    """What a stand-in of one type looks like."""

    kind: Literal["text", "number", "texts", "object", "objects", "map", "other"]
    parts: Mapping[str, Shape] = field(default_factory=dict)


_OTHER = Shape("other")


@functools.cache
def shapes_of(cls: type) -> dict[str, Shape]:
    """The shape of every output of a resource class, by Pulumi name."""
    try:
        found = _types.resource_types(cls)
    except (
        Exception
    ):  # the annotations of a class in the program may not resolve; it has no typed outputs then
        return {}
    return {name: _shape(type_, 0, [0]) for name, type_ in found.items()}


@functools.cache
def shapes_of_answer(cls: type) -> dict[str, Shape]:
    """The shape of every part of a provider function's answer."""
    return {name: _shape(type_, 0, [0]) for name, type_ in _types.output_type_types(cls).items()}


@functools.cache
def inputs_of(args: type | None) -> frozenset[str]:
    """Pulumi names of what a resource class accepts."""
    return frozenset(_types.input_type_py_to_pulumi_names(args).values()) if args else frozenset()


def _shape(type_: Any, depth: int, count: list[int]) -> Shape:
    count[0] += 1
    type_ = _types.unwrap_type(type_)
    if type_ is str:
        return Shape("text")
    if type_ in (int, float):
        return Shape("number")
    if depth >= _DEEPEST or count[0] > _MOST_PARTS:
        return _OTHER
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin in (list, abc.Sequence) and args:
        inner = _shape(args[0], depth + 1, count)
        return (
            Shape("texts")
            if inner.kind == "text"
            else Shape("objects", inner.parts)
            if inner.parts
            else _OTHER
        )
    if origin in (dict, abc.Mapping):
        return Shape("map")
    if inspect.isclass(type_) and not issubclass(type_, Enum) and _types.is_output_type(type_):
        parts = {
            name: _shape(inner, depth + 1, count) for name, inner in _types.output_type_types(type_).items()
        }
        return Shape("object", parts)
    if origin in (typing.Union, types.UnionType) and str in args:
        return Shape("text")
    return _OTHER


class StandIns:
    """Makes stand-ins, and fills up what a program gave with what the cloud would add."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def make(self, shape: Shape, urn: str, path: str, *, nested: bool = False) -> Any:
        """A stand-in of one shape; None where a nested part cannot have one."""
        reference = Reference(urn, path)
        if shape.kind == "text":
            return self.text(reference)
        if shape.kind == "number":
            return self._tokens.number(reference)
        if shape.kind == "texts":
            return [self.text(Reference(urn, f"{path}[{index}]")) for index in range(TEXTS_IN_A_LIST)]
        if shape.kind == "object":
            return self.parts(shape.parts, urn, path)
        if shape.kind == "objects":
            return [self.parts(shape.parts, urn, f"{path}[0]")]
        return None if nested else wire.UNKNOWN

    def text(self, reference: Reference) -> str:
        """A text; AWS's ARNs and Azure's ids keep the form of one."""
        if reference.property == "id" and "azure-native:" in reference.urn.split("::")[-2:][0]:
            return self._tokens.azure_id(reference)
        if reference.property.lower().endswith("arn") and "aws:" in reference.urn:
            return self._tokens.arn(reference)
        return self._tokens.text(reference)

    def parts(self, shapes: Mapping[str, Shape], urn: str, path: str) -> dict[str, Any]:
        """An object whose parts are stand-ins."""
        made = {
            name: self.make(shape, urn, f"{path}.{name}" if path else name, nested=True)
            for name, shape in shapes.items()
        }
        return {name: value for name, value in made.items() if value is not None}

    def filled(self, value: Any, shape: Shape, urn: str, path: str) -> Any:
        """What a program gave, with the missing texts and numbers of its objects."""
        if _is_plain(value) and shape.kind == "text":
            # A policy is often given as an object where the type says text; providers write it as JSON.
            return json.dumps(wire.revealed(value))
        if _has_another_form(value, shape):
            return wire.UNKNOWN
        if wire.signature(value) is not None or not shape.parts:
            return value
        if isinstance(value, dict) and shape.kind == "object":
            return self._filled_object(value, shape, urn, path)
        if isinstance(value, list) and shape.kind == "objects":
            return [
                self._filled_object(item, shape, urn, f"{path}[{index}]") if _is_plain(item) else item
                for index, item in enumerate(value)
            ]
        return value

    def _filled_object(self, value: dict[str, Any], shape: Shape, urn: str, path: str) -> dict[str, Any]:
        result = dict(value)
        for name, inner in shape.parts.items():
            inside = f"{path}.{name}"
            if name in value and _has_another_form(value[name], inner):
                del result[name]
            elif name in value:
                result[name] = self.filled(value[name], inner, urn, inside)
            elif inner.kind in ("text", "number"):
                result[name] = self.make(inner, urn, inside)
        return result


def _has_another_form(value: Any, shape: Shape) -> bool:
    """Whether an output cannot be what was given, so that the SDK would refuse it.

    Azure answers a list of identities with a map of them; and a program may give what its provider refuses.
    """
    if isinstance(value, list):
        return shape.kind in ("text", "number", "object", "map")
    return _is_plain(value) and shape.kind in ("number", "texts", "objects")


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and wire.signature(value) is None
