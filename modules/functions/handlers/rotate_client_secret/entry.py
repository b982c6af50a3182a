"""One entry of the secrets service while it is rotated: its current version and the one to come."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import code
from modules.functions.runtime.problems import NotSetUp, Rejected

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"


class Entry:
    """The entry, and the version that the rotation with this token is to make current."""

    def __init__(self, secret: str, token: str) -> None:
        self._secret = secret
        self.token = token

    @property
    def name(self) -> str:
        """Its name, also where the event has its ARN."""
        return str(self._described["Name"])

    def is_rotated(self) -> bool:
        """Whether the version is current already.

        Raises:
            Rejected: it is not the version of a rotation that is under way.
        """
        stages = self._stages.get(self.token)
        if not self._described.get("RotationEnabled") or stages is None:
            raise Rejected("rotation: the entry is not rotated, or not to this version")
        if CURRENT in stages:
            return True
        if PENDING not in stages:
            raise Rejected("rotation: the version is neither current nor pending")
        return False

    def current(self) -> dict[str, str]:
        """The credentials in use.

        Raises:
            NotSetUp: there are none yet.
        """
        found = self._value(VersionStage=CURRENT)
        if found is None:
            raise NotSetUp(
                f"{self.name} has no value yet: put client_id and client_secret in, then rotate it"
            )
        return found

    def pending(self) -> dict[str, str] | None:
        """The credentials to come; None before they are kept."""
        return self._value(VersionStage=PENDING, VersionId=self.token)

    def keep(self, credentials: dict[str, str]) -> None:
        """Keeps the credentials to come."""
        client("secretsmanager").put_secret_value(
            SecretId=self._secret,
            ClientRequestToken=self.token,
            SecretString=json.dumps(credentials),
            VersionStages=[PENDING],
        )

    def promote(self) -> None:
        """Makes the pending version the current one; the service calls the other the previous one."""
        current = next((version for version, stages in self._stages.items() if CURRENT in stages), None)
        client("secretsmanager").update_secret_version_stage(
            SecretId=self._secret,
            VersionStage=CURRENT,
            MoveToVersionId=self.token,
            **({"RemoveFromVersionId": current} if current else {}),
        )

    @cached_property
    def _described(self) -> dict[str, Any]:
        return dict(client("secretsmanager").describe_secret(SecretId=self._secret))

    @property
    def _stages(self) -> dict[str, list[str]]:
        return dict(self._described.get("VersionIdsToStages", {}))

    def _value(self, **version: str) -> dict[str, str] | None:
        try:
            text = client("secretsmanager").get_secret_value(SecretId=self._secret, **version)["SecretString"]
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        try:
            found = json.loads(text)
            return {**found, "client_id": found["client_id"], "client_secret": found["client_secret"]}
        except (ValueError, KeyError, TypeError):
            # Without the cause: it may quote the value.
            raise NotSetUp(
                f"{self.name} is not a JSON object with client_id and client_secret: put it in again"
            ) from None
