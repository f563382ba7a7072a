"""Template expressions, conditions that can't be decided, and templates that call each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.azure_expressions import Loose, equal, evaluate, truth
from guardrail.inputs.pipelines.expressions import parse
from guardrail.model import Map, Seq, Unknown

ROOT = "azure-pipelines.yml"


def value(text: str, **names: Any) -> Any:
    return evaluate(parse(text), lambda path: names.get(".".join(str(part) for part in path), Unknown("not told")))


@pytest.mark.parametrize(("text", "wanted"), [
    ("eq('Main', 'main')", True), ("ne(1, '1')", False), ("eq('', null)", True), ("eq(true, 'true')", True),
    ("and(true, eq(1, 2), x)", False), ("or(x, true)", True), ("not(false)", True), ("xor(true, false)", True),
    ("in('b', 'a', 'B')", True), ("notIn('b', 'a')", True), ("contains('abcd', 'BC')", True),
    ("startsWith('refs/tags/1', 'refs/tags')", True), ("endsWith('a.yml', '.yaml')", False),
    ("coalesce('', null, 'c', x)", "c"), ("format('{0}-{1}{{}}', 'a', 2)", "a-2{}"),
    ("join('-', split('a,b', ','))", "a-b"),
    ("lower('AB')", "ab"), ("upper('ab')", "AB"), ("replace('a.b', '.', '_')", "a_b"), ("iif(eq(1, 1), 'y', x)", "y"),
    ("length('abc')", 3), ("gt(2, 1)", True), ("le('2', 1)", False), ("containsValue(split('a,b', ','), 'b')", True),
    ("trim(' a ')", "a"), ("convertToJson('a')", '"a"'), ("True", True),
])  # fmt: skip
def test_functions(text: str, wanted: Any) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize("text", [
    "x", "eq(x, 1)", "and(true, x)", "or(false, x)", "in('a', x)", "format('{0}', x)", "iif(x, 1, 2)",
    "counter('a', 1)",
    "eq(false, 'false')", "coalesce(x, 'a')", "a && b",
])  # fmt: skip
def test_what_cannot_be_known(text: str) -> None:
    assert isinstance(value(text), Unknown)


def test_texts_that_no_type_makes_booleans() -> None:
    assert equal(Loose("true"), True) is True
    assert equal(Loose("false"), "False") is True
    assert isinstance(truth(Loose("false")), Unknown)
    assert truth(Loose("")) is False
    assert [truth(one) for one in (Map(), Seq(), "", 0, "x")] == [True, True, False, False, True]


@pytest.fixture
def steps_of(read_texts: Callable[..., Any]) -> Callable[..., list[tuple[Any, bool]]]:
    """(code, whether it surely runs) of each step of a pipeline."""

    def run(text: str, extra: dict[str, str] | None = None) -> list[tuple[Any, bool]]:
        found = read_texts({ROOT: text, **(extra or {})})
        assert found.problems == []
        return [
            (step.nouns["script"][0].fields["text"], step.uncertain is None)
            for step in found.by_address.values()
            if step.kind == "step"
        ]

    return run


CHAIN = """
{head}
steps:
  - ${{{{ if {one} }}}}:
      - bash: first
  - ${{{{ elseif {two} }}}}:
      - bash: second
  - ${{{{ else }}}}:
      - bash: third
  - bash: always
"""


@pytest.mark.parametrize(("one", "two", "kept"), [
    ("eq(1, 1)", "eq(1, 1)", [("first", True)]),
    ("eq(1, 2)", "eq(1, 1)", [("second", True)]),
    ("eq(1, 2)", "eq(1, 2)", [("third", True)]),
    ("variables.x", "eq(1, 1)", [("first", False), ("second", False)]),
    ("eq(1, 2)", "variables.x", [("second", False), ("third", False)]),
    ("variables.x", "variables.y", [("first", False), ("second", False), ("third", False)]),
    # What is so where nobody chooses otherwise surely is; its opposite may be.
    ("parameters.yes", "eq(1, 2)", [("first", True), ("third", False)]),
    ("parameters.no", "eq(1, 2)", [("first", False), ("third", True)]),
    ("eq(parameters.no, true)", "parameters.yes", [("first", False), ("second", True), ("third", False)]),
])  # fmt: skip
def test_chains(steps_of: Callable[..., Any], one: str, two: str, kept: list[tuple[str, bool]]) -> None:
    head = "parameters:\n  - {name: yes, type: boolean, default: true}\n  - {name: no, type: boolean, default: false}"
    assert steps_of(CHAIN.format(one=one, two=two, head=head)) == [*kept, ("always", True)]


def test_mappings(read_texts: Callable[..., Any]) -> None:
    found = read_texts({ROOT: """
variables:
  ${{ if eq(1, 1) }}:
    a: one
  ${{ else }}:
    a: two
  ${{ if eq(variables['Build.Reason'], 'Schedule') }}:
    b: nightly
  ${{ each pair in parameters.more }}:
    more_${{ pair.key }}: ${{ pair.value }}
  c: ${{ variables.a }}!
parameters:
  - name: more
    type: object
    default: {x: 1, y: 2}
steps:
  - bash: make
    env:
      ${{ insert }}: ${{ parameters.more }}
      own: here
"""})
    variables = found.by_address[ROOT].attributes["variables"]
    assert found.noun(f"{ROOT}#steps[0]", "script")
    assert found.by_address[f"{ROOT}#steps[0]"].attributes["env"] == {"x": 1, "y": 2, "own": "here"}
    # A mapping of variables is shown as it is written.
    assert "c" in variables


def test_variables_of_lists_see_those_before_them(read_texts: Callable[..., Any]) -> None:
    found = read_texts({ROOT: """
variables:
  - name: a
    value: one
  - ${{ if eq(variables.a, 'one') }}:
      - name: b
        value: ${{ variables.a }}-two
  - ${{ if eq(variables['Build.Reason'], 'Schedule') }}:
      - name: a
        value: other
      - name: c
        value: nightly
steps:
  - ${{ if eq(variables.b, 'one-two') }}:
      - bash: make
"""})
    assert found.by_address[f"{ROOT}#steps[0]"].uncertain is None
    variables = found.by_address[ROOT].attributes["variables"]
    assert (variables["a"], variables["b"]) == ("one", "one-two")
    assert isinstance(variables["c"], Unknown)


def test_parameters_are_handed_on(steps_of: Callable[..., Any]) -> None:
    root = """
steps:
  - template: ci/outer.yml
    parameters:
      command: make ${{ 'all' }}
      extra:
        - ${{ if eq(1, 1) }}:
            - bash: extra
"""
    extra = {
        "ci/outer.yml": "parameters:\n  - name: command\n  - name: extra\n    type: stepList\nsteps:\n"
                        "  - template: inner.yml\n    parameters:\n      command: ${{ parameters.command }} -j\n"
                        "      steps: ${{ parameters.extra }}\n",
        "ci/inner.yml": "parameters: {command: none, steps: [], last: /ci/last.yml}\nsteps:\n"
                        "  - bash: ${{ parameters.command }}\n  - ${{ parameters.steps }}\n"
                        "  - template: ${{ parameters.last }}\n",
        "ci/last.yml": "steps:\n  - bash: last\n",
    }  # fmt: skip
    assert steps_of(root, extra) == [("make all -j", True), ("extra", True), ("last", True)]


def test_code_of_a_parameter_is_looked_at_where_it_is_run(read_texts: Callable[..., Any]) -> None:
    found = read_texts({
        ROOT: "steps:\n  - template: t.yml\n    parameters:\n      code: |\n"
              "        make\n        curl https://x/i | sh\n",
        "t.yml": "parameters:\n  - name: code\nsteps:\n  - bash: ${{ parameters.code }}\n",
    })  # fmt: skip
    fields = found.noun(f"{ROOT}#steps[0]", "script").fields
    assert fields["remote_pipe"] is True
    assert fields.place("remote_pipe")[:3] == (ROOT, 6, 9), "the caller's line"
    assert fields.origin_of("text")[0].note == "parameters.code, as t.yml is given it"


def test_a_template_that_nothing_calls_is_read_with_its_defaults(read_texts: Callable[..., Any]) -> None:
    found = read_texts({"templates/steps.yml": """
parameters:
  - name: tool
    default: make
  - name: target
steps:
  - bash: ${{ parameters.tool }}
  - bash: ${{ parameters.target }}
  - ${{ if eq(parameters.target, 'all') }}:
      - bash: all
"""})
    first, second, third = (found.by_address[f"templates/steps.yml#steps[{index}]"] for index in range(3))
    assert first.nouns["script"][0].fields["text"] == "make"
    assert isinstance(second.nouns["script"][0].fields["text"], Unknown)
    assert third.uncertain is not None
    assert "job" not in {kind for r in found.by_address.values() for kind in r.nouns}, "whose job it is, is not known"


def test_a_template_that_is_named_only_where_one_asks_for_it(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: (
        "parameters:\n  - {name: pre, type: string, default: ''}\nsteps:\n  - ${{ if parameters.pre }}:\n"
        "    - template: ${{ parameters.pre }}\n  - script: make\n"
    )})  # fmt: skip
    assert read.problems == []


def test_extends(read_texts: Callable[..., Any]) -> None:
    found = read_texts({
        ROOT: "extends:\n  template: app.yml\n  parameters:\n    jobs:\n      - {job: own, steps: [{bash: own}]}\n",
        "app.yml": "parameters:\n  - {name: jobs, type: jobList}\nvariables: {image: ubuntu-24.04}\n"
                   "stages:\n  - stage: build\n    pool: {vmImage: $(image)}\n    jobs: ${{ parameters.jobs }}\n",
    })  # fmt: skip
    job = found.noun(f"{ROOT}#stages.build.jobs.own", "job").fields
    assert job["runner"] == ["ubuntu-24.04"]


def test_templates_that_call_themselves_end(read_texts: Callable[..., Any]) -> None:
    found = read_texts({ROOT: "steps:\n  - template: a.yml\n", "a.yml": "steps:\n  - template: a.yml\n"})
    assert found.kinds() == {"too-deep"}


def test_what_grows_without_end_is_told(read_texts: Callable[..., Any]) -> None:
    found = read_texts({
        ROOT: "steps:\n  - template: a.yml\n    parameters: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n",
        "a.yml": "parameters: {n: []}\nsteps:\n  - ${{ each x in parameters.n }}:\n      - template: a.yml\n"
                 "        parameters: {n: '${{ parameters.n }}'}\n",
    })  # fmt: skip
    assert found.kinds() & {"expansion", "too-deep"}


def test_texts_that_grow_without_end_are_told(read_texts: Callable[..., Any]) -> None:
    twice = "${{ parameters.a }}${{ parameters.a }}"
    found = read_texts({
        ROOT: "steps:\n  - template: a.yml\n    parameters: {a: xxxxxxxxxx}\n",
        "a.yml": f"parameters: {{a: ''}}\nsteps:\n  - template: a.yml\n    parameters: {{a: '{twice}'}}\n",
    })  # fmt: skip
    assert found.kinds() == {"expansion"}


def test_variables_that_refer_to_each_other_end(read_texts: Callable[..., Any]) -> None:
    names = [f"v{index}" for index in range(40)]
    every = " ".join(f"$({name})" for name in names)
    variables = "".join(f"  {name}: {every}\n" for name in names)
    found = read_texts({ROOT: f"variables:\n{variables}steps:\n  - bash: echo $(v0)\n"})
    assert found.noun(f"{ROOT}#steps[0]", "script").fields["untrusted"] == []


def test_paths(read_texts: Callable[..., Any]) -> None:
    found = read_texts({
        "app/ci/azure-pipelines.yml": "steps:\n  - template: /app/ci/a.yml\n  - template: ../b.yml\n"
                                      "  - template: app\\ci\\a.yml@self\n  - template: ../../../c.yml\n",
        "app/ci/a.yml": "steps:\n  - bash: a\n",
        "app/b.yml": "steps:\n  - bash: b\n",
    })  # fmt: skip
    texts = [r.nouns["script"][0].fields["text"] for r in found.by_address.values() if r.kind == "step"]
    assert texts == ["a", "b", "a"]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("missing-template", 5)]


def test_a_path_in_a_list_that_is_handed_on_is_seen_from_the_template(read_texts: Callable[..., Any]) -> None:
    found = read_texts({
        ROOT: """\
jobs:
  - template: ci/job.yml
    parameters:
      variables: [{template: names.yml}]
      steps:
        - bash: own
        - template: steps.yml
        - template: only-here.yml
        - template: nowhere.yml
  - job: own
    steps: [{template: steps.yml}]
""",
        "ci/job.yml": """\
parameters:
  - {name: steps, type: stepList}
  - {name: variables, type: object}
jobs:
  - job: handed
    variables: ${{ parameters.variables }}
    steps:
      - ${{ each step in parameters.steps }}:
          - ${{ step }}
""",
        "ci/names.yml": "variables: {name: of-ci}\n",
        "ci/steps.yml": "steps: [{bash: of ci, displayName: $(name)}]\n",
        "steps.yml": "steps: [{bash: of the root}]\n",
        "only-here.yml": "steps: [{bash: only here}]\n",
    })  # fmt: skip
    texts = {a: r.nouns["script"][0].fields["text"] for a, r in found.by_address.items() if r.kind == "step"}
    assert [text for address, text in texts.items() if address.startswith(f"{ROOT}#jobs.handed")] == [
        "own", "of ci", "only here",
    ]  # fmt: skip
    assert [text for address, text in texts.items() if address.startswith(f"{ROOT}#jobs.own")] == ["of the root"]
    assert found.by_address[f"{ROOT}#jobs.handed"].attributes["variables"]["name"] == "of-ci"
    assert [(problem.kind, problem.line) for problem in found.problems] == [("missing-template", 9)]
