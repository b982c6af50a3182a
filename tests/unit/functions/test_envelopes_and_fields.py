"""Whatever arrives is either understood or rejected with a reason: nothing else is raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.functions.handlers.landing_check.delivery import _noted
from modules.functions.handlers.sales_file.landing import LandedFile
from modules.functions.handlers.support_ticket.ticket import Ticket
from modules.functions.runtime import envelopes, queue_batch
from modules.functions.runtime.problems import Rejected
from tests.unit.functions import payloads

WORDS = (
    "Records", "eventSource", "aws:s3", "aws:sqs", "eventName", "s3", "bucket", "object", "name", "key", "etag",
    "detail", "detail-type", "Object Created", "NewTicketCreated", "id", "source", "time", "ticket_id",
    "customer_id", "created_at", "channel", "priority", "subject", "text", "files", "sha256", "rows",
    "2025-02-03T08:00:00Z", "urgent", "c-00001",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(WORDS), st.just("\ud800")
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=8)
    ),
    max_leaves=20,
)
READERS: dict[str, Callable[[Any], Any]] = {
    "announcement": lambda found: envelopes.announcement(found, "NewTicketCreated"),
    "objects": envelopes.objects_created,
    "ticket": Ticket.of,
    "delivery note": _noted,
    "key": lambda found: LandedFile.of(str(found), "etag"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@settings(deadline=None)
@given(found=ANYTHING)
def test_nothing_but_rejected_is_raised(reader: Callable[[Any], Any], found: Any) -> None:
    try:
        reader(found)
    except Rejected as rejected:
        assert str(rejected)


@settings(deadline=None)
@given(found=ANYTHING)
def test_a_batch_is_told_from_everything_else(found: Any) -> None:
    assert queue_batch.is_batch(found) is False or all(
        record["eventSource"] == "aws:sqs" for record in found["Records"]
    )


def test_both_shapes_of_a_new_object_say_the_same() -> None:
    key = "landing/sales/supplier=a/date=2025-02-03/with space+plus é.csv"
    expected = [envelopes.ObjectCreated("case-raw", key, "abc")]
    assert envelopes.objects_created(payloads.object_created("case-raw", key, '"abc"')) == expected
    assert envelopes.objects_created(payloads.s3_notification("case-raw", key, '"abc"')) == expected


def test_s3s_test_message_tells_of_no_object() -> None:
    assert envelopes.objects_created(payloads.s3_test_event("case-raw")) == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (payloads.bus_event("Other", {}), "detail-type is none of NewTicketCreated"),
        ({**payloads.bus_event("NewTicketCreated", {}), "time": "yesterday"}, "time is not a moment"),
        ({**payloads.bus_event("NewTicketCreated", {}), "detail": []}, "detail is not an object"),
        ("text", "event is not an object"),
        ({}, "id is missing; source is missing; detail-type is missing; time is missing; detail is missing"),
    ],
)
def test_the_reason_says_what_is_wrong_with_an_envelope(event: Any, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        envelopes.announcement(event, "NewTicketCreated")


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("landing/sales/supplier=north-wind/date=2025-02-03/a.csv", True),
        ("landing/sales/supplier=n/date=2025-02-03/sales_2025.v2.csv.gz", True),
        ("landing/sales/supplier=n/date=2025-02-30/a.csv", False),
        ("landing/sales/supplier=n/date=2025-02-03/../../a.csv", False),
        ("landing/sales/supplier=N/date=2025-02-03/a.csv", False),
        ("landing/sales/supplier=n/date=2025-02-03/a.xlsx", False),
        ("landing/sales/supplier=n/date=2025-02-03/a.csv\n", False),
        ("landing/other/supplier=n/date=2025-02-03/a.csv", False),
    ],
)
def test_only_keys_that_say_whose_file_and_which_day_are_taken(key: str, good: bool) -> None:
    try:
        LandedFile.of(key, "etag")
        taken = True
    except Rejected:
        taken = False
    assert taken is good
