"""Is this JSON file what `terraform show -json` writes? Told from its top-level keys: other output of Terraform
(provider schemas, `validate -json`) has a `format_version` too. A plan that somebody cut down may have lost its
`terraform_version`; a state needs it, for much has `values`."""

from __future__ import annotations

import json

from guardrail.model.patterns import lazy_regex

_SPACE = lazy_regex(r"[ \t\r\n]*")
_PLANNED = frozenset(("planned_values", "resource_changes"))
_TOLD = lazy_regex(rb'"(?:terraform_version|planned_values|resource_changes)"')
_FIRST_SORTED = lazy_regex(rb'\s*\{\s*"(?:applyable|checks|complete|configuration)"\s*:')


def recognise(path: str, head: bytes) -> bool:
    """`head` is the file's beginning, or all of it: what it is may stand far down where the keys are sorted."""
    if not path.lower().endswith(".json"):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell redirects
        text = head.decode("utf-16", "replace")
    elif b'"format_version"' in head and _TOLD.search(head):
        text = head.decode("utf-8-sig", "replace")
    else:
        return False
    keys = _top_keys(text)
    if "format_version" not in keys:
        return False
    if not _PLANNED.isdisjoint(keys):
        return True
    # Of a plan's variables there may be so many that the head has no more.
    return "terraform_version" in keys and ("values" in keys or keys[2:] == ["variables"])


def may_be_sorted(head: bytes) -> bool:
    """Whether a file begins as a plan does whose keys somebody sorted, so that what it is stands at its end."""
    return _FIRST_SORTED.match(head) is not None


def _top_keys(text: str) -> list[str]:
    """The keys of a JSON object, as far as they go; none where it is something else."""
    keys: list[str] = []
    at = _after_space(text, 0)
    if text[at : at + 1] != "{":
        return []
    decode = json.JSONDecoder(strict=False).raw_decode
    try:
        while text[at : at + 1] in ("{", ","):
            key, at = decode(text, _after_space(text, at + 1))
            at = _after_space(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                break
            keys.append(key)
            _, at = decode(text, _after_space(text, at + 1))
            at = _after_space(text, at)
    except (ValueError, RecursionError):  # cut off, or no JSON: the reader says which
        pass
    return keys


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
