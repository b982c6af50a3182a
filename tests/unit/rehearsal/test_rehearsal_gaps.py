"""What the mock lacks is said of types and attributes that there are, each with how it was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.problems import Refusal
from policies.gate.projection.mapping import Shape, table
from policies.rehearsal import gaps

TYPES = {found.name: found for token in table("aws").tokens if (found := table("aws").type(token))}


def has(shape: Shape | None, path: list[str]) -> bool:
    if not path or shape is None:
        return not path
    return any(has(item.shape, path[1:]) for item in shape.properties.values() if item.name == path[0])


def test_every_type_is_one_that_the_provider_has() -> None:
    assert set(gaps.known().types) <= set(TYPES)
    assert not [name for name in gaps.known().types if TYPES[name].newer]


@pytest.mark.parametrize("path", gaps.known().attributes)
def test_every_attribute_is_one_of_its_type_that_a_program_can_set(path: str) -> None:
    kind, *inside = path.split(".")
    assert has(TYPES[kind].shape, inside)


def test_no_attribute_is_excused_of_a_type_that_is_not_applied() -> None:
    assert not {path.split(".")[0] for path in gaps.known().attributes} & set(gaps.known().types)


def test_an_entry_without_its_measure_is_refused_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mock_gaps.yaml"
    file.write_text("types:\n  aws_mwaa_environment:\n    reason: not there\nattributes: {}\n")
    monkeypatch.setattr(gaps, "FILE", file)
    with pytest.raises(Refusal) as refused:
        gaps.known.__wrapped__()
    (problem,) = refused.value.problems
    assert problem.where is not None
    assert problem.where.line == 2
    assert "measured" in problem.what
