"""`python3 -m scripts.install [PART…]`: installs into the checkout what is not there yet."""

from __future__ import annotations

import fcntl
import sys
import time
from pathlib import Path

from environments import places
from environments.problems import Exit, Problem, Refusal
from scripts.install import build, node, python
from scripts.install.pins import Found, Tool, find, tools
from scripts.install.steps import Step, digest, run_all

# As `requires-python` in pyproject.toml.
SUPPORTED = ((3, 11), (3, 14))
# Names of several parts at once; `platform` is what is installed where nothing is named.
GROUPS = {
    "platform": ("infra", "runtime", "scan", "opa", "pulumi", "versitygw", "data", "jars"),
    "tests": ("fake-gcs-server", "azurite"),
}
PARTS = tuple(part for group in GROUPS.values() for part in group)


def main(arguments: list[str]) -> int:
    """Installs the named parts or groups of them; says nothing when all is there."""
    if not SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        low, high = (".".join(map(str, bound)) for bound in SUPPORTED)
        print(
            f"this is Python {sys.version.split()[0]}; Sluice needs {low} to below {high}\n"
            "  name another one: make up PYTHON=python3.12",
            file=sys.stderr,
        )
        return Exit.UNAVAILABLE
    wanted = [part for name in arguments or ["platform"] for part in GROUPS.get(name, (name,))]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        known = ", ".join([*GROUPS, *PARTS])
        print(f"unknown part {', '.join(unknown)}; the parts are {known}", file=sys.stderr)
        return Exit.BAD_INPUT
    try:
        install(wanted)
    except Refusal as refusal:
        for problem in refusal.problems:
            print(f"\n✗ {problem}", file=sys.stderr)
        return refusal.exit_code
    except KeyboardInterrupt:
        print("\nstopped; run it again to go on where it was", file=sys.stderr)
        return 130
    return Exit.FINE


def install(wanted: list[str]) -> None:
    """Runs the steps of the wanted parts that are not done yet, one installer at a time per checkout."""
    try:
        places.INSTALLED.mkdir(parents=True, exist_ok=True)
        lock = (places.INSTALLED / "install.lock").open("w")
    except OSError as error:
        raise Refusal.because(
            f"cannot write to {places.INSTALLED}: {error.strerror}",
            remedy="make the checkout's folder writable, or clone into one that is",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another installation runs in this checkout; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        steps = plan(wanted)
        if all(step.done() for step in steps):
            return
        say("installing into .sluice/ (the first time takes about ten minutes on two cores):")
        since = time.monotonic()
        run_all(steps, say)
        say(f"installed in {time.monotonic() - since:.0f} s")


def plan(wanted: list[str]) -> list[Step]:
    """The steps for the wanted parts.

    Raises:
        Refusal: tools are missing that cannot be made here; all of them in one message.
    """
    pinned = tools()
    lock_file = digest(places.ROOT / "pyproject.toml", places.ROOT / "uv.lock", sys.version)
    parts = {
        "infra": Step("infra", "Python environment: Pulumi, services, command", lock_file,
                      lambda: python.sync(uv(), ("infra", "check"), compiled=True), ("uv",)),
        "runtime": Step("runtime", "Python environment: Airflow, Spark, dbt", lock_file,
                        lambda: python.sync(uv(), ("runtime", "check")), ("uv",)),
        "scan": Step("scan", "Python environment: checkov", lock_file,
                     lambda: python.sync(uv(), ("scan",), compiled=True), ("uv",)),
        "data": Step("data", "data: CDNOW purchases, ECB rates", digest(repr(python.DATA_FILES)),
                     lambda: python.fetch_data_files(places.venv_python("uv")), ("uv",)),
        "jars": Step("jars", "Spark's S3 connector", digest(repr(python.SPARK_PACKAGES)),
                     python.fetch_spark_jars, ("runtime",)),
    }  # fmt: skip
    steps = [parts[name] for name in wanted if name in parts]
    missing: list[Problem] = []
    if steps:
        version = pinned["uv"].version
        steps.insert(0, Step("uv", "uv", version, lambda: python.install_uv(version)))
    for name in wanted:
        if name in pinned:
            step = build_step(pinned[name], pinned["go"], missing)
            steps += [step] if step else []
    if "azurite" in wanted:
        missing += lacking(pinned["node"])
        step = node.azurite_step()
        steps += [step] if step else []
    if {"runtime", "jars"} & set(wanted):
        missing += lacking(pinned["java"])
    if missing:
        raise Refusal(*missing, exit_code=Exit.UNAVAILABLE)
    return steps


def build_step(tool: Tool, go: Tool, missing: list[Problem]) -> Step | None:
    """How to come by a tool: nothing where an accepted one is there, else a Go build, else a problem."""
    step = Step(
        tool.name,
        f"{tool.name} {tool.version}, built with Go (about {tool.minutes} min unless cached)",
        tool.recipe,
        lambda: build.provide(tool),
    )
    if step.done() and all((places.BIN / name).exists() for name in tool.outputs):
        return None
    found = find(tool)
    if found and found.accepted:
        return None
    if (build.shared_cache() / f"{tool.name}-{tool.recipe}").is_dir() or not lacking(go):
        step.stamp.unlink(missing_ok=True)
        return step
    missing.append(absent(tool, found))
    return None


def lacking(tool: Tool) -> list[Problem]:
    """A problem where the tool is not there at an accepted version."""
    found = find(tool)
    return [] if found and found.accepted else [absent(tool, found)]


def absent(tool: Tool, found: Found | None) -> Problem:
    """What to say of a tool that is missing or too old."""
    state = f"is version {found.version}, which is not accepted" if found else "is missing"
    return Problem(
        f"{tool.name} {state} (it {tool.purpose})", remedy=f"install {tool.vendor}, then run this again"
    )


def uv() -> Path:
    """The uv of this checkout."""
    return places.VENVS / "uv" / "bin" / "uv"


def say(line: str) -> None:
    """Progress goes to standard error, so that a verb's own output stays clean."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
