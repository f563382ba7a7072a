# ruff: noqa: E501 (tables of one case a line)
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.iam import action_pattern, is_open, policy_name
from guardrail.concepts.lists import some, surely_named
from guardrail.concepts.table import CODE
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory, Map, OneOf, PartText, Reference, Seq, Span, Unknown
from guardrail.tree import Tree

HERE = Span("main.tf", 1, 1, 1, 2)


def grants(text: str, kind: str = "") -> list[Map]:
    """The fields of the grants in a Terraform file, in the order of the resources."""
    reading = read(["main.tf"], Tree("/nowhere-at-all", {"main.tf": text.encode()}), ReadOptions())
    assert not reading.problems, reading.problems
    inventory = Inventory(reading.resources)
    assert build(inventory, {}) == []
    return [
        noun.fields for noun in inventory.by_concept.get("grant", ()) if not kind or noun.resource.kind.startswith(kind)
    ]


def statement(body: str, resource: str = "aws_iam_policy", attribute: str = "policy") -> Map:
    text = f'resource "{resource}" "x" {{\n  {attribute} = jsonencode({{ Statement = [{{ Effect = "Allow", {body} }}] }})\n}}\n'
    (found,) = grants(text)
    return found


@pytest.mark.parametrize(
    ("body", "everything", "service"),
    [
        ('Action = "*"', True, True),
        ('Action = "*:*"', True, True),
        ('Action = ["s3:GetObject", "*"]', True, True),
        ('Action = "s3:*"', False, True),
        ('Action = "s3:Get*"', False, False),
        ('Action = ["iam:Pass*"]', False, False),
        ('NotAction = "iam:*"', False, False),
        ("Action = []", False, False),
    ],
)
def test_actions(body: str, everything: bool, service: bool) -> None:
    fields = statement(f'{body}, Resource = "*"')
    assert (fields["all_actions"], fields["service_wildcard"]) == (everything, service)


def test_whole_services_are_told_without_the_other_actions() -> None:
    fields = statement('Action = ["s3:GetObject", "glue:*", "sqs:Send*", "*"], Resource = "*"')
    assert fields["whole_services"] == ["glue:*", "*"]


@pytest.mark.parametrize(
    ("resource", "everything"),
    [
        ('"*"', True),
        ('["arn:aws:s3:::a", "*"]', True),
        ('"arn:aws:s3:::*"', False),
        ('"arn:aws:*:*:*:*"', True),
        ('"arn:aws:s3:::a/*"', False),
    ],
)
def test_resources(resource: str, everything: bool) -> None:
    assert statement(f'Action = "s3:GetObject", Resource = {resource}')["all_resources"] is everything


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:s3:::bucket/*", False),
        ("arn:aws:iam::123456789012:role/*", True),
        ("arn:aws:iam::123456789012:role/app-*", False),
        ("arn:aws:iam::*:user/${aws:username}", False),
        ("arn:aws:ssm:*:*:parameter/*", True),
        ("arn:aws:ssm:*:*:parameter/app/*", False),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:*", True),
        ("arn:aws:sqs:eu-west-1:123456789012:jobs", False),
    ],
)
def test_open_resources(arn: str, found: bool) -> None:
    assert is_open(arn) is found


def test_one_grant_for_each_statement_at_its_place() -> None:
    found = grants(
        'resource "aws_iam_role_policy" "x" {\n'
        "  policy = jsonencode({\n"
        "    Statement = [\n"
        '      { Sid = "A", Effect = "Allow", Action = "s3:*", Resource = "*" },\n'
        "      {\n"
        '        Effect = "Deny"\n'
        '        Action = ["a:B", "*"]\n'
        "      },\n"
        "    ]\n"
        "  })\n"
        "}\n"
    )
    assert [(f["effect"], f["class"], f.header.line) for f in found] == [("allow", "policy", 4), ("deny", "policy", 6)]
    assert found[1].place("all_actions").line == 7
    assert "principals" not in found[0]


def test_a_single_statement_and_single_values_count_as_lists() -> None:
    (found,) = grants(
        'resource "aws_iam_policy" "x" {\n  policy = jsonencode({ Statement = '
        '{ Effect = "Allow", Action = "a:B", Resource = "*" } })\n}\n'
    )
    assert found["actions"] == ["a:B"]


def test_a_heredoc_keeps_lines_and_a_plain_string_stands_as_a_whole() -> None:
    found = grants(
        'resource "aws_iam_policy" "a" {\n'
        "  policy = <<EOT\n"
        '{"Statement": [\n'
        '  {"Effect": "Allow", "Action": "*",\n'
        '   "Resource": "*"}]}\n'
        "EOT\n"
        "}\n"
        'resource "aws_iam_policy" "b" {\n'
        '  policy = "{\\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Action\\": \\"*\\", \\"Resource\\": \\"*\\"}]}"\n'
        "}\n"
    )
    assert [f.place("all_actions").line for f in found] == [4, 9]
    assert found[0].place("all_resources").line == 5


def test_no_policy_is_no_grant() -> None:
    assert grants('resource "aws_iam_policy" "x" {\n  policy = "not json"\n}\n') == []
    assert grants('resource "aws_s3_bucket" "x" {\n  bucket = "b"\n}\n') == []


def test_an_unknown_policy_is_unknown_in_every_field() -> None:
    (found,) = grants('variable "p" {}\nresource "aws_iam_policy" "x" {\n  policy = var.p\n}\n')
    assert found["class"] == "policy"
    for field in ("effect", "actions", "all_actions", "all_resources", "anyone", "escalation", "data_access"):
        assert isinstance(found[field], Unknown), field
        assert found[field].reason == "var.p has no value"


def test_what_is_known_of_a_partly_unknown_policy() -> None:
    found = grants(
        'variable "a" {}\n'
        'resource "aws_iam_policy" "x" {\n'
        "  policy = jsonencode({ Statement = [\n"
        '    { Effect = "Allow", Action = [var.a, "*"], Resource = "*" },\n'
        '    { Effect = "Allow", Action = ["s3:GetObject", var.a], Resource = "*" },\n'
        "    var.a,\n"
        "  ] })\n"
        "}\n"
    )
    assert found[0]["all_actions"] is True
    assert isinstance(found[1]["all_actions"], Unknown)
    assert found[1]["all_resources"] is True
    assert isinstance(found[2]["effect"], Unknown)


@pytest.mark.parametrize(
    ("principal", "anyone"),
    [
        ('Principal = "*"', True),
        ('Principal = { AWS = "*" }', True),
        ('Principal = { AWS = ["123456789012", "*"] }', True),
        ('NotPrincipal = { AWS = "123456789012" }', True),
        ('Principal = { AWS = "arn:aws:iam::123456789012:root" }', False),
        ('Principal = { Service = "s3.amazonaws.com" }', False),
        ('Principal = { Service = ["a.amazonaws.com"], AWS = "*" }', True),
    ],
)
def test_principals(principal: str, anyone: bool) -> None:
    fields = statement(f'{principal}, Action = "sqs:*", Resource = "*"', "aws_sqs_queue_policy")
    assert fields["class"] == "resource-policy"
    assert fields["anyone"] is anyone


@pytest.mark.parametrize(
    ("condition", "anyone"),
    [
        ('StringEquals = { "aws:PrincipalOrgID" = "o-1" }', False),
        ('StringLike = { "aws:SourceAccount" = "123456789012" }', False),
        ('ArnLike = { "aws:SourceArn" = "arn:aws:s3:::mine" }', False),
        ('"ForAnyValue:StringLike" = { "aws:PrincipalOrgPaths" = "o-1/*" }', False),
        ('IpAddress = { "aws:SourceIp" = "10.0.0.0/8" }', False),
        ('StringEquals = { "AWS:SourceVpce" = "vpce-1" }', False),
        ('Bool = { "aws:SecureTransport" = "true" }', True),
        ('StringEquals = { "s3:x-amz-acl" = "public-read" }', True),
        ('IpAddress = { "aws:SourceIp" = ["10.0.0.0/8", "0.0.0.0/0"] }', True),
        ('StringLike = { "aws:PrincipalOrgID" = "*" }', True),
        ('StringNotEquals = { "aws:PrincipalAccount" = "123456789012" }', True),
        ('StringEqualsIfExists = { "aws:PrincipalOrgID" = "o-1" }', True),
        ('Null = { "aws:PrincipalOrgID" = "false" }', True),
    ],
)
def test_conditions_that_limit_who(condition: str, anyone: bool) -> None:
    fields = statement(
        f'Principal = "*", Action = "sqs:SendMessage", Resource = "*", Condition = {{ {condition} }}',
        "aws_sqs_queue_policy",
    )
    assert fields["anyone"] is anyone


def test_an_unknown_value_of_an_exact_condition_limits_all_the_same() -> None:
    body = (
        'variable "v" {}\nresource "aws_sqs_queue_policy" "x" {\n  policy = jsonencode({ Statement = [{ Effect = "Allow",\n'
        'Principal = "*", Action = "sqs:SendMessage", Condition = { OPERATOR = { "aws:PrincipalOrgID" = var.v } } }] })\n}\n'
    )
    assert grants(body.replace("OPERATOR", "StringEquals"))[0]["anyone"] is False
    assert isinstance(grants(body.replace("OPERATOR", "StringLike"))[0]["anyone"], Unknown)


def test_a_search_domain_in_a_network_is_not_open() -> None:
    text = (
        'resource "aws_opensearch_domain" "x" {{\n  access_policies = jsonencode({{ Statement = [{{ Effect = "Allow",\n'
        'Principal = "*", Action = "es:*", Resource = "*" }}] }})\n{}\n}}\n'
    )
    assert grants(text.format(""))[0]["anyone"] is True
    assert grants(text.format('  vpc_options {\n    subnet_ids = ["a"]\n  }'))[0]["anyone"] is False


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("aws_cloudsearch_domain_service_access_policy", "access_policy"),
        ("aws_cloudwatch_log_destination_policy", "access_policy"),
        ("aws_codebuild_resource_policy", "policy"),
        ("aws_lambda_resource_policy", "policy"),
        ("aws_oam_sink_policy", "policy"),
        ("aws_prometheus_resource_policy", "policy_document"),
        ("aws_s3tables_table_policy", "resource_policy"),
        ("aws_sesv2_email_identity_policy", "policy"),
        ("aws_vpclattice_auth_policy", "policy"),
    ],
)
def test_policies_of_resources_stand_under_many_names(kind: str, attribute: str) -> None:
    found = statement('Principal = "*", Action = "x:Y", Resource = "*"', kind, attribute)
    assert (found["class"], found["anyone"]) == ("resource-policy", True)


def test_a_document_says_itself_what_it_is() -> None:
    document = 'data "aws_iam_policy_document" "x" {{\n  statement {{\n    actions = ["{}"]\n{}  }}\n}}\n'
    principals = '    principals {\n      type = "AWS"\n      identifiers = ["*"]\n    }\n'
    assert grants(document.format("s3:GetObject", ""))[0]["class"] == "policy"
    assert grants(document.format("sts:AssumeRole", principals))[0]["class"] == "trust"
    (found,) = grants(document.format("s3:GetObject", principals))
    assert (found["class"], found["anyone"], found["effect"]) == ("resource-policy", True, "allow")


def test_a_document_and_its_use_stand_at_one_place() -> None:
    found = grants(
        'data "aws_iam_policy_document" "x" {\n  statement {\n    actions   = ["*"]\n    resources = ["*"]\n  }\n}\n'
        'resource "aws_iam_policy" "x" {\n  policy = data.aws_iam_policy_document.x.json\n}\n'
    )
    assert len(found) == 2
    assert {f.place("all_actions") for f in found} == {found[0].place("all_actions")}
    assert found[0].place("all_actions").line == 3


@pytest.mark.parametrize(
    ("body", "actions"),
    [
        ('Action = "iam:PassRole", Resource = "*"', ["iam:PassRole"]),
        ('Action = ["s3:GetObject", "iam:Attach*"], Resource = "*"', ["iam:Attach*"]),
        ('Action = "IAM:passrole", Resource = "*"', ["IAM:passrole"]),
        ('Action = "iam:?assRole", Resource = "*"', ["iam:?assRole"]),
        ('Action = "iam:PassRole", Resource = "arn:aws:iam::1:role/app"', []),
        ('Action = "iam:PassRole", Resource = "arn:aws:iam::1:role/*"', ["iam:PassRole"]),
        ('Action = "iam:PassRole", Resource = "*", Condition = { StringEquals = { "iam:PassedToService" = "x" } }', []),
        ('Action = "iam:PassRole", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = "true" } }', ["iam:PassRole"]),
        ('Action = ["iam:Get*", "iam:List*"], Resource = "*"', []),
        ('NotAction = ["iam:*", "sts:*", "sso:*", "lambda:*", "glue:*"], Resource = "*"', []),
    ],
)  # fmt: skip
def test_escalation(body: str, actions: list[str]) -> None:
    assert statement(body)["escalation"] == actions


def test_what_is_left_out_of_not_action_is_granted() -> None:
    assert "sts:AssumeRole" in statement('NotAction = ["iam:*"], Resource = "*"')["escalation"]
    assert "iam:PassRole" not in statement('NotAction = ["iam:*"], Resource = "*"')["escalation"]


def test_data_access() -> None:
    assert statement('Action = ["s3:Get*", "ec2:Describe*"], Resource = "*"')["data_access"] == ["s3:Get*"]
    assert statement('Action = "s3:Get*", Resource = "arn:aws:s3:::a/*"')["data_access"] == []


@pytest.mark.parametrize("times", [1, 40, 200])
def test_many_stars_do_not_make_matching_slow(times: int) -> None:
    assert action_pattern("*a" * times + "b").match("a" * 500) is None


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
        ("arn:aws-cn:iam::aws:policy/service-role/AWSLambdaRole", "AWSLambdaRole"),
        ("arn:aws:iam::123456789012:policy/AdministratorAccess", ""),
        ("AdministratorAccess", ""),
    ],
)
def test_policies_of_aws(arn: str, name: str) -> None:
    assert policy_name(arn) == name


def test_attachments() -> None:
    found = grants(
        'resource "aws_iam_role_policy_attachment" "a" {\n  role = "r"\n'
        '  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"\n}\n'
        'resource "aws_iam_role_policy_attachment" "b" {\n  role = "r"\n'
        '  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"\n}\n'
        'resource "aws_iam_policy" "own" {\n  name = "AdministratorAccess"\n  policy = jsonencode({})\n}\n'
        'resource "aws_iam_role_policy_attachment" "c" {\n  role = "r"\n  policy_arn = aws_iam_policy.own.arn\n}\n'
    )
    assert [(f["role"], f["service_wildcard"], f["all_actions"]) for f in found] == [
        ("AmazonS3FullAccess", True, False),
        ("ReadOnlyAccess", False, False),
    ]
    assert found[0]["principals"] == ["r"]


@pytest.mark.parametrize(
    ("ref", "sure"),
    [
        ("aws_s3_bucket.b.arn", True),
        ("data.aws_caller_identity.current.account_id", True),
        ('module.a["x"].module.b.data.aws_partition.current[0].partition', True),
        ("module.kms.key_arn", True),
        ("module.kms.arn", True),
        ("module.kms.key_arns[0]", True),
        ('module.a["x"].module.b.bucket_arn', True),
        ("module.kms.key_id", False),
        ("module.kms.learn", False),
        ("module.kms", False),
        ("var.arns", False),
        ("module.a.var.arns", False),
        ("each.value", False),
    ],
)
def test_what_is_surely_a_name(ref: str, sure: bool) -> None:
    assert surely_named(Unknown("?", (ref,))) is sure


def test_what_is_unknown_for_no_stated_reason_may_be_anything() -> None:
    assert not surely_named(Unknown("?"))
    assert surely_named(Reference("aws_x.y", "arn"))
    assert not surely_named(Unknown("?", ("aws_x.y.arn", "var.z")))


@pytest.mark.parametrize(
    ("url", "condition", "limited"),
    [
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:sub" = "repo:acme/shop:*"', True),
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:sub" = "repo:acme/*"', True),
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:sub" = "repo:*"', False),
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:sub" = "*"', False),
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:sub" = "repo:acme*/x:*"', False),
        ("token.actions.githubusercontent.com", '"token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"', False),
        ("gitlab.com", '"gitlab.com:sub" = "project_path:acme/*:ref_type:branch:ref:main"', True),
        ("gitlab.com", '"gitlab.com:sub" = "project_path:*"', False),
        ("gitlab.example.com", '"gitlab.example.com:aud" = "x"', None),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC", '"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud" = "x"', None),
    ],
)  # fmt: skip
def test_trust_in_shared_providers(url: str, condition: str, limited: bool | None) -> None:
    text = (
        f'resource "aws_iam_openid_connect_provider" "p" {{\n  url = "https://{url}"\n}}\n'
        'resource "aws_iam_role" "r" {\n  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow",\n'
        f'    Action = "sts:AssumeRoleWithWebIdentity", Principal = {{ Federated = {{}} }},\n'
        f"    Condition = {{ StringLike = {{ {condition} }} }} }}] }})\n}}\n"
    )
    for principal in (f'"arn:aws:iam::1:oidc-provider/{url}"', "aws_iam_openid_connect_provider.p.arn"):
        (found,) = grants(text.replace("{}", principal), "aws_iam_role")
        assert found.get("subject_limited") is limited


@pytest.mark.parametrize(
    ("subject", "limited"),
    [
        ("repo:${var.repository}:*", None),  # owner and name, perhaps
        ("repo:${github_repository.r.full_name}:*", None),
        ("repo:acme/${var.name}:*", True),
        ("repo:${var.owner}/shop:*", None),
        ("repo:*${var.owner}/shop:*", False),
    ],
)
def test_trust_in_a_repository_that_is_not_known(subject: str, limited: bool | None) -> None:
    (found,) = grants(f"""
variable "repository" {{}}
variable "name" {{}}
variable "owner" {{}}
resource "github_repository" "r" {{}}
resource "aws_iam_role" "r" {{
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect    = "Allow", Action = "sts:AssumeRoleWithWebIdentity"
    Principal = {{ Federated = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com" }}
    Condition = {{ StringLike = {{ "token.actions.githubusercontent.com:sub" = "{subject}" }} }}
  }}] }})
}}
""")
    value = found["subject_limited"]
    assert (None if isinstance(value, Unknown) else value) is limited


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        ('"/"', "tenant"),
        ('"/providers/Microsoft.Management/managementGroups/all"', "management-group"),
        ('"/subscriptions/1"', "subscription"),
        ('"/subscriptions/1/resourceGroups/a"', "resource-group"),
        ('"/subscriptions/1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/s"', "resource"),
        ("data.azurerm_subscription.s.id", "subscription"),
        ("azurerm_resource_group.g.id", "resource-group"),
        ("azurerm_key_vault.k.id", "resource"),
    ],
)
def test_scopes_of_azure(scope: str, word: str) -> None:
    (found,) = grants(
        'data "azurerm_subscription" "s" {}\n'
        'resource "azurerm_resource_group" "g" {\n  name = "g"\n}\nresource "azurerm_key_vault" "k" {\n  name = "k"\n}\n'
        f'resource "azurerm_role_assignment" "x" {{\n  scope = {scope}\n  role_definition_name = "Owner"\n}}\n'
    )
    assert found["scope"] == word
    assert found["all_resources"] is (word in ("tenant", "management-group", "subscription"))


def test_members_of_google() -> None:
    found = grants(
        'resource "google_project_iam_member" "a" {\n  role = "roles/owner"\n  member = "user:a@example.com"\n}\n'
        'resource "google_storage_bucket_iam_binding" "b" {\n  role = "roles/storage.objectViewer"\n'
        '  members = ["group:x@example.com", "allAuthenticatedUsers"]\n}\n'
        'resource "google_project_iam_policy" "c" {\n  policy_data = jsonencode({ bindings = [\n'
        '    { role = "roles/editor", members = ["allUsers"] }] })\n}\n'
    )
    assert [(f["role"], f["scope"], f["anyone"]) for f in found] == [
        ("roles/owner", "project", False),
        ("roles/storage.objectViewer", "resource", True),
        ("roles/editor", "project", True),
    ]


def test_a_service_account_that_is_made_here_is_known_to_be_one() -> None:
    made, other = grants(
        'resource "google_service_account" "ci" {\n  account_id = "ci"\n}\n'
        'resource "google_project_iam_binding" "a" {\n  role = "roles/viewer"\n'
        '  members = ["group:x@example.com", google_service_account.ci.member]\n}\n'
        'data "google_service_account" "ops" {\n  account_id = "ops"\n}\n'
        'resource "google_project_iam_member" "b" {\n  role = "roles/viewer"\n'
        "  member = data.google_service_account.ops.member\n}\n"
    )
    group, account = made["principals"]
    assert group == "group:x@example.com"
    assert isinstance(account, PartText)
    assert account.prefix == "serviceAccount:"
    assert account.suffix == ".iam.gserviceaccount.com"
    (account,) = other["principals"]  # which may be one of Google's own
    assert (account.prefix, account.suffix) == ("serviceAccount:", ".gserviceaccount.com")
    assert made["anyone"] is False


def test_every_google_kind_has_its_three_spellings() -> None:
    kinds = {kind for kind in CODE if kind.startswith("google_") and "_iam_" in kind and not kind.endswith("role")}
    bases = {kind.rpartition("_")[0] for kind in kinds}
    assert kinds == {f"{base}_{suffix}" for base in bases for suffix in ("member", "binding", "policy")}
    assert "google_project_iam" in bases


def test_the_place_of_an_answer() -> None:
    values = Seq(HERE)
    for line, value in enumerate(("a", "b", "a"), 1):
        values.add(value, HERE._replace(line=line))
    assert some(values, HERE, lambda text: text == "b")[1].line == 2
    assert some(values, HERE, lambda text: text == "z") == (False, HERE)
    values.add(Unknown("?"), HERE._replace(line=4))
    assert some(values, HERE, lambda text: text == "b")[0] is True
    assert isinstance(some(values, HERE, lambda text: text == "z")[0], Unknown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "s3:*", "Allow", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "AWS", "Condition", "StringLike", "a"]),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None)
@given(JSON)
def test_no_document_raises(value: Any) -> None:
    import json

    text = json.dumps({"Statement": value}).replace("${", "")
    for kind in ("aws_iam_policy", "aws_sqs_queue_policy"):
        grants(f'resource "{kind}" "x" {{\n  policy = <<EOT\n{text}\nEOT\n}}\n')


def test_a_denial_that_may_be_there_leaves_open_whom_it_shuts_out() -> None:
    found, _ = grants("""
variable "endpoint" {}
data "aws_iam_policy_document" "a" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  dynamic "statement" {
    for_each = var.endpoint[*]
    content {
      effect    = "Deny"
      actions   = ["execute-api:Invoke"]
      resources = ["*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "StringNotEquals"
        variable = "aws:SourceVpce"
        values   = ["vpce-1"]
      }
    }
  }
}
""")
    assert isinstance(found["anyone"], Unknown)


CONDITIONAL = """
variable "on" {}
variable "more" {}
resource "aws_sqs_queue_policy" "a" {
  policy = jsonencode({ Statement = concat(
    [{ Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "*" }],
    var.on ? [{ Effect = "%s", Principal = "*", Action = "sqs:*", Resource = "*" }] : [],
    %s,
  ) })
}
"""


def test_statements_that_a_condition_adds_count_as_being_there() -> None:
    first, second = grants(CONDITIONAL % ("Allow", "[]"))
    assert (first["actions"], first["anyone"]) == (["sqs:SendMessage"], True)
    assert (second["actions"], second["anyone"], second["service_wildcard"]) == (["sqs:*"], True, True)
    assert (first.header.line, second.header.line) == (6, 7)


def test_a_denial_that_a_condition_adds_forbids_on_a_condition_that_nobody_knows() -> None:
    _, second = grants(CONDITIONAL % ("Deny", "[]"))
    assert second["effect"] == "deny"
    assert isinstance(second["conditions"], Unknown)


def test_statements_that_come_from_elsewhere_leave_the_others_known() -> None:
    first, _, third = grants(CONDITIONAL % ("Allow", "var.more"))
    assert first["anyone"] is True
    assert isinstance(third["anyone"], Unknown)
    assert third.header.line == 5


UNKNOWN_DOCUMENT = """
variable "actions" {}
data "aws_iam_policy_document" "a" {
  source_policy_documents = var.actions
}
"""


def test_what_is_not_known_of_a_document_is_told_of_where_it_is_used() -> None:
    assert len(grants(UNKNOWN_DOCUMENT)) == 1
    used = UNKNOWN_DOCUMENT + """
resource "aws_iam_policy" "a" {
  policy = data.aws_iam_policy_document.a.json
}
"""
    (found,) = grants(used)
    assert found["class"] == "policy"
    elsewhere = UNKNOWN_DOCUMENT + """
resource "local_file" "a" {
  content = data.aws_iam_policy_document.a.json
}
"""
    assert len(grants(elsewhere)) == 1


_OPEN = 'Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*"'
_UNLESS = 'StringNotEquals = { "aws:SourceVpce" = "vpce-1" }'
_DENIED = 'Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${aws_s3_bucket.b.arn}/*"'


@pytest.mark.parametrize(
    ("allow", "deny", "anyone"),
    [
        (_OPEN, f"{_DENIED}, Condition = {{ {_UNLESS} }}", False),
        (_OPEN, f'{_DENIED}, Condition = {{ StringNotEqualsIfExists = {{ "aws:PrincipalOrgID" = var.o }} }}', False),
        (_OPEN, f'{_DENIED}, Condition = {{ NotIpAddress = {{ "aws:SourceIp" = ["192.0.2.0/24"] }}, {_UNLESS} }}', False),
        (_OPEN, f'{_DENIED}, Condition = {{ Bool = {{ "aws:ViaAWSService" = "false" }}, {_UNLESS} }}', False),
        (_OPEN, 'Effect = "Deny", NotPrincipal = { AWS = "arn:aws:iam::1:root" }, Action = "*", Resource = "*"', False),
        (_OPEN, f'Effect = "Deny", Principal = {{ AWS = "*" }}, Action = "*", Resource = "*", Condition = {{ {_UNLESS} }}', False),
        # Not whom it spares, but how they ask; whom it holds for, instead of all others; nobody.
        (_OPEN, f'{_DENIED}, Condition = {{ Bool = {{ "aws:SecureTransport" = "false" }} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ Bool = {{ "aws:SecureTransport" = "false" }}, {_UNLESS} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ StringEquals = {{ "aws:SourceVpce" = "vpce-1" }} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ NotIpAddress = {{ "aws:SourceIp" = "0.0.0.0/0" }} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ StringNotLike = {{ "aws:PrincipalArn" = "*" }} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ "ForAnyValue:StringNotLike" = {{ "aws:PrincipalOrgPaths" = "o-1/*" }} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ "ForAllValues:StringNotLike" = {{ "aws:PrincipalOrgPaths" = "o-1/*" }} }}', False),
        (_OPEN, f'{_DENIED}, Condition = {{ StringNotEquals = {{ "s3:x-amz-acl" = "private" }} }}', True),
        # A request without a signature has no such key.
        (_OPEN, f'{_DENIED}, Condition = {{ Bool = {{ "aws:PrincipalIsAWSService" = "false" }}, {_UNLESS} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ BoolIfExists = {{ "aws:PrincipalIsAWSService" = "false" }}, {_UNLESS} }}', False),
        # Somebody in particular, another action, another resource; a part of what is allowed.
        (_OPEN, f'Effect = "Deny", Principal = {{ AWS = "1" }}, Action = "*", Resource = "*", Condition = {{ {_UNLESS} }}', True),
        (_OPEN, f'Effect = "Deny", Principal = "*", Action = "s3:Put*", Resource = "*", Condition = {{ {_UNLESS} }}', True),
        (_OPEN, f'Effect = "Deny", Principal = "*", Action = "s3:*", Resource = aws_s3_bucket.b.arn, Condition = {{ {_UNLESS} }}', True),
        (_OPEN, f'Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${{aws_s3_bucket.c.arn}}/*", Condition = {{ {_UNLESS} }}', None),
        (_OPEN, f'Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${{aws_s3_bucket.b.arn}}/a/*", Condition = {{ {_UNLESS} }}', True),
        (_OPEN.replace("GetObject", "Get*"), f'{_DENIED.replace("s3:*", "s3:GetObject")}, Condition = {{ {_UNLESS} }}', True),
        (_OPEN.replace("GetObject", "Get*"), f'{_DENIED.replace("s3:*", "s3:Get?bject")}, Condition = {{ {_UNLESS} }}', True),
        (_OPEN, f'{_DENIED}, Condition = {{ NotIpAddress = {{ "aws:SourceIp" = var.o }} }}', None),
        (_OPEN.replace('Action = "s3:GetObject"', 'NotAction = "s3:PutObject"'), f"{_DENIED}, Condition = {{ {_UNLESS} }}", True),
        (_OPEN, f'{_DENIED.replace("Action", "NotAction")}, Condition = {{ {_UNLESS} }}', True),
        (_OPEN, f'{_DENIED.replace("Resource", "NotResource")}, Condition = {{ {_UNLESS} }}', True),
        (_OPEN, 'Effect = "Deny", NotPrincipal = { AWS = "*" }, Action = "*", Resource = "*"', True),
    ],
)  # fmt: skip
def test_denials_that_say_who(allow: str, deny: str, anyone: bool | None) -> None:
    """Seen in modernisation-platform-environments, as AWS has it in its guide for private APIs."""
    text = f"""
variable "o" {{}}
resource "aws_s3_bucket" "b" {{}}
resource "aws_s3_bucket" "c" {{}}
resource "aws_s3_bucket_policy" "x" {{
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({{ Statement = [{{ {allow} }}, {{ {deny} }}] }})
}}
"""
    found = grants(text, "aws_s3_bucket_policy")[0]["anyone"]
    assert isinstance(found, Unknown) if anyone is None else found is anyone, found


def test_a_policy_of_many_statements_is_not_compared_for_ever() -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": [f"s3:Get{n}*" for n in range(9)], "Resource": "*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": [f"s3:Put{n}" for n in range(9)], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}  # fmt: skip
    text = json.dumps({"Statement": [*[allow] * 300, *[deny] * 30]})
    found = grants(f'resource "aws_s3_bucket_policy" "x" {{\n  policy = <<E\n{text}\nE\n}}\n')
    assert found[0]["anyone"] is True
    assert isinstance(found[299]["anyone"], Unknown)


@pytest.mark.parametrize("argument", ["source_policy_documents", "override_policy_documents"])
def test_a_document_that_is_taken_in_with_unknown_parts_grants_what_surely_stands_there(argument: str) -> None:
    policy = r"{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": [\"arn:${var.a}:s3:::*\", \"*\"]}]}"
    text = f'variable "a" {{}}\ndata "aws_iam_policy_document" "d" {{\n  {argument} = ["{policy}"]\n}}\n'
    (fields,) = grants(text)
    assert (fields["all_actions"], fields["all_resources"]) == (True, True)


_DOCUMENT = 'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["*"]\n    resources = ["*"]\n  }\n}\n'
_POLICY = 'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
_BOUNDARY = 'resource "aws_iam_role" "r" {\n  permissions_boundary = aws_iam_policy.p.arn\n}\n'


@pytest.mark.parametrize(
    ("uses", "grants_something"),
    [
        ("", True),
        ('resource "aws_vpc_endpoint" "e" {\n  policy = data.aws_iam_policy_document.d.json\n}\n', False),
        ('resource "aws_organizations_policy" "o" {\n  content = data.aws_iam_policy_document.d.json\n}\n', False),
        (_POLICY, True),
        (_POLICY + _BOUNDARY, False),
        (_POLICY + _BOUNDARY + 'resource "aws_iam_role_policy_attachment" "a" {\n  role = "r"\n  policy_arn = aws_iam_policy.p.arn\n}\n', True),
        (_POLICY + _BOUNDARY + 'output "policy" {\n  value = aws_iam_policy.p.arn\n}\n', True),
        (_POLICY + _BOUNDARY + 'data "aws_iam_policy_document" "o" {\n  statement {\n    effect = "Deny"\n    actions = ["iam:DeletePolicy"]\n    resources = [aws_iam_policy.p.arn]\n  }\n}\n', False),
        ('data "aws_iam_policy_document" "o" {\n  source_policy_documents = [data.aws_iam_policy_document.d.json]\n}\n'
         'resource "aws_vpc_endpoint" "e" {\n  policy = data.aws_iam_policy_document.o.json\n}\n', False),
        ('resource "aws_vpc_endpoint" "e" {\n  for_each = { s3 = data.aws_iam_policy_document.d.json }\n  policy = each.value\n}\n', False),
        ('module "e" {\n  source = "terraform-aws-modules/vpc/aws//modules/vpc-endpoints"\n'
         "  endpoints = { s3 = { policy = data.aws_iam_policy_document.d.json } }\n}\n", False),
        ('module "vpc_endpoints" {\n  source = "example.com/network"\n  policies = [data.aws_iam_policy_document.d.json]\n}\n', False),
        ('module "v" {\n  source = "terraform-aws-modules/vpc/aws"\n  s3_endpoint_policy = data.aws_iam_policy_document.d.json\n}\n', False),
        ('module "b" {\n  source = "terraform-aws-modules/s3-bucket/aws"\n  policy = data.aws_iam_policy_document.d.json\n}\n', True),
        ('resource "aws_vpc_endpoint" "e" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
         'resource "aws_iam_role_policy" "e" {\n  policy = data.aws_iam_policy_document.d.json\n}\n', True),
    ],
)  # fmt: skip
def test_what_only_bounds_grants_nothing(uses: str, grants_something: bool) -> None:
    found = [fields for fields in grants(_DOCUMENT + uses) if fields.get("all_actions") is True]
    assert bool(found) is grants_something


@pytest.mark.parametrize(
    ("use", "grants_something"),
    [
        ('resource "aws_vpc_endpoint" "e" {\n  policy = var.policy\n}\n', False),
        ('resource "aws_sqs_queue_policy" "e" {\n  policy = var.policy\n}\n', True),
        ('module "e" {\n  source = "example.com/vpc-endpoints"\n  policy = var.policy\n}\n', False),
        ("", True),
    ],
)
def test_a_module_that_is_read_tells_what_becomes_of_a_document(use: str, grants_something: bool) -> None:
    files = {
        "main.tf": _DOCUMENT + 'module "m" {\n  source = "./m"\n  policy = data.aws_iam_policy_document.d.json\n}\n',
        "m/main.tf": 'variable "policy" {}\n' + use,
    }
    tree = Tree("/nowhere-at-all", {name: text.encode() for name, text in files.items()})
    inventory = Inventory(read(sorted(files), tree, ReadOptions()).resources)
    build(inventory, {})
    found = [noun for noun in inventory.by_concept.get("grant", ()) if noun.fields.get("all_actions") is True]
    assert bool(found) is grants_something


@pytest.mark.parametrize(
    ("principal", "account"),
    [
        ('AWS = "111122223333"', True),
        ('AWS = "arn:aws-us-gov:iam::111122223333:root"', True),
        ('AWS = "arn:aws:iam::111122223333:role/root"', False),
        ('AWS = "arn:aws:iam::${var.a}:root"', True),
        ('AWS = "arn:${var.a}:iam::111122223333:root"', True),
        ('AWS = "arn:aws:iam::${var.a}:role/x"', False),
        ('AWS = "arn:aws:iam::111122223333:role/${var.a}"', False),
        ('AWS = "arn:aws:iam::111122223333:${var.a}"', None),
        ('AWS = "arn:aws:iam::111122223333:r${var.a}"', None),
        ('AWS = "${var.a}3333"', None),
        ("AWS = var.a", None),
        ("AWS = [var.a, \"111122223333\"]", True),
        ("AWS = data.aws_caller_identity.c.account_id", True),
        ("AWS = data.aws_caller_identity.c.arn", False),
        ("Federated = aws_iam_openid_connect_provider.p.arn", False),
        ('Service = "ec2.amazonaws.com"', False),
    ],
)
def test_trust_in_a_whole_account(principal, account):
    text = f"""
variable "a" {{}}
data "aws_caller_identity" "c" {{}}
resource "aws_iam_openid_connect_provider" "p" {{}}
resource "aws_iam_role" "r" {{
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ {principal} }}
  }}] }})
}}
"""
    (found,) = [fields for fields in grants(text) if fields["class"] == "trust"]
    value = found["trusts_account"]
    assert (None if isinstance(value, Unknown) else value) is account


TRUST = 'variable "arn" {}\nvariable "url" {}\n'
SUBJECT, AUDIENCE = '"${var.url}:sub"', '"${replace(var.url, "https://", "")}:aud"'
IN_JSON = """resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({ Statement = [{
    Effect = "Allow", Principal = { %s }, Action = "sts:AssumeRoleWithWebIdentity",
    Condition = { StringLike = { %s } } }] })
}
"""
IN_TEXT = """resource "aws_iam_role" "r" {
  assume_role_policy = <<-EOT
    {"Statement": {"Effect": "Allow", "Principal": {"Federated": "${var.arn}"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringLike": {"${replace(var.url, "https://", "")}:aud": "x", "${var.url}:sub": "a"}}}}
  EOT
}
"""
IN_BLOCKS = """data "aws_iam_policy_document" "d" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.arn]
    }
    condition {
      test     = "StringLike"
      variable = "${var.url}:aud"
      values   = ["x"]
    }
    condition {
      test     = "StringLike"
      variable = "${var.url}:sub"
      values   = ["a"]
    }
  }
}
"""


@pytest.mark.parametrize(
    "text",
    [IN_JSON % ("Federated = var.arn", f'{AUDIENCE} = "x", {SUBJECT} = "a"'), IN_TEXT, IN_BLOCKS,
     IN_JSON % ("Federated = [var.arn]", f'"aws:SourceAccount" = "1", {SUBJECT} = "a"')],
)
def test_trust_in_a_provider_that_is_not_known(text: str) -> None:
    (fields,) = grants(TRUST + text)
    assert (fields["effect"], fields["class"]) == ("allow", "trust")
    assert (fields["conditions"], fields["anyone"]) == (True, False)
    assert "subject_limited" not in fields  # nothing says that the provider is one that others share


@pytest.mark.parametrize(
    ("tests", "anyone"),
    [
        (f'{SUBJECT} = "a"', False),
        (f'{SUBJECT} = "*"', True),
        ('(var.url) = "a"', None),
        ('(var.url) = "a", "aws:SecureTransport" = "true"', None),
        ('"aws:${var.url}" = "a"', None),
        ('"aws:ResourceTag/${var.url}" = "a"', False),
        ('(var.url) = "a", "aws:SourceAccount" = "1"', False),
    ],
)
def test_conditions_whose_keys_are_not_known(tests: str, anyone: bool | None) -> None:
    (fields,) = grants(TRUST + IN_JSON % ('AWS = "*"', tests))
    found = fields["anyone"]
    assert (None if isinstance(found, Unknown) else found) is anyone


@pytest.mark.parametrize(
    ("tests", "limited"),
    [(f'{SUBJECT} = "repo:acme/*"', True), (f'{SUBJECT} = "repo:*"', False), (f'{AUDIENCE} = "x"', False),
     ('(var.url) = "repo:acme/*"', None)],
)  # fmt: skip
def test_subjects_of_a_shared_provider_by_keys_with_holes(tests: str, limited: bool | None) -> None:
    provider = 'Federated = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"'
    (fields,) = grants(TRUST + IN_JSON % (provider, tests))
    found = fields["subject_limited"]
    assert (None if isinstance(found, Unknown) else found) is limited


EITHER = 'variable "env" {}\n'


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ('[var.env == "a" ? "kinesis:PutRecord" : "firehose:PutRecord"]', (False, False, [])),
        ('var.env == "a" ? ["s3:ListBucket", "s3:ListAllMyBuckets"] : ["s3:GetBucketAcl"]', (False, False, [])),
        ('[var.env == "a" ? "s3:*" : "sqs:*"]', (False, True, None)),
        ('[var.env == "a" ? "s3:Get*" : "s3:GetObject"]', (False, False, ["either"])),
        ('[var.env == "a" ? "s3:Get*" : "*"]', (None, None, ["either"])),
        ('[var.env == "a" ? "s3:Get*" : "s3:ListBucket"]', (False, False, None)),
        ('var.env == "a" ? ["s3:GetObject"] : ["s3:ListBucket"]', (False, False, None)),
    ],
)
def test_actions_of_which_a_condition_chooses(actions: str, expected: tuple[bool | None, bool | None, Any]) -> None:
    body = f'{{ Statement = [{{ Effect = "Allow", Action = {actions}, Resource = "*" }}] }}'
    (fields,) = grants(f'{EITHER}resource "aws_iam_policy" "p" {{\n  policy = jsonencode({body})\n}}\n')
    found = [fields["all_actions"], fields["service_wildcard"], fields["data_access"]]
    if isinstance(found[2], Seq):
        found[2] = ["either" if isinstance(item, OneOf) else item for item in found[2]]
    wanted = [None if isinstance(value, Unknown) else value for value in found]
    if expected[2] is None:
        wanted[2] = None if isinstance(fields["data_access"], Unknown) else wanted[2] or "none"
        assert wanted[:2] == list(expected[:2])
    else:
        assert tuple(wanted) == expected


@pytest.mark.parametrize(
    ("principal", "anyone"),
    [('{ dev = "111111111111", prod = "222222222222" }[var.env]', False),
     ('{ dev = ["111111111111"], prod = ["222222222222", "333333333333"] }[var.env]', False),
     ('{ dev = ["*"], prod = ["222222222222", "*"] }[var.env]', True),
     ('{ dev = "*", prod = "222222222222" }[var.env]', None)],
)  # fmt: skip
def test_principals_that_stand_in_a_map(principal: str, anyone: bool | None) -> None:
    body = f'{{ Statement = [{{ Effect = "Allow", Action = "sqs:*", Principal = {{ AWS = {principal} }} }}] }}'
    (fields,) = grants(f'{EITHER}resource "aws_sqs_queue_policy" "p" {{\n  policy = jsonencode({body})\n}}\n')
    found = fields["anyone"]
    assert (None if isinstance(found, Unknown) else found) is anyone


@pytest.mark.parametrize(
    ("account", "default"),
    [("google_storage_project_service_account", False), ("google_compute_default_service_account", True),
     ("google_app_engine_default_service_account", True), ("google_service_account", False)],
)  # fmt: skip
def test_members_that_are_looked_up(account: str, default: bool) -> None:
    (fields,) = grants(
        f'data "{account}" "a" {{}}\nresource "google_project_iam_member" "m" {{\n  role = "roles/viewer"\n'
        f"  member = data.{account}.a.member\n}}\n"
    )
    (member,) = fields["principals"]
    assert (member.prefix, member.suffix) == ("serviceAccount:", ".gserviceaccount.com")
    assert (fields["anyone"], fields["default_identity"]) == (False, default)
