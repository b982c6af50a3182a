"""SNS topics."""

from __future__ import annotations

from modules.local_clients import as_dict, as_list, client, code, surplus
from modules.local_provider import LocalProvider, Props, Refused, differs


class TopicProvider(LocalProvider):
    """A topic. Inputs: name, key, tags. Output: arn."""

    def find(self, name: str, known: Props) -> Props | None:
        """SNS knows topics by ARN only, so an unknown one is looked for by name."""
        from botocore.exceptions import ClientError

        sns = client("sns")
        arn = known.get("arn") or _arn(name)
        if arn is None:
            return None
        try:
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError as error:
            if code(error) in ("NotFound", "NotFoundException"):
                return None
            raise
        return {
            "name": name,
            "key": attributes.get("KmsMasterKeyId", ""),
            "tags": as_dict(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]),
            "arn": arn,
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Name and tags go in one call, so that no killed run leaves a topic without them."""
        sns = client("sns")
        if found is None:
            sns.create_topic(
                Name=wanted["name"],
                Attributes={"KmsMasterKeyId": wanted["key"]},
                Tags=as_list(wanted["tags"]),
            )
            return
        if differs(wanted, found, "key"):
            sns.set_topic_attributes(
                TopicArn=found["arn"], AttributeName="KmsMasterKeyId", AttributeValue=wanted["key"]
            )
        if differs(wanted, found, "tags"):
            if names := surplus(wanted["tags"], found["tags"]):
                sns.untag_resource(ResourceArn=found["arn"], TagKeys=names)
            sns.tag_resource(ResourceArn=found["arn"], Tags=as_list(wanted["tags"]))

    def remove(self, name: str, known: Props) -> None:
        """Subscriptions go with it."""
        if (arn := known.get("arn") or _arn(name)) is None:
            raise Refused(f"topic {name} is not there")
        client("sns").delete_topic(TopicArn=arn)


def _arn(name: str) -> str | None:
    for page in client("sns").get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            if topic["TopicArn"].rsplit(":", 1)[-1] == name:
                return str(topic["TopicArn"])
    return None
