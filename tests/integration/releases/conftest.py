"""Real object storage servers for the tests of shipping."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.object_servers import S3, s3


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A running versitygw; the SDKs' default chain leads to it."""
    patch = pytest.MonkeyPatch()
    with s3(tmp_path_factory.mktemp("s3")) as server:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        try:
            yield server
        finally:
            patch.undo()


@pytest.fixture
def bucket(s3_server: S3) -> str:
    """URI of a new, empty bucket."""
    return s3_server.bucket()
