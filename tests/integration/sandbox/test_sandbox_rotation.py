"""A client secret is rotated whole: Secrets Manager (moto) calls the function, the function asks the sandbox.

Does not prove that AWS lets the function do it: the contract tests and the gate look at its role.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config

from modules.functions.handlers.rotate_client_secret.entry import Entry
from modules.functions.handlers.rotate_client_secret.handler import handler
from modules.functions.handlers.rotate_client_secret.source import SourceRefused
from modules.functions.runtime import clients
from modules.functions.runtime.problems import NotSetUp, Rejected

NAME = "rotated"
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"


@dataclass
class Rotation:
    """The entry, and what became of each step that the service asked the function for."""

    service: Any
    steps: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def invoke(self, event: dict[str, str]) -> None:
        """What Lambda does: a failure is nothing that the caller hears of."""
        self.steps.append(event["Step"])
        try:
            handler(event, None)
        except Exception as error:
            self.failures.append(error)

    def put(self, value: str) -> None:
        self.service.create_secret(Name=NAME, SecretString=value)

    def put_secret(self, client_secret: str) -> None:
        self.put(json.dumps({"client_id": "sluice", "client_secret": client_secret, "note": "kept"}))

    def value(self, stage: str = "AWSCURRENT") -> dict[str, str]:
        answer = self.service.get_secret_value(SecretId=NAME, VersionStage=stage)
        found: dict[str, str] = json.loads(answer["SecretString"])
        return found

    def start(self, *, at_once: bool = True) -> str:
        token = str(uuid.uuid4())
        rules = {"AutomaticallyAfterDays": 30}
        self.service.rotate_secret(
            SecretId=NAME,
            ClientRequestToken=token,
            RotationLambdaARN=FUNCTION,
            RotationRules=rules,
            RotateImmediately=at_once,
        )
        return token

    def step(self, step: str, token: str) -> None:
        handler({"Step": step, "SecretId": NAME, "ClientRequestToken": token}, None)


@pytest.fixture(scope="module")
def sandbox(serve: Callable[..., Any]) -> Any:
    return serve("--client-secret-name", NAME, "--control")


@pytest.fixture
def rotation(
    aws_environment: dict[str, str], secrets_service: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rotation]:
    for name, value in aws_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SOURCES", json.dumps({NAME: sandbox.url}))
    made = Rotation(secrets_service)
    # moto, told to run no containers, says yes to every call; here the function is really called.
    monkeypatch.setitem(default_user_config, "lambda", {"use_docker": False})
    monkeypatch.setattr(LambdaSimpleBackend, "get_function", lambda self, name: name)
    monkeypatch.setattr(
        LambdaSimpleBackend, "invoke", lambda self, name, *rest, body, **more: made.invoke(json.loads(body))
    )
    clients.client.cache_clear()
    yield made
    secrets_service.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    clients.client.cache_clear()


def test_a_rotation_makes_a_secret_current_that_the_source_takes(
    rotation: Rotation, sandbox: Any, ask_token: Any
) -> None:
    rotation.put_secret("first")
    rotation.start()
    assert (rotation.steps, rotation.failures) == (STEPS, [])
    new, old = rotation.value(), rotation.value("AWSPREVIOUS")
    assert old["client_secret"] == "first" != new["client_secret"]
    assert (new["client_id"], new["note"]) == ("sluice", "kept")
    # A pipeline that began before the rotation ends with the old one.
    for value in (new, old):
        assert ask_token(sandbox.url, client_secret=value["client_secret"]).status_code == 200


def test_every_step_may_come_twice(rotation: Rotation) -> None:
    rotation.put_secret("second")
    token = rotation.start()
    current = rotation.value()
    for step in STEPS:
        rotation.step(step, token)
    assert rotation.value() == current
    assert rotation.value("AWSPREVIOUS")["client_secret"] == "second"


def test_a_step_whose_end_is_lost_gets_the_same_secret_again(
    rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation.put_secret("third")
    given: list[str] = []
    keep = Entry.keep

    def lost(self: Entry, credentials: dict[str, str]) -> None:
        given.append(credentials["client_secret"])
        if len(given) == 1:
            raise ConnectionError
        keep(self, credentials)

    monkeypatch.setattr(Entry, "keep", lost)
    token = rotation.start()
    # Without a value there is nothing to test; what must not happen is that it becomes current.
    assert [type(error) for error in rotation.failures] == [ConnectionError, NotSetUp, NotSetUp]
    assert rotation.value()["client_secret"] == "third"
    for step in STEPS:
        rotation.step(step, token)
    assert given[0] == given[1] == rotation.value()["client_secret"]


def test_a_source_that_is_down_leaves_the_current_secret_alone(
    rotation: Rotation, sandbox: Any, http: Any
) -> None:
    rotation.put_secret("fourth")
    http.post(sandbox.url + "/_control", json={"mode": "down", "seconds": 60})
    try:
        rotation.start()
    finally:
        http.post(sandbox.url + "/_control", json={"mode": "healthy"})
    assert isinstance(rotation.failures[0], SourceRefused)
    assert str(rotation.failures[0]).endswith("answered 503, not 201 with a JSON object")
    assert rotation.value()["client_secret"] == "fourth"


def test_the_trial_run_that_the_service_makes_when_rotation_is_set_up_passes(rotation: Rotation) -> None:
    rotation.put_secret("fifth")
    rotation.start(at_once=False)
    assert (rotation.steps, rotation.failures) == (["testSecret"], [])
    assert rotation.value()["client_secret"] == "fifth"


@pytest.mark.parametrize("value", ["hunter2", '{"client_id": "sluice"}', '["hunter2"]'])
def test_an_entry_that_holds_something_else_is_named_and_its_value_is_not(
    rotation: Rotation, value: str
) -> None:
    rotation.put(value)
    rotation.start()
    first = rotation.failures[0]
    assert isinstance(first, NotSetUp) and NAME in str(first) and "hunter2" not in str(first)


def test_what_is_no_rotation_under_way_is_refused(
    rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation.put_secret("sixth")
    with pytest.raises(Rejected, match="not rotated"):
        rotation.step("createSecret", str(uuid.uuid4()))
    token = rotation.start()
    with pytest.raises(Rejected, match="not rotated"):
        rotation.step("finishSecret", str(uuid.uuid4()))
    for event in (None, {}, {"Step": "dropSecret", "SecretId": NAME, "ClientRequestToken": token}):
        with pytest.raises(Rejected):
            handler(event, None)
    second = rotation.value("AWSPREVIOUS")
    assert second["client_secret"] == "sixth"


def test_an_entry_of_no_known_source_is_refused(rotation: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    rotation.put_secret("seventh")
    for sources in ("{}", "no JSON", '{"another": "https://api.example.com"}'):
        monkeypatch.setenv("SOURCES", sources)
        rotation.failures.clear()
        rotation.start()
        assert isinstance(rotation.failures[0], NotSetUp) and NAME in str(rotation.failures[0])
        assert rotation.value()["client_secret"] == "seventh"
