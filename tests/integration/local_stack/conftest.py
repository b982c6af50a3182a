"""A platform of its own for the tests of the local stack: real servers on free ports, temporary state."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from environments import places
from services.credentials import Credentials

REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-only-secret"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Servers:
    """versitygw and moto, as `sluice up` starts them."""

    folder: Path
    s3_port: int = field(default_factory=_free_port)
    aws_port: int = field(default_factory=_free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def s3_url(self) -> str:
        return f"http://127.0.0.1:{self.s3_port}"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the SDKs' default chain needs."""
        return {
            **KEYS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.s3_url,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def start_s3(self) -> None:
        objects, versions = self.folder / "objects", self.folder / "versions"
        objects.mkdir(parents=True, exist_ok=True)
        versions.mkdir(exist_ok=True)
        self._start(
            "s3",
            [
                str(places.BIN / "versitygw"), "--port", f"127.0.0.1:{self.s3_port}", "--region", REGION,
                "--quiet", "--health", "/health", "posix", "--versioning-dir", str(versions), str(objects),
            ],
            f"{self.s3_url}/health",
            ROOT_ACCESS_KEY_ID=KEYS["AWS_ACCESS_KEY_ID"],
            ROOT_SECRET_ACCESS_KEY=KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def start_aws(self) -> None:
        command = [
            str(places.VENVS / "infra" / "bin" / "moto_server"),
            "-H",
            "127.0.0.1",
            "-p",
            str(self.aws_port),
        ]
        self._start("aws", command, f"{self.aws_url}/moto-api/")

    def restart_aws(self) -> None:
        """moto forgets everything."""
        self.stop("aws")
        self.start_aws()

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            region_name=REGION,
            endpoint_url=self.s3_url if service == "s3" else self.aws_url,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def _start(self, name: str, command: list[str], ready: str, **more: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env={**os.environ, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(ready, timeout=2, trust_env=False).status_code < 400:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"{name} does not answer: {(self.folder / f'{name}.log').read_text()}")


@dataclass
class Platform:
    """A stack `local` with servers, state and passphrase of its own."""

    servers: Servers
    state: Path
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        endpoints = {
            "object_storage": self.servers.s3_url,
            "aws": self.servers.aws_url,
            "airflow": "http://127.0.0.1:9",
            "source": "http://127.0.0.1:9",
        }
        for folder in ("run", "pulumi", "home"):
            (self.state / folder).mkdir(parents=True)
        (self.state / "run" / "endpoints.json").write_text(json.dumps(endpoints))
        (self.state / "passphrase").write_text("only for tests")
        # A copy, since Pulumi writes its salt into it; without one that another passphrase made.
        file = places.ROOT / "environments" / "Pulumi.local.yaml"
        lines = [line for line in file.read_text().splitlines() if not line.startswith("encryptionsalt")]
        (self.state / file.name).write_text("\n".join(lines) + "\n")
        # `stack init` takes no --config-file: it writes its salt beside the Pulumi.yaml that it is run at.
        (self.state / "Pulumi.yaml").write_text("name: sluice\nruntime: python\n")

    def init(self, stack: str) -> None:
        """Makes a stack without touching the repository's files."""
        self.pulumi("stack", "init", stack, "--cwd", str(self.state))

    @property
    def environment(self) -> dict[str, str]:
        venv = places.VENVS / "infra"
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI")},
            **self.servers.environment,
            "PATH": os.pathsep.join([str(places.BIN), str(venv / "bin"), os.environ["PATH"]]),
            "VIRTUAL_ENV": str(venv),
            "PYTHONPATH": str(places.ROOT),
            "SLUICE_STATE": str(self.state),
            "PULUMI_HOME": str(self.state / "home"),
            "PULUMI_BACKEND_URL": (self.state / "pulumi").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.state / "passphrase"),
            "PULUMI_OPTION_CONFIG_FILE": str(self.state / "Pulumi.local.yaml"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # `--event-log` is one of them.
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The CLI in a process group of its own."""
        return subprocess.Popen(
            [str(places.BIN / "pulumi"), *arguments],
            cwd=places.ROOT,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def pulumi(self, *arguments: str, ok: bool = True) -> str:
        """Runs the CLI to its end; all that it says is kept."""
        process = self.start(*arguments, "--non-interactive")
        try:
            said, _ = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        self.said.append(said)
        assert (process.returncode == 0) is ok, said
        return said

    def up(self, stack: str = "local", *, ok: bool = True) -> dict[str, str]:
        """`up --refresh`; what it did, by logical name."""
        events = self.state / f"events-{len(self.said)}.json"
        self.pulumi(
            "up", "--refresh", "--yes", "--skip-preview", "-s", stack, "--event-log", str(events), ok=ok
        )
        return operations(events)

    @contextmanager
    def with_airflow(self, url: str) -> Iterator[None]:
        """For a while, with an Airflow that answers there, and with the credentials that `sluice up` makes."""
        endpoints, secrets = self.state / "run" / "endpoints.json", self.state / "secrets"
        before = endpoints.read_text()
        endpoints.write_text(json.dumps({**json.loads(before), "airflow": url}))
        secrets.mkdir()
        keys = {name: "right" for name in Credentials.__dataclass_fields__}
        keys |= {
            "access_key_id": KEYS["AWS_ACCESS_KEY_ID"],
            "secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"],
        }
        (secrets / "services.json").write_text(json.dumps(keys))
        try:
            yield
        finally:
            endpoints.write_text(before)

    def resource(self, name: str) -> dict[str, Any]:
        """A resource in the state."""
        state = json.loads(self.state_file.read_text())["checkpoint"]["latest"]["resources"]
        return dict(next(entry for entry in state if entry["urn"].endswith(f"::{name}")))

    @property
    def state_file(self) -> Path:
        return self.state / "pulumi" / ".pulumi" / "stacks" / "sluice" / "local.json"


def operations(events: Path) -> dict[str, str]:
    """What was done to each resource, by logical name; refreshes and what stayed the same are left out."""
    done = {}
    for line in events.read_text().splitlines():
        step = json.loads(line).get("resOutputsEvent", {}).get("metadata", {})
        if step and step["op"] not in ("same", "refresh"):
            done[step["urn"].rsplit("::", 1)[-1]] = step["op"]
    return done


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    running = Servers(tmp_path_factory.mktemp("servers"))
    running.start_s3()
    running.start_aws()
    yield running
    for name in list(running.processes):
        running.stop(name)


@pytest.fixture(scope="module")
def new_platform(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Platform]:
    def make() -> Platform:
        platform = Platform(servers, tmp_path_factory.mktemp("platform"))
        platform.init("local")
        return platform

    return make
