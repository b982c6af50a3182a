"""Listens to the SDK's own functions: to know which line called, and to outlive missing configuration.

Functions of SDK 3.272.0: `pulumi.resource.register_resource` and `read_resource`,
`pulumi.runtime.resource.prepare_resource` and `_get_stack_trace`, `pulumi.runtime.invoke.*`,
`pulumi.Config._require*` and `_get_*`, `pulumi.StackReference.require_output`, `pulumi.Output.apply`,
`pulumi.resource.collapse_alias_to_urn`.
"""

from __future__ import annotations

import base64
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi.resource
import pulumi.runtime
import pulumi.runtime.resource as runtime_resource
from pulumi.config import ConfigMissingError, ConfigTypeError
from pulumi.dynamic import dynamic
from pulumi.output import UNKNOWN
from pulumi.runtime.proto import source_pb2

from policies.gate.capture.session import (
    CALLING,
    LIFTED,
    REGISTRATION,
    Calling,
    Missing,
    Registration,
    Session,
)

_PLACEHOLDERS: dict[str, Any] = {
    "_require": "sluice-missing-config",
    "_require_bool": False,
    "_require_int": 1,
    "_require_float": 1.0,
}
_TYPED = {"_get_bool": bool, "_get_int": int, "_get_float": float, "_get_object": dict}


def install(session: Session) -> None:
    """Puts all listeners in place; the process captures one program and ends."""
    runtime_resource._get_stack_trace = lambda: source_pb2.StackTrace()
    _registrations(session)
    _calls(session)
    _config(session)
    _stack_references(session)
    _outputs(session)
    _decoding()
    # Full URNs of aliases are for engines that take no alias specifications; ours does, and nobody reads them. Of
    # Azure's resources, with an alias for each version of their API, they are two thirds of a capture.
    pulumi.resource.collapse_alias_to_urn = lambda alias, *_: alias  # type: ignore[attr-defined]
    # The pickled code of a dynamic provider is no input that a rule reads, and its bytes are not stable.
    dynamic.serialize_provider = lambda provider: "provider"


def _outputs(session: Session) -> None:
    """What stops on a stand-in would not have been run in a preview: its result is unknown, as it would be there.

    Indexing and attributes (`run_with_unknowns`) make no resources, so nothing is lost with them.
    """
    original = pulumi.Output.apply

    @functools.wraps(original)
    def apply(self: Any, func: Any, run_with_unknowns: bool = False) -> Any:
        def stopped(value: Any, error: Exception) -> Any:
            if isinstance(error, MemoryError | RecursionError) or not session.tokens.held_by(value):
                raise error
            if not run_with_unknowns:
                session.note_not_run(func, error)
            return UNKNOWN

        # Older SDKs call a provider function from an `apply`: the line is the one that asked for it.
        lifted = sys._getframe(1).f_code.co_name == "lifted_func"
        asked = session.sites.here() if lifted else ()

        async def awaited(value: Any, result: Any) -> Any:
            try:
                return await result
            except Exception as error:
                return stopped(value, error)

        def guarded(value: Any) -> Any:
            token = LIFTED.set(asked)
            try:
                result = func(value)
            except Exception as error:
                return stopped(value, error)
            finally:
                LIFTED.reset(token)
            if isinstance(result, bytes) and session.tokens.held_by(text := result.decode(errors="replace")):
                # Whatever the program would have made of the real text, the stand-in stays one.
                return text
            return awaited(value, result) if inspect.isawaitable(result) else result

        return original(self, guarded, run_with_unknowns)

    pulumi.Output.apply = apply  # type: ignore[method-assign]


def _decoding() -> None:
    """An output that a program decodes (a cluster's certificate) stays the token that it is."""
    for name in ("b64decode", "standard_b64decode", "urlsafe_b64decode"):
        setattr(base64, name, _decoded(getattr(base64, name)))


def _decoded(original: Any) -> Any:
    @functools.wraps(original)
    def wrapped(s: Any, *args: Any, **kwargs: Any) -> bytes:
        data = s.encode() if isinstance(s, str) else bytes(s)
        if data.startswith((b"sluiceref", b"sluicekey")):
            return data
        return original(s, *args, **kwargs)  # type: ignore[no-any-return]

    return wrapped


def _registrations(session: Session) -> None:
    module: Any = pulumi.resource
    register, read = module.register_resource, module.read_resource

    def registered(
        res: Any, ty: str, name: str, custom: bool, remote: bool, new: Any, props: Any, *rest: Any
    ) -> None:
        _within(
            session,
            res,
            props,
            _args(rest),
            lambda: register(res, ty, name, custom, remote, new, props, *rest),
        )

    def read_(res: Any, ty: str, name: str, props: Any, *rest: Any) -> None:
        _within(session, res, props, _args(rest), lambda: read(res, ty, name, props, *rest))

    module.register_resource = registered
    module.read_resource = read_

    prepare = runtime_resource.prepare_resource

    @functools.wraps(prepare)
    async def prepared(*args: Any, **kwargs: Any) -> Any:
        try:
            return await prepare(*args, **kwargs)
        except Exception as error:
            registration = REGISTRATION.get()
            if registration and registration.sites and not hasattr(error, "sluice_site"):
                error.sluice_site = registration.sites[0]  # type: ignore[attr-defined]
            raise

    runtime_resource.prepare_resource = prepared


def _args(rest: tuple[Any, ...]) -> type | None:
    return rest[1] if len(rest) > 1 else None


def _within(session: Session, res: Any, props: Any, args: type | None, act: Callable[[], None]) -> None:
    registration = Registration(res, type(res), tuple(props or ()), args, session.sites.here())
    token = REGISTRATION.set(registration)
    try:
        act()
    finally:
        REGISTRATION.reset(token)


def _calls(session: Session) -> None:
    module = sys.modules["pulumi.runtime.invoke"]
    for name, position in (("invoke", 3), ("invoke_output", 3), ("invoke_async", 3), ("call", 3)):
        wrapped = _calling(session, getattr(module, name), position)
        setattr(module, name, wrapped)
        if hasattr(pulumi.runtime, name):
            setattr(pulumi.runtime, name, wrapped)


def _calling(session: Session, original: Any, position: int) -> Any:
    @functools.wraps(original)
    def wrapped(tok: str, *args: Any, **kwargs: Any) -> Any:
        answer = kwargs.get("typ", args[position - 1] if len(args) >= position else None)
        token = CALLING.set(Calling(tok, answer, session.sites.here() or LIFTED.get()))
        try:
            return original(tok, *args, **kwargs)
        finally:
            CALLING.reset(token)

    return wrapped


def _config(session: Session) -> None:
    for name in (*_PLACEHOLDERS, "_require_object"):
        setattr(pulumi.Config, name, _required(session, name, getattr(pulumi.Config, name)))
    for name, type_ in _TYPED.items():
        setattr(pulumi.Config, name, _typed(session, type_, getattr(pulumi.Config, name)))


class _Anything(dict[str, Any]):
    """Stands for an object that is not configured: has whatever the program looks for."""

    def __missing__(self, key: str) -> _Anything:
        return _Anything()


def _required(session: Session, name: str, original: Any) -> Any:
    @functools.wraps(original)
    def wrapped(self: Any, key: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, key, *args, **kwargs)
        except ConfigMissingError as error:
            site = next(iter(session.sites.here()), None)
            kind = "secret" if error.secret else ""
            session.missing_config.setdefault(error.key, Missing("config", error.key, site, kind))
            return _PLACEHOLDERS.get(name, _Anything())

    return wrapped


def _typed(session: Session, type_: type, original: Any) -> Any:
    """An encrypted value that the program reads as a number, a bool or an object."""

    @functools.wraps(original)
    def wrapped(self: Any, key: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, key, *args, **kwargs)
        except ConfigTypeError as error:
            if error.key not in session.job.encrypted:
                raise
            if type_ in (int, float):
                return type_(session.tokens.key_number(error.key))
            return type_()

    return wrapped


def _stack_references(session: Session) -> None:
    original = pulumi.StackReference.require_output

    @functools.wraps(original)
    def wrapped(self: Any, name: Any) -> Any:
        if isinstance(name, str):
            session.wanted_outputs.append((self, name, session.sites.here()))
        return original(self, name)

    pulumi.StackReference.require_output = wrapped  # type: ignore[method-assign]
