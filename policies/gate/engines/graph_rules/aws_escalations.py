"""Which AWS actions, alone or together, make their holder an administrator. Reviewed by hand against AWS's
service authorization reference; the combinations are those that Rhino Security Labs and pathfinding.cloud
describe.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.gate.engines.graph_rules.policy_documents import Document, Statement

PASS_ROLE = "iam:passrole"


@dataclass(frozen=True)
class Escalation:
    """Actions that are enough together, and what they do."""

    actions: tuple[str, ...]
    does: str
    service: str = ""
    """The service that a passed role is given to."""


def _alone(does: str, *actions: str) -> tuple[Escalation, ...]:
    return tuple(Escalation((action.lower(),), does) for action in actions)


def _passing(does: str, service: str, *actions: str) -> Escalation:
    return Escalation((PASS_ROLE, *(action.lower() for action in actions)), does, service)


ESCALATIONS: tuple[Escalation, ...] = (
    *_alone(
        "makes credentials of another user",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
    ),
    *_alone(
        "gives any policy to anyone, itself included",
        "iam:AttachUserPolicy",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:PutUserPolicy",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
    ),
    *_alone("rewrites a policy that it has", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
    *_alone("joins a stronger group", "iam:AddUserToGroup"),
    *_alone("lets itself into any role", "iam:UpdateAssumeRolePolicy"),
    *_alone(
        "takes away the boundary that holds it",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
    ),
    *_alone("becomes any role that trusts the account", "sts:AssumeRole"),
    *_alone("runs its own code with another function's role", "lambda:UpdateFunctionCode"),
    *_alone("runs commands with any machine's role", "ssm:SendCommand", "ssm:StartSession"),
    *_alone("opens a notebook that has another role", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    _passing(
        "starts a function with any role",
        "lambda.amazonaws.com",
        "lambda:CreateFunction",
        "lambda:InvokeFunction",
    ),
    _passing(
        "starts a function with any role by an event",
        "lambda.amazonaws.com",
        "lambda:CreateFunction",
        "lambda:CreateEventSourceMapping",
    ),
    _passing(
        "opens a function with any role to itself",
        "lambda.amazonaws.com",
        "lambda:CreateFunction",
        "lambda:AddPermission",
    ),
    _passing("starts a machine with any role", "ec2.amazonaws.com", "ec2:RunInstances"),
    _passing("opens a Glue endpoint with any role", "glue.amazonaws.com", "glue:CreateDevEndpoint"),
    _passing("runs a Glue job with any role", "glue.amazonaws.com", "glue:CreateJob", "glue:StartJobRun"),
    _passing("turns a Glue job to any role", "glue.amazonaws.com", "glue:UpdateJob", "glue:StartJobRun"),
    _passing(
        "opens a Glue session with any role", "glue.amazonaws.com", "glue:CreateSession", "glue:RunStatement"
    ),
    _passing("makes a stack with any role", "cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    _passing(
        "runs a pipeline with any role",
        "datapipeline.amazonaws.com",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
    ),
    _passing("opens a notebook with any role", "sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance"),
    _passing("trains with any role", "sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
    _passing("processes with any role", "sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
    _passing(
        "builds with any role", "codebuild.amazonaws.com", "codebuild:CreateProject", "codebuild:StartBuild"
    ),
    _passing(
        "runs a container with any role",
        "ecs-tasks.amazonaws.com",
        "ecs:RegisterTaskDefinition",
        "ecs:RunTask",
    ),
    _passing(
        "keeps a container running with any role",
        "ecs-tasks.amazonaws.com",
        "ecs:RegisterTaskDefinition",
        "ecs:CreateService",
    ),
    _passing("runs a cluster with any role", "elasticmapreduce.amazonaws.com", "elasticmapreduce:RunJobFlow"),
    _passing("runs Spark with any role", "emr-serverless.amazonaws.com", "emr-serverless:StartJobRun"),
    _passing(
        "runs a state machine with any role",
        "states.amazonaws.com",
        "states:CreateStateMachine",
        "states:StartExecution",
    ),
    _passing("runs Airflow with any role", "airflow.amazonaws.com", "airflow:CreateEnvironment"),
    _passing(
        "runs a batch job with any role",
        "ecs-tasks.amazonaws.com",
        "batch:RegisterJobDefinition",
        "batch:SubmitJob",
    ),
)

# Who may do all of these everywhere is an administrator, by whatever words.
ADMINISTRATOR = (
    "iam:putrolepolicy",
    "iam:createuser",
    "iam:attachrolepolicy",
    "s3:deletebucket",
    "ec2:runinstances",
    "kms:schedulekeydeletion",
    "lambda:createfunction",
    "sts:assumerole",
)


def _grant(*actions: str) -> Document:
    return (Statement(True, actions, resources=("*",)),)


_POWER_USER: Document = (
    Statement(True, not_actions=("iam:*", "organizations:*", "account:*"), resources=("*",)),
    *_grant(
        "iam:CreateServiceLinkedRole",
        "iam:DeleteServiceLinkedRole",
        "iam:ListRoles",
        "organizations:Describe*",
    ),
)


def _passes_to(service: str) -> Statement:
    return Statement(
        True,
        ("iam:PassRole",),
        resources=("*",),
        conditions={"StringEquals": {"iam:PassedToService": (service,)}},
    )


# Policies of AWS's own, by the last part of their ARN; only what the rules here ask for.
MANAGED: dict[str, Document] = {
    "AdministratorAccess": _grant("*"),
    "AdministratorAccess-Amplify": _grant(
        "iam:PassRole", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"
    ),
    "PowerUserAccess": _POWER_USER,
    "IAMFullAccess": _grant("iam:*", "organizations:DescribeAccount"),
    "SystemAdministrator": _grant("ec2:*", "iam:PassRole", "lambda:*", "ssm:*", "kms:*"),
    "DatabaseAdministrator": _grant("rds:*", "dynamodb:*", "redshift:*", "elasticache:*"),
    "NetworkAdministrator": _grant("ec2:*NetworkAcl*", "ec2:*SecurityGroup*"),
    "DataScientist": _grant("ec2:*", "elasticmapreduce:*", "s3:*", "sagemaker:*", "iam:PassRole"),
    "AmazonS3FullAccess": _grant("s3:*", "s3-object-lambda:*"),
    "AmazonEC2FullAccess": _grant("ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"),
    "AmazonRDSFullAccess": _grant("rds:*"),
    "AmazonDynamoDBFullAccess": (*_grant("dynamodb:*"), _passes_to("dax.amazonaws.com")),
    "AmazonVPCFullAccess": _grant("ec2:*Vpc*", "ec2:*Subnet*", "ec2:*Route*"),
    "AmazonSSMFullAccess": _grant("ssm:*", "cloudwatch:PutMetricData", "ec2:DescribeInstanceStatus"),
    "AmazonSQSFullAccess": _grant("sqs:*"),
    "AmazonSNSFullAccess": _grant("sns:*"),
    "AmazonKinesisFullAccess": _grant("kinesis:*"),
    "AmazonAthenaFullAccess": _grant("athena:*", "glue:*Table*", "glue:*Database*", "s3:*Object"),
    "AWSLambda_FullAccess": (*_grant("lambda:*"), _passes_to("lambda.amazonaws.com")),
    "AWSGlueConsoleFullAccess": (*_grant("glue:*", "s3:*Object"), _passes_to("glue.amazonaws.com")),
    "AWSCloudFormationFullAccess": _grant("cloudformation:*"),
    "AWSCodeBuildAdminAccess": _grant("codebuild:*", "iam:PassRole"),
    "AWSStepFunctionsFullAccess": _grant("states:*"),
    "AWSKeyManagementServicePowerUser": _grant("kms:Create*", "kms:TagResource"),
    "AmazonECS_FullAccess": (*_grant("ecs:*"), _passes_to("ecs-tasks.amazonaws.com")),
    "AmazonSageMakerFullAccess": (*_grant("sagemaker:*"), _passes_to("sagemaker.amazonaws.com")),
    "AmazonEMRFullAccessPolicy_v2": (
        *_grant("elasticmapreduce:*"),
        _passes_to("elasticmapreduce.amazonaws.com"),
    ),
    "AmazonMWAAFullConsoleAccess": (*_grant("airflow:*"), _passes_to("airflow.amazonaws.com")),
    "SecretsManagerReadWrite": _grant("secretsmanager:*", "lambda:AddPermission", "lambda:CreateFunction"),
    "CloudWatchFullAccess": _grant("cloudwatch:*", "logs:*"),
    "CloudWatchLogsFullAccess": _grant("logs:*"),
    "AmazonSSMManagedInstanceCore": _grant(
        "ssm:GetParameter", "ssm:UpdateInstanceInformation", "ssmmessages:*"
    ),
    "AmazonEKSClusterPolicy": _grant("ec2:CreateRoute", "elasticloadbalancing:*"),
    "AmazonEKSWorkerNodePolicy": _grant("ec2:DescribeInstances", "eks:DescribeCluster"),
    "AmazonEKS_CNI_Policy": _grant("ec2:AssignPrivateIpAddresses"),
    "CloudWatchAgentServerPolicy": _grant("cloudwatch:PutMetricData", "logs:PutLogEvents"),
    "AWSXRayDaemonWriteAccess": _grant("xray:PutTraceSegments"),
    "AWSLambdaBasicExecutionRole": _grant("logs:PutLogEvents"),
    "AWSLambdaVPCAccessExecutionRole": _grant("logs:PutLogEvents", "ec2:CreateNetworkInterface"),
    "AWSLambdaSQSQueueExecutionRole": _grant("sqs:ReceiveMessage", "logs:PutLogEvents"),
    "AWSLambdaKinesisExecutionRole": _grant("kinesis:GetRecords", "logs:PutLogEvents"),
    "AWSLambdaDynamoDBExecutionRole": _grant("dynamodb:GetRecords", "logs:PutLogEvents"),
    "AWSGlueServiceRole": _grant("glue:*", "s3:GetObject", "logs:PutLogEvents"),
    "AmazonECSTaskExecutionRolePolicy": _grant("ecr:GetAuthorizationToken", "logs:PutLogEvents"),
    "AmazonRDSEnhancedMonitoringRole": _grant("logs:PutLogEvents"),
    "AWSBackupServiceRolePolicyForBackup": _grant("backup:CopyIntoBackupVault", "rds:CreateDBSnapshot"),
    "AWSBackupServiceRolePolicyForRestores": _grant("rds:RestoreDBInstanceFromDBSnapshot"),
    "AWSBackupServiceRolePolicyForS3Backup": _grant("s3:GetObject"),
    "AmazonAPIGatewayPushToCloudWatchLogs": _grant("logs:PutLogEvents"),
    "AWSConfigRole": _grant("config:Put*"),
    "AmazonEC2ContainerRegistryPullOnly": _grant("ecr:BatchGetImage"),
    "AmazonEC2ContainerRegistryPowerUser": _grant("ecr:BatchGetImage", "ecr:PutImage"),
    "AmazonEC2ContainerServiceforEC2Role": _grant("ecs:RegisterContainerInstance", "logs:PutLogEvents"),
    "AmazonEC2ContainerServiceRole": _grant("elasticloadbalancing:RegisterTargets", "ec2:Describe*"),
    "AmazonEKSServicePolicy": _grant("ec2:CreateNetworkInterface", "eks:UpdateClusterVersion"),
    "AmazonEKSVPCResourceController": _grant("ec2:AssignPrivateIpAddresses"),
    "AmazonEKSFargatePodExecutionRolePolicy": _grant("ecr:BatchGetImage"),
    "AmazonEBSCSIDriverPolicy": _grant("ec2:AttachVolume", "ec2:CreateSnapshot"),
    "AmazonDMSVPCManagementRole": _grant("ec2:CreateNetworkInterface"),
    "AmazonDMSCloudWatchLogsRole": _grant("logs:PutLogEvents"),
    "AmazonRDSDirectoryServiceAccess": _grant("ds:AuthorizeApplication"),
    "AmazonPrometheusRemoteWriteAccess": _grant("aps:RemoteWrite"),
    "AWSAppSyncPushToCloudWatchLogs": _grant("logs:PutLogEvents"),
    "AWSCodeDeployRole": _grant("autoscaling:CompleteLifecycleAction", "ec2:TerminateInstances"),
    "AWSCodeDeployRoleForECS": (
        *_grant("ecs:UpdateServicePrimaryTaskSet", "lambda:InvokeFunction"),
        _passes_to("ecs-tasks.amazonaws.com"),
    ),
    "AWSCodeDeployRoleForLambda": _grant("lambda:UpdateAlias"),
    "AWS_ConfigRole": _grant("config:Put*"),
    "AWSConfigRoleForOrganizations": _grant("organizations:Describe*"),
    "AWSIoTLogging": _grant("logs:PutLogEvents"),
    "AWSLambdaENIManagementAccess": _grant("ec2:CreateNetworkInterface"),
    "AWSLambdaMSKExecutionRole": _grant("kafka:GetBootstrapBrokers", "ec2:CreateNetworkInterface"),
    "AWSLambdaRole": _grant("lambda:InvokeFunction"),
    "AWSTransferLoggingAccess": _grant("logs:PutLogEvents"),
    "CloudWatchAgentAdminPolicy": _grant("cloudwatch:PutMetricData", "ssm:PutParameter"),
}
_READING = ("ReadOnlyAccess", "ReadOnly", "ViewOnlyAccess", "SecurityAudit", "ReadAccess")


def managed(name: str) -> Document | None:
    """A policy of AWS's own by name; None where nobody has reviewed it."""
    if name in MANAGED:
        return MANAGED[name]
    if name.endswith(_READING):
        return _grant("*:Describe*", "*:List*")
    return None
