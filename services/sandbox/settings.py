"""The sandbox's knobs: a flag each, with an environment variable as its default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from environments import places

HOST = "127.0.0.1"  # Fixed: the sandbox never leaves the loopback interface.


@dataclass(frozen=True)
class Settings:
    """What one sandbox process runs with."""

    port: int
    datasets: Path
    client_secret_name: str
    token_seconds: float
    secret_overlap_seconds: float
    seed: int
    rate: float
    error_rate: float
    control: bool


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Reads flags over environment variables over defaults; argparse ends the process on a bad one."""
    parser = argparse.ArgumentParser(prog="services.sandbox", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=_port, required=True, help="0 takes a free one")
    parser.add_argument(
        "--datasets",
        type=Path,
        default=_env("DATASETS", str(places.DATASETS)),
        help="folder of the two files",
    )
    parser.add_argument(
        "--client-secret-name",
        default=_env("CLIENT_SECRET_NAME", "sluice-local-source-commerce"),
        help="the secret in Secrets Manager that holds client_id and client_secret",
    )
    parser.add_argument(
        "--token-seconds", type=_positive, default=_env("TOKEN_SECONDS", "60"), help="life of an access token"
    )
    parser.add_argument(
        "--secret-overlap-seconds",
        type=_positive,
        default=_env("SECRET_OVERLAP_SECONDS", "86400"),
        help="how long a client's old secret is accepted beside a new one",
    )
    parser.add_argument(
        "--seed", type=int, default=_env("SEED", "1997"), help="decides duplicates and the odd 500"
    )
    parser.add_argument(
        "--rate", type=_positive, default=_env("RATE", "20"), help="requests a second before 429"
    )
    parser.add_argument(
        "--error-rate", type=_share, default=_env("ERROR_RATE", "0.01"), help="share of requests met by a 500"
    )
    parser.add_argument("--control", action="store_true", help="serve /_control (tests only)")
    return Settings(**vars(parser.parse_args(arguments)))


def _env(name: str, default: str) -> str:
    # A string on purpose: argparse runs string defaults through the same checks as flags.
    return os.environ.get(f"SLUICE_SANDBOX_{name}", default)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535)")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share between 0 and 1")
    return number
