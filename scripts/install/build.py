"""Builds command-line tools with Go, at pinned versions, shared between checkouts by recipe."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from environments import places
from scripts.install.pins import Tool
from scripts.install.steps import command


def shared_cache() -> Path:
    """Where built tools are kept for other checkouts of the same user (`SLUICE_CACHE` to move it)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SLUICE_CACHE") or Path(base) / "sluice") / "tools"


def provide(tool: Tool) -> None:
    """Puts a tool into `.sluice/bin`: from the shared cache where its recipe is there, else by a Go build."""
    kept = shared_cache() / f"{tool.name}-{tool.recipe}"
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            made = Path(folder) / "made"
            made.mkdir()
            _build(tool, Path(folder) / "module", made)
            # Renamed whole: a build that is killed leaves nothing that looks finished. Whoever loses
            # a race against another checkout finds the folder there, with the same content.
            try:
                made.rename(kept)
            except OSError:
                if not kept.is_dir():
                    raise
    places.BIN.mkdir(parents=True, exist_ok=True)
    for program in kept.iterdir():
        # A copy beside it, then a rename: a running program's file cannot be written over.
        beside = places.BIN / f".{program.name}.new"
        shutil.copyfile(program, beside)
        beside.chmod(0o755)
        beside.replace(places.BIN / program.name)


def _build(tool: Tool, module: Path, made: Path) -> None:
    env = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    for step in tool.go:
        # `go install package@version` refuses some of these modules; a module of our own that
        # requires the version builds them all.
        folder = module / step["binary"]
        folder.mkdir(parents=True)
        requirement = f"require {step['module']} {step['version']}"
        (folder / "go.mod").write_text(f"module build\n\ngo 1.24\n\n{requirement}\n")
        command(
            "go",
            "build",
            "-trimpath",
            f"-ldflags={step['ldflags']}",
            "-o",
            made / step["binary"],
            step["package"],
            env=env,
            cwd=folder,
        )
    for step in tool.files:
        folder = module / "files"
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text("module files\n\ngo 1.24\n")
        answer = command(
            "go", "mod", "download", "-json", f"{step['module']}@{step['version']}", env=env, cwd=folder
        )
        source = Path(json.loads(answer[answer.index("{") :])["Dir"])
        for path in step["paths"]:
            shutil.copyfile(source / path, made / Path(path).name)
