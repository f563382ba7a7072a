"""What is known of actions in wide use: which inputs are code, which keep caches, which publish, whose outputs an
outsider writes. Names in lower case; gathered from the actions' own documentation, as of November 2026."""

from __future__ import annotations

from typing import NamedTuple

# Actions that run what they are handed: the inputs, and what their code is written in.
SCRIPT_INPUTS: dict[str, tuple[tuple[str, ...], str]] = {
    "actions/github-script": (("script",), "javascript"),
    "actions-hub/kubectl": (("args",), "sh"),
    "8398a7/action-slack": (("custom_payload",), "javascript"),
    "addnab/docker-run-action": (("run", "options"), "sh"),
    "amadevus/pwsh-script": (("script",), "pwsh"),
    "appleboy/ssh-action": (("script",), "bash"),
    "azure/cli": (("inlinescript",), "bash"),
    "azure/powershell": (("inlinescript",), "pwsh"),
    "bahmutov/npm-install": (("install-command",), "sh"),
    "cardinalby/js-eval-action": (("expression",), "javascript"),
    "coactions/setup-xvfb": (("run",), "sh"),
    "cross-platform-actions/action": (("run",), "sh"),
    "cypress-io/github-action": (("build", "command", "install-command", "start"), "sh"),
    "dagger/dagger-for-github": (("call",), "sh"),
    "devorbitus/yq-action-output": (("cmd",), "bash"),
    "gabrielbb/xvfb-action": (("run",), "sh"),
    "google-github-actions/ssh-compute": (("command",), "bash"),
    "jannekem/run-python-script-action": (("script",), "python"),
    "matlab-actions/run-command": (("command",), "matlab"),
    "mikefarah/yq": (("cmd",), "bash"),
    "nick-fields/retry": (("command", "on_retry_command", "new_command_on_retry"), "bash"),
    "nick-invision/retry": (("command", "on_retry_command"), "bash"),
    "reactivecircus/android-emulator-runner": (("script",), "sh"),
    "roots/issue-closer-action": (("issue-close-message", "pr-close-message"), "javascript"),
    "rrbutani/use-nix-shell-action": (("script",), "bash"),
    "sergeysova/jq-action": (("cmd",), "bash"),
    "tibdex/backport": (("body_template", "head_template", "labels_template", "title_template"), "javascript"),
    "uraimo/run-on-arch-action": (("run",), "sh"),
    "vmactions/freebsd-vm": (("run", "prepare"), "sh"),
    "vmactions/netbsd-vm": (("run", "prepare"), "sh"),
    "vmactions/openbsd-vm": (("run", "prepare"), "sh"),
    "vmactions/solaris-vm": (("run", "prepare"), "sh"),
    "wandalen/wretry.action": (("command",), "bash"),
    "workflow/nix-shell-action": (("script",), "bash"),
}


class Caching(NamedTuple):
    """How an action keeps a cache. `asks`: inputs that turn it on. `stops`: an input that turns it off, with the value
    that does; "" where none can. `unless`: whether it does so when neither is set. `needs`: it does only where this
    input is set. `first`: the major version from which on it does so by itself."""

    asks: tuple[str, ...] = ()
    stops: str = ""
    off: str = "false"
    unless: bool = True
    needs: str = ""
    first: int = 0


CACHES: dict[str, Caching] = {
    "actions/cache": Caching(stops="lookup-only", off="true"),
    "actions/cache/restore": Caching(stops="lookup-only", off="true"),
    "actions/setup-dotnet": Caching(asks=("cache",), unless=False),
    "actions/setup-go": Caching(asks=("cache",), stops="cache", first=4),
    "actions/setup-java": Caching(asks=("cache",), unless=False),
    "actions/setup-node": Caching(asks=("cache",), stops="package-manager-cache", first=5),
    "actions/setup-python": Caching(asks=("cache",), unless=False),
    "actions-rust-lang/setup-rust-toolchain": Caching(asks=("cache",), stops="cache"),
    "astral-sh/setup-uv": Caching(asks=("enable-cache",), stops="enable-cache"),
    "awalsh128/cache-apt-pkgs-action": Caching(),
    "determinatesystems/magic-nix-cache-action": Caching(stops="use-gha-cache"),
    "docker/setup-buildx-action": Caching(stops="cache-binary", needs="version"),
    "graalvm/setup-graalvm": Caching(asks=("cache",), unless=False),
    "gradle/actions/setup-gradle": Caching(stops="cache-disabled", off="true"),
    "gradle/gradle-build-action": Caching(stops="cache-disabled", off="true"),
    "jdx/mise-action": Caching(asks=("cache",), stops="cache"),
    "mlugg/setup-zig": Caching(asks=("use-cache",), stops="use-cache"),
    "mozilla-actions/sccache-action": Caching(),
    "nix-community/cache-nix-action": Caching(),
    "oven-sh/setup-bun": Caching(stops="no-cache", off="true"),
    "ramsey/composer-install": Caching(stops="ignore-cache", off="true"),
    "ruby/setup-ruby": Caching(asks=("bundler-cache",), unless=False),
    "swatinem/rust-cache": Caching(stops="lookup-only", off="true"),
}

# Actions that put out what a release consists of. With an input: only where that is not set to false.
PUBLISHERS: dict[str, str] = dict.fromkeys((
    "aws-actions/amazon-ecs-deploy-task-definition", "aws-actions/aws-cloudformation-github-deploy",
    "azure/aci-deploy", "azure/container-apps-deploy-action", "azure/functions-action", "cloudflare/wrangler-action",
    "google-github-actions/deploy-appengine", "google-github-actions/deploy-cloud-functions",
    "google-github-actions/deploy-cloudrun", "google-github-actions/release-please-action",
    "googleapis/release-please-action", "goreleaser/goreleaser-action", "js-devtools/npm-publish",
    "katyo/publish-crates", "ncipollo/release-action", "pypa/gh-action-pypi-publish",
    "redhat-actions/push-to-registry", "release-drafter/release-drafter", "rubygems/release-gem",
    "softprops/action-gh-release",
), "")  # fmt: skip
PUBLISHERS["docker/build-push-action"] = "push"

# What an outsider writes in their outputs; "*" for any text. Second, the input that must be an outsider's for that.
OUTSIDERS_OUTPUTS: dict[str, tuple[tuple[str, ...], str]] = {
    "actions-ecosystem/action-regex-match": (("*",), "text"),  # as far as its input is an outsider's
    "ahmadnassri/action-changed-files": (("files", "json"), ""),
    "alessbell/pull-request-comment-branch": (("head_ref",), ""),
    "dawidd6/action-get-tag": (("tag",), ""),
    "dorny/paths-filter": (("*_files",), ""),
    "eficode/resolve-pr-refs": (("head_ref",), ""),
    "firehed/pr-info": (("*",), ""),
    "jitterbit/get-changed-files": (("*",), ""),
    "jwalton/gh-find-current-pr": (("title", "body"), ""),
    "khan/pull-request-comment-trigger": (("comment_body",), ""),
    "lots0logs/gh-action-get-changed-files": (("*",), ""),
    "masesgroup/retrieve-changed-files": (("*",), ""),
    "peter-murray/issue-body-parser-action": (("*",), ""),
    "potiuk/get-workflow-origin": (("sourceheadbranch", "targetbranch"), ""),
    "redhat-plumbers-in-action/download-artifact": (("*",), ""),
    "stefanbuck/github-issue-parser": (("*",), ""),
    "tj-actions/branch-names": (("current_branch", "head_ref_branch", "ref_branch"), ""),
    "tj-actions/changed-files": (("*files", "*_and_*"), ""),
    "tj-actions/verify-changed-files": (("changed_files", "changed-files"), ""),
    "trilom/file-changes-action": (("*",), ""),
    "tzkhan/pr-update-action": (("headmatch",), ""),
    "xt0rted/pull-request-comment-branch": (("head_ref",), ""),
    "xt0rted/slash-command-action": (("command-arguments",), ""),
    "zentered/issue-forms-body-parser": (("*",), ""),
}

# Actions that set variables of later steps to an outsider's words.
OUTSIDERS_VARIABLES: dict[str, tuple[str, ...]] = {
    "rlespinasse/github-slug-action": ("github_head_ref", "github_ref_name", "github_ref"),
}

# Actions that run what the folder says: builds, and linters whose configuration names code.
RUN_THE_FOLDER = frozenset((
    "actions-hub/stylelint", "actions-rs/cargo", "actions/jekyll-build-pages",
    "andrewmcodes-archive/rubocop-linter-action", "athackst/mkdocs-simple-plugin", "bahmutov/npm-install",
    "bradennapier/eslint-plus-action", "brettcannon/pip-secure-install", "bridgecrewio/checkov-action",
    "browniebroke/pre-commit-autoupdate-action", "bsfishy/pip-action", "catchen/eslint-suggestion-action",
    "cloudflare/wrangler-action", "cloudposse/github-action-pre-commit", "cypress-io/github-action",
    "dbt-checkpoint/dbt-checkpoint", "devops-infra/action-tflint", "dflook/terraform-apply", "dflook/terraform-plan",
    "dflook/tofu-apply", "dflook/tofu-plan", "docker/bake-action", "docker/build-push-action", "errata-ai/vale-action",
    "gaurav-nelson/github-action-vale-lint", "gimenete/rubocop-action", "github/super-linter",
    "golangci/golangci-lint-action", "goreleaser/goreleaser-action", "gradle/gradle-build-action",
    "hashicorp/tfc-workflows-github", "hynek/build-and-inspect-python-package", "icrawl/action-eslint",
    "jpetrucciani/mypy-check", "js-devtools/npm-publish", "lucafeger/action-maven-cli", "magefile/mage-action",
    "mhausenblas/mkdocs-deploy-gh-pages", "mvs-telecom/publish-nuget", "ninosaurus/eslint-check", "op5dev/tf-via-pr",
    "oxsecurity/megalinter", "php-actions/phpstan", "pre-commit-ci/lite-action", "pre-commit/action", "pulumi/actions",
    "qcastel/github-actions-maven-release", "r7kamura/rubocop-todo-corrector", "reviewdog/action-eslint",
    "reviewdog/action-rubocop", "reviewdog/action-tflint", "ricardochaves/python-lint", "ruby/setup-ruby",
    "samuelmeuli/action-maven-publish", "sibiraj-s/action-eslint", "sonarsource/sonarqube-scan-action",
    "stefanoeb/eslint-action", "sunnysid3up/python-linter", "super-linter/super-linter", "tinovyatkin/action-eslint",
    "tj-actions/eslint-changed-files", "tsuyoshicho/action-mypy", "wearerequired/lint-action",
))  # fmt: skip

# Made for an outsider's event; they touch none of his code and run none of his words.
CONTAINED = frozenset(("actions/labeler",))

# What a runner can do by itself: the action, and the command that does the same.
BUILT_IN: dict[str, str] = {
    "actions-ecosystem/action-add-labels": "gh issue edit --add-label",
    "actions-ecosystem/action-remove-labels": "gh issue edit --remove-label",
    "addnab/docker-run-action": "docker run",
    "dacbd/create-issue-action": "gh issue create",
    "dtolnay/rust-toolchain": "rustup toolchain install",
    "elgohr/github-release-action": "gh release create",
    "endbug/add-and-commit": "git commit and git push",
    "ncipollo/release-action": "gh release create",
    "peter-evans/create-or-update-comment": "gh issue comment or gh pr comment",
    "peter-evans/create-pull-request": "gh pr create",
    "sergeysova/jq-action": "jq",
    "softprops/action-gh-release": "gh release create",
    "stefanzweifel/git-auto-commit-action": "git commit and git push",
    "svenstaro/upload-release-action": "gh release upload",
}

# Actions that install a tool, and the inputs that say which version.
TOOLS: dict[str, tuple[str, ...]] = {
    "aquasecurity/setup-trivy": ("version",),
    "extractions/setup-crate": ("version",),
    "extractions/setup-just": ("just-version",),
}
