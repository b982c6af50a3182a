"""The base of every dynamic provider of `local`: what exists is compared with what is wanted, and made so.

A provider says how to find a thing, how to bring it to a wanted state, and how to remove it. Everything
else is here: create adopts what a killed run left, read notices what is gone and what drifted, diff
compares every input with what was really found.

Pulumi keeps a reference to a provider's class in the state, by module and name. So the classes hold no
state, and one that is renamed needs its old name to stay importable.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from environments.vocabulary import ManagedBy, Tag

Props = dict[str, Any]
_T = TypeVar("_T")

# Where Pulumi puts the reference to the provider among the properties.
_PROVIDER = "__provider"


class Refused(Exception):
    """What a provider cannot do, and what to do about it. Reaches the person without a traceback."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\n  {remedy}" if remedy else what)


# The traceback's last line, which is all that is shown, leads with the module except for built-in ones.
Refused.__module__ = "builtins"


class LocalProvider(ResourceProvider):
    """Create, read, diff, update and delete over `find`, `bring` and `remove`."""

    # The reference to a class is no secret, and encrypting it would take time for every resource.
    serialize_as_secret_always = False

    started_by_engine: ClassVar[bool] = False
    """Whether this process is the engine's, whose person reads what is raised."""

    identity: ClassVar[tuple[str, ...]] = ("name",)
    """Inputs that cannot change: another value is another thing. The first of them is the Pulumi id."""

    def find(self, name: str, known: Props) -> Props | None:
        """What is really there, under the same keys as the inputs; None if nothing is.

        What cannot be observed is left out, and taken to be as it is known.
        """
        raise NotImplementedError

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Makes the thing, or changes what differs. Called again after a failure in the middle."""
        raise NotImplementedError

    def remove(self, name: str, known: Props) -> None:
        """Removes the thing; called only if it is there."""
        raise NotImplementedError

    def problems(self, wanted: Props) -> dict[str, str]:
        """What is wrong with the inputs, by property."""
        return {}

    def configure(self, req: ConfigureRequest) -> None:
        """Called once in the engine's process, and nowhere else."""
        LocalProvider.started_by_engine = True

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Leaves out what is not given, so that only given inputs are compared."""
        wanted = {key: _plain(value) for key, value in news.items() if value is not None}
        failures = [CheckFailure(key, reason) for key, reason in self.problems(wanted).items()]
        return CheckResult(wanted, failures)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compares every input with what the last read found."""
        changed = [key for key, value in _news.items() if _plain(_olds.get(key)) != _plain(value)]
        replaces = [key for key in changed if key in self.identity]
        # Names are fixed, so the old one must go first.
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Makes the thing, or takes over what an earlier run of this stack left."""
        wanted = _inputs(props)
        return _told(lambda: self._create(wanted))

    def read(self, id_: str, props: Props) -> ReadResult:
        """What is there now; an empty id tells Pulumi that it is gone."""
        known = _inputs(props)
        found = _told(lambda: self.find(id_, known))
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, {**known, **found})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Changes what differs."""
        wanted = _inputs(_news)
        return UpdateResult(_told(lambda: self._settled(_id, wanted, self.find(_id, wanted))))

    def delete(self, _id: str, _props: Props) -> None:
        """Removes the thing; one that is gone already is fine."""
        known = _inputs(_props)

        def remove() -> None:
            if self.find(_id, known) is not None:
                self.remove(_id, known)

        _told(remove)

    def _create(self, wanted: Props) -> CreateResult:
        name = str(wanted[self.identity[0]])
        found = self.find(name, wanted)
        _refuse_strangers(name, wanted, found)
        return CreateResult(name, self._settled(name, wanted, found))

    def _settled(self, name: str, wanted: Props, found: Props | None) -> Props:
        self.bring(wanted, found)
        found = self.find(name, wanted)
        if found is None:
            raise Refused(f"{name} is not there although it was just made", "see the service's log")
        return {**wanted, **found}


def differs(wanted: Props, found: Props | None, *keys: str) -> bool:
    """Whether any of the inputs is not as wanted."""
    return found is None or any(wanted.get(key) != found.get(key) for key in keys)


def _refuse_strangers(name: str, wanted: Props, found: Props | None) -> None:
    if found is None or "tags" not in wanted:
        return
    for tag in (Tag.PROJECT, Tag.ENVIRONMENT, Tag.MANAGED_BY):
        if (theirs := found["tags"].get(tag)) != (ours := wanted["tags"].get(tag)):
            raise Refused(
                f"{name} exists and is not ours: its tag `{tag}` is {theirs!r}, not {ours!r}",
                f"rename or remove it; or tag it project, environment and managed-by={ManagedBy.PULUMI}"
                " as ours, and it is taken over",
            )


def _inputs(props: Props) -> Props:
    """The properties without Pulumi's own."""
    return {key: _plain(value) for key, value in props.items() if key != _PROVIDER}


def _plain(value: Any) -> Any:
    """Whole numbers as integers again: on their way through the engine they become floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _told(action: Callable[[], _T]) -> _T:
    """Runs an action; a failure that a person can mend is said without a traceback."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return action()
    except (BotoCoreError, ClientError, OSError) as error:
        refused = Refused(str(error), "`./sluice status` shows what runs; `./sluice logs` what it says")
    except Refused as error:
        refused = error
    if LocalProvider.started_by_engine:
        # Pulumi shows the formatted traceback of whatever is raised; this is how to say that none is wanted.
        sys.tracebacklimit = 0
    raise refused from None
