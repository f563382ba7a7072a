"""A chart's own words may hold the values that it was given, but no credential among them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness import ends
from helm_charts import Charts, chart

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.helm.messages import without_secrets
from guardrail.inputs.kubernetes.helm.rendering import _PLACE
from guardrail.model import Map

SECRET = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody


def values(text: str) -> Map:
    found = yaml.load(text.encode(), "values.yaml", "kubernetes").documents[0].value
    assert isinstance(found, Map)
    return found


@pytest.mark.parametrize(
    ("given", "said", "told"),
    [
        (f"db: {{password: {SECRET}}}", f"password {SECRET} is too short", "password *** is too short"),
        (f"db: {{password: [{SECRET}]}}", f"[{SECRET}]", "[***]"),
        ("db: {password: 12345678}", "12345678 has no letters", "*** has no letters"),
        ("password: abc", "abc is no part of abcde", "*** is no part of abcde"),
        ("apiToken: token-1", "bad token-1", "bad ***"),
        (f"env: [{{name: API_TOKEN, value: {SECRET}}}]", f"what is {SECRET}?", "what is ***?"),
        (f"key: |\n  first {SECRET}\n", "no key", "no key"),
        (f"password: |\n  {SECRET}\n", f"<{SECRET}>", "<***>"),
        (f"password: |\n  {SECRET}\n  {SECRET}x\n", f"{SECRET} {SECRET}x", "***"),
        (f"password: {SECRET}", "is aDhKazJMbVA5cVh6NFJ0Ng==", "is ***"),
        ("image: ghp_h8Jk2LmP9qXz4Rt6Wv8Yb1Nc5Df3Gh7Sj9Ak", "ghp_h8Jk2LmP9qXz4Rt6Wv8Yb1Nc5Df3Gh7Sj9Ak", "***"),
        ("replicas: a", "cannot unmarshal !!str `h8Jk2Lm...` into int", "cannot unmarshal !!str `...` into int"),
        ("image: shop\nsecretName: shop-token", "image shop of shop-token", "image shop of shop-token"),
        ("password: changeme", "changeme", "changeme"),
        ("password:", "password is required", "password is required"),
        ("dbPassword: token", "in x/templates/token.yaml: token", "in x/templates/token.yaml: ***"),
    ],
)
def test_without_secrets(given: str, said: str, told: str) -> None:
    assert without_secrets(said, [values(given)]) == told


@pytest.mark.parametrize("said", ["x" * 200_000, "x/" * 100_000, "x/templates/" * 20_000, "." * 200_000])
def test_long_messages(said: str) -> None:
    with ends():
        assert without_secrets(said, [values("password: abc")])
        assert list(_PLACE.finditer(said)) == []


@pytest.mark.parametrize("of", ["values.yaml", "charts/db/values.yaml"])
def test_a_chart_that_fails_with_a_password(charts: Callable[..., Charts], of: str) -> None:
    fails = '{{ fail (printf "password %s is too short" .Values.password) }}'
    template = of.replace("values.yaml", "templates/a.yaml")
    made = {of: f"password: {SECRET}\n", template: fails, "Chart.yaml": chart("shop")}
    (problem,) = charts({**made, "charts/db/Chart.yaml": chart("db")}).read().problems
    assert "password *** is too short" in problem.message
