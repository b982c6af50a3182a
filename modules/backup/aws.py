"""Backup on AWS: a vault and a plan per class of data, copies in the fail-over region, and the proof of both."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from environments.vocabulary import DataClass
from modules.backup.aws_notices import Notices
from modules.backup.aws_plans import plan, select
from modules.backup.aws_reports import report_plans
from modules.backup.aws_restore_tests import restore_tests
from modules.backup.aws_vaults import VaultSettings, vault
from modules.backup.spec import BackupOutputs, BackupSpec, continuous_days

FAILOVER = "failover"


class AwsBackup(pulumi.ComponentResource):
    """AWS Backup as the environment's `backup` says."""

    outputs: BackupOutputs

    def __init__(self, name: str, spec: BackupSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:backup:AwsBackup", name, None, opts)
        self._spec = spec
        environment = spec.environment
        notices = Notices(environment, spec.keys.get(environment.data_classification), self)
        vaults: dict[DataClass, aws.backup.Vault] = {}
        copies: dict[DataClass, aws.backup.Vault] = {}
        left_out = [Output.concat("arn:aws:s3:::", bucket) for bucket in spec.logs]
        for data_class, settings in environment.backup.plans.items():
            vaults[data_class] = self._vault(data_class)
            notices.tell_of(vaults[data_class], f"{data_class}-vault")
            if settings.copy_keep_days is not None:
                copies[data_class] = self._copies(data_class, settings.copy_keep_days)
            made = plan(environment, data_class, vaults[data_class], copies.get(data_class), self)
            select(environment, data_class, made, spec.keeper, left_out, self)
        restore_tests(environment, spec.restorer, [made.arn for made in vaults.values()], self)
        report_plans(environment, spec.logs[0], self)
        self.outputs = BackupOutputs(
            vaults={data_class: made.name for data_class, made in vaults.items()},
            failover_vaults={data_class: made.name for data_class, made in copies.items()},
            notices=notices.topic.arn,
        )
        self.register_outputs({})

    def _vault(self, data_class: DataClass) -> aws.backup.Vault:
        environment = self._spec.environment
        settings = environment.backup.plans[data_class]
        return vault(
            environment,
            VaultSettings(
                data_class,
                environment.region,
                str(data_class),
                self._spec.keys.get(data_class),
                shortest_days=continuous_days(settings),
                longest_days=settings.keep_days,
                destroy_data=self._spec.destroy_data,
            ),
            self,
        )

    def _copies(self, data_class: DataClass, days: int) -> aws.backup.Vault:
        environment = self._spec.environment
        return vault(
            environment,
            VaultSettings(
                data_class,
                environment.failover_region,
                f"{data_class}-{FAILOVER}",
                self._spec.failover_keys.get(data_class),
                shortest_days=days,
                longest_days=days,
                destroy_data=self._spec.destroy_data,
            ),
            self,
        )
