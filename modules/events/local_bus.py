"""EventBridge: a bus with its archive, and rules with one target each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from modules.local_clients import as_dict, as_list, client, code, surplus
from modules.local_provider import LocalProvider, Props, Refused, differs

_TARGET = "queue"


class BusProvider(LocalProvider):
    """A bus. Inputs: name, archive, archive_days, tags. Output: arn."""

    identity: ClassVar[tuple[str, ...]] = ("name", "archive")

    def find(self, name: str, known: Props) -> Props | None:
        """A missing archive shows as no days."""
        events = client("events")
        bus = _or_none(lambda: events.describe_event_bus(Name=name))
        if bus is None:
            return None
        archive = _or_none(lambda: events.describe_archive(ArchiveName=known["archive"])) or {}
        return {
            "name": name,
            "archive_days": int(archive.get("RetentionDays", 0)),
            "tags": as_dict(events.list_tags_for_resource(ResourceARN=bus["Arn"])["Tags"]),
            "arn": bus["Arn"],
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """The archive belongs to the bus, so it comes after it."""
        events = client("events")
        if found is None:
            events.create_event_bus(Name=wanted["name"], Tags=as_list(wanted["tags"]))
            found = self.find(wanted["name"], wanted)
        assert found is not None
        if differs(wanted, found, "archive_days"):
            days = {"ArchiveName": wanted["archive"], "RetentionDays": wanted["archive_days"]}
            if found["archive_days"]:
                events.update_archive(**days)
            else:
                events.create_archive(EventSourceArn=found["arn"], **days)
        _retag(wanted, found, found["arn"])

    def remove(self, name: str, known: Props) -> None:
        """The archive first."""
        events = client("events")
        _or_none(lambda: events.delete_archive(ArchiveName=known["archive"]))
        events.delete_event_bus(Name=name)


class RuleProvider(LocalProvider):
    """A rule. Inputs: name, bus, pattern, target (an ARN), tags."""

    identity: ClassVar[tuple[str, ...]] = ("name", "bus")

    def find(self, name: str, known: Props) -> Props | None:
        """A rule that is switched off, or has other targets, has drifted."""
        events = client("events")
        rule = _or_none(lambda: events.describe_rule(Name=name, EventBusName=known["bus"]))
        if rule is None:
            return None
        targets = events.list_targets_by_rule(Rule=name, EventBusName=known["bus"])["Targets"]
        enabled = rule.get("State") == "ENABLED"
        return {
            "name": name,
            "pattern": rule.get("EventPattern", "") if enabled else "",
            "target": " ".join(sorted(target["Arn"] for target in targets)),
            "tags": as_dict(events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]),
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Writes rule and target anew; both calls replace what is there."""
        events = client("events")
        where = {"EventBusName": wanted["bus"]}
        if differs(wanted, found, "pattern"):
            new = {"Tags": as_list(wanted["tags"])} if found is None else {}
            events.put_rule(
                Name=wanted["name"], EventPattern=wanted["pattern"], State="ENABLED", **where, **new
            )
        if differs(wanted, found, "target"):
            others = events.list_targets_by_rule(Rule=wanted["name"], **where)["Targets"]
            if ids := [target["Id"] for target in others if target["Id"] != _TARGET]:
                events.remove_targets(Rule=wanted["name"], Ids=ids, **where)
            answer = events.put_targets(
                Rule=wanted["name"], Targets=[{"Id": _TARGET, "Arn": wanted["target"]}], **where
            )
            if answer["FailedEntryCount"]:
                raise Refused(f"rule {wanted['name']}: {answer['FailedEntries'][0].get('ErrorMessage')}")
        if found is not None:
            _retag(wanted, found, events.describe_rule(Name=wanted["name"], **where)["Arn"])

    def remove(self, name: str, known: Props) -> None:
        """Its targets first."""
        events = client("events")
        where = {"EventBusName": known["bus"]}
        targets = events.list_targets_by_rule(Rule=name, **where)["Targets"]
        if targets:
            events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets], **where)
        events.delete_rule(Name=name, **where)


def _or_none(call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def _retag(wanted: Props, found: Props, arn: str) -> None:
    if differs(wanted, found, "tags"):
        events = client("events")
        if names := surplus(wanted["tags"], found["tags"]):
            events.untag_resource(ResourceARN=arn, TagKeys=names)
        events.tag_resource(ResourceARN=arn, Tags=as_list(wanted["tags"]))
