"""What CI may read and change of each service of the platform: `services.yaml`, read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("services.yaml")
_PARTS = ("read", "write", "list", "make", "free")


@dataclass(frozen=True)
class Service:
    """One service; what each part is, the file says. Actions have the service's name before them."""

    name: str
    on: tuple[str, ...]
    read: tuple[str, ...]
    write: tuple[str, ...]
    listed: tuple[str, ...]
    make: tuple[str, ...]
    free: tuple[str, ...]

    def arns(self, own: str, account: str) -> list[str]:
        """What its actions are about, in every region: which ones, CI's boundary says."""
        # The one service of the table whose ARNs name neither region nor account.
        where = ":" if self.name == "s3" else f"*:{account}"
        return [f"arn:aws:{self.name}:{where}:{end.format(own=own)}" for end in self.on]


@cache
def platform() -> tuple[Service, ...]:
    """Every service of the table, in its order."""
    table: Mapping[str, Mapping[str, Iterable[str]]] = YAML(typ="safe", pure=True).load(FILE)
    return tuple(
        Service(
            name,
            tuple(said["on"]),
            *(tuple(f"{name}:{action}" for action in said.get(part, ())) for part in _PARTS),
        )
        for name, said in table.items()
    )
