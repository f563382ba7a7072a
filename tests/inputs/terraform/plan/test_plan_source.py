"""Plans whose source stands beside them: places, what only the source tells, what only the plan tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from guardrail.inputs import table
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform.plan import read
from guardrail.inputs.terraform.plan.recognise import recognise
from guardrail.model import Edge, Encoded, PartText, Reference, Resource, Sensitive, Unknown, plain
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[3] / "fixtures" / "plan"


def change(address: str, after: Any, unknown: Any = None, sensitive: Any = None) -> dict[str, Any]:
    parts = address.rpartition("module.")[2].split(".")
    return {
        "address": address, "mode": "managed", "type": parts[-2], "name": parts[-1].partition("[")[0],
        "change": {"actions": ["create"], "after": after, "after_unknown": unknown or {},
                   "after_sensitive": sensitive or {}},
    }  # fmt: skip


def reading_of(files: dict[str, str], changes: list[Any], **more: Any) -> Reading:
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes, **more}
    overlay = {name: text.encode() for name, text in {**files, "infra/plan.json": json.dumps(document)}.items()}
    return read(["infra/plan.json"], Tree("/nonexistent", overlay), ReadOptions())


def found(files: dict[str, str], changes: list[Any], **more: Any) -> dict[str, Resource]:
    return {resource.address: resource for resource in reading_of(files, changes, **more).resources}


def test_places_are_those_of_the_source_and_values_those_of_the_plan() -> None:
    source = 'variable "size" {}\n\nresource "aws_x" "y" {\n  size = var.size\n  disk {\n    kind = "a"\n  }\n}\n'
    made = found(
        {"infra/main.tf": source}, [change("aws_x.y", {"size": 3, "disk": [{"kind": "a"}], "extra": {"k": 1}})]
    )
    one = made["aws_x.y"]
    assert plain(one.attributes) == {"size": 3, "disk": [{"kind": "a"}], "extra": {"k": 1}}
    assert (one.header.file, one.header.line, one.span.end_line) == ("infra/main.tf", 3, 8)
    assert one.attributes.place("size").line == 4
    assert one.attributes["disk"].place(0).line == 5
    assert one.attributes["disk"][0].place("kind").line == 6
    assert one.attributes.place("extra") == one.header
    assert (one.scope, one.local) == ("infra", "aws_x.y")
    assert made["var.size"].mode == "config"


def test_blocks_and_items_are_found_by_what_they_hold() -> None:
    source = (
        'resource "aws_x" "y" {\n  rule {\n    port = "443"\n  }\n  rule {\n    port = 22\n  }\n'
        '  names = [\n    "b",\n    "a",\n  ]\n}\n'
    )
    one = found({"infra/main.tf": source}, [
        change("aws_x.y", {"rule": [{"port": 22, "self": False}, {"port": 443, "self": False}], "names": ["a", "b"]}),
    ])["aws_x.y"]  # fmt: skip
    assert [(block["port"], block.place("port").line) for block in one.attributes["rule"]] == [(443, 3), (22, 6)]
    assert list(one.attributes["names"]) == ["b", "a"]
    assert [span.line for span in one.attributes["names"].spans] == [9, 10]


def test_a_dynamic_block_is_where_all_that_it_makes_stands() -> None:
    source = (
        'variable "ports" { type = list(number) }\nresource "aws_x" "y" {\n  dynamic "rule" {\n'
        "    for_each = var.ports\n    content {\n      port = rule.value\n    }\n  }\n}\n"
    )
    known = [change("aws_x.y", {"rule": [{"port": 1}, {"port": 2}]})]
    rules = found({"infra/main.tf": source}, known, variables={"ports": {"value": [2, 1]}})["aws_x.y"].attributes[
        "rule"
    ]
    assert [(block["port"], block.place("port").line) for block in rules] == [(2, 6), (1, 6)]
    unknown = found({"infra/main.tf": source}, [change("aws_x.y", {}, {"rule": True})])["aws_x.y"]
    assert isinstance(unknown.attributes["rule"], Unknown)  # not taken for none


def test_what_the_source_knows_of_the_unknown() -> None:
    source = (
        'resource "aws_a" "a" {}\nresource "aws_x" "y" {\n  one    = aws_a.a.id\n  text   = "${aws_a.a.id}-x"\n'
        '  list   = [aws_a.a.id, "b"]\n  wrong  = "known"\n  policy = jsonencode({ a = aws_a.a.arn, b = "c" })\n}\n'
    )
    unknown = dict.fromkeys(("one", "text", "list", "wrong", "policy", "computed"), True)
    written: dict[str, Any] = {key: {} for key in unknown}
    configuration = {"root_module": {"resources": [{"address": "aws_x.y", "expressions": written}]}}
    one = found({"infra/main.tf": source}, [change("aws_x.y", {}, unknown)], configuration=configuration)["aws_x.y"]
    assert one.attributes["one"] == Reference("aws_a.a", "id")
    assert isinstance(one.attributes["text"], PartText)
    assert one.attributes["text"].suffix == "-x"
    assert one.attributes["list"][1] == "b"
    assert one.attributes["policy"].decoded["b"] == "c"
    assert isinstance(one.attributes["wrong"], Unknown)
    assert Edge("one", "aws_a.a", "id") in one.edges


def test_documents_have_the_places_of_the_source_and_the_values_of_the_plan() -> None:
    source = (
        'variable "who" {}\nresource "aws_x" "y" {\n  policy = jsonencode({\n    who  = var.who\n'
        '    what = ["one"]\n  })\n}\n'
    )
    one = found({"infra/main.tf": source}, [change("aws_x.y", {"policy": '{"what":"one","who":"me"}'})])["aws_x.y"]
    policy = one.attributes["policy"]
    assert isinstance(policy, Encoded)
    assert policy == '{"what":"one","who":"me"}'
    assert policy.decoded["who"] == "me"
    assert policy.decoded.place("who").line == 4
    assert policy.decoded["what"] == "one"


def test_how_a_value_came_about_is_told() -> None:
    source = 'variable "size" {\n  default = 3\n}\nresource "aws_x" "y" {\n  size = var.size\n}\n'
    one = found({"infra/main.tf": source}, [change("aws_x.y", {"size": 3})])["aws_x.y"]
    assert [(step.note, step.span.line) for step in one.attributes.origin_of("size")] == [("default of var.size", 2)]


def test_secrets_from_outside_are_hidden_and_nobodys_literal() -> None:
    source = 'variable "p" {\n  sensitive = true\n}\nresource "aws_x" "y" {\n  a = var.p\n  b = "in-plain-sight"\n}\n'
    one = found(
        {"infra/main.tf": source},
        [change("aws_x.y", {"a": "from-outside", "b": "in-plain-sight"}, {}, {"a": True, "b": True})],
        variables={"p": {"value": "from-outside"}},
        configuration={"root_module": {"resources": [{"address": "aws_x.y", "expressions": {
            "a": {"references": ["var.p"]}, "b": {"constant_value": "in-plain-sight"}}}]}},
    )["aws_x.y"]  # fmt: skip
    assert isinstance(one.attributes["a"], Sensitive)
    assert not one.attributes["a"].literal
    assert one.attributes["b"] == "in-plain-sight"  # the finding is the secret's, as in the source


def test_instances_that_the_source_cannot_count() -> None:
    source = 'variable "n" {}\nmodule "m" {\n  source   = "./m"\n  for_each = var.n\n}\n'
    inner = 'resource "aws_k" "k" {}\nresource "aws_x" "y" {\n  a = aws_k.k.id\n}\n'
    made = found({"infra/main.tf": source, "infra/m/main.tf": inner}, [
        change('module.m["p"].aws_x.y', {}, {"a": True}), change('module.m["p"].aws_k.k', {})])  # fmt: skip
    one = made['module.m["p"].aws_x.y']
    assert one.attributes["a"] == Reference('module.m["p"].aws_k.k', "id")
    assert Edge("a", 'module.m["p"].aws_k.k', "id") in one.edges
    assert one.header.file == "infra/m/main.tf"
    assert one.scope == "infra/m"


def test_modules_that_are_not_read_stand_in_the_plan_and_say_who_calls_them() -> None:
    source = 'resource "aws_x" "y" {}\nmodule "vpc" {\n  source = "acme/vpc/aws"\n}\n'
    made = found({"infra/main.tf": source}, [change("aws_x.y", {}), change("module.vpc.aws_vpc.v", {"a": 1})])
    one = made["module.vpc.aws_vpc.v"]
    assert one.header.file == "infra/plan.json"
    assert [(step.note, step.span.line) for step in one.trace] == [("module.vpc", 2)]


def test_files_that_declare_other_things_are_not_the_source() -> None:
    reading = reading_of({"infra/main.tf": 'resource "aws_other" "o" {}\n'}, [change("aws_x.y", {})])
    assert reading.files == {"infra/plan.json": "analysed"}
    assert reading.resources[0].header.file == "infra/plan.json"


def test_the_files_of_the_source_are_the_readings_too() -> None:
    root = FIXTURES / "modules"
    reading = read(["plan.json"], Tree(str(root)), ReadOptions())
    assert sorted(reading.files) == ["main.tf", "modules/queue/main.tf", "modules/store/main.tf", "plan.json"]
    assert reading.unquoted == ["plan.json"]
    assert {resource.root for resource in reading.resources} == {"plan.json"}


# ---- recognition ----

HEAD = b'{"format_version":"1.2","terraform_version":"1.11.4",'


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("tfplan.json", HEAD + b'"planned_values":{', True),
        ("x/any.JSON", HEAD + b'"resource_changes":[],"errored":false}', True),
        ("state.json", HEAD + b'"values":{"root_module":{}}}', True),
        ("p.json", HEAD + b'"variables":{"a":{"value":"cut o', True),
        ("p.json", b'{"planned_values":{},"format_version":"1.2","terraform_version":"1"}', True),
        ("p.json", b"\xff\xfe" + (HEAD + b'"planned_values":{').decode().encode("utf-16-le"), True),
        ("cut.json", b'{"format_version":"1.2","resource_changes":[]}', True),
        ("cut.json", b'{"planned_values":{},"format_version":"1.2"}', True),
        ("cut.json", b'{"resource_changes":[]}', False),
        ("state.json", b'{"format_version":"1.2","values":{}}', False),
        ("schema.json", b'{"format_version":"1.0","provider_schemas":{"x":{"terraform_version":1,"values":2}}}', False),
        ("validate.json", b'{"format_version":"1.0","valid":true,"error_count":0}', False),
        ("raw.tfstate.json", b'{"version":4,"terraform_version":"1.11.4","resources":[]}', False),
        ("list.json", b'[{"format_version":"1.2","terraform_version":"1","values":{}}]', False),
        ("plan.yaml", HEAD + b'"planned_values":{', False),
        ("p.json", b'"format_version" "terraform_version"', False),
    ],
)  # fmt: skip
def test_a_plan_is_known_by_what_it_holds(path: str, head: bytes, expected: bool) -> None:
    assert recognise(path, head) is expected


def test_a_plan_that_holds_manifests_is_no_manifest() -> None:
    head = HEAD + b'"planned_values":{"manifest":{"apiVersion":"v1","kind":"Pod"}},"resource_changes":[]}'
    entry = table.entry_for("plan.json", head)
    assert entry is not None
    assert entry.name == "terraform-plan"
    terraform = table.entry_for("plan.tf.json", head)
    assert terraform is not None
    assert terraform.name == "terraform"


# ---- the command line ----


def shown(run: Any) -> list[tuple[str, str, int]]:
    return [(f["rule"], f["file"], f["line"]) for f in json.loads(run.out)["findings"]]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copytree(FIXTURES / "compute", tmp_path / "compute")
    (tmp_path / "compute" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "compute")
    return tmp_path / "compute"


def test_plan_and_source_in_one_scan_find_everything_once(module: Path, guardrail: Callable[..., Any]) -> None:
    both = shown(guardrail("scan", ".", "--format", "json"))
    assert both == shown(guardrail("scan", "main.tf", "--format", "json"))
    assert both == shown(guardrail("scan", "plan.json", "--format", "json"))


def test_an_ignore_serves_whoever_reads_its_file(module: Path, guardrail: Callable[..., Any]) -> None:
    """One that only the plan has a use for is not called unused, nor is one that only the files have."""

    def unused(default: str, planned: str, path: str) -> bool:
        (module / "main.tf").write_text(
            f'variable "size" {{\n  default = "{default}"\n}}\nresource "aws_instance" "a" {{\n  ami = "a"\n'
            '  instance_type = var.size # guardrail:ignore machine-previous-generation reason="old"\n}\n'
        )
        document = {
            "format_version": "1.2", "terraform_version": "1", "variables": {"size": {"value": planned}},
            "resource_changes": [change("aws_instance.a", {"ami": "a", "instance_type": planned})],
        }  # fmt: skip
        (module / "plan.json").write_text(json.dumps(document))
        return "ignore-unused" in {rule for rule, _, _ in shown(guardrail("scan", path, "--format", "json"))}

    assert unused("t3.micro", "t2.micro", "main.tf")
    assert not unused("t3.micro", "t2.micro", ".")
    assert not unused("t2.micro", "t3.micro", ".")
    assert unused("t3.micro", "t3.micro", ".")
    assert not unused("t3.micro", "t3.micro", "plan.json")  # a plan has not all that an ignore may be for


def test_actions_can_be_chosen(module: Path, guardrail: Callable[..., Any]) -> None:
    listed = json.loads(guardrail("inspect", "plan.json", "--format", "json").out)["resources"]
    assert len(listed) == 4
    assert all(resource["actions"] == ["create"] for resource in listed)
    chosen = guardrail("inspect", "plan.json", "--format", "json", "--action", "delete")
    assert json.loads(chosen.out)["resources"] == []
    assert guardrail("scan", "plan.json", "--action", "delete", "--action", "update", "--fail-on", "info").code == 0
    assert guardrail("scan", "plan.json", "--action", "drop").code == 2


def test_variables_are_what_the_plan_says() -> None:
    source = (
        'variable "who" {}\nvariable "text" {}\nresource "aws_x" "y" {\n'
        "  who  = var.who.name\n  text = jsonencode({ t = var.text })\n}\n"
    )
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    one = found(
        {"infra/main.tf": source}, [change("aws_x.y", {"who": "me", "text": '{"t":"[1]"}'})],
        variables={"who": {"value": {"name": "me"}}, "text": {"value": "[1]"}, "deep": {"value": deep}},
    )["aws_x.y"]  # fmt: skip
    assert [(step.note, step.value) for step in one.attributes.origin_of("who")] == [
        ("variable who of the plan infra/plan.json", "me")
    ]
    assert one.attributes["text"].decoded["t"] == "[1]"
