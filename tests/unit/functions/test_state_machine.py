"""The state machine: sound by the rules of the language, and run by moto's interpreter with the real handlers.

Not proven: that AWS runs it as moto does.
"""

from __future__ import annotations

import importlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend

from modules.functions import package
from modules.functions.catalogue import FUNCTIONS
from modules.functions.runtime.clients import client
from modules.functions.state_machine import NAME, landing_day
from modules.functions.states import SERVICE_ERRORS
from tests.unit.functions.test_landing_check import announced, note
from tests.unit.functions.test_sales_file import FOLDER, GOOD, csv_of

ACCOUNT = "arn:aws:lambda:eu-west-1:123456789012:function"
ARNS = {function.name: f"{ACCOUNT}:{function.name}" for function in FUNCTIONS}
DEFINITION = landing_day(ARNS, "case-raw").asl
TERMINAL = ("Succeed", "Fail")


def machines(definition: dict[str, Any] = DEFINITION) -> Iterator[dict[str, Any]]:
    """The machine and those inside its states."""
    yield definition
    for state in definition["States"].values():
        if inner := state.get("ItemProcessor"):
            yield from machines(inner)


def states() -> list[tuple[str, dict[str, Any]]]:
    return [(name, state) for machine in machines() for name, state in machine["States"].items()]


def follows(state: dict[str, Any]) -> set[str]:
    catches = {catch["Next"] for catch in state.get("Catch", [])}
    return catches | ({state["Next"]} if "Next" in state else set())


def test_every_state_leads_to_one_that_there_is_and_can_be_reached() -> None:
    for machine in machines():
        reached, waiting = set(), {machine["StartAt"]}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            waiting |= follows(machine["States"][name]) - reached
        assert reached == set(machine["States"])


def test_every_state_ends_or_goes_on_and_not_both() -> None:
    for name, state in states():
        ends = state["Type"] in TERMINAL
        assert (("Next" in state) + ("End" in state)) == (0 if ends else 1), name


def test_state_names_are_unique_and_within_the_limit() -> None:
    names = [name for name, _ in states()]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 80 for name in names)


def test_every_call_is_retried_backs_off_and_is_caught() -> None:
    calls = [(name, state) for name, state in states() if state["Type"] == "Task"]
    assert {state["Parameters"]["FunctionName"] for _, state in calls} == set(ARNS.values())
    for name, state in calls:
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        assert state["Retry"][0] == SERVICE_ERRORS.asl, name
        for retry in state["Retry"]:
            assert retry["BackoffRate"] >= 1 and retry["MaxAttempts"] > 0 and retry["IntervalSeconds"] > 0
            assert retry["IntervalSeconds"] < retry["MaxDelaySeconds"] < 31_622_400
            # `States.ALL` matches all else, so it would have to stand alone, and last.
            assert "States.ALL" not in retry["ErrorEquals"]


def test_a_call_has_more_time_than_its_function_and_the_machine_more_than_all_its_retries() -> None:
    by_arn = {ARNS[function.name]: function for function in FUNCTIONS}
    longest = 0.0
    for _, state in states():
        if state["Type"] == "Task":
            function = by_arn[state["Parameters"]["FunctionName"]]
            assert state["TimeoutSeconds"] > function.timeout_seconds
            tries = 1 + sum(retry["MaxAttempts"] for retry in state["Retry"])
            waits = sum(retry["MaxAttempts"] * retry["MaxDelaySeconds"] for retry in state["Retry"])
            # All tries at their slowest happens to none: a quarter of it is ample.
            longest += (tries * state["TimeoutSeconds"] + waits) / 4
    assert longest < DEFINITION["TimeoutSeconds"]


def test_what_a_state_keeps_of_an_answer_is_named() -> None:
    # A whole answer may be larger than the 256 KiB that a state may hold.
    assert all("ResultSelector" in state for _, state in states() if state["Type"] == "Task")


@pytest.fixture
def run(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs the machine for files; gives what the service says of its end."""
    role = client("iam").create_role(RoleName="case", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for function in FUNCTIONS:
        client("lambda").create_function(
            FunctionName=function.name,
            Runtime="python3.12",
            Role=role,
            Handler=package.entry(function.handler),
            # `invoke` below calls the handler where it lies; the archives have tests of their own.
            Code={"ZipFile": b"unused"},
        )
    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    hurried = json.loads(json.dumps(DEFINITION), object_hook=hurry)
    machine = client("stepfunctions").create_state_machine(
        name=NAME, definition=json.dumps(hurried), roleArn=role
    )["stateMachineArn"]

    def start(*files: str) -> dict[str, Any]:
        told = {"supplier": "north", "date": "2025-02-03", "files": list(files)}
        started = client("stepfunctions").start_execution(
            stateMachineArn=machine, name=str(uuid.uuid4()), input=json.dumps(told)
        )
        while (ended := client("stepfunctions").describe_execution(executionArn=started["executionArn"]))[
            "status"
        ] == "RUNNING":
            time.sleep(0.02)
        return dict(ended)

    return start


def hurry(part: dict[str, Any]) -> dict[str, Any]:
    """The same retries, without the waiting."""
    return part | ({"IntervalSeconds": 1, "MaxDelaySeconds": 2} if "IntervalSeconds" in part else {})


def invoke(self: Any, function_name: str, qualifier: Any, body: Any, headers: Any, answered: Any) -> bytes:
    """Calls the real handler; what it raises is answered as Lambda does (python-exceptions.html)."""
    module, _, name = self.get_function(function_name).handler.rpartition(".")
    try:
        return json.dumps(getattr(importlib.import_module(module), name)(json.loads(body), None)).encode()
    except Exception as error:
        answered["x-amz-function-error"] = "Unhandled"
        return json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}).encode()


def tickets(cloud: Any) -> list[dict[str, Any]]:
    return [
        json.loads(cloud.get("raw", key)) for key in cloud.keys("raw") if key.startswith("source=support/")
    ]


FILES = {"a.csv": csv_of(*GOOD), "b.csv": csv_of(GOOD[0])}


def put(cloud: Any, *names: str) -> None:
    for name in names:
        cloud.put("raw", f"{FOLDER}/{name}", FILES[name])


def test_a_whole_delivery_is_landed_checked_and_announced(cloud: Any, run: Any) -> None:
    put(cloud, *FILES)
    note(cloud, {"a.csv": 3, "b.csv": 1}, FILES)
    ended = run(*FILES)
    assert ended["status"] == "SUCCEEDED", ended
    output = json.loads(ended["output"])
    assert [file["status"] for file in output["landed"]] == [["landed"], ["landed"]]
    assert output["result"]["counts"] == {"files": 2, "rows": 4, "quarantined": 0}
    assert len(announced(cloud)) == 1
    assert tickets(cloud) == []


def test_run_again_it_ends_well_and_changes_nothing(cloud: Any, run: Any) -> None:
    put(cloud, *FILES)
    note(cloud, {"a.csv": 3, "b.csv": 1}, FILES)
    run(*FILES)
    before = cloud.written()
    ended = run(*FILES)
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["result"]["announced"] is False
    assert len(announced(cloud)) == 1
    assert cloud.written() == before


def test_a_delivery_that_is_not_whole_ends_in_one_ticket_that_says_why(cloud: Any, run: Any) -> None:
    put(cloud, "a.csv")
    note(cloud, {"a.csv": 3, "b.csv": 1}, FILES)
    ended = run(*FILES)
    assert (ended["status"], ended["error"]) == ("FAILED", "LandingIncomplete")
    (ticket,) = tickets(cloud)
    assert ticket["subject"] == "Sales files of north for 2025-02-03 have not landed whole"
    assert "b.csv: has not landed" in ticket["text"]
    assert ticket["priority"] == "high"
    assert announced(cloud) == []
    # The file that is there was landed all the same.
    assert any("/sale_date=" in key for key in cloud.keys("curated"))


def test_storage_that_is_throttled_for_a_while_is_waited_for(cloud: Any, run: Any, throttle: Any) -> None:
    put(cloud, *FILES)
    note(cloud, {"a.csv": 3, "b.csv": 1}, FILES)
    throttle("CopyObject", times=6)
    ended = run(*FILES)
    assert ended["status"] == "SUCCEEDED", ended
    assert len(announced(cloud)) == 1


def test_when_no_ticket_can_be_opened_the_end_says_so(
    cloud: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAW_ZONE")
    ended = run()
    assert (ended["status"], ended["error"]) == ("FAILED", "NoTicket")
