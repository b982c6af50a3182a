"""Layers: which one wins, where each value comes from, and what differs between two environments."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from environments import load
from environments.defaults import CLOUDS, CODE, TIERS, Layer
from environments.diff import diff
from environments.layers import holds, leaves, merged, without
from environments.network import Network
from environments.vocabulary import Nat, SubnetTier

keys = st.sampled_from("abc")
layer = st.recursive(
    st.dictionaries(keys, st.integers() | st.none() | st.lists(st.integers()), max_size=3),
    lambda inner: st.dictionaries(keys, inner | st.integers(), max_size=3),
)


@given(st.lists(layer, min_size=1, max_size=4))
def test_the_last_layer_that_says_something_wins(layers: list[Layer]) -> None:
    result = merged(layers)
    for path, value in leaves(layers[-1]):
        if value != {}:
            assert holds(result, path)
            assert dict(leaves(result))[path] == value


@given(layer, layer)
def test_merging_changes_no_layer(one: Layer, two: Layer) -> None:
    before = (repr(one), repr(two))
    merged([one, two])
    assert (repr(one), repr(two)) == before


@given(layer)
def test_what_is_left_out_is_gone_and_the_rest_stays(given_: Layer) -> None:
    for path, _ in leaves(given_):
        rest = without(given_, path)
        assert not holds(rest, path)
        kept = {other for other, _ in leaves(given_)} - {path}
        assert all(holds(rest, other) for other in kept)


def test_a_file_wins_over_its_cloud_over_its_tier_over_the_code(
    folder: Path, write: Callable[..., Path]
) -> None:
    write(
        "aws-prod",
        """
account: "333344445555"
network:
  cidr: 10.18.0.0/16
  zones: 2
region: eu-central-1
failover_region: eu-west-1
""",
    )
    file = folder / "Pulumi.aws-prod.yaml"
    found = load.origins("aws-prod", folder=folder)
    assert (found["network.zones"].value, found["network.zones"].origin) == (2, f"{file}:6")
    assert (found["region"].value, found["region"].origin) == ("eu-central-1", f"{file}:7")
    assert found["orchestrator.kind"].origin == "cloud aws"
    assert found["orchestrator.size"].origin == "tier prod"
    assert found["owner"].origin == "code default"
    assert found["tier"].origin == "the file's name"
    # The cloud wins over the tier, where both say something: no tier and cloud do today, but `local` may.
    assert merged([CODE, {"owner": "a"}, {"owner": "b"}])["owner"] == "b"


def test_a_part_of_a_section_leaves_the_rest_to_the_defaults(
    folder: Path, write: Callable[..., Path]
) -> None:
    write(
        "aws-prod",
        'account: "333344445555"\nnetwork: {cidr: 10.18.0.0/16}\nstorage: {zones: {raw: {lock_days: 400}}}',
    )
    plain, changed = load.load("aws-prod"), load.load("aws-prod", folder=folder)
    assert changed.storage.zones["raw"].lock_days == 400  # type: ignore[index]
    assert changed.storage.zones["raw"].lifecycle == plain.storage.zones["raw"].lifecycle  # type: ignore[index]


def test_a_difference_names_both_sides_and_equals_are_left_out() -> None:
    found = {item.path: item for item in diff("aws-dev", "aws-prod")}
    zones = found["network.zones"]
    assert zones.left is not None and zones.right is not None
    assert (zones.left.value, zones.right.value, zones.right.origin) == (2, 3, "tier prod")
    assert "region" not in found
    assert diff("aws-prod", "aws-prod") == []
    ours, theirs = load.origins("aws-dev"), load.origins("aws-prod")
    assert set(found) == {path for path in ours | theirs if ours.get(path) != theirs.get(path)} - {
        path for path in ours if path in theirs and ours[path].value == theirs[path].value
    }


def test_a_setting_that_only_one_side_has_is_a_difference(folder: Path, write: Callable[..., Path]) -> None:
    write(
        "aws-prod",
        'account: "333344445555"\nnetwork: {cidr: 10.18.0.0/16}\nsecrets: {crm: {rotation_days: 30}}',
    )
    found = {item.path: item for item in diff("aws-dev", "aws-prod", folder=folder)}
    crm = found["secrets.crm.rotation_days"]
    assert crm.left is None and crm.right is not None and crm.right.value == 30


@given(st.integers(16, 24), st.integers(1, 3))
def test_subnets_lie_inside_the_network_and_never_meet(prefix: int, zones: int) -> None:
    network = Network(
        cidr=IPv4Network(f"10.16.0.0/{prefix}"),
        zones=zones,
        nat=Nat.NONE,
        private_services=(),
        subnets={},
        flow_log_retention_days=1,
    )
    ranges = [item for tier in SubnetTier for item in network.zone_ranges(tier)]
    assert len(ranges) == zones * len(SubnetTier)
    assert all(item.subnet_of(network.cidr) and item.prefixlen <= 28 for item in ranges)
    assert not any(one.overlaps(two) for index, one in enumerate(ranges) for two in ranges[:index])


def test_a_zone_more_moves_no_subnet() -> None:
    two, three = (
        Network(
            cidr=IPv4Network("10.16.0.0/16"),
            zones=zones,
            nat=Nat.NONE,
            private_services=(),
            subnets={},
            flow_log_retention_days=1,
        )
        for zones in (2, 3)
    )
    assert all(three.zone_ranges(tier)[:2] == two.zone_ranges(tier) for tier in SubnetTier)


def test_tiers_and_clouds_all_have_a_layer() -> None:
    assert [str(tier) for tier in TIERS] == ["local", "dev", "staging", "prod"]
    assert [str(cloud) for cloud in CLOUDS] == ["local", "aws", "gcp", "azure"]
