"""Plans of a resource or two, read without their source: shape, values, references."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.reader import ACTIONS, Reading, ReadOptions
from guardrail.inputs.terraform.plan import read
from guardrail.inputs.terraform.plan.reader import is_wanted
from guardrail.model import Edge, Encoded, Map, Reference, Resource, Sensitive, Seq, Unknown, plain
from guardrail.tree import Tree


def change(address: str, after: Any, unknown: Any = None, sensitive: Any = None, **more: Any) -> dict[str, Any]:
    parts = address.rpartition("module.")[2].split(".")
    kind = [part for part in parts if part != "data"][-2]
    return {
        "address": address,
        "mode": "data" if "data." in address else "managed",
        "type": kind,
        "name": parts[-1].partition("[")[0],
        "provider_name": f"registry.terraform.io/hashicorp/{kind.partition('_')[0]}",
        "change": {
            "actions": more.pop("actions", ["create"]),
            "before": None,
            "after": after,
            "after_unknown": unknown or {},
            "after_sensitive": sensitive or {},
        },
        **more,
    }


def configured(address: str, **expressions: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "expressions": expressions}


def references(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


def plan(changes: list[Any], root: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": changes,
        **({"configuration": {"root_module": root}} if root is not None else {}),
        **more,
    }


def reading_of(document: Any, options: ReadOptions | None = None, **others: str) -> Reading:
    text = document if isinstance(document, (str, bytes)) else json.dumps(document)
    files = {name.replace("__", "."): data.encode() for name, data in others.items()}
    data = text.encode() if isinstance(text, str) else text
    return read(["plan.json"], Tree("/nonexistent", {"plan.json": data, **files}), options or ReadOptions())


def resources(document: Any, options: ReadOptions | None = None, **others: str) -> dict[str, Resource]:
    reading = reading_of(document, options, **others)
    assert reading.problems == []
    return {resource.address: resource for resource in reading.resources if resource.mode != "config"}


def only(document: Any, **others: str) -> Resource:
    (found,) = resources(document, **others).values()
    return found


# ---- what a resource is ----


def test_a_resource_has_what_the_plan_says_of_it() -> None:
    found = resources(plan([
        change('module.m["a"].aws_s3_bucket.b[0]', {"bucket": "x", "force_destroy": False, "acl": None}),
        change("data.aws_ami.a", {"name": "n"}, actions=["read"]),
        change("google_storage_bucket.b", {"name": "n"}, provider_name="registry.terraform.io/hashicorp/google-beta"),
    ]))  # fmt: skip
    bucket = found['module.m["a"].aws_s3_bucket.b[0]']
    assert (bucket.platform, bucket.provider, bucket.kind, bucket.mode) == (
        "terraform",
        "aws",
        "aws_s3_bucket",
        "managed",
    )
    assert plain(bucket.attributes) == {"bucket": "x", "force_destroy": False}
    assert bucket.actions == ("create",)
    assert bucket.local == "module.m.aws_s3_bucket.b"
    assert found["data.aws_ami.a"].mode == "data"
    assert found["google_storage_bucket.b"].provider == "google"


def test_nested_blocks_are_lists_and_none_where_there_are_none() -> None:
    found = only(plan([change("aws_instance.i", {
        "metadata_options": [{"http_tokens": "required", "http_endpoint": None}], "ebs_block_device": [],
        "timeouts": {"create": "5m"}, "security_groups": [],
    })]))  # fmt: skip
    assert plain(found.attributes) == {
        "metadata_options": [{"http_tokens": "required"}], "timeouts": [{"create": "5m"}], "security_groups": [],
    }  # fmt: skip
    assert isinstance(found.attributes["timeouts"], Seq)


def test_what_is_unknown_is_so_in_part() -> None:
    root = {"resources": [configured("aws_x.y", list=references("local.a"), object={}, gone=references("local.b"))]}
    found = only(plan([change(
        "aws_x.y", {"list": [None, "b"], "object": {"a": 1, "deep": {"c": 2}}},
        {"list": [True, False], "object": {"b": True, "deep": {"d": True}}, "gone": True, "computed": True},
    )], root)).attributes  # fmt: skip
    assert isinstance(found["list"][0], Unknown)
    assert found["list"][1] == "b"
    assert found["object"]["a"] == 1
    assert isinstance(found["object"]["b"], Unknown)
    assert found["object"]["deep"]["c"] == 2
    assert isinstance(found["object"]["deep"]["d"], Unknown)
    assert found["gone"].reason == "aws_x.y.gone is known only after apply"
    assert "computed" not in found  # the provider's to decide, as in the files


def test_without_a_configuration_all_that_is_unknown_stays_so() -> None:
    assert isinstance(only(plan([change("aws_x.y", {}, {"computed": True})])).attributes["computed"], Unknown)


def test_unknowns_in_nested_blocks() -> None:
    root = {
        "resources": [
            configured(
                "aws_instance.i", ebs_block_device=[{"kms_key_id": references("aws_kms_key.k.arn", "aws_kms_key.k")}]
            )
        ]
    }
    found = only(plan([change(
        "aws_instance.i", {"ebs_block_device": [{"encrypted": True}], "root_block_device": [{"encrypted": True}]},
        {"ebs_block_device": [{"kms_key_id": True, "volume_id": True}], "root_block_device": [{"kms_key_id": True}]},
    )], root)).attributes  # fmt: skip
    (disk,) = found["ebs_block_device"]
    assert disk["kms_key_id"] == Reference("aws_kms_key.k", "arn")
    assert "volume_id" not in disk
    # A block that the configuration does not list comes of `dynamic`: who sets what there isn't known.
    assert isinstance(found["root_block_device"][0]["kms_key_id"], Unknown)


def test_sensitive_values_are_hidden_and_literal_only_where_they_are_written() -> None:
    root = {
        "resources": [configured("aws_x.y", a={"constant_value": "s1"}, b=references("var.b"), c={}, d=[{"e": {}}])]
    }
    found = only(plan([change(
        "aws_x.y", {"a": "s1", "b": "s2", "c": {"k": "s3", "l": "open"}, "d": [{"e": "s4"}]}, {},
        {"a": True, "b": True, "c": {"k": True}, "d": [{"e": True}], "z": True},
    )], root)).attributes  # fmt: skip
    assert plain(found) == {
        "a": {"$sensitive": True}, "b": {"$sensitive": True}, "c": {"k": {"$sensitive": True}, "l": "open"},
        "d": [{"e": {"$sensitive": True}}],
    }  # fmt: skip
    assert (found["a"].literal, found["b"].literal) == (True, False)
    assert found["d"][0]["e"].reveal() == "s4"


def test_what_was_handed_to_a_secret_variable_is_hidden() -> None:
    root = {"resources": [], "variables": {"db_password": {}, "token": {"default": "default-token"}, "region": {}}}
    document = plan(
        [change("aws_x.y", {"env": {"A": "from-outside"}, "b": "default-token", "c": "eu-west-1"})], root,
        variables={"db_password": {"value": "from-outside"}, "token": {"value": "default-token"},
                   "region": {"value": "eu-west-1"}},
    )  # fmt: skip
    assert plain(only(document).attributes) == {
        "env": {"A": {"$sensitive": True}},
        "b": "default-token",
        "c": "eu-west-1",
    }


@pytest.mark.parametrize("sensitive", [False, True])
def test_a_policy_of_statements_that_are_all_in_the_plan(sensitive: bool) -> None:
    """Its data source is only read while applying, since something that it depends on is not made yet."""
    statement = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"], "effect": "Allow"}
    marks = {"statement": [{"resources": [True]}]} if sensitive else {}
    name = "data.aws_iam_policy_document.d"
    read_later = change(name, {"statement": [statement]}, {"json": True, "id": True}, marks, actions=["read"])
    policy = change("aws_iam_policy.p", {"name": "p"}, {"policy": True})
    written = configured("aws_iam_policy.p", policy=references(f"{name}.json"))
    found = resources(plan([read_later, policy], {"resources": [
        written, {**configured(name), "mode": "data"},
    ]}))["aws_iam_policy.p"].attributes["policy"]  # fmt: skip
    assert isinstance(found, Sensitive) is sensitive
    document = found.reveal() if sensitive else found
    assert isinstance(document, Encoded)
    assert "s3:GetObject" in document


@pytest.mark.parametrize(
    ("written", "argument", "inner", "given", "absent"),
    [
        (references("var.key"), None, {}, {"key": {"value": None}}, True),
        (references("var.key"), None, {}, {"key": {"value": "k"}}, False),
        (references("var.key"), None, {}, {}, False),
        (references("var.key.id", "var.key"), None, {}, {"key": {"value": None}}, False),
        ({"constant_value": None}, None, {}, {}, True),
        (references("var.own"), references("var.key"), {}, {"key": {"value": None}}, True),
        (references("var.own"), references("aws_a.b.id"), {}, {"key": {"value": None}}, False),
        (references("var.own"), {}, {"default": None}, {}, True),
        (references("var.own"), {}, {"default": "x"}, {}, False),
    ],
)  # fmt: skip
def test_an_attribute_whose_variable_is_null_is_the_providers_to_decide(
    written: dict[str, Any], argument: dict[str, Any] | None, inner: dict[str, Any], given: dict[str, Any], absent: bool
) -> None:
    root: dict[str, Any] = {"resources": [configured("aws_x.y", kms_key_id=written)], "variables": {"key": {}}}
    address = "aws_x.y"
    if argument is not None:
        call = {"expressions": {"own": argument} if argument else {}, "module": {**root, "variables": {"own": inner}}}
        root, address = {"module_calls": {"m": call}}, "module.m.aws_x.y"
    found = only(plan([change(address, {"a": 1}, {"kms_key_id": True})], root, variables=given)).attributes
    assert ("kms_key_id" not in found) is absent


def test_what_of_a_set_is_hidden() -> None:
    """Where Terraform says only that something in it is sensitive."""
    rule = {"access": "Allow", "range": "*", "port": "22", "number": 22, "to": ["10.0.0.7/32", "x"], "on": True,
            "none": None}  # fmt: skip
    env = [{"name": "tcp", "value": "hunter"}, {"password": "hunter", "value": "literal-1"}]
    root = {"resources": [configured("aws_x.y", env=[{"value": {"constant_value": "literal-1"}}])]}
    planned = change("aws_x.y", {"rule": [rule], "env": env}, {}, {"rule": True, "env": True})
    found = only(plan([planned], root)).attributes
    hidden = {"$sensitive": True}
    assert plain(found) == {
        "rule": [{"access": "Allow", "range": "*", "port": hidden, "number": hidden, "to": [hidden, "x"], "on": True,
                  "none": None}],
        "env": [{"name": "tcp", "value": hidden}, {"password": hidden, "value": "literal-1"}],
    }  # fmt: skip


def test_what_goes_is_what_it_was() -> None:
    gone = change("aws_x.y", None, actions=["delete"])
    gone["change"] |= {"before": {"encrypted": True, "pin": "1234"}, "before_sensitive": {"pin": True}}
    document = plan([gone], {"resources": [configured("aws_x.y", encrypted=references("var.a"))]})
    (found,) = resources(document, ReadOptions(actions=("delete",))).values()
    assert plain(found.attributes) == {"encrypted": True, "pin": {"$sensitive": True}}
    assert found.attributes.place("encrypted").line


def test_an_object_that_is_replaced_is_not_taken_for_what_replaces_it() -> None:
    live, old = change("aws_x.y", {"a": 1}, actions=["update"]), change("aws_x.y", None, actions=["delete"])
    old |= {"deposed": "ab12cd34"}
    old["change"]["before"] = {"a": 2}
    reading = reading_of(plan([live, old]), ReadOptions(actions=ACTIONS))
    assert [plain(resource.attributes) for resource in reading.resources] == [{"a": 1}]
    state = {"values": {"root_module": {"resources": [
        {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "values": {"a": 1}},
        {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "values": {"a": 2}, "deposed_key": "ab12cd34"},
    ]}}}  # fmt: skip
    assert plain(only({"format_version": "1.0", "terraform_version": "1.11.4", **state}).attributes) == {"a": 1}


@pytest.mark.parametrize(
    ("told", "problems", "notes"),
    [
        ({}, [], []),
        ({"complete": True, "errored": False}, [], []),
        ({"complete": False, "errored": False}, [], ["incomplete-plan"]),
        ({"complete": False, "errored": True}, ["incomplete-plan"], []),
    ],
)
def test_a_plan_that_is_not_whole_says_so(told: dict[str, Any], problems: list[str], notes: list[str]) -> None:
    reading = reading_of(plan([change("aws_x.y", {"a": 1})], **told))
    assert ([problem.kind for problem in reading.problems], [note.kind for note in reading.notes]) == (problems, notes)
    assert [resource.address for resource in reading.resources] == ["aws_x.y"]
    assert reading.files["plan.json"] == ("partial" if problems else "analysed")


def test_documents_stay_text() -> None:
    assert (
        only(plan([change("aws_iam_policy.p", {"policy": '{"Statement":[]}'})])).attributes["policy"]
        == '{"Statement":[]}'
    )


@pytest.mark.parametrize(
    ("after", "kind", "expected"),
    [
        ({"tags": {"a": "1"}, "tags_all": {"a": "1", "b": "2"}}, "aws_sns_topic", {"a": "1", "b": "2"}),
        ({"tags": {"a": "1"}}, "aws_sns_topic", {"a": "1"}),
        ({"tags": None}, "aws_sns_topic", {}),
        ({"labels": {"a": "1"}, "effective_labels": {"a": "1", "c": "3", "goog-terraform-provisioned": "true"}},
         "google_storage_bucket", {"a": "1", "c": "3"}),
        ({"tags": {"a": "1"}}, "azurerm_storage_account", {"a": "1"}),
        ({"tag": [{"key": "a", "value": "1", "propagate_at_launch": True}]}, "aws_autoscaling_group", {"a": "1"}),
        ({"bucket": "b"}, "aws_s3_bucket_policy", None),
    ],
)  # fmt: skip
def test_effective_tags(after: Any, kind: str, expected: Any) -> None:
    assert plain(only(plan([change(f"{kind}.x", after)])).tags) == expected


TAGS = {"references": ["var.tags"]}
AWS = {
    "aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws",
            "expressions": {"default_tags": [{"tags": {"constant_value": {"team": "core", "a": "0"}}}]}},
    "aws.west": {"name": "aws", "alias": "west", "expressions": {"default_tags": [{"tags": TAGS}]}},
    "module.m:aws": {"name": "aws", "module_address": "module.m", "expressions": {}},
    "google": {"name": "google-beta", "expressions": {"default_labels": {"constant_value": {"team": "core"}}}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kind", "after", "unknown", "expected"),
    [
        # What will be is not told: the resource's own tags, and those of its provider's configuration.
        ("aws", "aws_sns_topic", {"tags": {"a": "1"}}, {"tags_all": True}, {"a": "1", "team": "core"}),
        ("aws.west", "aws_sns_topic", {"tags": {"a": "1"}}, {"tags_all": True}, {"a": "1", "*": "?"}),
        ("module.m:aws", "aws_sns_topic", {"tags": {"a": "1"}}, {"tags_all": True}, {"a": "1"}),
        ("aws", "aws_sns_topic", {"tags": {"a": "1"}}, {"tags": {"b": True}, "tags_all": True},
         {"a": "1", "b": "?", "team": "core"}),
        ("google", "google_storage_bucket", {"labels": {"a": "1"}},
         {"effective_labels": True, "terraform_labels": True}, {"a": "1", "team": "core"}),
        # It is told but for some values.
        ("aws", "aws_sns_topic", {"tags": {"a": "1"}, "tags_all": {"a": "1"}}, {"tags_all": {"made": True}},
         {"a": "1", "made": "?"}),
    ],
)  # fmt: skip
def test_tags_that_are_known_only_after_apply(key: str, kind: str, after: Any, unknown: Any, expected: Any) -> None:
    (attribute,) = set(after) & {"tags", "labels"}
    root = {"resources": [{**configured(f"{kind}.x", **{attribute: {}}), "provider_config_key": key}]}
    document = plan([change(f"{kind}.x", after, unknown)], root)
    document["configuration"]["provider_config"] = AWS
    tags = only(document).tags
    assert isinstance(tags, Map)
    shown = {name: "?" if isinstance(value, Unknown) else value for name, value in tags.items()}
    if isinstance(tags, PartialMap):
        shown["*"] = "?"
    assert shown == expected


# ---- actions ----


def test_what_terraform_put_off_may_not_exist() -> None:
    deferred = change("aws_x.d", {"a": 1}, {"b": True})
    found = resources(plan([change("aws_x.a", {})], {"resources": [configured("aws_x.d", a={}, b={})]},
                           deferred_changes=[{"reason": "instance_count_unknown", "resource_change": deferred}]))
    assert found["aws_x.a"].uncertain is None
    assert found["aws_x.d"].uncertain.reason == "aws_x.d is deferred (instance count unknown)"
    assert found["aws_x.d"].attributes["a"] == 1
    assert isinstance(found["aws_x.d"].attributes["b"], Unknown)


def test_what_is_imported_is_what_it_becomes() -> None:
    one = change("aws_x.i", {"a": 1}, actions=["update"])
    one["change"]["importing"] = {"id": "i-1"}
    found = only(plan([one], resource_drift=[change("aws_x.i", {"a": 2}), change("aws_x.gone", None)]))
    assert found.attributes["a"] == 1


def test_what_is_unknown_altogether() -> None:
    whole = change("data.aws_x.y", None, actions=["read"])
    whole["change"]["after_unknown"] = True
    root = {"resources": [{**configured("data.aws_x.y", filter={}), "mode": "data"}]}
    found = only(plan([whole], root))
    assert isinstance(found.attributes["filter"], Unknown)


def test_what_is_deleted_is_not_judged_unless_asked_for() -> None:
    document = plan([
        change("aws_x.a", {}, actions=["no-op"]), change("aws_x.b", {}, actions=["update"]),
        change("aws_x.c", None, actions=["delete"]), change("aws_x.d", {}, actions=["delete", "create"]),
        change("aws_x.e", {}, actions=["create", "delete"]), change("aws_x.f", None, actions=["forget"]),
    ])  # fmt: skip
    assert [name[-1] for name in resources(document)] == ["a", "b", "d", "e"]
    assert [name[-1] for name in resources(document, ReadOptions(actions=("update", "delete")))] == ["b", "c", "f"]
    assert resources(document)["aws_x.d"].actions == ("delete", "create")


def test_actions_that_are_not_known_yet_are_judged_by_what_they_do() -> None:
    wanted = ReadOptions().actions
    assert is_wanted(("create", "forget"), wanted)
    assert is_wanted((), wanted)
    assert not is_wanted(("delete",), wanted)
    assert not is_wanted(("nothing",), wanted)
    assert is_wanted(("migrate", "update"), wanted)


# ---- references ----

CHILD = {
    "outputs": {"out": {"expression": references("aws_a.b.id", "aws_a.b")}},
    "resources": [configured("aws_a.b", name=references("var.name"))],
}
ROOT = {
    "resources": [
        configured("aws_x.y", ref=references("aws_k.k.arn", "aws_k.k")),
        {**configured("aws_x.each", one=references("each.value.id", "each.value"),
                      two=references("aws_k.many", "each.key")),
         "for_each_expression": references("aws_k.many")},
        configured("aws_x.out", all=references('module.m["p"].out', 'module.m["p"]', "module.m")),
        configured("aws_x.two", both=references("aws_k.k.arn", "aws_k.k", "aws_k.l.arn", "aws_k.l"),
                   local=references("local.z")),
    ],
    "module_calls": {
        "m": {"source": "./m", "expressions": {"name": references("aws_k.k.name", "aws_k.k")}, "module": CHILD},
    },
}  # fmt: skip
CHANGES = [
    change("aws_x.y", {}, {"ref": True}),
    change('aws_x.each["p"]', {}, {"one": True, "two": True}),
    change("aws_x.out", {}, {"all": True}),
    change("aws_x.two", {}, {"both": True, "local": True}),
    change("aws_k.k", {"name": "k"}),
    change('aws_k.many["p"]', {}), change('aws_k.many["q"]', {}),
    change('module.m["p"].aws_a.b', {}, {"name": True}), change('module.m["q"].aws_a.b', {"name": "known"}),
]  # fmt: skip


def test_a_reference_leads_to_the_resource() -> None:
    found = resources(plan(CHANGES, ROOT))
    assert found["aws_x.y"].attributes["ref"] == Reference("aws_k.k", "arn")
    assert found["aws_x.y"].edges == [Edge("ref", "aws_k.k", "arn")]


def test_references_by_key_lead_to_the_instance_of_the_same_key() -> None:
    found = resources(plan(CHANGES, ROOT))['aws_x.each["p"]']
    assert found.edges == [
        Edge("for_each", "aws_k.many", ""), Edge("one", 'aws_k.many["p"]', "id"), Edge("two", 'aws_k.many["p"]', ""),
    ]  # fmt: skip


def test_references_are_followed_through_outputs_and_variables() -> None:
    found = resources(plan(CHANGES, ROOT))
    assert found["aws_x.out"].edges == [Edge("all", 'module.m["p"].aws_a.b', "id")]
    assert found["aws_x.out"].attributes["all"] == Reference('module.m["p"].aws_a.b', "id")
    assert found['module.m["p"].aws_a.b'].attributes["name"] == Reference("aws_k.k", "name")
    assert found['module.m["q"].aws_a.b'].edges == [Edge("name", "aws_k.k", "name")]  # of a known value too


def test_what_has_several_references_or_goes_through_a_local_is_only_unknown() -> None:
    attributes = resources(plan(CHANGES, ROOT))["aws_x.two"].attributes
    assert type(attributes["both"]) is Unknown
    assert attributes["both"].refs == ("aws_k.k.arn", "aws_k.l.arn")
    assert type(attributes["local"]) is Unknown


# ---- data sources, states, places ----


def test_data_sources_that_were_read_while_planning() -> None:
    prior = {"values": {"root_module": {
        "resources": [{"address": "data.aws_a.b", "mode": "data", "type": "aws_a", "name": "b", "values": {"id": "1"}},
                      {"address": "aws_gone.x", "mode": "managed", "type": "aws_gone", "name": "x", "values": {}}],
        "child_modules": [{"address": "module.m", "resources": [
            {"address": "module.m.data.aws_a.c", "mode": "data", "type": "aws_a", "name": "c", "values": {}}]}],
    }}}  # fmt: skip
    assert list(resources(plan([], {}, prior_state=prior))) == ["data.aws_a.b", "module.m.data.aws_a.c"]


def test_a_state() -> None:
    state = {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
        {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
         "values": {"bucket": "x", "versioning": [{"enabled": False}]}, "sensitive_values": {},
         "depends_on": ["aws_kms_key.k"]},
    ]}}}  # fmt: skip
    found = only(state)
    assert plain(found.attributes) == {"bucket": "x", "versioning": [{"enabled": False}]}
    assert found.actions == ()
    assert found.edges == [Edge("depends_on", "aws_kms_key.k", "")]


def test_a_plan_without_changes_is_read_from_its_values() -> None:
    document = plan([], {"resources": [configured("aws_x.y", a={}, b=references("aws_k.k.id", "aws_k.k"))]})
    del document["resource_changes"]
    document["planned_values"] = {"root_module": {"resources": [
        {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "name": "y", "values": {"a": 1}}]}}  # fmt: skip
    found = only(document).attributes
    assert found["a"] == 1
    assert found["b"] == Reference("aws_k.k", "id")


def test_places_in_the_plan() -> None:
    text = json.dumps(plan([change("aws_x.y", {"a": 1, "deep": {"b": [1, 2]}})]), indent=1)
    found = only(text)
    lines = text.splitlines()

    def at(span: Any) -> str:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]

    assert at(found.header) == '"address": "aws_x.y"'
    assert at(found.attributes.place("a")) == '"a": 1'
    assert at(found.attributes["deep"]["b"].spans[1]) == "2"
    assert found.attributes.place("absent") == found.header
    assert lines[found.span.end_line - 1].strip().startswith("}")


def test_module_calls_and_providers_where_the_source_is_not_there() -> None:
    document = plan([change("aws_x.y", {})], {
        "module_calls": {"vpc": {"source": "terraform-aws-modules/vpc/aws", "version_constraint": "5.19.0", "module": {
            "module_calls": {"in": {"source": "./in"}}}}},
    })  # fmt: skip
    document["configuration"]["provider_config"] = {
        "aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "version_constraint": "~> 5.0",
                "expressions": {"region": {"constant_value": "eu-west-1"}}},
        "random": {"name": "random", "full_name": "registry.terraform.io/hashicorp/random"},
    }  # fmt: skip
    found = {r.address: plain(r.attributes) for r in reading_of(document).resources if r.mode == "config"}
    assert found == {
        "module.vpc": {"source": "terraform-aws-modules/vpc/aws", "version": "5.19.0"},
        "module.vpc.module.in": {"source": "./in"},
        "provider.aws": {"region": "eu-west-1"},
        "terraform": {"required_providers": [
            {"aws": {"version": "~> 5.0", "source": "registry.terraform.io/hashicorp/aws"}}]},
    }  # fmt: skip


# ---- what is wrong with a file ----


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"resource_changes": [}', "nul", '{"a": NaN}', '{"a":1} x', '{"a":1,}', ""]
)
def test_what_is_no_plan_is_a_problem(text: str) -> None:
    reading = reading_of(text)
    assert [problem.kind for problem in reading.problems] == ["syntax"]
    assert reading.files == {"plan.json": "failed"}


def test_what_is_nested_too_deep_is_a_problem() -> None:
    deep = "[" * 100_000
    after = '{"v":' + "[" * 300 + "]" * 300 + "}"
    change_ = f'{{"resource_changes":[{{"address":"a.b","type":"a","change":{{"after":{after}}}}}]}}'
    for text in (f'{{"x": {deep}', change_):
        assert reading_of(text).problems


def test_a_change_that_says_nothing_is_a_problem_and_the_rest_is_read() -> None:
    reading = reading_of(
        plan([7, {"address": "aws_x.n"}, change("aws_x.y", [], actions=["create"]), change("aws_x.z", {})])
    )
    assert len(reading.problems) == 3
    assert [resource.address for resource in reading.resources] == ["aws_x.z"]
    assert reading.files == {"plan.json": "partial"}


def test_characters_that_are_none() -> None:
    text = json.dumps(plan([change("aws_x.y", {"a": "HALF-NUL-PAIR-ESC"})]))
    text = (
        text.replace("HALF", "\\ud83d")
        .replace("NUL", "\\u0000")
        .replace("PAIR", "\\ud83d\\ude00")
        .replace("ESC", "\\\\ud83d")
    )
    assert only(text).attributes["a"] == "\ufffd-\ufffd-\U0001f600-\\ud83d"


def test_utf_16_as_powershell_redirects() -> None:
    assert only(json.dumps(plan([change("aws_x.y", {"a": "ü"})])).encode("utf-16")).attributes["a"] == "ü"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["aws_x.y", 'module.m["a"].aws_x.y', "module.", "data.", "each.value", "var.a", "delete",
                       "[", '["']),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@st.composite
def broken_plans(draw: Any) -> Any:
    """A plan in which some values are something else."""
    document = json.loads(json.dumps(plan([*CHANGES,
        change("aws_instance.i", {"root_block_device": [{"a": 1}], "tags": {"a": "b"}},
               {"root_block_device": [{"b": True}]}, {"tags": {"a": True}})], ROOT,
        variables={"password": {"value": "hunter22"}}, prior_state={"values": {"root_module": {"resources": [
            {"address": "data.aws_a.b", "mode": "data", "type": "aws_a", "values": {}}], "child_modules": []}}},
    )))  # fmt: skip
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], (dict, list)) and draw(st.integers(0, 3)):
                holder = holder[key]
                continue
            holder[key] = draw(json_values)
            break
    return document


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(broken_plans())
def test_wrong_types_anywhere_never_raise(document: Any) -> None:
    source = 'resource "aws_x" "y" {\n  ref = "r"\n}\nresource "aws_instance" "i" {\n  root_block_device {}\n}\n'
    for others in ({}, {"main__tf": source}):
        reading = reading_of(document, **others)
        for resource in reading.resources:
            assert isinstance(resource.attributes, Map)
            assert isinstance(resource.address, str)
            json.dumps(plain(resource.attributes), default=str)
        assert "plan.json" in reading.files


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_is_read_without_a_crash(value: Any) -> None:
    assert reading_of(json.dumps(value)).files["plan.json"] in ("failed", "analysed", "partial")


@pytest.mark.parametrize("reference", ["", ".", "resource", "[", "data", "data.x", "module", "each", "var"])
def test_references_of_no_form_lead_nowhere(reference: str) -> None:
    root = {"resources": [configured("aws_x.y", ref=references(reference))]}
    document = plan([change("aws_x.y", {}, {"ref": True})], root)
    assert isinstance(resources(document)["aws_x.y"].attributes["ref"], Unknown)


def test_sensitive_is_never_shown() -> None:
    found = only(plan([change("aws_x.y", {"a": {"b": ["s3cr3t"]}}, {}, {"a": True})]))
    assert isinstance(found.attributes["a"], Sensitive)
    assert "s3cr3t" not in json.dumps(plain(found.attributes))
