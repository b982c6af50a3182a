"""Backup on AWS under recording mocks: exact inputs.

Does not prove that AWS Backup accepts them, nor that a restore succeeds: the rehearsal and the restore tests do.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.policy import HOURS_BETWEEN_BACKUPS
from environments.vocabulary import DataClass
from modules.backup.aws_plans import schedule
from tests.recording_mocks import on_first_use

PROD, STAGING, DEV = (on_first_use(f"aws-{tier}") for tier in ("prod", "staging", "dev"))
ENVIRONMENT = load("aws-prod")
ACCOUNT = ENVIRONMENT.account
VAULT, PLAN = "aws:backup/vault:Vault", "aws:backup/plan:Plan"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
TESTS = "aws:backup/restoreTestingPlan:RestoreTestingPlan"


def document(text: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in json.loads(text)["Statement"]}


def test_there_is_a_vault_for_each_class_and_one_in_the_other_region_where_copies_go() -> None:
    assert set(PROD.of(VAULT)) == {
        *("internal-vault", "confidential-vault", "restricted-vault"),
        *("confidential-failover-vault", "restricted-failover-vault"),
    }
    assert PROD.inputs(VAULT, "confidential-failover-vault") == {
        "name": "sluice-aws-prod-backup-confidential-failover",
        "region": "eu-central-1",
        "kmsKeyArn": "${confidential-failover-key.arn}",
        "forceDestroy": False,
        "tags": naming.tags(ENVIRONMENT, data_classification=DataClass.CONFIDENTIAL),
    }
    assert set(DEV.of(VAULT)) == {"internal-vault", "confidential-vault", "restricted-vault"}


def test_in_prod_vaults_are_locked_for_good_after_a_week_and_elsewhere_not_at_all() -> None:
    assert {name.removesuffix("-lock") for name in PROD.of(LOCK)} == set(PROD.of(VAULT))
    assert PROD.inputs(LOCK, "confidential-vault-lock") == {
        "backupVaultName": "sluice-aws-prod-backup-confidential",
        "region": "eu-west-1",
        "changeableForDays": 7,
        "minRetentionDays": 35,
        "maxRetentionDays": 365,
    }
    copies = PROD.inputs(LOCK, "confidential-failover-vault-lock")
    assert (copies["minRetentionDays"], copies["maxRetentionDays"]) == (90, 90)
    assert (STAGING.of(LOCK), DEV.of(LOCK)) == ({}, {})


@pytest.mark.parametrize("data_class", ["internal", "confidential", "restricted"])
def test_a_lock_lets_every_rule_of_its_plan_keep_its_days(data_class: str) -> None:
    lock = PROD.inputs(LOCK, f"{data_class}-vault-lock")
    for rule in PROD.inputs(PLAN, f"{data_class}-plan")["rules"]:
        assert lock["minRetentionDays"] <= rule["lifecycle"]["deleteAfter"] <= lock["maxRetentionDays"]
        for copy in rule.get("copyActions", []):
            there = PROD.inputs(LOCK, f"{data_class}-failover-vault-lock")
            assert there["minRetentionDays"] <= copy["lifecycle"]["deleteAfter"] <= there["maxRetentionDays"]


def test_nobody_shortens_the_life_of_a_backup_where_data_is_protected() -> None:
    policies = "aws:backup/vaultPolicy:VaultPolicy"
    statements = document(PROD.inputs(policies, "confidential-vault-policy")["policy"])
    assert statements["NobodyDestroys"] == {
        "Sid": "NobodyDestroys",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [
            "backup:DeleteRecoveryPoint",
            "backup:DisassociateRecoveryPoint",
            "backup:UpdateRecoveryPointLifecycle",
        ],
        "Resource": "*",
    }
    assert statements["OnlyOurAccount"]["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
    assert {item["Effect"] for item in statements.values()} == {"Deny"}
    assert set(document(DEV.inputs(policies, "confidential-vault-policy")["policy"])) == {"OnlyOurAccount"}


def test_a_plan_is_the_environments_and_keeps_every_second_of_the_last_weeks() -> None:
    assert PROD.inputs(PLAN, "confidential-plan") == {
        "name": "sluice-aws-prod-backup-confidential",
        "rules": [
            {
                "ruleName": "periodic",
                "targetVaultName": "sluice-aws-prod-backup-confidential",
                "schedule": "cron(0 2/12 ? * * *)",
                "startWindow": 60,
                "lifecycle": {"deleteAfter": 365, "coldStorageAfter": 30},
                "copyActions": [
                    {
                        "destinationVaultArn": "${confidential-failover-vault.arn}",
                        "lifecycle": {"deleteAfter": 90},
                    }
                ],
            },
            {
                "ruleName": "continuous",
                "targetVaultName": "sluice-aws-prod-backup-confidential",
                "schedule": "cron(0 2/12 ? * * *)",
                "startWindow": 60,
                "enableContinuousBackup": True,
                "lifecycle": {"deleteAfter": 35},
            },
        ],
        "tags": naming.tags(ENVIRONMENT, data_classification=DataClass.CONFIDENTIAL),
    }
    internal = PROD.inputs(PLAN, "internal-plan")["rules"]
    assert "copyActions" not in internal[0]
    assert DEV.inputs(PLAN, "internal-plan")["rules"][1]["lifecycle"] == {"deleteAfter": 14}


@pytest.mark.parametrize("hours", HOURS_BETWEEN_BACKUPS)
def test_every_accepted_interval_has_a_schedule(hours: int) -> None:
    expected = {
        1: "cron(0 0/1 ? * * *)",
        6: "cron(0 2/6 ? * * *)",
        24: "cron(0 2 ? * * *)",
        168: "cron(0 2 ? * SUN *)",
    }
    assert schedule(hours) == expected.get(hours, schedule(hours))
    assert schedule(hours).startswith("cron(0 ")


def test_no_other_interval_has_one() -> None:
    for hours in set(range(-1, 200)) - set(HOURS_BETWEEN_BACKUPS):
        with pytest.raises(ValueError):
            schedule(hours)


def test_what_carries_the_class_in_this_environment_is_backed_up_but_for_logs() -> None:
    assert PROD.inputs("aws:backup/selection:Selection", "confidential-selection") == {
        "name": "sluice-aws-prod-backup-confidential",
        "planId": "${confidential-plan.id}",
        "iamRoleArn": "${backup-role.arn}",
        "resources": ["*"],
        "notResources": [
            "arn:aws:s3:::sluice-aws-prod-storage-access-logs",
            "arn:aws:s3:::sluice-aws-prod-storage-access-logs-failover",
        ],
        "conditions": [
            {
                "stringEquals": [
                    {"key": "aws:ResourceTag/project", "value": "sluice"},
                    {"key": "aws:ResourceTag/environment", "value": "aws-prod"},
                    {"key": "aws:ResourceTag/data-classification", "value": "confidential"},
                ]
            }
        ],
    }


def test_restores_are_tried_every_month_but_in_dev() -> None:
    assert PROD.inputs(TESTS, "restore-tests") == {
        "name": "sluice_aws_prod_backup_restore_tests",
        "scheduleExpression": "cron(0 6 1 * ? *)",
        "startWindowHours": 8,
        "recoveryPointSelection": {
            "algorithm": "RANDOM_WITHIN_WINDOW",
            "includeVaults": [
                f"${{{name}-vault.arn}}" for name in ("internal", "confidential", "restricted")
            ],
            "recoveryPointTypes": ["SNAPSHOT", "CONTINUOUS"],
            "selectionWindowDays": 7,
        },
        "tags": naming.tags(ENVIRONMENT),
    }
    selection = PROD.inputs(
        "aws:backup/restoreTestingSelection:RestoreTestingSelection", "restore-tests-buckets"
    )
    assert (selection["protectedResourceType"], selection["iamRoleArn"]) == ("S3", "${restore-role.arn}")
    assert DEV.of(TESTS) == {}


def test_every_kind_of_job_is_reported_to_the_log_bucket() -> None:
    reports = PROD.of("aws:backup/reportPlan:ReportPlan")
    assert {item.inputs["reportSetting"]["reportTemplate"] for item in reports.values()} == {
        "BACKUP_JOB_REPORT",
        "COPY_JOB_REPORT",
        "RESTORE_JOB_REPORT",
    }
    for item in reports.values():
        assert item.inputs["reportSetting"]["regions"] == ["eu-west-1", "eu-central-1"]
        assert item.inputs["reportDeliveryChannel"] == {
            "s3BucketName": "sluice-aws-prod-storage-access-logs",
            "s3KeyPrefix": "backup-reports",
            "formats": ["CSV", "JSON"],
        }
    role = PROD.inputs("aws:iam/serviceLinkedRole:ServiceLinkedRole", "reports-role")
    assert role["awsServiceName"] == "reports.backup.amazonaws.com"


def test_vaults_and_alarms_of_our_account_tell_on_an_encrypted_topic() -> None:
    assert PROD.inputs("aws:sns/topic:Topic", "notices")["kmsMasterKeyId"] == "${internal-key.arn}"
    statements = document(PROD.inputs("aws:sns/topicPolicy:TopicPolicy", "notices-policy")["policy"])
    for sid, service in (("Vaults", "backup"), ("Alarms", "cloudwatch")):
        assert statements[sid]["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statements[sid]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert statements["OnlyOverTls"]["Effect"] == "Deny"
    notices = PROD.of("aws:backup/vaultNotifications:VaultNotifications")
    assert set(notices) == {f"{name}-vault-notices" for name in ("internal", "confidential", "restricted")}
    for item in notices.values():
        assert {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED", "S3_BACKUP_OBJECT_FAILED"} <= set(
            item.inputs["backupVaultEvents"]
        )
        assert any(urn.endswith("::notices-policy") for urn in item.dependencies)


# ---- the orchestrator's metadata


@pytest.mark.parametrize("recording", [PROD, DEV], ids=["prod", "dev"])
def test_the_export_runs_often_enough_for_the_recovery_point(recording: Any) -> None:
    minutes = recording.environment.backup.metadata_export_minutes
    schedule_ = recording.inputs("aws:scheduler/schedule:Schedule", "metadata-schedule")
    assert schedule_["scheduleExpression"] == f"rate({minutes} minutes)"
    # One may fail, and the next is still within the hour.
    assert 2 * minutes <= 60


def test_the_schedule_says_the_moment_that_was_meant_and_loses_nothing() -> None:
    inputs = PROD.inputs("aws:scheduler/schedule:Schedule", "metadata-schedule")
    assert (inputs["groupName"], inputs["kmsKeyArn"]) == ("sluice-aws-prod-backup", "${internal-key.arn}")
    assert inputs["target"] == {
        "arn": "${metadata-export.arn}",
        "roleArn": "${metadata-schedule-role.arn}",
        "input": '{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
        "deadLetterConfig": {"arn": "${metadata-export-dead-letters.arn}"},
        "retryPolicy": {"maximumEventAgeInSeconds": 1800, "maximumRetryAttempts": 5},
    }
    policy = PROD.inputs("aws:iam/rolePolicy:RolePolicy", "scheduler-starts-export")
    assert json.loads(policy["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "${metadata-export.arn}"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${metadata-export-dead-letters.arn}"},
    ]


def test_the_exporter_asks_our_airflow_as_an_operator_and_is_told_its_places() -> None:
    policy = PROD.inputs("aws:iam/rolePolicy:RolePolicy", "exporter-asks-airflow")
    assert policy["role"] == "sluice-aws-prod-identity-metadata-export"
    (statement,) = json.loads(policy["policy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "airflow:InvokeRestApi",
        "Resource": f"arn:aws:airflow:eu-west-1:{ACCOUNT}:role/sluice-aws-prod-orchestrator/Op",
    }
    function = PROD.inputs("aws:lambda/function:Function", "metadata-export")
    assert function["environment"]["variables"] == {
        "AIRFLOW_ENVIRONMENT": "sluice-aws-prod-orchestrator",
        "ARCHIVE_PREFIX": "airflow-metadata",
        "ARCHIVE_ZONE": "s3://sluice-aws-prod-archive",
        "ARCHIVE_KEY": "${confidential-key.arn}",
        "RELEASES_ZONE": "s3://sluice-aws-prod-releases",
        "RELEASES_KEY": "${internal-key.arn}",
    }


def test_an_hour_without_an_export_rings_also_when_none_was_tried() -> None:
    alarm = PROD.inputs("aws:cloudwatch/metricAlarm:MetricAlarm", "metadata-is-late")
    assert (alarm["threshold"], alarm["comparisonOperator"], alarm["treatMissingData"]) == (
        1,
        "LessThanThreshold",
        "breaching",
    )
    tried, failed, exported = alarm["metricQueries"]
    assert exported["expression"] == "tried - failed"
    for query, metric in ((tried, "Invocations"), (failed, "Errors")):
        assert (query["metric"]["metricName"], query["metric"]["period"]) == (metric, 3600)
        assert query["metric"]["dimensions"] == {"FunctionName": "sluice-aws-prod-functions-metadata-export"}
    assert alarm["alarmActions"] == ["${notices.arn}"]
