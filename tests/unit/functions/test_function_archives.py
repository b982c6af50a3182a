"""The archive of a function: reproducible, whole, no larger than the service takes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from environments import places
from environments.problems import Refusal
from modules.functions import package, sources

HANDLERS = sources.known(places.ROOT)


def copy_of(handler: str, root: Path) -> Path:
    """The files of a handler in a repository of their own; gives its folder."""
    for path, data in sources.collect(places.ROOT, handler, frozenset({"duckdb"})).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return root / sources.HANDLERS / handler


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_archive_alone_can_be_imported(handler: str, tmp_path: Path) -> None:
    files = sources.collect(places.ROOT, handler, frozenset({"duckdb"}))
    with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    module, _, function = package.entry(handler).rpartition(".")
    # Neither the repository nor anything of this environment that the service would lack, but boto3.
    code = (
        f"import sys; sys.path.insert(0, 'function.zip'); import {module} as m; print(callable(m.{function}))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, text=True, capture_output=True)
    assert (ran.stdout.strip(), ran.stderr) == ("True", "")


def test_same_sources_give_the_same_bytes_whatever_their_dates_and_modes(tmp_path: Path) -> None:
    folder = copy_of("support_ticket", tmp_path)
    first = package.build("support_ticket", root=tmp_path)
    for file in folder.rglob("*"):
        os.utime(file, (1, 1))
        file.chmod(0o700 if file.is_dir() else 0o600)
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "handler.cpython-312.pyc").write_bytes(b"junk")
    assert package.build("support_ticket", root=tmp_path).content == first.content
    (folder / "handler.py").write_bytes((folder / "handler.py").read_bytes() + b"\n")
    assert package.build("support_ticket", root=tmp_path).content != first.content


def test_an_import_that_the_service_lacks_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = copy_of("support_ticket", tmp_path)
    (folder / "ticket.py").write_text("import json\n\n\ndef f():\n    import pydantic\n")
    with pytest.raises(Refusal, match=r"ticket\.py:5: imports `pydantic`"):
        package.build("support_ticket", root=tmp_path)


def test_an_unknown_function_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(Refusal, match="there is no function nothing(.|\n)*support_ticket"):
        package.build("nothing")


def test_a_function_over_a_limit_is_refused_with_what_makes_it_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of("support_ticket", tmp_path)
    (folder / "model.bin").write_bytes(bytes(1000))
    size = len(package.build("support_ticket", root=tmp_path).content)
    monkeypatch.setattr(package, "MOST_ZIPPED", size - 1)
    with pytest.raises(Refusal, match="function support_ticket has .* MiB zipped"):
        package.build("support_ticket", root=tmp_path)
    monkeypatch.setattr(package, "MOST_ZIPPED", size)
    monkeypatch.setattr(package, "MOST_UNZIPPED", 1000)
    with pytest.raises(Refusal, match="function support_ticket has .* MiB unzipped"):
        package.build("support_ticket", root=tmp_path)


def test_files_of_a_wheel_are_taken_over_as_they_are_packed(tmp_path: Path) -> None:
    wheel = tmp_path / "some-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        made.writestr("some/b.py", "x = 1\n" * 500)
        made.writestr("some/a.py", "")
        made.writestr(zipfile.ZipInfo("some/"), "")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("own.py", "own")
        package._copy(wheel, archive)
    with zipfile.ZipFile(buffer) as archive, zipfile.ZipFile(wheel) as made:
        assert archive.testzip() is None
        assert archive.namelist() == ["own.py", "some/a.py", "some/b.py"]
        assert archive.read("some/b.py") == b"x = 1\n" * 500
        assert archive.getinfo("some/b.py").compress_size == made.getinfo("some/b.py").compress_size
        assert archive.getinfo("some/b.py").date_time == (1980, 1, 1, 0, 0, 0)
