"""What CI may do, and the most that it may ever do: two sets of statements over the table of services."""

from __future__ import annotations

from environments.model import Environment
from environments.naming import role_boundary, uncut_name
from environments.vocabulary import Tag
from stacks.bootstrap.documents import Statement, allow, deny
from stacks.bootstrap.keys import USE, Keys
from stacks.bootstrap.names import PULUMI_PREFIX, Names
from stacks.bootstrap.services import Service, platform

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
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
# These make a role of their own in the account when they are first used.
LINKED = (
    "airflow.amazonaws.com",
    "backup.amazonaws.com",
    "ops.emr-serverless.amazonaws.com",
    "redshift.amazonaws.com",
    "reports.backup.amazonaws.com",
)
ON_LINKED = (
    "iam:DeleteServiceLinkedRole",
    "iam:GetServiceLinkedRoleDeletionStatus",
    "iam:UpdateRoleDescription",
    *READ_ROLES,
    *ON_ROLES,
)
# These encrypt what they are set up with under CI's own identity, with the platform's keys.
SET_UP = ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
SET_UP_SERVICES = ("lambda", "scheduler")
# The platform's roles that trust CI: one compares releases, the other ships them.
FOR_PLAN = ("ci",)
FOR_APPLY = ("ci", "deployer")

# Settings of the bucket, and whatever would let a version of the state go or be read by others.
NEVER_ON_STATE = (
    "s3:*Acl",
    "s3:*Retention",
    "s3:Delete*Policy",
    "s3:DeleteBucket",
    "s3:DeleteObjectVersion",
    "s3:Put*Configuration",
    "s3:PutBucket*",
)
NEVER_ON_KEY = (
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:Disable*",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "kms:ScheduleKeyDeletion",
    "kms:UpdateAlias",
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

    def plan(self) -> list[Statement]:
        """Reads Pulumi's state, and the settings of all that the platform is made of: no data, and no write.

        A preview takes no lock.
        """
        named = [self._on(item.read, item) for item in platform() if item.read]
        return [
            *self._state(READ_STATE),
            self._key("kms:Decrypt", "kms:DescribeKey"),
            *named,
            self._listed(),
            self._roles(READ_ROLES),
            self._identities(FOR_PLAN),
        ]

    def apply(self) -> list[Statement]:
        """Writes Pulumi's state, and makes, changes and removes what the platform is made of.

        Names decide, where AWS has names.
        """
        return [
            *self._state((*READ_STATE, *WRITE_STATE)),
            self._key(*USE),
            *(self._on((*item.read, *item.write), item) for item in platform()),
            *self._unnamed(),
            *self._apply_roles(),
            self._set_up(),
            self._identities(FOR_APPLY),
        ]

    def most(self) -> list[Statement]:
        """CI's boundary: these services and no other, in this account, and of IAM only roles within a boundary."""
        services = [f"{item.name}:*" for item in platform()]
        linked = self._names.role_arn("aws-service-role/*")
        return [
            allow("Platform", services, self._of_the_account()),
            *self._unnamed(),
            allow(
                "Roles", (*READ_ROLES, *ON_ROLES, "iam:PassRole"), [self._names.role_arn(f"{self._own}-*")]
            ),
            allow("LinkedRoles", ("iam:CreateServiceLinkedRole", *ON_LINKED), [linked]),
            self._bounded(),
            self._identities(("*",)),
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
                NEVER_ON_STATE,
                [*buckets, *(f"{bucket}/*" for bucket in buckets)],
            ),
            deny(
                "NotItsKey",
                NEVER_ON_KEY,
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

    def _on(self, actions: tuple[str, ...], service: Service) -> Statement:
        sid = "".join(word.capitalize() for word in service.name.split("-"))
        return allow(sid, actions, service.arns(self._own, self._account))

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

    def _identities(self, workloads: tuple[str, ...]) -> Statement:
        """Takes roles of the platform, which name who may."""
        roles = [self._names.role_arn(f"{self._own}-identity-{workload}") for workload in workloads]
        return allow("Identities", ["sts:AssumeRole"], roles)

    def _set_up(self) -> Statement:
        regions = dict.fromkeys((self._environment.region, self._environment.failover_region))
        services = [f"{service}.{region}.amazonaws.com" for region in regions for service in SET_UP_SERVICES]
        through = {"StringEquals": {"kms:ViaService": services}}
        return allow("SetUp", SET_UP, [f"arn:aws:kms:*:{self._account}:key/*"], through)

    def _apply_roles(self) -> list[Statement]:
        own = [self._names.role_arn(f"{self._own}-*")]
        linked = [self._names.role_arn(f"aws-service-role/{service}/*") for service in LINKED]
        passed = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
        return [
            self._roles((*READ_ROLES, *ON_ROLES)),
            self._bounded(),
            allow("PassRoles", ["iam:PassRole"], own, passed),
            allow("LinkedRoles", ("iam:CreateServiceLinkedRole", *ON_LINKED), linked),
        ]
