"""The one client that the sandbox knows: its id and secret, read from Secrets Manager."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CACHE_SECONDS = 5.0


class ClientSecretUnavailable(Exception):
    """The secret cannot be had; the message says why and never quotes it."""


@dataclass(frozen=True)
class OAuthClient:
    """What a client must present."""

    client_id: str
    client_secret: str = field(repr=False)


class ClientSecret:
    """Reads the secret when a token is asked for, and remembers it for a few seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._known: OAuthClient | None = None
        self._read_at = 0.0

    def read(self, *, fresh: bool = False) -> OAuthClient:
        """The client as the secrets service has it, at most a few seconds old; now, if `fresh`.

        Raises:
            ClientSecretUnavailable: there is no such secret, or it cannot be read.
        """
        with self._lock:
            if fresh or self._known is None or time.monotonic() - self._read_at > CACHE_SECONDS:
                self._known = None
                self._known = self._fetch()
                self._read_at = time.monotonic()
            return self._known

    def _fetch(self) -> OAuthClient:
        try:
            # A session of our own each time: endpoints and credentials follow the default chain as it is now.
            service = boto3.session.Session().client(
                "secretsmanager",
                config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}),
            )
            # By name of the stage: moto takes a version that a rotation is still making for the usual one.
            answer = service.get_secret_value(SecretId=self._name, VersionStage="AWSCURRENT")
            text = answer["SecretString"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an unnamed error")
            raise ClientSecretUnavailable(
                f"the secrets service answered {code} for secret {self._name!r}"
            ) from None
        except (BotoCoreError, ValueError) as error:
            raise ClientSecretUnavailable(
                f"the secrets service cannot be asked for secret {self._name!r} ({type(error).__name__})"
            ) from None
        except KeyError:
            raise ClientSecretUnavailable(f"secret {self._name!r} holds bytes, not text") from None
        try:
            fields = json.loads(text)
            return OAuthClient(str(fields["client_id"]), str(fields["client_secret"]))
        except (ValueError, KeyError, TypeError):
            raise ClientSecretUnavailable(
                f"secret {self._name!r} is not JSON with client_id and client_secret"
            ) from None
