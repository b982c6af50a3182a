"""How a function says no. The class names are what retries and catches of a state machine match."""

from __future__ import annotations


class Rejected(Exception):
    """An event that no later try can make good: it goes to the dead letters, with this reason.

    The reason names fields and rules, never values: it is read where the payload may not be.
    """


class NotSetUp(Exception):
    """The function's own configuration is wrong; events wait until somebody mends it."""
