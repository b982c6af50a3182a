"""The same infrastructure as main.tf."""

import json

import pulumi_aws as aws


def document(action: object, resource: object) -> str:
    """A policy of one statement that allows."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
        }
    )


def trust(principal: object) -> dict[str, object]:
    """A trust policy, as an object: the provider writes it as text."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }


job = aws.iam.Role(
    "job",
    name="twin-job",
    assume_role_policy=json.dumps(trust({"Service": "lambda.amazonaws.com"})),
    max_session_duration=3600,
)
aws.iam.Role("anyone", name="twin-anyone", assume_role_policy=json.dumps(trust({"AWS": "*"})))
aws.iam.RolePolicy(
    "job", name="read", role=job.id, policy=document(["s3:GetObject"], ["arn:aws:s3:::twin-raw/*"])
)
admin = aws.iam.Policy("admin", name="twin-admin", policy=document("*", "*"))
aws.iam.Policy(
    "escalation",
    name="twin-escalation",
    policy=document(["iam:PassRole", "iam:CreateAccessKey", "secretsmanager:GetSecretValue"], "*"),
)
aws.iam.RolePolicyAttachment("job", role=job.name, policy_arn=admin.arn)
robot = aws.iam.User("robot", name="twin-robot")
aws.iam.UserPolicyAttachment("robot", user=robot.name, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
aws.iam.InstanceProfile("job", name="twin-job", role=job.name)
aws.iam.AccountPasswordPolicy("all", minimum_password_length=8, require_symbols=False)
