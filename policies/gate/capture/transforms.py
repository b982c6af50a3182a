"""Runs resource and stack transforms as the engine does, in this process: no callback server, no socket.

Order as in the engine (`source_eval.go`, 3.258.0): the resource's own, then its parents', then the stack's.
The callback protocol is that of `pulumi.runtime._callbacks` (looked at in SDK 3.272.0).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import callback_pb2, resource_pb2

_TARGET = "in-process"


class LocalCallbacks(_CallbackServicer):
    """The SDK's callback server without a server."""

    def __init__(self, monitor: Any) -> None:
        self._callbacks = {}
        self._transforms = {}
        self._state_migrations = {}
        self._monitor = monitor
        self._target = _TARGET
        self._loop = asyncio.get_running_loop()

    def function(self, token: str) -> Any:
        """The program's own function behind a callback."""
        return next((function for function, known in self._transforms.items() if known == token), None)

    async def resource(
        self, token: str, request: resource_pb2.TransformRequest
    ) -> resource_pb2.TransformResponse:
        """Runs one resource transform."""
        return cast(resource_pb2.TransformResponse, await self._callbacks[token](request.SerializeToString()))

    async def invoke(
        self, token: str, request: resource_pb2.TransformInvokeRequest
    ) -> resource_pb2.TransformInvokeResponse:
        """Runs one invoke transform."""
        return cast(
            resource_pb2.TransformInvokeResponse, await self._callbacks[token](request.SerializeToString())
        )


async def transformed(
    request: resource_pb2.RegisterResourceRequest,
    transforms: Iterable[callback_pb2.Callback],
    callbacks: LocalCallbacks,
) -> resource_pb2.RegisterResourceRequest:
    """A registration after all its transforms."""
    current = resource_pb2.TransformRequest(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        properties=request.object,
        options=_options(request),
    )
    for transform in transforms:
        answer = await callbacks.resource(transform.token, current)
        current.properties.CopyFrom(answer.properties)
        if answer.HasField("options"):
            current.options.CopyFrom(answer.options)
    return _applied(request, current)


_LISTS = {
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "additionalSecretOutputs": "additional_secret_outputs",
    "replace_with": "replace_with",
    "aliases": "aliases",
}


def _options(request: resource_pb2.RegisterResourceRequest) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        version=request.version,
        provider=request.provider,
        plugin_download_url=request.pluginDownloadURL,
        deleted_with=request.deletedWith,
        providers=request.providers,
        hooks=request.hooks if request.HasField("hooks") else None,
        **{theirs: getattr(request, ours) for ours, theirs in _LISTS.items()},
    )
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    setattr(options, "import", request.importId)
    return options


def _applied(
    request: resource_pb2.RegisterResourceRequest, result: resource_pb2.TransformRequest
) -> resource_pb2.RegisterResourceRequest:
    changed = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    changed.object.CopyFrom(result.properties)
    options = result.options
    for ours, theirs in _LISTS.items():
        changed.ClearField(ours)  # type: ignore[arg-type]
        getattr(changed, ours).extend(getattr(options, theirs))
    del changed.dependencies[:]
    changed.dependencies.extend(options.depends_on)
    changed.provider = options.provider
    changed.deletedWith = options.deleted_with
    changed.importId = getattr(options, "import")
    changed.ClearField("protect")
    if options.HasField("protect"):
        changed.protect = options.protect
    changed.ClearField("retainOnDelete")
    if options.HasField("retain_on_delete"):
        changed.retainOnDelete = options.retain_on_delete
    changed.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    changed.deleteBeforeReplace = options.delete_before_replace
    for name in list(changed.propertyDependencies):
        if name not in changed.object.fields:
            del changed.propertyDependencies[name]
    return changed
