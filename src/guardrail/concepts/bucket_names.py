"""What is to be said of the name of a bucket on S3, as far as it is written out."""

from __future__ import annotations

from guardrail.model import PartText, Value
from guardrail.model.patterns import lazy_regex

_FOREIGN = lazy_regex(r"[^a-z0-9.-]")
_WHOLE = lazy_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ADDRESS = lazy_regex(r"\d+\.\d+\.\d+\.\d+\Z")
_KEPT_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_KEPT_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def form(name: Value) -> str | None:
    """plain, dotted, or refused (S3 takes no bucket of that name); None where the part that decides is unknown."""
    if isinstance(name, PartText):
        if _FOREIGN.search(name.literal) or ".." in name.template:
            return "refused"
        return "dotted" if "." in name.literal else None
    if not isinstance(name, str) or not name:
        return None
    if not _WHOLE.match(name) or ".." in name or _ADDRESS.match(name):
        return "refused"
    if name.startswith(_KEPT_PREFIXES) or name.endswith(_KEPT_SUFFIXES):
        return "refused"
    return "dotted" if "." in name else "plain"
