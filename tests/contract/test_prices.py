"""The page of prices says what the stacks would make now, and every type of theirs was looked at."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from typing import Any

import pytest

from environments import places

PAGE = places.ROOT / "docs" / "platform" / "prices.md"


def cost(*options: str) -> str:
    done = subprocess.run(
        [str(places.ROOT / "sluice"), "env", "cost", *options],
        cwd=places.ROOT,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environments() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cost("--json"))["environments"]
    return found


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text() == cost("--markdown"), (
        "run `./sluice env cost --markdown > docs/platform/prices.md`"
    )


def test_every_type_of_every_environment_was_looked_at(environments: dict[str, Any]) -> None:
    assert {name: found["unknown"] for name, found in environments.items()} == {
        "aws-dev": [],
        "aws-staging": [],
        "aws-prod": [],
    }


def test_the_floor_rises_with_the_tier_and_is_the_sum_of_what_is_listed(environments: dict[str, Any]) -> None:
    floors = [Decimal(found["monthly_floor"]) for found in environments.values()]
    assert floors == sorted(floors)
    for found in environments.values():
        lines = (item["units"] * Decimal(item["each"]) for item in found["fixed"].values())
        assert Decimal(found["monthly_floor"]) == sum(lines)
