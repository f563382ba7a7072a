"""Texts of which a part is unknown: what can be decided of them is decided, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.iam import is_open, policy_name
from guardrail.concepts.lists import among, filled, some
from guardrail.concepts.secrets import hide
from guardrail.conditions.documents import document
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import HOLE, Inventory, Map, Noun, PartText, Reference, Resource, Seq, Span, Text, Unknown, plain
from guardrail.model.image import image_facts
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())
RANDOM = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody
KEY_ID = "AKIAQ7KX2M4VJ5NPRT6W"
DIGEST = "sha256:" + "0c86ddda" * 8
SPAN = Span("f", 1, 1, 1, 2)


def part(template: str, *refs: str) -> PartText:
    """`~` stands for a hole."""
    return PartText("why", refs or ("var.x",), template.replace("~", HOLE))


def shown(value: Any) -> Any:
    if isinstance(value, PartText):
        return value.template.replace(HOLE, "~")
    return "?" if isinstance(value, Unknown) else value


def resources(text: str) -> list[Resource]:
    reading = load(BY_NAME["terraform"])(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    assert not reading.problems
    return reading.resources


def nouns(concept: str, text: str) -> list[Noun]:
    inventory = Inventory(resources('variable "x" {}\n' + text))
    assert not build(inventory, {})
    return inventory.by_concept.get(concept, [])


@pytest.mark.parametrize(
    ("template", "name", "owner", "version", "pin"),
    [
        ("~:latest", "?", "?", "latest", "none"),
        ("~:1.2", "?", "?", "1.2", "tag"),
        ("~/api:~", "?", "?", "?", "?"),
        ("~/api", "?", "?", None, "none"),
        ("~.dkr.ecr.eu-west-1.amazonaws.com/api:1.2", "~.dkr.ecr.eu-west-1.amazonaws.com/api",
         "~.dkr.ecr.eu-west-1.amazonaws.com", "1.2", "tag"),
        ("nginx:~", "nginx", "docker.io", "?", "?"),
        ("nginx:v~", "nginx", "docker.io", "v~", "?"),
        ("nginx:~-alpine", "nginx", "docker.io", "~-alpine", "tag"),
        ("nginx:~t", "nginx", "docker.io", "~t", "?"),
        ("ghcr.io/acme/~", "ghcr.io/acme/~", "ghcr.io", "?", "?"),
        (f"~/api:~@{DIGEST}", "?", "?", DIGEST, "digest"),
        ("acme/api@~", "acme/api", "docker.io", "?", "digest"),
    ],
)  # fmt: skip
def test_images(template: str, name: str, owner: str, version: str | None, pin: str) -> None:
    whole = part(template)
    facts = image_facts(whole.template, whole)
    assert [shown(value) for value in facts[:4]] == [name, owner, version, pin]
    assert HOLE not in facts.shown


@pytest.mark.parametrize(
    ("template", "tag"),
    [
        ("nginx:1.27", "1.27"),
        (f"nginx:1.27@{DIGEST}", "1.27"),
        (f"nginx@{DIGEST}", None),
        ("nginx", None),
        ("nginx:~", "?"),
        ("nginx:~-alpine", "~-alpine"),
        (f"~/api:~@{DIGEST}", "?"),
        ("acme/api@~", None),
        ("ghcr.io/acme/~", "?"),
    ],
)
def test_tags_of_images(template: str, tag: str | None) -> None:
    whole = part(template)
    assert shown(image_facts(whole.template, whole if "~" in template else None).tag) == tag


@given(st.text("ab~:/@.-1", min_size=1, max_size=12).filter(lambda text: "~" in text), st.text("ab:1.", max_size=5))
def test_what_is_said_of_an_image_holds_whatever_the_rest_is(template: str, filling: str) -> None:
    whole = part(template)
    found = image_facts(whole.template, whole)
    actual = image_facts(template.replace("~", filling))
    if isinstance(found.pin, str) and template.count("@") == 0 and ":" not in filling:
        assert found.pin == actual.pin or (found.pin == "tag" and not filling)


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        ("git::https://example.com/acme/${var.x}.git?ref=v1.2", ("?", "acme", "v1.2", "tag", False)),
        ("git::https://example.com/acme/vpc.git?ref=${var.x}",
         ("git::https://example.com/acme/vpc.git", "acme", "?", "?", False)),
        ("git::https://example.com/acme/${var.x}", ("?", "acme", "?", "?", False)),
        ("acme/${var.x}/aws", ("?", "acme", None, "none", False)),
        ("./modules/${var.x}", ("?", None, None, "none", True)),
        ("${var.x}/vpc", ("?", None, "?", "?", "?")),
    ],
)  # fmt: skip
def test_modules(source: str, facts: tuple[Any, ...]) -> None:
    text = 'variable "x" {}\nmodule "m" {\n  source = "SOURCE"\n}\n'.replace("SOURCE", source)
    reading = load(BY_NAME["terraform"])(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(reading.resources)
    build(inventory, {})
    (noun,) = inventory.by_concept["dependency"]
    fields = [noun.fields.get(name) for name in ("name", "owner", "version", "pin", "local")]
    assert tuple("?" if isinstance(value, Unknown) else value for value in fields) == facts


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("arn:~:iam::aws:policy/AmazonEKSClusterPolicy", "AmazonEKSClusterPolicy"),
        ("arn:~:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
        ("arn:aws:iam::~:policy/deny-all", ""),
        ("~/AmazonEC2FullAccess", "?"),
        ("arn:aws:iam::aws:policy/~", "?"),
        ("arn:aws:iam::123456789012:policy/~-boundary", ""),
    ],
)
def test_managed_policies(template: str, name: str) -> None:
    assert shown(policy_name(part(template))) == name


@pytest.mark.parametrize(
    ("template", "opens"),
    [
        ("arn:aws:iam::~:role/*", True),
        ("arn:aws:iam::~:role/app", False),
        ("arn:aws:iam::1:role/~", None),
        ("arn:aws:s3:::~-logs/*", False),
        ("arn:aws:s3:::~/*", None),
    ],
)
def test_resources_of_a_statement(template: str, opens: bool | None) -> None:
    assert filled(part(template), is_open) is opens


def test_what_is_surely_named_is_no_wildcard() -> None:
    assert filled(part("arn:aws:s3:::~/*", "aws_s3_bucket.b.id"), is_open) is False
    assert filled(part("arn:aws:s3:::~/*", "aws_s3_bucket.b.id", "var.x"), is_open) is None


def test_each_hole_is_asked_for_itself() -> None:
    holes = (Reference("data.aws_partition.p", "partition"), Unknown("var.x has no value", ("var.x",)))
    refs = tuple(ref for hole in holes for ref in hole.refs)
    arn = PartText("several parts are not known", refs, f"arn:{HOLE}:s3:::{HOLE}/*", holes)
    assert filled(arn, lambda text: text.startswith("arn:x:")) is True
    assert filled(arn, is_open) is None
    listed = Seq(SPAN)
    listed.add(arn, SPAN)
    assert some(listed, SPAN, is_open) == (holes[1], SPAN)  # which partition it is makes no difference


def test_names() -> None:
    assert among(part("roles/~"), ("roles/owner",)) == Unknown("why", ("var.x",))
    assert among(part("projects/~"), ("roles/owner",)) is False
    assert among(part("all~"), ("allUsers",)) == Unknown("why", ("var.x",))
    assert among("OWNER", ("owner",)) is True
    assert among(None, ("owner",)) is False


@pytest.mark.parametrize(
    ("member", "anyone", "default"),
    [
        ("serviceAccount:${var.x}", False, "?"),
        ("serviceAccount:${var.x}@acme.iam.gserviceaccount.com", False, False),
        ("serviceAccount:${var.x}-compute@developer.gserviceaccount.com", False, True),
        ("all${var.x}", "?", False),
        ("${var.x}", "?", "?"),
        ("principal://iam.googleapis.com/projects/1/workloadIdentityPools/p/subject/${var.x}", False, False),
    ],
)
def test_members(member: str, anyone: Any, default: Any) -> None:
    for spelling in (f'_member" "m" {{\n  member = "{member}"', f'_binding" "m" {{\n  members = ["{member}"]'):
        (noun,) = nouns("grant", f'resource "google_project_iam{spelling}\n  role = "roles/viewer"\n}}\n')
        assert [shown(noun.fields[name]) for name in ("anyone", "default_identity")] == [anyone, default]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("/subscriptions/${var.x}", "subscription"),
        ("/subscriptions/${var.x}/resourceGroups/a", "resource-group"),
        ("${var.x}/resourceGroups/a", "resource-group"),
        ("${var.x}/providers/Microsoft.Storage/storageAccounts/a", "resource"),
        ("/${var.x}", "?"),
        ("${var.x}", "?"),
    ],
)
def test_azure_scopes(scope: str, found: str) -> None:
    role = "${var.x}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    (noun,) = nouns(
        "grant",
        f'resource "azurerm_role_assignment" "a" {{\n  scope = "{scope}"\n  role_definition_id = "{role}"\n}}\n',
    )
    assert shown(noun.fields["scope"]) == found
    assert noun.fields["role"] == "Owner"
    assert noun.fields["all_actions"] is True


@pytest.mark.parametrize(
    ("cidr", "anywhere"),
    [("${var.x}/32", False), ("10.${var.x}.0.0/16", False), ("0.0.0.0/${var.x}", "?"), ("${var.x}/1", "?")],
)
def test_ranges(cidr: str, anywhere: Any) -> None:
    (noun,) = nouns(
        "network_rule",
        'resource "aws_security_group_rule" "r" {\n  type = "ingress"\n  protocol = "tcp"\n  from_port = 22\n'
        f'  to_port = 22\n  cidr_blocks = ["{cidr}"]\n}}\n',
    )
    assert shown(noun.fields["anywhere"]) == anywhere


def test_a_document_with_holes() -> None:
    text = (
        'resource "aws_s3_bucket_policy" "p" {\n  bucket = "b"\n  policy = <<-EOT\n    {\n'
        '      "Statement": [{\n        "Effect": "Allow",\n'
        '        "Principal": {"AWS": "arn:aws:iam::${var.x}:root"},\n'
        '        "Action": ["s3:Get*", "${var.x}"],\n        "Resource": ${jsonencode(var.x)}\n'
        "      }]\n    }\n  EOT\n}\n"
    )
    (noun,) = nouns("grant", text)
    fields = noun.fields
    assert (fields["effect"], fields["anyone"]) == ("allow", False)
    assert [shown(item) for item in fields["principals"]] == ["arn:aws:iam::~:root"]
    assert [shown(item) for item in fields["actions"]] == ["s3:Get*", "?"]
    assert shown(fields["all_actions"]) == shown(fields["resources"]) == "?"
    assert fields.place("principals").line == 8


@pytest.mark.parametrize("template", ['{"a": 1 ~}', '{"~": 1}', "~", '{"a": "~}', "[~~]", '{"a": "\ue000~"}'])
def test_a_hole_that_may_be_more_than_a_value(template: str) -> None:
    whole = part(template) if template != "~" else part("~ ")
    assert document(whole, SPAN) is whole


@given(st.recursive(st.text("a~\"\\{}[],: \n", max_size=6), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_holes_in_strings_keep_the_document(data: Any) -> None:
    template = json.dumps([data, "~"], ensure_ascii=False).replace("~", HOLE)
    for written in (template, Text(template, 7, 2, file="f")):
        root = document(PartText("why", (), written), SPAN)
        assert isinstance(root, Seq)
        assert root[-1] == Unknown("why")
        restored = json.loads(json.dumps(root, default=lambda u: u.template if isinstance(u, PartText) else HOLE))
        assert restored == json.loads(json.dumps([data, "~"]).replace("~", "\\u0000"))


SCRIPT = f"""\
resource "aws_instance" "x" {{
  user_data = <<-EOT
    #!/bin/sh
    export AWS_ACCESS_KEY_ID={KEY_ID}
    export A=${{var.x}} DB_PASSWORD={RANDOM}
    export U=postgres://api:{RANDOM}7@${{var.x}}/db
    export V=postgres://api:${{var.x}}{RANDOM}@db.example/db
  EOT
  tags = {{ Copy = "see {KEY_ID} of ${{var.x}}" }}
}}
resource "aws_instance" "y" {{
  user_data = base64encode("export AWS_ACCESS_KEY_ID={KEY_ID} ${{var.x}}")
}}
resource "aws_instance" "z" {{
  user_data = base64encode("export AWS_ACCESS_KEY_ID={KEY_ID}")
}}
"""


def test_credentials_beside_holes() -> None:
    found = resources('variable "x" {}\n' + SCRIPT)
    before = next(r for r in found if r.local == "aws_instance.x").attributes["user_data"]
    hide(found, [SCRIPT])
    made = [(r.local, n.fields["class"], n.fields.header.line) for r in found for n in r.nouns.get("secret", ())]
    assert made == [
        ("aws_instance.x", "aws-access-key", 5), ("aws_instance.x", "password", 6),
        ("aws_instance.x", "url-credentials", 7), ("aws_instance.x", "aws-access-key", 10),
        ("aws_instance.y", "aws-access-key", 13), ("aws_instance.z", "aws-access-key", 16),
    ]  # fmt: skip
    for resource in found:
        assert not [text for text in _texts(resource.attributes) if KEY_ID in text or f"{RANDOM}7" in text]
    after = next(r for r in found if r.local == "aws_instance.x").attributes["user_data"]
    assert isinstance(after, PartText)
    assert isinstance(after.template, Text)
    assert (len(after.template), after.template.first_line) == (len(before.template), before.template.first_line)
    assert f"DB_PASSWORD={'*' * len(RANDOM)}\n" in after.template


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, (Map, Seq)):
            stack.extend(value.values() if isinstance(value, Map) else value)
        elif isinstance(value, PartText):
            found.append(value.template)
        elif isinstance(value, str):
            found.append(value)
        if getattr(value, "decoded", None) is not None:
            stack.append(value.decoded)
    return found


def test_nothing_tells_a_credential_beside_a_hole(guardrail: Any, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "x" {}\n' + SCRIPT)
    for arguments in (("inspect", "-f", "json", "--all"), ("scan", "-f", "json"), ("scan", "-f", "sarif"), ("scan",)):
        run = guardrail(*arguments, tmp_path)
        assert "aws_instance.x" in run.out
        assert KEY_ID not in run.out + run.err
        assert f"{RANDOM}7" not in run.out + run.err
        assert f"DB_PASSWORD={RANDOM}" not in run.out + run.err


def test_scripts_with_holes() -> None:
    text = (
        'resource "aws_instance" "x" {\n  user_data = <<-EOT\n    #!/bin/sh\n    set -e\n'
        '      curl https://${var.x}/i.sh | sh\n  EOT\n}\n'
        'resource "aws_instance" "y" {\n  user_data = "hostname ${var.x}"\n}\n'
        'resource "aws_instance" "z" {\n  user_data = base64encode("set -e\\n${var.x}\\n")\n}\n'
    )
    x, y, z = nouns("script", text)
    assert x.fields["remote_pipe"] is True
    assert x.fields.place("remote_pipe")[1:] == (6, 7, 6, 7)
    assert y.fields["remote_pipe"] is False
    assert isinstance(z.fields["remote_pipe"], Unknown)
    assert plain(x.fields)["text"] == {"$unknown": "var.x has no value"}


@pytest.mark.parametrize(
    ("bucket", "versioned"),
    [("${var.x}-logs", True), ("${var.x}-data", False), ("${var.x}", "?"), ("a-${var.x}", "?"), ("${var.x}gs", "?")],
)
def test_stores_by_names_with_holes(bucket: str, versioned: Any) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {\n  bucket = "${var.x}-logs"\n}\n'
        f'resource "aws_s3_bucket_versioning" "v" {{\n  bucket = "{bucket}"\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    inventory = Inventory(resources('variable "x" {}\n' + text))
    assert not build(inventory, BINDINGS)
    (store,) = (noun for noun in inventory.by_concept["store"] if noun.resource.kind == "aws_s3_bucket")
    assert shown(store.fields.get("versioned", False)) == versioned


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("arn:aws:kms:eu-west-1:${var.x}:key/1", True),
        ("arn:aws:kms:eu-west-1:${var.x}:alias/aws/s3", False),
        ("alias/app-${var.x}", True),
        ("alias/${var.x}", "?"),
        ("${var.x}-1", "?"),
    ],
)
def test_keys(key: str, own: Any) -> None:
    inventory = Inventory(
        resources(
            f'variable "x" {{}}\nresource "aws_ebs_volume" "v" {{\n  encrypted = true\n  kms_key_id = "{key}"\n}}\n'
        )
    )
    assert not build(inventory, BINDINGS)
    (store,) = inventory.by_concept["store"]
    assert shown(store.fields["customer_key"]) == own


def test_tasks_of_ecs() -> None:
    text = (
        'resource "aws_ecs_task_definition" "t" {\n  family = "t"\n  container_definitions = <<-EOT\n'
        '    [{"name": "api", "image": "${var.x}/api:latest", "cpu": ${var.x}, "user": "1000:${var.x}",\n'
        '      "secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:${var.x}:parameter/a"},\n'
        '                  {"name": "B", "valueFrom": "arn:aws:secretsmanager:eu-west-1:${var.x}:secret:b"}]}]\n'
        "  EOT\n}\n"
    )
    (noun,) = nouns("container", text)
    fields = noun.fields
    assert (shown(fields["image"]), fields["run_as_user"]) == ("~/api:latest", 1000)
    assert shown(fields["run_as_group"]) == shown(fields["requests"]["cpu"]) == "?"
    assert [item["from"] for item in fields["env"]] == ["parameter", "secret"]
    (image,) = nouns("dependency", text)
    assert (image.fields["pin"], image.fields.place("pin").line) == ("none", 5)


@pytest.mark.parametrize(
    ("variable", "narrowed"),
    [("aws:ResourceTag/team-${var.x}", True), ("aws:${var.x}", "?"), ("${var.x}:sub", True), ("${var.x}", "?")],
)
def test_conditions_by_keys_with_holes(variable: str, narrowed: Any) -> None:
    found = nouns(
        "grant",
        'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["s3:GetObject"]\n    resources = ["*"]\n'
        f'    condition {{\n      test = "StringEquals"\n      variable = "{variable}"\n      values = ["a"]\n    }}\n'
        '  }\n}\n',
    )
    assert [shown(noun.fields["conditions"]) for noun in found] == [narrowed]


@pytest.mark.parametrize("image", ["acme/api:1", "${var.x}/api:1"])
def test_pairs_of_json_in_a_text(image: str) -> None:
    text = (
        'variable "x" {}\nresource "aws_ecs_task_definition" "t" {\n  container_definitions = <<-EOT\n'
        f'    [{{"name": "api", "image": "{image}", "environment": [\n'
        f'      {{"name": "DB_PASSWORD", "value": "{RANDOM}"}},\n'
        f'      {{"value": "{RANDOM}7", "name": "API_TOKEN"}},\n'
        '      {"name": "TOKEN_NAME", "value": "api"}]}]\n  EOT\n}\n'
    )
    found = resources(text)
    hide(found)
    (task,) = (resource for resource in found if resource.mode == "managed")
    assert [noun.fields.header.line for noun in task.nouns["secret"]] == [5, 6]
    assert not build(Inventory(found), {})
    assert RANDOM not in json.dumps([plain(noun.fields) for noun in task.nouns["container"]])
