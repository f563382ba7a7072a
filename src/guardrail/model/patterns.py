"""Regular expressions that are compiled when first used.

A scan comes to few of the four hundred that the modules it imports have, and to compile them all takes as long as
everything else before the first file is read.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Pattern:
    """Stands in for a pattern until one of its attributes is asked for; then it has those of the compiled one."""

    def __init__(self, text: Any, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._text, self._flags)
        for method in ("match", "search", "fullmatch", "finditer", "findall", "sub", "subn", "split"):
            setattr(self, method, getattr(compiled, method))
        self.pattern, self.flags, self.groups = compiled.pattern, compiled.flags, compiled.groups
        self.groupindex = compiled.groupindex
        return getattr(compiled, name)


def lazy_regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later. What is wrong with the text is told at its first use: write no pattern of a user's so."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
