"""The graph's values and its bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import places
from policies.gate.graph import CallSite, Diagnostic, Provider, Resource, ResourceGraph
from policies.gate.values import (
    Reference,
    literal,
    reference,
    references,
    references_in_text,
    secret_in_text,
    secrets_in_text,
)

names = st.text(min_size=1, max_size=20).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))


@given(names, names, st.text(max_size=10), st.text(max_size=10))
def test_a_reference_in_a_text_is_found_again_whatever_its_name(
    name: str, property: str, before: str, after: str
) -> None:
    wanted = Reference(f"urn:pulumi:dev::p::aws:s3/bucket:Bucket::{name}", property)
    assert wanted in references_in_text(f"{before}{wanted.in_text()}{after}")


@given(names, names)
def test_json_around_a_reference_stays_json(name: str, property: str) -> None:
    token = Reference(f"urn:pulumi:dev::p::t::{name}", property).in_text()
    text = json.dumps({"Resource": "HERE/*"}).replace("HERE", token)
    assert json.loads(text) == {"Resource": f"{token}/*"}


def test_references_are_found_wherever_they_are() -> None:
    first, second = Reference("urn:pulumi:a", "arn"), Reference("call:aws:x", "id")
    value = {
        "list": [reference(first.urn, first.property)],
        "text": f"to {second.in_text()}",
        "hidden": {"$secret": {"origin": "output", "refs": [{"urn": "urn:pulumi:b", "property": "key"}]}},
        "unknown": {"$unknown": {"from": ["urn:pulumi:c"]}},
        "plain": {"$$ref": "#/definitions/x"},
    }
    assert list(references(value)) == [first, second, Reference("urn:pulumi:b", "key")]


@given(names)
def test_a_secret_in_a_text_is_found_again(key: str) -> None:
    assert secrets_in_text(f"https://{secret_in_text(key)}@host") == [key]


def test_a_known_literal_is_put_in_place() -> None:
    known, other = reference("urn:pulumi:a", "bucket", value="logs"), reference("urn:pulumi:a", "arn")
    assert literal({"a": [known, other], "b": known}) == {"a": ["logs", other], "b": "logs"}


def graph(*urns: str) -> ResourceGraph:
    site = CallSite("__main__.py", 3, "<module>")
    resources = {
        urn: Resource(
            urn=urn,
            type="aws:s3/bucket:Bucket",
            name=urn[-1],
            inputs={"size": 3, "nothing": None, "deep": {"a": [1.5, True]}},
            property_dependencies={"size": ("urn:pulumi:x",)},
            protect=False,
            sites=(site,),
        )
        for urn in urns
    }
    return ResourceGraph(
        project="p",
        stack="dev",
        schema=1,
        resources=resources,
        providers={"default:aws": Provider("aws", region="eu-west-1")},
        diagnostics=(Diagnostic("duplicate-urn", "twice", urns[0], (site,)),),
    )


def test_bytes_do_not_depend_on_the_order() -> None:
    one, other = graph("urn:a", "urn:b"), graph("urn:b", "urn:a")
    assert list(one.resources) != list(other.resources)
    assert replace(one, diagnostics=()).to_bytes() == replace(other, diagnostics=()).to_bytes()


def test_what_is_false_and_what_is_not_said_stay_apart() -> None:
    (bucket,) = ResourceGraph.from_bytes(graph("urn:a").to_bytes()).resources.values()
    assert (bucket.protect, bucket.retain_on_delete) == (False, None)
    assert bucket.inputs == {"size": 3, "nothing": None, "deep": {"a": [1.5, True]}}


def test_bytes_of_another_schema_are_refused() -> None:
    with pytest.raises(ValueError, match="schema 2"):
        ResourceGraph.from_bytes(graph("urn:a").to_bytes().replace(b'"schema":1', b'"schema":2'))


def test_neither_graph_nor_capture_import_an_sdk() -> None:
    code = (
        "import sys; import policies.gate.graph, policies.gate.capture; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('pulumi', 'google', 'grpc')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=places.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
