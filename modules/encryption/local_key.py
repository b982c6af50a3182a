"""KMS keys. The alias is the identity: it stays while the key behind it may be made anew."""

from __future__ import annotations

from modules.local_clients import as_dict, as_list, client, code, surplus
from modules.local_provider import LocalProvider, Props, differs


class KeyProvider(LocalProvider):
    """A key.

    Inputs: name (the alias), description, rotated, deletion_window_days, tags. Outputs: key_id, alias_arn.
    """

    def find(self, name: str, known: Props) -> Props | None:
        """A key that is about to be deleted counts as gone."""
        from botocore.exceptions import ClientError

        kms = client("kms")
        try:
            key = kms.describe_key(KeyId=name)["KeyMetadata"]
        except ClientError as error:
            if code(error) == "NotFoundException":
                return None
            raise
        if key["KeyState"] == "PendingDeletion":
            return None
        tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        return {
            "name": name,
            "description": key["Description"],
            "rotated": kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"],
            "tags": as_dict(tags, "TagKey", "TagValue"),
            "key_id": key["KeyId"],
            "alias_arn": f"{key['Arn'].rsplit(':', 1)[0]}:{name}",
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """A new key gets its alias at once: without it nobody finds the key again."""
        kms = client("kms")
        tags = as_list(wanted["tags"], "TagKey", "TagValue")
        if found is None:
            key = kms.create_key(Description=wanted["description"], Tags=tags)["KeyMetadata"]["KeyId"]
            _point(wanted["name"], key)
            found = self.find(wanted["name"], wanted)
        assert found is not None
        key = found["key_id"]
        if differs(wanted, found, "rotated"):
            kms.enable_key_rotation(KeyId=key)
        if differs(wanted, found, "description"):
            kms.update_key_description(KeyId=key, Description=wanted["description"])
        if differs(wanted, found, "tags"):
            if names := surplus(wanted["tags"], found["tags"]):
                kms.untag_resource(KeyId=key, TagKeys=names)
            kms.tag_resource(KeyId=key, Tags=tags)

    def remove(self, name: str, known: Props) -> None:
        """The key waits for its end, so that data under it can still be saved."""
        kms = client("kms")
        key = kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"]
        kms.delete_alias(AliasName=name)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=known["deletion_window_days"])


def _point(alias: str, key: str) -> None:
    """Lets the alias name the key, whatever it named before."""
    from botocore.exceptions import ClientError

    kms = client("kms")
    try:
        kms.create_alias(AliasName=alias, TargetKeyId=key)
    except ClientError as error:
        if code(error) != "AlreadyExistsException":
            raise
        kms.update_alias(AliasName=alias, TargetKeyId=key)
