"""Whatever a file holds, reading it ends, raises nothing, and says the same twice."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.inputs.pipelines import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import plain
from guardrail.tree import Tree

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(), st.sampled_from([
        "x", "", "${{ github.head_ref }}", "${{ matrix.a }}", "${{", "actions/checkout@v4", "./x", "docker://a:1", "$A",
        "$$", "${B}", "inherit", "write-all", ".a", "a", "1h", "a@b@c", "composite", "ubuntu-latest", "**/*.yml",
        "${{ fromJSON('[]') }}", "${{ env.A }}", "eval $CI_COMMIT_MESSAGE", "curl x | sh", "!reference",
    ]),
)  # fmt: skip
GITHUB_KEYS = st.sampled_from([
    "on", "true", "name", "permissions", "env", "jobs", "runs", "using", "steps", "uses", "run", "with", "ref",
    "shell", "if", "id", "runs-on", "strategy", "matrix", "include", "exclude", "container", "services", "image",
    "options", "ports", "volumes", "environment", "concurrency", "timeout-minutes", "secrets", "defaults",
    "script", "a", "b", "group", "labels", "inputs", "default",
])  # fmt: skip
GITLAB_KEYS = st.sampled_from([
    "include", "local", "project", "ref", "remote", "component", "stages", "variables", "default", "image",
    "services", "name", "alias", "script", "before_script", "extends", "rules", "if", "when", "only", "refs",
    "tags", "timeout", "environment", "trigger", "forward", "parallel", "matrix", "inherit", "hooks",
    "pre_get_sources_script", "secrets", "a", "b", ".a", ".b", "value", "entrypoint", "workflow", "retry",
])  # fmt: skip


def structures(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=30,
    )


def at_paths(keys: st.SearchStrategy[str], *paths: str) -> st.SearchStrategy[dict[str, Any]]:
    """Documents with something anywhere, and with something at the given paths, so that depths are reached."""

    def build(parts: tuple[Any, ...]) -> dict[str, Any]:
        document: dict[str, Any] = dict(parts[0])
        for path, value in zip(paths, parts[1:], strict=True):
            holder = document
            *names, last = path.split(".")
            for name in names:
                inner = holder.get(name)
                if not isinstance(inner, dict):
                    inner = holder[name] = {}
                holder = inner
            holder[last] = value
        return document

    anything = structures(keys)
    return st.tuples(st.dictionaries(keys, anything, max_size=4), *[anything for _ in paths]).map(build)


def run(texts: dict[str, str]) -> Reading:
    overlay = {path: text.encode() for path, text in texts.items()}
    return read(sorted(texts), Tree("/nonexistent", overlay), ReadOptions())


def told(reading: Reading) -> str:
    nouns = [
        (resource.address, concept, noun.name, noun.key, plain(noun.fields), noun.fields.spans)
        for resource in reading.resources
        for concept, found in resource.nouns.items()
        for noun in found
    ]
    return repr((nouns, reading.problems, reading.notes, reading.files))


def check(texts: dict[str, str]) -> None:
    reading = run(texts)
    assert set(texts) <= set(reading.files)
    assert set(reading.files.values()) <= {"analysed", "partial", "failed", "skipped"}
    for problem in reading.problems:
        assert problem.line >= 0
        assert problem.message
    assert told(reading) == told(run(texts))
    for resource in reading.resources:
        for nouns in resource.nouns.values():
            for noun in nouns:
                for field in noun.fields:
                    assert noun.fields.place(field).line, (resource.address, noun, field)
                    noun.fields.origin_of(field)


LONGER = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@LONGER
@given(at_paths(GITHUB_KEYS, "on", "jobs.a", "jobs.a.steps", "jobs.b.strategy.matrix", "jobs.b.container", "env"))
def test_any_workflow(document: dict[str, Any]) -> None:
    check({".github/workflows/w.yml": json.dumps(document)})


@LONGER
@given(at_paths(GITHUB_KEYS, "runs.using", "runs.steps", "inputs"))
def test_any_action(document: dict[str, Any]) -> None:
    caller = {"on": "push", "jobs": {"a": {"steps": [{"uses": "./x", "with": {"a": "${{ github.head_ref }}"}}]}}}
    check({"x/action.yml": "runs:\n  using: x\n" + json.dumps(document), ".github/workflows/w.yml": json.dumps(caller)})
    check({".github/workflows/action.yml": json.dumps(document)})


@LONGER
@given(at_paths(GITLAB_KEYS, "a", ".a", "default", "include", "a.extends", ".b.extends", "a.script"))
def test_any_gitlab_pipeline(document: dict[str, Any]) -> None:
    check({".gitlab-ci.yml": json.dumps(document).replace('"!reference"', "!reference [.a, script]")})


@LONGER
@given(st.text(alphabet="on:jobs{}[]-&*a!?|> \n\t'\"#%@0", max_size=80))
def test_any_text(text: str) -> None:
    check({".github/workflows/w.yml": text, ".gitlab-ci.yml": text, "x.yml": text})
