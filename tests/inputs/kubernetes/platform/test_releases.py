"""Objects that deploy charts and folders of the same repository."""

from __future__ import annotations

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.platform.argo import _matches, _may_hold
from guardrail.inputs.kubernetes.platform.asked import set_value
from guardrail.inputs.kubernetes.platform.releases import Releases
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Span, plain
from guardrail.tree import Tree

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicas: 1\n",
    "charts/web/values-prod.yaml": "replicas: 3\n",
    "envs/prod/web.yaml": "replicas: 4\n",
}


def releases(text: str, **more: str) -> Releases:
    files = {**CHART, "apps/app.yaml": text, **{name.replace("__", "/"): body for name, body in more.items()}}
    overlay = {name: body.encode() for name, body in files.items()}
    return Releases(sorted(name for name in overlay if "charts/" not in name), Tree("/nowhere", overlay))


def profiles(text: str, **more: str) -> list[tuple[object, ...]]:
    found = releases(text, **more).profiles_of("charts/web")
    return [(p.name, p.files, plain(p.values) if p.values is not None else None, p.release, p.namespace) for p in found]


def notes(text: str) -> list[str]:
    return [note.message for note in releases(text).notes]


def application(source: str, kind: str = "source") -> str:
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop, namespace: argocd}}
spec:
  destination: {{namespace: shop}}
  {kind}:
{source}"""


def test_an_application_s_values() -> None:
    text = application("""
    repoURL: https://github.com/acme/deploy
    path: charts/web
    helm:
      releaseName: front
      valueFiles: [values-prod.yaml, /envs/prod/web.yaml]
      values: |
        image:
          tag: "1.2"
        replicas: 5
      parameters:
        - {name: image.tag, value: "1.3"}
        - {name: "ports[1].name", value: http}
        - {name: debug, value: "true"}
        - {name: year, value: "2024", forceString: true}
""")
    assert profiles(text) == [(
        "Application shop", ("charts/web/values-prod.yaml", "envs/prod/web.yaml"),
        {"image": {"tag": "1.3"}, "replicas": 5, "ports": [None, {"name": "http"}], "debug": True, "year": "2024"},
        "front", "shop",
    )]  # fmt: skip
    (profile,) = releases(text).profiles_of("charts/web")
    assert profile.values is not None
    assert (profile.values.place("replicas").file, profile.values.place("replicas").line) == ("apps/app.yaml", 16)
    assert profile.values["image"].place("tag").line == 18
    assert profile.origin is not None
    assert profile.origin.file == "apps/app.yaml"


def test_an_object_of_values_counts_before_text() -> None:
    source = '    path: charts/web\n    helm: {values: "a: 1", valuesObject: {b: 2}}\n'
    assert profiles(application(source))[0][2] == {"b": 2}


def test_values_of_another_source() -> None:
    text = application("""
    - {repoURL: "https://github.com/acme/deploy", ref: values, targetRevision: main}
    - {repoURL: "https://github.com/acme/deploy", path: charts/web, helm: {valueFiles: [$values/envs/prod/web.yaml]}}
""", "sources")
    assert profiles(text)[0][:2] == ("Application shop, source 2", ("envs/prod/web.yaml",))


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("    path: charts/web\n    helm: {valueFiles: [nope.yaml]}\n", "values from 'nope.yaml', which is not there"),
        ("    path: charts/web\n    helm: {valueFiles: [$x/a.yaml]}\n", "values from '$x/a.yaml', which is not there"),
        ('    path: charts/web\n    helm: {values: "a: ["}\n', "are no YAML"),
        ('    path: charts/web\n    helm: {values: "a: {{ b }}"}\n', "filled in later"),
        ("    path: charts/web\n    helm: {fileParameters: [{name: a, path: b}]}\n", "files that are not read"),
    ],
)
def test_what_can_t_be_known_is_told_and_not_rendered(source: str, note: str) -> None:
    text = application(source)
    assert not profiles(text)
    (told,) = notes(text)
    assert note in told


def test_missing_files_may_be_ignored_and_foreign_paths_are_none_of_ours() -> None:
    ignored = "    path: charts/web\n    helm: {valueFiles: [nope.yaml], ignoreMissingValueFiles: true}\n"
    assert profiles(application(ignored))[0][:2] == ("Application shop", ())
    elsewhere = application("    path: somewhere/else\n")
    assert not profiles(elsewhere)
    assert not notes(elsewhere)
    assert not profiles(application("    chart: web\n    path: charts/web\n"))


def test_a_set_with_a_list() -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: webs}
spec:
  generators:
    - list:
        elements:
          - {env: prod, replicas: 4}
          - {env: dev, replicas: 1}
  template:
    metadata: {name: "web-{{env}}"}
    spec:
      destination: {namespace: "{{ env }}"}
      source:
        path: charts/web
        helm:
          ignoreMissingValueFiles: true
          valueFiles: ["/envs/{{env}}/web.yaml"]
          parameters: [{name: replicas, value: "{{replicas}}"}]
"""
    assert profiles(text) == [
        ("ApplicationSet webs, web-prod", ("envs/prod/web.yaml",), {"replicas": 4}, "web-prod", "prod"),
        ("ApplicationSet webs, web-dev", (), {"replicas": 1}, "web-dev", "dev"),
    ]


def test_a_set_over_folders_and_files() -> None:
    folders = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  goTemplate: true
  generators:
    - git: {repoURL: x, directories: [{path: charts/*}, {path: charts/old, exclude: true}]}
  template:
    metadata: {name: "{{ .path.basename }}"}
    spec:
      source: {path: "{{.path.path}}"}
      destination: {namespace: "{{index .path.segments 1}}"}
"""
    old = "apiVersion: v2\nname: old\nversion: 1.0.0\n"
    assert profiles(folders, charts__old__Chart_yaml=old) == [("ApplicationSet all, web", (), None, "web", "web")]
    files = folders.replace("directories: [{path: charts/*}, {path: charts/old, exclude: true}]",
                            'files: [{path: "envs/*/app.yaml"}]')  # fmt: skip
    files = files.replace("{{ .path.basename }}", "{{.app.name}}").replace("{{.path.path}}", "{{.app.chart}}")
    content = {"envs__prod__app.yaml": "app: {name: shop, chart: charts/web}\n"}
    assert profiles(files, **content) == [("ApplicationSet all, shop", (), None, "shop", "prod")]


def test_what_only_the_cluster_knows() -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  generators:
    - matrix:
        generators:
          - clusters: {}
          - list: {elements: [{chart: web}]}
  template:
    metadata: {name: "{{chart}}"}
    spec:
      source: {path: "charts/{{chart}}", helm: {valueFiles: ["%s"]}}
      destination: {server: "{{server}}"}
"""
    assert profiles(text % "values-prod.yaml") == [
        ("ApplicationSet all, web", ("charts/web/values-prod.yaml",), None, "web", "")
    ]
    unknown = text % "values-{{name}}.yaml"
    assert not profiles(unknown)
    assert "{{name}}, which only the cluster knows" in notes(unknown)[0]


def test_a_helm_release_of_flux() -> None:
    text = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  targetNamespace: shop
  chart:
    spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: deploy}, valuesFiles: [envs/prod/web.yaml]}
  valuesFrom:
    - {kind: ConfigMap, name: web-values}
    - {kind: Secret, name: web-secrets, optional: true}
  values:
    replicas: 7
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: flux-system}
data:
  values.yaml: |
    replicas: 2
    image: a
"""
    assert profiles(text) == [(
        "HelmRelease flux-system/web", ("envs/prod/web.yaml",), {"replicas": 7, "image": "a"}, "shop-web", "shop",
    )]  # fmt: skip
    unknown = text.replace(", optional: true", "")
    assert not profiles(unknown)
    assert "Secret web-secrets, which are not known here" in notes(unknown)[0]
    assert not profiles(text.replace("kind: GitRepository", "kind: HelmRepository"))


def test_a_module_of_cyclops() -> None:
    text = """
apiVersion: cyclops-ui.com/v1alpha1
kind: Module
metadata: {name: shop}
spec:
  targetNamespace: prod
  template: {repo: "https://github.com/acme/deploy", path: charts/web, version: main}
  values: {replicas: 2}
"""
    assert profiles(text) == [("Module shop", (), {"replicas": 2}, "shop", "prod")]
    elsewhere = text.replace("charts/web", "demo")
    assert not profiles(elsewhere)
    assert "not in this repository (https://github.com/acme/deploy, demo)" in notes(elsewhere)[0]


def reading(**files: str) -> Reading:
    overlay = {name.replace("__", "/") + ".yaml": text.encode() for name, text in files.items()}
    return read(sorted(overlay), Tree("/nowhere", overlay), ReadOptions())


CONFIG = """{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: n}}
"""


def test_folders_go_into_the_namespace_that_they_are_deployed_to() -> None:
    app = application("    path: manifests/shop\n")
    found = reading(app=app, manifests__shop__a=CONFIG, manifests__shop__deep__b=CONFIG, other__c=CONFIG)
    assert sorted(r.address for r in found.resources if r.kind == "ConfigMap") == [
        "ConfigMap/default/a", "ConfigMap/default/a", "ConfigMap/shop/a",
    ]  # fmt: skip
    (moved,) = [r for r in found.resources if r.address == "ConfigMap/shop/a"]
    assert moved.attributes["metadata"].origin_of("namespace")[0].span.file == "app.yaml"
    deep = app.replace("path: manifests/shop", "path: manifests/shop\n    directory: {recurse: true}")
    found = reading(app=deep, manifests__shop__deep__b=CONFIG)
    assert "ConfigMap/shop/a" in [r.address for r in found.resources]


def test_where_two_disagree_nothing_is_moved() -> None:
    app = application("    path: m\n")
    found = reading(one=app, two=app.replace("namespace: shop", "namespace: other"), m__a=CONFIG)
    assert "ConfigMap/default/a" in [r.address for r in found.resources]


def test_flux_overrides_namespaces_and_tells_what_it_changes() -> None:
    flux = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  path: ./m
  sourceRef: {kind: GitRepository, name: deploy}
  targetNamespace: shop
  postBuild: {substitute: {x: y}}
"""
    found = reading(flux=flux, m__deep__a=CONFIG.replace("{name: a}", "{name: a, namespace: b, labels: {l: '${L}'}}"))
    assert "ConfigMap/shop/a" in [r.address for r in found.resources]
    assert ["puts in variables that are not known here" in note.message for note in found.notes] == [True]


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("apps/web", "apps/*", True), ("apps/web/deep", "apps/*", False), ("apps/a/b/web", "apps/**/web", True),
        ("apps/web", "apps/**", True), ("other/web", "apps/**", False), ("apps", "apps", True),
    ],
)  # fmt: skip
def test_globs(path: str, pattern: str, matches: bool) -> None:
    assert _matches(path, pattern) is matches


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a", {"a": 1, "b": {"c": 2}}), ("b.d", {"b": {"c": 2, "d": 1}}), (r"b.d\.e", {"b": {"c": 2, "d.e": 1}}),
        ("l[1]", {"b": {"c": 2}, "l": [None, 1]}), ("l[0].x", {"b": {"c": 2}, "l": [{"x": 1}]}),
        ("l[0][1]", {"b": {"c": 2}, "l": [[None, 1]]}), ("", None), ("a..b", None), ("l[9999]", None), ("a[", None),
    ],
)  # fmt: skip
def test_setting_a_value_by_its_path(path: str, wanted: object) -> None:
    span = Span("a", 1, 1, 1, 2)
    base, inner = Map(span), Map(span)
    inner.put("c", 2, span)
    base.put("b", inner, span)
    made = set_value(base, path, 1, span)
    assert (None if made is None else plain(made)) == wanted
    assert plain(base) == {"b": {"c": 2}}


ODD = ["null", "5", "text", "[]", "{}", "[null]", "[[]]", "[{}]", "{a: [b]}", '"{{ x }}"', "[{name: a, value: {}}]"]
KEYS = {
    ("argoproj.io/v1alpha1", "Application"): ["source", "sources", "destination"],
    ("argoproj.io/v1alpha1", "ApplicationSet"): ["generators", "template"],
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"): ["chart", "values", "valuesFrom", "targetNamespace"],
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"): ["path", "sourceRef", "targetNamespace"],
    ("cyclops-ui.com/v1alpha1", "Module"): ["template", "values", "targetNamespace"],
    ("cyclops-ui.com/v1alpha1", "TemplateStore"): ["repo", "version"],
    ("source.toolkit.fluxcd.io/v1", "GitRepository"): ["url", "ref"],
}


def test_nothing_in_them_makes_it_raise() -> None:
    text = ""
    for (version, kind), keys in KEYS.items():
        bases = ["{path: charts/web, helm: %s}", "{list: %s}", "[{list: {elements: %s}}]", "{spec: %s}", "%s",
                 "[{git: {directories: %s, files: %s}}]", "[{matrix: {generators: %s}}]",
                 "[{merge: {generators: %s}}]"]  # fmt: skip
        for key in keys:
            for base in bases:
                text += "".join(
                    f"---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, spec: "
                    f"{{{key}: {base.replace('%s', odd)}}}}}\n"
                    for odd in ODD
                )
        text += "".join(f"---\n{{apiVersion: {version}, kind: {kind}, metadata: {odd}, spec: {odd}}}\n" for odd in ODD)
    releases(text)
    reading(all=text)


def test_a_finding_stands_on_the_application_s_own_line() -> None:
    if not _has_helm():
        pytest.skip("no Helm to render with")
    chart = {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "charts/web/values.yaml": "privileged: false\n",
        "charts/web/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "    - {name: web, image: web, securityContext: {privileged: {{ .Values.privileged }}}}\n",
        "app.yaml": application("    path: charts/web\n    helm: {valuesObject: {privileged: true}}\n"),
    }
    overlay = {name: text.encode() for name, text in chart.items()}
    found = read(sorted(overlay), Tree("/nowhere", overlay), ReadOptions())
    pods = [resource for resource in found.resources if resource.kind == "Pod"]
    contexts = [pod.attributes["spec"]["containers"][0]["securityContext"] for pod in pods]
    assert sorted(context["privileged"] for context in contexts) == [False, True]
    (place,) = [context.place("privileged") for context in contexts if context["privileged"]]
    assert (place.file, place.line) == ("app.yaml", 8)


def _has_helm() -> bool:
    import tempfile

    from guardrail.inputs.kubernetes.helm.engine import find_engine

    with tempfile.TemporaryDirectory() as home:
        engine = find_engine(home)
        if engine is not None:
            engine.close()
    return engine is not None


SCHEMA = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: applications.argoproj.io}
spec:
  group: argoproj.io/
  names:
    kind: Application
"""


@pytest.mark.parametrize(
    "text",
    [
        SCHEMA + "---\n" + application("    {path: charts/web, repoURL: https://github.com/acme/deploy}\n"),
        application("    {path: charts/web, repoURL: https://github.com/acme/deploy}\n") + "\n---\n" + SCHEMA,
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "apiextensions.k8s.io/v1", '
        '"kind": "CustomResourceDefinition"}, {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", '
        '"metadata": {"name": "shop"}, "spec": {"destination": {"namespace": "shop"}, '
        '"source": {"path": "charts/web", "repoURL": "https://github.com/acme/deploy"}}}]}',
    ],
)
def test_schemas_beside_it_are_passed_over(text: str) -> None:
    assert [name for name, *_ in profiles(text)] == ["Application shop"]


def test_what_stands_behind_schemas_keeps_its_lines() -> None:
    text = SCHEMA + "---\n" + application("    path: charts/web\n    helm: {valueFiles: [nope.yaml]}\n")
    assert [note.line for note in releases(text).notes] == [text[: text.index("nope.yaml")].count("\n") + 1]


@pytest.mark.parametrize(
    ("folder", "pattern", "may"),
    [
        ("apps", "apps/*/config", True),
        ("apps/a", "apps/*/config", True),
        ("other", "apps/*", False),
        ("apps/a/b", "apps/**/config", True),
        ("other/a", "apps/**", False),
        ("any", "**/config", True),
    ],
)
def test_folders_that_nothing_can_be_found_in_are_not_walked(folder: str, pattern: str, may: bool) -> None:
    assert _may_hold(folder, pattern) is may


def built(charts: str, **more: str) -> list[tuple[object, ...]]:
    text = f"namespace: shop\nhelmGlobals: {{chartHome: ../charts}}\nhelmCharts:\n{charts}"
    return profiles("", **{"apps__kustomization.yaml": text, "apps__mine.yaml": "replicas: 7\n", **more})


def test_a_kustomization_s_charts() -> None:
    entry = "- name: web\n  releaseName: front\n  valuesFile: mine.yaml\n"
    entry += "  additionalValuesFiles: [../envs/prod/web.yaml]\n"
    label = "kustomization apps/kustomization.yaml, front"
    files = ("apps/mine.yaml", "envs/prod/web.yaml")
    assert built(entry) == [(label, files, None, "front", "shop")]
    inline = entry + "  valuesInline: {replicas: 9}\n"
    assert built(inline) == [(label, files, {"replicas": 9}, "front", "shop")]
    assert built(inline + "  valuesMerge: replace\n") == [(label, (), {"replicas": 9}, "front", "shop")]
    assert built(inline + "  valuesMerge: merge\n") == []
    assert built("- name: other\n- name: web\n  version: 1.0.0\n") == [(label.partition(",")[0], (), None, "", "shop")]
    assert built("- name: web\n  valuesFile: gone.yaml\n") == []


def test_where_a_kustomization_keeps_its_charts() -> None:
    plainly = "helmCharts: [{name: web, namespace: there}]\n"
    nested = {"apps__charts__web__Chart.yaml": CHART["charts/web/Chart.yaml"]}
    overlay = releases("", **{"apps__kustomization.yaml": plainly, **nested})
    assert [p.namespace for p in overlay.profiles_of("apps/charts/web")] == ["there"]
    assert not overlay.profiles_of("charts/web")
    pulled = {"apps__charts__web-2.0__web__Chart.yaml": CHART["charts/web/Chart.yaml"], **nested}
    versioned = {"apps__kustomization.yaml": "helmCharts: [{name: web, version: '2.0'}]\n", **pulled}
    assert releases("", **versioned).charts == {"apps/charts/web-2.0/web"}


def test_a_generator_of_charts() -> None:
    text = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: web\n"
    assert profiles(f"{text}chartHome: ../charts\nreleaseName: front\nvaluesInline: {{a: 1}}\n") == [
        ("HelmChartInflationGenerator apps/app.yaml, front", (), {"a": 1}, "front", "")
    ]
    assert profiles(f"{text}repo: https://charts.example.com\n") == []


ADDED = {
    "m/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: size.yaml}]\n",
    "m/a.yaml": CONFIG,
    "m/size.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: '${APP}'}\n"
                   "spec: {resources: {requests: {storage: 9Gi}}}\n",
    "components/volume/kustomization.yaml": "kind: Component\nresources: [claim.yaml]\n",
    "components/volume/claim.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: '${APP}'}\n"
                                    "spec: {resources: {requests: {storage: 1Gi}}}\n",
}  # fmt: skip
DEPLOYS = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s}
spec:
  path: ./m
  sourceRef: {kind: GitRepository, name: deploy}
  targetNamespace: shop
  components: [%s]
"""


def with_components(*flux: str) -> Reading:
    files = {name: text.encode() for name, text in {**ADDED, "flux.yaml": "---\n".join(flux)}.items()}
    return read(sorted(files), Tree("/nowhere", files), ReadOptions())


def test_components_that_flux_adds_are_built() -> None:
    found = with_components(DEPLOYS % ("apps", "../components/volume, '../${MORE}'"))
    assert not found.problems
    assert not found.notes
    claims = {r.address: r.attributes["spec"] for r in found.resources if r.kind == "PersistentVolumeClaim"}
    assert list(claims) == ["PersistentVolumeClaim/shop/${APP}"]
    assert claims["PersistentVolumeClaim/shop/${APP}"]["resources"]["requests"]["storage"] == "9Gi"
    assert found.files["components/volume/claim.yaml"] == "analysed"


def test_a_component_that_flux_adds_and_is_not_there() -> None:
    text = DEPLOYS % ("apps", "../components/volume, ../components/gone")
    (problem,) = with_components(text).problems
    assert (problem.kind, problem.file, problem.line) == ("missing-file", "flux.yaml", 8)
    assert not with_components(text + "  ignoreMissingComponents: true\n").problems


def test_where_those_who_deploy_a_folder_add_different_components_the_most_are_built() -> None:
    one = DEPLOYS % ("apps", "../components/volume")
    assert not with_components(one, one).notes
    found = with_components(DEPLOYS % ("others", ""), one)
    assert not found.problems
    assert [(note.kind, note.line) for note in found.notes] == [("release", 8)]
    assert "PersistentVolumeClaim/shop/${APP}" in [resource.address for resource in found.resources]
