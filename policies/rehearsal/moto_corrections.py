"""Where moto (looked at in 5.2.5) answers what AWS would not, and a resource could not be rehearsed for it.

Only what stops a whole resource is corrected, and only towards what AWS documents. A test says of each
correction whether moto still needs it.
"""

from __future__ import annotations

import json
from typing import Any

LOG_DELIVERY = "logging.s3.amazonaws.com"


def apply() -> None:
    """Corrects the moto of this process."""
    from moto.s3.models import FakeBucket

    setattr(FakeBucket, "_log_permissions_enabled_policy", staticmethod(may_write_logs))  # noqa: B010


def may_write_logs(target_bucket: Any, target_prefix: str | None) -> bool:
    """Whether a bucket's policy lets S3 write access logs under a prefix.

    moto's own fails (500) on a statement whose principal is `*`, and knows no lists of resources.
    """
    policy = json.loads(target_bucket.policy.decode()) if target_bucket.policy else {}
    bucket = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}"
    allowed = {bucket, f"{bucket}/*", f"{bucket}/{target_prefix or ''}*"}
    for statement in _listed(policy.get("Statement")):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
        if (
            statement.get("Effect") == "Allow"
            and LOG_DELIVERY in services
            and "s3:PutObject" in _listed(statement.get("Action"))
            and allowed.intersection(_listed(statement.get("Resource")))
        ):
            return True
    return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
