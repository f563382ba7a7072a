"""`environments`: what is deployed to where, and how rules apply there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from harness import Run

DATABASE = 'resource "aws_db_instance" "this" {\n  instance_class = "db.t3.medium"\n}\n'
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api{metadata}}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers: [{{name: api, image: "acme/api:1.2"}}]
"""
MODULE = 'module "db" {\n  source = "../../modules/db"\n}\n'
SHARED = {"modules/db/main.tf": DATABASE, "envs/dev/main.tf": MODULE, "envs/prod/main.tf": MODULE}


class Told(NamedTuple):
    """Of the findings of one rule: (file, severity, enforce, environments); the notes' kinds; the exit code."""

    findings: list[tuple[str, str, str, list[str]]]
    notes: list[str]
    code: int


@pytest.fixture
def scan(tmp_path: Path, guardrail: Callable[..., Run]) -> Callable[..., Told]:
    def run(rule: str, files: dict[str, str], *options: str, below: str = "") -> Told:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = guardrail("scan", tmp_path / below, "-f", "json", "--rule", rule, *options)
        assert done.code in (0, 1), done.err
        data = json.loads(done.out)
        told = [(f["file"], f["severity"], f["enforce"], f.get("environments", [])) for f in data["findings"]]
        return Told(sorted(told), [note["kind"] for note in data["notes"]], done.code)

    return run


def config(*environments: str, rules: str = "") -> dict[str, str]:
    lines = [rules, "environments:", *(f"  {each}" for each in environments)]
    return {"guardrail.yaml": "\n".join(lines) + "\n"}


DEV = 'dev: {match: ["envs/dev/"], rules: {store-multi-zone: off}}'
PROD = 'prod: {match: ["envs/prod/"], rules: {store-multi-zone: critical}}'


def test_a_module_is_judged_by_where_it_is_called(scan: Callable[..., Told]) -> None:
    found = scan("store-multi-zone", {**SHARED, **config(DEV, PROD)})
    assert found.findings == [("modules/db/main.tf", "critical", "block", ["prod"])]
    found = scan("store-multi-zone", {**SHARED, **config(DEV, PROD.replace("critical", "off"))})
    assert (found.findings, found.code) == ([], 0)


def test_of_several_environments_the_gravest_speaks(scan: Callable[..., Told]) -> None:
    dev = DEV.replace("off", "{severity: low, enforce: warn}")
    for order in ((dev, PROD), (PROD, dev)):
        found = scan("store-multi-zone", {**SHARED, **config(*order)})
        assert found.findings == [("modules/db/main.tf", "critical", "block", ["dev", "prod"])]


RULE = """
id: machine-complete
title: Machines have both
severity: low
category: cost
why: What nobody says, nobody has thought about.
remedy: Set `root_block_device` and `ebs_block_device`.
checks:
  - on: aws_instance
    require: {root_block_device: {set: true}, ebs_block_device: {set: true}}
    message: "{name} says too little"
examples:
  - fail: |
      resource "aws_instance" "i" {}  # guardrail:expect
  - pass: |
      resource "aws_instance" "i" {
        root_block_device {}
        ebs_block_device {}
      }
"""
MACHINES = """
resource "aws_instance" "i" {
  for_each = toset(["a", "b"])
  tags     = { env = each.key }
  dynamic "root_block_device" {
    for_each = each.key == "a" ? [1] : []
    content {}
  }
  dynamic "ebs_block_device" {
    for_each = each.key == "b" ? [1] : []
    content {}
  }
}
"""


def test_the_fingerprint_is_the_same_whatever_weighs_most(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    """Of the first instance in the order of their addresses, each of which lacks something else."""
    (tmp_path / "pack" / "rules").mkdir(parents=True)
    (tmp_path / "pack" / "pack.yaml").write_text("name: acme\nversion: 1.0.0\n")
    (tmp_path / "pack" / "rules" / "machine-complete.yaml").write_text(RULE)
    (tmp_path / "main.tf").write_text(MACHINES)
    seen = set()
    for grave in ("a", "b"):
        said = f"grave: {{tags: {{env: {grave}}}, rules: {{acme/machine-complete: critical}}}}"
        (tmp_path / "guardrail.yaml").write_text(config(said, rules="packs: [{path: pack}]")["guardrail.yaml"])
        done = guardrail("scan", tmp_path, "-f", "json", "--rule", "acme/machine-complete")
        assert done.out, done.err
        [found] = json.loads(done.out)["findings"]
        assert (found["severity"], found["resource"]) == ("critical", f'aws_instance.i["{grave}"]')
        seen.add(found["fingerprint"])
    assert len(seen) == 1


def test_what_warns_weighs_less_than_what_blocks(scan: Callable[..., Told]) -> None:
    dev = DEV.replace("off", "{severity: critical, enforce: warn}")
    found = scan("store-multi-zone", {**SHARED, **config(dev, PROD.replace("critical", "low"))})
    assert [(each[1], each[2]) for each in found.findings] == [("low", "block")]


def test_it_wins_over_paths_and_folders_below_win_over_it(scan: Callable[..., Told]) -> None:
    paths = 'paths: [{match: ["**"], rules: {store-multi-zone: low}}]'
    found = scan("store-multi-zone", {**SHARED, **config(PROD, rules=paths)})
    assert found.findings[0][1] == "critical"
    nearer = {"modules/guardrail.yaml": "rules: {store-multi-zone: medium}\n"}
    assert scan("store-multi-zone", {**SHARED, **nearer, **config(PROD)}).findings[0][1] == "medium"


def test_the_later_of_two_wins(scan: Callable[..., Told]) -> None:
    both = ('a: {match: ["envs/"], rules: {store-multi-zone: low}}', PROD)
    files = {"envs/prod/main.tf": DATABASE}
    assert scan("store-multi-zone", {**files, **config(*both)}).findings[0][1] == "critical"
    found = scan("store-multi-zone", {**files, **config(*reversed(both))})
    assert found.findings == [("envs/prod/main.tf", "low", "block", ["a", "prod"])]


def test_parameters_may_differ(scan: Callable[..., Told]) -> None:
    environments = (
        "prod: {match: [prod.tf], rules: {required-tags: {parameters: {keys: [Owner]}}}}",
        "dev: {match: [dev.tf], rules: {required-tags: {parameters: {keys: [Team]}}}}",
    )
    bucket = 'resource "aws_s3_bucket" "NAME" {\n  tags = { Owner = "shop" }\n}\n'
    files = {name: bucket.replace("NAME", name[:3]) for name in ("prod.tf", "dev.tf")}
    assert [each[0] for each in scan("required-tags", {**files, **config(*environments)}).findings] == ["dev.tf"]


@pytest.mark.parametrize(
    ("environment", "files", "there"),
    [
        ("namespaces: shop", {"a.yaml": DEPLOYMENT.format(metadata=", namespace: shop")}, True),
        ('namespaces: ["shop-*"]', {"a.yaml": DEPLOYMENT.format(metadata=", namespace: shop-eu")}, True),
        ("namespaces: shop", {"a.yaml": DEPLOYMENT.format(metadata=", namespace: shop-eu")}, False),
        ('namespaces: ["*"]', {"a.yaml": DEPLOYMENT.format(metadata="")}, False),
        ("tags: {env: prod}", {"a.yaml": DEPLOYMENT.format(metadata=", labels: {env: prod}")}, True),
        ('tags: {env: ["prod*"], a: b}', {"a.yaml": DEPLOYMENT.format(metadata=", labels: {env: prod-2}")}, True),
        ("tags: {env: prod}", {"a.yaml": DEPLOYMENT.format(metadata=", labels: {env: prod-2}")}, False),
        ('tags: {"*": prod}', {"a.yaml": DEPLOYMENT.format(metadata=", labels: {env: prod}")}, False),
        ("match: [over/prod/]",
         {"base/a.yaml": DEPLOYMENT.format(metadata=""), "base/kustomization.yaml": "resources: [a.yaml]\n",
          "over/prod/kustomization.yaml": "resources: [../../base]\n"}, True),
        ("namespaces: shop",
         {"base/a.yaml": DEPLOYMENT.format(metadata=""), "base/kustomization.yaml": "resources: [a.yaml]\n",
          "over/prod/kustomization.yaml": "namespace: shop\nresources: [../../base]\n"}, True),
    ],
)  # fmt: skip
def test_what_is_in_it(
    scan: Callable[..., Told], environment: str, files: dict[str, str], there: bool
) -> None:
    found = scan("container-memory-limit", {**files, **config(f"prod: {{{environment}}}")})
    assert [each[3] for each in found.findings] == [["prod"] if there else []]


TAGGED = 'provider "aws" {\n  default_tags {\n    tags = { Environment = VALUE }\n  }\n}\nvariable "env" {}\n'
NAMESPACED = """
resource "kubernetes_pod_v1" "p" {
  metadata {
    name      = "p"
    namespace = "shop"
  }
  spec {
    container {
      name  = "p"
      image = "acme/p:1.2"
    }
  }
}
"""


@pytest.mark.parametrize(
    ("rule", "environment", "text", "there"),
    [
        ("store-multi-zone", "tags: {Environment: prod}", TAGGED.replace("VALUE", '"prod"') + DATABASE, True),
        ("store-multi-zone", 'tags: {Environment: "*"}', TAGGED.replace("VALUE", "var.env") + DATABASE, False),
        ("container-memory-limit", "namespaces: shop", NAMESPACED, True),
    ],
)
def test_terraform_has_tags_and_namespaces(
    scan: Callable[..., Told], rule: str, environment: str, text: str, there: bool
) -> None:
    found = scan(rule, {"main.tf": text, **config(f"prod: {{{environment}}}")})
    assert [each[3] for each in found.findings] == [["prod"] if there else []]


def test_charts_are_told_apart_by_their_values(scan: Callable[..., Told]) -> None:
    template = DEPLOYMENT.format(metadata="").replace("acme/api:1.2", "acme/api:{{ .Values.tag }}")
    files = {
        "api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
        "api/values.yaml": "tag: 1.2.0\n",
        "api/values-prod.yaml": "tag: 1.2.1\n",
        "api/templates/api.yaml": template,
    }
    prod = 'prod: {match: ["**/values-prod.yaml"], rules: {container-memory-limit: critical}}'
    found = scan("container-memory-limit", {**files, **config(prod)})
    assert found.findings == [("api/templates/api.yaml", "critical", "block", ["prod"])]
    found = scan("container-memory-limit", config('base: {match: ["api/values.yaml"]}'))
    assert found.findings[0][3] == ["base"]


WORKFLOW = """on: push
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps: [{uses: acme/lint@v4}]
  ship:
    runs-on: ubuntu-24.04
    environment: {name: production}
    steps: [{uses: acme/ship@v5}]
"""


def test_jobs_are_where_they_deploy_to_and_so_are_their_steps(scan: Callable[..., Told]) -> None:
    prod = "prod: {deployments: [production], rules: {action-pinned: critical}}"
    found = scan("action-pinned", {".github/workflows/ci.yml": WORKFLOW, **config(prod)})
    assert sorted((each[1], each[3]) for each in found.findings) == [("critical", ["prod"]), ("high", [])]


def test_an_environment_that_nothing_is_in_is_told_of_the_whole_tree(scan: Callable[..., Told]) -> None:
    files = {**SHARED, **config('prod: {match: ["env/prod/"]}')}
    assert scan("store-multi-zone", files).notes == ["environment-empty"]
    assert scan("store-multi-zone", files, below="modules").notes == []
    assert scan("store-multi-zone", {**SHARED, **config('prod: {match: ["envs/prod/"]}')}).notes == []


def test_what_is_kept_knows_its_environments(scan: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    from guardrail import running

    monkeypatch.setattr(running, "WORTH_KEEPING", 0)
    files = {**SHARED, **config(DEV, PROD)}
    first, again = scan("store-multi-zone", files), scan("store-multi-zone", files)
    assert first == again
    assert first.notes == []
    other = scan("store-multi-zone", {**SHARED, **config(DEV, PROD.replace("critical", "high"))})
    assert other.findings[0][1] == "high"


def test_a_pack_says_how_and_the_repository_where(scan: Callable[..., Told]) -> None:
    pack = {
        "pack/pack.yaml": "name: acme\nversion: 1.0.0\n",
        "pack/policy.yaml": "environments: {prod: {rules: {store-multi-zone: critical}}}\n",
    }
    base = "packs: [{path: pack}]\n"
    found = scan("store-multi-zone", {**SHARED, **pack, "guardrail.yaml": base})
    assert [each[3] for each in found.findings] == [[]]
    found = scan("store-multi-zone", {**config('prod: {match: ["envs/prod/"]}', rules=base)})
    assert found.findings == [("modules/db/main.tf", "critical", "block", ["prod"])]


def test_an_ignore_of_what_is_off_somewhere_is_not_said_to_be_unused(scan: Callable[..., Told]) -> None:
    ignored = DATABASE.replace("{\n", "{ # guardrail:ignore store-multi-zone reason=x\n", 1)
    files = {"envs/dev/main.tf": ignored, "guardrail.yaml": ""}
    assert scan("store-multi-zone", files, "--rule", "ignore-unused").findings[0][0] == "envs/dev/main.tf"
    found = scan("store-multi-zone", {**files, **config(DEV)}, "--rule", "ignore-unused")
    assert found.findings == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("environments:\n  prod:\n    rules: {store-multi-zone: high}\n",
         "guardrail.yaml:2:3: nothing says what is in prod: match, namespaces, tags or deployments"),
        ("environments: {prod: }\n", "guardrail.yaml:1:16: nothing says what is in prod"),
        ("environments: {prod: {matches: [a]}}\n",
         'guardrail.yaml:1:23: unknown key "matches" in environments.prod; did you mean "match"?'),
        ("environments: {prod: {match: [a], rules: {store-multi-zones: high}}}\n",
         'there is no rule "store-multi-zones"; did you mean "store-multi-zone"?'),
        ("environments: {prod: {tags: {env: 3}}}\n", "environments.prod.tags.env must be text or a list"),
        ("environments: {prod: {match: [a], rules: {required-tags: {parameters: {key: a}}}}}\n", "key"),
    ],
)  # fmt: skip
def test_errors_name_their_place(tmp_path: Path, guardrail: Callable[..., Run], text: str, error: str) -> None:
    (tmp_path / "main.tf").write_text(DATABASE)
    (tmp_path / "guardrail.yaml").write_text(text)
    done = guardrail("scan", tmp_path)
    assert done.code == 2
    assert error in done.err


def test_a_file_below_speaks_of_its_folder(scan: Callable[..., Told]) -> None:
    below = {f"shop/{name}": text for name, text in SHARED.items()}
    own = {"shop/guardrail.yaml": config(PROD)["guardrail.yaml"]}
    found = scan("store-multi-zone", {**SHARED, **below, **own})
    assert found.findings == [
        ("modules/db/main.tf", "medium", "block", []),
        ("shop/modules/db/main.tf", "critical", "block", ["prod"]),
    ]
    found = scan("store-multi-zone", config('prod: {match: ["envs/prod/"]}'))
    assert [each[3] for each in found.findings] == [["prod"], ["prod"]]
    tagged = 'prod: {tags: {env: prod}, rules: {store-multi-zone: critical}}'
    files = {name: DATABASE.replace("{\n", '{\n  tags = { env = "prod" }\n', 1) for name in ("a/main.tf", "b/main.tf")}
    found = scan("store-multi-zone", {**files, "a/guardrail.yaml": config(tagged)["guardrail.yaml"]}, below="a")
    assert [each[1] for each in found.findings] == ["critical"]
    assert [each[1] for each in scan("store-multi-zone", {}, below="b").findings] == ["medium"]


def test_text_and_sarif_say_where(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "envs" / "prod").mkdir(parents=True)
    (tmp_path / "envs" / "prod" / "main.tf").write_text(DATABASE)
    (tmp_path / "guardrail.yaml").write_text(config(PROD)["guardrail.yaml"])
    assert "[store-multi-zone]  in prod" in guardrail("scan", tmp_path, "--rule", "store-multi-zone").out
    data: Any = json.loads(guardrail("scan", tmp_path, "--rule", "store-multi-zone", "-f", "sarif").out)
    assert data["runs"][0]["results"][0]["properties"]["environments"] == ["prod"]


def test_what_holds_there_can_be_shown(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "guardrail.yaml").write_text(config(DEV, PROD)["guardrail.yaml"])
    for name, text in SHARED.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    shown = guardrail("config", "show", tmp_path / "modules" / "db", "--environment", "prod").out
    assert "rules.store-multi-zone.severity: critical  (guardrail.yaml:4)" in shown
    shown = guardrail("config", "show", tmp_path / "envs" / "dev" / "main.tf").out
    assert "environment: dev  (guardrail.yaml:3)" in shown
    assert "rules.store-multi-zone.enabled: off  (guardrail.yaml:3)" in shown
    done = guardrail("config", "show", tmp_path, "-e", "prd")
    assert (done.code, 'no environment "prd"; did you mean "prod"?' in done.err) == (2, True)
