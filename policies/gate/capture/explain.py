"""Says why a program could not be captured: what happened, at which line, what to do."""

from __future__ import annotations

import re
from os.path import relpath
from types import FrameType
from typing import Any

from policies.gate.capture import other_packages
from policies.gate.capture.monitor import Monitor
from policies.gate.capture.session import Missing, Session
from policies.gate.graph import CallSite

Explained = dict[str, Any]

# What the SDK says of a list where there should be none; it names the two the other way round.
_LIST = re.compile(r".*While processing input: '(\w+)'.*Expected 'list' got '(.*)'", re.DOTALL)
_DECLARED = {
    "Mapping": "an object",
    "'str'": "a text",
    "'bool'": "true or false",
    "int'": "a number",
    "Args": "an object",
}
_HISTORY = re.compile(r"(?:Value|Assertion)Error has risen:")


def _problem(what: str, site: CallSite | None, remedy: str, file: str | None = None) -> Explained:
    return {
        "what": what,
        "file": site.file if site else file,
        "line": site.line if site else None,
        "remedy": remedy,
    }


def missing(session: Session) -> list[Explained]:
    """What the program needs and was not given: configuration first, then calls and stacks."""
    problems: list[Explained] = []
    if session.missing_config:
        problems.append(_missing_config(session))
    for item in session.unanswered.values():
        problems.append(_unanswered(item))
    for resource, name, sites in session.wanted_outputs:
        stack, known = session.stack_outputs.get(id(resource), ("", None))
        if known is not None and name not in known:
            problems.append(
                _problem(
                    f"the stack {stack} has no output `{name}`; it has {', '.join(sorted(known)) or 'none'}",
                    sites[0] if sites else None,
                    "name an output that the stack exports, or add it to the fixture",
                )
            )
    return problems


def _missing_config(session: Session) -> Explained:
    found = [session.missing_config[key] for key in sorted(session.missing_config)]
    names = ", ".join(
        f"{item.key}{' (secret)' if item.detail else ''}{f' at {item.site}' if item.site else ''}"
        for item in found
    )
    options = " ".join(f"--config {item.key}=…" for item in found)
    return _problem(
        f"configuration is missing: {names}",
        next(iter(session.missing_config.values())).site,
        f"add it to the stack's configuration file, or give {options}",
    )


def _unanswered(item: Missing) -> Explained:
    if item.what == "stack":
        return _problem(
            f"the outputs of the stack {item.key} are not known here",
            item.site,
            "record them in a file under `stacks:` and give it with --fixtures (policies/gate/README.md)",
        )
    return _problem(
        f"nobody answers the call {item.key} with {item.detail}",
        item.site,
        "record its answer in a file under `calls:` and give it with --fixtures (policies/gate/README.md)",
    )


def error(session: Session, raised: BaseException, monitor: Monitor | None) -> Explained:
    """What the program raised, at its own last line."""
    site = session.sites.of_error(raised)
    if isinstance(raised, MemoryError):
        return memory(session, raised)
    if isinstance(raised, SyntaxError) and raised.filename:
        file = session.sites.file(raised.filename)
        if file:
            site = CallSite(file, raised.lineno or 1)
            return _problem(f"not valid Python: {raised.msg}", site, "correct the syntax")
    if (known := other_packages.explained(session.job, raised)) is not None:
        return _problem(known.what, site, known.remedy, _main(session))
    if isinstance(raised, SystemExit):
        return _problem(f"the program ends itself with exit code {raised.code}", site, "see why at this line")
    if isinstance(raised, RecursionError):
        return _problem("the program calls itself without end", site, "see the recursion at this line")
    if (declared := _LIST.search(str(raised))) is not None:
        wanted = next((word for part, word in _DECLARED.items() if part in declared[2]), "something else")
        return _problem(
            f"`{declared[1]}` is a list, and its package declares {wanted}",
            site,
            "correct the program at this line",
        )
    # The SDK wraps an error in where it came through; the last part says what is wrong.
    text = _readable(session, _HISTORY.split(str(raised))[-1].strip())
    what = f"the program raises {type(raised).__name__}" + (f": {_short(text)}" if text else "")
    return _problem(
        what,
        site,
        "correct the program at this line; nothing of it was created or read anywhere",
        _main(session),
    )


def memory(session: Session, raised: MemoryError) -> Explained:
    """The program wanted more memory than it may have."""
    allowed = session.job.memory // 2**20
    return _problem(
        f"the program takes more than {allowed} MB of memory",
        session.sites.of_error(raised),
        "look for a loop that collects without end at this line",
    )


def late(session: Session, frame: FrameType | None) -> Explained:
    """The program did not end in time."""
    sites = session.sites.here(frame) if frame else ()
    seconds = f"{session.job.timeout:g}"
    if not sites:
        return _problem(
            f"the program does not end within {seconds} s: it waits for something that never comes",
            None,
            "look for an output that nothing resolves",
            _main(session),
        )
    return _problem(
        f"the program does not end within {seconds} s", sites[0], "look for a loop without end at this line"
    )


def refused(session: Session, kind: str, what: str, frame: FrameType | None) -> Explained:
    """The program reached for the network or another process."""
    site = next(iter(session.sites.here(frame)), None)
    what = _readable(session, what)
    if kind == "network":
        return _problem(
            f"the program opens a network connection: {what}",
            site,
            "a capture has no network: use a provider function (`get_…`) with a fixture, or configuration",
            _main(session),
        )
    return _problem(
        f"the program starts another process: {what}",
        site,
        "a capture runs the program alone: hand the value in as config",
        _main(session),
    )


def _main(session: Session) -> str | None:
    return relpath(session.job.main, session.job.root)


def _readable(session: Session, text: str) -> str:
    """A message of the program's, with the outputs that it holds named instead of their tokens."""
    read = session.reader.value(text)
    return read if isinstance(read, str) else text


def _short(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= 400 else f"{first[:400]}…"
