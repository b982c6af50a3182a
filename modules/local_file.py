"""Files on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from modules.local_provider import LocalProvider, Props


class FileProvider(LocalProvider):
    """A text file. Inputs: path (absolute), content."""

    identity: ClassVar[tuple[str, ...]] = ("path",)

    def find(self, name: str, known: Props) -> Props | None:
        """Its content, whoever wrote it."""
        try:
            return {"path": name, "content": Path(name).read_text(errors="replace")}
        except FileNotFoundError:
            return None

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Written whole or not at all."""
        file = Path(wanted["path"])
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_text(wanted["content"])
        beside.replace(file)

    def remove(self, name: str, known: Props) -> None:
        """The folder stays: it holds what others keep."""
        Path(name).unlink(missing_ok=True)


class ConfigurationFile(Resource, module="sluice", name="ConfigurationFile"):
    """A file on this machine, whole."""

    path: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(FileProvider(), logical_name, inputs, opts)
