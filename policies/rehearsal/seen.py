"""The mock as boto3 sees it, in plain values that an assertion can compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from ipaddress import IPv4Network
from typing import Any

from policies.rehearsal.mock import ACCESS_KEY, SECRET_KEY

ANYWHERE = ("0.0.0.0/0", "::/0")


class Seen:
    """Asks the mock at an address; nothing of the user's configuration or credentials is read."""

    def __init__(self, url: str) -> None:
        import botocore.session

        # Neither the environment nor a file of the user's is looked at.
        self._session = botocore.session.Session(
            session_vars={
                name: (None, None, None, None) for name in ("profile", "config_file", "credentials_file")
            }
        )
        self._url = url
        self.client = cache(self._client)

    def _client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, proxies={}),
        )

    @staticmethod
    def answer(ask: Callable[[], Any]) -> Any:
        """What the mock says; for what is not there, the name of the error."""
        from botocore.exceptions import ClientError

        try:
            return ask()
        except ClientError as error:
            return str(error.response.get("Error", {}).get("Code", "an error without a code"))

    @staticmethod
    def tags(given: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
        """Tags as a mapping."""
        return {tag[key]: tag[value] for tag in given}

    def bucket_tags(self, s3: Any, name: str) -> dict[str, str]:
        """The tags of a bucket."""
        return self.tags(s3.get_bucket_tagging(Bucket=name)["TagSet"])

    def key_tags(self, kms: Any, key: str) -> dict[str, str]:
        """The tags of a key."""
        return self.tags(kms.list_resource_tags(KeyId=key)["Tags"], "TagKey", "TagValue")

    def class_of_key(self, key: str, region: str) -> str | None:
        """The class of data that a key is tagged with."""
        return self.key_tags(self.client("kms", region), key).get("data-classification")

    @staticmethod
    def default_retention(s3: Any, name: str) -> dict[str, Any]:
        """A bucket's object lock."""
        found = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        retention = found["Rule"]["DefaultRetention"]
        return {"Mode": retention["Mode"], "Days": retention["Days"]}

    def bucket_encryption(self, s3: Any, name: str, region: str) -> tuple[str, str | None]:
        """A bucket's algorithm, and the class of data that its key is for."""
        rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        default = rules[0]["ApplyServerSideEncryptionByDefault"]
        key = default.get("KMSMasterKeyID")
        return default["SSEAlgorithm"], self.class_of_key(key, region) if key else None

    @staticmethod
    def life_cycle(s3: Any, name: str) -> dict[str, Any]:
        """By prefix: what happens after how many days."""
        found: dict[str, Any] = {}
        for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]:
            if rule["Status"] != "Enabled":
                continue
            steps = {move["StorageClass"]: move["Days"] for move in rule.get("Transitions", ())}
            for step, part, days in (
                ("expires", "Expiration", "Days"),
                ("old versions expire", "NoncurrentVersionExpiration", "NoncurrentDays"),
                ("unfinished uploads end", "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
            ):
                if days in rule.get(part, {}):
                    steps[step] = rule[part][days]
            found[rule.get("Filter", {}).get("Prefix", "")] = steps
        return found

    @staticmethod
    def private_subnets(ec2: Any, inside: list[dict[str, Any]], public: IPv4Network) -> list[str]:
        """The ranges of the subnets outside of the public tier that give no public addresses."""
        return sorted(
            subnet["CidrBlock"]
            for subnet in ec2.describe_subnets(Filters=inside)["Subnets"]
            if not IPv4Network(subnet["CidrBlock"]).subnet_of(public) and not subnet["MapPublicIpOnLaunch"]
        )

    @staticmethod
    def open_rules(ec2: Any, inside: list[dict[str, Any]]) -> list[str]:
        """The names of security groups that let in from anywhere."""
        return sorted(
            group["GroupName"]
            for group in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
            for rule in group["IpPermissions"]
            for source in [*rule.get("IpRanges", ()), *rule.get("Ipv6Ranges", ())]
            if (source.get("CidrIp") or source.get("CidrIpv6")) in ANYWHERE
        )
