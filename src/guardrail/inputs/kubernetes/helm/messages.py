"""What Helm says, which are often a chart's own words, without the credentials among the values that it was given."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from guardrail.formats.secret_forms import is_telling, secret_by_name
from guardrail.formats.secret_texts import veiled
from guardrail.model import Map, Seq, Value
from guardrail.model.patterns import lazy_regex

# The parser of YAML quotes the beginning of a value that is not of the type that it wants.
_QUOTED = lazy_regex(r"(!!\w+ )`[^`]*`")
# A template as Helm calls it. It begins where a word does, so that a long word is looked at once.
TEMPLATE = r"(?<![\w.+/-])[\w.+-]{1,255}(?:/[\w.+-]{1,255}){0,40}/templates/[\w./+-]{1,1000}"
_TEMPLATE = lazy_regex(f"({TEMPLATE})")
_SHORT = 8  # characters; what is shorter may well be a part of some other word


def without_secrets(message: str, values: Iterable[Map]) -> str:
    found = sorted({secret for given in values for secret in _secrets(given) if secret in message}, key=len)
    parts = _TEMPLATE.split(message)
    for index in range(0, len(parts), 2):  # the others are names of files, which may be called as a secret is
        for secret in reversed(found):
            if len(secret) < _SHORT:
                parts[index] = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", parts[index])
            else:
                parts[index] = parts[index].replace(secret, "***")
    return veiled(_QUOTED.sub(r"\1`...`", "".join(parts)))


def _secrets(values: Map) -> set[str]:
    """What stands under names of credentials, in the ways that a template may put it."""
    found: set[str] = set()
    stack: list[tuple[str, Value]] = [("", values)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, Map):
            named = value.get("name")
            stack += [(str(named) if key == "value" and named else str(key), item) for key, item in value.items()]
        elif isinstance(value, Seq):
            stack += [(name, item) for item in value]
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            for text in {str(value), *str(value).split("\n")}:
                if _is_credential(name, text.strip()):
                    found |= {text.strip(), " ".join(text.split()), base64.b64encode(str(value).encode()).decode()}
    return found


def _is_credential(name: str, text: str) -> bool:
    """Rather too much than too little: a word with a digit in it may be a token that is none."""
    if secret_by_name(name, text):
        return True
    return is_telling(name) and len(text) >= 6 and any(character.isdecimal() for character in text)
