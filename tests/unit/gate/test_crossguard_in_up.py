"""`sluice up` never runs the engine without the policy pack, and says what the policies said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from environments import places
from stacks.engine import POLICY_PACK, Engine


class Recording(Engine):
    """Keeps what the CLI would be called with."""

    def _pulumi(self, *arguments: str, events: Path | None = None) -> str:
        CALLS.append(arguments)
        return ""


CALLS: list[tuple[str, ...]] = []


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_every_run_is_judged(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOGS", tmp_path)
    monkeypatch.setattr(places, "RUN", tmp_path)
    CALLS.clear()
    getattr(Recording("local", tmp_path / "passphrase", {}), verb)()
    (call,) = CALLS
    assert call[0] == verb
    assert call[call.index("--policy-pack") + 1] == str(POLICY_PACK)


def test_the_pack_is_a_file_that_can_be_run() -> None:
    assert POLICY_PACK.is_absolute()
    assert os.access(POLICY_PACK, os.X_OK)


def test_what_stops_a_change_is_said_and_an_advisory_is_not() -> None:
    def event(name: str, level: str) -> dict[str, Any]:
        urn = f"urn:pulumi:local::sluice::t:T::{name}"
        said = {"resourceUrn": urn, "policyName": "secrets/in-clear", "message": "fail: why", "color": "raw"}
        return {"policyEvent": {**said, "enforcementLevel": level}}

    engine = Engine("local", Path("passphrase"), {})
    refusal = engine._refusal("preview", "", [event("worse", "mandatory"), event("better", "advisory")])
    assert "worse: secrets/in-clear: fail: why" in str(refusal)
    assert "better" not in str(refusal)
