"""The README's example runs, and its table names every file of the room."""

from __future__ import annotations

import re

from environments import places

ROOM = places.ROOT / "environments"
TEXT = (ROOM / "README.md").read_text()


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    exec(compile(example, "environments/README.md", "exec"), {})


def test_the_table_names_every_file() -> None:
    named = set(re.findall(r"`([a-z_]+\.(?:py|json))`", TEXT))
    there = {file.name for file in ROOM.iterdir() if file.suffix in (".py", ".json")} - {"__init__.py"}
    assert named == there
