"""The policies bite: planted misconfigurations are caught, and a rule that is gone lets them live.

What this does not prove: that the rules find what nobody has thought of planting.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from environments.problems import Refusal
from policies.gate import targets
from policies.gate.engines import rego
from policies.gate.engines.checkov.engine import Checkov
from policies.gate.mutation import catalogue, score
from policies.gate.mutation.catalogue import Addition, Mutation
from policies.gate.mutation.planting import Planting
from policies.gate.mutation.subjects import Subject, subjects
from policies.gate.mutation.trial import Trial, tried
from policies.gate.values import UNKNOWN
from policies.gate.verdicts import Verdict
from tests.graph_builder import GraphBuilder

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def planted() -> list[Subject]:
    return subjects([(cloud, mutation) for cloud in catalogue.load() for mutation in cloud.mutations])


@pytest.fixture(scope="module")
def trials(planted: Sequence[Subject]) -> list[Trial]:
    with Checkov() as checkov:
        return tried(planted, checkov)


@pytest.fixture(scope="module")
def reasons(planted: Sequence[Subject]) -> dict[str, str]:
    return score.reasons({subject.mutation.name for subject in planted})


def test_there_are_enough_mutations_of_every_cloud() -> None:
    clouds = catalogue.load()
    count = Counter({cloud.name: len(cloud.mutations) for cloud in clouds})
    evasions = [mutation for cloud in clouds for mutation in cloud.mutations if mutation.evasion]
    assert count.total() >= 60
    assert count["aws"] >= 30 and count["gcp"] >= 15 and count["azure"] >= 15
    assert len(evasions) >= 8
    assert {
        cloud for cloud in ("aws", "gcp", "azure") if any(item.name.startswith(cloud) for item in evasions)
    } == {
        "aws",
        "gcp",
        "azure",
    }


@slow
def test_every_mutation_changes_its_graph(planted: Sequence[Subject]) -> None:
    assert [subject.mutation.name for subject in planted if not subject.applied] == []
    assert [subject.mutation.name for subject in planted if not subject.planted] == []


@slow
def test_no_two_mutations_are_the_same(planted: Sequence[Subject]) -> None:
    graphs = Counter(subject.after.to_bytes() for subject in planted)
    assert max(graphs.values()) == 1


@slow
def test_every_mutation_is_caught_or_has_its_reason(trials: Sequence[Trial], reasons: dict[str, str]) -> None:
    found = score.Score(trials, reasons)
    assert [trial.mutation.name for trial in found.unreasoned] == []
    assert found.stale == []
    assert found.proved
    assert found.caught + len(found.survivors) == len(trials) == found.to_json()["planted"]
    assert found.to_json()["score"] >= 0.95


@slow
def test_a_rule_that_is_switched_off_makes_survivors(
    trials: Sequence[Trial], reasons: dict[str, str]
) -> None:
    before = {trial.mutation.name for trial in score.Score(trials, reasons).survivors}
    without = score.Score(trials, reasons, without={"residency/allowed-regions"})
    lost = {trial.mutation.name for trial in without.survivors} - before
    assert "aws-bucket-in-another-country" in lost
    assert not without.proved


@slow
def test_every_engine_catches_something_that_no_other_does(trials: Sequence[Trial]) -> None:
    alone = [
        engines.pop() for trial in trials if len(engines := {item.engine for item in trial.catches()}) == 1
    ]
    assert {"rego", "graph", "checkov"} <= set(alone)


@slow
def test_a_rule_that_is_deleted_finds_nothing_any_more(planted: Sequence[Subject], tmp_path: Path) -> None:
    """The same by hand, with the rule's file really gone."""
    subject = next(item for item in planted if item.mutation.name == "aws-spark-outside-the-network")
    folder = tmp_path / "rego"
    shutil.copytree(rego.RULES, folder)
    context = targets.own(["aws-prod"])[0].context.as_input()
    job = rego.Job("aws-prod", subject.after, context)

    def caught() -> set[str]:
        [outcome] = rego.evaluate([job], folder=folder).values()
        return {
            finding.rule.id
            for finding in outcome.findings
            if finding.urn in subject.planted and finding.verdict is Verdict.FAIL
        }

    assert "network/private-spark" in caught()
    for file in (folder / "network").glob("private_spark*"):
        file.unlink()
    rego.rules.cache_clear()
    assert "network/private-spark" not in caught()
    rego.rules.cache_clear()


def test_planting_leaves_the_graph_as_it_was() -> None:
    builder = GraphBuilder()
    bucket = builder.add("Bucket", "raw", {"bucket": "raw", "tags": {"owner": "me"}})
    policy = builder.add("BucketPolicy", "policy", {"policy": '{"Statement": []}'})
    graph = builder.graph()
    before = graph.to_bytes()
    planting = Planting(graph)
    planting.mutate(
        Mutation(
            name="m",
            plants="p",
            category="tags",
            set={
                "raw": {
                    "tags.owner": None,
                    "rules.0.age": 1,
                    "key": "@policy.id",
                    "open": {UNKNOWN: "policy"},
                }
            },
            statement={"policy": {"policy": {"Effect": "Allow", "Resource": "${raw.arn}/*"}}},
            options={"raw": {"protect": False}},
            add=[Addition(type="aws:sqs/queue:Queue", name="queue", inputs={"name": "q"})],
        )
    )
    after = planting.graph()
    assert graph.to_bytes() == before
    assert after.resources[bucket.urn].inputs == {
        "bucket": "raw",
        "tags": {},
        "rules": [{"age": 1}],
        "key": {"$ref": {"urn": policy.urn, "property": "id"}},
        "open": {UNKNOWN: {"from": [policy.urn]}},
    }
    assert after.resources[bucket.urn].protect is False
    assert f"${{{bucket.urn}#arn}}/*" in after.resources[policy.urn].inputs["policy"]
    assert len(after.resources) == 3
    assert planting.planted == set(after.resources)


@pytest.mark.parametrize(
    "wrong",
    [
        {"set": {"nobody": {"a": 1}}},
        {"remove": ["nobody"]},
        {"set": {"raw": {"bucket.inside": 1}}},
        {"statement": {"raw": {"tags": {}}}},
        {"options": {"raw": {"colour": "red"}}},
        {"set": {"raw": {"key": "@nobody.id"}}},
    ],
    ids=str,
)
def test_a_mutation_that_names_what_is_not_there_is_refused(wrong: dict[str, object]) -> None:
    builder = GraphBuilder()
    builder.add("Bucket", "raw", {"bucket": "raw"})
    mutation = Mutation.model_validate({"name": "m", "plants": "p", "category": "tags", **wrong})
    with pytest.raises(Refusal):
        Planting(builder.graph()).mutate(mutation)


def test_bad_files_of_mutations_are_refused_at_their_lines(tmp_path: Path) -> None:
    (tmp_path / "aws.yaml").write_text(
        "mutations:\n  - {name: a, plants: p, category: tags}\n  - {name: a, plants: p, category: tags}\n"
    )
    (tmp_path / "gcp.yaml").write_text("mutations:\n  - {name: b, plants: p, category: weather}\n")
    (tmp_path / "x.yaml").write_text("mutations: [\n")
    with pytest.raises(Refusal) as refused:
        catalogue.load(tmp_path)
    said = str(refused.value)
    assert "aws.yaml:3: there are two mutations `a`" in said
    assert "gcp.yaml:2" in said
    assert "x.yaml" in said


def test_survivors_need_a_reason_and_a_mutation(tmp_path: Path) -> None:
    file = tmp_path / "survivors.yaml"
    file.write_text(
        "survivors:\n  known: because\n  gone: >-\n    A reason that is quite long enough for anybody.\n"
    )
    with pytest.raises(Refusal) as refused:
        score.reasons({"known"}, file)
    assert "survivors.yaml:2: `known` has no reason" in str(refused.value)
    assert "survivors.yaml:3: there is no mutation `gone`" in str(refused.value)


@slow
def test_a_reason_for_what_is_caught_is_stale(trials: Sequence[Trial]) -> None:
    caught = next(trial for trial in trials if trial.catches())
    found = score.Score(
        [caught], {caught.mutation.name: "It is said that nothing can catch it, but that is wrong."}
    )
    assert found.stale == [caught.mutation.name]
    assert not found.proved


@slow
def test_only_new_findings_of_the_right_category_count(trials: Sequence[Trial]) -> None:
    trial = next(item for item in trials if item.mutation.name == "aws-tag-missing")
    other = Trial(
        replace(trial.subject, mutation=trial.mutation.model_copy(update={"category": "cost"})), trial.said
    )
    assert trial.catches() and not other.catches()
