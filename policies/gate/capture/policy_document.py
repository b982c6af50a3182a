"""Computes `aws.iam.get_policy_document` as the AWS provider does: it needs no cloud."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

_DEFAULT_VERSION = "2012-10-17"


def policy_document(args: dict[str, Any]) -> dict[str, Any]:
    """The function's answer: the document as JSON, indented and minified."""
    merged: list[dict[str, Any]] = []
    version, policy_id = _DEFAULT_VERSION, args.get("policyId")
    for source in args.get("sourcePolicyDocuments") or ():
        document = json.loads(source)
        version, policy_id = document.get("Version", version), policy_id or document.get("Id")
        _merge(merged, _statements(document), override=False)
    _merge(merged, [_statement(given) for given in args.get("statements") or ()], override=False)
    for source in args.get("overridePolicyDocuments") or ():
        document = json.loads(source)
        version, policy_id = document.get("Version", version), document.get("Id", policy_id)
        _merge(merged, _statements(document), override=True)
    version = args.get("version") or version
    content: dict[str, Any] = {"Version": version}
    if policy_id:
        content["Id"] = policy_id
    content["Statement"] = merged
    text = json.dumps(content, indent=2, ensure_ascii=False)
    minified = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return {
        **args,
        "version": version,
        "id": blake2b(minified.encode(), digest_size=8).hexdigest(),
        "json": text,
        "minifiedJson": minified,
    }


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _merge(into: list[dict[str, Any]], statements: Iterable[dict[str, Any]], *, override: bool) -> None:
    for statement in statements:
        sid = statement.get("Sid")
        same = next((index for index, item in enumerate(into) if sid and item.get("Sid") == sid), None)
        if same is not None and override:
            into[same] = statement
        else:
            into.append(statement)


def _statement(given: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if given.get("sid"):
        result["Sid"] = given["sid"]
    result["Effect"] = given.get("effect") or "Allow"
    for source, target in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if given.get(source):
            result[target] = _one_or_all(given[source])
    for source, target in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(source):
            result[target] = _principals(given[source])
    if given.get("conditions"):
        result["Condition"] = _conditions(given["conditions"])
    return result


def _principals(given: list[dict[str, Any]]) -> str | dict[str, Any]:
    if any(item["type"] == "*" for item in given):
        return "*"
    by_type: dict[str, list[str]] = {}
    for item in given:
        by_type.setdefault(item["type"], []).extend(item["identifiers"])
    return {type_: _one_or_all(identifiers) for type_, identifiers in by_type.items()}


def _conditions(given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, list[str]]] = {}
    for item in given:
        result.setdefault(item["test"], {}).setdefault(item["variable"], []).extend(item["values"])
    return {
        test: {name: _one_or_all(found) for name, found in inside.items()} for test, inside in result.items()
    }


def _one_or_all(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else list(items)
