"""Whether a trust policy lets a whole account in."""

from __future__ import annotations

from guardrail.concepts.iam_statements import Part
from guardrail.concepts.lists import Found
from guardrail.model import HOLE, PartText, Reference, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

_ACCOUNT = lazy_regex(r"[0-9]{12}\Z|arn:aws[a-z-]*:iam::[0-9]{12}:root\Z")
_NO_ACCOUNTS = (":role/", ":user/", ":assumed-role/", ":oidc-provider/", ":saml-provider/")
_FEDERATED = frozenset(("sts:assumerolewithwebidentity", "sts:assumerolewithsaml"))
"""What no account's principals can do."""


def trusts_account(principals: Part, actions: Part) -> Found:
    if principals.values is None or _for_others(actions.values):
        return False, principals.place
    if not isinstance(principals.values, Seq):
        return principals.values, principals.place
    undecided: Found | None = None
    for index, item in enumerate(principals.values):
        place = principals.values.place(index)
        found = _is_account(item)
        if found is True:
            return True, place
        if isinstance(found, Unknown):
            undecided = undecided or (found, place)
    return undecided or (False, principals.place)


def _for_others(actions: Value) -> bool:
    """Whether the statement is for those only whom an identity provider vouches for."""
    if not isinstance(actions, Seq) or not actions:
        return False
    return all(isinstance(action, str) and action.lower() in _FEDERATED for action in actions)


def _is_account(item: Value) -> bool | Unknown:
    if isinstance(item, str):
        return _ACCOUNT.match(item) is not None
    if isinstance(item, Reference):
        if item.attribute.endswith("account_id"):
            return True
        return False if item.attribute == "arn" else item
    if isinstance(item, PartText):
        return _in_part(item)
    return item if isinstance(item, Unknown) else False


def _in_part(item: PartText) -> bool | Unknown:
    """By how the text ends, and what it is an ARN of: `arn:aws:iam::${var.account}:root` is an account, whichever."""
    if any(kind in item.template for kind in _NO_ACCOUNTS):
        return False
    end = item.template[item.template.rindex(HOLE) + 1 :]
    if not end or end.isdecimal() or end in ("t", "ot", "oot", "root"):
        return item.whole()
    return end.endswith(":root")
