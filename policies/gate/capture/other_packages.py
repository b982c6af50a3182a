"""Why a program does not run here that ran where it was written: packages, names and variables that are not there."""

from __future__ import annotations

import importlib.metadata
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import pulumi

from policies.gate.capture.session import Job

# Modules that later versions of a package have under another name.
_MOVED = {
    "pulumi_azure_native.insights": "applicationinsights and monitor",
    "pulumi_azure_native.documentdb": "cosmosdb",
    "pulumi_gcp.notebooks": "workbench",
}
_OWN_VERSION = (
    "gate the program with the packages that it was written for (--python venv), or use the new name"
)


@dataclass(frozen=True)
class Explanation:
    """What is not there, and what to do."""

    what: str
    remedy: str


def explained(job: Job, raised: BaseException) -> Explanation | None:
    """An explanation of an error that comes from the surroundings of a program, else nothing."""
    if isinstance(raised, ModuleNotFoundError) and raised.name:
        return _no_module(job, raised.name)
    if isinstance(raised, ImportError):
        return _no_import(raised)
    if isinstance(raised, AttributeError):
        return _no_attribute(raised)
    if isinstance(raised, TypeError):
        return _other_arguments(raised)
    if isinstance(raised, KeyError):
        return _no_variable(raised)
    return None


def _no_module(job: Job, name: str) -> Explanation:
    package = name.split(".")[0]
    if package in sys.modules and name != package:
        there = [
            module.name for module in pkgutil.iter_modules(getattr(sys.modules[package], "__path__", []))
        ]
        moved = _MOVED.get(name)
        near = f"; it is now in {moved}" if moved else _near(name.split(".")[1], there)
        return Explanation(f"{_installed(package)} has no module {name}{near}", _OWN_VERSION)
    what = f"the Python package `{package}` is not installed"
    install = f"pip install {package.replace('_', '-')}, if that is its name"
    if not job.virtualenv:
        return Explanation(
            what, f"name the program's own virtual environment: --python venv ({install}, into it)"
        )
    where = Path(job.virtualenv).name
    if not job.packages:
        return Explanation(
            f"{what}: the project names the virtual environment {where}, which is not there",
            "make it with `pulumi install` in the project, or name another: --python venv",
        )
    return Explanation(
        f"{what}, neither in the program's virtual environment {where} nor beside the gate",
        f"install what the program requires into it ({install})",
    )


def _no_import(raised: ImportError) -> Explanation | None:
    found = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", str(raised))
    if found is None:
        return None
    name, module = found.groups()
    if module.split(".")[0].startswith("pulumi"):
        return Explanation(
            f"{_installed(module)} has no name `{name}` in {module}{_near(name, _names(module))}",
            _OWN_VERSION,
        )
    return Explanation(f"{module} has no name `{name}`", "correct the import at this line")


def _no_attribute(raised: AttributeError) -> Explanation | None:
    found = re.search(r"module '(pulumi[\w.]*)' has no attribute '(\w+)'", str(raised))
    if found is None:
        return _no_output(raised)
    module, name = found.groups()
    moved = _MOVED.get(f"{module}.{name}")
    near = f"; it is now in {moved}" if moved else _near(name, _names(module))
    return Explanation(f"{_installed(module)} has no name `{name}` in {module}{near}", _OWN_VERSION)


def _no_output(raised: AttributeError) -> Explanation | None:
    """A resource of a package in another version has other outputs."""
    made = type(raised.obj)
    if not issubclass(made, pulumi.Resource) or not made.__module__.startswith("pulumi_"):
        return None
    near = _near(str(raised.name), dir(made))
    return Explanation(
        f"{_installed(made.__module__)}: {_called(made)} has no output `{raised.name}`{near}", _OWN_VERSION
    )


def _called(made: type) -> str:
    """A class as a program names it: without the file that it is written in."""
    return f"{made.__module__.rpartition('.')[0] or made.__module__}.{made.__qualname__}"


def _other_arguments(raised: TypeError) -> Explanation | None:
    """A resource of a package in another version takes other arguments."""
    made = _made_by(raised.__traceback__)
    if made is None:
        return None
    kind = _called(made)
    if found := re.search(r"got an unexpected keyword argument '(\w+)'", str(raised)):
        near = _near(found[1], _arguments(made))
        return Explanation(f"{_installed(made.__module__)}: {kind} takes no `{found[1]}`{near}", _OWN_VERSION)
    if found := re.search(r"Missing required property '(\w+)'", str(raised)):
        return Explanation(
            f"{_installed(made.__module__)}: {kind} needs `{found[1]}`",
            "give it, or gate the program with the packages that it was written for (--python venv)",
        )
    return None


def _made_by(traceback: TracebackType | None) -> type | None:
    """The class of the resource whose constructor an error comes from."""
    found = None
    while traceback is not None:
        made = traceback.tb_frame.f_locals.get("__self__")
        if traceback.tb_frame.f_code.co_name in ("__init__", "_internal_init") and made is not None:
            found = type(made)
        traceback = traceback.tb_next
    return found if found is not None and found.__module__.startswith("pulumi") else None


def _arguments(made: Any) -> list[str]:
    constructor = getattr(made, "_internal_init", made.__init__)
    return [name for name in inspect.signature(constructor).parameters if not name.startswith("__")]


def _no_variable(raised: KeyError) -> Explanation | None:
    traceback = raised.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code if traceback else None
    if code is None or code.co_qualname != "_Environ.__getitem__" or not raised.args:
        return None
    return Explanation(
        f"the program needs the environment variable {raised.args[0]}, and a capture has none of yours",
        f"give it: --env {raised.args[0]}=… (no secrets: those belong to the stack's configuration)",
    )


def _installed(module: str) -> str:
    package = module.split(".")[0]
    try:
        return f"the installed {package} {importlib.metadata.version(package.replace('_', '-'))}"
    except importlib.metadata.PackageNotFoundError:
        return f"the installed {package}"


def _names(module: str) -> list[str]:
    found = sys.modules.get(module)
    return dir(found) if isinstance(found, ModuleType) else []


def _near(name: str, there: Iterable[str]) -> str:
    near = get_close_matches(name, [item for item in there if not item.startswith("_")], 3, 0.75)
    return f" (it has {', '.join(near)})" if near else ""
