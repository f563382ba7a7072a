from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.model import Unknown, plain

ROOT = "azure-pipelines.yml"
FOUNDRY = [ROOT, "ci/build.yml", "ci/release.yml", "ci/variables.yml"]


@pytest.fixture
def foundry(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("foundry", FOUNDRY)


@pytest.fixture
def read_azure(read_texts: Callable[..., Any]) -> Callable[..., Any]:
    """A text alone is `azure-pipelines.yml`."""

    def run(text: str, extra: dict[str, str] | None = None, **others: str) -> Any:
        return read_texts({ROOT: text, **(extra or {})})

    return run


def test_templates_are_part_of_the_pipelines_that_call_them(foundry: Any) -> None:
    assert foundry.problems == []
    assert foundry.files == dict.fromkeys(FOUNDRY, "analysed")
    build = f"{ROOT}#stages.Build.jobs"
    release = f"{ROOT}#stages.Release.jobs.publish"
    assert list(foundry.by_address) == [
        ROOT,
        f"{build}.build_linux",
        *(f"{build}.build_linux.steps[{index}]" for index in range(5)),
        f"{build}.build_windows",
        *(f"{build}.build_windows.steps[{index}]" for index in range(5)),
        f"{build}.test",
        f"{build}.test.steps[0]",
        f"{build}.test.steps[1]",
        release,
        f"{release}.strategy.runOnce.preDeploy.steps[0]",
        f"{release}.strategy.runOnce.deploy.steps[0]",
        f"{release}.strategy.runOnce.on.failure.steps[0]",
        f"{ROOT}#steps[0]",
        "ci/build.yml",
        "ci/release.yml",
        "ci/variables.yml",
    ]


def test_templates_are_found_though_not_claimed(read_fixture: Callable[..., Any], foundry: Any) -> None:
    alone = read_fixture("foundry", [ROOT])
    assert [a for a in alone.by_address if a.startswith(ROOT)] == [a for a in foundry.by_address if a.startswith(ROOT)]


def test_pipeline(foundry: Any) -> None:
    fields = foundry.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["trigger", "pr", "schedules", "pipelines"]
    assert [span.line for span in fields["triggers"].spans] == [3, 6, 8, 39]
    assert (fields["untrusted"], fields.place("untrusted").line) == (True, 6)
    assert fields["privileged_trigger"] is False
    variables = foundry.by_address[ROOT].attributes["variables"]
    assert (variables["branch"], variables["common"]) == ("$(Build.SourceBranchName)", "yes")
    assert isinstance(variables["configuration"], Unknown)


def test_dependencies(foundry: Any) -> None:
    found = [plain(noun.fields) for noun in foundry.nouns(ROOT, "dependency")]
    assert [(item["ecosystem"], item["name"], item.get("pin"), item["local"]) for item in found] == [
        ("image", "node", "tag", False),
        ("include", "ci/variables.yml", None, True),
        ("include", "ci/build.yml", None, True),
        ("include", "ci/release.yml", None, True),
        ("include", "platform/pipeline-templates", "tag", False),
    ]
    assert foundry.nouns(ROOT, "dependency")[4].fields.place("pin").line == 29
    assert [(note.kind, note.line) for note in foundry.notes] == [("remote-template", 91)]


def test_jobs_of_a_loop(foundry: Any) -> None:
    linux, windows = (foundry.by_address[f"{ROOT}#stages.Build.jobs.build_{name}"] for name in ("linux", "windows"))
    assert linux.local == windows.local == "Build.jobs.build_${{ system.name }}", "one piece of the file, one name"
    assert linux.attributes["displayName"] == "Build on linux"
    assert linux.attributes["variables"] == {"stageOnly": "here"}
    fields = linux.nouns["job"][0].fields
    assert (fields["runner"], fields["self_hosted"], fields["timeout"]) == (["ubuntu-24.04"], False, 1200)
    assert [origin.note for origin in fields.origin_of("runner")] == ["one of parameters.systems"]


def test_steps_of_a_template(foundry: Any) -> None:
    base = f"{ROOT}#stages.Build.jobs.build_"
    steps = {name: [foundry.by_address[f"{base}{name}.steps[{i}]"] for i in range(5)] for name in ("linux", "windows")}
    assert [step.header.line for step in steps["linux"]] == [12, 14, 22, 27, 70]
    assert [step.header.line for step in steps["windows"]] == [12, 14, 19, 27, 70]
    cache = steps["linux"][1]
    assert (cache.scope, cache.local) == ("ci/build.yml", "steps.Cache")
    assert [(origin.note, origin.span[:2]) for origin in cache.trace] == [("template for steps", (ROOT, 66))]
    assert cache.attributes["inputs"]["key"] == 'build | "linux"'
    assert steps["windows"][2].nouns["script"][0].fields["shell"] == "powershell"
    # What hangs on something that is known at run time only may or may not be there.
    assert steps["linux"][1].uncertain is None
    assert steps["linux"][3].uncertain == Unknown("System.TeamProject is known only when the pipeline runs")
    # A list of steps that is handed in keeps its place in the caller's file.
    assert steps["linux"][4].scope == ROOT


def test_tasks(foundry: Any) -> None:
    def task(address: str) -> Any:
        return plain(foundry.noun(f"{ROOT}#stages.{address}", "dependency").fields)

    assert task("Build.jobs.build_linux.steps[1]") == {
        "ecosystem": "task", "name": "Cache", "owner": "microsoft", "version": "2", "pin": "range", "local": False,
    }  # fmt: skip
    assert task("Build.jobs.build_linux.steps[3]")["owner"] == "acme"


def test_matrix_container_and_limits(foundry: Any) -> None:
    test = foundry.by_address[f"{ROOT}#stages.Build.jobs.test"]
    fields = test.nouns["job"][0].fields
    assert fields["timeout"] == 6 * 3600, "0 is all that Microsoft's machines allow"
    assert fields["runner"] == ["ubuntu-24.04"], "the pipeline's, through its variable"
    assert fields["secrets"] == ["System.AccessToken"]
    job, service = (noun.fields for noun in test.nouns["container"])
    assert (job["image"], job["class"], job["limits"]["memory"]) == ("node:22.12.0", "job", 2 * 1024**3)
    assert plain(job["env"]) == [{"name": "CI", "value": "1"}]
    assert (service["image"], service["class"]) == ("postgres:17.2", "service")


def test_deployment(foundry: Any) -> None:
    job = foundry.by_address[f"{ROOT}#stages.Release.jobs.publish"]
    assert job.uncertain == Unknown("parameters.publish may be chosen by whoever starts a run")
    fields = job.nouns["job"][0].fields
    assert (fields["environment"], fields["deploys"], fields["concurrency"]) == ("production", True, "sequential")
    assert (fields["runner"], fields["self_hosted"]) == (["release-machines"], True)
    assert fields["secrets"] == ["npm-token", "signing-key"]
    assert [step.get("task") or "bash" for step in job.attributes["steps"]] == ["AzureKeyVault@2", "AzureCLI@2", "bash"]


def test_names_of_branches_are_followed(foundry: Any) -> None:
    script = foundry.noun(f"{ROOT}#stages.Build.jobs.test.steps[1]", "script").fields
    (hit,) = script["expansions"]
    assert (hit["expression"], hit["source"]) == ("$(branch)", "variable branch, which holds Build.SourceBranchName")
    assert hit.place("expression")[:3] == (ROOT, 85, 44)
    inline = foundry.noun(f"{ROOT}#stages.Release.jobs.publish.strategy.runOnce.deploy.steps[0]", "script").fields
    (hit,) = inline["expansions"]
    assert hit["expression"] == "${{ variables.branch }}"
    assert hit.place("expression")[:3] == ("ci/release.yml", 35, 35)


def test_texts_that_a_run_is_started_with_are_followed(read_azure: Callable[..., Any]) -> None:
    read = read_azure(
        """
parameters:
  - {name: tag, default: latest}
  - {name: note, type: string}
  - {name: level, type: string, values: [debug, info]}
  - {name: count, type: number, default: 1}
variables:
  image: web:${{ parameters.tag }}
steps:
  - bash: ./push $(image) ${{ parameters.Note }} ${{ parameters.level }} ${{ parameters.count }}
  - bash: ./tell ${{ eq(parameters.tag, 'x') }} ${{ format('{0}-{1}', parameters.count, parameters.note) }}
  - ${{ if eq(parameters.tag, 'x') }}:
    - bash: ./tell $NOTE
      env: {NOTE: "${{ parameters.note }}"}
"""
    )
    found = [
        [(hit["expression"], hit["source"], hit["control"]) for hit in noun.fields["expansions"]]
        for address in (f"{ROOT}#steps[{index}]" for index in range(3))
        for noun in read.nouns(address, "script")
    ]
    assert found == [
        [("$(image)", "variable image, which holds parameters.tag of the run", "chosen"),
         ("${{ parameters.Note }}", "parameters.note, which holds parameters.note of the run", "chosen")],
        [("${{ format('{0}-{1}', parameters.count, parameters.note) }}",
          "parameters.note, which holds parameters.note of the run", "chosen")],
        [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "control"),
    [
        # A pull request, or once it is taken in: from anywhere.
        ("System.PullRequest.SourceBranch", "outsider"),
        ("Build.SourceVersionMessage", "outsider"),
        ("Build.SourceVersionAuthor", "outsider"),
        ("Build.RequestedFor", "outsider"),
        # refs/pull/<number>/merge where it is an outsider's.
        ("Build.SourceBranch", "pusher"),
        ("build.sourcebranchname", "pusher"),
        # Nobody's: numbers, commits, and an address that has no other letters.
        ("System.PullRequest.PullRequestNumber", "nobody"),
        ("System.PullRequest.SourceRepositoryUri", "nobody"),
        ("Build.SourceVersion", "nobody"),
    ],
)
@pytest.mark.parametrize("form", ["$({})", "${{{{ variables['{}'] }}}}"])
def test_who_writes_predefined_variables(read_azure: Callable[..., Any], name: str, control: str, form: str) -> None:
    read = read_azure(f"steps: [{{bash: \"./tag {form.format(name)}\"}}]\n")
    fields = read.noun(f"{ROOT}#steps[0]", "script").fields
    assert len(fields["untrusted"]) == (control == "outsider")
    assert [hit["control"] for hit in fields["expansions"]] == (["chosen"] if control == "pusher" else [])


def test_lists_for_a_template_elsewhere_are_looked_at(foundry: Any) -> None:
    step = foundry.by_address[f"{ROOT}#steps[0]"]
    assert "another repository" in step.uncertain.reason
    assert step.nouns["script"][0].fields["remote_pipe"] is True
    assert step.nouns["script"][0].fields.place("remote_pipe")[:2] == (ROOT, 95)


@pytest.mark.parametrize(("written", "events", "untrusted"), [
    ("trigger: none\npr: none", [], False),
    ("trigger: [main]", ["trigger"], None),
    ("pr: {branches: {include: [main]}}", ["trigger", "pr"], True),
    ("trigger: none\npr: [main]\nresources: {webhooks: [{webhook: x, connection: y}]}", ["pr", "webhooks"], True),
])  # fmt: skip
def test_triggers(read_azure: Callable[..., Any], written: str, events: list[str], untrusted: bool | None) -> None:
    fields = read_azure(f"{written}\nsteps:\n  - script: make\n").noun(ROOT, "pipeline").fields
    assert fields["triggers"] == events
    if untrusted is None:
        assert isinstance(fields["untrusted"], Unknown), "where it is hosted decides"
    else:
        assert fields["untrusted"] is untrusted


def test_at_github_pull_requests_are_built(read_texts: Callable[..., Any]) -> None:
    found = read_texts({ROOT: "steps:\n  - script: make\n"}, {".github/CODEOWNERS": "* @acme\n"})
    fields = found.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["trigger", "pr"]
    assert isinstance(fields["untrusted"], Unknown), "it may be a copy of what stands at GitHub"


@pytest.mark.parametrize(("pool", "runner", "self_hosted"), [
    ("", None, False),
    ("pool: {vmImage: windows-2025}", ["windows-2025"], False),
    ("pool: Azure Pipelines", ["Azure Pipelines"], False),
    ("pool: server", ["server"], False),
    ("pool: farm", ["farm"], True),
    ("pool: {name: farm, demands: [docker]}", ["farm"], True),
    ("pool: {name: Hosted Ubuntu 1604}", ["Hosted Ubuntu 1604"], False),
    ("pool: {name: $(machines)}", None, Unknown),
    ("pool: {vmImage: $(image)}", Unknown, False),
    ("variables: {machines: farm}\npool: $(machines)", ["farm"], True),
])  # fmt: skip
def test_machines(read_azure: Callable[..., Any], pool: str, runner: Any, self_hosted: Any) -> None:
    job = read_azure(f"{pool}\nsteps:\n  - script: make\n").noun(f"{ROOT}#job", "job").fields
    for field, wanted in (("runner", runner), ("self_hosted", self_hosted)):
        if wanted is Unknown:
            assert isinstance(job[field], Unknown)
        else:
            assert job.get(field) == wanted


@pytest.mark.parametrize(("written", "seconds"), [
    ("", 3600), ("timeoutInMinutes: 20", 1200), ("timeoutInMinutes: 0", 21600), ("timeoutInMinutes: '5'", 300),
    ("pool: farm\ntimeoutInMinutes: 0", None), ("timeoutInMinutes: $(limit)", Unknown),
    ("variables: {limit: 7}\ntimeoutInMinutes: $(limit)", 420),
])  # fmt: skip
def test_timeouts(read_azure: Callable[..., Any], written: str, seconds: Any) -> None:
    job = read_azure(f"{written}\nsteps:\n  - script: make\n").noun(f"{ROOT}#job", "job").fields
    if seconds is Unknown:
        assert isinstance(job["timeout"], Unknown)
    else:
        assert job.get("timeout") == seconds


@pytest.mark.parametrize(("step", "shell", "code"), [
    ("script: make", "bash", "make"),
    ("pwsh: make", "pwsh", "make"),
    ("task: Bash@3\n    inputs: {targetType: inline, script: make}", "bash", "make"),
    ("task: Bash@3\n    inputs: {targetType: filePath, script: make, filePath: x.sh}", None, None),
    ("task: PowerShell@2\n    inputs: {targetType: inline, Script: make, pwsh: true}", "pwsh", "make"),
    ("task: CmdLine@2\n    inputs: {script: make}", "bash", "make"),
    ("task: AzureCLI@2\n    inputs: {scriptType: batch, scriptLocation: inlineScript, inlineScript: x}", "cmd", "x"),
    ("task: AzurePowerShell@5\n    inputs: {ScriptType: InlineScript, Inline: make}", "powershell", "make"),
    ("task: NodeTool@0\n    inputs: {script: make}", None, None),
])  # fmt: skip
def test_code_of_steps(read_azure: Callable[..., Any], step: str, shell: str | None, code: str | None) -> None:
    scripts = read_azure(f"steps:\n  - {step}\n").nouns(f"{ROOT}#steps[0]", "script")
    assert [(s.fields["shell"], s.fields["text"]) for s in scripts] == ([(shell, code)] if code else [])


def test_what_is_broken_is_told_with_its_place(read_azure: Callable[..., Any]) -> None:
    found = read_azure(
        "jobs:\n"
        "  - template: gone.yml\n"
        "  - job: a\n"
        "    timeoutInMinutes: soon\n"
        "    steps:\n"
        "      - make\n"
        "      - script: [make]\n"
        "  - displayName: nothing\n"
    )
    assert [(problem.kind, problem.line) for problem in found.problems] == [
        ("missing-template", 2), ("malformed", 4), ("malformed", 6), ("malformed", 7), ("malformed", 8),
    ]  # fmt: skip
    assert found.files[ROOT] == "partial"


def test_a_pipeline_of_nothing(read_azure: Callable[..., Any]) -> None:
    assert [problem.message for problem in read_azure("trigger: [main]\n").problems] == [
        "has neither stages, jobs nor steps, and extends nothing"
    ]
    assert read_azure("- a\n").files[ROOT] == "failed"


def test_deployments_by_what_they_do(read_azure: Callable[..., Any]) -> None:
    text = "jobs:\n  - job: x\n    steps:\n      - {}\n"

    def deploys(step: str) -> bool:
        return bool(read_azure(text.format(step)).noun(f"{ROOT}#jobs.x", "job").fields["deploys"])

    assert deploys("task: AzureWebApp@1")
    assert deploys("task: HelmDeploy@0\n        inputs: {command: upgrade}")
    assert deploys("bash: kubectl apply -f k8s/")
    assert not deploys("task: HelmDeploy@0\n        inputs: {command: lint}")
    assert not deploys("bash: kind create cluster && kubectl apply -f k8s/")
    assert not deploys("bash: make")
