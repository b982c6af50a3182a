"""The archive of a function: reproducible, whole, no larger than the service takes."""

from __future__ import annotations

import io
import multiprocessing
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from environments import places
from environments.problems import Exit, Refusal
from modules.functions import package, sources, vendored
from modules.functions.vendored import Platform

HANDLERS = sources.known(places.ROOT)


def copy_of(handler: str, root: Path) -> Path:
    """The files of a handler in a repository of their own; gives its folder."""
    for path, data in sources.collect(places.ROOT, handler, frozenset({"duckdb"})).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return root / sources.HANDLERS / handler


# Of what is installed here, what the service has as well: boto3, and what boto3 takes where it is there.
ALLOWED = ["boto3", "botocore", "certifi", "dateutil", "duckdb", "jmespath", "s3transfer", "six", "urllib3"]
IMPORT = """
import importlib, pathlib, sys
allowed = {ALLOWED}
sys.path.insert(0, "function.zip")
found = importlib.import_module("{module}")
there = {{name.partition(".")[0].lstrip("_") for name, one in list(sys.modules.items())
         if "site-packages" in str(getattr(one, "__file__", ""))}}
print(callable(getattr(found, "{function}")), found.__file__.startswith("function.zip"), sorted(there - set(allowed)))
"""


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_archive_alone_can_be_imported(handler: str, tmp_path: Path) -> None:
    files = sources.collect(places.ROOT, handler, frozenset({"duckdb"}))
    with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    module, _, function = package.entry(handler).rpartition(".")
    code = IMPORT.format(ALLOWED=ALLOWED, module=module, function=function)
    # -I: the repository is not on the path.
    ran = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, text=True, capture_output=True)
    assert (ran.stdout.strip(), ran.stderr) == ("True True []", "")


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


def write_often(folder: Path, content: bytes, together: Any) -> None:
    together.wait()
    for _ in range(2000):
        package.Package("sales_file", content, len(content)).write(folder)


def test_processes_that_write_the_same_archive_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """As the gate does, which captures environments side by side."""
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(3)
    writers = [
        fork.Process(target=write_often, args=(tmp_path, bytes([n]) * 1000, together)) for n in range(3)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    (left,) = tmp_path.iterdir()
    assert len(set(left.read_bytes())) == 1 and left.stat().st_size == 1000


def test_an_import_that_the_service_lacks_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = copy_of("support_ticket", tmp_path)
    (folder / "ticket.py").write_text("import json\n\n\ndef f():\n    import pydantic\n")
    with pytest.raises(Refusal, match=r"ticket\.py:5: imports `pydantic`"):
        package.build("support_ticket", root=tmp_path)


def test_an_unknown_function_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(Refusal, match=r"there is no function nothing(.|\n)*support_ticket"):
        package.build("nothing")


def test_a_function_over_a_limit_is_refused_with_what_makes_it_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of("support_ticket", tmp_path)
    (folder / "model.bin").write_bytes(bytes(1000))
    size = len(package.build("support_ticket", root=tmp_path).content)
    monkeypatch.setattr(package, "MOST_ZIPPED", size - 1)
    with pytest.raises(Refusal, match=r"function support_ticket has .* MiB zipped"):
        package.build("support_ticket", root=tmp_path)
    monkeypatch.setattr(package, "MOST_ZIPPED", size)
    monkeypatch.setattr(package, "MOST_UNZIPPED", 1000)
    with pytest.raises(Refusal, match=r"function support_ticket has .* MiB unzipped"):
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


AARCH64 = 183
"""ELF's number of the machine, at byte 18 of a file."""


@pytest.mark.slow
def test_the_archive_with_a_wheel_is_the_same_twice_and_within_the_limits() -> None:
    first = package.build("sales_file")
    assert package.build("sales_file").source_code_hash == first.source_code_hash
    assert 10 * 2**20 < len(first.content) < package.MOST_ZIPPED / 2
    assert first.unzipped < package.MOST_UNZIPPED / 2
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert archive.testzip() is None
        (library,) = [name for name in archive.namelist() if name.endswith(".so")]
        assert "cpython-312-aarch64" in library
        assert int.from_bytes(archive.read(library)[18:20], "little") == AARCH64


RUN = """
import sys
from datetime import date
from pathlib import Path
sys.path[:0] = ["function.zip", "unzipped"]
from modules.functions.handlers.sales_file import parquet, reading
import duckdb
read = reading.read(Path("a.csv"), Path("."), date(2025, 2, 3))
rows = [part.rows for part in parquet.partitions(read, Path("."), "n")]
print(duckdb.__file__.startswith(str(Path("unzipped").resolve())), rows)
"""


@pytest.mark.slow
def test_the_archive_for_this_machine_runs_here_with_its_own_wheel(tmp_path: Path) -> None:
    here = Platform((sys.version_info[0], sys.version_info[1]), platform.machine())
    built = package.build("sales_file", platform=here)
    with zipfile.ZipFile(built.write(tmp_path)) as archive:
        archive.extractall(tmp_path / "unzipped")
    (tmp_path / "a.csv").write_text(
        "transaction_id,customer_id,sold_at,quantity,amount,currency\n"
        "t-000001,c-00001,2025-02-03T10:00:00Z,1,10.50,EUR\n"
    )
    # boto3 is the service's own, here this environment's: after the archive on the path, as there.
    installed = str(Path(duckdb.__file__).parent.parent)
    code = RUN.replace('"unzipped"]', f'str(Path("unzipped").resolve())]\nsys.path.append({installed!r})')
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, text=True, capture_output=True
    )
    assert (ran.stdout.strip(), ran.stderr) == ("True [1]", "")


def test_a_package_that_is_not_locked_or_has_no_wheel_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = copy_of("support_ticket", tmp_path)
    (tmp_path / "uv.lock").write_text(
        '[[package]]\nname = "elsewhere"\nversion = "1.0"\n'
        'wheels = [{url = "https://x/elsewhere-1.0-cp312-cp312-win_amd64.whl", hash = "sha256:0"}]\n'
    )
    (folder / "requirements.txt").write_text("# what it needs\nnothing-like-it\n")
    with pytest.raises(Refusal, match=r"requirements\.txt:2: nothing-like-it is not in the lock"):
        package.build("support_ticket", root=tmp_path)
    (folder / "requirements.txt").write_text("elsewhere\n")
    with pytest.raises(Refusal, match=r"elsewhere 1\.0 has no wheel for Python 3\.12 on Linux aarch64"):
        package.build("support_ticket", root=tmp_path)


def test_a_wheel_that_cannot_be_fetched_is_said_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendored, "CACHE", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = vendored.Wheel("duckdb", "0.0.1", "duckdb-0.0.1-py3-none-any.whl", "0" * 64, "3.12")
    with pytest.raises(
        Refusal, match=r"cannot fetch duckdb-0\.0\.1(.|\n)*make the package index reachable"
    ) as refused:
        wheel.fetch()
    assert refused.value.exit_code == Exit.UNAVAILABLE
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_wheel_in_the_cache_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendored, "CACHE", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = vendored.Wheel("duckdb", "0.0.1", "duckdb-0.0.1-py3-none-any.whl", "0" * 64, "3.12")
    (tmp_path / wheel.sha256).mkdir()
    (tmp_path / wheel.sha256 / wheel.file).write_bytes(b"damaged")
    with pytest.raises(Refusal, match="cannot fetch"):
        wheel.fetch()
