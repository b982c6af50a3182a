"""Makes text from a program safe to print: names and messages may hold anything that a string can hold."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Both join letters in ordinary words and emoji.
_JOINERS = {"\u200c", "\u200d"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
# Old GitHub runners and Azure agents take `##[…]` and `##vso[…]` anywhere in a line for a command.
_AGENT_COMMAND = re.compile(r"##(?=\w*\[)")


def well_formed(text: str) -> str:
    """Without lone surrogates, which no UTF-8 file can hold."""
    return _SURROGATE.sub("\ufffd", text)


def visible(text: str) -> str:
    """One line in which nothing acts on the reader: terminal escapes, direction overrides and other invisible
    characters are written out (`\\x1b`), line breaks become blanks, and no CI agent sees a command in it.
    """
    flat = _BLANKS.sub(" ", text).strip()
    if not flat.isascii() or not flat.isprintable():
        flat = "".join(_written_out(character) for character in flat)
    return _AGENT_COMMAND.sub("# #", flat)


def clipped(text: str, length: int) -> str:
    """At most so many characters; the last says that more followed."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _written_out(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
