"""What CI may do, and the most that it may ever do: two sets of statements over the table of services."""

from __future__ import annotations

from fnmatch import fnmatchcase

from environments.model import Environment
from environments.naming import role_boundary, uncut_name
from environments.vocabulary import Tag
from stacks.bootstrap.documents import Statement, allow, deny
from stacks.bootstrap.keys import USE, Keys
from stacks.bootstrap.names import PULUMI_PREFIX, Names
from stacks.bootstrap.services import platform

READ_STATE = ("s3:GetObject", "s3:GetObjectVersion")
WRITE_STATE = ("s3:DeleteObject", "s3:PutObject")
# All of these look at the boundary of the role that they are about.
BOUNDED = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
# UpdateAssumeRolePolicy is not among them: who may take a role that exists is changed by people.
ON_ROLES = ("iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRole")
READ_ROLES = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")
# The services that the platform's roles are for.
PASSED_TO = (
    "airflow-env.amazonaws.com",
    "airflow.amazonaws.com",
    "backup.amazonaws.com",
    "emr-serverless.amazonaws.com",
    "events.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "redshift-serverless.amazonaws.com",
    "s3.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
# These make a role of their own in the account when they are first used.
LINKED = (
    "airflow.amazonaws.com",
    "backup.amazonaws.com",
    "ops.emr-serverless.amazonaws.com",
    "redshift.amazonaws.com",
)


class Rights:
    """The statements of one environment."""

    def __init__(self, environment: Environment, keys: Keys) -> None:
        self._environment = environment
        self._names = Names(environment)
        self._account = environment.account
        # The beginning of every physical name, as `naming.physical_name` makes them.
        self._own = uncut_name(environment, "").removesuffix("-")
        self._state_keys = [keys.here.output("arn"), keys.copy.output("arn")]

    def plan_state(self) -> list[Statement]:
        """Reads Pulumi's state. A preview takes no lock and writes nothing."""
        return [*self._state(READ_STATE), self._key("kms:Decrypt", "kms:DescribeKey")]

    def apply_state(self) -> list[Statement]:
        """Reads and writes Pulumi's state, its history and its locks."""
        return [*self._state((*READ_STATE, *WRITE_STATE)), self._key(*USE)]

    def plan_platform(self) -> list[Statement]:
        """Reads the settings of all that the platform is made of, and no data."""
        named = [
            allow(_sid(item.name), item.read, item.arns(self._own, self._account))
            for item in platform()
            if item.read
        ]
        return [*named, self._listed(), self._roles(READ_ROLES)]

    def apply_platform(self) -> list[Statement]:
        """Makes, changes and removes what the platform is made of; names decide, where AWS has names."""
        named = [
            allow(_sid(item.name), (*item.read, *item.write), item.arns(self._own, self._account))
            for item in platform()
        ]
        return [*named, *self._unnamed(), *self._apply_roles()]

    def most(self) -> list[Statement]:
        """CI's boundary: no other action than these, and in this account only."""
        actions = [action for item in platform() for action in (*item.read, *item.write)]
        # A policy has 6,144 characters: what another pattern says already is left out, and to which services
        # roles are passed, the role's own policy says.
        shortest = [
            one for one in actions if not any(one != two and fnmatchcase(one, two) for two in actions)
        ]
        roles = [self._names.role_arn(name) for name in (f"{self._own}-*", "aws-service-role/*")]
        return [
            allow("Platform", shortest, self._of_the_account()),
            *self._unnamed(),
            allow("Roles", (*READ_ROLES, *ON_ROLES, "iam:CreateServiceLinkedRole", "iam:PassRole"), roles),
            self._bounded(),
            *self.apply_state(),
        ]

    def never(self) -> list[Statement]:
        """What no other policy can give it: other regions, and whatever holds CI itself."""
        buckets = [f"arn:aws:s3:::{name}" for name in (self._names.state_bucket, self._names.state_copy)]
        held = [f"role/{self._own}-ci-*", f"role/{self._own}-state-*", f"policy/{self._own}-ci-*"]
        held = [f"arn:aws:iam::{self._account}:{end}" for end in (*held, "oidc-provider/*")]
        elsewhere = {"StringNotEquals": {"aws:RequestedRegion": list(self._environment.allowed_regions)}}
        return [
            deny("NotItself", ["iam:*"], held),
            deny(
                "NotItsState",
                [
                    "s3:*Acl",
                    "s3:*Retention",
                    "s3:Delete*Policy",
                    "s3:DeleteBucket",
                    "s3:DeleteObjectVersion",
                    "s3:Put*Configuration",
                    "s3:PutBucket*",
                ],
                [*buckets, *(f"{bucket}/*" for bucket in buckets)],
            ),
            deny(
                "NotItsKey",
                [
                    "kms:CreateGrant",
                    "kms:DeleteAlias",
                    "kms:Disable*",
                    "kms:PutKeyPolicy",
                    "kms:ReplicateKey",
                    "kms:ScheduleKeyDeletion",
                    "kms:UpdateAlias",
                ],
                [*self._state_keys, f"arn:aws:kms:*:{self._account}:{self._names.key_alias}"],
            ),
            deny(
                "NotItsAlarm",
                ["sns:*"],
                [f"arn:aws:sns:*:{self._account}:{self._names.topic}"],
            ),
            # IAM answers from one region for all.
            {
                "Sid": "NotElsewhere",
                "Effect": "Deny",
                "NotAction": ["iam:*", "sts:*"],
                "Resource": "*",
                "Condition": elsewhere,
            },
        ]

    def _of_the_account(self) -> list[str]:
        """Whatever has a kind and a name; what has only a name must be the environment's own."""
        anywhere = f"arn:aws:*:*:{self._account}:"
        return [
            f"arn:aws:s3:::{self._own}-*",
            f"{anywhere}{self._own}-*",
            f"{anywhere}*/*",
            f"{anywhere}*:*",
            f"arn:aws:glue:*:{self._account}:catalog",
        ]

    def _state(self, actions: tuple[str, ...]) -> list[Statement]:
        bucket = f"arn:aws:s3:::{self._names.state_bucket}"
        return [
            # Without a condition on the prefix: with one, S3 says "forbidden" of what is merely not there.
            allow("StateBucket", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket]),
            allow("State", actions, [f"{bucket}/{PULUMI_PREFIX}/*"]),
        ]

    def _key(self, *actions: str) -> Statement:
        return allow("StateKey", actions, self._state_keys[:1])

    def _listed(self) -> Statement:
        return allow("Lists", [action for item in platform() for action in item.listed], ["*"])

    def _unnamed(self) -> list[Statement]:
        """What AWS knows for `*` only."""
        made = [action for item in platform() for action in item.make]
        free = [action for item in platform() for action in item.free]
        ours = {"StringEquals": {f"aws:RequestTag/{Tag.ENVIRONMENT}": self._environment.name}}
        return [self._listed(), allow("New", made, ["*"], ours), allow("Free", free, ["*"])]

    def _roles(self, actions: tuple[str, ...]) -> Statement:
        return allow("Roles", actions, [self._names.role_arn(f"{self._own}-*")])

    def _bounded(self) -> Statement:
        boundary = {"StringEquals": {"iam:PermissionsBoundary": role_boundary(self._environment)}}
        return allow("RolesWithinBoundary", BOUNDED, [self._names.role_arn(f"{self._own}-*")], boundary)

    def _apply_roles(self) -> list[Statement]:
        own = [self._names.role_arn(f"{self._own}-*")]
        linked = {"StringEquals": {"iam:AWSServiceName": list(LINKED)}}
        passed = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
        return [
            self._roles((*READ_ROLES, *ON_ROLES)),
            self._bounded(),
            allow("PassRoles", ["iam:PassRole"], own, passed),
            allow(
                "LinkedRoles",
                ["iam:CreateServiceLinkedRole"],
                [self._names.role_arn("aws-service-role/*")],
                linked,
            ),
        ]


def _sid(service: str) -> str:
    return "".join(word.capitalize() for word in service.split("-"))
