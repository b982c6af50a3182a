"""What the policy pack makes of the engine's values: references found again, unknowns never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.crossguard.known_outputs import referenced
from policies.crossguard.program_graph import filled, value
from policies.gate.graph import CallSite, Resource, ResourceGraph
from policies.gate.values import Reference, reference

KEY = "urn:pulumi:dev::p::aws:kms/key:Key::key"
TOPIC = "urn:pulumi:dev::p::aws:sns/topic:Topic::topic"
ARN = "arn:aws:kms:eu-west-1:1:key/2"
UNKNOWN: dict[str, Any] = {"$unknown": {"from": [KEY]}}
USE = reference(KEY, "arn")
DOCUMENT = json.dumps({"Resource": Reference(KEY, "arn").in_text()})
SECRET: dict[str, Any] = {"$secret": {"origin": "config", "key": "p:key"}}


@pytest.mark.parametrize(
    ("engine", "program", "expected"),
    [
        (UNKNOWN, USE, USE),
        (UNKNOWN, DOCUMENT, DOCUMENT),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (ARN, USE, reference(KEY, "arn", value=ARN)),
        (ARN, reference(KEY, "arn", altered=True), reference(KEY, "arn", value=ARN)),
        ([UNKNOWN, UNKNOWN], USE, USE),
        ({"a": UNKNOWN, "b": 1}, {"a": USE, "c": 2}, {"a": USE, "b": 1}),
        ([UNKNOWN, "x"], [USE, "y"], [USE, "x"]),
        ("plain", SECRET, SECRET),
        (SECRET, "plain", SECRET),
        (SECRET, USE, {"$secret": {"origin": "output", "refs": [{"urn": KEY, "property": "arn"}]}}),
        (None, USE, None),
    ],
)
def test_the_program_says_what_an_unknown_consists_of(engine: Any, program: Any, expected: Any) -> None:
    assert value(engine, program) == expected


@pytest.mark.parametrize("program", [True, "aws:kms", ["a"], {"a": "b"}, None])
def test_what_only_the_program_claims_to_know_stays_unknown(program: Any) -> None:
    assert value(UNKNOWN, program) == UNKNOWN


@pytest.mark.parametrize("program", ["other", 2, [1, 2], {"a": 1}, DOCUMENT, UNKNOWN])
def test_what_the_engine_knows_goes_first(program: Any) -> None:
    assert value("known", program) == "known"


def graph(**inputs: Any) -> ResourceGraph:
    topic = Resource(
        TOPIC,
        "aws:sns/topic:Topic",
        "topic",
        inputs=inputs,
        property_dependencies={name: (KEY,) for name in inputs},
    )
    key = Resource(KEY, "aws:kms/key:Key", "key")
    return ResourceGraph("p", "dev", resources={KEY: key, TOPIC: topic})


def traced(text: Any, outputs: dict[str, Any]) -> Any:
    return referenced(graph(policy=text), {KEY: outputs}).resources[TOPIC].inputs["policy"]


def test_a_text_that_is_another_s_output_is_a_reference() -> None:
    assert traced(ARN, {"arn": ARN, "keyId": "2"}) == reference(KEY, "arn", value=ARN)
    assert traced([ARN, "else"], {"arn": ARN}) == [reference(KEY, "arn", value=ARN), "else"]


def test_so_it_is_inside_a_json_text_whole_or_as_its_start() -> None:
    use = Reference(KEY, "arn").in_text()
    given = {"Resource": [ARN, f"{ARN}/*", f"{ARN}2", "*"]}
    assert json.loads(traced(json.dumps(given), {"arn": ARN})) == {
        "Resource": [use, f"{use}/*", f"{ARN}2", "*"]
    }


def test_neither_short_texts_nor_those_of_strangers_nor_secrets_are() -> None:
    assert traced("true", {"enabled": "true"}) == "true"
    stranger = referenced(graph(policy="x" * 20), {TOPIC: {"arn": "x" * 20}})
    assert stranger.resources[TOPIC].inputs["policy"] == "x" * 20
    hidden = {"$secret": {"origin": "literal"}}
    assert traced(hidden, {"arn": ARN}) == hidden


def test_options_and_lines_that_the_engine_does_not_tell_come_from_the_program() -> None:
    engine = graph(policy=UNKNOWN)
    site = CallSite("main.py", 3)
    program = ResourceGraph(
        "p",
        "dev",
        resources={
            TOPIC: Resource(
                TOPIC, "aws:sns/topic:Topic", "topic", retain_on_delete=True, protect=True, sites=(site,)
            ),
            "urn:pulumi:dev::p::aws:s3/bucket:Bucket::gone": Resource("x", "aws:s3/bucket:Bucket", "gone"),
        },
    )
    both = filled(engine, program)
    topic = both.resources[TOPIC]
    assert set(both.resources) == {KEY, TOPIC}
    assert (topic.retain_on_delete, topic.source) == (True, site)
    assert topic.protect is None
    assert topic.inputs == {"policy": UNKNOWN}
