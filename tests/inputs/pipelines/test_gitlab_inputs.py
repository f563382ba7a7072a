"""GitLab's inputs, GitLab's own steps, and where an outsider's words go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guardrail.model import Map, plain

ROOT = ".gitlab-ci.yml"
TEMPLATE = """\
spec:
  inputs:
    prefix: {}
    cmd: {default: make all}
    title: {default: none}
    major: {type: number, default: 22}
    tags: {type: array, default: [small]}
---
"$[[ inputs.prefix ]]-build":
  image: node:$[[ inputs.major ]]
  tags: $[[ inputs.tags ]]
  script:
    - $[[ inputs.cmd ]]
    - echo "$[[ inputs.title | expand_vars ]]"
"""


def items(noun: Any, field: str) -> list[Any]:
    return [plain(item) for item in noun.fields.get(field, ())]


def test_a_file_included_twice_has_the_inputs_of_each(read_texts: Callable[..., Any]) -> None:
    read = read_texts({
        ROOT: """\
include:
  - local: ci/node.yml
    inputs: {prefix: web, cmd: make web, tags: [big, arm]}
  - local: ci/node.yml
    inputs: {prefix: api, major: 24}
""",
        "ci/node.yml": TEMPLATE,
    })  # fmt: skip
    assert read.problems == []
    assert list(read.by_address) == [ROOT, "ci/node.yml#web-build", "ci/node.yml#api-build"]
    web, api = (read.noun(f"ci/node.yml#{name}-build", "job").fields for name in ("web", "api"))
    assert (web["runner"], api["runner"]) == (["big", "arm"], ["small"])
    images = [read.noun(f"ci/node.yml#{name}-build", "container").fields["image"] for name in ("web", "api")]
    assert images == ["node:22", "node:24"]
    code = read.noun("ci/node.yml#web-build", "script")
    assert code.fields["text"].startswith("make web\necho")
    assert {item["control"] for item in items(code, "expansions")} == {"fixed"}


def test_where_an_input_came_from(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: "include: [{local: ci/node.yml, inputs: {prefix: web}}]\n", "ci/node.yml": TEMPLATE})
    job = read.by_address["ci/node.yml#web-build"].attributes
    (step,) = job.origin_of("image")
    assert (step.note, step.span.file, step.span.line, step.value) == ("default of input major", "ci/node.yml", 6, 22)


def test_an_input_that_nothing_gives_is_unknown(read_texts: Callable[..., Any]) -> None:
    read = read_texts({"templates/build.yml": """\
spec:
  inputs:
    image: {}
    level: {options: [a, b], default: a}
---
build:
  image: $[[ inputs.image ]]
  script:
    - make "$[[ inputs.level ]]" "$[[ inputs.image ]]"
"""})  # fmt: skip
    container = read.noun("templates/build.yml#build", "container").fields
    assert container["image"].reason == "$[[ inputs.image ]] is given by the file that includes this one"
    controls = items(read.noun("templates/build.yml#build", "script"), "expansions")
    assert [(item["source"], item["control"]) for item in controls] == [
        ("inputs.level", "fixed"), ("inputs.image", "chosen"),
    ]  # fmt: skip


def test_child_pipelines_get_their_inputs(read_texts: Callable[..., Any]) -> None:
    read = read_texts({
        ROOT: """\
child:
  trigger:
    include: [{local: ci/node.yml, inputs: {prefix: child}}]
""",
        "ci/node.yml": TEMPLATE,
    })  # fmt: skip
    assert "ci/node.yml#child-build" in read.by_address


def test_components_of_this_very_repository_are_read(read_texts: Callable[..., Any]) -> None:
    read = read_texts({
        ROOT: """\
include:
  - component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/lint@$CI_COMMIT_SHA
  - project: $CI_PROJECT_PATH
    file: [ci/more.yml]
""",
        "templates/lint/template.yml": "lint:\n  script: [lint]\n",
        "ci/more.yml": "more:\n  script: [make]\n",
    })  # fmt: skip
    assert set(read.by_address) == {ROOT, "templates/lint/template.yml#lint", "ci/more.yml#more"}
    assert read.notes == []
    assert [noun.fields["local"] for noun in read.nouns(ROOT, "dependency")] == [True, True]


def test_inputs_are_not_put_in_without_end(read_texts: Callable[..., Any]) -> None:
    lines = "".join(f"    - echo {n} $[[ inputs.prefix ]]\n" for n in range(3000))
    include = "".join(f"  - {{local: ci/big.yml, inputs: {{prefix: p{n}}}}}\n" for n in range(140))
    read = read_texts({
        ROOT: f"include:\n{include}",
        "ci/big.yml": f"spec:\n  inputs:\n    prefix: {{}}\n---\n$[[ inputs.prefix ]]-job:\n  script:\n{lines}",
    })  # fmt: skip
    assert "too-many" in read.kinds()


def test_outsiders_words_by_way_of_variables(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: """\
variables:
  SUBJECT: "MR $CI_MERGE_REQUEST_TITLE"
a:
  script:
    - eval "echo $SUBJECT"
    - CLEAN=$(echo "$CI_COMMIT_TITLE" | tr -cd 'a-z')
    - eval "$CLEAN"
    - SUBJECT=fixed
    - eval "$SUBJECT"
b:
  variables: {SUBJECT: ours}
  script: [eval "$SUBJECT"]
"""})  # fmt: skip
    (hit,) = read.noun(f"{ROOT}#a", "script").fields["untrusted"]
    assert isinstance(hit, Map)
    assert (hit["source"], hit.header.line) == ("CI_MERGE_REQUEST_TITLE", 5)
    assert [(step.note, step.span.line) for step in hit.origin_of("source")] == [("variable SUBJECT", 2)]
    assert items(read.noun(f"{ROOT}#b", "script"), "untrusted") == []


def test_outsiders_words_by_way_of_dotenv(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: """\
a:
  rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}]
  script:
    - echo "TITLE=$CI_COMMIT_TITLE" >> build.env
    - echo "ABOUT=$CI_MERGE_REQUEST_DESCRIPTION" >> build.env
  artifacts: {reports: {dotenv: build.env}}
b: {needs: [a], script: ['sh -c "echo $TITLE"']}
c: {needs: [], script: ['sh -c "echo $TITLE"']}
d: {needs: [{job: a, artifacts: false}], script: ['sh -c "echo $TITLE"']}
"""})  # fmt: skip
    (hit,) = read.noun(f"{ROOT}#b", "script").fields["untrusted"]
    assert [step.note for step in hit.origin_of("source")] == ["handed on by job a", "TITLE in build.env"]
    assert not any(items(read.noun(f"{ROOT}#{name}", "script"), "untrusted") for name in "cd")
    (write,) = items(read.noun(f"{ROOT}#a", "script"), "environment_writes")
    assert (write["file"], write["trigger"]) == ("build.env", "merge_request_event")


def test_a_branch_that_the_rules_name_is_nobodys_choice(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: """\
a: {script: ['ssh web "deploy $CI_COMMIT_BRANCH"']}
b: {rules: [{if: '$CI_COMMIT_BRANCH == "main"'}], script: ['ssh web "deploy $CI_COMMIT_BRANCH"']}
c: {only: [main], script: ['ssh web "deploy $CI_COMMIT_REF_NAME"']}
d: {only: [branches], script: ['ssh web "deploy $CI_COMMIT_REF_NAME"']}
"""})  # fmt: skip
    assert [name for name in "abcd" if items(read.noun(f"{ROOT}#{name}", "script"), "expansions")] == ["a", "d"]
    assert not any(items(read.noun(f"{ROOT}#{name}", "script"), "untrusted") for name in "abcd"), "forks have their own"


def test_steps(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: """\
a:
  run:
    - name: build
      script: npm install left-pad
    - name: ship
      step: gitlab.com/acme/steps/ship@v1.2.3
    - name: own
      step: ./steps/own
"""})  # fmt: skip
    assert read.problems == []
    code = read.noun(f"{ROOT}#a", "script")
    assert (code.name, code.fields["text"], len(items(code, "loose_installs"))) == ("build", "npm install left-pad", 1)
    found = [(noun.fields["name"], noun.fields["local"]) for noun in read.nouns(f"{ROOT}#a", "dependency")]
    assert found == [("gitlab.com/acme/steps/ship", False), ("./steps/own", True)]
