"""Answers: types and their words, precedence and origins, defaults in order, rules, all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.errors import BadAnswers, BadManifest, MissingAnswers
from geos.wizard.systems.answers import (
    Group,
    Schema,
    Settled,
    check_one,
    from_environment,
    from_flags,
    settle,
)
from geos.wizard.systems.answers_files import (
    answers_text,
    as_given,
    flags,
    parse_answers,
    read_answers,
    write_answers,
    yaml_text,
)
from geos.wizard.systems.answers_types import NotThat, Parameter, known_types, parse
from geos.wizard.systems.expressions import Facts, shipped_facts
from geos.wizard.systems.manifest import load_system

CLASSIC = "geos-chem"


def settled(answers: str = "", *, facts: Facts | None = None, **flag: Any) -> Settled:
    schema = load_system(CLASSIC).schema
    layers = [from_flags(schema, flag), parse_answers(answers, "geos.yaml")]
    return settle(schema, layers, facts or shipped_facts("us-east-1"))


# --- one value -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("integer", "12", 12),
        ("integer", 12, 12),
        ("number", "2.5", 2.5),
        ("number", "200", 200),
        ("boolean", "yes", True),
        ("boolean", "off", False),
        ("boolean", True, True),
        ("duration", "24h", 86400),
        ("duration", "90m", 5400),
        ("duration", 600, 600),
        ("list", "a,b , c", ["a", "b", "c"]),
        ("list", ["a", "b,c"], ["a", "b", "c"]),
        ("instances", "c7g.4xlarge,c7g.4xlarge", ["c7g.4xlarge"]),
        ("cidr", "10.0.0.0/16", "10.0.0.0/16"),
        ("email", "ana@example.org", "ana@example.org"),
        ("arn", "arn:aws:iam::123456789012:policy/site/limit", "arn:aws:iam::123456789012:policy/site/limit"),
        ("region", "eu-central-1", "eu-central-1"),
        ("name", "air-2", "air-2"),
        ("objects", '[{"Direction": "egress"}]', [{"Direction": "egress"}]),
    ],
)
def test_a_value_is_read_by_its_type(kind: str, raw: Any, value: Any) -> None:
    assert parse(raw, Parameter("it", kind, "details")) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("integer", "lots"),
        ("integer", "1.5"),
        ("integer", True),
        ("integer", "9" * 5000),
        ("number", "nan"),
        ("number", "inf"),
        ("boolean", "perhaps"),
        ("boolean", []),
        ("duration", "a day"),
        ("list", 3),
        ("instances", "c7g.huge"),
        ("cidr", "10.0.0.1"),
        ("cidr", "10.0.0.1/16"),
        ("email", "ana at example.org"),
        ("email", "ana@example.org\nBcc: all@example.org"),
        ("arn", "limit"),
        ("region", "mars-north-1"),
        ("name", "Air Quality"),
        ("name", "air-"),
        ("text", "two\nlines"),
        ("text", "\x1b[2J"),
        ("text", ["a"]),
        ("text", "a" * 1001),
        ("objects", '{"a": 1}'),
        ("objects", "[1]"),
        ("objects", "{"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(kind: str, raw: Any) -> None:
    with pytest.raises(NotThat):
        parse(raw, Parameter("it", kind, "details"))


@given(st.sampled_from(sorted(known_types())), st.recursive(st.none() | st.booleans() | st.integers() | st.floats()
       | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))  # fmt: skip
def test_no_raw_value_crashes_a_type(kind: str, raw: Any) -> None:
    choices = ("a", "b") if kind == "choice" else ()
    parameter = Parameter("it", kind, "details", choices=choices, minimum=0, maximum=20)
    words = check_one(parameter, raw)
    assert words == "" or words.startswith("it is ")


def test_bounds_choices_and_patterns_are_told_in_words() -> None:
    vcpus = Parameter("max_vcpus", "integer", "capacity", minimum=0, maximum=10000)
    assert check_one(vcpus, "lots") == 'max_vcpus is "lots"; a whole number from 0 to 10000 was expected.'
    assert check_one(vcpus, 10001) == "max_vcpus is 10001; a whole number from 0 to 10000 was expected."
    env = Parameter("environment", "choice", "deployment", choices=("dev", "staging", "prod"))
    said = 'environment is "stagin"; one of dev, staging, prod was expected. Did you mean "staging"?'
    assert check_one(env, "stagin") == said
    at_least = Parameter("runs", "number", "workload", minimum=1)
    assert check_one(at_least, 0) == "runs is 0; a number of at least 1 was expected."


# --- places, precedence, origins -------------------------------------------------------------


def test_all_faults_come_at_once_each_with_its_line() -> None:
    found = settled("system: geos-chem\nproject: air\nregoin: us-east-1\nenvironment: dev\n\n\nmax_vcpus: lots\n")
    assert found.faults == (
        'geos.yaml, line 3: unknown key "regoin". Did you mean "region"?',
        'geos.yaml, line 7: max_vcpus is "lots"; a whole number from 0 to 10000 was expected.',
    )
    with pytest.raises(BadAnswers) as raised:
        found.require()
    assert raised.value.faults == found.faults


def test_a_fault_on_the_command_line_names_the_flag_and_in_the_environment_the_variable() -> None:
    schema = load_system(CLASSIC).schema
    layers = [from_flags(schema, {"max_vcpus": "lots"}), from_environment(schema, {"GEOS_AZ_COUNT": "9"})]
    assert settle(schema, layers, shipped_facts("us-east-1")).faults == (
        '--max-vcpus is "lots"; a whole number from 0 to 10000 was expected.',
        'GEOS_AZ_COUNT is "9"; a whole number from 1 to 3 was expected.',
    )


def test_flag_beats_environment_beats_file_beats_user_file_beats_default() -> None:
    schema = load_system(CLASSIC).schema
    layers = [
        from_flags(schema, {"max_vcpus": "64", "owner": None}),
        from_environment(schema, {"GEOS_MAX_VCPUS": "32", "GEOS_SCRATCH_GIB": "100", "AWS_REGION": "eu-west-1"}),
        parse_answers("max_vcpus: 16\nscratch_gib: 50\nregion: us-west-2\nowner: ana\n", "geos.yaml"),
        as_given({"owner": "everyone", "attempts": 5}, "user file"),
    ]
    found = settle(schema, layers, shipped_facts("eu-west-1"))
    told = {name: (found.values[name], found.origins[name]) for name in
            ("max_vcpus", "scratch_gib", "region", "owner", "attempts", "omp_stacksize")}  # fmt: skip
    assert told == {
        "max_vcpus": (64, "--max-vcpus"),
        "scratch_gib": (100, "GEOS_SCRATCH_GIB"),
        "region": ("eu-west-1", "AWS_REGION"),
        "owner": ("ana", "geos.yaml, line 4"),
        "attempts": (5, "user file"),
        "omp_stacksize": ("500m", "default"),
    }


def test_an_empty_key_counts_as_not_answered() -> None:
    assert settled("environment:\n").values["environment"] == "dev"


def test_a_scalar_stays_the_text_that_was_written() -> None:
    assert settled("owner: 007\n").values["owner"] == "007"
    assert settled("owner: 1e3\n").values["owner"] == "1e3"


# --- defaults --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "nat", "flow", "protected"),
    [("dev", "none", False, False), ("staging", "single", False, False), ("prod", "per-az", True, True)],
    ids=["COM-P-5-dev", "COM-P-5-staging", "COM-P-6-prod"],
)
def test_defaults_follow_the_environment(environment: str, nat: str, flow: bool, protected: bool) -> None:
    found = settled(environment=environment, alert_email="a@example.org").values
    assert (found["nat_mode"], found["flow_logs"], found["deletion_protection"]) == (nat, flow, protected)


def _quota(on_demand: float | None, spot: float | None) -> Facts:
    return Facts(region="us-east-1", vcpu_quota_on_demand=on_demand, vcpu_quota_spot=spot)


@pytest.mark.parametrize(
    ("on_demand", "spot", "preset", "vcpus"),
    [
        (5, 5, "starter", 5),
        (1, 1, "starter", 4),
        (32, 15, "starter", 15),
        (16, 16, "standard", 16),
        (9000, 9000, "standard", 5000),
        (None, None, "standard", 5000),
        (40, None, "standard", 40),
    ],
    ids=["GCP-P-2-new-account", "one-vcpu", "spot-decides", "quota-16", "GCP-P-1-capped", "unread", "half-read"],
)
def test_proposals_follow_the_quota(on_demand: float, spot: float, preset: str, vcpus: int) -> None:
    found = settled(facts=_quota(on_demand, spot)).values
    assert (found["job_preset"], found["max_vcpus"]) == (preset, vcpus)


def test_GCP_P_3_a_tag_is_resolved_to_a_digest_where_the_image_exists() -> None:
    digest = "sha256:" + "a" * 64
    facts = Facts(region="us-east-1", images={"geos-chem-dev:arm64-latest": digest, "geos-chem-dev:14.7": digest})
    assert settled(facts=facts).values["image_digest_arm64"] == digest
    assert settled(facts=facts).values["image_digest_x86_64"] == ""
    assert settled(facts=facts, image_tag="14.7").values["image_digest_x86_64"] == digest
    # The next build makes it old, so the answers file must not hold on to it.
    assert "# image_digest_arm64: " in answers_text(settled(facts=facts))


def test_GCP_JD_6_the_newest_release_of_each_variant_in_the_repository_is_found() -> None:
    def digest(letter: str) -> str:
        return "sha256:" + letter * 64

    tags = {
        "arm64-14.7.0-gcc12-openmpi4": "a", "arm64-14.10.0-gcc12-openmpi4": "b", "arm64-14.9.3-gcc12-openmpi4": "c",
        "x86_64-14.7.1-intel-intelmpi-icelake": "d", "x86_64-gchp-14.7.1-gcc12-openmpi4": "e",
        "arm64-latest": "b", "14.10.0": "f", "arm64-20261125-0812": "f", "arm64-14.7-gcc12-openmpi4": "f",
    }  # fmt: skip
    images = {f"geos-chem-dev:{tag}": digest(letter) for tag, letter in tags.items()}
    images |= {"geos-chem-dev-cache:arm64-14.11.0-gcc12-openmpi4": digest("f")}
    found = settled(facts=Facts(region="us-east-1", images=images))
    assert found.values["image_variants"] == [
        f"arm64-gcc12-openmpi4:14.10.0@{digest('b')}",
        f"x86_64-gchp-gcc12-openmpi4:14.7.1@{digest('e')}",
        f"x86_64-intel-intelmpi-icelake:14.7.1@{digest('d')}",
    ]
    assert "# image_variants: " in answers_text(found)  # the next build makes it old
    assert settled().values["image_variants"] == []


def test_COM_Q_2_both_architectures_share_one_quota() -> None:
    assert settled(facts=_quota(400, 300), architectures="both").values["max_vcpus"] == 150


@pytest.mark.parametrize(
    ("grid", "quota", "preset"),
    [("4x5", 640, "standard"), ("2x2.5", 640, "large"), ("2x2.5", 16, "standard"), ("2x2.5", 5, "starter")],
)
def test_a_finer_grid_gets_more_memory_where_the_quota_allows(grid: str, quota: float, preset: str) -> None:
    assert settled(facts=_quota(quota, quota), grid=grid).values["job_preset"] == preset


def test_every_grid_has_an_amount_of_input() -> None:
    for grid in load_system(CLASSIC).schema.parameters["grid"].choices:
        assert settled(grid=grid, simulated_days=365).values["input_gb_per_run"] >= 30


def test_GCP_P_1_the_architecture_follows_the_recommendation() -> None:
    measured = settled(facts=shipped_facts("us-east-1"), job_preset="standard").values
    assert measured["architectures"] == "x86_64"  # speeds of full chemistry are known there only
    known = shipped_facts("us-east-1").instances
    assert all(known[t].architecture == "x86_64" for t in measured["instance_types"])
    unmeasured = settled(facts=shipped_facts("us-east-1"), simulation="ch4").values
    assert unmeasured["architectures"] == "arm64"  # nobody published either; it is the cheaper core


def test_GCP_CE_6_types_that_the_region_lacks_are_dropped_with_a_warning() -> None:
    facts = Facts(region="eu-south-2", offered=frozenset({"c7g.4xlarge", "c7g.8xlarge"}))
    found = settled(facts=facts, architectures="arm64")
    assert found.values["instance_types"] == ["c7g.4xlarge", "c7g.8xlarge"]
    assert len(found.warnings) == 1
    assert "eu-south-2 does not offer c7g.12xlarge" in found.warnings[0]


def test_defaults_are_settled_in_the_order_of_their_dependencies() -> None:
    schema = Schema(
        "x",
        {
            "a": Parameter("a", "integer", "g", default="{{ b + 1 }}", has_default=True),
            "b": Parameter("b", "integer", "g", default="{{ c * 2 }}", has_default=True),
            "c": Parameter("c", "integer", "g", default=5, has_default=True),
        },
        (Group("g", "G"),),
    )
    assert settle(schema, [], Facts()).values == {"a": 11, "b": 10, "c": 5}


def test_defaults_in_a_circle_are_a_fault_of_the_manifest() -> None:
    a = Parameter("a", "integer", "g", default="{{ b }}", has_default=True)
    b = Parameter("b", "integer", "g", default="{{ a }}", has_default=True)
    with pytest.raises(BadManifest, match="a, b depend on each other in a circle"):
        settle(Schema("x", {"a": a, "b": b}), [], Facts())


def test_a_default_that_breaks_its_own_bounds_is_a_fault_of_the_manifest() -> None:
    a = Parameter("a", "integer", "g", default="{{ 7 }}", has_default=True, maximum=5)
    with pytest.raises(BadManifest, match="the default of a comes to 7"):
        settle(Schema("x", {"a": a}), [], Facts())


# --- missing and rules -----------------------------------------------------------------------


def test_what_is_missing_is_named_with_its_flag() -> None:
    found = settled("environment: prod\nvpc_mode: existing\n")
    assert [p.name for p in found.missing] == ["vpc_id", "subnet_ids", "alert_email"]
    with pytest.raises(MissingAnswers, match=r"vpc_id \(--vpc-id\), subnet_ids \(--subnet-ids\), alert_email"):
        found.require()


def test_what_depends_on_a_missing_answer_stays_open() -> None:
    need = Parameter("need", "text", "g")
    rest = Parameter("rest", "text", "g", default="{{ need ~ '!' }}", has_default=True)
    found = settle(Schema("x", {"need": need, "rest": rest}, (Group("g", "G"),)), [], Facts())
    assert [p.name for p in found.missing] == ["need"]
    assert found.values == {}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("admin_cidr: 0.0.0.0/0\n", "geos.yaml, line 1: admin_cidr is 0.0.0.0/0"),
        ("job_preset: large\nmax_vcpus: 16\n", "geos.yaml, line 2: max_vcpus is 16, and one job needs 32"),
        ("min_vcpus: 64\nmax_vcpus: 32\n", "line 1: min_vcpus is 64, which is above max_vcpus (32)"),
        ("project: a-very-long-project-name\n", "a-very-long-project-name-dev has 28 characters"),
        ("log_retention_days: 31\n", "log_retention_days is 31; one of 1, 3, 5, 7, 14, 30"),
        ("vpc_cidr: 10.0.0.0/28\n", 'vpc_cidr is "10.0.0.0/28"; a network of size /16 to /24'),
        ("architectures: arm64\ninstance_types: [c6i.8xlarge]\n", "no instance type for arm64"),
        ("architectures: arm64\ninstance_types: [c7g.8xlarge, c6i.8xlarge]\n", "c6i.8xlarge"),
        ("scratch_host_path: /tmp/scratch\n", "scratch_host_path"),
        (
            "vpc_id: vpc-0a1b2c3d\n",
            "geos.yaml, line 1: an existing VPC or its subnets are named, and vpc_mode is create",
        ),
        ("region: us-est-1\n", 'Did you mean "us-east-1"?'),
        ("environment: DEV\n", 'Did you mean "dev"?'),
        ("budget_monthly_usd: 0\n", "a number from 1 to 10000000 was expected"),
        ("instance_types: [c7g.4xlarg]\n", "a list of EC2 instance types that geos knows (c7g.4xlarg is not one) was"),
        ("security_group_rules: [{IpProtocol: tcp}]\n", "needs Direction: ingress or Direction: egress"),
    ],
    ids=[
        "COM-P-6",
        "job-fits",
        "min-max",
        "COM-S-9",
        "COM-P-4",
        "vpc_cidr",
        "no-type",
        "mixed",
        "RULE-20",
        "existing",
        "region",
        "case",
        "large-number",
        "instances",
        "direction",
    ],
)
def test_rules_between_answers(answers: str, words: str) -> None:
    found = settled(answers)
    assert len(found.faults) == 1, found.faults
    assert words in found.faults[0]


def test_an_answer_without_effect_is_told() -> None:
    found = settled("vpc_mode: existing\nvpc_id: vpc-0a1b2c3d\nsubnet_ids: [subnet-0a1b2c3d]\nnat_mode: single\n")
    assert found.faults == ()
    assert found.warnings == ("geos.yaml, line 4: nat_mode has no effect with the other answers.",)
    assert settled().warnings == ()


def test_more_zones_than_the_region_has_are_refused() -> None:
    facts = Facts(region="us-west-1", zones=("us-west-1a", "us-west-1c"))
    assert settled("az_count: 3\n", facts=facts).faults == (
        "geos.yaml, line 1: az_count is 3, and us-west-1 has 2 availability zones for this account.",
    )
    assert settled(facts=Facts(region="x", zones=("a",))).values["az_count"] == 1


def test_a_rule_about_a_faulty_answer_is_not_held_on_top() -> None:
    assert len(settled("max_vcpus: lots\n").faults) == 1


# --- geos.yaml -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [\n", "geos.yaml, line 2"),
        ("a: 1\na: 2\n", 'geos.yaml, line 2: "a" stands twice'),
        ("- a\n", "one key: value on each line"),
        ("? [a]\n: b\n", "a key must be a word"),
        ("a: &x [*x]\n", "geos.yaml"),
        ("\x00", "geos.yaml"),
        ("api_token: abc\n", '"api_token" looks like a secret'),
        ("owner: AKIAIOSFODNN7EXAMPLE\n", '"owner" looks like a secret'),
    ],
)
def test_a_file_that_cannot_be_an_answers_file(text: str, words: str) -> None:
    with pytest.raises(BadAnswers) as raised:
        parse_answers(text, "geos.yaml")
    assert words in str(raised.value)


def test_no_file_is_not_an_error(tmp_path: Path) -> None:
    assert read_answers(tmp_path / "geos.yaml") is None


def test_what_is_written_reads_back_as_the_same_answers(tmp_path: Path) -> None:
    facts = Facts(region="us-east-1", vcpu_quota_on_demand=5, vcpu_quota_spot=5)
    before = settled("owner: ana b.\nscratch_gib: 100\nenvironment: staging\n", facts=facts)
    path = tmp_path / "geos.yaml"
    write_answers(path, before)
    again = read_answers(path)
    assert again is not None
    after = settle(before.schema, [again], facts)
    assert after.values == before.values
    # What rests on the account's quotas is kept, so that a later run builds the same; plain defaults are comments.
    assert after.origins["max_vcpus"].startswith("geos.yaml, line ")
    assert after.origins["attempts"] == "default"
    assert "# attempts: 3" in path.read_text()


@given(st.one_of(st.text(st.characters(exclude_categories=("Cs",))), st.integers(), st.booleans(),
                 st.lists(st.text(st.characters(exclude_categories=("Cs",))))))  # fmt: skip
def test_every_value_is_written_so_that_yaml_reads_it_back(value: Any) -> None:
    text = f"key: {yaml_text(value)}\n"
    assert yaml.safe_load(text) == {"key": value}
    assert text.count("\n") == 1


def test_what_names_the_deployment_is_always_written() -> None:
    lines = answers_text(settled()).splitlines()
    assert {"system: geos-chem", "project: geos-chem", "environment: dev"} <= set(lines)
    assert not [line for line in lines if line != line.rstrip()]


def test_a_key_with_help_has_it_as_a_comment() -> None:
    text = answers_text(settled("environment: dev\n"))
    assert "# Second part of every name; also decides the defaults" in text
    assert "\nenvironment: dev\n" in text
    assert all(line.startswith("#") or ":" in line or not line for line in text.splitlines())


# --- flags -----------------------------------------------------------------------------------


def test_every_parameter_is_a_flag_of_the_same_name() -> None:
    schema = load_system(CLASSIC).schema
    made = {f.parameter: f for f in flags(schema)}
    assert made.keys() == schema.parameters.keys()
    assert made["max_vcpus"].name == "--max-vcpus"
    assert made["flow_logs"].negative == "--no-flow-logs"
    assert made["instance_types"].repeatable
    assert made["environment"].metavar == "dev|staging|prod"


def test_questions_come_in_the_order_of_the_set_up() -> None:
    groups = list(dict.fromkeys(p.group for p in load_system(CLASSIC).schema.in_order()))
    assert groups == [
        "account", "system", "deployment", "workload", "region", "instances", "capacity", "network", "alerts",
        "details",
    ]  # fmt: skip


def test_COM_P_every_common_parameter_of_the_specification_is_there() -> None:
    schema = load_system(CLASSIC).schema
    named = {p.cfn for p in schema.parameters.values()} - {""}
    assert {"Project", "Environment", "Owner", "AlertEmail", "BudgetMonthlyUsd", "LogRetentionDays"} <= named
    assert {"vpc_mode", "vpc_cidr", "az_count", "nat_mode", "flow_logs", "deletion_protection",
            "permissions_boundary_arn", "admin_cidr", "security_group_rules",
            "bucket_policy_statements"} <= schema.parameters.keys()  # fmt: skip
    assert settled().values["budget_monthly_usd"] == 200
    assert settled().values["log_retention_days"] == 30


def test_GCP_NET_private_instances_without_internet_reach_the_input_data_only_in_their_own_region() -> None:
    assert not settled(nat_mode="endpoints").faults
    far = settled(nat_mode="endpoints", region="eu-west-1")
    assert any("input data in us-east-1" in fault for fault in far.faults)
    assert not settled(nat_mode="endpoints", region="eu-west-1", input_bucket="our-copy").faults
