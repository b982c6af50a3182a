"""Records on Azure: one Log Analytics workspace, which every service's diagnostics name."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags

NAME_LIMIT = 63
# What a workspace keeps in any case, and the longest that it can be asked for.
RETENTION_DAYS = range(30, 731)


@dataclass(frozen=True)
class ObservabilityOutputs:
    """Where diagnostics are sent."""

    audit_log: Output[str]


class AzureObservability(pulumi.ComponentResource):
    """The workspace; alarms and dashboards come later."""

    outputs: ObservabilityOutputs

    def __init__(
        self, name: str, environment: Environment, group: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """`group` is the resource group."""
        super().__init__("sluice:observability:AzureObservability", name, None, opts)
        # As long as the network's flow logs: an inquiry reads both side by side.
        days = environment.network.flow_log_retention_days
        workspace = azure.operationalinsights.Workspace(
            "audit-log",
            workspace_name=physical_name(environment, "observability", "audit-log", limit=NAME_LIMIT),
            resource_group_name=group,
            location=environment.region,
            sku={"name": "PerGB2018"},
            retention_in_days=min(max(days, RETENTION_DAYS[0]), RETENTION_DAYS[-1]),
            features={"disable_local_auth": True},
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        self.outputs = ObservabilityOutputs(audit_log=workspace.id)
        self.register_outputs({})


def record(
    logical_name: str,
    environment: Environment,
    resource: Input[str],
    audit_log: Input[str],
    categories: tuple[str, ...],
    parent: pulumi.Resource,
) -> None:
    """Sends categories of a resource's log to the audit log."""
    azure.monitor.DiagnosticSetting(
        f"{logical_name}-audit",
        name=physical_name(environment, "observability", "audit"),
        resource_uri=resource,
        workspace_id=audit_log,
        logs=[{"category": category, "enabled": True} for category in categories],
        opts=ResourceOptions(parent=parent),
    )
