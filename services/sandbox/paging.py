"""Cursor pagination, with the repetition at page borders that real suppliers have."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.sandbox import dice, query
from services.sandbox.problem import ApiProblem
from services.sandbox.sales import Collection, Row

PARAMETERS = ("updated_since", "updated_before", "limit", "cursor")
REPEAT_CHANCE = 0.3
MAC_BYTES = 16


@dataclass(frozen=True)
class Filter:
    """What a cursor is bound to."""

    collection: str
    since: str | None
    before: str | None


@dataclass(frozen=True)
class Page:
    """One page, and the cursor of the next one if there is one."""

    rows: list[Row]
    next_cursor: str | None


class Pager:
    """Cuts collections into pages; its seed decides at which borders a row comes twice."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        # From the seed, not drawn: a cursor outlives a restart. It stops mistakes, it guards no secret.
        self._key = hashlib.sha256(f"cursor:{seed}".encode()).digest()

    def page(self, collection: Collection, parameters: Mapping[str, str]) -> Page:
        """The page that the query asks for."""
        limit = query.page_size(parameters.get("limit"))
        asked = Filter(
            collection.name,
            query.moment("updated_since", parameters.get("updated_since")),
            query.moment("updated_before", parameters.get("updated_before")),
        )
        cursor = parameters.get("cursor")
        if cursor is None:
            wanted, done = asked, 0
        else:
            wanted, done = self._decode(cursor)
            _must_match(asked, wanted, parameters)
        if wanted.since and wanted.before and wanted.since > wanted.before:
            raise ApiProblem(400, "updated_since must not be later than updated_before")
        return self._cut(collection, wanted, done, limit)

    def _cut(self, collection: Collection, wanted: Filter, done: int, limit: int) -> Page:
        positions = collection.between(wanted.since, wanted.before)
        start = done
        # A page of one row would repeat itself for ever.
        if 0 < done < len(positions) and limit > 1 and self._repeats(collection, positions[done - 1]):
            start = done - 1
        chosen = positions[start : start + limit]
        end = start + len(chosen)
        following = self._encode(wanted, end) if end < len(positions) else None
        return Page([collection.rows[position] for position in chosen], following)

    def _repeats(self, collection: Collection, position: int) -> bool:
        return dice.happens(f"border:{self._seed}:{collection.name}:{position}", REPEAT_CHANCE)

    def _encode(self, wanted: Filter, done: int) -> str:
        content = json.dumps([wanted.collection, wanted.since, wanted.before, done]).encode()
        return base64.urlsafe_b64encode(self._mac(content) + content).decode().rstrip("=")

    def _decode(self, cursor: str) -> tuple[Filter, int]:
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ApiProblem(400, "cursor is not one that this API gave out") from None
        mac, content = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(content)):
            raise ApiProblem(400, "cursor is not one that this API gave out")
        collection, since, before, done = json.loads(content)
        return Filter(collection, since, before), done

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:MAC_BYTES]


def _must_match(asked: Filter, wanted: Filter, parameters: Mapping[str, str]) -> None:
    # A client may leave the bounds out, since the cursor knows them; it may not change them.
    differs = (
        asked.collection != wanted.collection
        or ("updated_since" in parameters and asked.since != wanted.since)
        or ("updated_before" in parameters and asked.before != wanted.before)
    )
    if differs:
        raise ApiProblem(400, "cursor belongs to another query; start again without it")
