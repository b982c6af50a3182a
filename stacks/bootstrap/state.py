"""Where Pulumi keeps its state: a bucket, its copy in the fail-over region, and the role that copies."""

from __future__ import annotations

from environments.model import Environment
from environments.naming import tags
from environments.vocabulary import ManagedBy
from stacks.bootstrap import bucket
from stacks.bootstrap.bucket import Bucket
from stacks.bootstrap.cdk import Made, Program
from stacks.bootstrap.documents import allow, document, trust
from stacks.bootstrap.keys import Keys
from stacks.bootstrap.names import Names


def make(program: Program, environment: Environment, keys: Keys) -> Made:
    """The bucket; its copy follows by itself."""
    names = Names(environment)
    state = bucket.make(program, environment, Bucket("state", names.state_bucket, keys.here))
    copy = bucket.make(
        program, environment, Bucket("state-failover", names.state_copy, keys.copy, "aws.failover")
    )
    role = _role(program, environment, keys)
    program.make(
        "aws_s3_bucket_replication_configuration",
        "state",
        bucket=state.output("bucket"),
        role=role.output("arn"),
        rule=[
            {
                "id": "all",
                "status": "Enabled",
                "priority": 0,
                "filter": [{"prefix": ""}],
                # Without its markers the copy would show locks and stacks that are long gone.
                "delete_marker_replication": [{"status": "Enabled"}],
                "source_selection_criteria": [{"sse_kms_encrypted_objects": [{"status": "Enabled"}]}],
                "destination": [
                    {
                        "bucket": copy.output("arn"),
                        "encryption_configuration": [{"replica_kms_key_id": keys.copy.output("arn")}],
                    }
                ],
            }
        ],
        # Both ends must have versions first.
        depends_on=["aws_s3_bucket_versioning.state", "aws_s3_bucket_versioning.state-failover"],
    )
    return state


def _role(program: Program, environment: Environment, keys: Keys) -> Made:
    names = Names(environment)
    source, target = f"arn:aws:s3:::{names.state_bucket}", f"arn:aws:s3:::{names.state_copy}"
    role = program.make(
        "aws_iam_role",
        "replication",
        name=names.replication_role,
        description=f"S3 copies Pulumi's state of {environment.name}",
        assume_role_policy=document(
            trust(
                "S3",
                {"Service": "s3.amazonaws.com"},
                "sts:AssumeRole",
                {
                    "StringEquals": {"aws:SourceAccount": environment.account},
                    "ArnEquals": {"aws:SourceArn": source},
                },
            )
        ),
        tags=tags(environment, managed_by=ManagedBy.TERRAFORM),
    )
    program.make(
        "aws_iam_role_policy",
        "replication",
        name=names.replication_role,
        role=role.output("name"),
        policy=document(
            allow("Source", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source]),
            allow(
                "Versions",
                [
                    "s3:GetObjectLegalHold",
                    "s3:GetObjectRetention",
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionTagging",
                ],
                [f"{source}/*"],
            ),
            allow(
                "Copies",
                ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
                [f"{target}/*"],
            ),
            allow("Open", ["kms:Decrypt"], [keys.here.output("arn")], _by_s3(environment.region)),
            allow(
                "Close",
                ["kms:Encrypt", "kms:GenerateDataKey"],
                [keys.copy.output("arn")],
                _by_s3(environment.failover_region),
            ),
        ),
    )
    return role


def _by_s3(region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
