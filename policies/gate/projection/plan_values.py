"""The parts of a plan, written from a tree: values, what is unknown, what is sensitive, expressions."""

from __future__ import annotations

from typing import Any

from policies.gate.projection.tree import Expression, Filled, Ref

_LEFT_OUT = object()


def after(tree: Any) -> Any:
    """The planned values: an unknown attribute is left out, an unknown item of a list is null."""
    value = _after(tree)
    return None if value is _LEFT_OUT else value


def _after(tree: Any) -> Any:
    if isinstance(tree, Expression):
        if tree.value is not None:
            return tree.value
        # A text of which parts are known keeps them: a policy document stays one that can be read.
        return "".join(_shown(part) for part in tree.parts) if tree.text else _LEFT_OUT
    if isinstance(tree, Filled):
        return tree.value
    if isinstance(tree, dict):
        return {name: value for name, item in tree.items() if (value := _after(item)) is not _LEFT_OUT}
    if isinstance(tree, list):
        return [after(item) for item in tree]
    return tree


def _shown(part: str | Ref) -> str:
    return part if isinstance(part, str) else f"${{{part}}}"


def unknown(tree: Any) -> Any:
    """`after_unknown`: true where the value is not known before apply; None where all is known."""
    if isinstance(tree, Expression):
        return True if tree.value is None else None
    return _marked(tree, unknown)


def sensitive(tree: Any) -> Any:
    """`after_sensitive`: true where the value is a secret."""
    if isinstance(tree, Expression):
        return True if tree.sensitive else None
    return _marked(tree, sensitive)


def _marked(tree: Any, mark: Any) -> Any:
    if isinstance(tree, dict):
        found = {name: value for name, item in tree.items() if (value := mark(item)) is not None}
        return found or None
    if isinstance(tree, list):
        items = [mark(item) for item in tree]
        if all(item is None for item in items):
            return None
        return [
            (({} if isinstance(item, dict) else False) if marked is None else marked)
            for marked, item in zip(items, tree, strict=True)
        ]
    return None


def expression(tree: dict[str, Any]) -> dict[str, Any]:
    """The `expressions` of a resource or block: constants, references, and blocks as lists of the same."""
    return {
        name: _expression(item)
        for name, item in tree.items()
        if not isinstance(item, Filled) and item is not None
    }


def _expression(tree: Any) -> Any:
    if isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        return [expression(item) if isinstance(item, dict) else _value(item) for item in tree]
    return _value(tree)


def _value(tree: Any) -> dict[str, Any]:
    names = list(dict.fromkeys(_referred(tree)))
    if names:
        return {"references": names}
    constant = after(tree)
    return {"constant_value": constant} if constant is not None else {}


def _referred(tree: Any) -> list[str]:
    if isinstance(tree, Expression):
        # As Terraform lists them: each attribute, then the resource it belongs to.
        return [name for ref in tree.references for name in (str(ref), ref.address)]
    if isinstance(tree, dict):
        return [name for item in tree.values() for name in _referred(item)]
    if isinstance(tree, list):
        return [name for item in tree for name in _referred(item)]
    return []
