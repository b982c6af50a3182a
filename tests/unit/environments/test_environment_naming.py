"""Physical names fit, are the same every time, and never meet; tags say all that they must."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import load
from environments.model import Environment
from environments.naming import physical_name, tags, uncut_name
from environments.problems import Refusal
from environments.vocabulary import DataClass, ManagedBy, Tag

ENVIRONMENTS = load.load_all()
environment = st.sampled_from(list(ENVIRONMENTS.values()))
word = st.from_regex(r"[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,12}){0,4}", fullmatch=True)
part = st.none() | word
limit = st.integers(16, 80)
separator = st.sampled_from(["-", "_", ""])


@given(environment, word, part, limit, separator)
def test_a_name_fits_and_has_valid_characters_only(
    env: Environment, capability: str, piece: str | None, most: int, between: Literal["-", "_", ""]
) -> None:
    name = physical_name(env, capability, piece, limit=most, separator=between)
    assert len(name) <= most
    assert re.fullmatch(rf"[a-z][a-z0-9]*({between}[a-z0-9]+)*", name)


@given(environment, word, part, limit)
def test_a_name_is_the_same_every_time_and_readable_where_it_fits(
    env: Environment, capability: str, piece: str | None, most: int
) -> None:
    name = physical_name(env, capability, piece, limit=most)
    assert name == physical_name(env, capability, piece, limit=most)
    whole = "-".join([env.project, env.name, capability, *([piece] if piece else [])])
    assert (name == whole) == (len(whole) <= most)


@given(st.lists(st.tuples(environment, word, part), min_size=2, max_size=8), limit)
def test_two_names_never_become_one_by_the_cut(
    things: list[tuple[Environment, str, str | None]], most: int
) -> None:
    whole = {uncut_name(*thing) for thing in things}
    assert len({physical_name(*thing, limit=most) for thing in things}) == len(whole)


def test_names_are_stable_across_releases() -> None:
    # A changed rule would rename, and so destroy, what runs: these were given out.
    prod = ENVIRONMENTS["azure-staging"]
    assert physical_name(prod, "raw") == "sluice-azure-staging-raw"
    assert physical_name(prod, "raw", "failover", limit=24) == "sluice-azure-st-da98cacf"
    assert physical_name(ENVIRONMENTS["local"], "source", "commerce") == "sluice-local-source-commerce"


@pytest.mark.parametrize(
    "bad", ["Raw", "raw_zone", "raw--x", "-raw", "raw-", "", "r w", "é", "1raw", "raw\n"]
)
def test_a_word_that_no_cloud_takes_is_refused(bad: str) -> None:
    with pytest.raises(Refusal, match="cannot be part of a physical name"):
        physical_name(ENVIRONMENTS["local"], bad)


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(Refusal, match="too short"):
        physical_name(ENVIRONMENTS["local"], "raw", limit=8)


@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_tags_are_complete_and_valid_on_every_cloud(env: Environment) -> None:
    given_ = tags(env, data_classification=DataClass.RESTRICTED, pipeline="sales_curation")
    assert given_ == {
        "project": "sluice",
        "environment": env.name,
        "owner": "data-platform",
        "cost-center": "data-platform",
        "data-classification": "restricted",
        "managed-by": "pulumi",
        "pipeline": "sales_curation",
    }
    assert set(given_) == {str(tag) for tag in Tag}
    # The narrowest rule is that of GCP's labels.
    assert all(re.fullmatch(r"[a-z0-9_-]{1,63}", text) for pair in given_.items() for text in pair)
    assert all(type(text) is str for pair in given_.items() for text in pair)


def test_tags_name_no_pipeline_where_there_is_none() -> None:
    given_ = tags(ENVIRONMENTS["aws-dev"], managed_by=ManagedBy.TERRAFORM)
    assert "pipeline" not in given_
    assert given_["data-classification"] == "internal"
    assert given_["managed-by"] == "terraform"


@pytest.mark.parametrize("bad", ["Sales", "sales curation", "", "x" * 64, "x\n"])
def test_a_pipeline_that_no_label_can_name_is_refused(bad: str) -> None:
    with pytest.raises(Refusal, match="value of a tag"):
        tags(ENVIRONMENTS["aws-dev"], pipeline=bad)
