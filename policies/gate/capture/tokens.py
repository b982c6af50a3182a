"""Stand-in texts and numbers that carry a reference through the program's own code and can be found again.

A token is letters and digits only, so that `.lower()`, `.upper()`, `re.sub(r"[^a-z0-9]", "")`, JSON and URL
quoting leave it whole, and its start is enough to know it, should the program cut it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from policies.gate.values import Reference

_DIGITS = 16
TOKEN = re.compile(r"sluiceref(\d{6,16})(?!\d)|sluiceref(\d{16})", re.IGNORECASE)
_ARN = re.compile(
    r"arn:aws:sluice:sluiceref\d{16}:sluiceref\d{16}:sluiceref(\d{16})(?!\d)",
    re.IGNORECASE,
)
_AZURE_ID = re.compile(
    r"/subscriptions/sluiceref\d{16}/resourceGroups/(?:sluiceref\d{16}/providers/Sluice/stand-ins/)?sluiceref(\d{16})(?!\d)",
    re.IGNORECASE,
)
NUMBER_IN_TEXT = re.compile(r"(?<!\d)(70\d{14})(?:\.0)?(?!\d)")
KEY = re.compile(r"sluicekey(\d{16})", re.IGNORECASE)

# Whole numbers up to 2**53 survive the wire; nobody configures one as large as these.
_NUMBERS = 7_000_000_000_000_000
_SPAN = 10**13

_ACCOUNT = Reference("call:aws:index/getCallerIdentity:getCallerIdentity", "accountId")
_REGION = Reference("call:aws:index/getRegion:getRegion", "region")
_SUBSCRIPTION = Reference("call:azure-native:authorization:getClientConfig", "subscriptionId")
_AZURE_GROUP = re.compile(r"azure-native:resources(/\w+)?:(get)?ResourceGroup(::|@|$)")


@dataclass(frozen=True)
class Found:
    """A token found in a text, from `start` to `end`."""

    start: int
    end: int
    reference: Reference
    altered: bool


class Tokens:
    """All tokens handed out in one capture."""

    def __init__(self) -> None:
        self._texts: dict[str, Reference] = {}
        self._formed: set[str] = set()
        """Digits of tokens that were handed out as the last part of an ARN or of an Azure id."""
        self._numbers: dict[int, Reference] = {}
        self._keys: dict[str, str] = {}
        self._region = self.text(_REGION)
        self._account = self.text(_ACCOUNT)

    def text(self, reference: Reference) -> str:
        """A token for an output that is a text."""
        digits = _digits(reference)
        self._texts[digits] = reference
        return f"sluiceref{digits}"

    def arn(self, reference: Reference) -> str:
        """A token in the form of an ARN, so that a program can take it apart."""
        token = self.text(reference)
        self._formed.add(token[-_DIGITS:])
        return f"arn:aws:sluice:{self._region}:{self._account}:{token}"

    def azure_id(self, reference: Reference) -> str:
        """A token in the form of an Azure resource's id: programs take the subscription out of it."""
        token = self.text(reference)
        self._formed.add(token[-_DIGITS:])
        within = f"/subscriptions/{self.text(_SUBSCRIPTION)}/resourceGroups"
        if _AZURE_GROUP.search(reference.urn):
            return f"{within}/{token}"
        group = self.text(Reference(reference.urn, "resourceGroupName"))
        return f"{within}/{group}/providers/Sluice/stand-ins/{token}"

    def number(self, reference: Reference) -> int:
        """A number that stands for an output."""
        number = _NUMBERS + int(_digits(reference)) % _SPAN
        self._numbers[number] = reference
        return number

    def key(self, name: str) -> str:
        """A stand-in for an encrypted configuration value."""
        digits = _digits(Reference("config", name))
        self._keys[digits] = name
        return f"sluicekey{digits}"

    def key_number(self, name: str) -> int:
        """A number that stands for an encrypted configuration value."""
        return self.number(Reference("config", name))

    def of_number(self, number: float) -> Reference | None:
        """What a number stands for, if anything."""
        return self._numbers.get(int(number)) if isinstance(number, int | float) else None

    def keys_in(self, text: str) -> list[tuple[int, int, str]]:
        """Encrypted configuration values in a text: start, end, name."""
        if "sluicekey" not in text.lower():
            return []
        return [
            (match.start(), match.end(), self._keys[match[1]])
            for match in KEY.finditer(text)
            if match[1] in self._keys
        ]

    def in_text(self, text: str) -> list[Found]:
        """All tokens in a text, in order."""
        found: list[Found] = []
        if "sluiceref" in text.lower():
            taken: list[tuple[int, int]] = []
            for form in (_ARN, _AZURE_ID):
                for match in form.finditer(text):
                    reference = self._texts.get(match[1])
                    if reference and match[1] in self._formed:
                        found.append(Found(match.start(), match.end(), reference, False))
                        taken.append(match.span())
            for match in TOKEN.finditer(text):
                if any(start <= match.start() < end for start, end in taken):
                    continue
                digits = match[1] or match[2]
                reference = self._named(digits)
                if reference:
                    altered = len(digits) < _DIGITS or digits in self._formed
                    found.append(Found(match.start(), match.end(), reference, altered))
        if self._numbers and "70" in text:
            for match in NUMBER_IN_TEXT.finditer(text):
                reference = self._numbers.get(int(match[1]))
                if reference and not any(item.start <= match.start() < item.end for item in found):
                    found.append(Found(match.start(), match.end(), reference, False))
        return sorted(found, key=lambda item: item.start)

    def held_by(self, value: Any, depth: int = 8) -> bool:
        """Whether a value of the program's holds a stand-in, as deep as such values go."""
        if depth == 0:
            return False
        if isinstance(value, str):
            return bool(self.in_text(value) or self.keys_in(value))
        if isinstance(value, bool) or value is None:
            return False
        if isinstance(value, int | float):
            return self.of_number(value) is not None
        if isinstance(value, Mapping):
            return any(self.held_by(item, depth - 1) for item in value.values())
        if isinstance(value, list | tuple):
            return any(self.held_by(item, depth - 1) for item in value)
        # An answer to a provider function is an object.
        return any(self.held_by(item, depth - 1) for item in getattr(value, "__dict__", {}).values())

    def _named(self, digits: str) -> Reference | None:
        if len(digits) == _DIGITS:
            return self._texts.get(digits)
        begins = {whole for whole in self._texts if whole.startswith(digits)}
        return self._texts[begins.pop()] if len(begins) == 1 else None


def _digits(reference: Reference) -> str:
    digest = blake2b(f"{reference.urn}\0{reference.property}".encode(), digest_size=8).digest()
    return f"{int.from_bytes(digest) % 10**_DIGITS:0{_DIGITS}d}"
