"""What `sluice up` refuses before it starts anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.platform_on_one_machine import ROOT, Platform


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ("ower: me", "unknown key `ower`", "did you mean `owner`?"),
        ("network: {cidr: 10.16.0/16}", "10.16.0/16", "10.16.0.0/16"),
    ],
    ids=["misspelt key", "bad CIDR"],
)
def test_a_mistake_in_the_environment_file_is_said_with_its_line_before_anything_starts(
    tmp_path: Path, values: str, what: str, remedy: str
) -> None:
    # A checkout of its own, of which only the file at fault differs.
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "environments", root / "environments")
    for name in ("scripts", "services", "stacks", "modules", "policies", "releases", "dags", ".sluice"):
        (root / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "sluice", root)
    file = root / "environments" / "Pulumi.local.yaml"
    file.write_text(f"config:\n  sluice:environment:\n    {values}\n")
    said = Platform(tmp_path / "state", root=root).sluice("up", seconds=60)
    assert said.code == 2, said.all
    assert "environments/Pulumi.local.yaml:3: " in said.err
    assert what in said.err and remedy in said.err
    assert not (tmp_path / "state" / "run" / "supervisord.pid").exists()


def test_without_java_it_says_so_and_starts_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    for name in ("sh", "dirname", "readlink"):
        (empty / name).symlink_to(f"/bin/{name}" if name == "sh" else f"/usr/bin/{name}")
    said = Platform(tmp_path / "state", {"PATH": str(empty)}).sluice("up", seconds=60)
    assert said.code == 3
    assert "Java is missing" in said.err and "Spark" in said.err
    assert not (tmp_path / "state" / "run" / "supervisord.pid").exists()


def test_a_state_folder_that_cannot_be_written_is_one_clear_message(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    said = Platform(in_the_way / "state").sluice("up", seconds=60)
    assert said.code == 3
    assert "cannot write" in said.err and "SLUICE_STATE" in said.err


def test_nothing_to_stop_is_fine(tmp_path: Path) -> None:
    said = Platform(tmp_path / "state").sluice("down", seconds=60)
    assert said.code == 0 and "nothing was running" in said.out


def test_verbs_that_need_a_platform_say_how_to_start_one(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "state")
    for verb in (["query", "select 1"], ["run", "sales_curation", "--date", "2025-02-03"]):
        said = platform.sluice(*verb, seconds=60)
        assert said.code == 3 and "make up" in said.err, said.all
