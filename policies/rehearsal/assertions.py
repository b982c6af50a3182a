"""What must hold on the mock after the apply of one of our environments: its model says it, boto3 looks it up.

Expectations come from the environment's model, never from the graph, so that a setting that is lost anywhere
between the model and the cloud is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from environments.manifest import Zone
from environments.model import Environment
from environments.naming import physical_name, tags
from environments.storage import Lifecycle, StorageZone
from environments.vocabulary import DataClass, SubnetTier
from policies.rehearsal.outcome import Broken
from policies.rehearsal.run import Assertions
from policies.rehearsal.seen import Seen

FAILOVER = "failover"
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
BUCKET, SECRET, ALIAS, VPC = "aws_s3_bucket", "aws_secretsmanager_secret", "aws_kms_alias", "aws_vpc"


def assertions_of(environment: Environment) -> Assertions:
    """The assertions of an AWS environment."""

    def look(url: str) -> tuple[int, Sequence[Broken]]:
        book = _Book(environment, Seen(url))
        for zone, settings in environment.storage.zones.items():
            book.bucket(zone, settings, environment.region, None)
            if settings.replicated:
                book.bucket(zone, settings, environment.failover_region, FAILOVER)
                book.replication(zone)
        for data_class in environment.encryption.customer_key_for:
            book.key(data_class)
        for entry in environment.secrets:
            book.secret(entry)
        book.network()
        return book.made, book.broken

    return look


class _Book:
    """Makes assertions and keeps account of them."""

    def __init__(self, environment: Environment, seen: Seen) -> None:
        self._environment = environment
        self._seen = seen
        self.made = 0
        self.broken: list[Broken] = []

    def _holds(self, type_: str, name: str, what: str, wanted: Any, ask: Callable[[], Any]) -> None:
        self.made += 1
        found = self._seen.answer(ask)
        if found != wanted:
            told = f"{what}: the environment says {_text(wanted)}, the mock has {_text(found)}"
            self.broken.append(Broken(type_, name, told))

    def bucket(self, zone: Zone, settings: StorageZone, region: str, part: str | None) -> None:
        """A zone's bucket, or its copy."""
        environment, seen = self._environment, self._seen
        name = physical_name(environment, zone, part)
        s3 = seen.client("s3", region)
        wanted_tags = tags(environment, data_classification=settings.data_class)
        self._holds(
            BUCKET, name, "region", region, lambda: s3.get_bucket_location(Bucket=name)["LocationConstraint"]
        )
        self._holds(BUCKET, name, "tags", wanted_tags, lambda: seen.bucket_tags(s3, name))
        self._holds(
            f"{BUCKET}_versioning",
            name,
            "versioning",
            "Enabled" if settings.versioned else None,
            lambda: s3.get_bucket_versioning(Bucket=name).get("Status"),
        )
        if settings.lock_days:
            self._holds(
                f"{BUCKET}_object_lock_configuration",
                name,
                "object lock",
                {"Mode": "COMPLIANCE", "Days": settings.lock_days},
                lambda: seen.default_retention(s3, name),
            )
        has_key = settings.data_class in environment.encryption.customer_key_for
        self._holds(
            f"{BUCKET}_server_side_encryption_configuration",
            name,
            "encryption",
            ("aws:kms", str(settings.data_class)) if has_key else ("AES256", None),
            lambda: seen.bucket_encryption(s3, name, region),
        )
        self._holds(
            f"{BUCKET}_public_access_block",
            name,
            "public access",
            ALL_BLOCKED,
            lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        )
        self._holds(
            f"{BUCKET}_policy",
            name,
            "plain HTTP is denied for all of it",
            True,
            lambda: _denies_plain_http(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]), name),
        )
        self._holds(
            f"{BUCKET}_lifecycle_configuration",
            name,
            "life cycle",
            _life_cycle(
                settings.lifecycle, settings.versioned, environment.storage.archive_prefix_glacier_after_days
            ),
            lambda: seen.life_cycle(s3, name),
        )

    def replication(self, zone: Zone) -> None:
        """Where a zone is copied to."""
        environment = self._environment
        name, copy = physical_name(environment, zone), physical_name(environment, zone, FAILOVER)
        s3 = self._seen.client("s3", environment.region)
        self._holds(
            f"{BUCKET}_replication_configuration",
            name,
            "copies go to",
            [f"arn:aws:s3:::{copy}"],
            lambda: [
                rule["Destination"]["Bucket"]
                for rule in s3.get_bucket_replication(Bucket=name)["ReplicationConfiguration"]["Rules"]
                if rule["Status"] == "Enabled"
            ],
        )

    def key(self, data_class: DataClass) -> None:
        """The customer key of a class of data."""
        environment, seen = self._environment, self._seen
        name = f"alias/{physical_name(environment, 'encryption', data_class)}"
        kms = seen.client("kms", environment.region)

        @cache
        def key_id() -> str:
            return str(kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"])

        wanted = tags(environment, data_classification=data_class)
        self._holds(ALIAS, name, "tags of its key", wanted, lambda: seen.key_tags(kms, key_id()))
        self._holds(
            ALIAS,
            name,
            "rotation of its key",
            True,
            lambda: kms.get_key_rotation_status(KeyId=key_id())["KeyRotationEnabled"],
        )
        self._holds(
            ALIAS,
            name,
            "statements that let everybody use its key",
            [],
            lambda: _open_to_all(
                json.loads(kms.get_key_policy(KeyId=key_id(), PolicyName="default")["Policy"])
            ),
        )

    def secret(self, entry: str) -> None:
        """An entry of Secrets Manager."""
        environment, seen = self._environment, self._seen
        name = physical_name(environment, entry)
        secrets = seen.client("secretsmanager", environment.region)
        wanted = tags(environment, data_classification=DataClass.RESTRICTED)
        self._holds(
            SECRET, name, "tags", wanted, lambda: seen.tags(secrets.describe_secret(SecretId=name)["Tags"])
        )
        self._holds(
            SECRET,
            name,
            "class of data that its key is for",
            str(DataClass.RESTRICTED),
            lambda: seen.class_of_key(secrets.describe_secret(SecretId=name)["KmsKeyId"], environment.region),
        )
        self._holds(
            SECRET,
            name,
            "statements that let everybody read it",
            [],
            lambda: _open_to_all(json.loads(secrets.get_resource_policy(SecretId=name)["ResourcePolicy"])),
        )

    def network(self) -> None:
        """The network's ranges, and that nothing comes in from anywhere."""
        environment = self._environment
        name = physical_name(environment, "network", "vpc")
        ec2 = self._seen.client("ec2", environment.region)

        @cache
        def network() -> dict[str, Any]:
            found = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
            return dict(found[0]) if found else {"VpcId": "none", "CidrBlock": None}

        def inside() -> list[dict[str, str]]:
            return [{"Name": "vpc-id", "Values": [network()["VpcId"]]}]  # type: ignore[dict-item]

        ranges = environment.network
        self._holds(VPC, name, "range", str(ranges.cidr), lambda: network()["CidrBlock"])
        self._holds(
            VPC,
            name,
            "private subnets",
            sorted(
                str(block)
                for tier in SubnetTier
                if tier is not SubnetTier.PUBLIC
                for block in ranges.zone_ranges(tier)
            ),
            lambda: self._seen.private_subnets(ec2, inside(), ranges.tier_range(SubnetTier.PUBLIC)),
        )
        self._holds(
            VPC,
            name,
            "rules of security groups that let the internet in",
            [],
            lambda: self._seen.open_rules(ec2, inside()),
        )


def _life_cycle(lifecycle: Lifecycle, versioned: bool, archive_after: int | None) -> dict[str, Any]:
    """By prefix: what happens after how many days."""
    steps = {
        "STANDARD_IA": lifecycle.infrequent_access_after_days,
        "GLACIER": lifecycle.glacier_after_days,
        "DEEP_ARCHIVE": lifecycle.deep_archive_after_days,
        "expires": lifecycle.expire_after_days,
        "old versions expire": lifecycle.noncurrent_expire_after_days if versioned else None,
        "unfinished uploads end": lifecycle.abort_incomplete_upload_after_days,
    }
    whole = {"": {step: days for step, days in steps.items() if days is not None}}
    return whole if archive_after is None else {**whole, "archive/": {"GLACIER": archive_after}}


def _statements(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = policy.get("Statement", [])
    yield from given if isinstance(given, list) else [given]


def _denies_plain_http(policy: dict[str, Any], bucket: str) -> bool:
    everything = {f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"}
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and "s3:*" in _listed(statement.get("Action"))
        and everything <= set(_listed(statement.get("Resource")))
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in _statements(policy)
    )


def _open_to_all(policy: dict[str, Any]) -> list[str]:
    return [
        str(statement.get("Sid"))
        for statement in _statements(policy)
        if statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and not statement.get("Condition")
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
