"""Holds the inputs of a resource against the types that its package declares.

Rules compare by type: a text where a list is declared, or `"true"` where a boolean is, passes by them without a
word. Types come from `pulumi._types` (looked at in SDK 3.272.0), so they are those of the package that the program
uses. Stand-ins, unknowns and references are left alone: what they become is the cloud's to say.
"""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections import abc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import pulumi
from pulumi import _types

from policies.gate.capture import wire

_Kind = Literal["text", "number", "boolean", "list", "map", "object", "anything"]
_WORDS = {
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "an object",
    "object": "an object",
}
# Texts that packages take as objects too, and write as JSON.
_DOCUMENT = re.compile(
    r"(polic(y|ies)|document|definitions?|template|pattern|body|schema|statement|rules?|content|json|spec|data|config"
    r"(uration)?|parameters|input|view)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mistyped:
    """An input of another type than its package declares."""

    attribute: str
    """Its path, in Pulumi's names."""
    wanted: str
    given: str

    def __str__(self) -> str:
        return f"`{self.attribute}`: {self.wanted} is declared, {self.given} is given"


@dataclass(frozen=True)
class _Expected:
    """One form that a value may have."""

    kind: _Kind
    item: tuple[_Expected, ...] = ()
    """Forms of the items of a list or map."""
    cls: type | None = None
    """The class that describes an object."""


_ANYTHING = (_Expected("anything"),)


def found(
    args: type | None, raw: Mapping[str, Any], is_stand_in: Callable[[Any], bool]
) -> Iterator[Mistyped]:
    """Every input of another type than `args`, the class of a resource's arguments, declares.

    Args:
        args: The class; None where the package has none.
        raw: The inputs as they came, on the wire.
        is_stand_in: Whether a text or a number stands for what only the cloud knows.
    """
    if args is not None:
        yield from _Check(is_stand_in).object(args, raw, "")


class _Check:
    def __init__(self, is_stand_in: Callable[[Any], bool]) -> None:
        self._is_stand_in = is_stand_in

    def object(self, cls: type, raw: Mapping[str, Any], path: str) -> Iterator[Mistyped]:
        """All parts of an object; those that the class does not name are for the projection to report."""
        expected = _parts(cls)
        for name, value in raw.items():
            if name in expected:
                yield from self._value(expected[name], value, f"{path}{name}")

    def _value(self, forms: tuple[_Expected, ...], value: Any, path: str) -> Iterator[Mistyped]:
        signature = wire.signature(value)
        if signature == wire.SECRET:
            yield from self._value(forms, value.get("value"), path)
            return
        if signature is not None or value is None or value == wire.UNKNOWN:
            return
        given = _kind_of(value)
        fitting = [form for form in forms if form.kind == "anything" or _fits(form.kind, given)]
        if fitting:
            yield from self._inside(fitting[0], value, path)
        elif not self._excused(forms, value, given, path):
            wanted = " or ".join(dict.fromkeys(_WORDS[form.kind] for form in forms))
            yield Mistyped(path, wanted, _WORDS[given])

    def _inside(self, form: _Expected, value: Any, path: str) -> Iterator[Mistyped]:
        if form.kind == "list":
            for index, item in enumerate(value):
                yield from self._value(form.item, item, f"{path}[{index}]")
        elif form.kind == "map":
            for key, item in value.items():
                yield from self._value(form.item, item, f"{path}.{key}")
        elif form.kind == "object" and form.cls is not None:
            yield from self.object(form.cls, value, f"{path}.")

    def _excused(self, forms: tuple[_Expected, ...], value: Any, given: _Kind, path: str) -> bool:
        if given == "map":
            # A whole resource, or a document.
            return value.get("@isPulumiResource") is True or (
                any(form.kind == "text" for form in forms)
                and _DOCUMENT.search(re.sub(r"\[\d+\]", "", path)) is not None
            )
        return given in ("text", "number") and self._is_stand_in(value)


def _kind_of(value: Any) -> _Kind:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list) else "map"


def _fits(wanted: _Kind, given: _Kind) -> bool:
    return wanted == given or (wanted == "object" and given == "map")


@functools.cache
def _parts(cls: type) -> dict[str, tuple[_Expected, ...]]:
    try:
        declared = _types.input_type_types(cls)
    except Exception:  # annotations of a class in the program may not resolve: it declares nothing then
        return {}
    return {name: _forms(type_) for name, type_ in declared.items()}


def _forms(type_: Any) -> tuple[_Expected, ...]:
    """The forms that a declared type allows; `anything` where it does not say."""
    type_ = _types.unwrap_type(type_)
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin in (typing.Union, types.UnionType):
        found = tuple(form for arg in args if not _is_plumbing(arg) for form in _forms(arg))
        return _ANYTHING if any(form.kind == "anything" for form in found) else found
    if origin in (list, abc.Sequence) and args:
        return (_Expected("list", _forms(args[0])),)
    if origin in (dict, abc.Mapping):
        return (_Expected("map", _forms(args[1]) if len(args) == 2 else _ANYTHING),)
    return _plain(type_)


def _is_plumbing(arg: Any) -> bool:
    """What `Input[T]` adds to T, and the dictionaries by which a class of arguments can be given too."""
    waits = typing.get_origin(arg) in (pulumi.Output, abc.Awaitable)
    return arg is type(None) or waits or typing.is_typeddict(arg)


def _plain(type_: Any) -> tuple[_Expected, ...]:
    if not inspect.isclass(type_):
        return _ANYTHING
    if issubclass(type_, Enum):
        values = {_kind_of(member.value) for member in type_}
        return tuple(_Expected(kind) for kind in sorted(values)) or _ANYTHING
    if type_ is str:
        return (_Expected("text"),)
    if type_ is bool:
        return (_Expected("boolean"),)
    if type_ in (int, float):
        return (_Expected("number"),)
    if _types.is_input_type(type_):
        return (_Expected("object", cls=type_),)
    return _ANYTHING
