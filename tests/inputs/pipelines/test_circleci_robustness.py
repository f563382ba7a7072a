"""Whatever a configuration of CircleCI holds, reading it ends, raises nothing, and says the same twice."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.inputs.pipelines import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import plain
from guardrail.tree import Tree

PATH = ".circleci/config.yml"
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(), st.sampled_from([
        "x", "", "a", "b/a", "<< parameters.a >>", "x << parameters.a >> y", "<< pipeline.parameters.a >>", "<<", "run",
        "<< pipeline.git.branch >>", "<< matrix.a >>", "checkout", "c/d@1", "c/d@dev:x", "string", "steps", "boolean",
        "ns/class", "eval $CIRCLE_BRANCH", "curl x | sh", "img:1", "approval", "/.*/", "executor", "default",
    ]),
)  # fmt: skip
KEYS = st.sampled_from([
    "orbs", "commands", "jobs", "executors", "parameters", "workflows", "steps", "docker", "machine", "image",
    "executor",
    "resource_class", "run", "command", "name", "shell", "when", "unless", "condition", "equal", "and", "not", "type",
    "default", "a", "b", "matrix", "exclude", "requires", "filters", "branches", "only", "context", "pre-steps",
    "triggers", "schedule", "environment", "add_ssh_keys", "serial-group", "b/a", "version", "user", "entrypoint",
])  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
STEPS = st.lists(st.one_of(SCALARS, st.dictionaries(KEYS, ANYTHING, min_size=1, max_size=2)), max_size=4)
DECLARED = st.dictionaries(
    st.sampled_from(["a", "b"]), st.fixed_dictionaries({"type": SCALARS}, optional={"default": ANYTHING}), max_size=2
)


def run(text: str) -> Reading:
    return read([PATH], Tree("/nonexistent", {PATH: text.encode()}), ReadOptions())


def told(reading: Reading) -> str:
    nouns = [
        (resource.address, resource.local, concept, noun.name, noun.key, plain(noun.fields), noun.fields.spans)
        for resource in reading.resources
        for concept, found in resource.nouns.items()
        for noun in found
    ]
    return repr((nouns, reading.problems, reading.notes, reading.files))


def check(text: str) -> None:
    reading = run(text)
    assert PATH in reading.files
    addresses = [resource.address for resource in reading.resources]
    assert len(set(addresses)) == len(addresses)
    assert told(reading) == told(run(text))
    for resource in reading.resources:
        plain(resource.attributes)
        for nouns in resource.nouns.values():
            for noun in nouns:
                for field in noun.fields:
                    assert noun.fields.place(field).line, (resource.address, noun, field)
                    noun.fields.origin_of(field)


LONGER = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@LONGER
@given(st.dictionaries(KEYS, ANYTHING, max_size=6))
def test_anything(document: dict[str, Any]) -> None:
    check(json.dumps({"version": 2.1, **document}))


@LONGER
@given(STEPS, STEPS, DECLARED, DECLARED, ANYTHING, st.lists(ANYTHING, max_size=3))
def test_what_looks_right(steps: Any, inner: Any, ours: Any, theirs: Any, executor: Any, uses: Any) -> None:
    document = {
        "version": 2.1,
        "orbs": {"b": {"commands": {"a": {"parameters": theirs, "steps": inner}}, "jobs": {"a": {"steps": steps}}}},
        "parameters": ours,
        "commands": {"a": {"parameters": ours, "steps": inner}},
        "executors": {"default": {"docker": [{"image": "<< parameters.a >>"}], "parameters": theirs}},
        "jobs": {"a": {"parameters": ours, "executor": executor, "steps": steps}, "b": {"docker": executor}},
        "workflows": {"w": {"jobs": [{"a": {"a": "x"}}, *uses, "b/a", {"b": {"requires": ["a"], "matrix": executor}}]}},
    }
    check(json.dumps(document))


@LONGER
@given(st.text(alphabet="jobs:run{}[]-&*a!?|<> \n\t'\"#%@$()0", max_size=80))
def test_any_text(text: str) -> None:
    check(text)
    check("version: 2.1\njobs:\n  a:\n    steps:\n    - run: " + json.dumps(text))
