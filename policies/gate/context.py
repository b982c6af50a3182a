"""What the rules know of an environment besides its resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from environments.problems import Location, Problem, Refusal


class KeyRequirement(BaseModel):
    """Resources that carry this tag with this value must be encrypted with a customer-managed key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: str
    value: str


class Context(BaseModel):
    """The facts that rules may ask for. For our own environments it comes from the environment model, for a
    foreign program from `--context FILE`; what is left out switches the rules that need it to undetermined
    or off, as each rule says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str = ""
    tier: Literal["local", "dev", "staging", "prod"] = "dev"
    allowed_regions: dict[Literal["aws", "gcp", "azure"], list[str]] = Field(default_factory=dict)
    required_tags: list[str] = Field(default_factory=list)
    customer_managed_key_required_for: KeyRequirement | None = None
    raw_zone_keeps_at_least_days: int | None = Field(default=None, ge=1)

    def as_input(self) -> dict[str, Any]:
        """As the Rego rules see it."""
        return self.model_dump(mode="json")


def load(path: Path) -> Context:
    """Reads a context file (YAML).

    Raises:
        Refusal: every problem of the file at once, with its line where there is one.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        content = YAML(typ="rt").load(path.read_text())
    except FileNotFoundError:
        raise Refusal.because("there is no such context file", where=Location(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal.because(f"the context file cannot be read: {error}", where=Location(path)) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Refusal.because(f"not YAML: {error.problem}", where=Location(path, line)) from None
    if not isinstance(content, dict):
        raise Refusal.because("a context file is a YAML mapping", where=Location(path, 1))
    try:
        return Context.model_validate(dict(content))
    except ValidationError as failed:
        raise Refusal(
            *(
                Problem(
                    f"{'.'.join(map(str, error['loc']))}: {error['msg']}",
                    Location(path, _line(content, error["loc"])),
                    f"keys: {', '.join(Context.model_fields)}",
                )
                for error in failed.errors()
            )
        ) from None


def _line(content: Any, path: tuple[int | str, ...]) -> int | None:
    """The line of a key in what ruamel read, counted from 1."""
    line = None
    for key in path:
        try:
            line = content.lc.data[key][0] + 1
            content = content[key]
        except (AttributeError, KeyError, TypeError, IndexError):
            break
    return line
