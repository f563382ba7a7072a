"""Charts and what there is to tell of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helm_charts import Charts, at, chart, header, packed, place

from guardrail.config.charts import HelmProfile
from guardrail.inputs.kubernetes.helm import reading as reading_charts
from guardrail.inputs.kubernetes.helm import rendering
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Span

Make = Callable[..., Charts]
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  containers:\n    - name: a\n      image: %s\n"


def addresses(found: Reading) -> list[str]:
    return sorted(resource.address for resource in found.resources)


def told(found: Reading) -> list[tuple[str, str, int]]:
    return [(problem.kind, problem.file, problem.line) for problem in found.problems]


def kinds(found: Reading) -> list[str]:
    return [note.kind for note in found.notes]


def test_each_profile_is_a_world_of_its_own(web: Reading) -> None:
    assert not web.problems
    roots = {resource.root for resource in web.resources}
    assert roots == {f"Chart.yaml with {name}" for name in ("values.yaml", "values-prod.yaml", "ci/extra-values.yaml")}
    assert [r.root for r in web.resources if r.kind == "Ingress"] == ["Chart.yaml with values-prod.yaml"]
    declared = {(r.scope, r.declared) for r in web.resources if r.kind == "Deployment"}
    assert declared == {("", "templates/deployment.yaml#Deployment")}


def test_how_far_files_were_read(web: Reading) -> None:
    assert web.files == {
        "Chart.yaml": "analysed", "values.yaml": "analysed", "values-prod.yaml": "analysed",
        "ci/extra-values.yaml": "analysed", "templates/_helpers.tpl": "analysed",
        "templates/deployment.yaml": "analysed", "templates/secret.yaml": "analysed",
        "templates/ingress.yaml": "analysed", "templates/extra.yaml": "analysed", "templates/hpa.yaml": "skipped",
        "templates/tests/test-connection.yaml": "skipped",
    }  # fmt: skip


def test_what_comes_out_empty_and_tests_are_noted(web: Reading) -> None:
    assert kinds(web) == ["empty-template", "test-hook"]
    assert "templates/hpa.yaml" in web.notes[0].message
    assert "templates/tests/test-connection.yaml" in web.notes[1].message


JOINED = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: first}

---

{{- if .Values.more -}}

# what the second is for
apiVersion: v1
kind: ConfigMap
metadata: {name: second}
data:
  a: {{ .Values.a }}

---

{{- end -}}

apiVersion: v1
kind: ConfigMap
metadata: {name: third}
data:
  b: {{ .Values.b }}
"""


@pytest.mark.parametrize("more", ["true", "false"])
def test_documents_that_begin_on_the_line_of_their_divider(charts: Make, more: str) -> None:
    found = charts({
        "Chart.yaml": chart("web"),
        "values.yaml": f"more: {more}\na: one\nb: two\n",
        "templates/all.yaml": JOINED,
    }).read()  # fmt: skip
    assert not found.problems
    wanted = ["first", "second", "third"] if more == "true" else ["first", "third"]
    assert [resource.attributes["metadata"]["name"] for resource in found.resources] == wanted
    third = at(found, "ConfigMap/web/third")
    assert third.attributes["data"]["b"] == "two"
    assert place(third, "metadata.name") == "templates/all.yaml:22:12"
    assert place(third, "data.b").startswith("values.yaml:3")


SUBCHART = {
    "charts/shop/Chart.yaml": chart("shop", "dependencies:", "  - name: api", "    version: 1.x.x",
                                    "    repository: file://../api", "    alias: backend"),
    "charts/shop/values.yaml": "global: {tag: latest}\nbackend:\n  memory: 1Gi\n",
    "charts/api/Chart.yaml": chart("api"),
    "charts/api/values.yaml": "memory: 64Mi\ncpu: 1\nglobal: {tag: v1}\n",
    "charts/api/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\nspec:\n"
    "  cpu: {{ .Values.cpu }}\n  memory: {{ .Values.memory }}\n  image: a:{{ .Values.global.tag }}\n",
}  # fmt: skip


def test_a_subchart_from_beside_with_values_of_its_parent(charts: Make) -> None:
    found = charts(SUBCHART).read()
    assert not found.problems
    below = at(found, "Pod/shop/shop")
    assert place(below, "spec.memory") == "charts/shop/values.yaml:3:3"
    assert place(below, "spec.cpu") == "charts/api/values.yaml:2:1"
    assert place(below, "spec.image") == "charts/shop/values.yaml:1:10"
    alone = at(found, "Pod/api/api")
    assert place(alone, "spec.memory") == "charts/api/values.yaml:1:1"
    assert below.declared == alone.declared == "templates/pod.yaml#Pod"
    assert below.scope == alone.scope == "charts/api"


def test_a_subchart_that_only_its_parent_has_the_values_for(charts: Make) -> None:
    alone = {name: text for name, text in SUBCHART.items() if name.startswith("charts/api/")}
    asks = {"charts/api/templates/asks.yaml": POD % ("asks", '{{ required "region, please" .Values.global.region }}')}
    found = charts(alone | asks).read()
    assert (told(found), found.resources) == ([("unrendered", "charts/api/templates/asks.yaml", 7)], [])
    region = {"charts/shop/values.yaml": "global: {tag: latest, region: eu}\nbackend:\n  memory: 1Gi\n"}
    found = charts(SUBCHART | asks | region).read()
    assert (told(found), addresses(found)) == ([], ["Pod/shop/asks", "Pod/shop/shop"])
    (note,) = found.notes
    assert (note.kind, note.file, note.line) == ("part-of-chart", "charts/api/templates/asks.yaml", 7)
    assert note.message.startswith("judged only as a part of charts/shop: Helm cannot render the chart")
    assert set(found.files.values()) == {"analysed"}


def test_a_subchart_that_its_parent_switches_off_is_judged_nowhere(charts: Make) -> None:
    off = {
        "charts/shop/Chart.yaml": SUBCHART["charts/shop/Chart.yaml"] + "    condition: api.enabled\n",
        "charts/shop/values.yaml": "api: {enabled: false}\n",
        "charts/api/templates/asks.yaml": POD % ("asks", '{{ required "region, please" .Values.global.region }}'),
    }
    assert told(charts(SUBCHART | off).read()) == [("unrendered", "charts/api/templates/asks.yaml", 7)]


def test_a_dependency_that_leads_out_of_the_tree(charts: Make) -> None:
    shop = SUBCHART["charts/shop/Chart.yaml"].replace("../api", "../../../../../etc")
    files = {**SUBCHART, "charts/shop/Chart.yaml": shop, "charts/shop/templates/pod.yaml": POD % ("p", "a:1")}
    found = charts(files).read()
    assert "Pod/shop/p" in addresses(found)
    assert not any("etc" in name for name in found.files)


def test_charts_in_charts_are_rendered_with_their_parent_alone(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "values.yaml": "sub: {image: b:2}\n",
            "charts/sub/Chart.yaml": chart("sub"),
            "charts/sub/values.yaml": "image: a:1\n",
            "charts/sub/templates/pod.yaml": POD % ("p", "{{ .Values.image }}"),
        }
    ).read()
    assert addresses(found) == ["Pod/shop/p"]
    assert place(at(found, "Pod/shop/p"), "spec.containers.0.image") == "values.yaml:1:7"
    assert found.files["charts/sub/templates/pod.yaml"] == "analysed"


def test_a_packaged_dependency_stands_where_it_is_asked_for(charts: Make) -> None:
    archive = packed(
        {
            "redis/Chart.yaml": chart("redis"),
            "redis/values.yaml": "image: redis:7\nmemory: 1Gi\n",
            "redis/templates/pod.yaml": POD % ("r", "{{ .Values.image }}") + "      memory: {{ .Values.memory }}\n",
            "redis/charts/common/Chart.yaml": chart("common", "type: library"),
        }
    )
    found = charts(
        {
            "Chart.yaml": chart("shop", "dependencies:", "  - name: redis", "    version: 1.2.3",
                                "    repository: https://charts.example.com"),
            "values.yaml": "redis:\n  image: redis:latest\n",
            "charts/redis-1.2.3.tgz": archive,
        }
    ).read()  # fmt: skip
    assert not found.problems
    pod = at(found, "Pod/shop/r")
    assert place(pod, "spec.containers.0.image") == "values.yaml:2:3"  # the parent says so
    assert place(pod, "spec.containers.0.memory") == "Chart.yaml:5:5"  # nobody in the tree does
    assert header(pod, "spec.containers") == "Chart.yaml:5:5"
    assert (pod.span.file, pod.span.line) == ("Chart.yaml", 5)


def test_a_packaged_dependency_that_is_not_read(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "templates/pod.yaml": POD % ("p", "a:1"),
            "charts/evil.tgz": packed({"evil/Chart.yaml": chart("evil"), "../x": "y"}),
        }
    ).read()
    assert addresses(found) == ["Pod/shop/p"]
    assert told(found) == [("unrendered", "charts/evil.tgz", 0)]


MISSING = chart("shop", "dependencies:", "  - name: redis", "    version: 1.2.3", "    repository: https://c.example",
                "    condition: redis.enabled")  # fmt: skip


def test_a_dependency_that_is_not_there(charts: Make) -> None:
    found = charts({"Chart.yaml": MISSING, "templates/pod.yaml": POD % ("p", "a:1")}).read()
    assert addresses(found) == ["Pod/shop/p"]
    assert told(found) == [("unrendered", "Chart.yaml", 5)]
    assert "redis 1.2.3 of https://c.example" in found.problems[0].message
    assert "helm dependency build" in found.problems[0].message


def test_a_dependency_that_is_switched_off_need_not_be_there(charts: Make) -> None:
    off = "redis: {enabled: false}\n"
    found = charts({"Chart.yaml": MISSING, "values.yaml": off, "templates/pod.yaml": POD % ("p", "a:1")}).read()
    assert not found.problems
    assert kinds(found) == ["not-vendored"]


def test_templates_that_need_what_is_not_there(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": MISSING,
            "templates/pod.yaml": POD % ("p", "a:1"),
            "templates/other.yaml": POD % ("q", "{{ .Subcharts.redis.Values.image }}"),
        }
    ).read()
    assert addresses(found) == ["Pod/shop/p"]
    assert sorted(told(found)) == [("unrendered", "Chart.yaml", 5), ("unrendered", "templates/other.yaml", 7)]
    assert any("Subcharts.redis" in problem.message for problem in found.problems)
    assert found.files["templates/other.yaml"] == "failed"


def test_a_dependency_that_stands_beside_the_chart(charts: Make) -> None:
    library = {"charts/common/Chart.yaml": chart("common", "type: library"),
               "charts/common/templates/_pod.tpl": '{{ define "common.pod" }}' + POD % ("c", "c:latest") + "{{ end }}"}
    asks = chart("api", "dependencies:", "  - name: common", "    version: ^1.0.0", "    repository: oci://r.example")
    found = charts(
        {**library, "charts/api/Chart.yaml": asks, "charts/api/templates/p.yaml": '{{ include "common.pod" . }}\n'}
    ).read()  # fmt: skip
    assert not found.problems
    assert kinds(found) == ["sibling-chart"]
    pod = at(found, "Pod/api/c", "no values")
    assert place(pod, "spec.containers.0.image") == "charts/common/templates/_pod.tpl:7:7"
    assert found.files["charts/common/Chart.yaml"] == "analysed"


def asking_for(name: str, version: str) -> str:
    repository = "    repository: oci://r.example"
    return chart("api", "dependencies:", f"  - name: {name}", f"    version: '{version}'", repository)


def test_a_dependency_that_stands_elsewhere_in_the_repository(charts: Make) -> None:
    found = charts(
        {
            "libs/common/Chart.yaml": chart("common", "type: library"),
            "libs/common/templates/_pod.tpl": '{{ define "common.pod" }}' + POD % ("c", "c:latest") + "{{ end }}",
            "apps/api/Chart.yaml": asking_for("common", "^1.0.0"),
            "apps/api/templates/p.yaml": '{{ include "common.pod" . }}\n',
        }
    ).read()
    assert not found.problems
    (note,) = found.notes
    assert (note.kind, note.message) == ("sibling-chart", "common 1.2.3 is taken from libs/common, not from oci://r.example")
    assert place(at(found, "Pod/api/c", "no values"), "spec.containers.0.image") == "libs/common/templates/_pod.tpl:7:7"


WRAPS = asking_for("redis", "1.x").replace("name: api", "name: redis")


@pytest.mark.parametrize(
    "beside",
    [
        {"a/redis/Chart.yaml": chart("redis"), "b/redis/Chart.yaml": chart("redis")},  # which of them?
        {"a/redis/Chart.yaml": WRAPS},
        {"a/web/Chart.yaml": chart("web"), "a/web/charts/redis/Chart.yaml": chart("redis")},
        {"a/redis/Chart.yaml": chart("redis").replace("1.2.3", "2.0.0")},
        {"a/node_modules/redis/Chart.yaml": chart("redis")},
    ],
    ids=["two", "an envelope", "part of another", "another version", "what a tool put there"],
)
def test_charts_elsewhere_that_are_not_meant(charts: Make, beside: dict[str, str]) -> None:
    files = {"c/api/Chart.yaml": asking_for("redis", "1.x"), "c/api/templates/p.yaml": POD % ("p", "a:1")}
    found = charts({**files, **beside}).read()
    assert ("unrendered", "c/api/Chart.yaml", 5) in told(found)
    assert "Pod/api/p" in addresses(found)


def test_a_chart_that_cannot_do_with_what_stands_elsewhere(charts: Make) -> None:
    found = charts(
        {
            "libs/owner/Chart.yaml": chart("owner"),
            "libs/owner/templates/o.yaml": POD % ('{{ required "who owns it?" .Values.owner }}', "a:1"),
            "apps/api/Chart.yaml": asking_for("owner", "1.x"),
            "apps/api/templates/p.yaml": POD % ("p", "a:1"),
        }
    ).read()
    assert addresses(found) == ["Pod/api/p"]
    assert ("unrendered", "apps/api/Chart.yaml", 5) in told(found)


def test_names_of_the_hour(charts: Make) -> None:
    """Two renderings within a second have the same time of day, which the next scan does not."""
    name = '{{ now | date "150405" | printf "job-%s" }}'
    hashed = '{{ printf "x-%s" (now | unixEpoch | adler32sum) }}'
    files = {"templates/a.yaml": POD % (name, "a:1"), "templates/b.yaml": POD % (hashed, "a:1")}
    found = charts({"Chart.yaml": chart("shop"), **files}).read()
    assert addresses(found) == ["Pod/shop/job-*", "Pod/shop/x-*"]
    assert place(at(found, "Pod/shop/job-*", "no values"), "spec.containers.0.image") == "templates/a.yaml:7:7"


def test_a_library_that_nobody_uses(charts: Make) -> None:
    found = charts({"Chart.yaml": chart("common", "type: library"), "templates/_a.tpl": "x"}).read()
    assert (told(found), kinds(found)) == ([], ["library-chart"])


def test_values_that_are_completed_by_others(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "values.yaml": "host: ''\n",
            "values-prod.yaml": "host: shop.example.com\n",
            "templates/pod.yaml": POD % ('{{ required "host, please" .Values.host }}', "a:1"),
        }
    ).read()
    assert addresses(found) == ["Pod/shop/shop.example.com"]
    assert not found.problems
    (note,) = found.notes
    assert (note.kind, note.file, note.line) == ("incomplete-values", "templates/pod.yaml", 3)
    assert "host, please" in note.message


def test_a_profile_that_fails_where_others_do_not(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "values.yaml": "host: a\n",
            "values-dev.yaml": "host: {}\n",
            "values-prod.yaml": "host: b\n",
            "templates/pod.yaml": POD % ('{{ .Values.host | trunc 3 }}', "a:1"),
        }
    ).read()
    assert addresses(found) == ["Pod/shop/a", "Pod/shop/b"]
    assert told(found) == [("unrendered", "templates/pod.yaml", 3)]
    assert "values-dev.yaml" in found.problems[0].message


def test_a_chart_that_fails_has_helms_own_words(charts: Make) -> None:
    found = charts({"Chart.yaml": chart("shop"), "templates/pod.yaml": POD % ("p", '{{ fail "not today" }}')}).read()
    assert told(found) == [("unrendered", "templates/pod.yaml", 7)]
    assert "not today" in found.problems[0].message
    assert "/tmp" not in found.problems[0].message
    assert found.files == {"Chart.yaml": "failed", "templates/pod.yaml": "failed"}


@pytest.mark.parametrize("broken", ["{{ if .x }}", "{{ .Values.a | nofunction }}", '{{ include "nowhere" . }}'])
def test_templates_that_are_none(charts: Make, broken: str) -> None:
    found = charts({"Chart.yaml": chart("shop"), "templates/a.yaml": f"a: 1\nb: {broken}\n"}).read()
    (problem,) = found.problems
    assert (problem.kind, problem.file) == ("unrendered", "templates/a.yaml")
    assert not found.resources


def test_output_that_is_no_yaml(charts: Make) -> None:
    pod = POD % ("p", "a:1")
    found = charts({"Chart.yaml": chart("shop"), "templates/a.yaml": pod, "templates/b.yaml": "a: b: {{ 1 }}\n"}).read()
    assert addresses(found) == ["Pod/shop/p"]
    assert told(found) == [("syntax", "templates/b.yaml", 1)]
    assert "(rendered with no values)" in found.problems[0].message


def test_a_key_that_comes_twice_is_noted(charts: Make) -> None:
    twice = (POD % ("p", "a:1")) + "      image: b:2\n"
    found = charts({"Chart.yaml": chart("shop"), "templates/a.yaml": twice}).read()
    assert (told(found), kinds(found)) == ([], ["duplicate-key"])


def test_no_helm(charts: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_charts, "find_engine", lambda home: None)
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "templates/a.yaml": POD % ("p", "{{ .Values.image }}"),
            "templates/plain.yaml": POD % ("q", "a:1"),
        }
    ).read()
    (problem,) = found.problems
    assert (problem.kind, problem.file) == ("unrendered", "Chart.yaml")
    assert "guardrail-scan[helm]" in problem.message
    assert addresses(found) == ["Pod/default/q"]  # what is a manifest as it stands is judged
    assert found.files["templates/a.yaml"] == "failed"


def test_profiles_of_guardrail_yaml(charts: Make) -> None:
    made = charts(
        {
            "charts/api/Chart.yaml": chart("api"),
            "charts/api/values.yaml": "image: a:1\nname: p\n",
            "charts/api/templates/pod.yaml": POD % ("{{ .Values.name }}", "{{ .Values.image }}"),
            "deploy/base.yaml": "image: b:2\n",
            "deploy/prod.yaml": "name: q\n",
        }
    )
    said = Map()
    said.put("image", "c:3", Span("guardrail.yaml", 9, 1, 9, 9))
    origin = Span("guardrail.yaml", 3, 1, 3, 1)
    profiles = [
        HelmProfile("charts/api", "prod", ("deploy/base.yaml", "deploy/prod.yaml"), None, "", "", origin),
        HelmProfile("charts/api", "canary", ("deploy/base.yaml",), said, "canary", "apps", origin),
        HelmProfile("charts/other", "none", (), None, "", "", origin),
    ]
    found = made.read(profiles=profiles)
    assert place(at(found, "Pod/api/q", "prod"), "spec.containers.0.image") == "deploy/base.yaml:1:1"
    assert place(at(found, "Pod/apps/p", "canary"), "spec.containers.0.image") == "guardrail.yaml:9:1"
    assert found.files["deploy/prod.yaml"] == "analysed"


def test_manifests_in_a_chart_that_are_no_templates(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "templates/a.yaml": POD % ("p", "a:1"),
            "crds/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        }
    ).read()
    assert addresses(found) == ["ConfigMap/default/c", "Pod/shop/p"]
    assert [resource.root for resource in found.resources if resource.kind == "ConfigMap"] == [""]


def test_links_out_of_the_tree_are_not_followed(charts: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("hidden")
    made = charts(
        {
            "Chart.yaml": chart("shop"),
            "templates/a.yaml": POD % ("p", 'a:{{ .Files.Get "secret.txt" | default "none" }}'),
        }
    )
    (made.base / "secret.txt").symlink_to(outside / "secret.txt")
    (made.base / "files").symlink_to(outside, target_is_directory=True)
    found = made.read()
    (pod,) = found.resources
    assert pod.attributes["spec"]["containers"][0]["image"] == "a:none"


def test_files_of_the_chart_are_seen(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "config/tag.txt": "v9",
            "templates/a.yaml": POD % ("p", 'a:{{ .Files.Get "config/tag.txt" }}'),
        }
    ).read()
    assert found.resources[0].attributes["spec"]["containers"][0]["image"] == "a:v9"


def test_a_schema_is_not_fetched_nor_held_to(charts: Make) -> None:
    found = charts(
        {
            "Chart.yaml": chart("shop"),
            "values.schema.json": '{"$ref": "http://169.254.169.254/latest/meta-data"}',
            "templates/a.yaml": POD % ("p", "a:1"),
        }
    ).read()
    assert (told(found), addresses(found)) == ([], ["Pod/shop/p"])


def test_no_name_is_looked_up(charts: Make) -> None:
    look = '{{ getHostByName "localhost" | default "none" }}-{{ (lookup "v1" "Secret" "a" "b") | len }}'
    found = charts({"Chart.yaml": chart("shop"), "templates/a.yaml": POD % ("p", look)}).read()
    assert found.resources[0].attributes["spec"]["containers"][0]["image"] == "none-0"


def test_a_chart_without_a_name(charts: Make) -> None:
    found = charts({"Chart.yaml": "description: none\n", "templates/a.yaml": "a: {{ 1 }}\n"}).read()
    assert told(found) == [("unrendered", "Chart.yaml", 0)]


def test_too_many_values_files_are_told(charts: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from guardrail.inputs.kubernetes.helm import profiles

    monkeypatch.setattr(profiles, "MAX_PROFILES", 3)
    files = {f"values-{n}.yaml": f"image: a:{n}\n" for n in range(5)}
    found = charts(
        {**files, "Chart.yaml": chart("shop"), "values.yaml": "image: x\n", "templates/a.yaml": POD % ("p", "a:1")}
    ).read()
    assert [problem.message.split(";")[0] for problem in found.problems] == [
        "3 further values files are not rendered with"
    ]


def test_several_documents_of_a_kind_are_told_apart(charts: Make) -> None:
    two = POD % ("p", "a:1") + "---\n" + POD % ("{{ .Release.Name }}", "b:1")
    found = charts({"Chart.yaml": chart("shop"), "templates/a.yaml": two}).read()
    assert [(r.declared, r.span.line, r.span.end_line) for r in found.resources] == [
        ("templates/a.yaml#Pod", 1, 7),
        ("templates/a.yaml#Pod[1]", 9, 15),
    ]


def test_names_that_lead_astray_are_harmless(charts: Make) -> None:
    found = charts(
        {"Chart.yaml": "apiVersion: v2\nname: ../../x\nversion: 1.0.0\n", "templates/a.yaml": POD % ("p", "a:{{ 1 }}")}
    ).read()
    assert len(found.problems) <= 1


def test_messages_are_of_a_bearable_length(charts: Make) -> None:
    found = charts({"Chart.yaml": chart("s"), "templates/a.yaml": '{{ fail (repeat 100000 "x") }}\n'}).read()
    assert len(found.problems[0].message) < rendering.MAX_MESSAGE + 100
