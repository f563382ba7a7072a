"""Which actions of AWS can be limited to resources, and what they do there.

`aws_actions.gz` holds what the Service Authorization Reference says
(https://docs.aws.amazon.com/service-authorization/latest/reference/): a line for each service, with its actions that
take a resource, by access level. Read when a policy grants something on everything, and then only the lines of the
services that it names.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache

WRITES = "WT"
CHANGES_PERMISSIONS = "P"
ANY = "LPRTW"
"""Levels: L(ist), P(ermissions management), R(ead), T(agging), W(rite)."""

# What the reference calls a change, and changes nothing: whoever may use a key leaves the key as it is, and what
# others have encrypted with it, too.
_NO_CHANGES = {
    "kms": frozenset((
        "decrypt", "encrypt", "generatedatakey", "generatedatakeypair", "generatedatakeypairwithoutplaintext",
        "generatedatakeywithoutplaintext", "generatemac", "reencryptfrom", "reencryptto", "sign", "verify", "verifymac",
        "derivesharedsecret",
    )),
    "fsx": frozenset(("getresourcepolicy",)),
    "glue": frozenset(("describeentity", "listentities")),
    "monitron": frozenset(("listprojectadminusers",)),
    "quicksight": frozenset((
        "describedatasetpermissions", "describedatasourcepermissions", "describetopicpermissions",
    )),
    "secretsmanager": frozenset(("validateresourcepolicy",)),
}  # fmt: skip


@lru_cache(maxsize=1)
def _text() -> str:
    import zlib

    with open(os.path.join(os.path.dirname(__file__), "aws_actions.gz"), "rb") as stream:
        return zlib.decompress(stream.read(), 31).decode()


@lru_cache(maxsize=256)
def _service(name: str) -> dict[str, tuple[str, ...]]:
    """Level -> the service's actions of that level, in lower case."""
    text = _text()
    start = text.find(f"\n{name} ")
    if start < 0:
        return {}
    line = text[start + len(name) + 2 : text.index("\n", start + 1)]
    parts = (part.split(":", 1) for part in line.split(" "))
    levels = {level: tuple(actions.lower().split(",")) for level, actions in parts}
    harmless = _NO_CHANGES.get(name)
    if harmless:
        reads = tuple(action for actions in levels.values() for action in actions if action in harmless)
        levels = {level: tuple(action for action in actions if action not in harmless)
                  for level, actions in levels.items()}  # fmt: skip
        levels["R"] = levels.get("R", ()) + reads
    return levels


@lru_cache(maxsize=2048)
def takes_in(written: str, levels: str) -> bool:
    """Whether an action as a policy writes it (`s3:Put*`) takes in one of these levels that a resource could limit."""
    service, _, action = written.lower().partition(":")
    if not action or "*" in service or "?" in service:
        return False
    known = _service(service)
    if not known:
        return False
    if "*" not in action and "?" not in action:
        return any(action in known.get(level, ()) for level in levels)
    text = re.sub(r"\*+", "*", action[:256])
    if text.count("*") > 8:
        return False
    match = re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", ".") + r"\Z").match
    return any(match(name) for level in levels for name in known.get(level, ()))
