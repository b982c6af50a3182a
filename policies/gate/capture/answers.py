"""Answers provider functions and stack references: from fixtures, from other stacks, from well-known rules.

A well-known answer never invents a value: what only the cloud knows is a reference to the call itself
(`call:<token>`), which a rule sees as undetermined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from policies.gate.capture import wire
from policies.gate.capture.lookups import LOOKUPS
from policies.gate.capture.session import CALLING, Calling, Missing, Registration, Session
from policies.gate.capture.standins import Shape, shapes_of_answer
from policies.gate.capture.well_known import WELL_KNOWN, Asked
from policies.gate.graph import Call, Provider
from policies.gate.values import REF, SECRET, UNKNOWN, Reference, Value


def call(session: Session, token: str, args: dict[str, Any], provider: Provider) -> dict[str, Any]:
    """The answer to a provider function; one that nobody can give is noted and made of stand-ins."""
    calling = CALLING.get()
    if calling is None or calling.token != token:
        calling = Calling(token, None, session.sites.here())
    read = session.reader.properties(args, {})
    plain = wire.revealed(args)
    identity = _identity(token, read)
    shapes = shapes_of_answer(calling.answer) if calling.answer else {}
    answered_by, given = _given(session, token, plain, Asked(session, identity, plain, provider, shapes))
    if answered_by == "nobody":
        site = calling.sites[0] if calling.sites else None
        shown = json.dumps(read, sort_keys=True, ensure_ascii=False)
        session.unanswered.setdefault(identity, Missing("call", token, site, shown))
    session.calls.setdefault(identity, Call(identity, token, read, answered_by, calling.sites))  # type: ignore[arg-type]
    return _completed(session, given, shapes, identity)


def _given(session: Session, token: str, args: dict[str, Any], asked: Asked) -> tuple[str, dict[str, Any]]:
    for fixture in session.job.fixtures.get("calls", ()):
        if fixture["call"] == token and _matches(fixture.get("when", {}), args):
            returned = fixture.get("returns", {})
            return "fixture", {name: _recorded(session, item) for name, item in returned.items()}
    if token in WELL_KNOWN:
        return "built-in", WELL_KNOWN[token](asked)
    if token in LOOKUPS:
        return "built-in", {name: item for name, item in args.items() if name in asked.shapes}
    return "nobody", {name: item for name, item in args.items() if name in asked.shapes}


def _matches(when: Any, args: Any) -> bool:
    """Whether everything that a fixture asks for is in the arguments."""
    if isinstance(when, dict):
        return isinstance(args, dict) and all(
            key in args and _matches(item, args[key]) for key, item in when.items()
        )
    return bool(when == args)


def _completed(
    session: Session, given: Mapping[str, Any], shapes: Mapping[str, Shape], identity: str
) -> dict[str, Any]:
    answer = dict(given)
    for name, shape in shapes.items():
        if name in answer:
            answer[name] = session.stand_ins.filled(answer[name], shape, identity, name)
        else:
            made = session.stand_ins.make(shape, identity, name, nested=True)
            if made is not None:
                answer[name] = made
    return answer


def _identity(token: str, args: dict[str, Value]) -> str:
    """What a reference to an answer names: the function, and a short digest of its arguments."""
    given = {name: item for name, item in args.items() if item is not None}
    if not given:
        return f"call:{token}"
    text = json.dumps(given, sort_keys=True, ensure_ascii=False)
    return f"call:{token}@{blake2b(text.encode(), digest_size=4).hexdigest()}"


def stack_reference(session: Session, stack: str, registration: Registration | None) -> dict[str, Any]:
    """The outputs of another stack, from a fixture or from that stack's captured graph."""
    found = _stack(session, stack)
    if registration is not None:
        names = frozenset(found["outputs"]) if found else None
        session.stack_outputs[id(registration.resource)] = (stack, names)
    if found is None:
        site = registration.sites[0] if registration and registration.sites else None
        session.unanswered.setdefault(f"stack:{stack}", Missing("stack", stack, site))
        return {"name": stack, "outputs": wire.UNKNOWN, "secretOutputNames": []}
    outputs = {name: _recorded(session, item) for name, item in found["outputs"].items()}
    secret = set(found.get("secret_outputs", ())) | {
        name for name, item in found["outputs"].items() if isinstance(item, dict) and SECRET in item
    }
    marked = {name: wire.secret(item) if name in secret else item for name, item in outputs.items()}
    return {"name": stack, "outputs": marked, "secretOutputNames": sorted(secret)}


def _stack(session: Session, stack: str) -> dict[str, Any] | None:
    known: dict[str, Any] = session.job.fixtures.get("stacks", {})
    own = (session.job.organization, session.job.project)
    parts = stack.split("/")
    whole = "/".join([*own[: 3 - len(parts)], *parts]) if len(parts) < 3 else stack
    if len(parts) == 2:
        whole = f"{parts[0]}/{session.job.project}/{parts[1]}"
    return known.get(stack) or known.get(whole) or known.get("/".join(whole.split("/")[1:]))


def _recorded(session: Session, value: Value) -> Any:
    """A fixture's or another graph's value; marked objects become stand-ins of the same reference."""
    if isinstance(value, list):
        return [_recorded(session, item) for item in value]
    if not isinstance(value, dict):
        return value
    if REF in value:
        inside = value[REF]
        return inside.get("value") or session.stand_ins.text(Reference(inside["urn"], inside["property"]))
    if SECRET in value:
        key = value[SECRET].get("key", "secret")
        return wire.secret(session.tokens.key(key))
    if UNKNOWN in value:
        return wire.UNKNOWN
    return {key: _recorded(session, item) for key, item in value.items()}
