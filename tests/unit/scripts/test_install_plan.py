"""What the installer decides before it installs. That a build succeeds is proven by a fresh clone only."""

import stat
from pathlib import Path

import pytest

from environments.problems import Exit, Refusal
from scripts.install import __main__ as installer
from scripts.install import build, node, pins, steps


def program(folder: Path, name: str, prints: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with a shell and nothing that Sluice looks for, and nothing installed or cached."""
    path = tmp_path / "path"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pins.places, "BIN", tmp_path / "bin")
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")
    return path


def test_every_missing_tool_is_named_in_one_message_with_how_to_get_it(bare_machine: Path) -> None:
    with pytest.raises(Refusal) as refused:
        installer.plan(["pulumi", "opa", "versitygw", "runtime"])
    assert refused.value.exit_code == Exit.UNAVAILABLE
    named = [problem.what.split()[0] for problem in refused.value.problems]
    assert named == ["pulumi", "opa", "versitygw", "java"]
    assert all(problem.remedy.startswith("install ") for problem in refused.value.problems)


def test_a_tool_on_path_at_an_accepted_version_is_not_built(bare_machine: Path) -> None:
    program(bare_machine, "opa", "Version: 1.4.2")
    assert installer.plan(["opa"]) == []


def test_a_tool_at_a_version_that_is_not_accepted_is_refused_with_that_version(bare_machine: Path) -> None:
    program(bare_machine, "opa", "Version: 0.68.0")
    with pytest.raises(Refusal, match=r"opa is version 0\.68\.0, which is not accepted"):
        installer.plan(["opa"])


def test_pulumi_without_its_python_language_host_does_not_count(bare_machine: Path) -> None:
    program(bare_machine, "pulumi", "v3.258.0")
    assert pins.find(pins.tools()["pulumi"]) is None
    for name in pins.tools()["pulumi"].needs:
        program(bare_machine, name, "")
    found = pins.find(pins.tools()["pulumi"])
    assert found and found.accepted and found.version == "3.258.0"


def test_with_go_every_tool_that_is_missing_is_built(bare_machine: Path) -> None:
    program(bare_machine, "go", "go version go1.26.8 linux/amd64")
    assert [step.name for step in installer.plan(["opa", "versitygw"])] == ["opa", "versitygw"]


def test_a_tool_from_the_shared_cache_needs_no_go(bare_machine: Path, tmp_path: Path) -> None:
    tool = pins.tools()["versitygw"]
    kept = build.shared_cache() / f"{tool.name}-{tool.recipe}"
    kept.mkdir(parents=True)
    program(kept, "versitygw", "versitygw 1.8.0")
    (step,) = installer.plan(["versitygw"])
    step.run()
    found = pins.find(tool)
    assert found and found.accepted and found.path == pins.places.BIN / "versitygw"


def test_a_killed_step_is_not_taken_for_a_done_one(bare_machine: Path) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    step = steps.Step("thing", "a thing", "v1", lambda: None)
    step.run()
    assert step.done()
    with pytest.raises(KeyboardInterrupt):
        steps.Step("thing", "a thing", "v1", dies).run()
    assert not step.done()


def test_a_step_waits_for_those_it_needs_and_all_failures_are_told_together(bare_machine: Path) -> None:
    order: list[str] = []

    def fails(name: str) -> None:
        raise Refusal.because(f"{name} failed")

    good = [
        steps.Step("b", "b", "1", lambda: order.append("b"), ("a",)),
        steps.Step("a", "a", "1", lambda: order.append("a")),
    ]
    steps.run_all(good, lambda line: None)
    assert order == ["a", "b"]
    bad = [steps.Step(name, name, "2", lambda name=name: fails(name)) for name in ("c", "d")]  # type: ignore[misc]
    with pytest.raises(Refusal) as refused:
        steps.run_all(bad, lambda line: None)
    assert sorted(problem.what for problem in refused.value.problems) == ["c failed", "d failed"]


def test_versions_compare_as_numbers() -> None:
    assert pins.parts("1.10") > pins.parts("1.9.9")


def test_every_pinned_tool_says_what_it_is_for_and_where_to_get_it() -> None:
    for tool in pins.tools().values():
        assert tool.purpose and tool.vendor, tool.name
        assert tool.optional or tool.buildable or tool.from_pypi or tool.name == "java", tool.name


def test_a_folder_that_cannot_be_written_is_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setattr(installer.places, "INSTALLED", in_the_way / ".sluice")
    assert installer.main(["opa"]) == Exit.UNAVAILABLE
    said = capsys.readouterr().err
    assert "cannot write" in said and "Traceback" not in said


def test_what_only_tests_need_is_installed_when_asked_for_and_without_a_registrys_name(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node.places, "AZURITE", tmp_path / "azurite")
    assert not set(installer.GROUPS["tests"]) & set(installer.GROUPS["platform"])
    with pytest.raises(Refusal) as refused:
        installer.plan(list(installer.GROUPS["tests"]))
    assert [problem.what.split()[0] for problem in refused.value.problems] == ["fake-gcs-server", "node"]
    program(bare_machine, "go", "go version go1.26.8 linux/amd64")
    program(bare_machine, "node", "v20.20.2")
    steps_of = [step.name for step in installer.plan(list(installer.GROUPS["tests"]))]
    assert steps_of == ["fake-gcs-server", "azurite"]
    assert '"resolved"' not in (node.LOCKED / "package-lock.json").read_text()


def test_an_unknown_part_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert installer.main(["everything"]) == Exit.BAD_INPUT
    assert "infra, runtime" in capsys.readouterr().err
