"""The release stack of an environment, and how a shipper gets at its Airflow.

Nothing is applied here: `tests/integration/local_stack` runs `local-release` with the real engine.
"""

from __future__ import annotations

import pytest

from environments.load import names
from environments.places import ROOT
from environments.vocabulary import OrchestratorKind
from policies.gate.capture.release_stack import capture_release
from releases.build import build
from releases.targets import find
from releases.targets.composer import ComposerAccess
from releases.targets.mwaa import MwaaAccess

CLOUDS = [name for name in names() if name != "local"]


@pytest.mark.parametrize("name", CLOUDS)
def test_every_environment_s_airflow_is_asked_in_its_own_way(name: str) -> None:
    target = find(name)
    kinds = {OrchestratorKind.MWAA: MwaaAccess, OrchestratorKind.COMPOSER: ComposerAccess}
    assert type(target.airflow) is kinds.get(target.environment.orchestrator.kind, type(None))


def test_what_the_platform_is_planned_to_give_out_feeds_the_release_stack() -> None:
    graph = capture_release("aws-dev")
    (shipped,) = [item for item in graph.resources.values() if item.kind == "dynamic"]
    assert shipped.inputs == {
        "environment": "aws-dev",
        "store": "s3://sluice-aws-dev-releases",
        "release": build(ROOT).id,
    }
    assert graph.outputs["store"] == "s3://sluice-aws-dev-releases"
    assert graph.outputs["release"] == build(ROOT).id
