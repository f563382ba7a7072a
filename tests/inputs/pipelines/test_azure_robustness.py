"""Whatever a file of Azure Pipelines holds, reading it ends, raises nothing, and says the same twice."""

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
        "x", "", "${{ parameters.a }}", "${{ variables.a }}", "${{ a }}", "${{", "$(a)", "none",
        "$(Build.SourceBranch)",
        "$[ variables['a'] ]", "$[ x ]", "t.yml", "t.yml@a", "a", "Bash@3", "AzureKeyVault@2", "inline", "node:1",
        "x ${{ parameters.a }} y", "0", "curl x | sh", "${{ split('a,b', ',') }}", "true", "${{ format('{0}', a) }}",
    ]),
)  # fmt: skip
KEYS = st.sampled_from([
    "stages", "jobs", "steps", "stage", "job", "deployment", "template", "parameters", "variables", "extends", "pool",
    "vmImage", "name", "value", "group", "default", "type", "container", "services", "image", "options", "ports",
    "strategy", "matrix", "runOnce", "deploy", "on", "failure", "environment", "timeoutInMinutes", "condition",
    "task", "inputs", "script", "bash", "targetType", "env", "checkout", "trigger", "pr", "resources", "repositories",
    "repository", "containers", "ref", "a", "lockBehavior", "${{ if parameters.a }}", "${{ if eq(1, 1) }}",
    "${{ else }}", "${{ elseif variables.a }}", "${{ each a in parameters.a }}", "${{ insert }}", "${{ parameters.a }}",
    "${{ if }}", "${{ each }}", "${{ each a in split('a,b,c', ',') }}",
])  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=30,
)
STEPS = st.lists(st.dictionaries(KEYS, ANYTHING, max_size=4), max_size=4)
JOB = st.fixed_dictionaries({"job": SCALARS}, optional={"steps": STEPS, "pool": ANYTHING, "strategy": ANYTHING})
JOBS = st.lists(JOB, max_size=3)


def run(texts: dict[str, str]) -> Reading:
    overlay = {path: text.encode() for path, text in texts.items()}
    return read(sorted(texts), Tree("/nonexistent", overlay), ReadOptions())


def told(reading: Reading) -> str:
    nouns = [
        (resource.address, resource.local, concept, noun.name, noun.key, plain(noun.fields), noun.fields.spans)
        for resource in reading.resources
        for concept, found in resource.nouns.items()
        for noun in found
    ]
    return repr((nouns, reading.problems, reading.notes, reading.files))


def check(texts: dict[str, str]) -> None:
    reading = run(texts)
    assert set(texts) <= set(reading.files)
    addresses = [resource.address for resource in reading.resources]
    assert len(set(addresses)) == len(addresses)
    assert told(reading) == told(run(texts))
    for resource in reading.resources:
        plain(resource.attributes)
        for nouns in resource.nouns.values():
            for noun in nouns:
                for field in noun.fields:
                    assert noun.fields.place(field).line, (resource.address, noun, field)
                    noun.fields.origin_of(field)


LONGER = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@LONGER
@given(st.dictionaries(KEYS, ANYTHING, max_size=6), STEPS, JOBS, ANYTHING)
def test_any_pipeline(document: dict[str, Any], steps: Any, jobs: Any, template: Any) -> None:
    texts = {
        "azure-pipelines.yml": json.dumps({"jobs": jobs, **document}),
        "azure-pipelines.pr.yml": json.dumps({**document, "steps": steps}),
        "t.yml": "steps: []\n" if not isinstance(template, dict) else json.dumps({**template, "steps": steps}),
    }
    check({path: text for path, text in texts.items() if path != "t.yml"} | {"azure-pipelines.t.yml": texts["t.yml"]})
    check({"a/azure-pipelines.yml": texts["azure-pipelines.yml"], "a/azure-pipelines.t.yml": texts["t.yml"]})


@LONGER
@given(STEPS, ANYTHING, ANYTHING)
def test_any_template(steps: Any, given: Any, parameters: Any) -> None:
    call = {"template": "azure-pipelines.t.yml", "parameters": given}
    check({
        "azure-pipelines.yml": json.dumps({"trigger": "none", "steps": [call, *steps]}),
        "azure-pipelines.t.yml": json.dumps({"parameters": parameters, "steps": [*steps, call]}),
    })  # fmt: skip


@LONGER
@given(st.text(alphabet="steps:job{}[]-&*a!?|> \n\t'\"#%@$()0", max_size=80))
def test_any_text(text: str) -> None:
    check({"azure-pipelines.yml": text})
