"""What has been accepted in the words of other scanners:

    # checkov:skip=CKV_AWS_20[,CKV_AWS_57][:reason]        within a block: for the block
    # trivy:ignore:AVD-AWS-0086[:exp:2027-01-31]           (`tfsec:` too) behind a line, or above one
    # zizmor: ignore[artipacked, github-env] reason        so, or anywhere in the step
    checkov.io/skip1: CKV_K8S_20=reason                    an annotation: for the object
    ignore-check.kube-linter.io/run-as-non-root: reason    so; kube-linter.io/ignore-all: all of its checks

Those of Trivy and zizmor count within the block or entry that a finding points at, too: what one scanner says of an
attribute another may say of the whole.

It holds for the rules that stand in for these checks, so that nobody has to decide anew what has been decided. What
holds for a module call holds for all that the module declares. Who writes such a thing means another scanner: a check
that nothing here stands in for, or a form that is not understood, is nobody's fault, and suppresses nothing.

Checkov 3.3 and zizmor 1.32 were held against this; the others by their documentation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from guardrail.config.dates import is_date
from guardrail.config.peer_files import Used, reason_of
from guardrail.exceptions.comments import Comment, Lines
from guardrail.exceptions.inline import Extents
from guardrail.exceptions.peer_facts import ALL, trivy_ids
from guardrail.exceptions.peer_waivers import PeerWaivers
from guardrail.formats.text import decode
from guardrail.model import Finding, Map, Resource, Span, Suppression
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

MAX_COMMENTS = 1000  # in a file
MAX_LENGTH = 2000

_WORDS = (":skip=", ":ignore:", "zizmor:")
_OPENING = lazy_regex(r"(?:^|(?<=\s)|(?<=\{\{))(#+|//+|/\*+)")
_CHECKOV = lazy_regex(
    r"\b(?:checkov|bridgecrew|cortex):skip=[ \t]*(?P<checks>\w+(?:,\w+)*)[ \t]*(?::[ \t]*(?P<reason>.*))?"
)
_TRIVY = lazy_regex(r"\b(?:trivy|tfsec):ignore:(?P<check>[\w*-]+)(?P<rest>[^\s]*)")
_EXPIRY = lazy_regex(r"(?::exp:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}))?(?P<more>:[a-z]+:[^\s:]+)?")
_ZIZMOR = lazy_regex(r"\bzizmor:[ \t]*ignore\[(?P<checks>[^\]]*)\](?P<reason>.*)")
_SKIP = lazy_regex(r"(?:checkov|bridgecrew)\.io/skip[0-9]*\Z")
# Of what grants too much Checkov has several things to say, of which these say less than the rule: who accepts
# resources that are not named, has not accepted that secrets are read. Checkov goes on telling of that.
_UNNAMED = frozenset(("CKV_AWS_355", "CKV_AWS_356"))
NOT_ENOUGH = {
    "grant-credentials-bounded": _UNNAMED,
    "grant-data-access-bounded": _UNNAMED,
    "grant-permission-changes-bounded": _UNNAMED,
    "grant-writes-bounded": _UNNAMED,
    "grant-no-privilege-escalation": _UNNAMED,
    "grant-no-full-access": _UNNAMED.union(f"CKV_AWS_{number}" for number in (*range(107, 112), *range(286, 291))),
}
_LINTED = "ignore-check.kube-linter.io/"
_LINTED_ALL = "kube-linter.io/ignore-all"


class Accepted(NamedTuple):
    """Checks of a scanner, and where they are accepted: in the lines from `first` to `last` of the file of `span`,
    where a finding points at a block that `span` stands in (`around`), and in the resources with these addresses."""

    scanner: str
    checks: tuple[str, ...]
    reason: str
    span: Span
    until: str | None = None
    first: int = 0
    last: int = 0
    around: bool = False
    addresses: frozenset[str] = frozenset()

    def holds_for(self, finding: Finding, extents: Mapping[int, int]) -> bool:
        """`extents` are those of the finding's file."""
        span = finding.span
        if span.file == self.span.file:
            if self.first <= span.line <= self.last:
                return True
            if self.around and span.line <= self.span.line <= max(span.end_line, extents.get(span.line, 0)):
                return True
        return bool(self.addresses) and self.addresses.issuperset(finding.instances or (finding.resource,))


class Remark(NamedTuple):
    """A comment for another scanner."""

    scanner: str
    checks: tuple[str, ...]
    reason: str
    comment: Comment
    until: str | None = None


def accepted_in(
    tree: Tree, files: Sequence[str], resources: Sequence[Resource], extents: Extents
) -> list[Accepted]:
    """All that these files' comments and annotations accept, of what is there of resources."""
    return accepted_by(read_remarks(tree, files), resources, extents) + annotated(resources)


def read_remarks(tree: Tree, files: Iterable[str]) -> list[Remark]:
    found: list[Remark] = []
    for file in files:
        if file.endswith(".json"):
            continue
        try:
            text = decode(tree.read(file), file)[0]
        except Unreadable:
            continue
        found += find_remarks(text, file)
    return found


def find_remarks(text: str, file: str) -> list[Remark]:
    """Those of one file, in the order written."""
    if not any(word in text for word in _WORDS):
        return []
    lines = Lines(text)
    found: list[Remark] = []
    for index, line in enumerate(lines.text):
        if len(line) > MAX_LENGTH or not any(word in line for word in _WORDS):
            continue
        comment = lines.comment(index, file, _OPENING)
        if comment is not None:
            found += _said(comment)
            if len(found) >= MAX_COMMENTS:
                break
    return found


def _said(comment: Comment) -> Iterator[Remark]:
    text = comment.text
    for match in _CHECKOV.finditer(text):
        checks = tuple(match["checks"].split(","))
        yield Remark("checkov", checks, reason_of(f"checkov:skip={match['checks']}", match["reason"]), comment)
    for match in _TRIVY.finditer(text):
        sections = _EXPIRY.match(match["rest"])
        if match["rest"][:1] == "[" or (sections and sections["more"]):
            continue  # only for some values or some workspace
        checks = trivy_ids(match["check"])
        until = sections["date"] if sections else None
        if checks and (until is None or is_date(until)):
            yield Remark("trivy", checks, match[0], comment, until)
    for match in _ZIZMOR.finditer(text):
        checks = tuple(check for check in (part.strip() for part in match["checks"].split(",")) if check)
        if checks:
            words = f"zizmor: ignore[{', '.join(checks)}]"
            yield Remark("zizmor", checks, reason_of(words, match["reason"].lstrip(" \t-:")), comment)


def accepted_by(remarks: Sequence[Remark], resources: Sequence[Resource], extents: Extents) -> list[Accepted]:
    """What the remarks hold for."""
    places = _Places(resources, {remark.comment.span.file for remark in remarks})
    found: list[Accepted] = []
    for remark in remarks:
        span, line = remark.comment.span, remark.comment.line
        draft = Accepted(remark.scanner, remark.checks, remark.reason, span, remark.until)
        if remark.scanner == "checkov":
            block = places.holding(remark.comment)
            if block is not None:
                start, end = _lines_of(block)
                found.append(draft._replace(first=start, last=end, addresses=places.made_at(span.file, start)))
            continue
        draft = draft._replace(around=True)
        if line:  # it stands above something
            last = max(line, extents.get(span.file, {}).get(line, 0))
            draft = draft._replace(first=min(span.line, line), last=last, addresses=places.made_at(span.file, line))
        if remark.scanner == "zizmor":
            block = places.holding(remark.comment)
            if block is not None and block.kind == "step":
                draft = draft._replace(addresses=draft.addresses | places.made_at(span.file, _lines_of(block)[0]))
        found.append(draft)
    return found


class _Places:
    """Where resources are written: those of `files`, by file, and the addresses of what comes of each block."""

    def __init__(self, resources: Sequence[Resource], files: Collection[str]) -> None:
        self.written: dict[str, list[Resource]] = {file: [] for file in files}
        self.count = Counter(resource.address for resource in resources)
        self.made: dict[tuple[str, int], list[str]] = {}
        for resource in resources:
            place = resource.span.file
            lines = {(origin.span.file, origin.span.line) for origin in resource.trace}
            if place in self.written:
                self.written[place].append(resource)
                lines.add((place, _lines_of(resource)[0]))
            for at in lines:
                if at[0] in self.written:
                    self.made.setdefault(at, []).append(resource.address)

    def made_at(self, file: str, line: int) -> frozenset[str]:
        """The addresses of what a block that starts there declares, itself or through the module that it calls; none
        that something else has, too."""
        made = Counter(self.made.get((file, line), ()))
        return frozenset(address for address, number in made.items() if number == self.count[address])

    def holding(self, comment: Comment) -> Resource | None:
        """The innermost block or entry that a comment stands in. One below a step, and as far in, is the step's."""
        span = comment.span
        resources = self.written.get(span.file, ())
        around = [resource for resource in resources if _holds(resource, span.line)]
        best = min(around, key=lambda resource: _lines_of(resource)[1] - _lines_of(resource)[0], default=None)
        if best is None or best.platform != "pipeline" or comment.scope == "line":
            return best
        start, end = _lines_of(best)
        inner = [found for found in resources if found is not best and start <= found.span.line <= end]
        before = [found for found in inner if found.span.end_line < span.line and found.span.column <= span.column]
        if before:
            return max(before, key=lambda found: found.span.line)
        return next((found for found in inner if found.span.line == comment.line), best)


def _lines_of(resource: Resource) -> tuple[int, int]:
    span, header = resource.span, resource.header
    start = min(header.line, span.line) if header.file == span.file and header.line else span.line
    return start, span.end_line


def _holds(resource: Resource, line: int) -> bool:
    start, end = _lines_of(resource)
    return start <= line <= end


def annotated(resources: Sequence[Resource]) -> list[Accepted]:
    """What annotations of Kubernetes' objects accept."""
    found: list[Accepted] = []
    carrying: dict[str, int] = {}
    for resource in resources:
        if resource.platform == "kubernetes":
            said = list(_annotations(resource))
            if said:
                carrying[resource.address] = carrying.get(resource.address, 0) + 1
                found += said
    count = Counter(resource.address for resource in resources if resource.address in carrying)
    # Of two objects of one name (in two overlays) it must be both that say so: a finding does not tell which it is of.
    return [each for each in found if all(carrying[address] == count[address] for address in each.addresses)]


def _annotations(resource: Resource) -> Iterator[Accepted]:
    metadata = resource.attributes.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Map) else None
    if not isinstance(annotations, Map):
        return
    for key, value in annotations.items():
        scanner, check, reason = "kube-linter", "", value
        if key == _LINTED_ALL:
            check = ALL
        elif key.startswith(_LINTED):
            check = key.removeprefix(_LINTED)
        elif _SKIP.match(key) and isinstance(value, str):
            scanner = "checkov"
            check, _, reason = (part.strip() for part in value.partition("="))
        if check:
            words = f"{key}: {check}" if scanner == "checkov" else key
            told = reason_of(words, reason)
            span = annotations.place(key)
            yield Accepted(scanner, (check,), told, span, addresses=frozenset((resource.address,)))


def apply(
    findings: Sequence[Finding],
    accepted: Sequence[Accepted],
    waivers: PeerWaivers | None,
    extents: Extents,
    today: date,
    uses: Mapping[Span, Used],
) -> list[Finding]:
    """The findings, those that something accepted holds for marked as suppressed. What is suppressed already stays as
    it is. `uses`: actions by their place."""
    by_check: dict[tuple[str, str], list[Accepted]] = {}
    for each in accepted:
        if each.until is None or today <= date.fromisoformat(each.until):
            for check in each.checks:
                by_check.setdefault((each.scanner, check), []).append(each)
    return [
        finding if finding.suppression else _marked(finding, by_check, waivers, extents, uses.get(finding.span))
        for finding in findings
    ]


def uses_of(resources: Iterable[Resource]) -> dict[Span, Used]:
    """The actions and workflows that pipelines use, by their place."""
    return {
        noun.fields.header: Used(str(noun.fields["name"]), "version" in noun.fields)
        for resource in resources
        for noun in resource.nouns.get("dependency", ())
        if noun.fields.get("ecosystem") in ("action", "workflow")
    }


def _marked(
    finding: Finding,
    by_check: Mapping[tuple[str, str], Sequence[Accepted]],
    waivers: PeerWaivers | None,
    extents: Extents,
    used: Used | None,
) -> Finding:
    lesser = NOT_ENOUGH.get(finding.rule, frozenset())
    ends = extents.get(finding.span.file, {})
    for scanner, checks in finding.replaces.items():
        for check in (*checks, ALL):
            if check in lesser:
                continue
            for each in by_check.get((scanner, check), ()):
                if each.holds_for(finding, ends):
                    return finding._replace(suppression=Suppression("inline", each.reason, each.span, each.until))
            waived = waivers.suppression(scanner, check, finding, ends, used) if waivers else None
            if waived is not None:
                return finding._replace(suppression=waived)
    return finding
