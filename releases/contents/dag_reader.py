"""Reads DAG files as Airflow's DAG processor does. Run by the runtime's interpreter, as a script:

    python -P dag_reader.py <folder of the release> <seconds> <output> <DAG file>…

Each file is parsed in a fork of its own, under the time limit and without network; the output is a JSON list of
`{"file", "seconds", "error", "dags"}` with DAGs as Airflow serialises them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

_NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_KILLED = "it was not parsed within {seconds:g} s"


def main(folder: str, seconds: str, output: str, *files: str) -> None:
    """Reads the files one after the other, and writes what was found."""
    # Paid once, before the first fork; the time limit is for the files' own code.
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: F401
    from airflow.serialization.serialized_objects import LazyDeserializedDAG  # noqa: F401

    found = [_in_a_fork(Path(folder), file, float(seconds)) for file in files]
    Path(output).write_text(json.dumps(found))


def _in_a_fork(folder: Path, file: str, seconds: float) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            _parse(folder, file, answer.name)
        deadline = time.monotonic() + seconds
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                break
            if time.monotonic() > deadline:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return _failed(file, seconds, _KILLED.format(seconds=seconds))
            time.sleep(0.01)
        content = Path(answer.name).read_text()
    if not content:
        code = os.waitstatus_to_exitcode(status)
        return _failed(file, 0, f"it ended the interpreter that parsed it (exit code {code})")
    return dict(json.loads(content))


def _failed(file: str, seconds: float, error: str) -> dict[str, Any]:
    return {"file": file, "seconds": seconds, "error": error, "dags": []}


def _parse(folder: Path, file: str, answer: str) -> NoReturn:
    try:
        os.setsid()
        from airflow.dag_processing.dagbag import BundleDagBag
        from airflow.serialization.serialized_objects import LazyDeserializedDAG

        sys.addaudithook(_refuse_network)
        # Where Airflow puts it: what a DAG file imports of its release comes from there.
        sys.path.insert(0, str(folder))
        since = time.perf_counter()
        bag = BundleDagBag(
            folder / file, safe_mode=False, bundle_path=folder, bundle_name="releases", load_op_links=False
        )
        seconds = time.perf_counter() - since
        error = "\n".join(str(text).strip() for text in bag.import_errors.values())
        dags = [LazyDeserializedDAG.from_dag(dag).data["dag"] for dag in bag.dags.values()]
        content = {"file": file, "seconds": seconds, "error": error, "dags": dags}
        Path(answer).write_text(json.dumps(content, default=str))
    finally:
        os._exit(0)


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _NETWORK:
        raise PermissionError(f"the file uses the network while it is parsed ({event})")


if __name__ == "__main__":
    main(*sys.argv[1:])
