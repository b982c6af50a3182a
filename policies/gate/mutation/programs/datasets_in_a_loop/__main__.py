"""Datasets that are made in a loop; done wrong, everybody with a Google account may read one of them."""

import pulumi
import pulumi_gcp as gcp

planted = pulumi.Config().require_bool("planted")
READERS = {"sales": "group:sales@example.org", "stock": "group:stock@example.org"}

for name, readers in READERS.items():
    dataset = gcp.bigquery.Dataset(name, dataset_id=name, location="europe-west1")
    everybody = planted and name == "stock"
    gcp.bigquery.DatasetIamMember(
        f"{name}-readers",
        dataset_id=dataset.dataset_id,
        role="roles/bigquery.dataViewer",
        member="allAuthenticatedUsers" if everybody else readers,
    )
