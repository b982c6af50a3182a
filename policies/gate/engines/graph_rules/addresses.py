"""Which address ranges are the internet."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.values import Value

# A range as large as these holds strangers, whoever was meant: halves and quarters of the internet are the
# known way around a rule that looks for 0.0.0.0/0.
_WIDEST = {4: 8, 6: 16}
_ANYWHERE = ("*", "internet", "any")
_OWN_RANGES = (
    "cidrBlock",
    "ipv6CidrBlock",
    "ipCidrRange",
    "addressPrefix",
    "publicIp",
    "privateIp",
    "ipAddress",
)
_PREFIX_AT_END = re.compile(r"/(\d{1,3})$")


def internet(value: Value, family: int) -> Certainty:
    """Whether an input that holds one address range lets the internet in, over IPv4 or IPv6."""
    if value is None:
        return Certainty.NO
    known = values.literal(value)
    if isinstance(known, str):
        if "${" in known:
            return _built(known, family)
        return _literal(known, family)
    if values.is_ref(known) and known[values.REF]["property"] in _OWN_RANGES:
        return Certainty.NO
    return Certainty.MAYBE


def all_of_it(value: Value, family: int) -> Certainty:
    """Whether an input holds the whole internet: what a rule must name to keep all of it out."""
    known = values.literal(value)
    if isinstance(known, str) and "${" not in known:
        whole = known.lower() in _ANYWHERE or known in ("0.0.0.0/0", "::/0")
        return min(Certainty(2 * whole), _literal(known, family))
    return min(Certainty.MAYBE, internet(value, family))


@lru_cache(maxsize=4096)
def _literal(text: str, family: int) -> Certainty:
    if text.lower() in _ANYWHERE:
        return Certainty.YES
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return Certainty.NO if text.isalpha() else Certainty.MAYBE
    if network.version != family or network.prefixlen > _WIDEST[family]:
        return Certainty.NO
    return Certainty.NO if network.prefixlen and network.is_private else Certainty.YES


def _built(text: str, family: int) -> Certainty:
    """A range made of a reference, such as one address and `/32`."""
    match = _PREFIX_AT_END.search(text)
    if match and int(match[1]) > _WIDEST[family]:
        return Certainty.NO
    return Certainty.MAYBE
