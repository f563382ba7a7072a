"""The one table of readers: which there are, and which files each of them takes.

A new platform or CI system is a module with a `read` function (`guardrail.inputs.reader.Read`) and one line in
`READERS`. Nothing here imports a reader before a file is there for it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from guardrail.inputs.reader import Read

TERRAFORM_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json")
TERRAGRUNT = ("terragrunt.hcl", "terragrunt.stack.hcl")
SNIFFED_SUFFIXES = (".yml", ".yaml", ".json")
HEAD_BYTES = 65536


class ReaderEntry(NamedTuple):
    """`claims(path, head)`: whether a file is this reader's, by its name in the tree and its first bytes.
    `looks_for` is how messages call what it takes."""

    name: str
    module: str
    claims: Callable[[str, bytes], bool]
    looks_for: str


def is_terraform(path: str) -> bool:
    """Claimed by its name alone. Terraform itself passes over hidden files and editors' backups."""
    name = path[path.rfind("/") + 1 :]
    return name in TERRAGRUNT or (name.endswith(TERRAFORM_SUFFIXES) and not name.startswith("."))


def is_sniffed(path: str) -> bool:
    """True if a file's name makes it worth a look inside."""
    return path.lower().endswith(SNIFFED_SUFFIXES) or path.endswith("Kustomization") or _may_be_jenkins(path)


def _may_be_jenkins(path: str) -> bool:
    name = path[path.rfind("/") + 1 :]
    if name.endswith(".groovy"):  # a program's own Groovy stands below src
        return "jenkins" in path.lower() or not (path.startswith("src/") or "/src/" in path)
    return name.startswith("Jenkinsfile") or name.endswith((".jenkinsfile", ".Jenkinsfile"))


def _terraform(path: str, head: bytes) -> bool:
    return is_terraform(path)


def _plan(path: str, head: bytes) -> bool:
    if not path.lower().endswith(".json"):
        return False
    from guardrail.inputs.terraform.plan.recognise import recognise

    return recognise(path, head)


def may_be_plan(path: str, head: bytes) -> bool:
    """Whether it takes the whole of a file to tell that it is a plan."""
    if not path.lower().endswith(".json"):
        return False
    from guardrail.inputs.terraform.plan.recognise import may_be_sorted

    return may_be_sorted(_without_mark(head))


def _pipelines(path: str, head: bytes) -> bool:
    from guardrail.inputs.pipelines.recognise import recognise

    return is_sniffed(path) and recognise(path, head) is not None


def _kubernetes(path: str, head: bytes) -> bool:
    from guardrail.inputs.kubernetes.recognise import recognise

    return is_sniffed(path) and recognise(path, head)


READERS = (  # the first that claims a file has it
    ReaderEntry("terraform", "guardrail.inputs.terraform", _terraform, "Terraform and OpenTofu"),
    ReaderEntry("terraform-plan", "guardrail.inputs.terraform.plan", _plan, "Terraform plans (JSON)"),
    ReaderEntry("pipelines", "guardrail.inputs.pipelines", _pipelines, "CI pipelines"),
    ReaderEntry("kubernetes", "guardrail.inputs.kubernetes", _kubernetes, "Kubernetes manifests"),
)
BY_NAME = {entry.name: entry for entry in READERS}


def entry_for(path: str, head: bytes) -> ReaderEntry | None:
    """The reader of a file, None where it is nobody's."""
    head = _without_mark(head)
    for entry in READERS:
        if entry.claims(path, head):
            return entry
    return None


def _without_mark(head: bytes) -> bytes:
    """As UTF-8 without a byte order mark, which recognisers take for granted."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) & ~1].decode("utf-16", "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf")


def load(entry: ReaderEntry) -> Read:
    """The reader's `read`; imports its module."""
    read: Read = import_module(entry.module).read
    return read
