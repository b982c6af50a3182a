"""The European Central Bank's daily reference rates, cut from its history into the files of single days."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from environments.problems import Exit, Location, Refusal

ARCHIVE_NAME = "eurofxref-hist.zip"
MEMBER_NAME = "eurofxref-hist.csv"
# The feed keeps a month before the first purchase: enough for any rule about days without a rate.
KEPT_SINCE = date(2024, 12, 1)
NOT_QUOTED = ("", "N/A")


@dataclass(frozen=True)
class RateFile:
    """One TARGET day's file, as the ECB lays out its own one-day CSV."""

    day: date
    content: bytes

    @property
    def name(self) -> str:
        """The file's name in the feed."""
        return f"eurofxref-{self.day.isoformat()}.csv"

    def listing(self) -> dict[str, str | int]:
        """The file's line in the feed's listing."""
        return {
            "name": self.name,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


def read(folder: Path) -> dict[str, RateFile]:
    """The feed's files by name, oldest first. A day on which the ECB published nothing has none.

    Raises:
        Refusal: the archive is missing or damaged.
    """
    path = folder / ARCHIVE_NAME
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(MEMBER_NAME).decode("ascii")
        header, *lines = csv.reader(io.StringIO(text))
        files = [_file(header, line) for line in lines if date.fromisoformat(line[0]) >= KEPT_SINCE]
    except OSError as error:
        raise Refusal.because(
            f"cannot read the ECB's reference rates: {error.strerror}",
            where=Location(path),
            remedy="run `make install`, which puts the data sets there",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise Refusal.because(
            f"the archive of the ECB's reference rates is damaged: {error}",
            where=Location(path),
            remedy="delete it and run `make install`",
        ) from None
    return {file.name: file for file in sorted((file for file in files if file), key=lambda file: file.day)}


def _file(header: list[str], line: list[str]) -> RateFile | None:
    day = date.fromisoformat(line[0])
    quoted = [
        (currency, rate)
        for currency, rate in zip(header[1:], line[1:], strict=True)
        if currency and rate not in NOT_QUOTED
    ]
    if not quoted:
        return None
    # As in the ECB's own: comma and blank after every field, the last one too, and the day written out.
    rows = (
        ["Date", *(currency for currency, _ in quoted)],
        [f"{day.day:02} {MONTHS[day.month - 1]} {day.year}", *(rate for _, rate in quoted)],
    )
    return RateFile(day, "".join(f"{', '.join(row)}, \n" for row in rows).encode("ascii"))


# Not strftime's, which follow the process's locale.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
