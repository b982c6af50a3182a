"""Planted faults on AWS, most of them behind values that a preview does not know."""

import json

import pulumi
import pulumi_aws as aws

elsewhere = aws.Provider("elsewhere", region="us-east-1")
tags = {"environment": "prod", "owner": "nobody"}

network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", tags=tags)
door = aws.ec2.SecurityGroup("door", vpc_id=network.id, tags=tags)
aws.vpc.SecurityGroupIngressRule(
    "world", security_group_id=door.id, ip_protocol="tcp", from_port=22, to_port=22, cidr_ipv4="0.0.0.0/0"
)
# What the instance is given is known only once the group exists.
aws.vpc.SecurityGroupIngressRule(
    "unknown",
    security_group_id=door.id,
    ip_protocol="tcp",
    from_port=443,
    to_port=443,
    cidr_ipv4=network.main_route_table_id,
)

key = aws.kms.Key("key", enable_key_rotation=False, tags=tags)
aws.kms.Key("turning", enable_key_rotation=True, tags=tags)
bucket = aws.s3.Bucket("zone", tags=tags)
aws.s3.Bucket("abroad", tags=tags, opts=pulumi.ResourceOptions(provider=elsewhere))
aws.s3.Bucket("kept", tags=tags, opts=pulumi.ResourceOptions(protect=True))
aws.s3.BucketServerSideEncryptionConfiguration(
    "zone-encryption",
    bucket=bucket.id,
    rules=[
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key.arn,
            }
        }
    ],
)
# The whole text is unknown to the engine; the program says that anybody may write.
aws.s3.BucketPolicy(
    "zone-policy",
    bucket=bucket.id,
    policy=bucket.arn.apply(
        lambda arn: json.dumps(
            {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [f"{arn}/*"]}]}
        )
    ),
)
role = aws.iam.Role(
    "role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ]
        }
    ),
    tags=tags,
)
aws.iam.RolePolicy(
    "everything",
    role=role.id,
    policy=key.arn.apply(
        lambda arn: json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": [arn, "*"]}]})
    ),
)
database = aws.rds.Instance(
    "database",
    instance_class="db.t3.micro",
    allocated_storage=20,
    username="admin",
    password="correct-horse-battery",
    storage_encrypted=network.enable_dns_support,
    publicly_accessible=True,
    tags=tags,
)
aws.rds.Instance(
    "second",
    instance_class="db.t3.micro",
    allocated_storage=20,
    username="admin",
    password=pulumi.Output.secret("correct-horse-battery"),
    storage_encrypted=database.multi_az,
    publicly_accessible=database.multi_az,
    tags=tags,
)
pulumi.export("zone", bucket.arn)
