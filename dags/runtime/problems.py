"""How a pipeline says what went wrong: what, where, what to do; and whether trying again can help."""

from __future__ import annotations


class PipelineProblem(Exception):
    """A failure that a later try may not meet again: the source is down, a service does not answer."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        head = f"{where}: {what}" if where else what
        super().__init__(f"{head}\n  {remedy}" if remedy else head)


class Unrecoverable(PipelineProblem):
    """A failure that stays until somebody changes code, contract, configuration or data: never retried."""


class ContractError(Unrecoverable):
    """A data contract that cannot be read, or that states a constraint which cannot be checked."""


class NoRowMeetsContract(Unrecoverable):
    """A batch of which every single row violates its contract: the contract or the source has changed."""


class ConservationBroken(Unrecoverable):
    """Rows or money were lost or invented between two stages."""


class StoredObjectDamaged(Unrecoverable):
    """An immutable object does not have the bytes that its checksum promises."""
