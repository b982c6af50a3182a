"""The policy pack on resources that the engine really makes here: Python dynamic ones, with planted faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_runs import PACK, EngineRuns, Said

pytestmark = pytest.mark.slow

PASSWORD = "correct-horse-battery"
IN_CLEAR = "secrets/in-clear"


@pytest.fixture(scope="module")
def folder(engine: EngineRuns) -> Path:
    return engine.program("dynamic")


@pytest.fixture(scope="module")
def strict(engine: EngineRuns, folder: Path) -> Said:
    return engine.run("preview", folder, "dev", context={"tier": "prod"})


def test_a_fault_stops_the_change_and_says_how_to_mend_it(strict: Said) -> None:
    violation = strict.of(IN_CLEAR, "clear")
    assert strict.exit_code != 0
    assert violation["enforcementLevel"] == "mandatory"
    assert violation["severity"] == "critical"
    for part in ("fail: ", "input: password", "why: ", "fix: "):
        assert part in violation["message"]


def test_an_unknown_is_undetermined_and_stops_a_change_of_prod(strict: Said) -> None:
    violation = strict.of(IN_CLEAR, "later")
    assert "undetermined: " in violation["message"]
    assert violation["enforcementLevel"] == "mandatory"


def test_an_unknown_is_shown_and_stops_nothing_elsewhere(engine: EngineRuns, folder: Path) -> None:
    said = engine.run("preview", folder, "dev", context={"tier": "staging"})
    violation = said.of(IN_CLEAR, "later")
    assert "undetermined: " in violation["message"]
    assert violation["enforcementLevel"] == "advisory"


def test_what_is_marked_as_a_secret_is_known_to_be_one(strict: Said) -> None:
    assert not [item for item in strict.violations if item["resourceUrn"].endswith("::hidden")]
    assert PASSWORD not in json.dumps(strict.violations)


def test_it_says_what_was_looked_at(strict: Said) -> None:
    assert "of 4 resources 4 looked at" in strict.summary
    assert "1 fails, 1 undetermined; 2 stop the change" in strict.summary


def test_nothing_is_made_of_a_change_that_is_stopped(engine: EngineRuns, folder: Path) -> None:
    said = engine.run("up", folder, "dev", "--yes")
    assert said.exit_code != 0
    assert said.of(IN_CLEAR, "clear")
    state = json.loads(engine.pulumi(folder, "stack", "export", "-s", "dev"))
    assert not state["deployment"].get("resources")


def test_an_exported_state_can_be_judged(engine: EngineRuns, tmp_path: Path) -> None:
    folder = engine.program("dynamic")
    engine.pulumi(folder, "stack", "init", "made")
    engine.pulumi(folder, "up", "--yes", "--skip-preview", "-s", "made")
    exported = tmp_path / "state.json"
    engine.pulumi(folder, "stack", "export", "-s", "made", "--file", str(exported))
    done = engine.start(
        tmp_path, "policy", "analyze", "--file", str(exported), "--policy-pack", str(PACK), "--json"
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {
        (item["policyEvent"]["policyName"], item["policyEvent"]["resourceUrn"].rsplit("::", 1)[-1])
        for item in events
        if "policyEvent" in item
    }
    # What was unknown in the preview is a text by now, and traced back to the resource that it comes from.
    assert found == {(IN_CLEAR, "clear")}, done.stdout + done.stderr
    assert "1 fails, 0 undetermined; 1 stop the change" in done.stdout + done.stderr
    assert done.returncode != 0
