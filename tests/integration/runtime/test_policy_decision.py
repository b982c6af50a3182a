"""The dataset decision over OPA's own REST API: the real server, started and asked as its documentation says."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dags.runtime.policy_decision import Principal, ProvisioningDenied, require_dataset
from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments import places

pytestmark = pytest.mark.runtime

RULE = places.ROOT / "policies" / "rego" / "provisioning" / "dataset.rego"
DOCUMENTED = "127.0.0.1:8181"
GOVERNANCE = Principal("gov@example.com", ("data_governance_team",))
PIPELINE = Principal("etl@example.com", ("etl", "everybody"))


def documented(begins: str) -> list[str]:
    """The words of a command that the rule's own documentation gives; a quoted word may go on in the next line."""
    lines = [line.lstrip("#").strip() for line in RULE.read_text().splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith(begins))
    for end in range(start + 1, len(lines)):
        with contextlib.suppress(ValueError):
            return shlex.split("\n".join(lines[start:end]))
    raise AssertionError(f"the documentation of {RULE} has no command `{begins}`")


def served(command: list[str], log: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    words = [address if word == DOCUMENTED else word for word in command]
    assert words[:2] == ["opa", "run"] and address in words
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(places.BIN / "opa"), *words[1:]], cwd=places.ROOT, stdout=said, stderr=said
        )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"http://{address}/health?bundles", timeout=2).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        else:
            raise AssertionError(log.read_text())
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(documented("opa run"), tmp_path_factory.mktemp("opa") / "log")


@pytest.fixture(scope="module")
def service_of_nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An OPA that runs and has no bundle."""
    yield from served(
        ["opa", "run", "--server", "--addr", DOCUMENTED], tmp_path_factory.mktemp("opa") / "log"
    )


def ask(service: str, question: object) -> dict[str, object]:
    response = httpx.post(f"{service}/v1/data/sluice/provisioning/dataset", json={"input": question})
    result: dict[str, object] = response.raise_for_status().json()["result"]
    return {"allow": result["allow"], "reasons": result["reasons"]}


def test_the_documented_request_gets_the_documented_answer(service: str) -> None:
    words = documented("curl")
    path = next(word.removeprefix(DOCUMENTED) for word in words if word.startswith(DOCUMENTED))
    answer = httpx.post(f"{service}{path}", content=words[words.index("-d") + 1])
    assert answer.json()["result"]["allow"] is True


@pytest.mark.parametrize(
    ("groups", "labels", "allow"),
    [
        (["data_governance_team"], {"personal-data": "true"}, True),
        (["etl"], {"personal-data": "true"}, False),
        (["etl"], {"personal-data": "false"}, True),
        (["etl"], {}, True),
        (["etl"], None, False),
        (None, {"personal-data": "false"}, False),
    ],
)
def test_the_server_decides_as_the_rule_does(
    service: str, groups: list[str] | None, labels: dict[str, str] | None, allow: bool
) -> None:
    question: dict[str, dict[str, object]] = {"principal": {"name": "n"}, "dataset": {"id": "d"}}
    if groups is not None:
        question["principal"]["groups"] = groups
    if labels is not None:
        question["dataset"]["labels"] = labels
    said = ask(service, question)
    assert said["allow"] is allow
    assert bool(said["reasons"]) is not allow


def test_a_dag_of_data_governance_may_provision_and_another_may_not(service: str) -> None:
    require_dataset(service, GOVERNANCE, "customers", {"personal-data": "true"})
    require_dataset(service, PIPELINE, "prices", {})
    with pytest.raises(ProvisioningDenied) as denied:
        require_dataset(service, PIPELINE, "customers", {"personal-data": "true"})
    assert "etl@example.com may not create the dataset customers: only data_governance_team" in str(
        denied.value
    )


def test_without_a_decision_nothing_is_provisioned(service_of_nothing: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for address in (closed, service_of_nothing, "http://", "no address"):
        with pytest.raises(PipelineProblem, match="nothing is provisioned") as problem:
            require_dataset(address, GOVERNANCE, "prices", {})
        # A later try may find the service there.
        assert not isinstance(problem.value, Unrecoverable)
