"""Orchestrator of `local`: the configuration of three Airflow processes, which `services/` starts."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions

from environments import places
from environments.endpoints import LocalEndpoints
from modules.local_file import ConfigurationFile
from modules.orchestrator.airflow_cfg import AirflowSettings, render
from modules.orchestrator.spec import OrchestratorOutputs, OrchestratorSpec


class LocalOrchestrator(pulumi.ComponentResource):
    """`airflow.cfg` in this checkout's AIRFLOW_HOME."""

    outputs: OrchestratorOutputs

    def __init__(
        self,
        name: str,
        spec: OrchestratorSpec,
        endpoints: LocalEndpoints,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:orchestrator:LocalOrchestrator", name, None, opts)
        parallelism = spec.environment.orchestrator.parallelism

        def content(uris: list[str]) -> str:
            releases, platform_manifest = uris
            return render(
                AirflowSettings(
                    home=places.AIRFLOW_HOME,
                    logs=places.LOGS / "airflow",
                    url=endpoints.airflow,
                    parallelism=parallelism,
                    releases=releases,
                    platform_manifest=platform_manifest,
                )
            )

        ConfigurationFile(
            "airflow.cfg",
            {
                "path": str(places.AIRFLOW_HOME / "airflow.cfg"),
                "content": Output.all(spec.releases, spec.platform_manifest).apply(content),
            },
            ResourceOptions(parent=self),
        )
        self.outputs = OrchestratorOutputs(
            url=Output.from_input(endpoints.airflow),
            version=Output.from_input(spec.environment.orchestrator.airflow_version),
        )
        self.register_outputs({})
