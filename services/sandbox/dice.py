"""Deterministic chance: the same question gets the same answer, in every process and on every machine."""

from __future__ import annotations

from hashlib import blake2b


def below(question: str, bound: int) -> int:
    """A number from 0 to bound - 1 that depends on the question alone."""
    return int.from_bytes(blake2b(question.encode(), digest_size=8).digest(), "big") % bound


def happens(question: str, chance: float) -> bool:
    """True for that share of all questions."""
    return below(question, 1_000_000) < chance * 1_000_000
