"""Reads a Pulumi project as its author wrote it: Pulumi.yaml, the stack's configuration, the main program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from environments.problems import Location, Refusal
from environments.yaml_file import shown
from policies.gate.capture import own_packages

_LARGEST_SOURCE = 5_000_000
_LARGEST_YAML = 2_000_000


@dataclass
class Configuration:
    """A stack's configuration as the SDK wants it: texts by `namespace:key`."""

    values: dict[str, str] = field(default_factory=dict)
    secret: set[str] = field(default_factory=set)
    encrypted: dict[str, str] = field(default_factory=dict)
    """Keys (and paths inside objects, with dots) of encrypted values, for which `values` has stand-ins."""
    plain_secrets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """A Pulumi Python project and one of its stacks."""

    folder: Path
    main: Path
    name: str
    stack: str
    organization: str
    config: Configuration
    stack_file: Path | None
    uses_environments: bool
    virtualenv: Path | None
    """The virtual environment that the project names; it need not be there."""


def read(program: Path, stack: str, overrides: Mapping[str, str], placeholder: Any) -> Project:
    """Reads a project; `placeholder` makes a stand-in for an encrypted value of a key.

    Raises:
        Refusal: there is no Pulumi Python program, or its files cannot be read.
    """
    folder = _folder(program)
    file = _project_file(folder)
    content = _yaml(file)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise Refusal.because(
            "the project has no name", where=Location(shown(file), 1), remedy="write `name: …` into it"
        )
    given = content.get("runtime")
    runtime = given.get("name") if isinstance(given, dict) else given
    if runtime != "python":
        raise Refusal.because(
            f"its runtime is `{runtime}`, not python",
            where=Location(shown(file), 1),
            remedy="only Pulumi programs in Python can be captured",
        )
    main = _main(folder, content.get("main"), file)
    parts = stack.split("/")
    short = parts[-1]
    stack_file = _stack_file(folder, content, short)
    stack_content = _yaml(stack_file) if stack_file else {}
    config = _configuration(name, content, stack_content, overrides, placeholder)
    return Project(
        folder=folder,
        main=main,
        name=name,
        stack=short,
        organization=parts[0] if len(parts) == 3 else "organization",
        config=config,
        stack_file=stack_file,
        uses_environments=bool(stack_content.get("environment")),
        virtualenv=own_packages.named_by(folder, given),
    )


def _folder(program: Path) -> Path:
    if program.is_symlink():
        raise Refusal.because(
            f"the program folder is a symbolic link to {program.readlink()}",
            where=Location(program),
            remedy="name the folder itself",
        )
    if not program.is_dir():
        what = "is not a folder" if program.exists() else "does not exist"
        raise Refusal.because(
            f"the program {what}", where=Location(program), remedy="name a folder with a Pulumi.yaml in it"
        )
    return program.resolve()


def _project_file(folder: Path) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.yml"):
        if (folder / name).is_file():
            return folder / name
    above = next((parent for parent in folder.parents if (parent / "Pulumi.yaml").is_file()), None)
    hint = f"; there is one in {above}" if above else ""
    raise Refusal.because(
        "not a Pulumi project: there is no Pulumi.yaml",
        where=Location(shown(folder)),
        remedy=f"name the folder that holds Pulumi.yaml{hint}",
    )


def _main(folder: Path, given: Any, file: Path) -> Path:
    main = folder / given if isinstance(given, str) else folder
    target = main / "__main__.py" if main.is_dir() else main
    if not target.is_file():
        raise Refusal.because(
            f"there is no {target.name}",
            where=Location(shown(target.parent if target.parent.exists() else file)),
            remedy="a Pulumi Python program begins with `__main__.py` in the folder that `main:` names",
        )
    if not target.resolve().is_relative_to(folder):
        raise Refusal.because(
            f"{target.name} is a symbolic link out of the project, to {target.resolve()}",
            where=Location(shown(target)),
            remedy="keep the program inside its project",
        )
    if target.stat().st_size > _LARGEST_SOURCE:
        raise Refusal.because(
            f"{target.name} has {target.stat().st_size:,} bytes, more than {_LARGEST_SOURCE:,}",
            where=Location(shown(target)),
            remedy="that is no program that a person wrote; is it generated?",
        )
    return main.resolve()


def _stack_file(folder: Path, content: Mapping[str, Any], stack: str) -> Path | None:
    given = content.get("stackConfigDir")
    inside = folder / given if isinstance(given, str) else folder
    for extension in ("yaml", "yml", "json"):
        file = inside / f"Pulumi.{stack}.{extension}"
        if file.is_file():
            return file
    return None


def _yaml(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_YAML:
            raise Refusal.because("the file is too large to be read", where=Location(shown(file)))
        content = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Refusal.because(
            f"not valid YAML: {error.problem}",
            where=Location(shown(file), line),
            remedy="look here and one line up: indentation, a missing colon, an open quote or bracket",
        ) from None
    except (YAMLError, OSError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal.because(f"cannot be read: {reason}", where=Location(shown(file))) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Refusal.because(
            "not a mapping of keys to values",
            where=Location(shown(file), 1),
            remedy="write `key: value` lines",
        )
    return content


def _configuration(
    project: str,
    content: Mapping[str, Any],
    stack_content: Mapping[str, Any],
    overrides: Mapping[str, str],
    placeholder: Any,
) -> Configuration:
    config = Configuration()
    for key, given in _mapping(content.get("config")).items():
        value = _project_default(given)
        if value is not None:
            _put(config, _full(project, key), value, placeholder)
    for key, given in _mapping(stack_content.get("config")).items():
        _put(config, _full(project, key), given, placeholder)
    for key, text in overrides.items():
        full = _full(project, key)
        config.values[full] = text
        config.encrypted.pop(full, None)
        if full in config.secret:
            config.plain_secrets[full] = text
    return config


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _project_default(given: Any) -> Any:
    """A project's own entry is a value, or a declaration that may hold `default` or `value`."""
    if not isinstance(given, Mapping) or "secure" in given:
        return given
    if {"type", "default", "value", "description", "secret", "items"} & set(given):
        return given.get("value", given.get("default"))
    return dict(given)


def _full(project: str, key: Any) -> str:
    text = str(key)
    return text if ":" in text else f"{project}:{text}"


def _put(config: Configuration, key: str, given: Any, placeholder: Any) -> None:
    if isinstance(given, Mapping) and set(given) == {"secure"}:
        config.values[key] = placeholder(key)
        config.encrypted[key] = key
        config.secret.add(key)
        return
    config.encrypted.pop(key, None)
    config.secret.discard(key)
    if isinstance(given, Mapping | list):
        replaced = _without_encrypted(given, key, config, placeholder)
        config.values[key] = json.dumps(replaced, default=str)
    elif given is not None:
        config.values[key] = _text(given)


def _without_encrypted(given: Any, path: str, config: Configuration, placeholder: Any) -> Any:
    if isinstance(given, Mapping):
        if set(given) == {"secure"}:
            config.secret.add(path.split("\0")[0])
            name = path.replace("\0", ".")
            config.encrypted[name] = name
            return placeholder(name)
        return {
            str(key): _without_encrypted(item, f"{path}\0{key}", config, placeholder)
            for key, item in given.items()
        }
    if isinstance(given, list):
        return [
            _without_encrypted(item, f"{path}\0{index}", config, placeholder)
            for index, item in enumerate(given)
        ]
    return given


def _text(given: Any) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given)
