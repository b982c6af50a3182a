"""Airflow's REST API, reached through MWAA, which signs in for whoever may call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import code

Row = dict[str, Any]

# The most that Airflow gives in one page, unless `[api] maximum_page_limit` says otherwise.
PAGE = 100
_TRIES = 3

# Names and types. Never host, login, password or extra: a connection's secret is in the secrets service.
CONNECTION_FIELDS = ("connection_id", "conn_type")
VARIABLE_FIELDS = ("key", "value", "description", "is_encrypted")
RUN_FIELDS = (
    "dag_id",
    "dag_run_id",
    "run_type",
    "state",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_after",
    "queued_at",
    "start_date",
    "end_date",
    "triggered_by",
    "triggering_user_name",
    "conf",
    "note",
    "bundle_version",
)
TASK_FIELDS = (
    "dag_id",
    "dag_run_id",
    "task_id",
    "map_index",
    "try_number",
    "max_tries",
    "state",
    "queued_when",
    "start_date",
    "end_date",
    "operator",
    "pool",
    "queue",
    "note",
)


class AirflowRefused(Exception):
    """Airflow did not answer as it should. The message holds the path and the status, never an answer."""


class Airflow:
    """One MWAA environment, by its name."""

    def __init__(self, environment: str) -> None:
        self._environment = environment

    def variables(self) -> list[Row]:
        """All variables; Airflow itself hides the values of those with a name such as `…_password`."""
        return self._listing("/variables", "variables", "key", VARIABLE_FIELDS)

    def connections(self) -> list[Row]:
        """All connections, by name and type."""
        return self._listing("/connections", "connections", "connection_id", CONNECTION_FIELDS)

    def runs(self, since: datetime | None, until: datetime) -> Iterator[Row]:
        """Runs of all DAGs that changed from `since` (None: ever) to before `until`."""
        return self._changed("/dags/~/dagRuns", "dag_runs", RUN_FIELDS, since, until)

    def tasks(self, since: datetime | None, until: datetime) -> Iterator[Row]:
        """Task instances of all runs that changed in that time."""
        return self._changed("/dags/~/dagRuns/~/taskInstances", "task_instances", TASK_FIELDS, since, until)

    def _changed(
        self, path: str, what: str, fields: Sequence[str], since: datetime | None, until: datetime
    ) -> Iterator[Row]:
        bounds = {"updated_at_lt": until.isoformat()}
        if since is not None:
            bounds["updated_at_gte"] = since.isoformat()
        cursor: str | None = ""
        while cursor is not None:
            # By cursor over ids, not by offset: a row that changes meanwhile leaves the bounds and would shift
            # the others past the next page. That row itself comes with the next export.
            page = self._get(path, {**bounds, "order_by": "id", "limit": PAGE, "cursor": cursor})
            yield from (_only(row, fields) for row in _rows(path, page, what))
            cursor = page.get("next_cursor")

    def _listing(self, path: str, what: str, key: str, fields: Sequence[str]) -> list[Row]:
        for _ in range(_TRIES):
            if (found := self._pages(path, what, key)) is not None:
                return [_only(row, fields) for row in found]
        raise AirflowRefused(f"{path} changes while it is read, {_TRIES} times over")

    def _pages(self, path: str, what: str, key: str) -> list[Row] | None:
        """All rows in order; None if some came or went meanwhile, which shifts the later pages."""
        found: list[Row] = []
        while True:
            # These know no cursor: each page begins with the last row of the one before, to see that it is still there.
            query: Row = {"order_by": key, "limit": PAGE, "offset": max(0, len(found) - 1)}
            page = self._get(path, query)
            rows = _rows(path, page, what)
            if found and (not rows or rows[0][key] != found[-1][key]):
                return None
            found += rows[1:] if found else rows
            if len(rows) < 2 or len(found) >= int(page["total_entries"]):
                return found

    def _get(self, path: str, query: Mapping[str, str | int]) -> Mapping[str, Any]:
        try:
            answer = client("mwaa").invoke_rest_api(
                Name=self._environment, Path=path, Method="GET", QueryParameters=dict(query)
            )
        except ClientError as error:
            if code(error) in ("RestApiClientException", "RestApiServerException"):
                status = error.response.get("RestApiStatusCode", "with an error")
                raise AirflowRefused(f"{path} answered {status}") from None
            raise
        body: Any = answer.get("RestApiResponse")
        if answer.get("RestApiStatusCode") != 200 or not isinstance(body, dict):
            raise AirflowRefused(f"{path} answered {answer.get('RestApiStatusCode')}, not 200 with an object")
        return body


def _rows(path: str, page: Mapping[str, Any], what: str) -> list[Row]:
    rows: Any = page.get(what)
    if not isinstance(rows, list):
        raise AirflowRefused(f"{path} answered without {what}")
    return rows


def _only(row: Row, fields: Sequence[str]) -> Row:
    return {name: row.get(name) for name in fields}
