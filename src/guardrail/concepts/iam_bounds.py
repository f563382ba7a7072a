"""Policies that give nobody anything: what they allow is the most that others may give."""

from __future__ import annotations

from guardrail.model import Inventory, Resource

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
        if use in _BOUNDS or (use in _HANDED_ON and only_bounds(other, inventory, steps + 1)):
            found = True
        elif use != ("aws_iam_policy_document", "statement") and use[1] != "depends_on":
            return False
    return found
