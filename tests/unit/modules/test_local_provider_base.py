"""What every local provider does, shown on one that keeps its things in a dictionary.

Nothing here talks to a service; that each provider's `find` tells the truth is shown against real servers.
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar

import pytest
from pulumi.dynamic import dynamic

from environments.load import load
from environments.naming import tags
from modules.events.local_queue import QueueProvider
from modules.local_provider import LocalProvider, Refused
from modules.orchestrator.airflow_cfg import AirflowSettings, render
from modules.storage.local_bucket import BucketProvider


class Shelf(LocalProvider):
    """Keeps things in memory."""

    things: ClassVar[dict[str, dict[str, Any]]] = {}

    def find(self, name: str, known: dict[str, Any]) -> dict[str, Any] | None:
        return dict(self.things[name]) if name in self.things else None

    def bring(self, wanted: dict[str, Any], found: dict[str, Any] | None) -> None:
        self.things[wanted["name"]] = dict(wanted)

    def remove(self, name: str, known: dict[str, Any]) -> None:
        del self.things[name]


@pytest.fixture
def shelf() -> Shelf:
    Shelf.things.clear()
    return Shelf()


def wanted(**more: Any) -> dict[str, Any]:
    return {"name": "a", "size": 1, "tags": tags(load("local")), **more}


def test_what_is_gone_is_reported_by_an_empty_id(shelf: Shelf) -> None:
    assert shelf.read("a", wanted()).id == ""


def test_a_drifted_property_is_a_change_and_no_replacement(shelf: Shelf) -> None:
    shelf.create(wanted())
    shelf.things["a"]["size"] = 2
    outs = shelf.read("a", wanted()).outs
    assert outs is not None
    difference = shelf.diff("a", outs, wanted())
    assert (difference.changes, difference.replaces) == (True, [])


def test_another_name_is_a_replacement_that_removes_the_old_one_first(shelf: Shelf) -> None:
    difference = shelf.diff("a", wanted(), wanted(name="b"))
    assert (difference.replaces, difference.delete_before_replace) == (["name"], True)


def test_numbers_that_the_engine_turned_into_floats_are_no_change(shelf: Shelf) -> None:
    assert (
        shelf.diff("a", wanted(size=1, more={"x": [2]}), wanted(size=1.0, more={"x": [2.0]})).changes is False
    )


def test_what_a_killed_run_left_is_taken_over(shelf: Shelf) -> None:
    shelf.things["a"] = wanted(size=7)
    assert shelf.create(wanted()).outs == wanted()


def test_what_somebody_else_made_is_refused(shelf: Shelf) -> None:
    shelf.things["a"] = wanted(tags={"project": "another"})
    with pytest.raises(Refused, match="is not ours"):
        shelf.create(wanted())
    assert shelf.things["a"]["tags"] == {"project": "another"}


def test_removing_what_is_gone_already_is_fine(shelf: Shelf) -> None:
    shelf.delete("a", wanted())


@pytest.mark.parametrize("provider", [BucketProvider, QueueProvider])
def test_the_state_holds_a_reference_to_the_class_and_none_of_its_code(provider: type[LocalProvider]) -> None:
    pickled = base64.b64decode(dynamic.serialize_provider(provider()))
    assert provider.__module__.encode() in pickled
    assert len(pickled) < 100


def test_a_percent_sign_in_a_path_survives_airflows_interpolation(tmp_path: Any) -> None:
    import configparser

    home = tmp_path / "50%off"
    text = render(AirflowSettings(home, home, "http://127.0.0.1:1", 4, "s3://r", "s3://r/m"))
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    assert parsed["logging"]["base_log_folder"] == str(home)
