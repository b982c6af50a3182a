"""Glue databases."""

from __future__ import annotations

from modules.local_clients import client, code, surplus
from modules.local_provider import LocalProvider, Props, Refused, differs


class DatabaseProvider(LocalProvider):
    """A database. Inputs: name, description, location, tags, destroy_data. Output: arn."""

    def find(self, name: str, known: Props) -> Props | None:
        """What Glue says, and its tags, which it keeps apart."""
        from botocore.exceptions import ClientError

        glue = client("glue")
        try:
            database = glue.get_database(Name=name)["Database"]
        except ClientError as error:
            if code(error) == "EntityNotFoundException":
                return None
            raise
        arn = f"arn:aws:glue:{glue.meta.region_name}:{database['CatalogId']}:database/{name}"
        return {
            "name": name,
            "description": database.get("Description", ""),
            "location": database.get("LocationUri", ""),
            "tags": glue.get_tags(ResourceArn=arn).get("Tags", {}),
            "arn": arn,
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """One call makes it, tags included."""
        glue = client("glue")
        settings = {
            "Name": wanted["name"],
            "Description": wanted["description"],
            "LocationUri": wanted["location"],
        }
        if found is None:
            glue.create_database(DatabaseInput=settings, Tags=wanted["tags"])
            return
        if differs(wanted, found, "description", "location"):
            glue.update_database(Name=wanted["name"], DatabaseInput=settings)
        if differs(wanted, found, "tags"):
            if names := surplus(wanted["tags"], found["tags"]):
                glue.untag_resource(ResourceArn=found["arn"], TagsToRemove=names)
            glue.tag_resource(ResourceArn=found["arn"], TagsToAdd=wanted["tags"])

    def remove(self, name: str, known: Props) -> None:
        """Refuses while it describes tables, unless told otherwise."""
        glue = client("glue")
        tables = glue.get_tables(DatabaseName=name, MaxResults=1)["TableList"]
        if tables and not known.get("destroy_data"):
            raise Refused(
                f"database {name} describes tables, such as {tables[0]['Name']}, and is not removed",
                "`pulumi config set sluice:destroyData true`, `pulumi up`, then destroy again",
            )
        glue.delete_database(Name=name)
