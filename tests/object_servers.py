"""Object storage servers for tests: versitygw (S3), fake-gcs-server (Cloud Storage), Azurite (Azure Blob).

Each is started on a free port with a folder of its own, and says what makes the SDKs' default chains lead to
it. `through` gives the same for a proxy in front of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import httpx

from environments import places
from tests.faults.proxy import Proxy
from tests.xml_api import speak_xml

REGION = "eu-west-1"
# Azurite's own account, the same everywhere and no secret: its manual names it.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class ObjectServer:
    """A running server. `url` is its base address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self, url: str | None = None) -> dict[str, str]:
        """What a process needs in its environment to reach it, or a proxy at `url` in front of it."""
        raise NotImplementedError

    def bucket(self, name: str | None = None) -> str:
        """URI of a new, empty bucket."""
        raise NotImplementedError


@dataclass
class S3(ObjectServer):
    """versitygw; a folder below `root` is a bucket."""

    url: str
    root: Path
    access_key: str
    secret_key: str

    def environment(self, url: str | None = None) -> dict[str, str]:
        """See ObjectServer."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": url or self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self, name: str | None = None) -> str:
        """See ObjectServer."""
        name = name or _new_name()
        (self.root / name).mkdir()
        return f"s3://{name}"


@dataclass
class CloudStorage(ObjectServer):
    """fake-gcs-server, behind a proxy that speaks the XML API to it: it knows the JSON API only."""

    url: str
    json_api: str

    def environment(self, url: str | None = None) -> dict[str, str]:
        """See ObjectServer."""
        return {"GOOGLE_BASE_URL": url or self.url, "GOOGLE_BEARER_TOKEN": "any", "GOOGLE_ALLOW_HTTP": "true"}

    def bucket(self, name: str | None = None) -> str:
        """See ObjectServer."""
        name = name or _new_name()
        httpx.post(f"{self.json_api}/storage/v1/b", json={"name": name}).raise_for_status()
        return f"gs://{name}"


@dataclass
class AzureBlob(ObjectServer):
    """Azurite."""

    url: str

    def environment(self, url: str | None = None) -> dict[str, str]:
        """See ObjectServer."""
        return {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url or self.url}

    def bucket(self, name: str | None = None) -> str:
        """See ObjectServer."""
        name = name or _new_name()
        date, version = formatdate(usegmt=True), "2021-08-06"
        resource = f"/{AZURITE_ACCOUNT}/{AZURITE_ACCOUNT}/{name}\nrestype:container"
        signed = "\n".join(["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{version}", resource])
        key = base64.b64decode(AZURITE_KEY)
        signature = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        httpx.put(
            f"{self.url}/{AZURITE_ACCOUNT}/{name}?restype=container",
            headers={
                "x-ms-date": date,
                "x-ms-version": version,
                "Authorization": f"SharedKey {AZURITE_ACCOUNT}:{signature}",
            },
        ).raise_for_status()
        return f"az://{name}"


@contextmanager
def s3(folder: Path) -> Iterator[S3]:
    """Starts versitygw."""
    root, versions = folder / "root", folder / "versions"
    root.mkdir(parents=True)
    versions.mkdir()
    port, access, secret = free_port(), "release-tests", uuid.uuid4().hex
    command = [places.BIN / "versitygw", "--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet"]
    command += ["posix", "--versioning-dir", versions, root]
    keys = {"ROOT_ACCESS_KEY_ID": access, "ROOT_SECRET_ACCESS_KEY": secret}
    with _running(command, port, folder / "log", keys):
        yield S3(f"http://127.0.0.1:{port}", root, access, secret)


@contextmanager
def cloud_storage(folder: Path) -> Iterator[CloudStorage]:
    """Starts fake-gcs-server."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [places.BIN / "fake-gcs-server", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-backend", "filesystem", "-filesystem-root", folder / "root", "-log-level", "warn"]
    command += ["-public-host", f"127.0.0.1:{port}"]
    with ExitStack() as stack:
        stack.enter_context(_running(command, port, folder / "log"))
        json_api = f"http://127.0.0.1:{port}"
        proxy = stack.enter_context(Proxy(json_api, speak=speak_xml))
        yield CloudStorage(proxy.url, json_api)


@contextmanager
def azure_blob(folder: Path) -> Iterator[AzureBlob]:
    """Starts Azurite."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [places.AZURITE / "node_modules" / ".bin" / "azurite-blob", "--silent", "--disableTelemetry"]
    # The SDK in obstore may be newer than the API versions that Azurite has heard of.
    command += ["--skipApiVersionCheck", "--blobPort", str(port), "--location", folder / "root"]
    with _running(command, port, folder / "log"):
        yield AzureBlob(f"http://127.0.0.1:{port}")


SERVERS = {"s3": s3, "cloud_storage": cloud_storage, "azure_blob": azure_blob}


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_name() -> str:
    return f"releases-{uuid.uuid4().hex[:12]}"


@contextmanager
def _running(
    command: list[str | Path], port: int, log_file: Path, extra: dict[str, str] | None = None
) -> Iterator[None]:
    program = Path(command[0])
    assert program.exists(), f"{program} is missing: `make install-tests` makes it"
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **(extra or {})}, stdout=log, stderr=log)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, f"{program.name} ended: {log_file.read_text()[-500:]}"
            time.sleep(0.1)
        else:
            raise AssertionError(f"{program.name} does not listen")
        yield
    finally:
        server.terminate()
        server.wait(10)
