"""Frameworks and their controls: `control_lists/*.yaml`, one file a framework. What a control is called here is said in
our own words; its number is the framework's.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from guardrail.errors import RuleError
from guardrail.formats.yaml import load
from guardrail.model import Map, plain
from guardrail.model.patterns import lazy_regex
from guardrail.policy.vocabulary import suggestion

FOLDER = os.path.join(os.path.dirname(__file__), "control_lists")
_ENHANCEMENT = lazy_regex(r"\([1-9][0-9]?\)\Z")


class Framework(NamedTuple):
    """`controls`: id -> what it asks for, in the framework's order. `enhancements`: AC-6 has an AC-6(10). `kinds`:
    control -> globs over the kinds of resources that it is about, "" for all others; none where it is about any kind.
    """

    name: str
    title: str
    note: str
    enhancements: bool
    controls: dict[str, str]
    kinds: dict[str, tuple[str, ...]]

    def has(self, control: str) -> bool:
        return control in self.controls or (
            self.enhancements and _ENHANCEMENT.sub("", control) in self.controls
        )

    def speaks_of(self, control: str, kind: str) -> bool:
        """Whether a control is about resources of a kind."""
        globs = self.kinds.get(control) or self.kinds[""]
        return not globs or any(fnmatchcase(kind, glob) for glob in globs)

    def title_of(self, control: str) -> str:
        return self.controls.get(control) or self.controls.get(_ENHANCEMENT.sub("", control), "")


@cache
def load_frameworks() -> dict[str, Framework]:
    found: dict[str, Framework] = {}
    for name in sorted(os.listdir(FOLDER)):
        if not name.endswith(".yaml"):
            continue
        with open(os.path.join(FOLDER, name), "rb") as stream:
            data = plain(load(stream.read(), name).documents[0].value)
        found[data["framework"]] = Framework(
            data["framework"], data["title"], data.get("note", ""), bool(data.get("enhancements")),
            {str(control): text for control, text in data["controls"].items()},
            {"": tuple(data.get("kinds", ())), **{str(k): tuple(v) for k, v in data.get("kinds_of", {}).items()}},
        )  # fmt: skip
    return found


def check_mapping(mapping: Map, file: str) -> None:
    """Raises RuleError for a framework or a control that does not exist. `mapping`: framework -> its controls."""
    known = load_frameworks()
    for name, controls in mapping.items():
        place = mapping.place(name)
        framework = known.get(name)
        if framework is None:
            raise RuleError(f"no framework is called {name!r}{suggestion(name, known)}", file, place.line, place.column)
        for control in controls:
            if not framework.has(control):
                hint = suggestion(control, framework.controls)
                raise RuleError(f"{name} has no control {control!r}{hint}", file, place.line, place.column)
