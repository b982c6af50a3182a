"""Where moto (looked at in 5.2.5) answers what AWS would not, and a resource could not be rehearsed for it.

Only what stops a whole resource is corrected, and only towards what AWS documents. A test says of each
correction whether moto still needs it.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

LOG_DELIVERY = "logging.s3.amazonaws.com"


def apply() -> None:
    """Corrects the moto of this process."""
    from moto.backup.responses import BackupResponse
    from moto.core.config import default_user_config
    from moto.s3.models import FakeBucket

    # A function's code is never run: there is no Docker to run it in.
    default_user_config["lambda"]["use_docker"] = False
    setattr(FakeBucket, "_log_permissions_enabled_policy", staticmethod(may_write_logs))  # noqa: B010
    setattr(FakeBucket, "get_permission", permission)  # noqa: B010
    setattr(BackupResponse, "list_tags", backup_tags)  # noqa: B010
    _replicas_are_what_was_asked_for()
    _budgets_tell_their_tags_and_subscribers()


def _replicas_are_what_was_asked_for() -> None:
    """A replica has a description, a policy, tags and aliases of its own, and says that it is one.

    moto's has those of the first key, which then says that it is a replica, and has no tags, for which the
    provider waits ten minutes.
    """
    from moto.kms.models import kms_backends
    from moto.kms.responses import KmsResponse

    first = KmsResponse.replicate_key

    def replicate_key(self: Any) -> str:
        answer: str = first(self)
        region = self._get_param("ReplicaRegion")
        backend = kms_backends[self.current_account][region]
        key = backend.keys[json.loads(answer)["ReplicaKeyMetadata"]["KeyId"]]
        key.aliases = {}
        key.multi_region_configuration = {**key.multi_region_configuration, "MultiRegionKeyType": "REPLICA"}
        key.description = self._get_param("Description") or ""
        key.policy = self._get_param("Policy") or key.generate_default_policy()
        backend.tagger.tag_resource(key.id, self._get_param("Tags") or [])
        return answer

    setattr(KmsResponse, "replicate_key", replicate_key)  # noqa: B010


def _budgets_tell_their_tags_and_subscribers() -> None:
    """moto keeps both, or is given them, and cannot be asked for either."""
    from moto.budgets.responses import BudgetsResponse

    first = BudgetsResponse.create_budget

    def create_budget(self: Any) -> str:
        answer: str = first(self)
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("Budget")["BudgetName"]]
        budget.tags = self._get_param("ResourceTags") or []
        return answer

    def list_tags_for_resource(self: Any) -> str:
        account, _, name = self._get_param("ResourceARN").split("::")[1].partition(":budget/")
        return json.dumps({"ResourceTags": self.backend.budgets[account][name].tags})

    def describe_subscribers_for_notification(self: Any) -> str:
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
        wanted = self._get_param("Notification")
        # Whether it has been reached is the service's to say.
        told = [
            subscriber
            for one in budget.notifications
            if {**one.details, "NotificationState": None} == {**wanted, "NotificationState": None}
            for subscriber in one.subscribers
        ]
        return json.dumps({"Subscribers": told})

    for operation in (create_budget, list_tags_for_resource, describe_subscribers_for_notification):
        setattr(BudgetsResponse, operation.__name__, operation)


def backup_tags(response: Any) -> str:
    """The tags of a vault or plan. moto's own takes the ARN for the last part but one of the path, which holds
    for boto3, which ends it with a slash, and for no other client."""
    resource = unquote(response.path.rstrip("/").split("/")[-1])
    return json.dumps({"Tags": response.backup_backend.list_tags(resource_arn=resource)})


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


def permission(bucket: Any, action: str, resource: str) -> Any:
    """What a bucket's policy says of an action, without the statements that a condition narrows.

    moto holds none of a request's facts against a condition, and so a refusal of plain HTTP refuses everything.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult

    policy = json.loads(bucket.policy.decode()) if bucket.policy else {}
    unconditional = [item for item in _listed(policy.get("Statement")) if not item.get("Condition")]
    if not unconditional:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps({**policy, "Statement": unconditional})).is_action_permitted(action, resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
