"""Ports are remembered and credentials stay private."""

import json
import socket
import stat
from pathlib import Path

import pytest

from environments.problems import Refusal
from services import credentials, ports


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PORTS", tmp_path / "run" / "ports.json")
    monkeypatch.setattr(ports.places, "RUN", tmp_path / "run")
    monkeypatch.setattr(ports.places, "ENDPOINTS", tmp_path / "run" / "endpoints.json")
    for name in ("KEYS", "PASSPHRASE", "AIRFLOW_PASSWORDS", "AWS_PROFILE"):
        monkeypatch.setattr(credentials, name, tmp_path / "secrets" / name.lower())


def nobody(name: str) -> bool:
    return False


def test_ports_are_chosen_once_and_remembered() -> None:
    said: list[str] = []
    assert ports.choose(nobody, said.append) == ports.choose(nobody, said.append)
    assert said == []


def test_a_port_taken_by_another_program_is_replaced_and_said() -> None:
    said: list[str] = []
    before = ports.choose(nobody, said.append)
    port = json.loads(ports.PORTS.read_text())["source"]
    with socket.socket() as other:
        other.bind((ports.HOST, port))
        other.listen()
        after = ports.choose(nobody, said.append)
    assert after.source != before.source
    assert after.object_storage == before.object_storage
    assert len(said) == 1 and str(port) in said[0]


def test_a_port_in_use_by_our_own_service_is_kept() -> None:
    said: list[str] = []
    before = ports.choose(nobody, said.append)
    with socket.socket() as ours:
        ours.bind((ports.HOST, json.loads(ports.PORTS.read_text())["source"]))
        ours.listen()
        assert ports.choose(lambda name: name == "source", said.append) == before


def test_a_damaged_memory_of_ports_is_made_anew() -> None:
    said: list[str] = []
    ports.choose(nobody, said.append)
    ports.PORTS.write_text("{")
    ports.choose(nobody, said.append)
    assert "damaged" in said[0]
    json.loads(ports.PORTS.read_text())


def test_all_addresses_are_on_the_loopback_interface() -> None:
    addresses = ports.choose(nobody, print).model_dump().values()
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)


def test_credentials_are_made_once_and_only_their_owner_can_read_them() -> None:
    first = credentials.ensure()
    assert credentials.ensure() == first
    for file in (
        credentials.KEYS,
        credentials.PASSPHRASE,
        credentials.AIRFLOW_PASSWORDS,
        credentials.AWS_PROFILE,
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_no_two_checkouts_share_a_secret() -> None:
    first = credentials.ensure()
    credentials.KEYS.unlink()
    second = credentials.ensure()
    assert not set(vars(first).values()) & set(vars(second).values())


def test_a_damaged_key_file_is_refused_without_quoting_it() -> None:
    credentials.ensure()
    credentials.KEYS.write_text('{"access_key_id": "VERYSECRET"}')
    with pytest.raises(Refusal) as refused:
        credentials.load()
    assert "VERYSECRET" not in str(refused.value)
