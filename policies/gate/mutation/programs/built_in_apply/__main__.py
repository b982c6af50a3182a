"""A policy document that is built in an `apply`; done wrong, a variable carries a wildcard into it."""

import json

import pulumi
import pulumi_aws as aws

planted = pulumi.Config().require_bool("planted")
TAGS = {
    "project": "sluice",
    "environment": "aws-prod",
    "owner": "data-platform",
    "cost-center": "data-platform",
    "data-classification": "internal",
    "managed-by": "pulumi",
}

actions = "*" if planted else "s3:GetObject"
bucket = aws.s3.Bucket("data", bucket="sluice-aws-prod-data", tags=TAGS)
role = aws.iam.Role(
    "reader",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "emr-serverless.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
    tags=TAGS,
)


def document(arn: str) -> str:
    """What the role may do."""
    resource = "*" if planted else f"{arn}/*"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": [actions], "Resource": [resource]}],
        }
    )


aws.iam.RolePolicy("reader-access", role=role.name, policy=bucket.arn.apply(document))
