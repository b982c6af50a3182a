"""The policy pack's side of Pulumi's analyzer protocol, spoken to as the engine does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from engine_runs import PACK
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi.runtime.rpc import UNKNOWN

from policies.crossguard.engine_graph import UNKNOWNS
from policies.gate.engines import graph_rules

pytestmark = pytest.mark.slow

STACK = "urn:pulumi:dev::elsewhere::pulumi:pulumi:Stack::elsewhere-dev"
SECRET = "4dabf18193072939515e22adb298388d"
SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270"


class Pack:
    """The pack's process, and one stack of one database that it is shown."""

    def __init__(self, folder: Path, entry: Path = PACK) -> None:
        self.process = subprocess.Popen(
            [sys.executable, entry, "127.0.0.1:1"],
            stdout=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
        )
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self.stub = analyzer_pb2_grpc.AnalyzerStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self.stub.Handshake(analyzer_pb2.AnalyzerHandshakeRequest(engine_address="127.0.0.1:1"))
        self.stub.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(
                stack="dev",
                project="elsewhere",
                config={"elsewhere:key": "correct-horse-battery"},
                config_secret_keys=["elsewhere:key"],
            )
        )

    def configure(self, **context: Any) -> None:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig["context"].properties.update(context)
        self.stub.Configure(request)

    def judged(self, name: str, inputs: dict[str, Any]) -> list[Any]:
        """What the pack says of one database."""
        urn = f"urn:pulumi:dev::elsewhere::aws:rds/instance:Instance::{name}"
        provider = analyzer_pb2.AnalyzerProviderResource(
            type="pulumi:providers:aws",
            urn="urn:pulumi:dev::elsewhere::pulumi:providers:aws::default_7_0_0",
            name="default_7_0_0",
        )
        asked = analyzer_pb2.AnalyzeRequest(
            type="aws:rds/instance:Instance", urn=urn, name=name, provider=provider
        )
        asked.properties.update(inputs)
        assert not self.stub.Analyze(asked).diagnostics
        stack = analyzer_pb2.AnalyzeStackRequest()
        stack.resources.add(type="pulumi:pulumi:Stack", urn=STACK, name="elsewhere-dev")
        stack.resources.add(type=asked.type, urn=urn, name=name, provider=provider, parent=STACK)
        return list(self.stub.AnalyzeStack(stack, timeout=60).diagnostics)


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Pack]:
    started = Pack(tmp_path)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def encryption(said: list[Any]) -> Any:
    (found,) = [
        item
        for item in said
        if item.policyName == "encryption/at-rest" and "storageEncrypted" in item.message
    ]
    return found


def test_its_folder_can_be_run_as_well(tmp_path: Path) -> None:
    """As current CLIs start it, from a program that has modules of the same names."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "__init__.py").write_text("raise SystemExit('not this one')")
    pack = Pack(tmp_path, PACK.parent)
    try:
        assert pack.stub.GetAnalyzerInfo(empty_pb2.Empty()).name == "sluice"
    finally:
        pack.process.kill()
        pack.process.wait()


def test_every_rule_is_a_policy_of_the_pack(pack: Pack) -> None:
    info = pack.stub.GetAnalyzerInfo(empty_pb2.Empty())
    names = {policy.name for policy in info.policies}
    assert info.name == "sluice"
    assert {rule.id for rule in graph_rules.RULES} | {"encryption/at-rest", "context"} <= names


@pytest.mark.parametrize("sign", sorted(UNKNOWNS))
def test_whatever_the_type_an_unknown_stops_a_change_of_prod(pack: Pack, sign: str) -> None:
    pack.configure(tier="prod")
    said = encryption(pack.judged("database", {"storageEncrypted": sign}))
    assert "undetermined: " in said.message
    assert said.enforcementLevel == analyzer_pb2.MANDATORY


def test_an_unknown_stops_nothing_in_staging(pack: Pack) -> None:
    pack.configure(tier="staging")
    said = encryption(pack.judged("database", {"storageEncrypted": UNKNOWN}))
    assert "undetermined: " in said.message
    assert said.enforcementLevel == analyzer_pb2.ADVISORY


def test_a_secret_is_known_to_be_one_and_its_text_goes_nowhere(pack: Pack) -> None:
    pack.configure(tier="prod")
    marked = pack.judged(
        "marked", {"storageEncrypted": True, "password": {SECRET: SECRET_VALUE, "value": "wrong-horse"}}
    )
    assert "secrets/in-clear" not in {item.policyName for item in marked}
    assert "wrong-horse" not in str(marked)


def test_a_secret_of_the_configuration_in_clear_is_found(pack: Pack) -> None:
    said = pack.judged("clear", {"storageEncrypted": True, "password": "correct-horse-battery"})
    found = [item for item in said if item.policyName == "secrets/in-clear"]
    assert found and found[0].enforcementLevel == analyzer_pb2.MANDATORY
    assert "correct-horse-battery" not in str(said)


def test_a_program_that_cannot_be_captured_is_said_so(pack: Pack) -> None:
    said = pack.judged("database", {"storageEncrypted": False})
    (note,) = [item for item in said if item.policyName == "sluice/program"]
    assert note.enforcementLevel == analyzer_pb2.ADVISORY
    assert "Pulumi.yaml" in note.message


def test_rules_that_cannot_be_evaluated_stop_the_change(pack: Pack) -> None:
    pack.configure(tier="everywhere")
    (only,) = pack.judged("database", {"storageEncrypted": True})
    assert only.enforcementLevel == analyzer_pb2.MANDATORY
    assert "tier" in only.message


def test_it_ends_when_the_engine_says_so(pack: Pack) -> None:
    since = time.monotonic()
    pack.process.send_signal(signal.SIGINT)
    assert pack.process.wait(timeout=10) == 0
    assert time.monotonic() - since < 3
