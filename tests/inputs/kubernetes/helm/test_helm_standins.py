"""A chart that lacks dependencies is rendered all the same, and what would come of them is unknown."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from helm_charts import Charts, at, place

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.kubernetes.helm import rendering
from guardrail.inputs.kubernetes.helm.engine import Engine, Job, Rendering
from guardrail.inputs.kubernetes.helm.standins import Calls, StandIns, names_in, words
from guardrail.inputs.kubernetes.helm.syntax import Template
from guardrail.inputs.kubernetes.helm.values import load_values
from guardrail.model import HOLE, PartText, Sensitive, Seq, Unknown, Value
from guardrail.scanning import Request, scan

Make = Callable[..., Charts]
CHART = """\
apiVersion: v2
name: shop
version: 1.2.3
dependencies:
  - {name: redis, version: 1.2.3, repository: https://c.example, condition: redis.enabled}
  - {name: common, version: 1.2.3, repository: https://c.example}
"""
MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
data:
"""


def data_of(charts: Make, lines: str, values: str = "a: 1\n", **files: str) -> dict[str, Value]:
    made = charts({"Chart.yaml": CHART, "values.yaml": values, "templates/c.yaml": MAP + lines, **files})
    return dict(at(made.read(), "ConfigMap/shop/c").attributes["data"])


@pytest.mark.parametrize(
    "written",
    [
        "{{ .Values.redis.port }}",
        "{{ .Values.redis.master.service.port }}",
        "{{ (.Values.redis.master).port }}",
        "{{ ((.Values.redis).master).port }}",
        '{{ (index .Values "redis" "some-thing").port }}',
        '{{ index $.Values "redis" "master-port" }}',
        "{{ .Values.redis.port | int }}",
        "{{ .Values.redis.port | toString | sha256sum }}",
        "{{ .Values.redis.password | b64enc | quote }}",
        '{{ include "redis.fullname" . }}',
        '{{ include "redis.fullname" . | trunc 3 | quote }}',
        "{{ $port := .Values.redis.port }}{{ add $port 1 }}",
    ],
)
def test_what_comes_of_it_is_unknown(charts: Make, written: str) -> None:
    found = data_of(charts, f"  known: b\n  asked: {written}\n")
    assert found["known"] == "b"
    assert isinstance(found["asked"], Unknown)
    assert "not in the repository" in found["asked"].reason


def test_what_stands_around_it_is_known(charts: Make) -> None:
    found = data_of(charts, '  url: "redis://{{ include "redis.fullname" . }}:{{ .Values.redis.port }}/0"\n')
    assert isinstance(found["url"], PartText)
    assert found["url"].template == f"redis://{HOLE}:{HOLE}/0"


def test_what_comes_of_it_is_unknown_though_another_profile_cannot_do_with_the_template(charts: Make) -> None:
    files = {
        "Chart.yaml": CHART,
        "values.yaml": "host: ''\n",
        "values-prod.yaml": "host: x\n",
        "templates/first/d.yaml": "{{ .Subcharts.redis.Values.image }}\n",  # left out first, with every profile
        "templates/c.yaml": MAP + '  host: {{ required "host" .Values.host }}.{{ include "redis.domain" . }}\n'
                                  '  port: {{ include "redis.port" . }}\n',
    }  # fmt: skip
    (found,) = (one for one in charts(files).read().resources if one.kind == "ConfigMap")
    data = found.attributes["data"]
    assert isinstance(data["host"], PartText)
    assert data["host"].template == f"x.{HOLE}"
    assert isinstance(data["port"], Unknown)
    assert [place(found, f"data.{key}") for key in ("host", "port")] == ["templates/c.yaml:6:3", "templates/c.yaml:7:3"]


def test_what_the_values_say_is_known(charts: Make) -> None:
    lines = "  port: {{ .Values.redis.port }}\n  user: {{ .Values.redis.user }}\n"
    found = data_of(charts, lines, "redis:\n  port: 7\n")
    assert found["port"] == 7
    assert isinstance(found["user"], Unknown)


@pytest.mark.parametrize("values", ["a: 1\n", "redis: {}\n", "redis: {master: {}}\n", "redis: null\n"])
def test_what_is_asked_whether_it_is_there_is_not(charts: Make, values: str) -> None:
    lines = "  a: b\n{{ if .Values.redis.master.on }}  on: {{ .Values.redis.master.on }}\n{{ end }}"
    assert data_of(charts, lines, values) == {"a": "b"}


SPEC = """\
apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
"""


@pytest.mark.parametrize(
    ("lines", "path", "shape"),
    [
        ('  nodeSelector: {{- include "c.x" . | nindent 4 }}\n    a: b\n', "nodeSelector", "open"),
        ('  nodeSelector:\n    a: b\n    {{- include "c.x" . | nindent 4 }}\n', "nodeSelector", "open"),
        ('  nodeSelector:\n    {{- include "c.x" . | nindent 4 }}\n  a: b\n', "nodeSelector", "unknown"),
        ('  nodeSelector:\n{{ include "c.x" . | indent 4 }}\n    a: b\n', "nodeSelector", "open"),
        ('  nodeSelector: {{ include "c.x" . | indent 4 }}\n    a: b\n', "nodeSelector", "open"),
        ('  nodeSelector:\n    a: b\n    {{- with include "c.x" . }}\n    {{- . | nindent 4 }}\n    {{- end }}\n',
         "nodeSelector", "open"),
        ('  volumes:\n    {{- with include "c.x" . }}\n    {{- . | trim | nindent 4 }}\n    {{- end }}\n',
         "volumes", "items"),
        ('  volumes: {{ include "c.x" . | indent 4 }}\n', "volumes", "items"),
        ('  volumes: {{- include "c.x" . | nindent 4 }}\n', "volumes", "items"),
        ('  volumes: {{- include "c.x" . | nindent 4 }}\n    - name: a\n', "volumes", "items"),
        ('  volumes:\n  - name: a\n    b: c\n  {{- include "c.x" . | nindent 2 }}\n', "volumes", "items"),
        ('  volumes:\n  {{- include "c.x" . | nindent 2 }}\n', "volumes", "items"),
        ('  something:\n    - a\n    {{- if true }}\n    {{- include "c.x" . | nindent 4 }}\n    {{- end }}\n',
         "something", "items"),
        ('  volumes: {{ include "c.x" . }}\n', "volumes", "unknown"),
        ('  {{- include "handed.on" . | nindent 2 }}\n  a: b\n', "", "open"),
        ('  nodeSelector:\n    a: b\n    {{ include "c.x" (dict\n      "a" .) }}\n', "nodeSelector", "open"),
        ('  nodeSelector:\n    {{ include "c.x" . }}\n    {{ include "c.y" . }}\n    a: b\n', "nodeSelector", "open"),
        ('  nodeSelector:\n    {{ include "c.x" . }}\n', "nodeSelector", "unknown"),
        ('  nodeSelector:\n    {{- include "labels" . | nindent 4 }}\n', "nodeSelector", "open"),
        ('  volumes:\n    - name: a\n      b: c\n    {{ include "c.x" . }}\n', "volumes", "items"),
        ('  volumes:\n    {{ include "c.x" . }}\n    - name: a\n', "volumes", "items"),
        ('  volumes:\n    - a: b\n      {{ include "c.x" . }}\n', "volumes.0", "open"),
        ('  nodeSelector: >-\n    some text\n    {{ include "c.x" . }}\n', "nodeSelector", "unknown"),
        ('  {{with fromYaml (include "c.x" (dict "a" .)) }}\n  nodeSelector: {{ toYaml . | nindent 4 }}\n  {{ end }}\n',
         "nodeSelector", "unknown"),
        ('  nodeSelector:\n    a: b\n    {{- include "c.x" . | fromYaml | toYaml | nindent 4 }}\n',
         "nodeSelector", "open"),
        ('  nodeSelector: {{ include "c.x" . | fromJson | toJson }}\n', "nodeSelector", "unknown"),
        ('  nodeSelector: {{ merge (dict "a" "b") (include "c.x" . | fromJson) | toJson }}\n', "nodeSelector", "open"),
        ('  volumes: {{ include "c.x" (include "c.y" . | fromYaml) | fromYamlArray | toJson }}\n', "volumes", "items"),
        ('  volumes: {{ concat (list "a") (fromJsonArray (include "c.x" .)) | toJson }}\n', "volumes", "items"),
    ],
)  # fmt: skip
def test_the_shape_of_what_a_template_puts_out(charts: Make, lines: str, path: str, shape: str) -> None:
    helper = '{{ define "handed.on" }}\n{{- include "c.x" (dict "a" .) -}}\n{{ end }}'
    helper += '{{ define "labels" -}}\n{{ include "c.x" . }}\na: b\n{{ end }}'
    found = charts({"Chart.yaml": CHART, "templates/pod.yaml": SPEC + lines, "templates/_h.tpl": helper}).read()
    assert not [problem for problem in (*found.problems, *found.notes) if problem.file != "Chart.yaml"]
    value = at(found, "Pod/shop/p", "no values").attributes["spec"]
    for key in filter(None, path.split(".")):
        value = value[int(key)] if isinstance(value, Seq) else value[key]
    if shape == "unknown":
        assert isinstance(value, Unknown)
    elif shape == "open":
        assert isinstance(value, PartialMap)
        assert (dict(value), isinstance(value.get("whatever"), Unknown)) == ({"a": "b"}, True)
    else:
        assert isinstance(value, Seq)
        assert sum(isinstance(item, Unknown) for item in value) == 1


def test_what_is_no_yaml_for_what_stands_in_is_no_fault_of_syntax(charts: Make) -> None:
    files = {"templates/pod.yaml": SPEC + '  hostname: a\n  {{- include "c.x" . }}: b\n  d: {{ include "c.x" . }}: e\n'}
    found = charts({"Chart.yaml": CHART, **files}).read()
    (problem,) = [problem for problem in found.problems if problem.file != "Chart.yaml"]
    assert (problem.kind, problem.file) == ("unrendered", "templates/pod.yaml")


def test_one_template_in_two_shapes(charts: Make) -> None:
    lines = '  hostname: {{ include "c.x" . }}\n  nodeSelector: {{- include "c.x" . | nindent 4 }}\n    a: b\n'
    found = at(charts({"Chart.yaml": CHART, "templates/pod.yaml": SPEC + lines}).read(), "Pod/shop/p", "no values")
    spec = found.attributes["spec"]
    assert isinstance(spec["hostname"], Unknown)
    assert dict(spec["nodeSelector"]) == {"a": "b"}
    assert place(found, "spec.nodeSelector.a") == "templates/pod.yaml:8:5"


def test_what_a_dependency_that_is_here_asks_of_one_that_is_not(charts: Make) -> None:
    lib = {"Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
           "templates/_l.tpl": '{{ define "lib.labels" }}\n{{- include "common.labels" . -}}\n{{ end }}'}  # fmt: skip
    lines = '  nodeSelector:\n    {{- include "lib.labels" . | nindent 4 }}\n    a: b\n'
    files = {f"charts/lib/{name}": text for name, text in lib.items()}
    found = charts({"Chart.yaml": CHART, "templates/pod.yaml": SPEC + lines, **files}).read()
    selector = at(found, "Pod/shop/p", "no values").attributes["spec"]["nodeSelector"]
    assert isinstance(selector, PartialMap)
    assert dict(selector) == {"a": "b"}


FAILING = {f"templates/f{number}.yaml": '{{ fail "no" }}' for number in range(3)}


@pytest.mark.parametrize(
    ("now", "renderings", "objects"),
    [(0, 5 + 3 * 5, 5), (rendering.DROPPING_SECONDS, 5 + 3 + 4, 5), (2 * rendering.DROPPING_SECONDS, 5, 0)],
)
def test_what_fails_is_not_looked_for_without_end(
    charts: Make, monkeypatch: pytest.MonkeyPatch, now: float, renderings: int, objects: int
) -> None:
    jobs: list[Job] = []
    render = Engine.render

    def counted(engine: Engine, job: Job) -> Rendering:
        jobs.append(job)
        return render(engine, job)

    times = itertools.chain([0.0], itertools.repeat(now))
    monkeypatch.setattr(rendering, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(Engine, "render", counted)
    profiles = {f"values-{number}.yaml": f"a: {number}\n" for number in range(4)}
    files = {"Chart.yaml": CHART, "values.yaml": "a: x\n", "templates/c.yaml": MAP + "  a: b\n", **profiles, **FAILING}
    found = charts(files).read()
    assert len([resource for resource in found.resources if resource.address == "ConfigMap/shop/c"]) == objects
    (problem,) = (problem for problem in found.problems if problem.file != "Chart.yaml")
    assert all(name in problem.message for name in FAILING) == bool(objects)
    assert len([job for job in jobs if not job.for_places]) == renderings


def test_what_a_library_says_of_every_object(charts: Make) -> None:
    text = """\
apiVersion: {{ include "common.deployment.apiVersion" . }}
kind: Deployment
metadata:
  name: {{ include "common.fullname" . }}
  namespace: {{ include "common.namespace" . | quote }}
spec:
  serviceAccountName:
    name: {{ include "common.fullname" . }}
"""
    secret = text.replace("Deployment", "Secret")
    found = charts({"Chart.yaml": CHART, "templates/d.yaml": text, "templates/s.yaml": secret}).read()
    assert sorted(resource.address for resource in found.resources) == ["Deployment/shop/*", "Secret/shop/*"]
    one = at(found, "Deployment/shop/*", "no values")
    assert one.attributes["apiVersion"] == "apps/v1"
    assert isinstance(one.attributes["spec"]["serviceAccountName"]["name"], Unknown)


def test_no_rule_says_that_it_cannot_tell(tmp_path: Path) -> None:
    lines = "  containers:\n    - name: c\n      image: a:1\n      resources: {{- include \"c.x\" . | nindent 8 }}\n"
    Charts(tmp_path).write({"Chart.yaml": CHART, "templates/pod.yaml": SPEC + lines})
    found = scan(Request((str(tmp_path),), only=("container-memory-limit", "container-seccomp")))
    assert [(finding.rule, finding.verdict) for finding in found.findings] == [("container-seccomp", "fail")]
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.2.3\n")
    (tmp_path / "templates" / "_c.tpl").write_text('{{ define "c.x" }}limits: {cpu: 1}{{ end }}')
    assert len(scan(Request((str(tmp_path),), only=("container-memory-limit",))).findings) == 1


def test_names(charts: Make) -> None:
    text = MAP.replace("name: c", "name: {{ include \"common.fullname\" . }}-web") + "  a: b\n"
    found = charts({"Chart.yaml": CHART, "templates/c.yaml": text}).read()
    assert [resource.address for resource in found.resources] == ["ConfigMap/shop/*-web"]


def test_places_are_those_of_the_template(charts: Make) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": "kept: v\n",
             "templates/c.yaml": MAP + "  a: {{ .Values.redis.port }}\n  b: {{ .Values.kept }}\n"}  # fmt: skip
    found = at(charts(files).read(), "ConfigMap/shop/c")
    assert place(found, "data.a") == "templates/c.yaml:6:3"
    assert place(found, "data.b") == "values.yaml:1:1"


def test_secrets_stay_secret(charts: Make) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: x{{ .Values.redis.password }}\n"
    found = at(charts({"Chart.yaml": CHART, "templates/s.yaml": text}).read(), "Secret/shop/s", "no values")
    assert isinstance(found.attributes["stringData"]["a"], Sensitive)
    assert isinstance(found.attributes["stringData"]["a"].reveal(), Unknown)


def test_a_dependency_that_is_switched_off_has_none(charts: Make) -> None:
    """Helm does not have its defaults then, either."""
    lines = "  port: {{ .Values.redis.port | quote }}\n"
    assert data_of(charts, lines, "redis: {enabled: false}\n") == {"port": None}


def test_a_chart_that_goes_without_but_not_with_them(charts: Make) -> None:
    lines = '  a: {{ join "," .Values.redis.hosts | quote }}\n  b: {{ range .Values.redis.hosts }}{{ . }}{{ end }}\n'
    lines += "  c: {{ merge (.Values.redis.more | default dict) (dict) | len }}\n"
    assert data_of(charts, lines, "redis: {}\n") == {"a": "", "b": None, "c": 0}


def test_what_is_all_of_a_template_is_told(charts: Make) -> None:
    whole = {"templates/a.yaml": '{{ include "common.all" . }}\n'}
    found = charts({"Chart.yaml": CHART, "templates/c.yaml": MAP + "  a: b\n", **whole}).read()
    assert [resource.address for resource in found.resources] == ["ConfigMap/shop/c"]
    (problem,) = [problem for problem in found.problems if problem.file != "Chart.yaml"]
    assert (problem.kind, problem.file, problem.line) == ("unrendered", "templates/a.yaml", 1)
    assert found.files["templates/a.yaml"] == "partial"


def test_what_is_unknown_is_told(charts: Make) -> None:
    lines = "  a: {{ .Values.redis.port }}\n  b: {{ include \"common.b\" . }}\n"
    found = charts({"Chart.yaml": CHART, "templates/c.yaml": MAP + lines}).read()
    (note,) = found.notes
    assert (note.kind, note.file) == ("stood-in", "Chart.yaml")
    assert note.message.endswith(": redis.port, template common.b")
    assert found.lacking == {"Chart.yaml with no values"}


def test_nothing_dangles_that_may_be_in_what_is_not_there(tmp_path: Path) -> None:
    Charts(tmp_path).write(
        {
            "Chart.yaml": CHART,
            "values.yaml": "redis: {enabled: true}\n",
            "values-off.yaml": "redis: {enabled: false}\n",
            "templates/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\n---\n"
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: c\n      image: a:1\n"
            "      envFrom: [{secretRef: {name: theirs}}]\n",
        }
    )
    (tmp_path / "Chart.yaml").write_text(CHART.rsplit("\n", 2)[0] + "\n")  # redis alone
    found = [f for f in scan(Request((str(tmp_path),), only=("secret-exists",))).findings if f.verdict == "fail"]
    assert [finding.resource for finding in found] == ["Pod/shop/p"]
    assert "values-off.yaml" in str(found[0].evidence)
    assert "values.yaml" not in str(found[0].evidence)


def test_words_are_in_no_file() -> None:
    assert words([]) == ("40961", "51000")
    assert words([b"a: 40961\n", b"x51000"]) == ("40962", "51001")


def test_what_is_asked_for() -> None:
    text = "{{ .Values.redis.a }}{{ $x.Values.redis.b }}{{ .Values.redis.a.c }}{{ .Values.other.d }}"
    text += "{{ if .Values.redis.e.f }}{{ end }}"
    found = StandIns(Calls([Template(text)], ()), [Template(text)], {"redis"})
    assert found.paths == {("redis", "a", "c"): True, ("redis", "e", "f"): False}
    added = found.values(load_values(b"redis: {}", ""), lambda key: True, "w")
    assert added == {"redis": {"a": {"c": "w"}, "e": {}}}
    assert list(names_in(added)) == ["redis.a.c"]
    assert found.values(load_values(b"redis: {a: text}", ""), lambda key: True, "w") == {"redis": {"e": {}}}
    assert found.values(load_values(b"", ""), lambda key: False, "w") == {}


def test_words_that_are_all_taken() -> None:
    """Then they are not looked for for ever, and what comes of them is unknown all the same."""
    everything = " ".join(map(str, range(40961, 65535))).encode()
    assert words([everything]) == ("40961", "51000")


def test_values_that_have_all_words(charts: Make) -> None:
    lines = "  a: {{ .Values.redis.port }}\n  b: {{ .Values.taken }}\n"
    lines += "  c: {{ .Values.taken }}-{{ .Values.redis.port }}\n"
    found = data_of(charts, lines, f"taken: '40961'\nothers: '{' '.join(map(str, range(40961, 65535)))}'\n")
    assert found["b"] == 40961
    assert isinstance(found["a"], Unknown)
    assert isinstance(found["c"], Unknown)


@pytest.mark.parametrize("name", ["a\nb", "a\tb"])
def test_names_that_no_template_could_have(charts: Make, name: str) -> None:
    asks = "{{ if .Values.on }}{{ include `NAME` . }}{{ end }}".replace("NAME", name)
    found = data_of(charts, "  a: b\n", **{"templates/x.yaml": asks})
    assert found == {"a": "b"}
