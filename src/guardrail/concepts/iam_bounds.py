"""Policies that give nobody anything: what they allow is the most that others may give."""

from __future__ import annotations

import re

from guardrail.model import Inventory, Resource
from guardrail.model.patterns import lazy_regex

# Through which attribute of whom a policy is a bound and no grant. An endpoint's policy says what may pass it.
_BOUNDS = frozenset((
    ("aws_vpc_endpoint", "policy"),
    ("aws_vpc_endpoint_policy", "policy"),
    ("aws_organizations_policy", "content"),
    ("aws_iam_role", "permissions_boundary"),
    ("aws_iam_user", "permissions_boundary"),
    ("aws_ssoadmin_permissions_boundary_attachment", "permissions_boundary"),
))  # fmt: skip
# Through which the text is handed on, so that it hangs on what becomes of it there.
_HANDED_ON = frozenset((
    ("aws_iam_policy", "policy"),
    ("aws_iam_policy_document", "source_policy_documents"),
    ("aws_iam_policy_document", "override_policy_documents"),
    ("aws_iam_policy_document", "source_json"),
    ("aws_iam_policy_document", "override_json"),
))  # fmt: skip
# Whose documents bound whatever `for_each` hands them as.
_BOUNDED = frozenset(("aws_vpc_endpoint", "aws_vpc_endpoint_policy", "aws_organizations_policy"))
# A module that is not read is told by its name, and its arguments by theirs: the VPC module's endpoints, which have
# policies, and older versions' `s3_endpoint_policy`.
_OF_ENDPOINTS = lazy_regex(r"vpc[-_]?endpoint", re.I)
_FOR_ENDPOINTS = lazy_regex(r"endpoints?_polic(?:y|ies)\b", re.I)
MAX_STEPS = 8


def only_bounds(policy: Resource, inventory: Inventory, steps: int = 0) -> bool:
    """Whether all that uses a policy, or the document of one, uses it as a bound, and something does. Where another
    policy is about it (`iam:AttachRolePolicy` on its ARN), that is no use."""
    if steps > MAX_STEPS:
        return False
    known: dict[str, bool] = inventory.indexes.setdefault("iam bounds", {})  # type: ignore[assignment]
    if policy.address not in known:
        known[policy.address] = False  # of what comes back to itself
        known[policy.address] = _only_bounds(policy, inventory, steps)
    return known[policy.address]


def _only_bounds(policy: Resource, inventory: Inventory, steps: int) -> bool:
    found = False
    for other, path in inventory.referring_to(policy):
        use = other.kind, path.partition(".")[0].partition("[")[0]
        if other.kind == "module":
            if _is_read(other, inventory):
                continue  # what is in it uses the policy, or nobody does
            if not _bounds_by_name(other, path):
                return False
            found = True
        elif _is_bound(use) or (use in _HANDED_ON and only_bounds(other, inventory, steps + 1)):
            found = True
        elif use != ("aws_iam_policy_document", "statement") and use[1] != "depends_on":
            return False
    return found


def _is_bound(use: tuple[str, str]) -> bool:
    return use in _BOUNDS or (use[0] in _BOUNDED and use[1] == "for_each")


def _is_read(call: Resource, inventory: Inventory) -> bool:
    """Whether what the module makes is among what is judged."""
    within = (f"{call.address}.", f"{call.address}[")
    return any(other.address.startswith(within) for other in inventory.resources)


def _bounds_by_name(call: Resource, argument: str) -> bool:
    """`module.vpc_endpoints`, or of that source; or by the argument that takes the policy."""
    names = (call.local, call.attributes.get("source"))
    told = any(isinstance(name, str) and _OF_ENDPOINTS.search(name) for name in names)
    return told or bool(_FOR_ENDPOINTS.search(argument))
