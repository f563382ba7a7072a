"""Policies of buckets that refuse requests without TLS, and those that seem to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory, Unknown
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())

REFUSAL: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def stores(text: str) -> dict[str, Any]:
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(found.resources)
    assert not build(inventory, BINDINGS)
    return {
        resource.address: noun.fields.get("refuses_plain_http")
        for resource in found.resources
        for noun in resource.nouns.get("store", ())
    }


def answer(*statements: Any) -> Any:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).replace("${", "$${")
    text = f'resource "aws_s3_bucket_policy" "a" {{\n  bucket = "a"\n  policy = {json.dumps(policy)}\n}}\n'
    return stores(text)["aws_s3_bucket_policy.a"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}},
        {"Action": ["s3:GetObject", "S3:*"]},
        {"Action": "*"},
        {"Condition": {"BoolIfExists": {"aws:securetransport": [False]}}},
        {"Condition": {"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}},
    ],
)
def test_refusals(changes: dict[str, Any]) -> None:
    assert answer({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}, REFUSAL | changes) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Allow"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Action": "s3:PutObject"},
        {"Condition": {}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}},  # plain HTTP has no version to compare
        {"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}},
    ],
)
def test_what_only_looks_like_one(changes: dict[str, Any]) -> None:
    assert answer(REFUSAL | changes) is False


def test_a_single_statement_needs_no_list() -> None:
    policy = json.dumps({"Statement": REFUSAL})
    text = f'resource "aws_s3_bucket" "a" {{\n  policy = {json.dumps(policy)}\n}}\n'
    assert stores(text) == {"aws_s3_bucket.a": True}


BUCKET = 'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n'


def test_a_bucket_without_a_policy() -> None:
    assert stores(BUCKET) == {"aws_s3_bucket.a": False}


def test_a_policy_counts_for_its_bucket_alone() -> None:
    policy = f"jsonencode({{ Statement = [{json.dumps(REFUSAL)}] }})"
    text = f'resource "aws_s3_bucket_policy" "a" {{\n  bucket = %s\n  policy = {policy}\n}}\n'
    assert stores(BUCKET + text % "aws_s3_bucket.a.id") == {"aws_s3_bucket.a": True}
    assert stores(BUCKET + text % '"a"') == {"aws_s3_bucket.a": True}
    assert stores(BUCKET + text % '"b"') == {"aws_s3_bucket.a": False, "aws_s3_bucket_policy.a": True}
    perhaps = stores(BUCKET + 'variable "b" {}\n' + text % "var.b")["aws_s3_bucket.a"]
    assert isinstance(perhaps, Unknown)


KEYS = 'jsonencode({ Statement = [merge(local.deny, { Condition = { Bool = { (var.x) = "false" } } })] })'


@pytest.mark.parametrize(
    "unknown", ["var.x", 'jsonencode({ Statement = [merge(local.deny, { Effect = var.x })] })', KEYS]
)
def test_what_can_not_be_known(unknown: str) -> None:
    text = f'variable "x" {{}}\nlocals {{\n  deny = {json.dumps(REFUSAL)}\n}}\n'
    text += f'resource "aws_s3_bucket_policy" "a" {{\n  bucket = "a"\n  policy = {unknown}\n}}\n'
    assert isinstance(stores(text)["aws_s3_bucket_policy.a"], Unknown)


def test_a_condition_that_can_be_on_no_such_thing() -> None:
    text = f'variable "x" {{}}\nlocals {{\n  deny = {json.dumps(REFUSAL)}\n}}\n'
    policy = KEYS.replace("(var.x)", '"aws:ResourceTag/${var.x}"')
    text += f'resource "aws_s3_bucket_policy" "a" {{\n  bucket = "a"\n  policy = {policy}\n}}\n'
    assert stores(text)["aws_s3_bucket_policy.a"] is False
