"""Asks before a DAG provisions: the policy service is an OPA that serves this repository's own rules.

    opa run --server --addr 127.0.0.1:8181 --bundle policies/rego

The question and the answer are those of `policies/rego/provisioning/dataset.rego`, which the gate asks too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dags.runtime.problems import PipelineProblem, Unrecoverable

_DATASET = "/v1/data/sluice/provisioning/dataset"
_SECONDS = 10.0


class ProvisioningDenied(Unrecoverable):
    """The policy says no: another try would hear the same."""


@dataclass(frozen=True)
class Principal:
    """Who asks."""

    name: str
    groups: tuple[str, ...]
    """As the company's directory names them."""


def require_dataset(
    service: str, principal: Principal, dataset: str, labels: Mapping[str, str], *, seconds: float = _SECONDS
) -> None:
    """Returns if the principal may create a dataset with these labels; nothing else means yes.

    Args:
        service: Address of the policy service, such as `http://127.0.0.1:8181`.
        principal: Who would create it.
        dataset: Its id, for the message.
        labels: Its labels; whether it holds personal data is read from them.
        seconds: How long the service may take.

    Raises:
        ProvisioningDenied: the policy says no, with its reasons.
        PipelineProblem: the service does not answer, or not with a decision; nothing may be provisioned then.
    """
    question = {
        "principal": {"name": principal.name, "groups": list(principal.groups)},
        "dataset": {"id": dataset, "labels": dict(labels)},
    }
    answer = _asked(service, _DATASET, question, seconds)
    allow, reasons = answer.get("allow"), answer.get("reasons")
    if not isinstance(allow, bool) or not isinstance(reasons, list):
        raise _no_decision(service, "its answer has no decision: does it serve policies/rego?")
    if not allow:
        raise ProvisioningDenied(
            f"{principal.name} may not create the dataset {dataset}: {_joined(reasons)}",
            where=service,
            remedy="ask the group that may, or take personal data out of it and say so in its labels",
        )


def _asked(service: str, path: str, question: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
    try:
        response = httpx.post(f"{service.rstrip('/')}{path}", json={"input": question}, timeout=seconds)
        response.raise_for_status()
        result = response.json().get("result")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
        raise _no_decision(service, f"{type(error).__name__}: {error}") from None
    return result if isinstance(result, dict) else {}


def _no_decision(service: str, why: str) -> PipelineProblem:
    return PipelineProblem(
        f"the policy service gives no decision, so nothing is provisioned ({why})",
        where=service,
        remedy="start it: opa run --server --bundle policies/rego",
    )


def _joined(reasons: Iterable[Any]) -> str:
    return "; ".join(sorted(str(reason) for reason in reasons)) or "it gives no reason"
