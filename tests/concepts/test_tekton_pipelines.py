"""Tekton's objects in the words of all CI systems."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.cluster_pipelines import webhooks
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Noun, PartText, Seq, Unknown
from guardrail.tree import Tree

COMMIT = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"


def judged(text: str, path: str = "ci.yaml") -> Inventory:
    found = read([path], Tree("/nowhere", {path: text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return inventory


def nouns(inventory: Inventory, concept: str) -> dict[str, Noun]:
    found = inventory.by_concept.get(concept, [])
    keyed = {f"{noun.resource.address}#{noun.key}": noun for noun in found}
    assert len(keyed) == len(found)
    return keyed


def only(inventory: Inventory, concept: str) -> Map:
    (found,) = inventory.by_concept[concept]
    return found.fields


def pasted(inventory: Inventory) -> list[tuple[str, str, bool, int]]:
    """(expression, source, privileged, line) of all scripts."""
    return [
        (item["expression"], item["source"], item["privileged"], item.place("expression").line)
        for script in inventory.by_concept.get("script", [])
        for item in script.fields["untrusted"]
    ]


TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: check, namespace: ci}
spec:
  params:
    - name: title
    - name: image
      default: registry.example.com/ci/check:1.2
  stepTemplate:
    command: [sh, -c]
  steps:
    - name: check
      image: $(params.image)
      script: |
        #!/usr/bin/env python3
        print("$(params.title)")
    - name: tell
      image: registry.example.com/ci/tell:2
      args: ["echo $(params.title)"]
    - name: plain
      image: registry.example.com/ci/plain@sha256:%s
      command: [/plain]
      args: ["$(params.title)"]
  sidecars:
    - name: db
      image: $(params.db)
      script: serve
""" % ("a" * 64)  # fmt: skip

TRIGGERS = """\
---
apiVersion: triggers.tekton.dev/v1beta1
kind: TriggerBinding
metadata: {name: pull, namespace: ci}
spec:
  params:
    - {name: title, value: $(body.pull_request.title)}
    - {name: sha, value: $(body.pull_request.head.sha)}
---
apiVersion: triggers.tekton.dev/v1beta1
kind: TriggerTemplate
metadata: {name: pull, namespace: ci}
spec:
  params: [{name: title}, {name: sha}]
  resourcetemplates:
    - apiVersion: tekton.dev/v1
      kind: PipelineRun
      metadata: {generateName: pull-}
      spec:
        timeouts: {pipeline: 2h, tasks: 30m}
        params:
          - {name: title, value: $(tt.params.title)}
        pipelineSpec:
          tasks:
            - name: check
              taskRef: {name: check}
              params:
                - {name: title, value: "PR: $(params.title)"}
            - name: inline
              timeout: "0"
              taskSpec:
                steps:
                  - name: say
                    image: registry.example.com/ci/say:1
                    script: |
                      echo $(tt.params.sha)
                      echo "$(tt.params.title)"
          finally:
            - name: last
              taskSpec:
                steps:
                  - {name: say, image: "registry.example.com/ci/say:1", script: "say $(params.title)"}
---
apiVersion: triggers.tekton.dev/v1beta1
kind: EventListener
metadata: {name: github, namespace: ci}
spec:
  triggers:
    - interceptors:
        - ref: {name: github}
          params: [{name: eventTypes, value: [pull_request]}]
      bindings: [{ref: pull}]
      template: {ref: pull}
"""


def test_a_task_is_a_job_with_scripts() -> None:
    inventory = judged(TASK)
    job = only(inventory, "job")
    assert (job["name"], job["class"], job["system"], job["timeout"]) == ("check", "run", "tekton", 3600)
    assert "triggers" not in job
    assert "untrusted" not in job
    assert "pipeline" not in inventory.by_concept
    found = nouns(inventory, "script")
    assert {key.partition("#")[2]: noun.fields["shell"] for key, noun in found.items()} == {
        "check/check": "python3",
        "check/tell": "sh",
        "check/db": "sh",
    }
    assert all(noun.fields["class"] == "step" for noun in found.values())
    assert pasted(inventory) == []


def test_an_image_is_what_its_parameter_falls_back_on() -> None:
    inventory = judged(TASK)
    found = {str(noun.fields.get("version")): str(noun.fields["pin"]) for noun in inventory.by_concept["dependency"]}
    digest, why = "sha256:" + "a" * 64, "Unknown('$(params.db) is filled in later')"
    assert found == {"1.2": "tag", "2": "tag", digest: "digest", why: why}
    images = {noun.name: noun.fields["image"] for noun in inventory.by_concept["container"]}
    assert images["check"] == "registry.example.com/ci/check:1.2"
    assert isinstance(images["db"], Unknown)
    checked = next(noun for noun in inventory.by_concept["container"] if noun.name == "check")
    (origin,) = checked.fields.origin_of("image")
    assert (origin.note, origin.span.line) == ("default of params.image", 8)


def test_a_part_of_an_image_that_nobody_says() -> None:
    inventory = judged(TASK.replace("$(params.db)", "registry.example.com/$(params.db):9"))
    image = next(noun for noun in inventory.by_concept["container"] if noun.name == "db").fields["image"]
    assert isinstance(image, PartText)
    pins = [noun.fields["pin"] for noun in inventory.by_concept["dependency"]]
    assert sorted(map(str, pins)) == ["digest", "tag", "tag", "tag"]


def test_words_go_from_the_webhook_to_the_task() -> None:
    inventory = judged(TASK + TRIGGERS)
    title = "body.pull_request.title"
    found = pasted(inventory)
    assert {item[:3] for item in found} == {
        ("$(params.title)", title, True),
        ("$(tt.params.title)", title, True),
    }
    lines = (TASK + TRIGGERS).split("\n")
    assert all("title)" in lines[line - 1] for _, _, _, line in found)
    assert len(found) == 4
    script = nouns(inventory, "script")["Task/ci/check#check/check"].fields
    (item,) = script["untrusted"]
    hops = item.origin_of("source")
    assert [hop.note for hop in hops] == [
        "params.title of Task check",
        "params.title of PipelineRun pull-",
        "title of TriggerBinding pull",
    ]
    assert ["$(body" in lines[hop.span.line - 1] for hop in hops] == [False, False, True]
    assert lines[item.place("source").line - 1][item.place("source").column - 1 :].startswith("$(params.title)")


def test_an_event_listener_says_what_starts_a_run() -> None:
    inventory = judged(TASK + TRIGGERS)
    pipeline = only(inventory, "pipeline")
    assert pipeline["triggers"] == ["pull_request"]
    assert (pipeline["untrusted"], pipeline["privileged_trigger"]) == (True, True)
    jobs = nouns(inventory, "job")
    assert {key: noun.fields.get("timeout") for key, noun in jobs.items()} == {
        "Task/ci/check#check": 3600,
        "TriggerTemplate/ci/pull#pull/check": 1800,
        "TriggerTemplate/ci/pull#pull/inline": None,
        "TriggerTemplate/ci/pull#pull/last": 7200,
    }
    assert jobs["Task/ci/check#check"].fields["triggers"] == ["pull_request"]
    assert jobs["TriggerTemplate/ci/pull#pull/check"].fields["class"] == "call"
    inline = jobs["TriggerTemplate/ci/pull#pull/inline"].fields
    assert "$" not in str(inline.place("timeout"))
    containers = {noun.key for noun in inventory.by_concept["container"] if noun.resource.kind == "TriggerTemplate"}
    assert len(containers) == 2


def test_a_listener_without_event_types_leaves_it_open() -> None:
    text = TASK + TRIGGERS.replace("params: [{name: eventTypes, value: [pull_request]}]", "params: []")
    pipeline = only(judged(text), "pipeline")
    assert pipeline["triggers"] == ["webhook"]
    assert "untrusted" not in pipeline


@pytest.mark.parametrize(
    ("binding", "interceptor", "source", "privileged"),
    [
        ("$(body.head_commit.message)", "", "body.head_commit.message", False),
        ("$(body.commits[0].message)", "", "body.commits[0].message", False),
        ("$(body.comment.body)", "", "body.comment.body", True),
        ("$(body.ref)", "", "body.ref", False),
        ("$(body.pull_request)", "", "body.pull_request", True),
        ("$(body.object_attributes.title)", "", "body.object_attributes.title", True),
        ("$(extensions.branch)", "body.ref.split('/')[2]", "body.ref", False),
        ("$(extensions.branch)", "body.pull_request.head.ref.lowerAscii()", "body.pull_request.head.ref", True),
        ("$(extensions.branch)", "body.pull_request.head.sha.truncate(7)", None, None),
        ("$(extensions.branch)", "body.ref == 'refs/heads/main' ? 'prod' : 'dev'", None, None),
        ("$(body.after)", "", None, None),
        ("$(body.pull_request.number)", "", None, None),
        ("$(body.repository.clone_url)", "", None, None),
        ("$(header.X-GitHub-Event)", "", None, None),
    ],
)
def test_which_words_are_an_outsiders(
    binding: str, interceptor: str, source: str | None, privileged: bool | None
) -> None:
    text = TRIGGERS.replace("$(body.pull_request.title)", f"'{binding}'")
    overlays = f'[{{key: branch, expression: "{interceptor}"}}]' if interceptor else "[]"
    text = text.replace("[{name: eventTypes, value: [pull_request]}]", f"[{{name: overlays, value: {overlays}}}]")
    found = {item[1:3] for item in pasted(judged(TASK + text))}
    assert found == ({(source, privileged)} if source else set())


def test_nobody_hands_anything_over() -> None:
    """The same names, but another pipeline's task, and a binding that no trigger uses."""
    assert pasted(judged(TASK + TRIGGERS.replace("bindings: [{ref: pull}]", "bindings: []"))) == []
    assert pasted(judged(TASK + TRIGGERS.replace("template: {ref: pull}", "template: {ref: push}"))) == []
    other = TRIGGERS.replace("taskRef: {name: check}", "taskRef: {name: other}")
    assert {item[0] for item in pasted(judged(TASK + other)) if item[3] < 30} == set()


def test_a_variable_is_code_where_the_shell_is_told_so() -> None:
    first = """\
---
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: first, namespace: ci}
spec:
  params: [{name: title}]
  steps:
    - name: slug
      image: registry.example.com/ci/slug:1
      env: [{name: TITLE, value: $(params.title)}]
      script: |
        echo "$TITLE" > title
        eval "slug $TITLE"
"""
    inventory = judged(TRIGGERS.replace("taskRef: {name: check}", "taskRef: {name: first}") + first)
    found = [item for item in pasted(inventory) if item[0] == "$TITLE"]
    lines = (TRIGGERS + first).split("\n")
    assert [(source, lines[line - 1].strip()) for _, source, _, line in found] == [
        ("body.pull_request.title", 'eval "slug $TITLE"'),
    ]


def test_a_result_carries_what_is_written_to_it() -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: pull
  annotations: {pipelinesascode.tekton.dev/on-event: "[pull_request]"}
spec:
  pipelineSpec:
    tasks:
      - name: name
        taskSpec:
          results: [{name: slug}, {name: sha}]
          steps:
            - name: slug
              image: registry.example.com/ci/slug:1
              script: |
                echo "{{ body.pull_request.title }}" > $(results.slug.path)
                git rev-parse HEAD > $(results.sha.path)
      - name: use
        params:
          - {name: slug, value: $(tasks.name.results.slug)}
          - {name: sha, value: $(tasks.name.results.sha)}
        taskSpec:
          params: [{name: slug}, {name: sha}]
          steps:
            - name: use
              image: registry.example.com/ci/slug:1
              script: |
                use $(params.slug)
                use $(params.sha)
"""
    found = pasted(judged(text))
    assert [(expression, line) for expression, _, _, line in found] == [
        ("{{ body.pull_request.title }}", 16),
        ("$(params.slug)", 28),
    ]


AS_CODE = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: pull
  annotations:
    pipelinesascode.tekton.dev/on-event: "[pull_request, push]"
    pipelinesascode.tekton.dev/task: "[git-clone, golangci-lint:0.2]"
    pipelinesascode.tekton.dev/task-1: https://raw.githubusercontent.com/acme/tasks/COMMIT/scan.yaml
    pipelinesascode.tekton.dev/task-2: .tekton/tasks/build.yaml
spec:
  params:
    - name: branch
      value: {{ source_branch }}
    - name: title
      value: "{{ cel: body.pull_request.title }}"
  pipelineSpec:
    params: [{name: branch}]
    tasks:
      - name: tell
        when: [{input: "$(params.branch)", operator: in, values: [main]}]
        taskSpec:
          steps:
            - name: tell
              image: registry.example.com/ci/tell:1
              script: |
                tell "$(params.branch)" "{{ sender }}" "{{ revision }}"
                tell "$(params.title)"
""".replace("COMMIT", COMMIT)  # fmt: skip


def test_pipelines_as_code() -> None:
    inventory = judged(AS_CODE, ".tekton/pull.yaml")
    assert [item[:3] for item in pasted(inventory)] == [
        ("$(params.branch)", "source_branch", True),
        ("$(params.title)", "body.pull_request.title", True),
    ]
    job = only(inventory, "job")
    assert (job["triggers"], job["condition"]) == (["pull_request", "push"], "$(params.branch) in [main]")
    assert job.place("triggers").line == 6
    found = {noun.fields["name"]: noun.fields for noun in inventory.by_concept["dependency"]
             if noun.fields["ecosystem"] == "task"}  # fmt: skip
    assert {name: (fields["pin"], fields["local"]) for name, fields in found.items()} == {
        "git-clone": ("none", False),
        "golangci-lint": ("version", False),
        f"raw.githubusercontent.com/acme/tasks/{COMMIT}/scan.yaml": ("digest", False),
        ".tekton/tasks/build.yaml": ("none", True),
    }


def test_braces_are_texts_wherever_the_file_is_filled_in() -> None:
    other = judged(AS_CODE, "ci/pull.yaml").by_kind["PipelineRun"][0].attributes["spec"]["params"][0]
    assert (other["value"], other.spans["value"][1:]) == ("{{ source_branch }}", (13, 7, 13, 33))
    place = judged(AS_CODE, ".tekton/pull.yaml").by_kind["PipelineRun"][0].attributes["spec"]["params"][0]
    assert (place["value"], place.spans["value"][1:]) == ("{{source_branch}}", (13, 7, 13, 33))


def test_remote_tasks() -> None:
    text = f"""\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {{name: build, namespace: ci}}
spec:
  params: [{{name: ref, default: {COMMIT}}}, {{name: free}}]
  tasks:
    - name: a
      taskRef:
        resolver: git
        params: [{{name: url, value: "https://github.com/acme/tasks.git"}}, {{name: revision, value: $(params.ref)}}]
    - name: b
      taskRef:
        resolver: git
        params: [{{name: url, value: "https://github.com/acme/tasks"}}, {{name: revision, value: $(params.free)}}]
    - name: c
      taskRef:
        resolver: git
        params: [{{name: org, value: acme}}, {{name: repo, value: more}}, {{name: revision, value: v1.2}}]
    - name: d
      taskRef: {{name: x, bundle: "quay.io/acme/bundle@sha256:{"b" * 64}"}}
    - name: e
      taskRef: {{resolver: hub, params: [{{name: name, value: cosign}}, {{name: version, value: "0.9"}}]}}
    - name: f
      taskRef: {{resolver: http, params: [{{name: url, value: "https://example.com/main/task.yaml"}}]}}
    - name: g
      taskRef: {{resolver: cluster, params: [{{name: name, value: mine}}]}}
    - name: h
      taskRef: {{name: elsewhere}}
"""
    found = [(noun.fields["name"], noun.fields["pin"]) for noun in judged(text).by_concept["dependency"]]
    assert found[:1] == [("github.com/acme/tasks", "digest")]
    assert isinstance(found[1][1], Unknown)
    assert found[2:] == [
        ("acme/more", "tag"),
        ("quay.io/acme/bundle", "digest"),
        ("cosign", "version"),
        ("example.com/main/task.yaml", "none"),
    ]


def test_code_of_a_pull_request_that_is_run() -> None:
    steps = "taskSpec: {steps: [{name: x, image: 'node:22', script: %s}]}"
    text = AS_CODE.partition("  pipelineSpec:")[0].replace("{{ source_branch }}", '"{{ revision }}"') + f"""\
  pipelineSpec:
    tasks:
      - name: clone
        taskRef: {{name: git-clone}}
        params: [{{name: revision, value: $(params.branch)}}]
      - name: test
        {steps % "npm ci"}
      - name: look
        {steps % "ls"}
"""
    found = {noun.name: noun.fields.get("runs_untrusted") for noun in judged(text).by_concept["job"]}
    assert found == {"clone": None, "test": [{"command": "npm ci"}], "look": None}
    pushed = judged(text.replace("[pull_request, push]", "[push]"))
    assert not any("runs_untrusted" in noun.fields for noun in pushed.by_concept["job"])


def test_a_name_of_another_group_is_none_of_ours() -> None:
    text = "apiVersion: example.com/v1\nkind: Pipeline\nmetadata: {name: x}\nspec: {tasks: [{name: a, taskSpec: {}}]}\n"
    assert not judged(text).by_concept.get("job")


def test_pipelines_that_call_each_other_come_to_an_end() -> None:
    one = """\
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: NAME}
spec:
  params: [{name: x}]
  tasks:
    - name: again
      pipelineRef: {name: OTHER}
      params: [{name: x, value: $(params.x)}]
    - name: use
      taskSpec: {steps: [{name: s, image: "a:1", script: "use $(params.x)"}]}
"""
    names = [f"p{number}" for number in range(200)]
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    inventory = judged("".join(one.replace("NAME", name).replace("OTHER", other) for name, other in pairs))
    assert pasted(inventory) == []
    assert len(inventory.by_concept["job"]) == 400


SCALARS = st.sampled_from([None, True, 0, "x", "$(params.title)", "{{ body }}", "[", "$(", "0"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
    st.sampled_from(["name", "value", "steps", "spec", "params", "ref"]), inner, max_size=2), max_leaves=4)  # fmt: skip


def holders(value: Any) -> list[Map | Seq]:
    found: list[Map | Seq] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, (Map, Seq)):
            found.append(item)
            stack += list(item.values()) if isinstance(item, Map) else list(item)
    return found


def located(value: Any, like: Map) -> Any:
    if isinstance(value, dict):
        made = Map(like.span, like.header)
        for key, item in value.items():
            made.put(key, located(item, like), like.header)
        return made
    if isinstance(value, list):
        listed = Seq(like.span, like.header)
        for item in value:
            listed.add(located(item, like), like.header)
        return listed
    return value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.integers(0, 100), VALUES)
def test_whatever_stands_there_is_taken(number: int, which: int, value: Any) -> None:
    text = TASK + TRIGGERS + "---\n" + AS_CODE
    found = read([".tekton/a.yaml"], Tree("/nowhere", {".tekton/a.yaml": text.encode()}), ReadOptions())
    every = [holder for resource in found.resources for holder in holders(resource.attributes) if holder]
    holder = every[number % len(every)]
    if isinstance(holder, Map):
        key = list(holder)[which % len(holder)]
        if key not in ("apiVersion", "kind"):
            holder[key] = located(value, holder)
    else:
        holder[which % len(holder)] = located(value, Map(holder.span, holder.header))
    assert build(Inventory(found.resources), {}) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pull_request.title", ("pull_request", "title")),
        ("commits[0].message", ("commits", "0", "message")),
        ("head_commit['message']", ("head_commit", "message")),
        ("", ()),
        ("a b", ()),
    ],
)
def test_segments(path: str, expected: tuple[str, ...]) -> None:
    assert webhooks.segments(path) == expected
