"""boto3 clients, one of each per process, kept while the function stays warm."""

from __future__ import annotations

from functools import cache
from typing import Any

# Here, not at the first event: while a function is being started it has a whole CPU, whatever its memory.
import boto3
from botocore.config import Config


@cache
def client(service: str) -> Any:
    """The client of an AWS service; endpoint, region and credentials come from the environment."""
    # Short tries: what does not answer is delivered again, which costs less than waiting for it.
    config = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
    make: Any = boto3.client
    return make(service, config=config)
