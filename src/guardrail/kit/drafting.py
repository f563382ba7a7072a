"""A new rule: a file that loads, and whose examples wait for their author."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from guardrail.kit.rulebook import Rulebook
from guardrail.policy.vocabulary import KUBERNETES_KINDS, PLATFORM_KINDS, attribute_tree

WHY = "Say here, in one to three sentences, what happens where this does not hold."
REMEDY = "Say here what to do, and name the attribute."
PLACEHOLDERS = (WHY, REMEDY)


class Draft(NamedTuple):
    """What is known of the rule so far. `attributes` are what must be set."""

    id: str
    title: str
    severity: str
    category: str
    on: Sequence[str]
    attributes: Sequence[str]
    why: str = ""
    remedy: str = ""


def text_of(draft: Draft, book: Rulebook) -> str:
    """The rule file."""
    on = draft.on[0] if len(draft.on) == 1 else f"[{', '.join(draft.on)}]"
    attributes = draft.attributes or (an_attribute(draft.on[0], book),)
    require = ", ".join(f"{name}: {{set: true}}" for name in attributes)
    remedy = draft.remedy or (f"Set `{draft.attributes[0]}`." if draft.attributes else REMEDY)
    language, name, skeleton = _skeleton(draft.on[0], book, attributes)
    comment = f"{skeleton}  # write what must be found here, and end the line that is at fault with the mark".rstrip()
    passing = f"{skeleton}  # the same, put right"
    return "\n".join((
        f"id: {draft.id}",
        f"title: {_scalar(draft.title)}",
        f"severity: {draft.severity}",
        f"category: {draft.category}",
        "why: >",
        *textwrap.wrap(" ".join((draft.why or WHY).split()), 116, initial_indent="  ", subsequent_indent="  "),
        "remedy: >",
        *textwrap.wrap(" ".join(remedy.split()), 116, initial_indent="  ", subsequent_indent="  "),
        "checks:",
        f"  - on: {on}",
        f"    require: {{{require}}}",
        f'    message: "{{name}} has no {attributes[0]}"',
        "examples:",
        *_example("fail", comment, language, name),
        *_example("pass", passing, language, name),
        "",
    ))  # fmt: skip


def an_attribute(subject: str, book: Rulebook) -> str:
    """One that the subject has, to begin with."""
    if subject in book.concepts:
        fields = sorted(book.vocabulary.concepts[subject])
        return "name" if "name" in fields else fields[0]
    tree = attribute_tree(_a_kind_of(subject, book))
    if not tree:
        return "metadata.name" if subject in KUBERNETES_KINDS or subject.startswith("backstage.") else "name"
    return "name" if "name" in tree else next(iter(tree))


def _scalar(text: str) -> str:
    """As YAML: quoted where it could be read as something else."""
    plain = text[:1].isalpha() and not any(sign in text for sign in (": ", " #", "\n")) and not text.endswith(":")
    return text if plain and text.lower() not in ("true", "false", "yes", "no", "null") else json.dumps(text)


def _example(verdict: str, text: str, language: str, name: str) -> list[str]:
    file = [f"    file: {name}"] if name else []
    return [f"  - about: {language}", *file, f"    {verdict}: |", *textwrap.indent(text, "      ").splitlines()]


def _skeleton(subject: str, book: Rulebook, attributes: Sequence[str]) -> tuple[str, str, str]:
    """Language, file name where the content does not tell it, and the least that has such a subject, and can have these
    attributes; the text's last line is one that a comment can follow."""
    kind = _a_kind_of(subject, book, attributes)
    if kind in ("pipeline", "job", "step"):
        return "GitHub Actions", ".github/workflows/ci.yml", (
            "on: push\npermissions: {contents: read}\njobs:\n  build:\n    runs-on: ubuntu-24.04\n"
            "    steps:\n      - run: make"
        )  # fmt: skip
    if kind in KUBERNETES_KINDS:
        return "Kubernetes", "", _manifest(kind)
    if kind.startswith("backstage."):
        return "Backstage", "catalog-info.yaml", (
            f"apiVersion: backstage.io/v1alpha1\nkind: {kind.removeprefix('backstage.')}\nmetadata:\n  name: example"
        )  # fmt: skip
    block, name = ("data", kind.removeprefix("data.")) if kind.startswith("data.") else ("resource", kind)
    if kind == "module":
        return "Terraform", "", 'module "example" {\n  source = "app.terraform.io/example/example/any"\n}'
    if kind in PLATFORM_KINDS["terraform"]:
        return "Terraform", "", "terraform {\n}" if kind == "terraform" else f'{kind} "example" {{\n}}'
    return "Terraform", "", f'{block} "{name}" "example" {{\n}}'


def _manifest(kind: str) -> str:
    if kind == "Pod":
        return (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: example, namespace: example}\nspec:\n  containers:\n"
            "    - name: app\n      image: registry.example/app:1.0"
        )
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: example"


def _a_kind_of(subject: str, book: Rulebook, attributes: Sequence[str] = ()) -> str:
    """A kind that has the subject: itself, or one that a concept is bound to, by these attributes if any is."""
    if subject not in book.concepts:
        if any(sign in subject for sign in "*?["):
            from fnmatch import fnmatchcase

            from guardrail.policy.vocabulary import terraform_kinds

            found: str = next(kind for kind in sorted(terraform_kinds()["resources"]) if fnmatchcase(kind, subject))
            return found
        return subject
    if subject in ("container", "workload"):
        return "Pod"
    if subject in ("job", "pipeline", "script", "dependency", "checkout", "expression"):
        return "job"
    bound = {
        kind: frozenset(binding.get("fields", ()))
        for kind, bindings in book.bindings.items()
        for concept, binding in bindings
        if concept == subject
    }
    having = (kind for kind, fields in bound.items() if fields.issuperset(attributes))
    return next(having, next(iter(bound), "Pod"))
