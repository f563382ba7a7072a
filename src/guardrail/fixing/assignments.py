"""What a finding's remedy says to write: an attribute, and a literal."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

# At the very start of a remedy, which `rules/` and packs hold to: what comes after it is for people.
_HCL = lazy_regex(r"\ASet `(?P<path>[A-Za-z_]\w*) = (?P<value>true|false|-?\d+|\"[^\"`$%{}\\]*\")`")
_YAML = lazy_regex(
    r"\ASet `(?P<path>[A-Za-z_][\w-]*(?:: \{[A-Za-z_][\w-]*)*): "
    r"(?P<value>true|false|-?\d+|\"[^\"`$%{}\\]*\"|[A-Za-z][\w.-]*)\}*`"
)


class Assignment(NamedTuple):
    """`path`: one name, or in YAML several (Set `with: {persist-credentials: false}`). `value` is as it stands in the
    text: `true`, `"TLS1_2"`. `is_hcl`: it is meant for HCL, not for YAML."""

    path: tuple[str, ...]
    value: str
    is_hcl: bool

    @property
    def name(self) -> str:
        return self.path[-1]


def assignment_of(remedy: str) -> Assignment | None:
    found = _HCL.match(remedy)
    if found is not None:
        return Assignment((found["path"],), found["value"], True)
    found = _YAML.match(remedy)
    return Assignment(tuple(found["path"].split(": {")), found["value"], False) if found is not None else None
