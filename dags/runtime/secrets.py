"""Reads credentials from the secrets service at the moment of use; they are never stored or logged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import ClientError

from dags.runtime.manifest import PlatformManifest, services_api
from dags.runtime.problems import Unrecoverable


@dataclass(frozen=True)
class ClientCredentials:
    """What an OAuth2 client shows to the token endpoint; the secret is left out of `repr`."""

    client_id: str
    client_secret: str = field(repr=False)


def client_credentials(manifest: PlatformManifest, source: str) -> ClientCredentials:
    """The credentials of a source, by its name in the platform manifest."""
    name = manifest.sources[source].secret
    services_api(manifest)
    try:
        answer = boto3.client("secretsmanager", region_name=manifest.region).get_secret_value(SecretId=name)
    except ClientError as error:
        raise Unrecoverable(
            f"cannot read the credentials of source {source!r}: {error.response['Error']['Code']}",
            where=f"secret {name}",
            remedy="apply the platform's stack again: `./sluice up`",
        ) from None
    try:
        document = json.loads(answer["SecretString"])
        return ClientCredentials(document["client_id"], document["client_secret"])
    except (ValueError, KeyError, TypeError):
        # The value itself must not appear in a message.
        raise Unrecoverable(
            "the secret is not a JSON object with client_id and client_secret",
            where=f"secret {name}",
            remedy="write it again, or apply the platform's stack",
        ) from None
