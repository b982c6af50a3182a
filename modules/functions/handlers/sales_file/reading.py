"""Reads a delivered file (CSV, UTF-8, plain or gzip) into valid rows and rows that break a rule.

Row by row with Python's own reader: DuckDB's, told to keep rejects, loses all that follows a quote that never
closes, without a word (1.5.5).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TextIO

from modules.functions.handlers.sales_file.rows import COLUMNS, Rules

MOST_BYTES = 64 * 2**20
"""Of a file as it is delivered."""
MOST_TEXT = 128 * 2**20
"""Characters of a file, unpacked: what fits a function's memory and disk, whoever packed it."""
LONGEST_ROW = 2**20
"""Characters of a row, all its lines together."""
_GZIP = b"\x1f\x8b"


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why, without any of its content."""


class _Writer(Protocol):
    def writerow(self, row: list[Any], /) -> Any: ...


@dataclass(frozen=True)
class Read:
    """What was read: two files, and how many rows each has."""

    valid: Path
    """CSV with header: the columns in their order, and `line`."""
    violations: Path
    """CSV with header: `line`, `record` (a JSON object), `reasons` (joined by `; `)."""
    rows: int
    quarantined: int
    by_reason: dict[str, int]


def read(file: Path, folder: Path, delivered: date) -> Read:
    """Reads a file, checking every row.

    Args:
        file: the file as it was delivered.
        folder: where the two results are written.
        delivered: the day it was delivered for.

    Raises:
        Unreadable: it is empty, damaged, too large, not in UTF-8, or lacks a column.
    """
    if file.stat().st_size == 0:
        raise Unreadable("the file is empty")
    found = Read(folder / "valid.csv", folder / "violations.csv", 0, 0, {})
    try:
        with ExitStack() as opened:
            rows = _rows(_open(file, opened))
            valid = csv.writer(opened.enter_context(found.valid.open("w", newline="", encoding="utf-8")))
            bad = csv.writer(opened.enter_context(found.violations.open("w", newline="", encoding="utf-8")))
            return _sort(rows, valid, bad, found, Rules(delivered))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("the gzip stream is damaged or cut off") from None
    except UnicodeDecodeError:
        raise Unreadable("the text is not UTF-8") from None


def _sort(
    rows: Iterator[tuple[int, list[str]]], valid: _Writer, bad: _Writer, found: Read, rules: Rules
) -> Read:
    header = _header(next(rows, (0, []))[1])
    valid.writerow([*COLUMNS, "line"])
    bad.writerow(["line", "record", "reasons"])
    count = quarantined = 0
    by_reason: dict[str, int] = {}
    for line, values in rows:
        count += 1
        if len(values) != len(header):
            record: dict[str, str] | list[str] = values
            reasons = [f"the row has not {len(header)} fields as the header has"]
        else:
            record = dict(zip(header, values, strict=True))
            reasons = rules.reasons(record)
            if not reasons:
                valid.writerow([*(record[column] for column in COLUMNS), line])
                continue
        quarantined += 1
        for reason in reasons:
            by_reason[reason] = by_reason.get(reason, 0) + 1
        bad.writerow([line, json.dumps(record, ensure_ascii=True), "; ".join(reasons)])
    return Read(found.valid, found.violations, count, quarantined, dict(sorted(by_reason.items())))


def _open(file: Path, opened: ExitStack) -> TextIO:
    raw = opened.enter_context(file.open("rb"))
    # By the bytes, not by the name: a `.csv.gz` that a browser has unpacked is still good.
    packed = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    stream = opened.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
    return opened.enter_context(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))


def _rows(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each ends on; blank lines are none."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.of_row = 0
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(f"line {reader.line_num} is not CSV: {error}") from None
        if values:
            yield reader.line_num, values


class _Lines:
    """The lines of a text, within the limits: a small file may unpack to anything."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._read = 0
        self.of_row = 0
        """Characters read since the row began."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self._read += len(line)
        self.of_row += len(line)
        if self._read > MOST_TEXT:
            raise Unreadable(f"unpacked, the file has more than {MOST_TEXT} characters")
        if self.of_row > LONGEST_ROW:
            raise Unreadable(f"a row has more than {LONGEST_ROW} characters: do its quotes close?")
        return line


def _header(names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    if not names:
        raise Unreadable("the file has no header")
    if missing := [column for column in COLUMNS if column not in names]:
        raise Unreadable(f"the header lacks {', '.join(missing)}")
    if len(set(names)) != len(names):
        raise Unreadable("the header has a column twice")
    return names
