"""The Rego engine: evaluates `policies/rego/` with the real OPA, one process for any number of graphs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from environments import places
from environments.problems import Exit, Location, Problem, Refusal
from policies.gate.graph import ResourceGraph
from policies.gate.verdicts import Finding, Outcome, Rule, Severity, Verdict, engine_input

RULES = places.ROOT / "policies" / "rego"

_ENGINE = "rego"
_PREFIX = "sluice"
_TIMEOUT = 300
# Collects garbage less often than Go's 100: a sixth less time on 2,000 resources, for some 100 MB.
_GARBAGE_COLLECTION = "400"
# Rules are packages of two words below the prefix: `sluice.<category>.<name>`. These hold no rules.
_LIBRARIES = frozenset({"graph", "provisioning"})
_DEFAULT_MANDATORY = True


@dataclass(frozen=True)
class Job:
    """One graph to judge, with what is known of its environment."""

    environment: str
    graph: ResourceGraph
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What one rule says of one document: URNs it looked at, and findings as the rule wrote them."""

    examined: tuple[str, ...]
    findings: tuple[Mapping[str, str], ...]


def opa() -> Path:
    """The OPA executable: the checkout's own, else the one on PATH.

    Raises:
        Refusal: there is none (exit code 3).
    """
    own = places.BIN / "opa"
    if own.is_file():
        return own
    found = shutil.which("opa")
    if found is None:
        raise Refusal.because(
            "opa, which evaluates the Rego policies, is neither in .sluice/bin nor on PATH",
            remedy="run `sluice install` (or install OPA 1.0 or newer)",
            exit_code=Exit.UNAVAILABLE,
        )
    return Path(found)


def version() -> str:
    """OPA's version, for keys of caches."""
    return run("version").splitlines()[0].removeprefix("Version:").strip()


def run(*arguments: str, stdin: str | None = None, folder: Path = RULES) -> str:
    """Runs OPA in the rules' folder and returns what it printed.

    Raises:
        Refusal: a policy does not compile, each error with its file and line.
    """
    try:
        done = subprocess.run(
            [opa(), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            cwd=folder,
            env={"GOGC": _GARBAGE_COLLECTION, **os.environ},
        )
    except subprocess.TimeoutExpired:
        raise Refusal.because(
            f"opa {arguments[0]} did not end within {_TIMEOUT} seconds",
            remedy="a rule is likely to join all resources with all others: see policies/rego/README.md",
        ) from None
    if done.returncode != 0:
        raise Refusal(*problems(done.stdout, done.stderr, folder))
    return done.stdout


def problems(stdout: str, stderr: str, folder: Path) -> list[Problem]:
    """The errors that OPA printed, as text or as JSON, with their places."""
    found: list[Problem] = []
    try:
        errors = json.loads(stdout or stderr).get("errors", [])
    except (ValueError, AttributeError):
        errors = []
    for error in errors:
        place = error.get("location") or {}
        where = Location(folder / place["file"], place.get("row")) if place.get("file") else None
        found.append(
            Problem(
                f"{error.get('message', error)}", where, "correct the policy; `opa check --strict` shows it"
            )
        )
    if not found:
        for line in (stderr or stdout).splitlines():
            found += _problem(line, folder)
    return found or [Problem("opa failed and said nothing")]


def _problem(line: str, folder: Path) -> list[Problem]:
    """One line of OPA's, `<n> error occurred…: <file>:<row>: <code>: <message>`, without source quotes."""
    text = line.removeprefix("Error: ").strip()
    text = text.split("occurred during loading: ", 1)[-1].split("error occurred: ", 1)[-1]
    parts = text.split(":", 2)
    if len(parts) == 3 and parts[1].isdigit():
        remedy = "correct the policy; `opa check --strict` shows it"
        return [Problem(parts[2].strip(), Location(folder / parts[0], int(parts[1])), remedy)]
    return [] if not text or "errors occurred" in text or line.startswith(("\t", " ")) else [Problem(text)]


@cache
def rules(folder: Path = RULES) -> dict[str, Rule]:
    """Every rule by id, as its METADATA describes it.

    Raises:
        Refusal: a policy does not compile, or lacks metadata.
    """
    described = _described(folder)
    found: dict[str, Rule] = {}
    wrong: list[Problem] = []
    packages = {name.removeprefix("data.") for name in described.get("namespaces", {})}
    annotated: dict[str, dict[str, Any]] = {}
    for item in described.get("annotations", []):
        note = item["annotations"]
        if note.get("scope") == "package":
            annotated[".".join(str(part["value"]) for part in item["path"][1:])] = note
    for package in sorted(packages):
        words = package.split(".")
        if len(words) != 3 or words[0] != _PREFIX or words[1] in _LIBRARIES or words[2].endswith("_test"):
            continue
        note = annotated.get(package, {})
        try:
            rule = _rule(words, note)
        except (KeyError, ValueError) as error:
            file = Path(words[1]) / f"{words[2]}.rego"
            wrong.append(
                Problem(f"METADATA of rule {package}: {error} is missing or wrong", Location(folder / file))
            )
            continue
        found[rule.id] = rule
    if wrong:
        raise Refusal(*wrong)
    return found


def _described(folder: Path) -> dict[str, Any]:
    """What `opa inspect` says of the policies; asked again only when one of them, or OPA, changed."""
    kept = places.STATE / "cache" / "rego" / f"{fingerprint(folder)}.json"
    try:
        content: dict[str, Any] = json.loads(kept.read_bytes())
    except (OSError, ValueError):
        printed = run("inspect", "--annotations", "--format", "json", ".", folder=folder)
        content = json.loads(printed)
        _keep(kept, printed)
    return content


def fingerprint(folder: Path = RULES) -> str:
    """Changes with every byte of the policies and their data, and with the OPA executable."""
    tool = opa().stat()
    digest = hashlib.sha256(f"{tool.st_size} {tool.st_mtime_ns}".encode())
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".rego", ".json") and file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder)} {len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _keep(file: Path, content: str) -> None:
    """Writes a cache entry whole or not at all; a cache that cannot be written is no reason to stop."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as part:
            part.write(content)
        Path(part.name).replace(file)
    except OSError:
        pass


def _rule(words: Sequence[str], note: Mapping[str, Any]) -> Rule:
    custom = note["custom"]
    return Rule(
        id=rule_id(words),
        title=note["title"],
        severity=Severity(custom["severity"]),
        category=custom["category"],
        engine=_ENGINE,
        why=note["description"].strip(),
        fix=custom["fix"].strip(),
        mandatory=bool(custom.get("mandatory", _DEFAULT_MANDATORY)),
        frameworks=tuple(custom["frameworks"]),
    )


def rule_id(words: Sequence[str]) -> str:
    """`sluice.iam.wildcard_action` is the rule `iam/wildcard-action`."""
    return "/".join(word.replace("_", "-") for word in words[1:])


def package_of(rule: str) -> str:
    """The package of a rule, the other way round."""
    return ".".join([_PREFIX, *(word.replace("-", "_") for word in rule.split("/"))])


def evaluate(
    jobs: Iterable[Job], *, folder: Path = RULES, severities: Mapping[str, Severity] | None = None
) -> dict[str, Outcome]:
    """What the rules say of each graph, by environment, in one OPA process.

    Args:
        jobs: The graphs; environments must differ.
        folder: Where the rules are.
        severities: Severities by rule id that replace those of the metadata.

    Raises:
        Refusal: there is no OPA (exit code 3), or a policy does not compile (2).
    """
    jobs = list(jobs)
    known = {
        id_: replace(rule, severity=(severities or {}).get(id_, rule.severity))
        for id_, rule in rules(folder).items()
    }
    documents = {job.environment: engine_input(job.graph, dict(job.context)) for job in jobs}
    said = evaluate_documents(documents, folder=folder)
    return {job.environment: _outcome(job, said[job.environment], known) for job in jobs}


def evaluate_documents(
    documents: Mapping[str, Mapping[str, Any]], *, folder: Path = RULES
) -> dict[str, dict[str, Found]]:
    """What each rule says of each document of `verdicts.engine_input`, by the document's key and rule id."""
    if not documents:
        return {}
    ids = sorted(rules(folder))
    with tempfile.TemporaryDirectory(prefix="sluice-rego-") as scratch:
        entry = Path(scratch) / "entry.rego"
        entry.write_text(_entry(ids))
        given = Path(scratch) / "input.json"
        given.write_bytes(json.dumps({"documents": documents}, ensure_ascii=False).encode("utf-8", "replace"))
        printed = run(
            "eval",
            "--format=raw",
            "--ignore=*_test.rego",
            f"--bundle={folder}",
            f"--data={entry}",
            f"--input={given}",
            f"data.{_PREFIX}.entry.answer",
            folder=folder,
        )
    answer = json.loads(printed)
    if set(answer) != set(documents) or any(set(answer[key]) != set(ids) for key in documents):
        raise Refusal.because(
            "a rule gave no answer", remedy="each rule package needs `examined` and `findings`"
        )
    return {
        key: {
            id_: Found(tuple(sorted(said["examined"])), tuple(said["findings"]))
            for id_, said in answer[key].items()
        }
        for key in documents
    }


def _entry(ids: Iterable[str]) -> str:
    """A module that asks all rules at once, for each document; made anew so that no rule can be forgotten."""
    lines = [f"package {_PREFIX}.entry", "", "all := {"]
    for id_ in ids:
        package = f"data.{package_of(id_)}"
        lines.append(f'\t"{id_}": {{"examined": {package}.examined, "findings": {package}.findings}},')
    lines += ["}", "", "answer[key] := said if {", "\tsome key, document in input.documents"]
    lines += ["\tsaid := all with input as document", "}", ""]
    return "\n".join(lines)


def _outcome(job: Job, said: Mapping[str, Found], known: Mapping[str, Rule]) -> Outcome:
    outcome = Outcome()
    for id_ in sorted(said):
        found = said[id_]
        flagged = {item["urn"] for item in found.findings}
        outcome.passed[id_] = len(set(found.examined) - flagged)
        outcome.checked |= set(found.examined) | {urn for urn in flagged if urn}
        outcome.findings += [_finding(job, known[id_], item) for item in found.findings]
    outcome.findings.sort(
        key=lambda item: (item.urn, item.rule.id, item.attribute, item.verdict, item.message)
    )
    return outcome


def _finding(job: Job, rule: Rule, item: Mapping[str, str]) -> Finding:
    resource = job.graph.resources.get(item["urn"])
    return Finding(
        rule=rule,
        verdict=Verdict(item["verdict"]),
        message=item["message"],
        environment=job.environment,
        urn=item["urn"],
        name=resource.name if resource else "",
        type=resource.type if resource else "",
        sites=resource.sites if resource else (),
        attribute=item.get("attribute", ""),
        fix=item.get("fix", ""),
    )
