"""What conditions of IAM statements come to: whether they narrow a statement, and whether they limit who."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from guardrail.concepts.lists import filled, surely_named
from guardrail.model import HOLE, PartText, Reference, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex


class Condition(NamedTuple):
    """`StringLike`, `aws:PrincipalOrgID`, the values. A key that is known in part at most has a HOLE, and `why` is what
    it hangs on."""

    operator: str
    key: str
    values: list[Value]
    why: Unknown | None = None

    def can_be(self, names: Collection[str]) -> bool:
        """Whether the key may be one of these, in lower case."""
        key = self.key.lower()
        if self.why is None:
            return key in names
        part = PartText("", (), key)
        return any(part.can_be(name) for name in names)


# They say how or when a request is made, not by whom or on what.
_BY_ANYBODY = frozenset((
    "aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:referer", "aws:useragent", "aws:requestedregion",
    "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime", "aws:viaawsservice",
    "s3:tlsversion", "s3:signatureversion", "s3:signatureage", "s3:authtype", "s3:x-amz-acl",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-content-sha256", "s3:x-amz-storage-class", "s3:prefix", "s3:delimiter", "s3:max-keys", "kms:viaservice",
    "kms:grantisforawsresource", "lambda:functionurlauthtype",
))  # fmt: skip
_CHANNEL = frozenset(("aws:securetransport", "s3:tlsversion", "s3:signatureversion"))
_ALL = lazy_regex(r"\*+\Z|0\.0\.0\.0/0\Z|::/0\Z")
_WIDE = ("*", "**", "0.0.0.0/0", "::/0")  # what a text that is known in part must not turn out to be


def narrows(conditions: list[Condition] | Unknown) -> bool | Unknown:
    """Whether any condition narrows the statement; one on the channel alone does not."""
    if isinstance(conditions, Unknown):
        return conditions
    if not all(condition.can_be(_CHANNEL) for condition in conditions):
        return True
    return next((condition.why for condition in conditions if condition.why is not None), False)


def limits_who(conditions: list[Condition] | Unknown) -> bool | Unknown:
    """Whether conditions limit whose requests count, so that a principal `*` is not everybody."""
    if isinstance(conditions, Unknown):
        return conditions
    undecided: Unknown | None = None
    for condition in conditions:
        name = _bare(condition.operator)
        # What must not match leaves everybody else; what only counts if present can be left out.
        if "not" in name or name == "null" or name.endswith("ifexists"):
            continue
        if not condition.values:
            continue
        if condition.can_be(_BY_ANYBODY):
            undecided = undecided or condition.why
            continue
        exact = name.startswith(("stringequals", "numeric", "date", "bool", "binary"))
        verdict: bool | Unknown = True
        for value in condition.values:
            if isinstance(value, str) and _ALL.match(value):
                verdict = False
                break
            # With an exact operator a value is never a pattern; an attribute of a resource never is.
            if isinstance(value, PartText) and not any(value.can_be(text) for text in _WIDE):
                continue
            if isinstance(value, Unknown) and not exact and not surely_named(value):
                verdict = value
        if verdict is True:
            return True
        if isinstance(verdict, Unknown):
            undecided = undecided or verdict
    return undecided if undecided is not None else False


# Who asks, or from where: what a denial can leave out a few by.
_WHO = ("aws:principal", "aws:source", "aws:vpcsourceip", "aws:userid", "aws:username", "kms:calleraccount",
        "s3:dataaccesspointaccount")  # fmt: skip
_DIFFERS = ("stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike",
            "notipaddress")  # fmt: skip
_FOR_AWS = ("boolifexists aws:principalisawsservice", "bool aws:viaawsservice", "boolifexists aws:viaawsservice")


def spares_only_named(conditions: list[Condition] | Unknown) -> bool | Unknown:
    """Whether a denial with these conditions holds for all requests but those of named ones. What is not in a request
    differs from everything, so that it makes no difference whether an operator ends in `IfExists`."""
    if isinstance(conditions, Unknown):
        return conditions
    spares: bool | Unknown = False
    for condition in conditions:
        key, operator = condition.key.lower(), condition.operator.lower()
        if f"{operator} {key}" in _FOR_AWS and [str(value).lower() for value in condition.values] == ["false"]:
            continue  # what services of AWS ask for on behalf of somebody is spared, too
        # ForAnyValue holds of no request that has not the key at all.
        name = operator.removeprefix("forallvalues:").removesuffix("ifexists")
        if name not in _DIFFERS or not condition.values:
            return False
        if not key.startswith(_WHO):
            if condition.why is None:
                return False
            spares = condition.why
        for value in condition.values:
            if isinstance(value, str) and _ALL.match(value):
                return False
            if isinstance(value, PartText) and not any(value.can_be(text) for text in _WIDE):
                continue
            if isinstance(value, Unknown) and not name.startswith("stringnotequals") and not surely_named(value):
                spares = value
        spares = spares or True
    return spares


def _bare(operator: str) -> str:
    """Without `ForAnyValue:`, in lower case."""
    return operator.rpartition(":")[2].lower()


# Identity providers of services whose customers all get tokens from the one issuer.
SHARED_ISSUERS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "agent.buildkite.com",
                  "api.bitbucket.org", "oidc.vercel.com", "accounts.google.com")  # fmt: skip
_SAYS_WHOSE = (":sub", ":repository", ":repository_id", ":repository_owner", ":repository_owner_id",
               ":job_workflow_ref", ":project_path", ":namespace_path", ":oaud", ":email", ":google")  # fmt: skip
# repo:*, repo:acme*: whoever can make an organisation called acme-evil is in.
_ANYBODY = lazy_regex(r"\*|(?:[a-z_]+:)?[^:/]*\*|[a-z_]+:\*.*|repo:[^/]*\*.*|repo:[^/]*\Z")
# A subject made of claims that everybody gives his own workflows, environments and branches, with no owner among them.
_NO_OWNER = lazy_regex(
    r"(?!.*\b(?:repo|repository|repository_id|repository_owner|repository_owner_id|job_workflow_ref):[^*:])"
    r"(?:workflow|environment|ref|head_ref|base_ref|ref_type|context|event_name|actor|run_id):.*"
)


def subject_limited(
    principals: Seq | Unknown | None, conditions: list[Condition] | Unknown, providers: dict[str, str]
) -> bool | Unknown | None:
    """Where a shared issuer is trusted, whether a condition says whose tokens count; None where none is."""
    if not isinstance(principals, Seq):
        return None
    shared = [item for item in principals if _issuer_of(item, providers)]
    known = [] if isinstance(conditions, Unknown) else conditions
    if not shared and not any(c.key.lower().startswith(SHARED_ISSUERS) for c in known):
        return None
    if isinstance(conditions, Unknown):
        return conditions
    undecided: Unknown | None = None
    for condition in conditions:
        name = _bare(condition.operator)
        if "not" in name or name == "null" or not condition.values:
            continue
        if not condition.key.lower().endswith(_SAYS_WHOSE):
            if condition.key.endswith(HOLE):
                undecided = undecided or condition.why
            continue
        exact = name.startswith("stringequals")
        verdicts = [_owned_by_nobody(v) or (False if exact else _lets_anybody(v)) for v in condition.values]
        if True in verdicts:
            continue
        unknown = next((v for v, verdict in zip(condition.values, verdicts, strict=True) if verdict is None), None)
        if unknown is None:
            return True
        undecided = undecided or unknown
    return undecided if undecided is not None else False


def _owned_by_nobody(value: Value) -> bool:
    return isinstance(value, str) and _NO_OWNER.fullmatch(value) is not None


def _lets_anybody(value: Value) -> bool | None:
    if isinstance(value, PartText):
        told = [filled(value, lambda text: _ANYBODY.fullmatch(text) is not None),
                # `repo:${var.repository}:*` takes owner and name from one value.
                _ANYBODY.fullmatch(value.template.replace(HOLE, "owner/name")) is not None]  # fmt: skip
        return told[0] if told[0] is told[1] else None
    return None if isinstance(value, Unknown) else isinstance(value, str) and _ANYBODY.fullmatch(value) is not None


def _issuer_of(item: Value, providers: dict[str, str]) -> bool:
    if isinstance(item, str):
        text = item
    elif isinstance(item, Reference):
        text = providers.get(item.target, "")
    elif isinstance(item, PartText) and _names_shared(item.template):
        return True
    elif isinstance(item, Unknown):
        text = next((url for at, url in providers.items() if any(ref.startswith(at + ".") for ref in item.refs)), "")
    else:
        return False
    return _names_shared(text)


def _names_shared(text: str) -> bool:
    return any(re.search(rf"(?:^|/){re.escape(issuer)}(?:/|\Z)", text.lower()) for issuer in SHARED_ISSUERS)
