"""Which trials are made, and the table of how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dags.bundle.sluice_bundle.manifest import MANIFEST_NAME
from dags.bundle.sluice_bundle.pointer import POINTER_NAME
from releases.lease import LEASE_NAME
from tests.faults import kinds
from tests.faults.kinds import Kind
from tests.faults.trial import Bench, bench
from tests.object_servers import ObjectServer

ARCHIVES = ("contracts.zip", "dags.zip", "spark.zip", "warehouse.zip")
READ = (POINTER_NAME, MANIFEST_NAME, *ARCHIVES)


def whole(ship: int, first_ship: int) -> list[Kind]:
    """Every kind at every place; `ship` and `first_ship` are how many requests these make."""
    made = [kinds.shipper(kind, n) for kind in kinds.KILLS for n in range(1, ship + 1)]
    made += [kinds.shipper(kind, n) for kind in (*kinds.LOSSES, kinds.DEAD) for n in range(1, ship + 1)]
    made += [kinds.shipper(kind, n, fresh=True) for kind in kinds.KILLS for n in range(1, first_ship + 1)]
    made += [kinds.reading(kind, path) for kind in kinds.READER for path in READ]
    made += [kinds.full_disk(limit) for limit in (0, 1, 10, 100, 300, 600)]
    made += [kinds.cut_off(seconds) for seconds in (0.2, 0.5, 1, 2)]
    objects = (MANIFEST_NAME, "dags.zip", "spark.zip", "spark/jobs/add.py")
    made += [kinds.damaged_before(damage, name) for damage in kinds.DAMAGES[:-1] for name in objects]
    made += [kinds.damaged_after(damage, name) for damage in kinds.DAMAGES for name in objects]
    made += [
        kinds.damaged_control(damage, name) for damage in kinds.DAMAGES for name in (POINTER_NAME, LEASE_NAME)
    ]
    return made + [kinds.both(seed, ship) for seed in range(30)]


def fewer(ship: int, first_ship: int) -> list[Kind]:
    """For servers whose storage code is the same: the faults that touch conditions and answers."""
    made = [kinds.shipper(kind, n) for kind in kinds.KILLS for n in range(1, ship + 1, 2)]
    made += [kinds.shipper(kind, n) for kind in ("drop_answer", "hold_answer") for n in range(2, ship + 1, 3)]
    made += [kinds.shipper("kill_after", n, fresh=True) for n in range(1, first_ship + 1, 3)]
    made += [kinds.reading(kind, path) for kind in ("cut_answer", "corrupt_answer") for path in READ[:3]]
    made += [kinds.full_disk(300), kinds.cut_off(0.5)]
    made += [kinds.damaged_before("flipped", "dags.zip"), kinds.damaged_after("swapped", "dags.zip")]
    return made + [kinds.damaged_control("cut", name) for name in (POINTER_NAME, LEASE_NAME)]


def quick(ship: int, first_ship: int) -> list[Kind]:
    """One of each sort, at places where it matters: for the tests."""
    move = ship - 2
    return [
        kinds.shipper("kill_before", move),
        kinds.shipper("kill_during", 6),
        kinds.shipper("kill_after", move),
        kinds.shipper("drop_answer", move),
        kinds.shipper("hold_answer", 5),
        kinds.shipper("kill_after", first_ship - 3, fresh=True),
        kinds.reading("corrupt_answer", "dags.zip"),
        kinds.reading("cut_answer", MANIFEST_NAME),
        kinds.full_disk(300),
        kinds.cut_off(0.5),
        kinds.damaged_before("flipped", "dags.zip"),
        kinds.damaged_after("swapped", "dags.zip"),
        kinds.damaged_control("cut", POINTER_NAME),
        kinds.both(1, ship),
    ]


@dataclass
class Row:
    """What came of the trials of one row."""

    ended: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def trials(self) -> int:
        """How many were made."""
        return self.ended.total()


def run(
    server: ObjectServer,
    folder: Path,
    plan: Callable[[int, int], Iterable[Kind]],
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Row]:
    """Makes the planned trials against a server, under the eyes of one reader that polls throughout."""
    rows: dict[str, Row] = {}
    with bench(server, folder / "watched") as at:
        first, later = _counted(server, folder / "counted")
        for number, kind in enumerate(plan(later, first)):
            row = rows.setdefault(kind.row, Row())
            if kind.fresh:
                with bench(server, folder / f"fresh-{number}", read=False) as alone:
                    _make(kind, alone, row)
            else:
                _make(kind, at, row)
            say(f"{number + 1}: {kind.row}, {kind.detail}: {'; '.join(row.problems[-1:]) or 'as it must be'}")
        looked = len(at.reader.polls) if at.reader else 0
    say(f"the reader looked {looked} times, and verified every byte each time")
    return rows


def table(rows: dict[str, Row]) -> str:
    """As text."""
    lines = [f"{'what was broken':<38}{'trials':>7}{'shipped':>9}{'refused':>9}{'killed':>8}{'wrong':>7}"]
    for name, row in rows.items():
        shown = [row.ended[key] for key in ("shipped", "refused", "killed")]
        lines.append(
            f"{name:<38}{row.trials:>7}{shown[0]:>9}{shown[1]:>9}{shown[2]:>8}{len(row.problems):>7}"
        )
    trials = sum(row.trials for row in rows.values())
    wrong = sum(len(row.problems) for row in rows.values())
    return "\n".join([*lines, f"{'in all':<38}{trials:>7}{'':>26}{wrong:>7}"])


def _make(kind: Kind, at: Bench, row: Row) -> None:
    at.problems = []
    row.ended[kind.run(at)] += 1
    row.problems += [f"{kind.row}, {kind.detail}: {problem}" for problem in at.problems]


def _counted(server: ObjectServer, folder: Path) -> tuple[int, int]:
    """How many requests a first and a later ship make."""
    with bench(server, folder, read=False) as at:
        counts = []
        for _ in range(4):
            at.ship_under(None, at.next()[0])
            counts.append(at.requests)
    # One that was asked twice, as a busy server may have it, is not in every ship.
    return counts[0], min(counts[1:])
