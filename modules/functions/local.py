"""Functions of `local`: the same handlers, in processes that `services/` starts, fed from queues of the mock AWS."""

from __future__ import annotations

import hashlib
from typing import Any

import pulumi
from pulumi import Output, ResourceOptions

from environments import places
from environments.local_functions import LocalFunction, LocalFunctionsFile, Watched
from modules.functions import sources
from modules.functions.package import entry
from modules.functions.spec import FunctionSpec, FunctionsSpec, ObjectCreated
from modules.local_file import ConfigurationFile


class LocalFunctions(pulumi.ComponentResource):
    """`functions.json` in this checkout's state: which functions run, on what, told what."""

    def __init__(self, name: str, spec: FunctionsSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:functions:LocalFunctions", name, None, opts)
        told = {
            function.name: Output.all(
                queue=spec.queues[function.name],
                settings=spec.settings(function),
                zones=dict(spec.zones),
            )
            for function in spec.functions
        }

        def content(made: dict[str, Any]) -> str:
            functions = tuple(_function(function, **made[function.name]) for function in spec.functions)
            return LocalFunctionsFile(functions=functions).model_dump_json(indent=2) + "\n"

        ConfigurationFile(
            places.FUNCTIONS.name,
            {"path": str(places.FUNCTIONS), "content": Output.all(**told).apply(content)},
            ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _function(
    spec: FunctionSpec, queue: str, settings: dict[str, str], zones: dict[Any, str]
) -> LocalFunction:
    source = spec.source
    watched = None
    if isinstance(source, ObjectCreated):
        watched = Watched(bucket=zones[source.zone].removeprefix("s3://"), prefix=source.prefix)
    return LocalFunction(
        name=spec.name,
        entry=entry(spec.handler),
        code=_code(spec.handler),
        queue=queue,
        timeout_seconds=spec.timeout_seconds,
        batch_size=spec.batch_size,
        environment=settings,
        watched=watched,
    )


def _code(handler: str) -> str:
    """Hash of a function's files, so that a changed one is started anew."""
    made = hashlib.sha256()
    for path, data in sources.collect(places.ROOT, handler, None).items():
        made.update(f"{path}\0{len(data)}\0".encode() + data)
    return made.hexdigest()
