"""The same infrastructure as main.tf."""

import json

import pulumi
import pulumi_aws as aws

key = aws.kms.Key("queue", description="Queues")
dead = aws.sqs.Queue(
    "dead", name="twin-dead", message_retention_seconds=1209600, sqs_managed_sse_enabled=True
)
work = aws.sqs.Queue("work", name="twin-work", kms_master_key_id=key.arn)
aws.sqs.QueuePolicy(
    "work",
    queue_url=work.id,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": "arn:aws:sqs:eu-west-1:123456789012:twin-work",
                }
            ],
        }
    ),
)
failures = aws.sns.Topic("failures", name="twin-failures")
aws.sns.TopicSubscription("failures", topic=failures.arn, protocol="email", endpoint="data@example.com")
export = aws.lambda_.Function(
    "export",
    name="twin-export",
    role="arn:aws:iam::123456789012:role/twin",
    runtime="python3.12",
    handler="main.handler",
    code=pulumi.FileArchive("export.zip"),
    environment={"variables": {"ZONE": "raw"}},
    dead_letter_config={"target_arn": dead.arn},
    tracing_config={"mode": "Active"},
)
aws.lambda_.Permission(
    "export", action="lambda:InvokeFunction", function=export.name, principal="events.amazonaws.com"
)
aws.cloudwatch.MetricAlarm(
    "dead",
    name="twin-dead",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="ApproximateNumberOfMessagesVisible",
    namespace="AWS/SQS",
    period=300,
    statistic="Maximum",
    threshold=0,
    actions_enabled=False,
    dimensions={"QueueName": dead.name},
    alarm_actions=[failures.arn],
)
aws.rds.Instance(
    "meta",
    identifier="twin-meta",
    engine="postgres",
    engine_version="16.4",
    instance_class="db.t4g.micro",
    allocated_storage=20,
    username="sluice",
    password="not-a-real-password",
    publicly_accessible=True,
    storage_encrypted=False,
    backup_retention_period=7,
    skip_final_snapshot=True,
)
aws.dynamodb.Table(
    "locks",
    name="twin-locks",
    billing_mode="PAY_PER_REQUEST",
    hash_key="id",
    attributes=[{"name": "id", "type": "S"}],
    point_in_time_recovery={"enabled": True},
)
aws.secretsmanager.Secret("source", name="twin-source", recovery_window_in_days=0)
aws.glue.CatalogDatabase("warehouse", name="twin")
aws.cloudtrail.Trail(
    "main",
    name="twin",
    s3_bucket_name="twin-logs",
    is_multi_region_trail=False,
    enable_log_file_validation=False,
)
aws.ecr.Repository(
    "jobs",
    name="twin/jobs",
    image_tag_mutability="MUTABLE",
    image_scanning_configuration={"scan_on_push": False},
)
ready = aws.cloudwatch.EventRule("ready", name="twin-ready", event_pattern=json.dumps({"source": ["sluice"]}))
aws.cloudwatch.EventTarget("ready", rule=ready.name, arn=work.arn)
aws.efs.FileSystem("shared", creation_token="twin")
aws.redshiftserverless.Namespace("warehouse", namespace_name="twin")
aws.backup.Vault("main", name="twin")
