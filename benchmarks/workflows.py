"""GitHub workflows: checks with a matrix, releases, deployments, calls of reusable workflows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.words import ENVIRONMENTS, TEAMS, Words

ACTIONS = ("actions/checkout", "actions/setup-python", "actions/setup-node", "actions/cache", "docker/login-action")


def files(size: int) -> Iterator[tuple[str, str]]:
    return workflows(Words("workflows"), size)


def workflows(words: Words, size: int, prefix: str = "") -> Iterator[tuple[str, str]]:
    made = 0
    while made < size:
        name = words.name()
        text = words.pick(KINDS)(words, name)
        made += len(text)
        yield f"{prefix}.github/workflows/{name}.yml", text


def _use(words: Words, action: str) -> str:
    """An action, pinned in one of the ways that people pin them."""
    return f"{action}@{words.pick([f'v{words.number(1, 5)}', words.digits(40), words.digits(40), 'main'])}"


def _setup(words: Words) -> str:
    token = "        with:\n          persist-credentials: false\n" if words.chance(60) else ""
    return f"      - name: Check out\n        uses: {_use(words, ACTIONS[0])}\n{token}"


def checks(words: Words, name: str) -> str:
    versions = ", ".join(f'"3.{minor}"' for minor in words.some([9, 10, 11, 12, 13], 2, 4))
    systems = ", ".join(words.some(["ubuntu-22.04", "ubuntu-latest", "macos-14", "windows-2022"], 1, 3))
    jobs = "".join(_check_job(words, job) for job in words.some(["lint", "types", "docs", "audit", "build"], 1, 4))
    limits = "permissions:\n  contents: read\n\n" if words.chance(65) else ""
    return f"""\
name: {name} checks

on:
  push:
    branches: [main]
    paths: ["services/{name}/**", ".github/workflows/{name}.yml"]
  pull_request:

{limits}concurrency:
  group: {name}-${{{{ github.ref }}}}
  cancel-in-progress: true

env:
  SERVICE: {name}
  PIP_DISABLE_PIP_VERSION_CHECK: "1"

jobs:
  test:
    name: Test on ${{{{ matrix.os }}}} with Python ${{{{ matrix.python }}}}
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: {words.number(5, 60)}
    strategy:
      fail-fast: false
      matrix:
        os: [{systems}]
        python: [{versions}]
        include:
          - os: ubuntu-22.04
            python: "3.13"
            coverage: true
    services:
      postgres:
        image: postgres:{words.number(13, 17)}
        env:
          POSTGRES_PASSWORD: test
        ports: ["5432:5432"]
        options: --health-cmd pg_isready --health-interval 10s
    steps:
{_setup(words)}      - uses: {_use(words, ACTIONS[1])}
        with:
          python-version: ${{{{ matrix.python }}}}
          cache: pip
      - name: Install
        working-directory: services/{name}
        run: |
          python -m pip install --upgrade pip
          pip install -r requirements.txt
          pip install -e ".[test]"
      - name: Test
        working-directory: services/{name}
        run: pytest -q --maxfail={words.number(1, 5)} --junitxml=report-${{{{ matrix.python }}}}.xml
      - name: Keep the report
        if: always() && matrix.coverage
        uses: {_use(words, "actions/upload-artifact")}
        with:
          name: {name}-${{{{ matrix.os }}}}-${{{{ matrix.python }}}}
          path: services/{name}/report-*.xml
{jobs}"""


def _check_job(words: Words, job: str) -> str:
    title = "${{ github.event.pull_request.title }}" if words.chance(20) else "${{ github.sha }}"
    return f"""\
  {job}:
    runs-on: ubuntu-latest
    needs: [test]
    steps:
{_setup(words)}      - name: {job.capitalize()}
        run: |
          echo "{job} of {title}"
          make {job} JOBS={words.number(1, 8)}
          if [ -f {job}.log ]; then
            tail -n {words.number(10, 200)} {job}.log
          fi
"""


def release(words: Words, name: str) -> str:
    return f"""\
name: {name} release

on:
  push:
    tags: ["{name}-v*"]
  workflow_dispatch:
    inputs:
      version:
        description: What is released
        required: true
        type: string

permissions: {words.pick(["write-all", "{contents: write, packages: write}", "{contents: read, id-token: write}"])}

jobs:
  image:
    runs-on: {words.pick(["ubuntu-latest", "ubuntu-24.04", "[self-hosted, linux]"])}
    environment: release
    outputs:
      digest: ${{{{ steps.push.outputs.digest }}}}
    steps:
{_setup(words)}      - name: Log in
        uses: {_use(words, ACTIONS[4])}
        with:
          registry: ghcr.io
          username: ${{{{ github.actor }}}}
          password: ${{{{ secrets.GITHUB_TOKEN }}}}
      - name: Build and push
        id: push
        uses: {_use(words, "docker/build-push-action")}
        with:
          context: services/{name}
          push: true
          tags: |
            ghcr.io/example/{name}:${{{{ github.ref_name }}}}
            ghcr.io/example/{name}:latest
          build-args: |
            COMMIT=${{{{ github.sha }}}}
            TEAM={words.pick(TEAMS)}
  notes:
    runs-on: ubuntu-latest
    needs: image
    steps:
{_setup(words)}      - name: Write the notes
        env:
          GH_TOKEN: ${{{{ secrets.GITHUB_TOKEN }}}}
          VERSION: ${{{{ inputs.version || github.ref_name }}}}
        run: |
          set -euo pipefail
          git log --oneline -n {words.number(10, 90)} > notes.txt
          gh release create "$VERSION" --notes-file notes.txt
          curl -sSf https://hooks.example.com/{name} -d "digest=${{{{ needs.image.outputs.digest }}}}"
"""


def deployment(words: Words, name: str) -> str:
    stages = words.some(ENVIRONMENTS, 1, 3)
    jobs = ""
    for number, stage in enumerate(stages):
        needs = f"    needs: {stages[number - 1]}\n" if number else ""
        jobs += f"""\
  {stage}:
{needs}    runs-on: ubuntu-latest
    environment:
      name: {stage}
      url: https://{name}.{stage}.example.com
    permissions:
      id-token: write
      contents: read
    steps:
{_setup(words)}      - uses: {_use(words, "aws-actions/configure-aws-credentials")}
        with:
          role-to-assume: arn:aws:iam::{words.number(100000000000, 999999999999)}:role/{name}-deploy
          aws-region: eu-central-1
      - name: Plan
        working-directory: stacks/{name}/{stage}
        run: |
          terraform init -input=false
          terraform plan -input=false -out=plan.bin -var "image_tag=${{{{ github.sha }}}}"
      - name: Apply
        if: github.ref == 'refs/heads/main'
        working-directory: stacks/{name}/{stage}
        run: terraform apply -input=false plan.bin
"""
    return f"""\
name: {name} deployment

on:
  {words.pick(["push", "workflow_dispatch", "pull_request_target", "workflow_run"])}:

jobs:
{jobs}"""


def call(words: Words, name: str) -> str:
    calls = "".join(
        f"""\
  {step}:
    uses: example/workflows/.github/workflows/{step}.yml@{words.pick([words.digits(40), "main", "v2"])}
    with:
      service: {name}
      retries: {words.number(0, 5)}
    secrets: {words.pick(["inherit", "{token: '${{ secrets.DEPLOY_TOKEN }}'}"])}
"""
        for step in words.some(["scan", "package", "publish", "notify"], 1, 4)
    )
    return f"""\
name: {name} nightly

on:
  schedule:
    - cron: "{words.number(0, 59)} {words.number(0, 6)} * * *"

jobs:
{calls}"""


KINDS: tuple[Callable[[Words, str], str], ...] = (checks, checks, release, deployment, call)
