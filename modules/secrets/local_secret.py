"""Entries of the secrets service. A value is made here, at the moment it is stored, and in no program."""

from __future__ import annotations

import json
import secrets

from modules.local_clients import as_dict, as_list, client, code, surplus
from modules.local_provider import LocalProvider, Props, differs
from modules.secrets.spec import Shape

_FIELDS = {
    Shape.CLIENT_CREDENTIALS: ("client_id", "client_secret"),
    Shape.PASSWORD: ("password",),
}
_RECOVERY_DAYS = 7


class SecretProvider(LocalProvider):
    """A secret. Inputs: name, description, shape, key, tags, destroy_data. Outputs: arn, value."""

    def find(self, name: str, known: Props) -> Props | None:
        """A value that is not of its shape is drift; a rotated one is not."""
        from botocore.exceptions import ClientError

        service = client("secretsmanager")
        try:
            entry = service.describe_secret(SecretId=name)
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        if "DeletedDate" in entry:
            return None
        value = _value(name)
        return {
            "name": name,
            "description": entry.get("Description", ""),
            "shape": known["shape"] if _fits(value, known["shape"]) else "",
            "key": entry.get("KmsKeyId", ""),
            "tags": as_dict(entry.get("Tags", [])),
            "arn": entry["ARN"],
            "value": value,
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Takes one back that is waiting for its end; keeps a value that is good."""
        service, name = client("secretsmanager"), wanted["name"]
        if found is None:
            _create_or_restore(wanted)
            found = self.find(name, wanted)
        assert found is not None
        if differs(wanted, found, "shape"):
            service.put_secret_value(SecretId=name, SecretString=_generate(wanted["shape"]))
        if differs(wanted, found, "description", "key"):
            service.update_secret(SecretId=name, Description=wanted["description"], KmsKeyId=wanted["key"])
        if differs(wanted, found, "tags"):
            if names := surplus(wanted["tags"], found["tags"]):
                service.untag_resource(SecretId=name, TagKeys=names)
            service.tag_resource(SecretId=name, Tags=as_list(wanted["tags"]))

    def remove(self, name: str, known: Props) -> None:
        """Leaves a week to take it back, unless the switch says that data may go."""
        how = (
            {"ForceDeleteWithoutRecovery": True}
            if known.get("destroy_data")
            else {"RecoveryWindowInDays": _RECOVERY_DAYS}
        )
        client("secretsmanager").delete_secret(SecretId=name, **how)


def _create_or_restore(wanted: Props) -> None:
    from botocore.exceptions import ClientError

    service = client("secretsmanager")
    try:
        service.create_secret(
            Name=wanted["name"],
            Description=wanted["description"],
            KmsKeyId=wanted["key"],
            SecretString=_generate(wanted["shape"]),
            Tags=as_list(wanted["tags"]),
        )
    except ClientError as error:
        if code(error) not in ("ResourceExistsException", "InvalidRequestException"):
            raise
        service.restore_secret(SecretId=wanted["name"])


def _value(name: str) -> str:
    from botocore.exceptions import ClientError

    try:
        return str(client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", ""))
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return ""
        raise


def _generate(shape: str) -> str:
    fields = _FIELDS[Shape(shape)]
    # A client's id is looked at by people in the source's records: short, and not like a secret.
    return json.dumps(
        {
            field: secrets.token_hex(8) if field == "client_id" else secrets.token_urlsafe(32)
            for field in fields
        }
    )


def _fits(value: str, shape: str) -> bool:
    try:
        document = json.loads(value)
    except ValueError:
        return False
    return isinstance(document, dict) and all(document.get(field) for field in _FIELDS[Shape(shape)])
