"""Names: where a delivered file lies, and where what becomes of it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from modules.functions.runtime.problems import Rejected

PREFIX = "landing/sales/"
DELIVERY_NOTE = "_delivery.json"
DATASET = "sales_files"

_KEY = re.compile(
    rf"{PREFIX}supplier=(?P<supplier>[a-z0-9][a-z0-9-]{{0,62}})/date=(?P<day>\d{{4}}-\d\d-\d\d)/"
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.csv(\.gz)?)"
)


def delivery_folder(supplier: str, day: date) -> str:
    """Where a supplier puts the files of a day."""
    return f"{PREFIX}supplier={supplier}/date={day}"


def records_folder(supplier: str, day: date) -> str:
    """Where it is recorded, in curated, what became of a supplier's files of a day. Readers of the data skip
    names that begin with an underscore."""
    return f"{DATASET}/_landed/supplier={supplier}/date={day}"


@dataclass(frozen=True)
class LandedFile:
    """One delivered file. Its ETag tells two files that came under one name apart."""

    key: str
    supplier: str
    day: date
    """The day it was delivered for."""
    name: str
    etag: str

    @classmethod
    def of(cls, key: str, etag: str) -> LandedFile:
        """The file of an object's key.

        Raises:
            Rejected: the key does not say whose file it is, and for which day.
        """
        found = _KEY.fullmatch(key)
        try:
            if not found:
                raise ValueError
            return cls(key, found["supplier"], date.fromisoformat(found["day"]), found["name"], etag)
        except ValueError:
            raise Rejected(
                f"object: its key is not {PREFIX}supplier=<name>/date=<yyyy-mm-dd>/<file>.csv or .csv.gz"
            ) from None

    @property
    def record(self) -> str:
        """What became of it, in curated."""
        return f"{self.records}{self.etag}.json"

    @property
    def records(self) -> str:
        """What became of all files that came under its name."""
        return f"{records_folder(self.supplier, self.day)}/{self.name}/"

    @property
    def archived(self) -> str:
        """Its bytes, in archive."""
        return f"{DATASET}/supplier={self.supplier}/date={self.day}/{self.etag}/{self.name}"

    @property
    def error(self) -> str:
        """Why it could not be read, in errors."""
        return f"{DATASET}/supplier={self.supplier}/date={self.day}/{self.name}/{self.etag}.json"

    def violations(self, digest: str) -> str:
        """The rows that break a rule, in quarantine."""
        return f"{DATASET}/supplier={self.supplier}/date={self.day}/file={digest[:20]}/violations.parquet"

    def partition(self, day: date, digest: str) -> str:
        """The sales of one day, in curated: by content, so that the same file writes the same objects."""
        return f"{DATASET}/sale_date={day}/{self.supplier}-{digest[:20]}.parquet"
