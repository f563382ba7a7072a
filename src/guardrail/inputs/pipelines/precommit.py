"""pre-commit's configuration: the repositories whose hooks run at each commit.

Follows "Adding pre-commit plugins to your project" of pre-commit's documentation.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Problem, Resource, Seq
from guardrail.model.patterns import lazy_regex

PROVIDER = "pre-commit"
_GITHUB = lazy_regex(r"(?:https?://|git@|ssh://git@|git://)github\.com[/:]([^/]+/[^/]+?)(?:\.git)?/?\Z")


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    for path in files:
        source = library.get(path)
        problems = list(source.problems)
        root = source.root
        repositories = root.get("repos") if root is not None else None
        if source.is_odd:
            problems.append(Problem("malformed", "is no mapping, so no configuration of pre-commit", path, 1))
        elif repositories is not None and not isinstance(repositories, Seq):
            line = root.place("repos").line if root is not None else 1
            problems.append(Problem("malformed", "`repos` is not a list", path, line))
        keys = Keys()
        for index, entry in enumerate(repositories if isinstance(repositories, Seq) else ()):
            if isinstance(entry, Map):
                reading.resources.append(_repository(path, entry, index, keys))
        reading.files[path] = "failed" if root is None else "partial" if problems else "analysed"
        reading.problems += problems
    return reading


def _repository(path: str, entry: Map, index: int, keys: Keys) -> Resource:
    address = text_of(entry.get("repo")) or ""
    match = _GITHUB.match(address)
    name = match[1] if match else address
    resource = pipeline_resource(PROVIDER, "hook", path, f"repos[{index}]", entry, keys.next(f"repos.{name}"))
    if address in ("", "local", "meta"):
        return resource
    place = entry.spans["repo"]
    revision = text_of(entry.get("rev")) or ""
    draft = Draft("dependency", place)
    draft.put("ecosystem", "hook")
    draft.put("name", name)
    draft.put("source", address, place)
    if match:
        draft.put("repository", name.lower())
    draft.put("owner", name.partition("/")[0] if match else "")
    if revision:
        draft.put("version", revision, entry.spans["rev"])
    draft.put("pin", git_pin(revision), entry.spans.get("rev", place))
    draft.put("local", False)
    resource.add_noun(draft.noun(name))
    return resource
