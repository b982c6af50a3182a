"""What functions ask for is within the service's limits, and each is a function that there is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from environments import places
from environments.load import load
from environments.manifest import Zone
from environments.part import SLUG
from environments.problems import Refusal
from environments.vocabulary import DataClass
from modules.functions import sources
from modules.functions.catalogue import FUNCTIONS, SALES_FILE, SUPPORT_TICKET
from modules.functions.spec import FunctionsSpec


def test_every_function_of_the_catalogue_has_its_handler_and_a_name_of_its_own() -> None:
    assert {function.handler for function in FUNCTIONS} <= set(sources.known(places.ROOT))
    names = [queue.name for function in FUNCTIONS for queue in function.queues]
    assert len(set(names)) == 2 * len(FUNCTIONS)
    assert all(re.fullmatch(SLUG, name) for name in names)


@pytest.mark.parametrize(
    "change",
    [
        {"timeout_seconds": 901}, {"timeout_seconds": 0}, {"memory_mb": 127}, {"memory_mb": 10_241},
        {"reserved_concurrency": 0}, {"batch_size": 11},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_service_would_not_take_is_refused(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(Refusal, match=f"function sales-file: {name} is {change[name]}"):
        replace(SALES_FILE, **change)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Refusal, match=r"timeout_seconds(.|\n)*memory_mb"):
        replace(SALES_FILE, timeout_seconds=0, memory_mb=0)


def test_a_function_is_told_of_its_zones_with_the_key_of_each_ones_data_class() -> None:
    environment = load("aws-prod")
    spec = FunctionsSpec(
        environment,
        FUNCTIONS,
        zones={zone: f"s3://b-{zone}" for zone in Zone},
        keys={data_class: f"key-{data_class}" for data_class in DataClass},
        queues={queue.name: f"url-{queue.name}" for function in FUNCTIONS for queue in function.queues},
        bus="bus",
    )
    told = spec.settings(SALES_FILE)
    assert (told["RAW_KEY"], told["ERRORS_KEY"]) == ("key-confidential", "key-internal")
    assert told["DEAD_LETTERS"] == "url-sales-file-dead-letter"
    assert {name for name in spec.settings(SUPPORT_TICKET) if name.endswith("_ZONE")} == {"RAW_ZONE"}
