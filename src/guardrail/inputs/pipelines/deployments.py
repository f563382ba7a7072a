"""What tells that a job deploys: its name, its environment, the commands that it runs."""

from __future__ import annotations

import re

from guardrail.formats.shell import pipelines
from guardrail.formats.shell_commands import PREFIX
from guardrail.model.patterns import lazy_regex

_WORD = lazy_regex(r"(?:\A|[^a-z])(?:deploy(?:s|ment|ing)?|rollout)(?:\Z|[^a-z])", re.IGNORECASE)
_ABOUT = lazy_regex(  # what is done before or after
    r"(?:\A|[^a-z])(?:alert|announce(?:ment)?|approv(?:e|al)|comment|issues?|label|notif(?:y|ication|ications)"
    r"|report|slack|status|summary|wait)(?:\Z|[^a-z])",
    re.IGNORECASE,
)
_OPTIONS = r"(?:\s+-\S+(?:\s+[^-\s]\S*)?)*?\s+"  # before the verb, lest `helm plugin install` count
_COMMAND = lazy_regex(
    PREFIX + r"(?:(?:terraform|tofu|terragrunt)\s(?:.*\s)?apply"
    rf"|(?:kubectl|oc){_OPTIONS}(?:apply|rollout\s+(?:restart|undo)|set\s+image)|helm{_OPTIONS}(?:upgrade|install)"
    rf"|helmfile{_OPTIONS}(?:apply|sync)|argocd\s+app\s+sync|kapp\s+deploy|pulumi{_OPTIONS}up"
    rf"|(?:cdk|cdktf|copilot|sst|sam|eb|flyctl|fly|firebase|kamal|serverless|sls){_OPTIONS}deploy"
    r"|wrangler\s+(?:deploy|publish)|netlify\s+deploy\s(?:.*\s)?--prod|vercel\s(?:.*\s)?--prod"
    r"|ansible-playbook|docker\s+stack\s+deploy|nomad\s+(?:job\s+)?run|cf\s+push|heroku\s+container:release"
    r"|func\s+azure\s+functionapp\s+publish|gcloud\s+(?:run|app|functions)\s(?:.*\s)?deploy"
    r"|aws\s+(?:ecs\s+update-service|cloudformation\s+deploy|deploy\s+create-deployment"
    r"|lambda\s+update-function-code)"
    r"|az\s+(?:webapp|functionapp)\s+(?:deploy|deployment\s+source\s+config-zip)|az\s+containerapp\s+(?:up|update))"
    r"(?:\s|\Z)"
)
_TRIES = lazy_regex(  # ... and does nothing
    r"\s--?(?:dry-?run(?!=(?:none|false))|syntax-check|check|list-(?:tasks|hosts|tags)|no-execute(?:-changeset)?"
    r"|build-only|noop|help)(?=[\s=]|\Z)"
)
_TRIAL = lazy_regex(
    r"(?:\A|[^a-z])(?:e2e|tests?|testing|smoke|integration|lint|checks?|validate|validation|plan|dry|verify|ci)(?:\Z|[^a-z])",
    re.IGNORECASE,
)
_THROWAWAY = lazy_regex(
    r"\b(?:kind|k3d|minikube)\s+(?:create|start|cluster)|\b(?:kind|k3d|minikube)-action\b|setup-(?:kind|minikube)\b"
)
_TEXT = lazy_regex(r"'([^']+)'")
_PLACE = lazy_regex(
    r"(?:\A|[^a-z])(?:prod|production|prd|live|stag(?:e|ing)|stg|pre-?prod|uat|qa|int|dev|development|demo|sandbox"
    r"|review|preview|github-pages|pages)(?:\Z|[^a-z])",
    re.IGNORECASE,
)


def says_so(name: str) -> bool:
    """True for a name such as `deploy-api`, and not for one that speaks of a deployment (`notify-deploy`)."""
    return bool(_WORD.search(name)) and not _ABOUT.search(name)


def is_trial(name: str) -> bool:
    """True for a job that by its name tries something out, so that its commands do so too."""
    return bool(_TRIAL.search(name))


def is_throwaway(code: str) -> bool:
    """True where a cluster is set up that goes away with the job."""
    return bool(_THROWAWAY.search(code))


def is_place(environment: str) -> bool:
    """True for the name of an environment that one deploys to, and not one that only guards secrets (`pypi`).
    An expression counts for the texts in it, and for a place where it has none."""
    texts = _TEXT.findall(environment) if "${{" in environment else [environment]
    return not texts or any(_PLACE.search(text) for text in texts)


def runs_deployment(code: str) -> bool:
    return any(
        _COMMAND.match(command.text) and not _TRIES.search(command.text)
        for stages in pipelines(code)
        for command in stages
    )
