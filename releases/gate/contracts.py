"""Contracts that promise less than before say so in their version, and everyone who reads the data has agreed.

A contract lists its consumers in the custom property `consumers`, each with the newest major version that it accepts;
to agree to a breaking change is to raise that number in a commit of one's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from releases.contents.contracts import CONSUMERS, Contract
from releases.diff.change import Change
from releases.gate.finding import Finding, line_of


def check_contract_changes(
    changes: Iterable[Change],
    before: Mapping[str, Contract],
    after: Mapping[str, Contract],
    files: Mapping[str, bytes],
) -> Iterator[Finding]:
    """Breaking changes without a new major version, or without the consent of a consumer."""
    breaking: dict[str, list[Change]] = {}
    changed: dict[str, list[Change]] = {}
    for change in changes:
        if change.scope:
            changed.setdefault(change.scope, []).append(change)
            if change.breaks:
                breaking.setdefault(change.scope, []).append(change)
    for id_, broken in breaking.items():
        new = after.get(id_)
        if new is None:
            yield from _removed(before[id_])
        else:
            yield from _bumped(before[id_], new, broken, files[new.file])
            yield from _agreed(new, files[new.file])
    for id_ in changed.keys() - breaking.keys():
        old, newer = before.get(id_), after.get(id_)
        if old and newer and old.version == newer.version:
            yield Finding(
                "contract/version",
                f"the contract `{id_}` has changed, its version {old.version} has not",
                newer.file,
                line_of(files[newer.file], "version:"),
                "raise the minor version",
            )


def _removed(old: Contract) -> Iterator[Finding]:
    for consumer in old.consumers:
        yield Finding(
            "contract/sign-off",
            f"the contract `{old.id}` is gone, and {consumer.name} still reads its data",
            old.file,
            None,
            f"take {consumer.name} out of `{CONSUMERS}` first, in a release of its own, with its consent",
        )


def _bumped(old: Contract, new: Contract, broken: list[Change], data: bytes) -> Iterator[Finding]:
    if new.major > old.major >= 0:
        return
    first = "; ".join(str(change) for change in broken[:3])
    more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
    yield Finding(
        "contract/breaking",
        f"the contract `{new.id}` breaks its promise ({first}{more}) in version {new.version}, after {old.version}",
        new.file,
        line_of(data, "version:"),
        f"raise the major version to {old.major + 1}.0.0, or keep the promise",
    )


def _agreed(new: Contract, data: bytes) -> Iterator[Finding]:
    for consumer in new.consumers:
        if consumer.accepts < new.major:
            yield Finding(
                "contract/sign-off",
                f"{consumer.name} reads `{new.id}` and accepts version {consumer.accepts}, not {new.major}",
                new.file,
                line_of(data, f"name: {consumer.name}", consumer.name),
                f"{consumer.name} raises `accepts` to {new.major} when it is ready",
            )
