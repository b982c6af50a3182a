"""Programs that cannot be captured: one clear message each, at the line, and the right exit code."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from environments.problems import Exit, Refusal
from policies.gate.capture import Program, capture, capture_many
from policies.gate.graph import ResourceGraph

# name: (source, line of the problem, part of its message)
BAD: dict[str, tuple[str, int | None, str]] = {
    "raises": ("def deep():\n    raise ValueError('no such zone')\n\n\ndeep()\n", 2, "ValueError: no such zone"),
    "raises_in_apply": (
        "import pulumi\ndef broken(value):\n    return value['x']\npulumi.Output.from_input({}).apply(broken)\n",
        3,
        "KeyError",
    ),
    "syntax": ("import pulumi\nx = (\n", 2, "not valid Python"),
    "loops": ("import pulumi\nwhile True:\n    pass\n", None, "does not end within"),
    "waits": (
        "import asyncio\nimport pulumi\npulumi.Output.from_input(asyncio.Future()).apply(print)\n",
        None,
        "waits for something",
    ),
    "ignores_the_alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass\n",
        None,
        "does not listen to the alarm",
    ),
    "forks": ("import os\nos.fork()\n", 2, "starts another process: os.fork"),
    "starts": ("import subprocess\nsubprocess.run(['git', 'log'])\n", 2, "subprocess.Popen(git)"),
    "connects": (
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9))\nexcept Exception:\n    pass\n",
        3,
        "opens a network connection: socket.getaddrinfo(127.0.0.1:9)",
    ),
    "connects_unix": (
        "import socket\nsocket.socket(socket.AF_UNIX).connect('/run/docker.sock')\n",
        2,
        "socket.connect(/run/docker.sock)",
    ),
    "calls_a_cloud": (
        "import urllib.request\nurllib.request.urlopen('https://sts.amazonaws.com')\n",
        2,
        "opens a network connection: socket.getaddrinfo(sts.amazonaws.com:443)",
    ),
    "asks_an_output": (
        "import urllib.request as web\nimport pulumi\nfrom pulumi.dynamic import Resource, ResourceProvider\n"
        "class Site(Resource):\n"
        "    pass\n"
        "site = Site(ResourceProvider(), 's', {'host': None})\n"
        "site.host.apply(lambda host: web.urlopen(f'https://{host}'))\n",
        7,
        "getaddrinfo(${urn:pulumi:dev::refused::pulumi-python:dynamic:Resource::s#host}:443)",
    ),
    "leaves": ("import sys\nsys.exit(3)\n", 2, "ends itself with exit code 3"),
    "leaves_at_once": ("import os\nos._exit(0)\n", None, "ended its interpreter by itself"),
    "crashes": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", None, "signal 11"),
    "hoards": ("data = []\nwhile True:\n    data.append(bytearray(10_000_000))\n", 3, "MB of memory"),
    "recurses": ("def f():\n    f()\nf()\n", 2, "calls itself without end"),
    "misses_a_package": ("import pulumi\nimport pulumi_datadog_of_nobody\n", 2, "is not installed"),
    "has_wrong_type": (
        "import pulumi\npulumi.Config().require_int('size')\n",
        2,
        "'refused:size' value 'many' is not a valid 'int'",
    ),
    "wants_an_odd_input": (
        "import pulumi\nclass Thing(pulumi.CustomResource):\n    pass\nThing('a:b:C', 'x', {'v': object()})\n",
        4,
        "unexpected input of type object",
    ),
    "calls_the_unknown": (
        "import pulumi\nfirst = pulumi.runtime.invoke('acme:index/getThing:getThing', {'name': 'x'})\n",
        2,
        'nobody answers the call acme:index/getThing:getThing with {"name": "x"}',
    ),
}  # fmt: skip

MISSING = """\
import pulumi

config = pulumi.Config()
region = config.require("region")
size = config.require_int("size") + 1
zones = config.require_object("zones")["a"]
password = config.require_secret("password")
other = pulumi.Config("aws").require("profile")
"""


def project(folder: Path, source: str | None, *, config: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: refused\nruntime: python\n{config}")
    if source is not None:
        (folder / "__main__.py").write_text(source)
    return folder


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ResourceGraph | Refusal]:
    base = tmp_path_factory.mktemp("bad")
    programs = [
        Program(
            project(base / name, source, config="config:\n  refused:size: many\n" if "wrong" in name else ""),
            "dev",
            timeout=1 if name in ("loops", "waits", "ignores_the_alarm") else 30,
            memory=2**30,
        )
        for name, (source, _, _) in BAD.items()
    ]
    return dict(zip(BAD, capture_many(programs), strict=True))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_program_ends_in_one_message_at_its_line(
    name: str, refusals: dict[str, ResourceGraph | Refusal]
) -> None:
    refusal = refusals[name]
    _, line, message = BAD[name]
    assert isinstance(refusal, Refusal)
    (problem,) = refusal.problems
    assert message in problem.what
    assert problem.where is not None and problem.remedy
    assert "Traceback" not in str(refusal)
    if line is not None:
        assert (problem.where.file.name, problem.where.line) == ("__main__.py", line)
    assert refusal.exit_code == Exit.BAD_INPUT


def test_every_missing_key_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        capture(project(tmp_path / "p", MISSING), "dev")
    (problem,) = refused.value.problems
    for key in (
        "refused:region",
        "refused:size",
        "refused:zones",
        "refused:password (secret)",
        "aws:profile",
    ):
        assert key in problem.what
    assert problem.where is not None and problem.where.line == 4


def test_given_configuration_is_enough(tmp_path: Path) -> None:
    source = "import pulumi\npulumi.export('size', pulumi.Config().require_int('size') + 1)\n"
    assert capture(project(tmp_path / "p", source), "dev", config={"size": "4"}).outputs == {"size": 5}


CURIOUS = """\
import datetime, os, random, socket, time, uuid
import pulumi

print("this is no part of a graph")
os.write(1, b'{"graph": {}}')
pulumi.export("seen", {
    "environment": sorted(key for key in os.environ),
    "home": os.listdir(os.path.expanduser("~")),
    "now": [time.time(), datetime.datetime.now().isoformat(), str(datetime.date.today()),
            time.strftime("%Y")],
    "chance": [random.random(), str(uuid.uuid4()), os.urandom(4).hex()],
    "host": socket.gethostname(),
    "preview": pulumi.runtime.is_dry_run(),
    "names": [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()],
})
"""


def test_a_program_sees_no_credentials_no_clock_and_no_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GOOGLE_CREDENTIALS", "ARM_CLIENT_SECRET", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "a-credential")
    folder = project(tmp_path / "p", CURIOUS)
    first, second = capture_many([Program(folder, "acme/p/dev"), Program(folder, "acme/p/dev")], at_once=2)
    assert isinstance(first, ResourceGraph) and isinstance(second, ResourceGraph)
    assert first.to_bytes() == second.to_bytes()
    seen = first.outputs["seen"]
    assert set(seen["environment"]) <= {
        "HOME", "LANG", "LC_ALL", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "TMPDIR", "TZ",
        "LC_CTYPE", "USER", "LOGNAME",
    }  # fmt: skip
    assert seen["home"] == []
    assert seen["now"] == [1767225600, "2026-01-01T00:00:00", "2026-01-01", "2026"]
    assert seen["preview"] is True
    assert seen["names"] == ["refused", "dev", "acme"]


class TestProjects:
    def test_no_folder(self, tmp_path: Path) -> None:
        self.refused(tmp_path / "nothing", "does not exist")

    def test_no_pulumi_project(self, tmp_path: Path) -> None:
        self.refused(tmp_path, "there is no Pulumi.yaml")

    def test_no_main(self, tmp_path: Path) -> None:
        self.refused(project(tmp_path / "p", None), "there is no __main__.py")

    def test_another_language(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: nodejs\n")
        self.refused(tmp_path, "its runtime is `nodejs`")

    def test_a_symbolic_link(self, tmp_path: Path) -> None:
        project(tmp_path / "real", "")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        self.refused(tmp_path / "link", "symbolic link")

    def test_a_main_that_leads_out(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.py").write_text("")
        folder = project(tmp_path / "p", None)
        (folder / "__main__.py").symlink_to(tmp_path / "elsewhere.py")
        self.refused(folder, "symbolic link out of the project")

    def test_a_huge_program(self, tmp_path: Path) -> None:
        self.refused(project(tmp_path / "p", "x = 1\n" * 900_000), "bytes, more than")

    def test_broken_yaml(self, tmp_path: Path) -> None:
        folder = project(tmp_path / "p", "")
        (folder / "Pulumi.dev.yaml").write_text("config:\n  a: [\n")
        self.refused(folder, "not valid YAML")

    def refused(self, folder: Path, what: str) -> None:
        with pytest.raises(Refusal) as refused:
            capture(folder, "dev")
        assert what in str(refused.value)
        assert refused.value.exit_code == Exit.BAD_INPUT


def test_a_program_s_own_packages_win_over_ours(tmp_path: Path) -> None:
    source = "import environments, policies, pulumi\npulumi.export('who', [environments.WHO, policies.WHO])\n"
    folder = project(tmp_path / "p", source)
    for name in ("environments", "policies"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("WHO = 'the program'\n")
    assert capture(folder, "dev").outputs == {"who": ["the program", "the program"]}


def test_what_a_program_leaves_running_is_ended(tmp_path: Path) -> None:
    source = "import os, threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    begun = time.monotonic()
    capture(project(tmp_path / "p", source), "dev")
    assert time.monotonic() - begun < 60
    assert (
        os.listdir(tmp_path / "p") == ["Pulumi.yaml", "__main__.py"] or len(os.listdir(tmp_path / "p")) == 2
    )
