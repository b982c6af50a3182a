"""A bucket of raw data keeps what is written to it, whoever asks to delete it."""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

ADDRESS = "__address__"


class S3LockDefaultRetention(BaseResourceCheck):
    """Object lock alone locks nothing: it takes a default retention, and a mode that nobody can lift."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure S3 buckets with object lock, and raw ones, retain objects in compliance mode",
            id="CKV_SLUICE_AWS_3",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["aws_s3_bucket"],
        )
        self._graph: Any = None
        self._modes: dict[str, Any] = {}

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        self.evaluated_keys = ["object_lock_enabled"]
        locked = (conf.get("object_lock_enabled") or [False])[0]
        if locked is not True and not _raw(conf):
            return CheckResult.UNKNOWN
        mode = self._mode_of(str(conf.get(ADDRESS)))
        return CheckResult.PASSED if locked is True and mode == "COMPLIANCE" else CheckResult.FAILED

    def _mode_of(self, address: str) -> Any:
        """The default retention's mode in the lock configuration that refers to a bucket."""
        if self.graph is not None and self._graph is not self.graph:
            self._graph, self._modes = self.graph, {}
            nodes = self.graph.nodes()
            for origin, target in self.graph.edge_list():
                source, bucket = nodes[origin][1], nodes[target][1]
                if source.get("resource_type") == "aws_s3_bucket_object_lock_configuration":
                    self._modes[str(bucket.get(ADDRESS))] = source.get("rule.default_retention.mode")
        return self._modes.get(address)


def _raw(conf: dict[str, list[Any]]) -> bool:
    tags = (conf.get("tags") or [{}])[0]
    zone = tags.get("zone") if isinstance(tags, dict) else None
    name = (conf.get("bucket") or [""])[0]
    return zone == "raw" or (isinstance(name, str) and re.search(r"(^|-)raw($|-)", name) is not None)


check = S3LockDefaultRetention()
