"""Planted faults on Google Cloud."""

import pulumi
import pulumi_gcp as gcp

network = gcp.compute.Network("network", auto_create_subnetworks=False)
gcp.compute.Firewall(
    "world",
    network=network.id,
    allows=[{"protocol": "tcp", "ports": ["22"]}],
    source_ranges=["0.0.0.0/0"],
)
gcp.compute.Firewall(
    "unknown",
    network=network.id,
    allows=[{"protocol": "tcp", "ports": ["22"]}],
    source_ranges=[network.gateway_ipv4],
)
bucket = gcp.storage.Bucket("zone", location="US", uniform_bucket_level_access=False)
gcp.storage.Bucket(
    "perhaps", location="europe-west1", uniform_bucket_level_access=bucket.default_event_based_hold
)
gcp.storage.BucketIAMMember("anybody", bucket=bucket.name, role="roles/storage.admin", member="allUsers")
account = gcp.serviceaccount.Account("runner", account_id="planted-runner")
gcp.projects.IAMMember(
    "owner",
    project="planted",
    role="roles/owner",
    member=account.email.apply(lambda email: f"serviceAccount:{email}"),
)
database = gcp.sql.DatabaseInstance(
    "database",
    database_version="POSTGRES_15",
    region="europe-west1",
    deletion_protection=False,
    root_password="correct-horse-battery",
    settings={
        "tier": "db-f1-micro",
        "ip_configuration": {"ipv4_enabled": True, "authorized_networks": [{"value": "0.0.0.0/0"}]},
    },
)
pulumi.export("network", network.self_link)
