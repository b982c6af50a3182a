"""The event functions of the platform, the same on every cloud that runs functions."""

from __future__ import annotations

from environments.manifest import Zone
from modules.functions.spec import BusEvent, FunctionSpec, ObjectCreated

SUPPORT_TICKET = FunctionSpec(
    name="support-ticket",
    handler="support_ticket",
    does="Keeps support tickets in raw as they are announced.",
    source=BusEvent("NewTicketCreated"),
    zones=(Zone.RAW,),
    timeout_seconds=60,  # ten tickets, each with three tries of storage at its slowest
    memory_mb=256,
    reserved_concurrency=5,
)
SALES_FILE = FunctionSpec(
    name="sales-file",
    handler="sales_file",
    does="Turns delivered sales files into Parquet by day of sale.",
    source=ObjectCreated(Zone.RAW, "landing/sales/"),
    zones=(Zone.RAW, Zone.CURATED, Zone.QUARANTINE, Zone.ARCHIVE, Zone.ERRORS),
    timeout_seconds=600,  # the largest file, of 366 days of sale, takes a third of it
    memory_mb=2048,
    reserved_concurrency=5,
    batch_size=1,  # a large file has the whole time, and a slow one holds up no other
)
LANDING_CHECK = FunctionSpec(
    name="landing-check",
    handler="landing_check",
    does="Checks that a supplier's files of a day have landed whole, and announces their data.",
    source=BusEvent("LandingDue"),
    zones=(Zone.RAW, Zone.CURATED),
    timeout_seconds=300,
    memory_mb=512,
    reserved_concurrency=2,
    batch_size=1,
)
FUNCTIONS = (SUPPORT_TICKET, SALES_FILE, LANDING_CHECK)
