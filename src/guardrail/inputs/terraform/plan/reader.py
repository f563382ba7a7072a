"""Plans -> resources."""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform.manifests import opened
from guardrail.inputs.terraform.plan.addresses import Configuration, block_of, calls_of
from guardrail.inputs.terraform.plan.document import Change, PlanDocument, load, module_of
from guardrail.inputs.terraform.plan.handed import handed_texts, secret_texts, withheld_values
from guardrail.inputs.terraform.plan.overlay import Overlay
from guardrail.inputs.terraform.plan.settings import configuration_resources, default_tags
from guardrail.inputs.terraform.plan.source import Source, beside
from guardrail.inputs.terraform.plan.tags import planned_tags
from guardrail.inputs.terraform.plan.values import Builder, settled
from guardrail.inputs.terraform.policy_document import policy_document
from guardrail.inputs.terraform.providers import provider_of
from guardrail.inputs.terraform.run import MAX_RESOURCES
from guardrail.model import Edge, Encoded, EncodedUnknown, Map, Note, Problem, Reference, Resource, Sensitive, Unknown
from guardrail.tree import MAX_PLAN_BYTES, Tree, Unreadable


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """See `guardrail.inputs.reader.Read`. `files` of the reading has the source's files too."""
    reading = Reading()
    for path in sorted(files):
        try:
            data = tree.read(path, MAX_PLAN_BYTES)
        except Unreadable as error:
            reading.problems.append(error.problem)
            reading.files[path] = "failed"
            continue
        document = load(data, path)
        reading.problems += document.problems
        if document.partial:
            what = "the plan is of a part only (`-target`, or changes that Terraform put off)"
            reading.notes.append(Note("incomplete-plan", f"{what}; the rest is not judged", path))
        source = beside(document, tree) if document.changes else None
        plan = _Plan(document, source, options)
        resources = plan.resources()
        reading.secrets.update(plan.withheld, secret_texts(document))
        reading.handed_in.update(handed_texts(document))
        for resource in resources:
            resource.root = path
        reading.resources += resources
        if document.complete and not document.problems and options.actions == ReadOptions().actions:
            reading.whole.add(path)
        reading.files[path] = "analysed" if not document.problems else "partial" if resources else "failed"
        for name in source.files if source is not None else ():
            reading.files.setdefault(name, "analysed")
        reading.unquoted.append(path)
    reading.problems.sort(key=Problem.sort_key)
    return reading


def is_wanted(actions: tuple[str, ...], wanted: Sequence[str]) -> bool:
    """Whether what a plan does to a resource is among the actions to judge. What a state holds always is; to forget
    a resource is to delete it as far as its configuration goes."""
    done = tuple("delete" if action == "forget" else action for action in actions)
    return not done or "-".join(done) in wanted or (
        len(done) > 1 and set(done) != {"create", "delete"} and not set(done).isdisjoint(wanted)
    )


class _Plan:
    def __init__(self, document: PlanDocument, source: Source | None, options: ReadOptions) -> None:
        self.document, self.source, self.options = document, source, options
        addresses = [change.address for change in document.changes if change.actions != ("delete",)]
        self.configuration = Configuration(document.configuration, addresses, document.variables)
        self.withheld = withheld_values(document)

    def resources(self) -> list[Resource]:
        found: list[Resource] = []
        document = self.document
        for change in document.changes:
            if not is_wanted(change.actions, self.options.actions):
                continue
            if len(found) >= MAX_RESOURCES:
                document.problems.append(
                    Problem("expansion", f"more than {MAX_RESOURCES:,} resources; the rest are not judged",
                            document.file, change.header.line)
                )  # fmt: skip
                break
            found.append(self.resource(change))
        _resolve(found)
        if self.source is not None:
            found += [resource for resource in self.source.resources if resource.mode == "config"]
        else:
            found += configuration_resources(document)
        return found

    def resource(self, change: Change) -> Resource:
        local = block_of(change.address[len(change.module) :].removeprefix("."))
        told = self.configuration.resource(calls_of(change.module), local)
        builder = Builder(change, self.configuration, self.withheld, told)
        written, exact = self.source.find(change.address) if self.source is not None else (None, False)
        attributes = builder.attributes()
        edges = builder.edges()
        if written is None:
            attributes = settled(attributes)
            made = self._made(change, attributes)
            made.local = block_of(change.address)
            made.scope = self.document.file
            if self.source is not None:
                made.trace = self.source.trace(change.module)
        else:
            overlay = Overlay(_prefix(written.address), f"{change.module}." if change.module else "")
            attributes = settled(overlay.attributes(attributes, written.attributes))
            made = self._made(change, attributes)
            made.span, made.header = written.span, written.header
            made.scope, made.local, made.trace = written.scope, written.local, written.trace
            moved = [Edge(edge.path, overlay.moved(edge.target), edge.attribute) for edge in written.edges]
            edges = moved if exact else list(dict.fromkeys([*moved, *edges]))
        made.edges = edges
        made.actions = change.actions
        inherited = default_tags(self.document.configuration, told, change.kind)
        made.tags = planned_tags(made, written, change.unknown, inherited)
        if change.deferred:
            made.uncertain = Unknown(f"{change.address} is deferred ({change.deferred})")
        if change.kind == "aws_iam_policy_document" and change.mode == "data":
            _add_document(made.attributes)
        return opened(made)

    def _made(self, change: Change, attributes: Map) -> Resource:
        return Resource(
            "terraform", _provider(change), change.kind, change.address, attributes,
            span=change.span, header=change.header, mode=change.mode,
        )  # fmt: skip


def _resolve(resources: list[Resource]) -> None:
    """Policies that are a data source's document: what is known of it, as if it stood there."""
    documents = {
        resource.address: resource.attributes
        for resource in resources
        if resource.mode == "data" and resource.kind == "aws_iam_policy_document"
    }
    for resource in resources if documents else ():
        attributes = resource.attributes
        for name, value in attributes.items():
            if type(value) is Reference and value.target in documents:
                known = documents[value.target].get(value.attribute)
                text = known.reveal() if isinstance(known, Sensitive) else known
                if isinstance(text, (Encoded, EncodedUnknown)):
                    attributes[name] = known


def _prefix(address: str) -> str:
    module = module_of(address)
    return f"{module}." if module else ""


def _provider(change: Change) -> str:
    """`aws` of registry.terraform.io/hashicorp/aws. A kind's own prefix is what rules know its provider by: that of
    google-beta's kinds is google."""
    name = change.provider.rpartition("/")[2]
    return name if name and (change.kind == name or change.kind.startswith(f"{name}_")) else provider_of(change.kind)


def _add_document(attributes: Map) -> None:
    """A policy document that is read only while applying: what its blocks tell already."""
    for name in ("json", "minified_json"):
        known = attributes.get(name)
        if (known is None or isinstance(known, Unknown)) and not isinstance(known, EncodedUnknown):
            attributes[name] = policy_document(attributes)
            attributes.spans[name] = attributes.header
