"""Cost, size and strictness differ by tier, and nothing else does without a reason that somebody wrote down.

Settings: beside each value in `environments/defaults.py`. Resources: in the table below. Reads what the stacks would
make; does not prove that a reason is a good one.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import defaults
from environments.load import load, origins
from policies.gate.graph import ResourceGraph
from policies.gate.side_by_side import side_by_side
from scripts.programs import captured_all

AWS = ("aws-dev", "aws-staging", "aws-prod")

ZONES = "prod has a third zone"
NAT = "prod has a NAT gateway in each zone, so that a zone's failure does not cut off the others"
COPIES = "only prod copies backups to the fail-over region"
PROTECT = "dev is made and destroyed daily"
AUDIT = "auditors ask for a year in prod"
LOCK = "a lock of a vault cannot be undone: only prod takes it"
TESTED = "what restores of dev's play data would prove, those of staging prove"
PROMISE = "only prod pays for the promise that copies are there within 15 minutes"
SOURCES = "only prod asks the supplier itself; the others ask its sandbox"
# Why two tiers of AWS differ in the number of a type ("#") or in an input; (protect) is Pulumi's own.
DEV_AND_PROD = {
    ("aws:ec2/subnet:Subnet", "#"): ZONES,
    ("aws:ec2/routeTable:RouteTable", "#"): ZONES,
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "#"): ZONES,
    ("aws:ec2/networkAcl:NetworkAcl", "subnetIds"): ZONES,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "subnetIds"): ZONES,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "routeTableIds"): ZONES,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "#"): "dev pays for the endpoints of secrets and keys only",
    ("aws:ec2/eip:Eip", "#"): NAT,
    ("aws:ec2/natGateway:NatGateway", "#"): NAT,
    ("aws:ec2/route:Route", "#"): ZONES,
    ("aws:ec2/route:Route", "natGatewayId"): NAT,
    ("aws:iam/rolePolicy:RolePolicy", "policy"): COPIES,
    ("aws:kms/key:Key", "(protect)"): PROTECT,
    ("aws:kms/key:Key", "deletionWindowInDays"): PROTECT,
    ("aws:kms/alias:Alias", "(protect)"): PROTECT,
    ("aws:s3/bucket:Bucket", "(protect)"): PROTECT,
    ("aws:secretsmanager/secret:Secret", "(protect)"): PROTECT,
    ("aws:backup/plan:Plan", "rules"): COPIES,
    ("aws:backup/restoreTestingPlan:RestoreTestingPlan", "#"): TESTED,
    ("aws:backup/restoreTestingSelection:RestoreTestingSelection", "#"): TESTED,
    ("aws:backup/vault:Vault", "#"): COPIES,
    ("aws:backup/vault:Vault", "(protect)"): PROTECT,
    ("aws:backup/vaultLockConfiguration:VaultLockConfiguration", "#"): LOCK,
    ("aws:backup/vaultPolicy:VaultPolicy", "#"): COPIES,
    ("aws:backup/vaultPolicy:VaultPolicy", "policy"): PROTECT,
    ("aws:lambda/function:Function", "environment"): SOURCES,
    ("aws:lambda/function:Function", "vpcConfig"): ZONES,
    ("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "rules"): PROMISE,
    ("aws:cloudwatch/logGroup:LogGroup", "retentionInDays"): AUDIT,
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "rules"): AUDIT,
    ("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "rule"): AUDIT,
}
# Staging is prod at half the size: whatever sets it apart sets dev apart too, but for one thing.
CUT = "a name with `staging` in it is longer than 63 characters, and ends in a hash"
STAGING_ALONE = {
    ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "tags"): CUT,
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "tags"): CUT,
}


@pytest.fixture(scope="module")
def graphs() -> dict[str, ResourceGraph]:
    """What each AWS environment would make."""
    return captured_all(AWS)


def differing(graphs: dict[str, ResourceGraph], left: str, right: str) -> set[tuple[str, str]]:
    found = side_by_side(graphs[left], graphs[right], load(left), load(right))
    counted = {(type_, "#") for type_ in found.counts}
    return counted | {(type_, name) for type_, inputs in found.set_otherwise.items() for name in inputs}


def test_dev_and_prod_differ_in_what_has_a_reason_and_in_nothing_else(
    graphs: dict[str, ResourceGraph],
) -> None:
    assert differing(graphs, "aws-dev", "aws-prod") == set(DEV_AND_PROD)


def test_staging_rehearses_prod(graphs: dict[str, ResourceGraph]) -> None:
    found = differing(graphs, "aws-staging", "aws-prod")
    assert found - set(DEV_AND_PROD) == set(STAGING_ALONE)
    # It is protected, and pays for private services, as prod is and does.
    assert not [name for _, name in found if name == "(protect)"]
    assert ("aws:ec2/vpcEndpoint:VpcEndpoint", "#") not in found


def test_every_tiers_settings_are_said_by_the_tiers_layer_or_the_environments_file() -> None:
    names = {"name", "tier", "account", "network.cidr"}
    for left, right in (("aws-dev", "aws-prod"), ("aws-staging", "aws-prod"), ("aws-dev", "aws-staging")):
        ours, theirs = origins(left), origins(right)
        for path in ours.keys() - names:
            if ours[path].value != theirs[path].value:
                said = {ours[path].origin, theirs[path].origin}
                assert said & {f"tier {name}" for name in ("dev", "staging", "prod")}, path


def _comments(text: str) -> tuple[set[int], set[int]]:
    """Lines with a comment, and those of them that are nothing else."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [token for token in tokens if token.type == tokenize.COMMENT]
    alone = {token.start[0] for token in found if token.line.strip().startswith("#")}
    return {token.start[0] for token in found}, alone


def _unreasoned(layer: ast.Dict, path: str, lines: tuple[set[int], set[int]]) -> Iterator[tuple[str, bool]]:
    """Every value of a layer, and whether nothing is said of it or of a mapping that it is in."""
    commented, alone = lines
    for key, value in zip(layer.keys, layer.values, strict=True):
        assert key is not None
        first, last, inner = key.lineno, value.end_lineno or 0, isinstance(value, ast.Dict) and value.keys
        # What stands between the first and the last line of a mapping is said of its entries.
        own = {first, last} if inner else set(range(first, last + 1))
        said = bool(own & commented) or first - 1 in alone
        name = f"{path}.{ast.unparse(key)}"
        if isinstance(value, ast.Dict) and inner:
            yield from ((one, bare and not said) for one, bare in _unreasoned(value, name, lines))
        else:
            yield name, not said


def test_every_setting_of_a_tier_has_a_reason_beside_it() -> None:
    """On its lines or right above it; or so for the mapping that it is in."""
    text = Path(defaults.__file__).read_text()
    (tiers,) = (
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TIERS"
    )
    assert isinstance(tiers, ast.Dict)
    found = [
        item
        for tier, layer in zip(tiers.keys, tiers.values, strict=True)
        if tier is not None and isinstance(layer, ast.Dict)
        for item in _unreasoned(layer, ast.unparse(tier), _comments(text))
    ]
    assert len(found) > 30
    assert [name for name, bare in found if bare] == []
