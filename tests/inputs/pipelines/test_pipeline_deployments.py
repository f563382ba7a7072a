from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
