"""Lays one layer of settings over another, and says which layer each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from environments.defaults import CLOUDS, CODE, TIERS, Layer, Value
from environments.vocabulary import Cloud, Tier

Path = tuple[str, ...]


def default_layers(cloud: Cloud, tier: Tier) -> list[tuple[str, Layer]]:
    """The defaults of an environment, weakest first, each with the name that a person sees as the origin."""
    return [("code default", CODE), (f"tier {tier}", TIERS[tier]), (f"cloud {cloud}", CLOUDS[cloud])]


def merged(layers: list[Layer]) -> Layer:
    """One layer that is all of them, the last one on top. Mappings merge; anything else is replaced."""
    result: Layer = {}
    for layer in layers:
        _lay(result, layer)
    return result


def _lay(under: Layer, over: Mapping[str, Value]) -> None:
    for name, value in over.items():
        key = str(name)
        below = under.get(key)
        if isinstance(value, dict):
            target: Layer = dict(below) if isinstance(below, dict) else {}
            _lay(target, value)
            under[key] = target
        else:
            under[key] = value


def leaves(layer: Mapping[str, Value], path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every value that is not a mapping, with its path; an empty mapping is a value too."""
    for name, value in layer.items():
        inner = (*path, str(name))
        if isinstance(value, dict) and value:
            yield from leaves(value, inner)
        else:
            yield inner, value


def holds(layer: Layer, path: Path) -> bool:
    """Whether a layer says anything at a path."""
    value: Value = layer
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def without(layer: Layer, path: Path) -> Layer:
    """The layer, less what it says at a path."""
    head, *rest = path
    result = dict(layer)
    inner = result.get(head)
    if rest and isinstance(inner, dict):
        result[head] = without(inner, tuple(rest))
    else:
        result.pop(head, None)
    return result
