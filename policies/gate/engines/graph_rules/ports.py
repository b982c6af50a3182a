"""Sets of protocols and ports, and what an ordered list of allow and deny rules lets through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.values import Value

Span = tuple[str, int, int]
Ports = frozenset[Span]

_LAST = 65535
_BY_NUMBER = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}
_NAMED = ("tcp", "udp", "icmp", "icmpv6")
_REST = "other"

NONE: Ports = frozenset()
ALL: Ports = frozenset((protocol, 0, _LAST) for protocol in (*_NAMED, _REST))


@dataclass(frozen=True)
class Between:
    """Ports that are surely let through, and those that may be."""

    sure: Ports = NONE
    maybe: Ports = NONE

    @property
    def certainty(self) -> Certainty:
        """Whether anything is let through."""
        return Certainty.YES if self.sure else Certainty.MAYBE if self.maybe else Certainty.NO

    def __and__(self, other: Between) -> Between:
        return Between(both(self.sure, other.sure), both(self.maybe, other.maybe))

    def __or__(self, other: Between) -> Between:
        return Between(self.sure | other.sure, self.maybe | other.maybe)

    def only_if(self, condition: Certainty) -> Between:
        """This, where something else holds as well."""
        if condition is Certainty.YES:
            return self
        return Between(NONE, self.maybe if condition is Certainty.MAYBE else NONE)

    @property
    def shown(self) -> str:
        """For a person: what is sure, else what may be."""
        return text(self.sure or self.maybe)


NOTHING = Between()
EVERYTHING = Between(ALL, ALL)
UNSURE = Between(NONE, ALL)


def exactly(ports: Ports) -> Between:
    """Ports that are known."""
    return Between(ports, ports)


def spans(protocol: str, low: int = 0, high: int = _LAST) -> Ports:
    """One protocol by name or number (`-1`, `all` and `*` are every one) and a range of ports."""
    name = _BY_NUMBER.get(protocol.lower(), protocol.lower())
    if name in ("-1", "all", "*", "any"):
        # AWS ignores the ports of a rule for all protocols.
        return ALL
    if name in ("tcp", "udp"):
        return frozenset({(name, low, high)}) if low <= high else NONE
    return frozenset({(name if name in _NAMED else _REST, 0, _LAST)})


def given(protocol: Value, low: Value, high: Value) -> Between:
    """Ports as a rule's inputs give them; what is not known may be anything."""
    protocol, low, high = (values.literal(item) for item in (protocol, low, high))
    if isinstance(protocol, int | float) and not isinstance(protocol, bool):
        protocol = str(int(protocol))
    if not isinstance(protocol, str) or "${" in protocol:
        return UNSURE
    low, high = _number(low), _number(high)
    whole = spans(protocol)
    if isinstance(low, int) and isinstance(high, int):
        if (low, high) in ((0, 0), (-1, -1)) and whole == ALL:
            return exactly(ALL)
        return exactly(spans(protocol, max(low, 0), high if high >= 0 else _LAST))
    if low is None and high is None:
        return exactly(whole)
    return exactly(whole) if whole == ALL else Between(NONE, whole)


def _number(value: Value) -> Value:
    if isinstance(value, bool):
        return {}
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value


def both(one: Ports, other: Ports) -> Ports:
    """What is in both."""
    if one is ALL or one == ALL:
        return other
    if other is ALL or other == ALL:
        return one
    return frozenset(
        (protocol, max(low, low_), min(high, high_))
        for protocol, low, high in one
        for protocol_, low_, high_ in other
        if protocol == protocol_ and max(low, low_) <= min(high, high_)
    )


def without(one: Ports, other: Ports) -> Ports:
    """What is in one and not in the other."""
    left = set(one)
    for protocol, low, high in other:
        for span in [item for item in left if item[0] == protocol]:
            if span[1] > high or span[2] < low:
                continue
            left.discard(span)
            if span[1] < low:
                left.add((protocol, span[1], low - 1))
            if span[2] > high:
                left.add((protocol, high + 1, span[2]))
    return frozenset(left)


@dataclass(frozen=True)
class Entry:
    """One rule of an ordered list, as it applies to packets from the internet."""

    order: float | None
    """The lowest is looked at first; None where that is not known."""
    allow: bool | None
    ports: Between
    label: str = ""


def admitted(entries: Iterable[Entry]) -> Between:
    """What an ordered list lets in; what no rule decides is refused. At one place, deny goes first."""
    entries = list(entries)
    return Between(_least(entries), _most(entries))


def _least(entries: list[Entry]) -> Ports:
    """Every rule that is not known is taken to refuse all that it might."""
    first, last = float("-inf"), float("inf")
    allowed, undecided = NONE, ALL
    for entry in sorted(
        entries,
        key=lambda item: (
            item.order if item.order is not None else last if item.allow else first,
            bool(item.allow),
        ),
    ):
        if entry.allow:
            allowed |= both(undecided, entry.ports.sure)
            undecided = without(undecided, entry.ports.sure)
        else:
            undecided = without(undecided, entry.ports.maybe)
    return allowed


def _most(entries: list[Entry]) -> Ports:
    """Every rule that is not known is taken to let in all that it might."""
    first, last = float("-inf"), float("inf")
    allowed, undecided = NONE, ALL
    for entry in sorted(
        entries,
        key=lambda item: (
            item.order if item.order is not None else last if item.allow is False else first,
            item.allow is not False,
        ),
    ):
        if entry.allow is False:
            undecided = without(undecided, _whole(entry.ports.sure))
        else:
            allowed |= both(undecided, entry.ports.maybe)
    return allowed


def _whole(ports: Ports) -> Ports:
    """Without `other`, which stands for many protocols: a rule that refuses one of them refuses not all."""
    return ports if ports >= ALL else frozenset(span for span in ports if span[0] != _REST)


def text(ports: Ports) -> str:
    """For a person."""
    if ports >= ALL:
        return "all ports"
    shown = []
    for protocol, low, high in sorted(ports):
        if (low, high) == (0, _LAST):
            shown.append(f"all {protocol}")
        else:
            shown.append(f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}")
    return ", ".join(shown[:6]) + (", …" if len(shown) > 6 else "")
