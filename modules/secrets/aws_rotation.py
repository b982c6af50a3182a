"""The function on AWS that rotates the client secrets of source systems."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name
from modules.functions.aws_function import AwsFunction, FunctionSettings, Place
from modules.identity.spec import IdentityOutputs
from modules.secrets.spec import Shape, shape_of

HANDLER = "rotate_client_secret"


@dataclass(frozen=True)
class RotationSpec:
    """What rotates the client secrets of the environment's sources."""

    environment: Environment
    identity: IdentityOutputs
    place: Place
    """From where it reaches the sources and the secrets service."""
    key: Input[str]
    """What the function's own variables, log and dead letters are encrypted with."""


class AwsRotation(pulumi.ComponentResource):
    """One function for all entries that hold client credentials."""

    rotators: dict[str, Output[str]]
    """The function by the logical name of each entry that it rotates."""

    def __init__(self, name: str, spec: RotationSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:secrets:AwsRotation", name, None, opts)
        environment = spec.environment
        addresses = {
            source.secret: source.base_url
            for source in environment.sources.values()
            if shape_of(environment, source.secret) is Shape.CLIENT_CREDENTIALS
        }
        sources = {physical_name(environment, entry): address for entry, address in addresses.items()}
        function = AwsFunction(
            environment,
            FunctionSettings(
                handler=HANDLER,
                does="Asks a source for a new client secret and makes it the current one.",
                identity=spec.identity,
                place=spec.place,
                key=spec.key,
                variables={"SOURCES": json.dumps(sources, sort_keys=True)},
                seconds=120,  # two requests to a source of at most 20 s each, and a few to the secrets service
            ),
            parent=self,
        )
        self.rotators = dict.fromkeys(addresses, function.arn)
        self.register_outputs({})
