"""The functions of this machine, as the local stack makes them and their service runs them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from environments import places
from environments.problems import Exit, Location, Refusal


class Watched(BaseModel):
    """New objects of a bucket, whose keys begin so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str
    prefix: str


class LocalFunction(BaseModel):
    """One function."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    entry: str
    """What is called: a module and its function, dotted."""
    code: str
    """Hash of its sources: other code is another function."""
    queue: str
    """Address of the queue that its events wait in."""
    timeout_seconds: int
    batch_size: int
    environment: dict[str, str]
    watched: Watched | None
    """The objects that it is told of, where its events are not those of the bus."""


class LocalFunctionsFile(BaseModel):
    """All functions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    functions: tuple[LocalFunction, ...]

    @classmethod
    def load(cls, path: Path = places.FUNCTIONS) -> LocalFunctionsFile:
        """Reads what the local stack wrote.

        Raises:
            Refusal: the file is missing or damaged.
        """
        try:
            return cls.model_validate_json(path.read_text())
        except FileNotFoundError:
            raise Refusal.because(
                "the local stack has made no functions yet",
                where=Location(path),
                remedy="run `./sluice up`",
                exit_code=Exit.UNAVAILABLE,
            ) from None
        except (ValidationError, OSError) as error:
            raise Refusal.because(
                f"cannot read which functions run here: {error}",
                where=Location(path),
                remedy="delete the file and run `./sluice up` again",
            ) from None
