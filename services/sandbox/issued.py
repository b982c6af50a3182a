"""New client secrets on request, as suppliers give them: the new one works at once, the old one for a time yet."""

from __future__ import annotations

import hmac
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Issued:
    """A new secret, and for how many seconds yet those before it are accepted."""

    client_secret: str = field(repr=False)
    previous_seconds: float


class IssuedSecrets:
    """Secrets that were issued or superseded since the process started; of any other it knows nothing.

    In memory, as all of the sandbox: after a restart, the one in the secrets service is the one that counts.
    """

    def __init__(self, overlap_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._overlap = overlap_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        # By request: the secret, and when those before it end.
        self._requests: dict[str, tuple[str, float]] = {}

    def accepts(self, client_secret: str) -> bool | None:
        """Whether a secret is accepted now; None if it never came up here."""
        with self._lock:
            for known, end in self._ends.items():
                if hmac.compare_digest(known.encode(), client_secret.encode()):
                    return self._clock() < end
        return None

    def issue(self, presented: str, request_id: str) -> Issued:
        """A new secret; every other one, that which the client has just shown included, ends after the overlap.

        The same request gets the same secret while it lives, so that a client that lost the answer can ask again.
        """
        with self._lock:
            now = self._clock()
            secret, end = self._requests.get(request_id, ("", now))
            if now >= self._ends.get(secret, now):
                secret, end = secrets.token_urlsafe(32), now + self._overlap
                before = {presented: math.inf, **self._ends}
                self._ends = {known: min(until, end) for known, until in before.items()}
                self._ends[secret] = math.inf
                self._requests[request_id] = secret, end
            return Issued(secret, max(0.0, end - now))
