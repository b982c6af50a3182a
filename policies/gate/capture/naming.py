"""The physical name of a resource, where one of its inputs says it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policies.gate.values import Value

_WORDS = re.compile(r"[A-Z][a-z0-9]*")
# Where a type names itself by an input that no rule finds.
_NAMED_BY = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketV2:BucketV2": "bucket",
    "aws:rds/instance:Instance": "identifier",
    "aws:rds/cluster:Cluster": "clusterIdentifier",
    "aws:rds/clusterInstance:ClusterInstance": "identifier",
    "aws:redshift/cluster:Cluster": "clusterIdentifier",
    "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
    "aws:elasticache/cluster:Cluster": "clusterId",
    "gcp:bigquery/dataset:Dataset": "datasetId",
    "gcp:bigquery/table:Table": "tableId",
    "gcp:secretmanager/secret:Secret": "secretId",
    "gcp:serviceaccount/account:Account": "accountId",
}


def physical_name(type_: str, inputs: Mapping[str, Value]) -> Value:
    """The input that names a resource: `name`, or `<type>Name`, or `<last words of the type>Name`."""
    if type_ in _NAMED_BY:
        return inputs.get(_NAMED_BY[type_])
    if "name" in inputs:
        return inputs["name"]
    words = _WORDS.findall(type_.rsplit(":", 1)[-1])
    for start in range(len(words)):
        tail = "".join(words[start:])
        found = inputs.get(f"{tail[0].lower()}{tail[1:]}Name")
        if found is not None:
            return found
    return None
