"""Shell that a container is told to run: `command: [sh, -c, ...]`."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.scripts import script_noun
from guardrail.model import Inventory, Noun, Resource, Seq
from guardrail.model.patterns import lazy_regex

_SHELL = lazy_regex(r"(?:\S*/)?(?:ba|z|k|da|a)?sh\Z")
_COMMAND = lazy_regex(r"-[a-zA-Z]*c[a-zA-Z]*\Z")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    # What is a pipeline as well has scripts that know what is pasted into them.
    if any(noun.fields.get("class") == "step" for noun in resource.nouns.get("script", ())):
        return
    for container in resource.nouns.get("container", ()):
        words = container.fields.get("command")
        if not isinstance(words, Seq):
            continue
        at = code_index(words)
        if at is not None:
            label = f"command of container {container.name}"
            yield script_noun(words, at, "container", label, f"{container.key}/command")


def code_index(words: Seq) -> int | None:
    """Where in a command line the code is that a shell is handed: what follows its `-c`."""
    shell = False
    for index, word in enumerate(words[:8]):
        if not isinstance(word, str):
            return None
        if shell and _COMMAND.match(word):
            return index + 1 if index + 1 < len(words) else None
        shell = shell or bool(_SHELL.match(word))
    return None
