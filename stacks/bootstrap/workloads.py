"""The most that any role may ever do that CI makes for the platform's workloads: their data, nobody's rights."""

from __future__ import annotations

from environments.model import Environment
from environments.naming import uncut_name
from stacks.bootstrap.documents import Statement, allow, deny
from stacks.bootstrap.keys import Keys
from stacks.bootstrap.names import Names

ON_OWN = (
    "airflow:PublishMetrics",
    "backup:CopyFromBackupVault",
    "backup:CopyIntoBackupVault",
    "ec2:*NetworkInterface*",
    "emr-serverless:*JobRun*",
    "emr-serverless:GetApplication",
    "events:PutEvents",
    "glue:*Partition*",
    "glue:*Table*",
    "glue:Get*",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
    "lambda:InvokeFunction",
    "logs:*Log*",
    "redshift-serverless:GetCredentials",
    "s3:*Configuration",
    "s3:*MultipartUpload*",
    "s3:*Object*",
    "s3:GetBucket*",
    "s3:ListBucket*",
    "s3:PutBucketNotification",
    "s3:Replicate*",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
    "sns:Publish",
    "sqs:*Message*",
    "sqs:GetQueue*",
    "states:StartExecution",
)
# What AWS knows for `*` only.
ANYWHERE = (
    "cloudwatch:PutMetricData",
    "ec2:DescribeNetworkInterfaces",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "secretsmanager:GetRandomPassword",
)


def most(environment: Environment, keys: Keys) -> list[Statement]:
    """The boundary. Within it, each role's own policies say what it may do."""
    names, account = Names(environment), environment.account
    own = uncut_name(environment, "").removesuffix("-")
    anywhere = f"arn:aws:*:*:{account}:"
    buckets = [f"arn:aws:s3:::{name}" for name in (names.state_bucket, names.state_copy)]
    return [
        allow(
            "OwnData",
            ON_OWN,
            [
                f"arn:aws:s3:::{own}-*",
                f"{anywhere}{own}-*",
                f"{anywhere}*/*",
                f"{anywhere}*:*",
                f"arn:aws:glue:*:{account}:catalog",
            ],
        ),
        allow("Anywhere", ANYWHERE, ["*"]),
        allow("PassOwnRoles", ["iam:PassRole"], [names.role_arn(f"{own}-*")]),
        deny("NotTheState", ["s3:*"], [*buckets, *(f"{bucket}/*" for bucket in buckets)]),
        deny("NotItsKey", ["kms:*"], [keys.here.output("arn"), keys.copy.output("arn")]),
    ]
