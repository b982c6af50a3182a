"""boto3 clients for the local providers: one of each per process, made by the default chain.

boto3 is imported at first use: the Pulumi program itself never needs it.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_MAKING = threading.Lock()


def client(service: str) -> Any:
    """The client of an AWS service; endpoint, region and credentials come from the environment."""
    # Clients may be shared by threads, but not made by several at once.
    with _MAKING:
        return _client(service)


@cache
def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    # All services are on this machine: one that does not answer at once does not run.
    config = Config(connect_timeout=3, read_timeout=60, retries={"total_max_attempts": 2})
    # The stubs know each service by a literal, of which this is none.
    make: Any = boto3.client
    return make(service, config=config)


def code(error: ClientError) -> str:
    """The service's name for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def as_list(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags in the form that most services take."""
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def as_dict(tags: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Tags from the form that most services give."""
    return {tag[key]: tag[value] for tag in tags}


def surplus(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    """Names of tags that should not be there."""
    return sorted(set(found) - set(wanted))
