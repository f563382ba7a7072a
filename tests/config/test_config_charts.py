"""`helm:` of guardrail.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.config import load
from guardrail.errors import ConfigError
from guardrail.tree import Tree


def tree(base: Path, config: str, *files: str) -> Tree:
    (base / "guardrail.yaml").write_text(config)
    for name in ("charts/api/Chart.yaml", *files):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text("name: api\n")
    return Tree(str(base))


PROFILE = """\
helm:
  profiles:
    - chart: charts/api
      name: prod
      values: [envs/base.yaml, envs/prod.yaml]
      set:
        image.tag: v1
        image.pullPolicy: Always
        ingress.annotations.example\\.com/x: "y"
      release: api-prod
      namespace: apps
"""


def test_a_profile_is_read(tmp_path: Path) -> None:
    (profile,) = load(tree(tmp_path, PROFILE, "envs/base.yaml", "envs/prod.yaml")).helm_profiles
    assert (profile.chart, profile.name) == ("charts/api", "prod")
    assert (profile.release, profile.namespace) == ("api-prod", "apps")
    assert profile.values_files == ("envs/base.yaml", "envs/prod.yaml")
    assert (profile.place.file, profile.place.line) == ("guardrail.yaml", 3)
    assert profile.values == {
        "image": {"tag": "v1", "pullPolicy": "Always"},
        "ingress": {"annotations": {"example.com/x": "y"}},
    }
    assert profile.values["image"].spans["tag"].line == 7


def test_nothing_is_said(tmp_path: Path) -> None:
    assert load(tree(tmp_path, "helm: {}\n")).helm_profiles == ()
    assert load(tree(tmp_path, "exclude: []\n")).helm_profiles == ()


@pytest.mark.parametrize(
    ("config", "message", "line"),
    [
        ("helm:\n  profiles:\n    - {chart: charts/none, name: a}\n", 'no chart in "charts/none"', 3),
        ("helm:\n  profiles:\n    - {chart: ../x, name: a}\n", 'no chart in "../x"', 3),
        ("helm:\n  profiles:\n    - chart: charts/api\n      name: a\n      values:\n        - x.yaml\n", "no file", 6),
        ("helm:\n  profiles:\n    - chart: charts/api\n      name: a\n      values: [../x]\n", "out of the tree", 5),
        ("helm:\n  profiles:\n    - {chart: charts/api}\n", "has no name", 3),
        ("helm:\n  profiles:\n    - {chart: charts/api, name: a, valeus: []}\n", "valeus", 3),
        ("helm: {profile: []}\n", "profiles", 1),
        (
            "helm:\n  profiles:\n    - {chart: charts/api, name: a}\n    - {chart: charts/api, name: a}\n",
            'two profiles of charts/api are called "a"',
            4,
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, config: str, message: str, line: int) -> None:
    with pytest.raises(ConfigError) as raised:
        _ = load(tree(tmp_path, config)).helm_profiles
    assert message in raised.value.message
    assert (raised.value.file, raised.value.line) == ("guardrail.yaml", line)


def test_only_the_file_at_the_base_counts(tmp_path: Path) -> None:
    made = tree(tmp_path, "exclude: []\n")
    (tmp_path / "charts/guardrail.yaml").write_text("helm: {}\n")
    with pytest.raises(ConfigError, match="helm only counts"):
        load(made).for_path("charts/api/Chart.yaml")
