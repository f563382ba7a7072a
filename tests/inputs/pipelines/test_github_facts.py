"""What GitHub's reader tells of expressions, checkouts, caches, dependencies and tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.github_environment import environment_writes
from guardrail.inputs.pipelines.github_expressions import FACTS
from guardrail.inputs.pipelines.github_hazards import advisories, resembled
from guardrail.model import Unknown

W = ".github/workflows/w.yml"
STEP = f"{W}#jobs.a.steps[0]"


def workflow(step: str, on: str = "push") -> str:
    return f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - " + step.replace("\n", "\n        ")


@pytest.mark.parametrize(
    ("step", "facts"),
    [
        ("if: github.actor == 'dependabot[bot]'\nrun: x", ["trusts_last_actor"]),
        ("if: github.actor == 'a[bot]' && github.event.pull_request.user.login == 'a[bot]'\nrun: x", []),
        ("if: github.actor_id == 49699333 && github.ref == 'x'\nrun: x", ["trusts_last_actor"]),
        ("if: github.actor != 'dependabot[bot]'\nrun: x", []),
        ("if: github.actor == 'octocat'\nrun: x", []),
        ("if: github.event.pull_request.user.login == 'dependabot[bot]'\nrun: x", []),
        ("if: github.event.sender.login == 'renovate[bot]'\nrun: x", ["trusts_last_actor"]),
        ("if: endsWith(github.actor, '[bot]')\nrun: x", ["trusts_last_actor"]),
        ("if: startsWith(github.triggering_actor, 'dependabot') || always()\nrun: x", ["trusts_last_actor"]),
        ("if: contains(fromJSON('[\"a\", \"Renovate[bot]\"]'), github.actor)\nrun: x", ["trusts_last_actor"]),
        ("if: contains(fromJSON('[\"a\", \"b\"]'), github.actor)\nrun: x", []),
        ("if: \"!endsWith(github.actor, '[bot]')\"\nrun: x", []),
        ("if: startsWith(github.actor, 'acme-')\nrun: x", []),
        ("if: contains('main dev', github.ref_name)\nrun: x", ["compares_part"]),
        ("if: contains(github.ref_name, 'main')\nrun: x", []),
        ("if: contains(fromJSON('[\"main\"]'), github.ref_name)\nrun: x", []),
        ("run: x\nenv: {A: \"${{ inputs.x && '' || 'y' }}\"}", ["empty_choice"]),
        ("run: x\nenv: {A: \"${{ inputs.x && 'y' || '' }}\"}", []),
        ("run: x\nenv: {A: \"${{ 'y' }}\"}", ["constant"]),
        ("run: x\nenv: {A: \"${{ format('{0}', 'y') }}\"}", ["constant"]),
        ("run: x\nenv: {A: \"${{ 'it''s' }}\"}", ["constant"]),
        ("run: x\nenv: {A: '${{ 0xff }}'}", ["constant"]),
        ("run: x\nenv: {A: \"${{ fromJSON('[1]') }}\"}", []),
        ("run: x\nenv: {A: \"${{ github.ref == 'y' }}\"}", []),
        ('run: x\nenv: {A: "${{ github[inputs.x] }}"}', ["computed_index"]),
        ('run: x\nenv: {A: "${{ toJSON(secrets) }}"}', ["whole_secrets"]),
        ('run: x\nenv: {A: "${{ secrets[inputs.x] }}"}', ["computed_index", "whole_secrets"]),
        ('run: x\nenv: {A: "${{ fromJSON(secrets.X).y }}"}', ["splits_secret"]),
        ('run: x\nenv: {A: "${{ fromJSON(toJSON(secrets)).X }}"}', ["whole_secrets"]),
        ("run: x\nenv: {A: \"${{ secrets['X'] }}\"}", []),
    ],
)
def test_expressions(step: str, facts: list[str], read_texts: Callable[..., Any]) -> None:
    found = read_texts(workflow(step)).nouns(STEP, "expression")
    assert sorted(fact for noun in found for fact in FACTS if noun.fields[fact]) == facts


def test_a_commit_may_be_written_in_capitals(read_texts: Callable[..., Any]) -> None:
    noun = read_texts(workflow("uses: a/b@11BD71901BBE5B1630CEEA73D27597364C9AF683")).noun(STEP, "dependency")
    assert noun.fields["pin"] == "digest"


def test_an_expression_in_a_block_has_its_line(read_texts: Callable[..., Any]) -> None:
    step = "run: x\nif: >-\n  github.ref == 'x' ||\n  github.actor == 'renovate[bot]'"
    noun = read_texts(workflow("name: x\n" + step.replace(">-", "|"))).noun(STEP, "expression")
    assert noun.fields.header.line == 10


@pytest.mark.parametrize(
    ("uses", "inputs", "told"),
    [
        ("actions/cache@v4", "path: x", (True, False)),
        ("actions/cache@v4", "lookup-only: true", None),
        ("actions/setup-node@v4", "cache: npm", (True, False)),
        ("actions/setup-node@v4", "node-version: 1", (False, True)),
        ("actions/setup-node@v5", "node-version: 1", (True, False)),
        ("actions/setup-node@v5", "package-manager-cache: false", None),
        ("actions/setup-go@v3", "go-version: 1", (False, True)),
        ("actions/setup-go@v6", "cache: false", None),
        ("actions/setup-python@v6", "python-version: 1", None),
        ("actions/setup-python@v6", "cache: pip", (True, False)),
        ("docker/setup-buildx-action@v3", "driver: x", None),
        ("docker/setup-buildx-action@v3", "version: latest", (True, False)),
        ("Swatinem/rust-cache@v2", "key: x", (True, False)),
    ],
)
def test_caches(uses: str, inputs: str, told: tuple[bool, bool] | None, read_texts: Callable[..., Any]) -> None:
    found = read_texts(workflow(f"uses: {uses}\nwith: {{{inputs}}}")).nouns(STEP, "cache")
    assert [(noun.fields["restores"], noun.fields["later"]) for noun in found] == ([told] if told else [])


@pytest.mark.parametrize(
    ("on", "step", "releases"),
    [
        ("push", "run: x", False), ("release", "run: x", True), ("{push: {tags: [v*]}}", "run: x", True),
        ("{push: {branches: [release/1.x]}}", "run: x", True), ("{push: {branches: ['!release']}}", "run: x", False),
        ("{push: {branches: ['release/**', '!release/old']}}", "run: x", True),
        ("{push: {branches: [main, 'release/**']}}", "run: x", False),
        ("{push: {branches: ['release/**']}, pull_request: {}}", "run: x", False),
        ("{push: {branches: [main], tags: ['v*']}, pull_request: {}}", "run: x", True),
        ("{push: {branches: [main, 'release/**']}}", "uses: pypa/gh-action-pypi-publish@v1", True),
        ("push", "uses: pypa/gh-action-pypi-publish@v1", True),
        ("push", "uses: docker/build-push-action@v6\nwith: {push: false}", False),
        ("push", "uses: docker/build-push-action@v6\nwith: {push: true}", True),
    ],
)  # fmt: skip
def test_releases(on: str, step: str, releases: bool, read_texts: Callable[..., Any]) -> None:
    text = workflow("uses: actions/cache@v4", on) + "\n      - " + step.replace("\n", "\n        ")
    assert read_texts(text).noun(STEP, "cache").fields["releases"] is releases


@pytest.mark.parametrize(
    ("inputs", "path", "told"),
    [
        ("", "dist", (True, False, False)), ("with: {persist-credentials: false}", ".", (False, False, True)),
        ("with: {persist-credentials: 'true'}", "./", (True, True, True)),
        ("with: {fetch-depth: 0}", "${{ github.workspace }}", (True, False, True)),
    ],
)  # fmt: skip
def test_checkouts(inputs: str, path: str, told: tuple[bool, bool, bool], read_texts: Callable[..., Any]) -> None:
    text = workflow("name: get\nuses: actions/checkout@v4\n" + inputs)
    text += f"\n      - uses: actions/upload-artifact@v3\n        with: {{path: '{path}'}}\n"
    noun = read_texts(text).noun(STEP, "checkout")
    assert (noun.fields["keeps_credentials"], noun.fields["asked_to"], noun.fields["packed"]) == told
    assert noun.fields.header.line == 6  # where the step begins


COMMIT = "0123456789012345678901234567890123456789"


@pytest.mark.parametrize(
    ("checkout", "upload", "inputs", "packed"),
    [
        ("v4", "actions/upload-artifact@v3", "", True), ("v4", "actions/upload-artifact@v4.3.6", "", True),
        ("v4", "actions/upload-artifact@v4.4.0", "", False), ("v4", "actions/upload-artifact@v4", "", False),
        ("v4", "actions/upload-artifact@main", "", False), ("releases/v1", "actions/upload-artifact@v2", "", True),
        ("v4", "actions/upload-artifact@v5", ", include-hidden-files: true", True),
        ("v4", "actions/upload-artifact@v3", ", include-hidden-files: false", False),
        ("v4", "actions/upload-artifact@v5", ", include-hidden-files: '${{ inputs.all }}'", None),
        ("v4", f"actions/upload-artifact@{COMMIT} # v4.3.1", "", True),
        ("v4", f"actions/upload-artifact@{COMMIT} # v4.6.2", "", False),
        ("v4", f"actions/upload-artifact@{COMMIT}", "", None),
        ("v6", "actions/upload-artifact@v3", "", False), ("v5.0.1", "actions/upload-artifact@v3", "", True),
        (f"{COMMIT} # v6.0.2", "actions/upload-artifact@v3", "", False),
        (f"{COMMIT} # 4.2.2", "actions/upload-artifact@v3", "", True),
        (COMMIT, "actions/upload-artifact@v3", "", None),
        ("v4", "actions/upload-pages-artifact@v3", "", False),
    ],
)  # fmt: skip
def test_the_token_is_in_an_artifact_only_with_the_hidden_folder(
    checkout: str, upload: str, inputs: str, packed: bool | None, read_texts: Callable[..., Any]
) -> None:
    text = workflow(f"uses: actions/checkout@{checkout}")
    text += f"\n      - uses: {upload}\n        with: {{path: .{inputs}}}\n"
    told = read_texts(text).noun(STEP, "checkout").fields["packed"]
    assert isinstance(told, Unknown) if packed is None else told is packed


def test_tokens_secrets_and_registries(read_texts: Callable[..., Any]) -> None:
    read = read_texts("""\
on: push
permissions:
  contents: read
  packages: write # pushes the image
  # closes issues
  issues: write
  checks: write # guardrail: ignore
jobs:
  a:
    runs-on: ${{ inputs.own == 'self-hosted' && 'ubuntu-24.04' || fromJSON('["self-hosted"]') }}
    container:
      image: x
      credentials: {username: a, password: b}
    env: {T: "${{ secrets.T }}"}
    steps:
      - run: echo ${{ secrets.GITHUB_TOKEN }} ${{ secrets.U }}
  b:
    runs-on: ${{ inputs.own == 'self-hosted' && 'ubuntu-24.04' || 'ubuntu-22.04' }}
    steps: [{run: make}]
""")
    scopes = read.noun(W, "pipeline").fields["token_scopes"]
    assert [(item["scope"], item["documented"]) for item in scopes] == [
        ("contents", False), ("packages", True), ("issues", True), ("checks", False),
    ]  # fmt: skip
    a, b = read.noun(f"{W}#jobs.a", "job").fields, read.noun(f"{W}#jobs.b", "job").fields
    uses = a["secret_uses"]
    assert [(item["secret"], span.line) for item, span in zip(uses, uses.spans, strict=True)] == [("T", 14), ("U", 16)]
    assert [span.line for span in a["registry_passwords"].spans] == [13]
    assert (a["names_own_runner"], b["names_own_runner"]) == (True, False)


@pytest.mark.parametrize(
    ("runner", "own"),
    [
        ("${{ fromJSON('[\"self-hosted\", \"linux\"]') }}", True),
        ("${{ matrix.a }}", "whose machines the runner group big has is set outside of the repository"),
    ],
)
def test_runners_of_lists_and_groups(runner: str, own: object, read_texts: Callable[..., Any]) -> None:
    read = read_texts(f"""\
on: push
jobs:
  a:
    strategy: {{matrix: {{a: [{{group: big}}, ubuntu-24.04]}}}}
    runs-on: {runner}
    steps: [{{run: make}}]
""")
    found = read.noun(f"{W}#jobs.a", "job").fields["self_hosted"]
    assert (found.reason if isinstance(found, Unknown) else found) == own


def test_dependencies_say_more(read_texts: Callable[..., Any]) -> None:
    commit = "3d3c42e5aac5ba805825da76410c181273ba90b1"
    read = read_texts(workflow(f"uses: Step-Security/Harden-Runner/sub@{commit} # tag=v2.4.1"))
    fields = read.noun(STEP, "dependency").fields
    assert (fields["repository"], fields["comment"]) == ("step-security/harden-runner", "v2.4.1")
    assert {item["id"] for item in fields["advisories"]} == {
        "GHSA-g85v-wf27-67xc", "GHSA-mxr3-8whj-j74r", "GHSA-cpmj-h4f6-r6pq", "GHSA-g699-3x6g-wm3g",
        "GHSA-46g3-37rh-v698",
    }  # fmt: skip
    for comment, version in (("", None), (" # the newest", None), (" # codeql-bundle/v3.1", "codeql-bundle/v3.1")):
        read = read_texts(workflow(f"uses: acme/x@{commit}{comment}"))
        assert read.noun(STEP, "dependency").fields.get("comment") == version


@pytest.mark.parametrize(
    ("name", "version", "comment", "found"),
    [
        ("tj-actions/changed-files", "v40", "", 2), ("tj-actions/changed-files", "v45", "", 1),
        ("tj-actions/changed-files", "v46", "", 0), ("tj-actions/changed-files", "v46.0.0", "", 1),
        ("tj-actions/changed-files", "main", "", 0), ("tj-actions/changed-files", "a" * 40, "v44", 0),
        ("tj-actions/changed-files", "a" * 40, "v40", 1), ("actions/download-artifact", "v4", "", 0),
        ("actions/download-artifact", "v4.1.0", "", 1), ("actions/download-artifact", "v3.0.2", "", 0),
        # The commits that tags were moved to, whatever a comment says.
        ("tj-actions/changed-files", "0E58ED8671d6b60d0890c21b07f8835ace038e67", "v47", 1),
        ("reviewdog/action-setup", "f0d342d24037bb11d26b9bd8496e0808ba32e9ec", "", 1),
        ("reviewdog/action-setup", "v1", "", 0), ("reviewdog/action-setup", "v1.3.0", "", 0),
        ("xygeni/xygeni-action", "v5", "", 0), ("super-linter/super-linter/slim", "v8.0.0", "", 1),
        # One thing of many in a repository.
        ("kartverket/github-workflows/.github/workflows/run-terraform.yml", "v2.7.4", "", 1),
        ("kartverket/github-workflows/.github/workflows/run-terraform.yml", "v2.7.5", "", 0),
        ("kartverket/github-workflows/.github/workflows/other.yml", "v2.7.4", "", 0),
    ],
)  # fmt: skip
def test_advisories(name: str, version: str, comment: str, found: int) -> None:
    assert len(advisories(name, version, comment)) == found


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("action/checkout", "actions/checkout"), ("actions/chekcout", "actions/checkout"),
        ("actions/checkouts", "actions/checkout"), ("actions/checkovt", "actions/checkout"),
        ("actions/checkout", ""), ("acme/checkout", ""), ("actions/setup-nodejs", ""), ("checkout", ""),
    ],
)  # fmt: skip
def test_names_that_nearly_are_others(name: str, like: str) -> None:
    assert resembled(name) == like


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("echo A=1 >> $GITHUB_ENV", []), ("echo 'A=$B' >> $GITHUB_ENV", []), ("echo A=$B >> $GITHUB_OUTPUT", []),
        ('echo "A=$B" >> "$GITHUB_ENV"', ["GITHUB_ENV"]), ("echo $X | tee -a $GITHUB_PATH", ["GITHUB_PATH"]),
        ("cat x >> ${GITHUB_ENV}", ["GITHUB_ENV"]), ("./x >> $GITHUB_ENV", ["GITHUB_ENV"]),
        ("echo A=${{ env.X }} >> $GITHUB_ENV", ["GITHUB_ENV"]), ("# echo $A >> $GITHUB_ENV", []),
        ("cat <<E >> $GITHUB_ENV\nA=1\nE", []), ("cat <<E >> $GITHUB_ENV\nA=$B\nE", ["GITHUB_ENV"]),
        ("cat <<'E' >> $GITHUB_ENV\nA=$B\nE", []), ("{\n  echo A=$B\n} >> $GITHUB_ENV", ["GITHUB_ENV"]),
        ("{\n  echo A=1\n} >> $GITHUB_ENV", []), ("echo $env:A >> $env:GITHUB_ENV", ["GITHUB_ENV"]),
        ('Add-Content $env:GITHUB_PATH "$x"', ["GITHUB_PATH"]),
        ("Add-Content -Path $env:GITHUB_PATH -Value (Get-Content x)", ["GITHUB_PATH"]),
        ("Add-Content -Path $env:GITHUB_PATH -Value 'C:\\tools (x86)'", []),
        ('Write-Output "A=$x" | `\n  Out-File -FilePath ${Env:GITHUB_ENV} -Append', ["GITHUB_ENV"]),
        ('Write-Output "A=1" | `\n  Out-File -FilePath ${Env:GITHUB_ENV} -Append', []),
        ("a=`date`\necho A=1 >> $GITHUB_ENV", []),
        # What is quoted begins no document.
        ('printf "X<<E\\n%s\\nE\\n" "$B" >> "$GITHUB_ENV"', ["GITHUB_ENV"]),
        ('{ echo "X<<E"; echo "$B"; echo E; } >> "$GITHUB_ENV"', ["GITHUB_ENV"]),
        ('echo "X<<E" >> $GITHUB_ENV\necho 1 >> $GITHUB_ENV\necho "$B"', []),
        ("echo A=%X%>> %GITHUB_ENV%", ["GITHUB_ENV"]), ("echo A=1>> %GITHUB_ENV%", []),
        ("set /p X=<x.txt\necho %X%>>%GITHUB_PATH%", ["GITHUB_PATH"]), ("set X=1\necho A=%X% >> %GITHUB_ENV%", []),
        ("set X=%Y%\necho A=!X! >> %GITHUB_ENV%", ["GITHUB_ENV"]), ("echo %CD%\\bin>>%GITHUB_PATH%", []),
    ],
)  # fmt: skip
def test_writes_to_the_environment(code: str, files: list[str]) -> None:
    assert [file for _, file in environment_writes(code)] == files


@pytest.mark.parametrize(
    ("code", "harmless"),
    [
        ('echo "$HOME/go/bin" >> "$GITHUB_PATH"', True), ('echo "${HOME}/go/bin" >> "$GITHUB_PATH"', True),
        ('echo "$HOME/$X" >> "$GITHUB_PATH"', False), ('echo "${X:-$HOME}" >> "$GITHUB_PATH"', False),
        ("echo $env:USERPROFILE/bin >> $env:GITHUB_PATH", True), ("echo A=${{ github.sha }} >> $GITHUB_ENV", True),
        ("echo A=${{ github.head_ref }} >> $GITHUB_ENV", False), ("echo A=${{ runner.temp }} >> $GITHUB_ENV", True),
        ('echo "$(pwd)/bin" >> $GITHUB_PATH', True), ('echo "A=$(date -u +%F)" >> $GITHUB_ENV', True),
        ('echo "A=$(cat date)" >> $GITHUB_ENV', False), ('echo "A=$(date; cat x)" >> $GITHUB_ENV', False),
        ('echo "A=`pwd`" >> $GITHUB_ENV', False), ('echo "A=$(date $X)" >> $GITHUB_ENV', False),
        ('echo "A=$(git rev-parse HEAD)" >> $GITHUB_ENV', True),
        ('echo "A=$(git rev-parse --abbrev-ref HEAD)" >> $GITHUB_ENV', False),
        ("echo A=${{ github.base_ref }} >> $GITHUB_ENV", True), ("echo A=$GITHUB_REF_NAME >> $GITHUB_ENV", True),
        ("echo A=$GITHUB_HEAD_REF >> $GITHUB_ENV", False), ("echo A=$GITHUB_ACTOR >> $GITHUB_ENV", True),
        ("echo A=${{ github.event.repository.default_branch }} >> $GITHUB_ENV", True),
        # by way of variables
        ('# from GITHUB_SERVER_URL to H\nH="${GITHUB_SERVER_URL#https://}"\nH="${H#http://}"\n'
         'echo "H=${H}" >> "$GITHUB_ENV"', True),
        ('H=$HOME/a\nif x; then H=$(cat y); fi\necho "H=$H" >> $GITHUB_ENV', False),
        ('A=$B\nB=$A\nB=$C\necho "A=$A" >> $GITHUB_ENV', False), ('A=$B\nB=1\necho "A=$A" >> $GITHUB_ENV', True),
        ('A=1\nread -r A < x\necho "A=$A" >> $GITHUB_ENV', False), ('HOME=$(cat x)\necho $HOME >> $GITHUB_PATH', False),
        ('A="x\n$Y"\necho "A=$A" >> $GITHUB_ENV', False), ('A="$(\ncat x)"\necho "A=$A" >> $GITHUB_ENV', False),
        ('for A in *; do\n  echo "A=$A" >> $GITHUB_ENV\ndone', False),
        ('A+=$(cat x)\necho "A=$A" >> $GITHUB_ENV', False), ('A=1; A=$(cat x)\necho "A=$A" >> $GITHUB_ENV', False),
        ('A=1\n. ./x\necho "A=$A" >> $GITHUB_ENV', False), ('export A=$HOME\necho "A=$A" >> $GITHUB_ENV', True),
        ("{\n  echo A=$HOME\n  echo B=$RUNNER_TEMP\n} >> $GITHUB_ENV", True),
        ("{\n  echo A=$HOME\n  echo B=$B\n} >> $GITHUB_ENV", False),
        ("cat <<E >> $GITHUB_ENV\nA=$HOME\nE", True), ("cat <<'E' >> $GITHUB_ENV\nA=${{ github.sha }}\nE", True),
        # by way of what is set around the script
        ('echo "A=$STAGE" >> $GITHUB_ENV', True), ('echo "A=$NUMBER" >> $GITHUB_ENV', True),
        ('echo "A=$TITLE" >> $GITHUB_ENV', False), ('echo "A=$HERE" >> $GITHUB_ENV', False),
        ('STAGE=$(cat x)\necho "A=$STAGE" >> $GITHUB_ENV', False), ('TITLE=a\necho "A=$TITLE" >> $GITHUB_ENV', False),
    ],
)  # fmt: skip
def test_writes_of_what_is_the_machines_own(code: str, harmless: bool, read_texts: Callable[..., Any]) -> None:
    step = "run: |\n  " + code.replace("\n", "\n  ")
    step += "\nenv: {STAGE: test, NUMBER: '${{ github.event.number }}', HERE: '${{ steps.x.outputs.y }}'}"
    text = workflow(step, "pull_request_target") + "\nenv: {TITLE: '${{ github.event.pull_request.title }}', HERE: a}\n"
    written = read_texts(text).noun(STEP, "script").fields.get("environment_writes")
    assert (written is None) is harmless


@pytest.mark.parametrize(
    ("event", "value", "told"),
    [
        ("issues", "${{ github.event.issue.body }}", True), ("issues", "${{ steps.x.outputs.y }}", False),
        ("discussion_comment", "${{ github.event.comment.body }}", True),
        ("push", "${{ github.event.issue.body }}", False),
    ],
)  # fmt: skip
def test_words_of_outsiders_by_other_events(event: str, value: str, told: bool, read_texts: Callable[..., Any]) -> None:
    """They bring along no code, so that only what is theirs counts."""
    step = f"run: echo \"A=$TEXT\" >> $GITHUB_ENV\nenv: {{TEXT: '{value}'}}"
    written = read_texts(workflow(step, event)).noun(STEP, "script").fields.get("environment_writes")
    assert [str(item["trigger"]) for item in written or ()] == ([event] if told else [])


@pytest.mark.parametrize(
    "part", ["${{", "$(", "A=;", "A=$A;", "export ", "${A", "A=1\n", "$A", "{\n", "# A\n", "<", '"', "\\"]
)
def test_hostile_scripts_take_no_longer(part: str) -> None:
    code = part * (200_000 // len(part)) + '\necho "A=$A" >> $GITHUB_ENV'
    begin = time.process_time()
    list(environment_writes(code))
    assert time.process_time() - begin < 2
