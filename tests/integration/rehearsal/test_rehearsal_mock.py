"""The mock of a rehearsal has the environment's account, and assertions see what is missing in it.

No Terraform is needed. That assertions hold on what is right is proven by the rehearsal of `aws-dev`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments.load import load
from environments.model import Environment
from environments.naming import physical_name
from policies.rehearsal.assertions import assertions_of
from policies.rehearsal.mock import Mock
from policies.rehearsal.outcome import Broken
from policies.rehearsal.seen import Seen

ACCOUNT = "111122223333"


@pytest.fixture(scope="module")
def environment() -> Environment:
    """An environment of ours."""
    return load("aws-dev")


@pytest.fixture(scope="module")
def url(temporary: Path) -> Iterator[str]:
    """The address of a mock."""
    mock = Mock(temporary, ACCOUNT)
    try:
        yield mock.url
    finally:
        mock.stop()


def broken(environment: Environment, url: str) -> tuple[int, list[Broken]]:
    made, found = assertions_of(environment)(url)
    return made, list(found)


def test_nothing_holds_where_nothing_is(environment: Environment, url: str) -> None:
    made, found = broken(environment, url)
    assert made == len(found) > 50
    names = {one.name for one in found}
    for zone in environment.storage.zones:
        assert physical_name(environment, zone) in names


def test_a_setting_that_is_missing_is_named_with_both_values(environment: Environment, url: str) -> None:
    name = physical_name(environment, "raw")
    s3 = Seen(url).client("s3", environment.region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": environment.region})
    _, found = broken(environment, url)
    about = {one.type: one.what for one in found if one.name == name}
    assert (
        about["aws_s3_bucket_versioning"] == 'versioning: the environment says "Enabled", the mock has null'
    )
    assert "NoSuchPublicAccessBlockConfiguration" in about["aws_s3_bucket_public_access_block"]
    assert "NoSuchTagSet" in about["aws_s3_bucket"]
    assert not [one.what for one in found if one.name == name and one.what.startswith("region")]


def test_a_policy_that_denies_plain_http_for_a_part_only_does_not_hold(
    environment: Environment, url: str
) -> None:
    name = physical_name(environment, "curated")
    s3 = Seen(url).client("s3", environment.region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": environment.region})

    def holds(resources: list[str], condition: dict[str, str]) -> bool:
        denial = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"Bool": condition},
        }
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))
        _, found = broken(environment, url)
        return not [one for one in found if one.name == name and one.type == "aws_s3_bucket_policy"]

    whole, plain = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], {"aws:SecureTransport": "false"}
    assert holds(whole, plain)
    assert not holds(whole[:1], plain)
    assert not holds(whole, {"aws:SecureTransport": "true"})


def test_the_mock_is_the_account_that_the_program_is_for(url: str) -> None:
    assert Seen(url).client("sts", "eu-west-1").get_caller_identity()["Account"] == ACCOUNT


def test_the_users_own_profile_is_not_looked_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert Seen(url).client("sts", "eu-west-1").get_caller_identity()["Account"] == ACCOUNT
