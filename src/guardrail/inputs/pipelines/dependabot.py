"""Dependabot's configuration: what it is told to update, how soon, and whether it may run code for that.

Follows GitHub's "Dependabot options reference", version 2 of the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Problem, Resource, Seq

PROVIDER = "dependabot"
_DAY = 86400


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    for path in files:
        source = library.get(path)
        problems = list(source.problems)
        root = source.root
        updates = root.get("updates") if root is not None else None
        if root is None:
            if source.is_odd:
                problems.append(Problem("malformed", "is no mapping, so no configuration of Dependabot", path, 1))
            reading.files[path] = "failed"
        elif not isinstance(updates, Seq):
            if updates is not None:
                problems.append(Problem("malformed", "`updates` is not a list", path, root.place("updates").line))
            reading.files[path] = "partial" if problems else "analysed"
        else:
            keys = Keys()
            for index, update in enumerate(updates):
                if isinstance(update, Map):
                    reading.resources.append(_update(path, update, index, keys))
                else:
                    line = updates.place(index).line
                    problems.append(Problem("malformed", f"updates[{index}] is not a mapping", path, line))
            reading.files[path] = "partial" if problems else "analysed"
        reading.problems += problems
    return reading


def _update(path: str, update: Map, index: int, keys: Keys) -> Resource:
    ecosystem = text_of(update.get("package-ecosystem")) or "anything"
    folder = text_of(update.get("directory")) or ""
    name = f"{ecosystem} in {folder}" if folder else ecosystem
    resource = pipeline_resource(
        PROVIDER, "update", path, f"updates[{index}]", update, keys.next(f"updates.{ecosystem}.{folder}")
    )
    header = update.spans.get("package-ecosystem", update.header)
    draft = Draft("update", header, update.span)
    draft.put("name", name)
    draft.put("system", PROVIDER)
    draft.put("ecosystem", ecosystem, header)
    limit = update.get("open-pull-requests-limit")
    # With a limit of 0 only security updates are proposed, which wait for nothing.
    draft.put("raises_versions", limit not in (0, "0"), update.spans.get("open-pull-requests-limit", header))
    cooldown = update.get("cooldown")
    if isinstance(cooldown, Map):
        days = cooldown.get("default-days")
        if isinstance(days, (int, float)) and not isinstance(days, bool):
            draft.put("waits", days * _DAY, cooldown.spans["default-days"])
        else:
            draft.fields.spans["waits"] = cooldown.spans.get("default-days", update.place("cooldown"))
    execution = text_of(update.get("insecure-external-code-execution"))
    place = update.spans.get("insecure-external-code-execution", header)
    draft.put("runs_code", execution == "allow", place)
    resource.add_noun(draft.noun(name))
    return resource
