"""HCL and plan of the same module give the same verdicts."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from guardrail.inputs.groups import Group
from guardrail.inputs.reader import ReadOptions
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.process import Part, Task, process
from guardrail.shipped import folder
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[3] / "fixtures" / "plan"
MODULES = sorted(path.name for path in FIXTURES.iterdir() if (path / "plan.json").is_file())


@cache
def bundle() -> Bundle:
    return load_bundle(folder("rules"))


def judged(tree: Tree, reader: str, files: list[str]) -> Part:
    rules = tuple(bundle().rules.values())
    return process(Group(reader, tuple(files)), Task(tree, bundle(), rules, None, ReadOptions(), date(2026, 1, 15)))


@cache
def from_hcl(name: str) -> Part:
    root = FIXTURES / name
    return judged(Tree(str(root)), "terraform", sorted(str(path.relative_to(root)) for path in root.rglob("*.tf")))


@cache
def from_plan(name: str) -> Part:
    return judged(Tree(str(FIXTURES / name)), "terraform-plan", ["plan.json"])


@cache
def from_plan_alone(name: str) -> Part:
    data = (FIXTURES / name / "plan.json").read_bytes()
    return judged(Tree(str(FIXTURES / "nowhere"), {"plan.json": data}), "terraform-plan", ["plan.json"])


def verdicts(part: Part) -> set[tuple[str, str, str]]:
    return {(f.rule, f.verdict, address) for f in part.findings for address in f.instances}


def test_there_are_enough_modules() -> None:
    assert len(MODULES) >= 12


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_wrong_with_the_fixtures(name: str) -> None:
    for part in (from_hcl(name), from_plan(name), from_plan_alone(name)):
        assert part.problems == []
        assert part.findings
        assert part.resources == from_hcl(name).resources


@pytest.mark.parametrize("name", MODULES)
def test_the_verdicts_are_the_same(name: str) -> None:
    assert verdicts(from_plan(name)) == verdicts(from_hcl(name))


@pytest.mark.parametrize("name", MODULES)
def test_places_words_and_fingerprints_are_the_same_where_the_source_is_there(name: str) -> None:
    def shown(part: Part) -> list[tuple[object, ...]]:
        return [(f.rule, f.span, f.message, f.fingerprint, f.instances, bool(f.suppression)) for f in part.findings]

    assert shown(from_plan(name)) == shown(from_hcl(name))


# Without the source a text or document that is known only after apply has no known part, and all that a string holds
# stands at one place, where a rule that yields to another finds it.
ALONE = {
    "compute": ({("image-pinned-by-digest", "fail", "aws_ecs_task_definition.web")}, set()),
    "s3-split": (
        {
            ("bucket-refuses-plain-http", "fail", "aws_s3_bucket.site"),
            ("grant-not-to-anyone", "fail", "aws_s3_bucket_policy.site"),
        },
        {
            ("bucket-refuses-plain-http", "undetermined", "aws_s3_bucket.site"),
            ("bucket-policy-no-lockout", "undetermined", "aws_s3_bucket_policy.site"),
            ("grant-no-service-wildcard", "undetermined", "aws_s3_bucket_policy.site"),
            ("grant-not-to-anyone", "undetermined", "aws_s3_bucket_policy.site"),
            ("service-not-invocable-by-anyone", "undetermined", "aws_s3_bucket_policy.site"),
        },
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_the_verdicts_are_the_same_without_the_source(name: str) -> None:
    alone, both = verdicts(from_plan_alone(name)), verdicts(from_hcl(name))
    lacking, added = ALONE.get(name, (set(), set()))
    assert (both - alone, alone - both) == (lacking, added)


@pytest.mark.parametrize("name", MODULES)
def test_without_the_source_findings_stand_in_the_plan(name: str) -> None:
    for finding in from_plan_alone(name).findings:
        assert finding.span.file == "plan.json"
        assert finding.span.line > 0


INGRESS = [
    {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [range_], "description": "a", "self": False}
    for port, range_ in ((22, "0.0.0.0/0"), (443, "203.0.113.77/32"))
]


@pytest.mark.parametrize("with_source", [True, False])
def test_a_set_that_is_sensitive_in_a_part_of_it_is_judged(with_source: bool) -> None:
    """Terraform marks all of it then."""
    source = (
        'variable "office" {\n  sensitive = true\n}\nresource "aws_security_group" "g" {\n  ingress {\n'
        '    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n'
        '  ingress {\n    from_port = 443\n    to_port = 443\n    protocol = "tcp"\n'
        '    cidr_blocks = [var.office]\n  }\n}\n'
    )
    written = [{"cidr_blocks": {"constant_value": ["0.0.0.0/0"]}}, {"cidr_blocks": {"references": ["var.office"]}}]
    resource = {"address": "aws_security_group.g", "mode": "managed", "type": "aws_security_group", "name": "g"}
    change = {"actions": ["create"], "after": {"ingress": INGRESS}, "after_unknown": {}}
    document = {
        "format_version": "1.2", "terraform_version": "1.11.4", "variables": {"office": {"value": "203.0.113.77/32"}},
        "resource_changes": [{**resource, "change": {**change, "after_sensitive": {"ingress": True}}}],
        "configuration": {"root_module": {
            "variables": {"office": {"sensitive": True}},
            "resources": [{**resource, "expressions": {"ingress": written}}],
        }},
    }  # fmt: skip
    files = {"plan.json": json.dumps(document).encode(), **({"main.tf": source.encode()} if with_source else {})}
    part = judged(Tree("/nonexistent", files), "terraform-plan", ["plan.json"])
    (found,) = (finding for finding in part.findings if finding.rule == "network-ssh-closed")
    assert found.message == (
        "aws_security_group.g ingress[0] opens SSH (port 22) to the whole internet (0.0.0.0/0)"
    )
    assert (found.span.file, found.span.line) == (("main.tf", 9) if with_source else ("plan.json", 1))
    if found.excerpt is not None:
        assert '    cidr_blocks = ["0.0.0.0/0"]' in found.excerpt.lines
    assert "203.0.113" not in repr(part.findings)
    assert not [finding for finding in part.findings if finding.verdict == "undetermined"]
