"""Workload identities on GCP: a service account without keys, granted on single buckets and secrets."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, Output, ResourceOptions

from environments.naming import physical_name
from modules.identity.spec import EVERYTHING, Access, Grants, IdentityOutputs, IdentitySpec, Right

# The longest that IAM takes for the part before the @.
ACCOUNT_ID_LIMIT = 30

ROLES: Mapping[Right, tuple[str, ...]] = {
    Right.READ: ("objectViewer",),
    # A creator cannot overwrite, which in GCS is a deletion.
    Right.ADD: ("objectViewer", "objectCreator"),
    Right.REPLACE: ("objectUser",),
}
READ_SECRET = "roles/secretmanager.secretAccessor"


class GcpIdentity(pulumi.ComponentResource):
    """The service account of one workload; `grant` gives it what it may touch, once that is there."""

    outputs: IdentityOutputs

    def __init__(self, name: str, spec: IdentitySpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:identity:GcpIdentity", name, None, opts)
        self._spec = spec
        environment = spec.environment
        self._account = gcp.serviceaccount.Account(
            f"{spec.workload.name}-account",
            account_id=physical_name(environment, "identity", spec.workload.name, limit=ACCOUNT_ID_LIMIT),
            display_name=f"{spec.workload.name} of {environment.name}",
            project=environment.account,
            opts=ResourceOptions(parent=self),
        )
        self.outputs = IdentityOutputs(principal=self._account.member, name=self._account.email)
        self.register_outputs({})

    def grant(self, grants: Grants) -> None:
        """Gives the account all that it may do; keys are not for it, see `modules/encryption/gcp.py`."""
        workload, inside = self._spec.workload.name, ResourceOptions(parent=self)
        for access in self._spec.workload.access:
            bucket = grants.zones[access.zone]
            for role in ROLES[access.right]:
                gcp.storage.BucketIAMMember(
                    f"{workload}-{access.zone}-{role}",
                    bucket=bucket,
                    role=f"roles/storage.{role}",
                    member=self._account.member,
                    condition=_condition(access, bucket),
                    opts=inside,
                )
        for entry, secret in grants.secrets.items():
            gcp.secretmanager.SecretIamMember(
                f"{workload}-{entry}",
                project=self._spec.environment.account,
                secret_id=secret,
                role=READ_SECRET,
                member=self._account.member,
                opts=inside,
            )


def _condition(access: Access, bucket: Input[str]) -> gcp.storage.BucketIAMMemberConditionArgsDict | None:
    if access.objects == EVERYTHING:
        return None
    # What is no object is the bucket itself, which may be listed.
    tests: list[Input[str]] = ['resource.type != "storage.googleapis.com/Object"']
    for pattern in access.objects:
        path = Output.concat('"projects/_/buckets/', bucket, "/objects/", pattern.removesuffix("*"), '"')
        if pattern.endswith("*"):
            tests.append(Output.concat("resource.name.startsWith(", path, ")"))
        else:
            tests.append(Output.concat("resource.name == ", path))
    return {
        "title": f"{access.zone}-only",
        "description": "Only the objects that the workload needs",
        "expression": Output.all(*tests).apply(" || ".join),
    }
