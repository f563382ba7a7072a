"""What the readers find, and the nouns that concepts make of it."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model.span import NOWHERE, Span
from guardrail.model.values import Map, Origin, Unknown


class Noun:
    """One instance of a concept: a container of a Deployment, a rule of a security group.

    `fields` is what rules look at; `name` is how a message calls it; `key` tells it from its siblings of
    the same concept in the same resource, in a way that survives moved lines (a container's name, not its
    index, where it has one). `resource` is set by the one who adds the noun to the resource.
    """

    __slots__ = ("concept", "fields", "key", "name", "resource")

    resource: Resource

    def __init__(self, concept: str, name: str, fields: Map, key: str = "") -> None:
        self.concept, self.name, self.fields, self.key = concept, name, fields, key or name

    def __repr__(self) -> str:
        return f"Noun({self.concept} {self.name!r})"


class Edge(NamedTuple):
    """That the attribute at `path` depends on `attribute` of the resource at address `target` (an instance,
    or the whole block where the instance is not known)."""

    path: str
    target: str
    attribute: str


class Resource:
    """One thing that the scanned files declare.

    platform: terraform, kubernetes, pipeline or catalog. provider: aws, kubernetes, github-actions, ...
    kind: `aws_s3_bucket`, `Deployment`, `job`. address: unique name in the scan, as the platform spells it:
    `module.m["a"].aws_s3_bucket.b[0]`, `Deployment/default/api`, `.github/workflows/ci.yml#jobs.build`.
    mode: "managed"; "data" for data sources; "ephemeral" for Terraform's ephemeral resources; "config" for what
    configures rather than declares (Terraform module calls, providers, variables), which `inspect` leaves out unless
    asked.
    span: the whole extent; header: what a finding about the whole points at.
    trace: how it came about, outermost first (module calls, chart and values); empty for what is written
    where it stands. scope: the folder or file in which `local` names are unique; part of the fingerprint.
    local: its name there, without instance keys, so that ten instances of one block share it.
    tags: effective tags or labels, None where the kind takes none.
    root: what its address is unique in: the folder of the Terraform root module, a Helm chart with certain values, ""
    elsewhere.
    declared: what declares it, for the fingerprint to go by instead of `local`, where that may give it one name or
    another (a chart's template, with one values file or another); "" elsewhere.
    deployed_from: files, besides its own and those in its trace, that make it what it is: a chart's values.
    environments: those that it is deployed to, as guardrail.yaml tells them apart; set after it is read.
    uncertain: why it cannot be known whether it exists at all (an unknown `count`); None where it surely does.
    actions: what a Terraform plan does to it ("create", or "delete" and "create" in order); empty elsewhere.
    edges: references to other resources, also those that a known value came from.
    nouns: by concept; readers of pipelines fill it, for the others `concepts/` does.
    """

    __slots__ = (
        "actions", "address", "attributes", "declared", "deployed_from", "edges", "environments", "header", "kind",
        "local", "mode", "nouns", "platform", "provider", "root", "scope", "span", "tags", "trace", "uncertain",
    )  # fmt: skip

    def __init__(
        self,
        platform: str,
        provider: str,
        kind: str,
        address: str,
        attributes: Map,
        *,
        span: Span = NOWHERE,
        header: Span | None = None,
        mode: str = "managed",
        trace: tuple[Origin, ...] = (),
        scope: str = "",
        local: str = "",
        tags: Map | Unknown | None = None,
    ) -> None:
        self.platform, self.provider, self.kind, self.address = platform, provider, kind, address
        self.attributes, self.mode, self.trace, self.tags = attributes, mode, trace, tags
        self.span = span if span.line else attributes.span
        self.header = header or attributes.header
        self.scope, self.local = scope, local or address
        self.root = self.declared = ""
        self.deployed_from: tuple[str, ...] = ()
        self.environments: tuple[str, ...] = ()
        self.uncertain: Unknown | None = None
        self.actions: tuple[str, ...] = ()
        self.edges: list[Edge] = []
        self.nouns: dict[str, list[Noun]] = {}

    def add_noun(self, noun: Noun) -> None:
        noun.resource = self
        self.nouns.setdefault(noun.concept, []).append(noun)

    def surely_beside(self, other: Resource) -> bool:
        """Whether this exists wherever the other does: surely, or for the same unknown reason."""
        if self.uncertain is None:
            return True
        return other.uncertain is not None and other.uncertain.reason == self.uncertain.reason

    def __repr__(self) -> str:
        return f"Resource({self.address})"
