"""`python -m services.sandbox --port P`: serves the sandbox on the loopback interface until it is stopped."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys

import uvicorn

from environments.problems import Exit, Refusal
from services.sandbox import app
from services.sandbox.settings import HOST, Settings, parse


def main() -> int:
    """Runs the server; a Refusal is printed, never traced."""
    settings = parse()
    try:
        # Before the data: a taken port is said at once, and who asks too early waits instead of failing.
        listener = _listen(settings)
        application = app.build(settings)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.exit_code
    config = uvicorn.Config(application, access_log=False, timeout_keep_alive=30, timeout_graceful_shutdown=5)
    logging.getLogger("uvicorn.error").info("sandbox on http://%s:%d", *listener.getsockname()[:2])
    # uvicorn ends in order on Ctrl-C, then raises it again.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listener])
    return Exit.FINE


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, settings.port))
        # Already listening: of two sandboxes on one port, the second must fail here.
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Refusal.because(
            f"cannot listen on {HOST}:{settings.port}: {error.strerror}",
            remedy="choose another --port, or stop what listens there",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    return listener


if __name__ == "__main__":
    sys.exit(main())
