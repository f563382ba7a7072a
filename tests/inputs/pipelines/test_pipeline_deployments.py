from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.deployments import runs_deployment

W = ".github/workflows/w.yml"
WORKFLOW = "on: push\njobs:\n  {name}:\n    runs-on: ubuntu-24.04\n    {line}\n    steps:\n      - {step}\n"


@pytest.mark.parametrize(
    ("name", "line", "step", "deploys"),
    [
        ("build", "name: x", "run: make", False),
        ("deploy-api", "name: x", "run: make", True),
        ("redeployed", "name: x", "run: make", False),
        ("a", "name: Deploy to all", "run: make", True),
        ("deploy-issue", "name: x", "run: gh issue create", False),
        ("a", "name: Notify of the deployment", "run: make", False),
        ("notify-deploy", "name: x", "run: helm upgrade app .", True),
        ("deploy-waiter", "name: x", "run: make", True),
        ("a", "environment: production", "run: make", True),
        ("a", "environment: {name: eu-staging}", "run: make", True),
        ("a", "environment: '${{ inputs.where }}'", "run: make", True),
        ("a", "environment: pypi", "run: make", False),
        ("a", "environment: \"${{ github.ref == 'x' && 'release' || '' }}\"", "run: make", False),
        ("a", "name: x", "run: terraform apply -auto-approve", True),
        ("a", "name: x", "run: terraform plan", False),
        ("a", "name: x", "uses: acme/deploy-action@v1", True),
        ("e2e-tests", "name: x", "run: kubectl apply -f all.yaml", False),
        ("a", "name: x", 'run: "kind create cluster\\nkubectl apply -f all.yaml"', False),
        ("a", "name: x", "run: kubectl apply -f all.yaml", True),
    ],
)
def test_jobs_of_github(read_texts: Callable[..., Any], name: str, line: str, step: str, deploys: bool) -> None:
    read = read_texts(WORKFLOW.format(name=name, line=line, step=step))
    assert read.noun(f"{W}#jobs.{name}", "job").fields["deploys"] is deploys


@pytest.mark.parametrize(
    ("code", "deploys"),
    [
        ("FOO=1 kubectl apply -f x", True),
        ("if ! kubectl -n x --context=y apply -f z; then exit 1; fi", True),
        ("kustomize build . | kubectl apply -f -", True),
        ("oc rollout restart deploy/x", True),
        ("sudo -E terraform -chdir=x apply", True),
        ("helm --debug upgrade --install x y", True),
        ("helmfile -e live sync", True),
        ("argocd app sync x", True),
        ("docker stack deploy -c x.yml x", True),
        ("vercel deploy --prebuilt --prod", True),
        ("vercel pull --environment=production", False),
        ("helm plugin install https://x.io/p", False),
        ("helm template x install", False),
        ("kubectl rollout status deploy/x", False),
        ("echo kubectl apply", False),
        # What only tries.
        ("kubectl apply --dry-run=client -f x", False),
        ("kubectl apply --dry-run=none -f x", True),
        ("helm upgrade x y --dry-run", False),
        ("wrangler deploy --dry-run --outdir dist", False),
        ("ansible-playbook --syntax-check site.yml", False),
        ("aws cloudformation deploy --no-execute-changeset --stack-name x", False),
    ],
)
def test_commands(code: str, deploys: bool) -> None:
    assert runs_deployment(code) is deploys
