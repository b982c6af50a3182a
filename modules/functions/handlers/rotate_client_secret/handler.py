"""The four steps in which Secrets Manager rotates an entry; each may come more than once.

(docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from modules.functions.handlers.rotate_client_secret.entry import Entry
from modules.functions.handlers.rotate_client_secret.source import Source
from modules.functions.runtime.fields import Fields
from modules.functions.runtime.problems import NotSetUp
from modules.functions.runtime.settings import required

log = logging.getLogger(__name__)


def handler(event: Any, context: object) -> None:
    """Does one step of one rotation.

    Raises:
        Rejected: it is no rotation that is under way.
        NotSetUp: the entry has no value yet, or none of the known sources.
        SourceRefused: the source gives no new secret, or does not take it.
        ClientError: the secrets service does not take it now; to be tried again.
    """
    fields = Fields("rotation", event)
    step = fields.one_of("Step", tuple(_STEPS))
    entry = Entry(fields.text("SecretId", most=2048), fields.text("ClientRequestToken", most=64))
    fields.check()
    if entry.is_rotated():
        log.info("rotated before", extra={"step": step})
        return
    _STEPS[step](entry, _source(entry))
    log.info("step done", extra={"step": step, "entry": entry.name})


def _create(entry: Entry, source: Source) -> None:
    if entry.pending() is not None:
        return
    current = entry.current()
    # With the rotation's own token: a step that is repeated gets the same secret, not one more.
    new = source.new_secret(current["client_id"], current["client_secret"], request_id=entry.token)
    entry.keep({**current, "client_secret": new})


def _set(entry: Entry, source: Source) -> None:
    """Nothing: the source knows the secret, as it made it."""


def _test(entry: Entry, source: Source) -> None:
    pending = _made(entry)
    source.prove(pending["client_id"], pending["client_secret"])


def _finish(entry: Entry, source: Source) -> None:
    # The service finishes only what was tested; a version without a value must not become current for anybody.
    _made(entry)
    entry.promote()


def _made(entry: Entry) -> dict[str, str]:
    pending = entry.pending()
    if pending is None:
        raise NotSetUp("the new version has no value: the first step has not been done")
    return pending


_STEPS: Mapping[str, Callable[[Entry, Source], None]] = {
    "createSecret": _create,
    "setSecret": _set,
    "testSecret": _test,
    "finishSecret": _finish,
}


def _source(entry: Entry) -> Source:
    """The source that an entry is for; `SOURCES` is a JSON object of addresses by the entry's name."""
    try:
        return Source(str(json.loads(required("SOURCES"))[entry.name]))
    except (ValueError, KeyError, TypeError):
        raise NotSetUp(f"SOURCES has no address for {entry.name}") from None
