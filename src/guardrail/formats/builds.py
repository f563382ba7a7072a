"""Shell code that runs what a folder of code says: builds, tests, installs, linters, scripts of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.formats.shell import Command, pipelines
from guardrail.model.patterns import lazy_regex

_START = (
    r"\s*(?:\(\s*|\{\s+|!\s+|(?:then|do|else|elif|if|while|time|exec|command|nohup)\s+|\w+=\S*\s+)*"
    r"(?:sudo\s+(?:-[ugh]\s+[^\s-]\S*\s+|-(?![ugh]\s)\S+\s+|\w+=\S*\s+)*)?(?:env\s+(?:\w+=\S*\s+)*)?"
    r"(?:timeout\s+(?:-[ks]\s+\S+\s+|-(?![ks]\s)\S+\s+)*\d\S*\s+|nice\s+(?:-n\s+\S+\s+|-(?!n\s)\S+\s+)?)?"
    r"(?:(?:npx|bunx|uvx|xvfb-run|poetry\s+run|pipenv\s+run|uv\s+run|hatch\s+run|bundle\s+exec|python[\d.]*\s+-m)"
    r"(?:\s+-\S+)*\s+)?"
)
_BUILDS = lazy_regex(
    _START + r"(?:"
    r"(?:\./|\.\\)\S+"
    r"|(?:ba|z|k|da)?sh\s+(?:-(?!\w*c)\S+\s+)*[^\s-]\S*|(?:source|\.)\s+[^\s/]\S*"
    r"|(?:npm|pnpm|yarn|bun)(?:\s+-(?!-version\b|v\b)\S+)*(?:\s+(?!-|view\b|info\b|config\b)\S+|\s*\Z)"
    r"|(?:uv\s+)?pipx?[\d.]*\s+install\s(?:.*\s)?(?:-r|--requirement|-e|--editable|\.(?=[\s/\[]|\Z))|(?:python|ruby|perl|node|deno|php|lua|Rscript)[\d.]*\s+(?:-(?!m\b|c\b|e\b|-version)\S+\s+)*[^\s-]\S*"
    r"|(?:make|gmake|cmake|ctest|ninja|meson|bazel|bazelisk|buck2?|scons|just|task|mage|rake|tox|nox|pytest|pre-commit|coverage|mypy|pylint"
    r"|ant|mvn|mvnw|gradle|gradlew|sbt|lein|cargo|rustc|stack|cabal|mix|rebar3|swift|xcodebuild|fastlane|pod|flutter|dart|dotnet|msbuild|nuget)"
    r"(?:\s(?!--version)|\Z)"
    r"|(?:pwsh|powershell)(?:\.exe)?\s+(?:-(?!c(?:ommand)?\b|e\w*\b)\w+\s+)*[^\s-]\S*\.ps1\b"
    r"|(?:rails|rake)\s+(?!--version)\S+|gomplate\b|sonar-scanner\b|tflint\b|trivy\s+(?:fs|config|repo|rootfs|conf)\b|vale\s+(?!--version|sync)\S"
    r"|tar\s+(?:\S+\s+)*(?:-?(?=[a-zA-Z]*x)(?=[a-zA-Z]*P)[a-zA-Z]+|--absolute-names)\s|unzip\s+(?:.*\s)?-:"
    r"|go\s+(?:run|test|generate|build|install|mod\s+tidy|vet|tool)\b"
    r"|(?:bundle|bundler|gem|composer|poetry|pipenv|pdm|hatch|uv|conda|mamba)\s+(?:install|update|build|run|sync|exec|lock)\b"
    r"|(?:terraform|tofu|terragrunt|pulumi|cdk|serverless|sam|packer|ansible-playbook|ansible-lint)\s+(?!version|--version|fmt)\S+"
    r"|docker(?:\s+buildx)?\s+(?:build|bake)\b|docker(?:\s+compose|-compose)\s+(?:build|up|run)\b"
    r"|(?:docker|podman)\s+run\s(?=.*(?:\$\{?PWD\b|\$\(pwd\)|`pwd`|github\.workspace|GITHUB_WORKSPACE|[\s=]\.{1,2}/?\S{0,200}:))"
    r"|(?:podman|buildah)\s+(?:build|bud)\b|skaffold\s+(?!config\b|version\b)\S|tilt\s|earthly\s"
    r"|(?:build|unittest)(?:\s|\Z)"  # mostly of `python -m`
    r"|(?:jest|mocha|vitest|eslint|prettier|stylelint|rubocop|phpunit|phpstan|psalm|webpack|rollup|vite|esbuild|tsc|lerna|nx|turbo|gulp|grunt)\b"
    r"|(?:checkov|golangci-lint|goreleaser|helm\s+(?:dependency|dep|template|install|upgrade)|kustomize\s+build|jekyll|hugo|mkdocs|sphinx-build)\b"
    r"|git\s+submodule\s+update\b"
    r")",
    re.DOTALL,
)
# What is named and comes from a registry, whatever the folder holds.
_FROM_REGISTRY = lazy_regex(
    _START + r"(?:"
    r"(?:npm|pnpm|bun)\s+(?=.*\s(?:-g|--global)(?:\s|\Z))(?:\S+\s+)*?(?:i|install|add)\s|yarn\s+global\s+add\s"
    r"|go\s+install\s+(?:-\S+\s+)*[^\s.-]\S*@\S+\s*\Z|cargo\s+install\s+(?!.*--path\b)\S"
    r"|gem\s+install\s+(?!\S*\.gem\b)\S"
    r")(?!.*\s\.{1,2}(?:/|\s|\Z))",
    re.DOTALL,
)
# Publishing that runs no script of the folder's. pnpm and Yarn run other files of it all the same (.pnpmfile.cjs, what
# .yarnrc.yml says Yarn is).
_PUBLISHES_ONLY = lazy_regex(
    _START + r"(?:npm|bun)\s+(?:-\S+\s+)*publish\b(?=.*(?:\.tgz\b|\s--ignore-scripts(?!=false\b)\b))", re.DOTALL
)


_CODE = lazy_regex(_START + r"(?:eval|(?:ba|z|k|da)?sh\s+(?:-\S+\s+)*?-\w*c)\s+(?P<code>.*)", re.DOTALL)
MAX_NESTING = 3  # of code in a command's argument


def builds(code: str, nesting: int = 0) -> Iterator[Command]:
    """Commands that run something that the folder they run in decides."""
    for stages in pipelines(code):
        for command in stages:
            if _BUILDS.match(command.text):
                if not (_FROM_REGISTRY.match(command.text) or _PUBLISHES_ONLY.match(command.text)):
                    yield command
            elif nesting < MAX_NESTING and any(builds(_code_in(command.text), nesting + 1)):
                yield command


def _code_in(text: str) -> str:
    """What a command takes for code, without its quotes."""
    match = _CODE.match(text)
    return match["code"].strip("\"'") if match else ""
