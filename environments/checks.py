"""What must hold between the values of one environment, and between environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from environments import policy
from environments.accepted import meant
from environments.manifest import Zone
from environments.model import Environment
from environments.naming import NAME_LIMIT, uncut_name
from environments.storage import Lifecycle
from environments.vocabulary import Cloud, Nat, PrivateService, SubnetTier

Path = tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with values that are each fine by themselves."""

    what: str
    remedy: str
    paths: tuple[Path, ...]
    """The settings that it hangs on; the first one that the file says is where it is reported."""


def findings(environment: Environment) -> Iterator[Finding]:
    """All that is wrong with one environment by itself."""
    for check in (
        _regions,
        _account,
        _zones,
        _ranges,
        _way_out,
        _flow_logs,
        _retention,
        _life_cycles,
        _backups,
        _keys,
        _secrets,
        _services,
        _delivery,
    ):
        yield from check(environment)
    yield from _names(environment)


def collisions(
    environment: Environment, others: Iterable[Environment]
) -> Iterator[tuple[Finding, Environment]]:
    """Address ranges of one environment that meet another's; `local` has none in a cloud."""
    mine = environment.network.cidr
    for other in others:
        theirs = other.network.cidr
        if Cloud.LOCAL in (environment.cloud, other.cloud) or not mine.overlaps(theirs):
            continue
        what = f"`{mine}` is also" if mine == theirs else f"`{mine}` overlaps `{theirs}`,"
        yield (
            Finding(
                f"network.cidr: {what} the address range of {other.name}",
                "give each environment a range of its own",
                (("network", "cidr"),),
            ),
            other,
        )


def _regions(environment: Environment) -> Iterator[Finding]:
    allowed = environment.allowed_regions
    for key, region in (("region", environment.region), ("failover_region", environment.failover_region)):
        if region not in allowed:
            guess = meant(region, allowed)
            yield Finding(
                f"{key}: `{region}` is not an allowed region",
                f"accepted: {', '.join(allowed)}" + (f"; did you mean {guess}?" if guess else ""),
                ((key,), ("allowed_regions",)),
            )
    if environment.region == environment.failover_region:
        yield Finding(
            f"failover_region: `{environment.failover_region}` is the region itself",
            f"accepted: another of {', '.join(allowed)}",
            (("failover_region",), ("region",)),
        )


def _account(environment: Environment) -> Iterator[Finding]:
    pattern, words = policy.ACCOUNT_FORMAT[environment.cloud]
    if not re.fullmatch(pattern, environment.account):
        yield Finding(
            f"account: `{environment.account}` cannot be an account of {environment.cloud}",
            f"accepted: {words}",
            (("account",),),
        )


def _zones(environment: Environment) -> Iterator[Finding]:
    least = policy.MINIMUM_ZONES[environment.tier]
    if environment.network.zones < least:
        yield Finding(
            f"network.zones: {environment.network.zones} in {environment.tier}, which needs {least} or more",
            f"accepted: {least} to 3",
            (("network", "zones"),),
        )


def _ranges(environment: Environment) -> Iterator[Finding]:
    network = environment.network
    if environment.cloud is not Cloud.LOCAL and not (
        network.cidr.prefixlen in policy.PREFIX_LENGTHS and network.cidr.is_private
    ):
        yield Finding(
            f"network.cidr: `{network.cidr}` cannot be the range of an environment",
            "accepted: a private range from /16 to /24, such as 10.16.0.0/16",
            (("network", "cidr"),),
        )
    ranges = {tier: network.tier_range(tier) for tier in SubnetTier}
    for tier in network.subnets:
        path = ("network", "subnets", tier)
        if not ranges[tier].subnet_of(network.cidr):
            yield Finding(
                f"network.subnets.{tier}: `{ranges[tier]}` is not inside the network `{network.cidr}`",
                f"accepted: a part of {network.cidr}",
                (path, ("network", "cidr")),
            )
        if ranges[tier].prefixlen > 26:
            yield Finding(
                f"network.subnets.{tier}: `{ranges[tier]}` is too small to be cut into subnets",
                "accepted: /26 or larger; each zone gets a quarter of it",
                (path,),
            )
    for one, two in combinations(SubnetTier, 2):
        if ranges[one].overlaps(ranges[two]):
            at, other = (two, one) if two in network.subnets else (one, two)
            yield Finding(
                f"network.subnets.{at}: `{ranges[at]}` overlaps `{ranges[other]}` ({other})",
                "keep clear of the quarter of network.cidr that each tier without a range of its own has",
                (("network", "subnets", at), ("network", "cidr")),
            )


def _way_out(environment: Environment) -> Iterator[Finding]:
    """Without NAT, a service without an endpoint cannot be reached at all; other clouds reach theirs anyway."""
    network = environment.network
    if environment.cloud is not Cloud.AWS or network.nat is not Nat.NONE:
        return
    missing = [service for service in PrivateService if service not in network.private_services]
    if missing:
        yield Finding(
            f"network.private_services: without NAT, nothing leads to {', '.join(missing)}",
            f"accepted: all of {', '.join(PrivateService)}; or network.nat: {Nat.SINGLE}",
            (("network", "private_services"), ("network", "nat")),
        )


def _flow_logs(environment: Environment) -> Iterator[Finding]:
    least, kept = policy.MINIMUM_FLOW_LOG_DAYS[environment.tier], environment.network.flow_log_retention_days
    if kept < least:
        yield Finding(
            f"network.flow_log_retention_days: {kept} days is below the policy for {environment.tier}",
            f"accepted: {least} or more",
            (("network", "flow_log_retention_days"),),
        )


def _retention(environment: Environment) -> Iterator[Finding]:
    by_class = policy.MINIMUM_RETENTION_DAYS[environment.tier]
    for name, zone in environment.storage.zones.items():
        base = ("storage", "zones", name)
        least, kept = by_class.get(zone.data_class, 0), zone.lifecycle.expire_after_days
        if kept is not None and kept < least:
            yield Finding(
                f"storage.zones.{name}.lifecycle.expire_after_days: {kept} days is below the policy"
                f" for {zone.data_class} data in {environment.tier}",
                f"accepted: {least} or more, or null to keep it for ever",
                ((*base, "lifecycle", "expire_after_days"), (*base, "data_class")),
            )
        if kept is not None and kept < zone.lock_days:
            yield Finding(
                f"storage.zones.{name}.lock_days: objects expire after {kept} days, before their lock ends",
                f"accepted: at most {kept}, or a later expire_after_days",
                ((*base, "lock_days"), (*base, "lifecycle", "expire_after_days")),
            )
        if zone.lock_days and not zone.versioned:
            yield Finding(
                f"storage.zones.{name}.versioned: an object lock needs versions",
                "accepted: true, or lock_days: 0",
                ((*base, "versioned"), (*base, "lock_days")),
            )
    raw, least = environment.storage.zones[Zone.RAW], policy.MINIMUM_RAW_LOCK_DAYS[environment.tier]
    if raw.lock_days < least:
        yield Finding(
            f"storage.zones.raw.lock_days: {raw.lock_days} days is below the policy for {environment.tier}",
            f"accepted: {least} or more",
            (("storage", "zones", "raw", "lock_days"),),
        )


def _life_cycles(environment: Environment) -> Iterator[Finding]:
    steps = (
        "infrequent_access_after_days",
        "glacier_after_days",
        "deep_archive_after_days",
        "expire_after_days",
    )
    for name, zone in environment.storage.zones.items():
        given = [(step, days) for step in steps if (days := _days(zone.lifecycle, step)) is not None]
        for (one, sooner), (two, later) in pairwise(given):
            if later <= sooner:
                base = ("storage", "zones", name, "lifecycle")
                yield Finding(
                    f"storage.zones.{name}.lifecycle.{two}: {later} days is not after {one} ({sooner} days)",
                    f"accepted: more than {sooner}, or null for never",
                    ((*base, two), (*base, one)),
                )


def _days(lifecycle: Lifecycle, step: str) -> int | None:
    days: int | None = getattr(lifecycle, step)
    return days


def _backups(environment: Environment) -> Iterator[Finding]:
    required = policy.MINIMUM_BACKUP_DAYS[environment.tier]
    for data_class, plan in environment.backup.plans.items():
        base, least = ("backup", "plans", data_class), required.get(data_class, 0)
        if plan.keep_days < least:
            yield Finding(
                f"backup.plans.{data_class}.keep_days: {plan.keep_days} days is below the policy for"
                f" {data_class} data in {environment.tier}",
                f"accepted: {least} or more",
                ((*base, "keep_days"),),
            )
        if plan.every_hours not in policy.HOURS_BETWEEN_BACKUPS:
            yield Finding(
                f"backup.plans.{data_class}.every_hours: no schedule keeps to every {plan.every_hours} hours",
                f"accepted: {', '.join(str(hours) for hours in policy.HOURS_BETWEEN_BACKUPS)}",
                ((*base, "every_hours"),),
            )
        if plan.cold_after_days is None:
            continue
        shortest = plan.cold_after_days + policy.MINIMUM_DAYS_IN_COLD
        if plan.keep_days < shortest:
            yield Finding(
                f"backup.plans.{data_class}.keep_days: {plan.keep_days} days leave less than"
                f" {policy.MINIMUM_DAYS_IN_COLD} in cold storage, where they go after {plan.cold_after_days}",
                f"accepted: {shortest} or more, or cold_after_days: null",
                ((*base, "keep_days"), (*base, "cold_after_days")),
            )


def _keys(environment: Environment) -> Iterator[Finding]:
    required = dict.fromkeys(policy.CUSTOMER_KEY_REQUIRED_FOR[environment.tier], f"in {environment.tier}")
    if environment.cloud is Cloud.AWS:
        # Functions name the key of what they write; their variables, logs and messages are of the usual class.
        zones = [zone.data_class for zone in environment.storage.zones.values()]
        for data_class in (*zones, environment.data_classification):
            required.setdefault(data_class, "on AWS, where functions write it or are set up with it")
    for data_class, where in required.items():
        if data_class not in environment.encryption.customer_key_for:
            yield Finding(
                f"encryption.customer_key_for: {data_class} data needs its own key {where}",
                f"add {data_class} to the list",
                (("encryption", "customer_key_for"),),
            )


def _secrets(environment: Environment) -> Iterator[Finding]:
    for name, source in environment.sources.items():
        if source.secret not in environment.secrets:
            guess = meant(source.secret, environment.secrets)
            yield Finding(
                f"sources.{name}.secret: there is no secret `{source.secret}`",
                f"accepted: {', '.join(environment.secrets)}" + (f"; did you mean {guess}?" if guess else ""),
                (("sources", name, "secret"), ("secrets",)),
            )
        if source.base_url is None and environment.cloud is not Cloud.LOCAL:
            yield Finding(
                f"sources.{name}.base_url: only `local` finds a source by itself",
                "give the address, such as https://api.example.com",
                (("sources", name, "base_url"),),
            )


def _services(environment: Environment) -> Iterator[Finding]:
    cloud, orchestrator = environment.cloud, environment.orchestrator
    for path, kind, offered in (
        ("orchestrator", orchestrator.kind, policy.ORCHESTRATORS[cloud]),
        ("spark", environment.spark.kind, policy.SPARKS[cloud]),
        ("warehouse", environment.warehouse.kind, policy.WAREHOUSES[cloud]),
    ):
        if kind not in offered:
            yield Finding(
                f"{path}.kind: `{kind}` is not to be had on {cloud}",
                f"accepted: {', '.join(offered)}",
                ((path, "kind"),),
            )
    versions = policy.AIRFLOW_VERSIONS[orchestrator.kind]
    if orchestrator.airflow_version not in versions:
        yield Finding(
            f"orchestrator.airflow_version: {orchestrator.kind} has no {orchestrator.airflow_version}",
            f"accepted: {', '.join(versions)}",
            (("orchestrator", "airflow_version"), ("orchestrator", "kind")),
        )
    if orchestrator.workers_max < orchestrator.workers_min:
        yield Finding(
            f"orchestrator.workers_max: {orchestrator.workers_max} is less than workers_min"
            f" ({orchestrator.workers_min})",
            f"accepted: {orchestrator.workers_min} to 25",
            (("orchestrator", "workers_max"), ("orchestrator", "workers_min")),
        )


def _delivery(environment: Environment) -> Iterator[Finding]:
    state, ci = environment.state, environment.ci
    if state.keep_days < state.lock_days:
        yield Finding(
            f"state.keep_days: {state.keep_days} days is less than lock_days ({state.lock_days})",
            f"accepted: {state.lock_days} or more",
            (("state", "keep_days"), ("state", "lock_days")),
        )
    if (ci.owner_id is None) != (ci.repository_id is None):
        missing = "owner_id" if ci.owner_id is None else "repository_id"
        yield Finding(
            f"ci.{missing}: GitHub gives both numbers or none",
            f"ask it: gh api repos/{ci.repository} --jq '.owner.id, .id'",
            (("ci", missing), ("ci",)),
        )


def _names(environment: Environment) -> Iterator[Finding]:
    """Names that people type are never cut with a hash: they must fit as they are."""
    derived: list[tuple[str, tuple[Path, ...]]] = [
        (uncut_name(environment, zone, "failover" if settings.replicated else None), (("project",),))
        for zone, settings in environment.storage.zones.items()
    ]
    derived += [
        (uncut_name(environment, secret), (("secrets", secret), ("project",)))
        for secret in environment.secrets
    ]
    for name, paths in derived:
        if len(name) > NAME_LIMIT:
            yield Finding(
                f"{'.'.join(paths[0])}: the name `{name}` derived from it has {len(name)} characters",
                f"accepted: at most {NAME_LIMIT}; shorten it by {len(name) - NAME_LIMIT}",
                paths,
            )
