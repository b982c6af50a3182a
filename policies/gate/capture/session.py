"""What one capture knows while the program runs: the request, what was found, and who is calling just now."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policies.gate.capture.callsites import CallSites
from policies.gate.capture.reading import Reader, Secrets
from policies.gate.capture.standins import StandIns
from policies.gate.capture.tokens import Tokens
from policies.gate.graph import Call, CallSite, Diagnostic


@dataclass(frozen=True)
class Job:
    """One program to capture, as the parent process hands it over (plain JSON)."""

    root: str
    program: str
    """The folder with Pulumi.yaml."""
    main: str
    """The folder or file that is run."""
    project: str
    stack: str
    organization: str
    config: dict[str, str]
    secret_keys: list[str]
    encrypted: dict[str, str]
    """Configuration keys of encrypted values, by the placeholder path in `config`."""
    plain_secrets: dict[str, str]
    virtualenv: str
    """The virtual environment of its packages; empty where none is named."""
    packages: list[str]
    """The folders of packages in it; empty where it is not there."""
    environment: dict[str, str]
    """Variables that a person gave it."""
    fixtures: dict[str, Any]
    timeout: float
    memory: int


@dataclass(frozen=True)
class Registration:
    """The constructor call behind a request; travels with the SDK's tasks in a context variable."""

    resource: Any
    cls: type
    names: tuple[str, ...]
    args: type | None
    sites: tuple[CallSite, ...]


@dataclass(frozen=True)
class Calling:
    """The function call behind a request."""

    token: str
    answer: type | None
    sites: tuple[CallSite, ...]


REGISTRATION: ContextVar[Registration | None] = ContextVar("sluice_registration", default=None)
LIFTED: ContextVar[tuple[CallSite, ...]] = ContextVar("sluice_lifted", default=())
CALLING: ContextVar[Calling | None] = ContextVar("sluice_calling", default=None)


@dataclass(frozen=True)
class Missing:
    """Something that the program asked for and nobody could give."""

    what: str
    key: str
    site: CallSite | None
    detail: str = ""


@dataclass
class Session:
    """The state of one capture."""

    job: Job
    sites: CallSites
    tokens: Tokens
    stand_ins: StandIns
    reader: Reader
    missing_config: dict[str, Missing] = field(default_factory=dict)
    unanswered: dict[str, Missing] = field(default_factory=dict)
    wanted_outputs: list[tuple[Any, str, tuple[CallSite, ...]]] = field(default_factory=list)
    stack_outputs: dict[int, tuple[str, frozenset[str] | None]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    echoes: dict[str, dict[str, str]] = field(default_factory=dict)

    def note_not_run(self, function: Any, error: Exception) -> None:
        """Keeps for the rules that a function of the program stopped on a stand-in."""
        code = getattr(function, "__code__", None)
        file = self.sites.file(code.co_filename) if code else None
        defined = CallSite(file, code.co_firstlineno) if code and file else None
        site = self.sites.of_error(error) or defined
        read = self.reader.value(" ".join(str(error).split())[:200])
        said = f": {read}" if isinstance(read, str) and read else ""
        message = f"a function stops with {type(error).__name__}{said} on what only the cloud knows"
        diagnostic = Diagnostic("not-run", message, None, (site,) if site else ())
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    @classmethod
    def of(cls, job: Job) -> Session:
        """A fresh session for one program."""
        tokens = Tokens()
        echoes: dict[str, dict[str, str]] = {}
        root = Path(job.root)
        return cls(
            job=job,
            sites=CallSites(root),
            tokens=tokens,
            stand_ins=StandIns(tokens),
            reader=Reader(tokens, Secrets(job.plain_secrets), root, lambda urn: echoes.get(urn, {})),
            echoes=echoes,
        )
