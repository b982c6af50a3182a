"""The state machine `landing-day`: lands a supplier's files of a day, checks the delivery, opens a ticket if it is
not whole.

Its input: `{"supplier": "north", "date": "2025-02-03", "files": ["a.csv"]}`. It may be started again for the same
day: files that have landed stay landed, and a delivery that was announced is not announced again.
"""

from __future__ import annotations

from collections.abc import Mapping

from modules.functions.catalogue import LANDING_CHECK, SALES_FILE, SUPPORT_TICKET
from modules.functions.handlers.sales_file.landing import PREFIX
from modules.functions.spec import FunctionSpec
from modules.functions.states import (
    SERVICE_ERRORS,
    Done,
    Failed,
    Fields,
    ForEach,
    Invoke,
    Machine,
    Retry,
    Shape,
)

NAME = "landing-day"

# Services that are throttled or do not answer, a file that is being replaced: what functions raise to be tried again.
_STORAGE = Retry(
    (
        "ClientError", "ConnectTimeoutError", "ReadTimeoutError", "EndpointConnectionError", "Changed",
        "NotAnnounced",
    ),
    first_seconds=5,
    attempts=4,
    most_seconds=120,
)  # fmt: skip
# Files that are late: three more looks, the last about an hour after the first.
_LATE = Retry(("LandingIncomplete",), first_seconds=480, attempts=3, most_seconds=3600)
# Seconds beyond the function's own limit in which the service may start it.
_STARTING = 30
# Six hours: well over what all retries together can take.
_LONGEST = 6 * 3600


def landing_day(functions: Mapping[str, str], bucket: str) -> Machine:
    """The state machine.

    Args:
        functions: ARNs of the functions by their names.
        bucket: name of the bucket that files land in.
    """
    return Machine(
        {
            "LandFiles": _land_files(functions, bucket),
            "CheckLanding": _invoke(
                LANDING_CHECK,
                functions,
                _event("LandingDue", {"supplier.$": "$.supplier", "date.$": "$.date"}),
                {"announced.$": "$.Payload.announced", "counts.$": "$.Payload.counts"},
                retries=(_LATE, _STORAGE),
                then="Landed",
                failed="OpenTicket",
            ),
            "Landed": Done(),
            "OpenTicket": _invoke(
                SUPPORT_TICKET,
                functions,
                _event("NewTicketCreated", _TICKET),
                {"ticket.$": "$.Payload.ticket_id", "uri.$": "$.Payload.uri"},
                retries=(_STORAGE,),
                then="LandingFailed",
                failed="NoTicket",
            ),
            "LandingFailed": Failed(
                "LandingIncomplete", "The delivery is not whole; a ticket says what is wrong."
            ),
            "NoTicket": Failed("NoTicket", "The delivery is not whole, and no ticket could be opened."),
        },
        comment="Lands a supplier's files of a day and checks them.",
        timeout_seconds=_LONGEST,
    )


# One ticket for each execution, however often the state is tried.
_TICKET: Fields = {
    "ticket_id.$": "States.Format('landing-{}', States.Hash($$.Execution.Id, 'SHA-1'))",
    "customer_id": "platform",
    "created_at.$": "$$.Execution.StartTime",
    "channel": "platform",
    "priority": "high",
    "subject.$": "States.Format('Sales files of {} for {} have not landed whole', $.supplier, $.date)",
    "text.$": "States.JsonToString($.failure)",
}


def _land_files(functions: Mapping[str, str], bucket: str) -> ForEach:
    key = f"States.Format('{PREFIX}supplier={{}}/date={{}}/{{}}', $.supplier, $.date, $.name)"
    landed = {"keys.$": "$.Payload.files[*].key", "status.$": "$.Payload.files[*].status"}
    land = Invoke(
        functions[SALES_FILE.name],
        _event("Object Created", {"bucket": {"name": bucket}, "object": {"key.$": key}}),
        landed,
        result_path=None,
        timeout_seconds=SALES_FILE.timeout_seconds + _STARTING,
        retries=(SERVICE_ERRORS, _STORAGE),
        failed="NotLanded",
    )
    # One file that cannot be landed holds up no other: the check names it.
    not_landed = Shape({"name.$": "$.name", "status": "failed", "error.$": "$.failure.Error"})
    return ForEach(
        items="$.files",
        item={"name.$": "$$.Map.Item.Value", "supplier.$": "$.supplier", "date.$": "$.date"},
        machine=Machine({"LandFile": land, "NotLanded": not_landed}),
        at_once=SALES_FILE.reserved_concurrency,
        result_path="$.landed",
        next="CheckLanding",
    )


def _invoke(
    spec: FunctionSpec,
    functions: Mapping[str, str],
    payload: Fields,
    result: Fields,
    *,
    retries: tuple[Retry, ...],
    then: str,
    failed: str,
) -> Invoke:
    return Invoke(
        functions[spec.name],
        payload,
        result,
        result_path="$.result",
        timeout_seconds=spec.timeout_seconds + _STARTING,
        retries=(SERVICE_ERRORS, *retries),
        failed=failed,
        next=then,
    )


def _event(kind: str, detail: Fields) -> Fields:
    """The event that the function would get from the bus."""
    return {
        "id.$": "$$.Execution.Id",
        "source": f"states.{NAME}",
        "detail-type": kind,
        "time.$": "$$.Execution.StartTime",
        "detail": detail,
    }
