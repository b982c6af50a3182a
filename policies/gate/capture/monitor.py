"""The engine's side of a capture: takes the SDK's raw requests, records them, answers with stand-ins.

Subclasses the SDK's MockMonitor (looked at in SDK 3.272.0). URNs, inheritance and the order of transforms are
those of the engine (`source_eval.go`, 3.258.0), not those of MockMonitor.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import callback_pb2, resource_pb2

from policies.gate.capture import answers, wire
from policies.gate.capture.records import Recorded, Records
from policies.gate.capture.session import REGISTRATION, Registration, Session
from policies.gate.capture.standins import inputs_of, shapes_of
from policies.gate.capture.transforms import LocalCallbacks, transformed
from policies.gate.graph import CallSite, Diagnostic
from policies.gate.values import Reference

_STACK = "pulumi:pulumi:Stack"
_STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Monitor(mocks.MockMonitor):
    """Answers every request in this process. A request with transforms is answered by an awaitable."""

    def __init__(self, session: Session) -> None:
        super().__init__(_NoMocks())
        self._session = session
        self.records = Records(session)
        self._own_transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._stack_callbacks: list[callback_pb2.Callback] = []
        self._invoke_callbacks: list[callback_pb2.Callback] = []

    def RegisterResource(self, request: Any) -> Any:
        """Records a new resource."""
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=self.records.stack(request.type, request.name))
        registration = REGISTRATION.get()
        transforms = self._transforms(request)
        urn = self.records.urn(request.parent, request.type, request.name)
        self._own_transforms.setdefault(urn, list(request.transforms))
        if transforms:
            return self._register_transformed(request, transforms, registration)
        return self._register(request, registration)

    def _transforms(self, request: Any) -> list[callback_pb2.Callback]:
        found = list(request.transforms)
        parent = request.parent
        while parent:
            found += self._own_transforms.get(parent, ())
            parent = self.records.parent_of(parent)
        return found + self._stack_callbacks

    async def _register_transformed(
        self, request: Any, transforms: list[callback_pb2.Callback], registration: Registration | None
    ) -> resource_pb2.RegisterResourceResponse:
        callbacks: LocalCallbacks = settings.SETTINGS.callbacks
        changed = await transformed(request, transforms, callbacks)
        urn = self.records.urn(request.parent, request.type, request.name)
        for transform in transforms:
            function = callbacks.function(transform.token)
            site = _defined_at(function, self._session)
            self._session.diagnostics.append(
                Diagnostic(
                    "transform",
                    f"the transform `{getattr(function, '__qualname__', 'transform')}` ran on it",
                    urn,
                    (site,) if site else (),
                )
            )
        return self._register(changed, registration)

    def _register(
        self, request: Any, registration: Registration | None
    ) -> resource_pb2.RegisterResourceResponse:
        recorded = self.records.registered(request, registration)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(
                urn=recorded.urn, object=wire.struct(_without_resources(recorded.raw))
            )
        outputs = self._outputs(recorded, registration, request.additionalSecretOutputs)
        return resource_pb2.RegisterResourceResponse(
            urn=recorded.urn,
            id=self._session.stand_ins.text(Reference(recorded.urn, "id")),
            object=wire.struct(outputs),
        )

    def _outputs(
        self, recorded: Recorded, registration: Registration | None, secret_names: Any
    ) -> dict[str, Any]:
        stand_ins, urn = self._session.stand_ins, recorded.urn
        shapes = shapes_of(registration.cls) if registration else {}
        accepted = inputs_of(registration.args) if registration else frozenset()
        outputs: dict[str, Any] = _without_resources(recorded.raw)
        for name, shape in shapes.items():
            if name in ("id", "urn"):
                continue
            if name in outputs:
                outputs[name] = stand_ins.filled(outputs[name], shape, urn, name)
            elif name in accepted and shape.kind not in ("text", "number", "object"):
                outputs[name] = wire.UNKNOWN
            else:
                outputs[name] = stand_ins.make(shape, urn, name)
        for name in registration.names if registration and not shapes else ():
            outputs.setdefault(name, stand_ins.text(Reference(urn, name)))
        outputs.update(self.records.tags_with_defaults(recorded, shapes))
        for name in secret_names:
            if name in outputs:
                outputs[name] = wire.secret(outputs[name])
        return outputs

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Records the outputs of the stack or of a component."""
        self.records.outputs(request.urn, wire.plain(request.outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:
        """Records a resource that exists already, or answers a stack reference."""
        registration = REGISTRATION.get()
        if request.type == _STACK_REFERENCE:
            urn = self.records.urn(request.parent, request.type, request.name)
            properties = answers.stack_reference(self._session, request.id, registration)
            return resource_pb2.ReadResourceResponse(
                urn=urn, id=request.id, properties=wire.struct(properties)
            )
        recorded = self.records.read(request, registration)
        outputs = self._outputs(recorded, registration, request.additionalSecretOutputs)
        return resource_pb2.ReadResourceResponse(
            urn=recorded.urn, id=request.id, properties=wire.struct(outputs)
        )

    def Invoke(self, request: Any) -> Any:
        """Answers a provider function."""
        if request.tok == "pulumi:pulumi:getResource":
            return self._existing(wire.plain(request.args)["urn"])
        if self._invoke_callbacks:
            return self._invoke_transformed(request)
        return self._invoke(request)

    def _existing(self, urn: str) -> resource_pb2.ResourceInvokeResponse:
        stand_in = self._session.stand_ins.text(Reference(urn, "id"))
        state = {"urn": urn, "id": stand_in, "state": _without_resources(self.records.raw(urn))}
        return resource_pb2.ResourceInvokeResponse(**{"return": wire.struct(state)})

    async def _invoke_transformed(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        callbacks: LocalCallbacks = settings.SETTINGS.callbacks
        current = resource_pb2.TransformInvokeRequest(token=request.tok, args=request.args)
        current.options.provider = request.provider
        for transform in self._invoke_callbacks:
            answer = await callbacks.invoke(transform.token, current)
            current.args.CopyFrom(answer.args)
            current.options.CopyFrom(answer.options)
        changed = resource_pb2.ResourceInvokeRequest()
        changed.CopyFrom(request)
        changed.args.CopyFrom(current.args)
        changed.provider = current.options.provider
        return self._invoke(changed)

    def _invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        provider = self.records.provider_for_call(request.tok, request.provider)
        answer = answers.call(self._session, request.tok, wire.plain(request.args), provider)
        return resource_pb2.ResourceInvokeResponse(**{"return": wire.struct(answer)})

    def Call(self, request: Any) -> Any:
        """Answers a resource's method."""
        provider = self.records.provider_for_call(request.tok, request.provider)
        answer = answers.call(self._session, request.tok, wire.plain(request.args), provider)
        response = self._call_response()
        getattr(response, "return").CopyFrom(wire.struct(answer))
        return response

    def _call_response(self) -> Any:
        from pulumi.runtime.proto import provider_pb2

        return provider_pb2.CallResponse()

    def RegisterStackTransform(self, request: Any) -> Any:
        """Keeps a transform for everything that is registered from now on."""
        self._stack_callbacks.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> Any:
        """Keeps a transform for every call from now on."""
        self._invoke_callbacks.append(request)
        return empty_pb2.Empty()


class _NoMocks(mocks.Mocks):
    """MockMonitor wants some; every request is answered before they are asked."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError(args.token)

    def new_resource(self, args: Any) -> Any:
        raise NotImplementedError(args.typ)


class Engine:
    """Takes the SDK's log messages; the program's prints and logs are no part of a graph."""

    def Log(self, request: Any) -> Any:
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any) -> Any:
        return empty_pb2.Empty()


def _without_resources(raw: Any) -> Any:
    """Whole resources as their ids: handing them back would make the SDK construct them once more."""
    if isinstance(raw, list):
        return [_without_resources(item) for item in raw]
    if isinstance(raw, dict):
        if wire.signature(raw) == wire.RESOURCE:
            return raw.get("id") or raw["urn"]
        return {key: _without_resources(item) for key, item in raw.items() if key != "__provider"}
    return raw


def _defined_at(function: Any, session: Session) -> CallSite | None:
    code = getattr(function, "__code__", None)
    file = session.sites.file(code.co_filename) if code else None
    return CallSite(file, code.co_firstlineno, code.co_qualname) if code and file else None
