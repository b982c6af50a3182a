"""Workload identities on AWS: a role that one service takes, within the boundary, and one policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pulumi import Alias, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, role_boundary, tags
from environments.vocabulary import DataClass
from modules.identity.aws_rights import statements
from modules.identity.aws_trust import Trust, role_arn, role_name, trust_statement
from modules.identity.spec import Grants, IdentityOutputs, IdentitySpec, Workload, copy_keys_used, keys_used

# What was one identity, when every pipeline had the same.
FORMERLY = {"orchestrator": "pipelines"}


class AwsIdentity(pulumi.ComponentResource):
    """The role of one workload; `grant` gives it what it may touch, once that is there."""

    outputs: IdentityOutputs

    def __init__(
        self, name: str, spec: IdentitySpec, trust: Trust, opts: ResourceOptions | None = None
    ) -> None:
        aliases = [Alias(name="identity")] if spec.workload.name in FORMERLY else None
        super().__init__(
            "sluice:identity:AwsIdentity",
            name,
            None,
            ResourceOptions.merge(opts, ResourceOptions(aliases=aliases)),
        )
        self._spec = spec
        environment, workload = spec.environment, spec.workload
        document = {"Version": "2012-10-17", "Statement": [trust_statement(environment, trust)]}
        self._role = aws.iam.Role(
            f"{workload.name}-role",
            name=role_name(environment, workload.name),
            description=f"{workload.name} of {environment.name}: {workload.does}",
            assume_role_policy=Output.json_dumps(document),
            permissions_boundary=role_boundary(environment),
            max_session_duration=3600,
            tags=tags(environment),
            opts=self._inside("role"),
        )
        self.outputs = IdentityOutputs(principal=self._role.arn, name=self._role.name)
        self.register_outputs({})

    def grant(self, grants: Grants) -> None:
        """Gives the role all that it may do; what is no right on data, who makes the thing gives."""
        environment, workload = self._spec.environment, self._spec.workload
        allowed = statements(environment, workload, grants)
        if not allowed:
            return
        document = {"Version": "2012-10-17", "Statement": allowed}
        aws.iam.RolePolicy(
            f"{workload.name}-access",
            name=physical_name(environment, "identity", workload.name),
            role=self._role.name,
            policy=Output.json_dumps(document),
            opts=self._inside("access"),
        )

    def _inside(self, word: str) -> ResourceOptions:
        former = FORMERLY.get(self._spec.workload.name)
        return ResourceOptions(parent=self, aliases=[Alias(name=f"{former}-{word}")] if former else None)


def key_users(environment: Environment, workloads: Sequence[Workload]) -> Mapping[DataClass, list[str]]:
    """Roles by the class of data whose key they use, by ARN: keys are made before roles are granted anything."""
    return {
        data_class: [
            role_arn(environment, item.name)
            for item in workloads
            if data_class in keys_used(environment, item)
        ]
        for data_class in environment.encryption.customer_key_for
    }


def copy_key_users(environment: Environment, workloads: Sequence[Workload]) -> Mapping[DataClass, list[str]]:
    """The same, of the keys in the fail-over region."""
    return {
        data_class: [
            role_arn(environment, item.name)
            for item in workloads
            if data_class in copy_keys_used(environment, item)
        ]
        for data_class in environment.encryption.customer_key_for
    }
