"""Variables that Flux puts into what it deploys."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.platform.variables import MAX_ADDED, Filling, Substitution, Variable
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Resource, Sensitive, Span, plain
from guardrail.tree import Tree

HERE = Span("ks.yaml", 1, 1, 1, 9)
KNOWN = {"APP": "shop", "N": "8080", "ON": "true", "EMPTY": "", "Q": '"', "LIST": "[a, b]", "URL": "http://a.example"}


def filled(value: Any, closed: bool = True, **known: str) -> Any:
    holder = Map(HERE)
    holder.put("x", value, HERE)
    variables = {name: Variable(text, name, "ks", HERE) for name, text in (known or KNOWN).items()}
    Filling().fill(holder, Substitution("", True, variables, closed, "ks", HERE))
    return plain(holder["x"])


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("${APP}", "shop"),
        ("${APP}-svc.${APP}", "shop-svc.shop"),
        ("${N}", 8080),  # whatever stood around it in the file, YAML reads it once more
        ("port ${N}", "port 8080"),
        ("${ON}", True),
        ("${Q}${N}${Q}", "8080"),
        ("${EMPTY}", None),
        ("x: ${N}", "x: 8080"),  # in quotes for its colon, and stays so
        ("${N}\n", "8080\n"),
        ("${NONE:=5Gi}", "5Gi"),
        ("${NONE:-${APP}}-x", "shop-x"),
        ("${NONE=a}", "a"),
        ("${APP:=other}", "shop"),
        ("${EMPTY:=other}", "other"),
        ("${URL}/x", "http://a.example/x"),
        ("$${APP}", "${APP}"),
        ("$APP", "$APP"),
        # not known
        ("${NONE}", "${NONE}"),
        ("${NONE}-${APP}", "${NONE}-shop"),
        ("${NONE:=${OTHER}}", "${NONE:=${OTHER}}"),
        ("${APP:0:2}", "${APP:0:2}"),
        ("${APP/s/t}", "${APP/s/t}"),
        ("${LIST}", "${LIST}"),
        ("${APP", "${APP"),
        ("${}", "${}"),
        ("${a${b${c${d${e${f${g}}}}}}}", "${a${b${c${d${e${f${g}}}}}}}"),
    ],
)
def test_values(written: str, made: Any) -> None:
    assert filled(written) == made


def test_a_default_is_taken_only_where_nothing_else_can_be() -> None:
    assert filled("${NONE:=5Gi} ${APP}", closed=False) == "${NONE:=5Gi} shop"


def test_what_is_put_in_has_bounds() -> None:
    assert filled("${A}" * 6, A="x" * (MAX_ADDED // 5)) == "${A}" * 6
    assert filled("${A:=" * 10_000 + "}" * 10_000, B="") == "${A:=" * 10_000 + "}" * 10_000


KUSTOMIZATION = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./m
  sourceRef: {kind: GitRepository, name: deploy}
"""
CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "${APP}", namespace: "${NS:=prod}"}
data: {size: "${SIZE:=5Gi}"}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: flux-system}
data: {APP: other, SIZE: 9Gi}
"""
OWN = "  postBuild:\n    substitute: {APP: shop}\n"
FROM = "    substituteFrom: [{kind: ConfigMap, name: settings}]\n"


def reading(**files: str) -> Reading:
    overlay = {name.replace("__", "/") + ".yaml": body.encode() for name, body in files.items()}
    return read(sorted(overlay), Tree("/nowhere", overlay), ReadOptions())


def config(found: Reading) -> Resource:
    return next(one for one in found.resources if one.kind == "ConfigMap" and "m/" in one.root + one.span.file)


def said(**files: str) -> tuple[str, Any]:
    one = config(reading(**files))
    return one.address, plain(one.attributes["data"])["size"]


def test_it_fills_what_a_folder_holds_and_says_from_where() -> None:
    one = config(reading(ks=KUSTOMIZATION + OWN, m__deep__a=CONFIG))
    assert (one.address, one.local) == ("ConfigMap/prod/shop", "ConfigMap/prod/shop")
    (origin,) = one.attributes["metadata"].origin_of("name")
    assert (origin.note, origin.span.line, origin.value) == ("APP of Flux Kustomization apps", 9, "shop")
    assert one.attributes["data"].origin_of("size") == ()


def test_no_variables_are_no_substitution() -> None:
    for nothing in ("", "  postBuild: {}\n", "  postBuild: {substitute: {}}\n"):
        assert said(ks=KUSTOMIZATION + nothing, m__a=CONFIG) == ("ConfigMap/${NS:=prod}/${APP}", "${SIZE:=5Gi}")


def test_what_stands_in_the_kustomization_wins_over_config_maps() -> None:
    assert said(ks=KUSTOMIZATION + OWN + FROM, s=SETTINGS, m__a=CONFIG) == ("ConfigMap/prod/shop", "9Gi")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"s": SETTINGS.replace("kind: ConfigMap", "kind: Secret")},
        {"s": SETTINGS.replace("flux-system", "other")},
        {"s": SETTINGS + "sops: {version: 3.9.0}\n"},
        {"s": SETTINGS, "t": SETTINGS.replace("9Gi", "1Gi")},  # one for each cluster
    ],
)
def test_what_is_not_known_stays_as_it_is_written(more: dict[str, str]) -> None:
    found = reading(ks=KUSTOMIZATION + OWN + FROM, m__a=CONFIG, **more)
    assert config(found).address == "ConfigMap/${NS:=prod}/shop"
    assert plain(config(found).attributes["data"]) == {"size": "${SIZE:=5Gi}"}
    assert ["puts in variables that are not known here" in note.message for note in found.notes] == [True]


@pytest.mark.parametrize("value", ["'ENC[AES256_GCM,data:x]'", "'${SIZE}'", "'${OTHER}Gi'"])
def test_a_variable_whose_value_is_not_known_has_no_default_either(value: str) -> None:
    files = {"ks": KUSTOMIZATION + OWN + FROM, "s": SETTINGS.replace("9Gi", value), "m__a": CONFIG}
    assert said(**files) == ("ConfigMap/prod/shop", "${SIZE:=5Gi}")


def test_built_kustomizations_are_filled_and_what_they_leave_out_is_not() -> None:
    kustomization = "resources: [../base]\n"
    files = {"m__kustomization": kustomization, "base__kustomization": "resources: [a.yaml]\n", "base__a": CONFIG}
    assert said(ks=KUSTOMIZATION + OWN, **files) == ("ConfigMap/prod/shop", "5Gi")
    left_out = reading(ks=KUSTOMIZATION + OWN, m__b=CONFIG, **files).resources
    assert sorted(one.address for one in left_out if one.kind == "ConfigMap") == [
        "ConfigMap/${NS:=prod}/${APP}", "ConfigMap/prod/shop",
    ]  # fmt: skip


def test_where_two_deploy_a_folder_only_what_they_agree_on_is_put_in() -> None:
    one = KUSTOMIZATION + "  postBuild:\n    substitute: {APP: shop, SIZE: 1Gi}\n"
    assert said(a=one, b=one.replace("name: apps", "name: b"), m__a=CONFIG) == ("ConfigMap/prod/shop", "1Gi")
    assert said(a=one, b=one.replace("1Gi", "2Gi"), m__a=CONFIG) == ("ConfigMap/prod/shop", "${SIZE:=5Gi}")
    assert said(a=one, b=one.replace("SIZE: 1Gi", "NS: b"), m__a=CONFIG) == (
        "ConfigMap/${NS:=prod}/shop", "${SIZE:=5Gi}",
    )  # fmt: skip


PARENT = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: cluster, namespace: flux-system}
spec:
  path: ./ks
  sourceRef: {kind: GitRepository, name: deploy}
  patches:
    - target: {kind: Kustomization}
      patch: |
        - {op: add, path: /spec/postBuild/WHERE, value: {}}
"""


def test_kustomizations_that_are_patched_may_have_more_variables_or_others() -> None:
    files = {"ks__ks": KUSTOMIZATION + OWN, "m__a": CONFIG}
    assert said(p=PARENT.replace("WHERE", "substituteFrom"), **files) == ("ConfigMap/${NS:=prod}/shop", "${SIZE:=5Gi}")
    assert said(p=PARENT.replace("WHERE", "substitute"), **files) == ("ConfigMap/${NS:=prod}/${APP}", "${SIZE:=5Gi}")


def test_kustomizations_put_in_what_they_come_to_once_they_are_built() -> None:
    patch = "[{op: add, path: /spec/postBuild/substitute/SIZE, value: 1Gi}]"
    overlay = f"resources: [../base, s.yaml]\npatches: [{{patch: '{patch}', target: {{kind: Kustomization}}}}]\n"
    base = KUSTOMIZATION.replace("  path: ./m\n", "  path: ./elsewhere\n") + OWN + FROM
    move = "[{op: replace, path: /spec/path, value: ./m}]"
    files = {"base__kustomization": "resources: [ks.yaml]\n", "base__ks": base, "prod__s": SETTINGS, "m__a": CONFIG}
    assert said(prod__kustomization=overlay, other__s=SETTINGS.replace("9Gi", "2Gi"), **files) == (
        "ConfigMap/${NS:=prod}/${APP}", "${SIZE:=5Gi}",
    )  # fmt: skip
    moved = overlay + f"- {{patch: '{move}', target: {{kind: Kustomization}}}}\n"
    moved = moved.replace("patches: [{", "patches:\n- {").replace("}}]\n-", "}}\n-")
    assert said(prod__kustomization=moved, other__s=SETTINGS.replace("9Gi", "2Gi"), **files) == (
        "ConfigMap/prod/shop", "1Gi",
    )  # fmt: skip


def test_kustomizations_are_filled_before_they_fill() -> None:
    parent = PARENT.split("  patches:")[0] + "  postBuild: {substitute: {WHERE: m, PREFIX: eu}}\n"
    child = KUSTOMIZATION.replace("./m", '"./${WHERE}"')
    own = OWN.replace("shop", '"${PREFIX}-shop"')
    assert said(p=parent, ks__ks=child + own, m__a=CONFIG) == ("ConfigMap/prod/eu-shop", "5Gi")


def test_nothing_is_told_where_nothing_is_left() -> None:
    assert not reading(ks=KUSTOMIZATION + OWN + FROM, m__a="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n").notes


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_objects_that_want_none_of_it_are_left_alone(where: str) -> None:
    mark = f'metadata: {{{where}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}, name: "${{APP}}"'
    text = CONFIG.replace('metadata: {name: "${APP}"', mark)
    assert said(ks=KUSTOMIZATION + OWN, m__a=text) == ("ConfigMap/${NS:=prod}/${APP}", "${SIZE:=5Gi}")


def test_a_secret_s_values_are_hidden_once_they_are_there() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: '${PW}'}\n"
    own = "  postBuild:\n    substitute: {PW: hunter2}\n"
    (found,) = (one for one in reading(ks=KUSTOMIZATION + own, m__a=secret).resources if one.kind == "Secret")
    data = found.attributes["stringData"]
    assert isinstance(data["password"], Sensitive)
    assert data["password"].literal
    assert isinstance(data.origin_of("password")[0].value, Sensitive)


def test_values_of_a_release_of_a_chart_that_is_here() -> None:
    release = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: prod}
spec:
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: deploy}}}
  values: {replicas: "${REPLICAS}"}
"""
    own = "  postBuild:\n    substitute: {REPLICAS: '3'}\n"
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {n: {{ .Values.replicas | quote }}}\n"
    overlay = {"ks.yaml": KUSTOMIZATION + own, "m/release.yaml": release,
               "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
               "chart/values.yaml": "replicas: 1\n", "chart/templates/a.yaml": template}  # fmt: skip
    tree = Tree("/nowhere", {name: body.encode() for name, body in overlay.items()})
    found = read(sorted(overlay), tree, ReadOptions())
    counts = {plain(one.attributes["data"])["n"] for one in found.resources if one.kind == "ConfigMap"}
    assert counts == {"1", "3"}
