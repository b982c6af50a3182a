"""Requirements and plugins of MWAA: a lane of their own. The store is a folder whose objects get version ids;
`tests/integration/releases` sends them to an S3 server that keeps versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dags.bundle.sluice_bundle.errors import ReleaseError, StorageUnavailable
from dags.bundle.sluice_bundle.storage import ObjectStorage, Version
from environments import places
from environments.problems import Exit, Refusal
from releases import requirements_lane as lane
from tests.scripted_airflow import Scripted
from tests.scripted_clouds import Mwaa, scripted_mwaa
from tests.toy_release import Tripwire, quiet

NAME = "sluice-aws-dev-orchestrator"


class Versioned(Tripwire):
    """A folder that gives each write a version id, as a bucket with versions does."""

    def __init__(self, inner: ObjectStorage) -> None:
        super().__init__(inner, lambda *_: None)

    def _run(self, operation: str, *arguments: Any) -> Any:
        done = super()._run(operation, *arguments)
        return Version(done.e_tag, f"v{self.operations}") if operation in ("create", "replace") else done


@pytest.fixture
def storage(tmp_path: Path) -> Versioned:
    return Versioned(ObjectStorage((tmp_path / "store").as_uri()))


@pytest.fixture
def mwaa(airflow: Scripted) -> Iterator[Mwaa]:
    with scripted_mwaa(airflow) as scripted:
        yield scripted


@pytest.fixture
def client(mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests-only"}
    return boto3.client("mwaa", region_name="eu-west-1", endpoint_url=mwaa.url, **keys)


def objects(text: str = "obstore==0.12.1") -> dict[str, bytes]:
    made = lane.objects_of(places.ROOT, "3.3.1")
    constraint = made[lane.REQUIREMENTS].decode().splitlines()[0]
    return {**made, lane.REQUIREMENTS: f"{constraint}\n{text}\n".encode()}


def change(storage: Versioned, client: Any, wanted: dict[str, bytes] | None) -> tuple[lane.Record, bool]:
    return lane.change(storage, client, NAME, wanted, quiet, by="ann", poll_seconds=0)


def test_our_own_requirements_and_plugins_pass_the_lanes_gate_and_are_built_the_same_each_time() -> None:
    made = lane.objects_of(places.ROOT, "3.3.1")
    lane.check(made)
    assert made == lane.objects_of(places.ROOT, "3.3.1")
    lines = made[lane.REQUIREMENTS].decode().splitlines()
    assert lines[0].startswith("--constraint ") and "constraints-3.3.1/constraints-3.12.txt" in lines[0]
    assert sum(line.startswith("boto3==") for line in lines) == 1, "of two groups' boto3, the runtime's"


def test_the_gate_names_everything_that_is_wrong_at_once() -> None:
    bad = objects("pandas>=2\napache-airflow==3.3.2")
    with pytest.raises(Refusal) as caught:
        lane.check(bad)
    assert caught.value.exit_code == Exit.CHECK_SAID_NO
    assert [problem.what for problem in caught.value.problems] == [
        "`pandas>=2` is not pinned",
        "`apache-airflow==3.3.2` would replace the service's own Airflow",
    ]


def test_mwaa_is_told_the_versions_of_the_objects_and_the_versions_of_before_are_kept(
    storage: Versioned, client: Any, mwaa: Mwaa
) -> None:
    one, changed = change(storage, client, objects())
    assert changed and mwaa.updates[-1] == {
        "RequirementsS3Path": lane.REQUIREMENTS,
        "RequirementsS3ObjectVersion": one.current.requirements.version,
        "PluginsS3Path": lane.PLUGINS,
        "PluginsS3ObjectVersion": one.current.plugins.version,
    }
    assert change(storage, client, objects()) == (one, False), "what runs already is left alone"
    two, _ = change(storage, client, objects("obstore==0.13.0"))
    assert two.previous == one.current and two.current.plugins == one.current.plugins
    back, changed = change(storage, client, None)
    assert changed and back.current == one.current and len(mwaa.updates) == 3


def test_what_mwaa_cannot_install_is_taken_back_with_its_reason(
    storage: Versioned, client: Any, mwaa: Mwaa
) -> None:
    one, _ = change(storage, client, objects())
    # The id that the next write will get.
    mwaa.cannot_install = f"v{storage.operations + 3}"
    with pytest.raises(Refusal, match="no matching distribution") as caught:
        change(storage, client, objects("obstore==9"))
    assert "it runs again what it ran before" in str(caught.value)
    assert mwaa.environment["RequirementsS3ObjectVersion"] == one.current.requirements.version
    found = lane.read(storage)
    assert found and found[0].current == one.current


def test_a_busy_environment_and_a_store_without_versions_are_refused_before_mwaa_is_touched(
    storage: Versioned, client: Any, mwaa: Mwaa
) -> None:
    mwaa.environment["Status"] = "CREATING"
    with pytest.raises(Refusal, match="is CREATING"):
        change(storage, client, objects())
    mwaa.environment["Status"] = "AVAILABLE"
    with pytest.raises(StorageUnavailable, match="keeps no versions"):
        lane.change(storage.inner, client, NAME, objects(), quiet, by="ann")
    with pytest.raises(ReleaseError, match="no earlier"):
        change(storage, client, None)
    assert mwaa.updates == []
