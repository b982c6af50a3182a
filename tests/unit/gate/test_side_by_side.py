"""Two environments side by side: what counts as the same, and what as a difference."""

from __future__ import annotations

from typing import Any

from environments.load import load
from policies.gate.side_by_side import SideBySide, side_by_side
from policies.gate.values import Value
from tests.graph_builder import GraphBuilder, text

DEV, PROD = load("aws-dev"), load("aws-prod")
Made = dict[str, tuple[str, dict[str, Value]]]


def compared(left: Made, right: Made, **options: Any) -> SideBySide:
    graphs = []
    for environment, made in ((DEV, left), (PROD, right)):
        builder = GraphBuilder(environment.name)
        builder.add("sluice:network:AwsNetwork", "network", kind="component")
        for name, (type_, inputs) in made.items():
            builder.add(type_, name, inputs, **(options if environment is PROD else {}))
        graphs.append(builder.graph())
    return side_by_side(graphs[0], graphs[1], DEV, PROD)


def test_names_accounts_ranges_and_references_are_no_difference() -> None:
    def bucket(environment: Any) -> dict[str, Value]:
        builder = GraphBuilder(environment.name)
        key = builder.add("Key", "key")
        return {
            "bucket": f"sluice-{environment.name}-raw",
            "plan": f"sluice_{environment.name.replace('-', '_')}_raw",
            "policy": f"arn:aws:iam::{environment.account}:root {text(key, 'arn')}",
            "tags": {f"of-{environment.name}": str(environment.network.zone_ranges("data")[1])},
        }

    found = compared({"raw": ("Bucket", bucket(DEV))}, {"raw": ("Bucket", bucket(PROD))})
    assert (found.totals, found.counts, found.set_otherwise) == ((1, 1), {}, {})


def test_what_one_side_has_more_of_is_counted_by_type() -> None:
    one, two = {"a": ("Subnet", {})}, {"a": ("Subnet", {}), "b": ("Subnet", {}), "nat": ("Nat", {})}
    found = compared(one, two)
    assert found.totals == (1, 3)
    assert found.counts == {"aws:ec2/natGateway:NatGateway": (0, 1), "aws:ec2/subnet:Subnet": (1, 2)}
    assert found.set_otherwise == {}


def test_an_input_that_differs_or_is_missing_is_named_with_its_resources() -> None:
    left = {"a": ("Key", {"days": 7.0, "on": True}), "b": ("Key", {"days": 7.0})}
    right = {"a": ("Key", {"days": 30.0, "on": True}), "b": ("Key", {"days": 30.0, "on": True})}
    assert compared(left, right).set_otherwise == {"aws:kms/key:Key": {"days": ("a", "b"), "on": ("b",)}}


def test_protection_is_a_setting() -> None:
    made: Made = {"a": ("Key", {})}
    assert compared(made, made, protect=True).set_otherwise == {"aws:kms/key:Key": {"(protect)": ("a",)}}
