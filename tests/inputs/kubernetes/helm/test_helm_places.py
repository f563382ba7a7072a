"""Each value of what a chart renders to stands where a person would edit it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from helm_charts import Charts, at, chart, header, holder_of, place, shown

from guardrail.inputs.reader import Reading
from guardrail.model import Sensitive, Text, Unknown

POD = "spec.template.spec"
FIRST = f"{POD}.containers.0"


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("kind", "templates/deployment.yaml:2:1"),
        ("metadata.name", "templates/deployment.yaml:4:3"),
        ("metadata.labels", "templates/deployment.yaml:5:3"),
        ("metadata.labels.app.kubernetes.io/name", "templates/_helpers.tpl:9:1"),
        ("spec.selector.matchLabels.app.kubernetes.io/instance", "templates/_helpers.tpl:14:1"),
        ("metadata.annotations.public", "templates/deployment.yaml:9:5"),
        ("spec.replicas", "values.yaml:1:1"),
        (f"{FIRST}.name", "templates/deployment.yaml:25:11"),
        (f"{FIRST}.image", "templates/deployment.yaml:26:11"),  # the tag is Chart.yaml's
        (f"{FIRST}.imagePullPolicy", "values.yaml:5:3"),
        (f"{FIRST}.securityContext.runAsUser", "values.yaml:15:3"),
        (f"{FIRST}.securityContext.capabilities.drop.0", "values.yaml:14:12"),
        (f"{FIRST}.env.0.name", "templates/deployment.yaml:34:15"),
        (f"{FIRST}.env.1.value", "values.yaml:21:3"),
        (f"{POD}.containers.1.image", "values.yaml:25:5"),
        (f"{POD}.containers.2.image", "values.yaml:27:5"),
        (f"{POD}.initContainers.0.image", "templates/deployment.yaml:45:11"),
        (f"{POD}.initContainers.0.args.0", "templates/deployment.yaml:48:15"),
        (f"{POD}.volumes.0.hostPath.path", "values.yaml:37:7"),
    ],
)
def test_where_a_value_stands(web: Reading, path: str, where: str) -> None:
    dotted = path.replace("app.kubernetes.io/", "app~kubernetes~io/")
    deployment = at(web, "Deployment/web/web")
    keys = [key.replace("~", ".") for key in dotted.split(".")]
    value, last = deployment.attributes, keys[-1]
    for key in keys[:-1]:
        value = value[int(key) if key.isdigit() else key]
    assert shown(value.spans[int(last) if last.isdigit() else last]) == where  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("spec", "templates/deployment.yaml:10:1"),
        (f"{POD}.containers", "templates/deployment.yaml:24:7"),
        (FIRST, "templates/deployment.yaml:25:11"),
        (f"{FIRST}.securityContext", "values.yaml:12:1"),
        (f"{FIRST}.resources", "values.yaml:17:1"),  # `resources: {}` is what lacks the limits
        (f"{POD}.containers.1", "templates/deployment.yaml:40:11"),
        (f"{POD}.volumes", "values.yaml:34:1"),
        (f"{POD}.volumes.0", "values.yaml:35:5"),
    ],
)
def test_where_what_lacks_something_stands(web: Reading, path: str, where: str) -> None:
    assert header(at(web, "Deployment/web/web"), path) == where


def test_values_of_a_profile_stand_in_its_file(web: Reading) -> None:
    deployment = at(web, "Deployment/web/web", "values-prod.yaml")
    assert place(deployment, "spec.replicas") == "values-prod.yaml:1:1"
    assert place(deployment, f"{FIRST}.resources.limits.memory") == "values-prod.yaml:8:5"
    assert header(deployment, f"{FIRST}.resources.limits") == "values-prod.yaml:7:3"
    assert place(deployment, f"{FIRST}.imagePullPolicy") == "values.yaml:5:3"


def test_an_image_stands_at_its_tag(web: Reading) -> None:
    deployment = at(web, "Deployment/web/web", "values-prod.yaml")
    assert place(deployment, f"{FIRST}.image") == "values-prod.yaml:4:3"
    holder, key = holder_of(deployment, f"{FIRST}.image")
    assert [(origin.note, shown(origin.span)) for origin in holder.origin_of(key)] == [  # type: ignore[arg-type]
        ("rendered here", "templates/deployment.yaml:26:11"),
        ("value image.repository", "values.yaml:4:3"),
    ]


def test_lines_of_a_script_stand_one_below_the_other(web: Reading) -> None:
    holder, key = holder_of(at(web, "Deployment/web/web"), f"{POD}.initContainers.0.args.0")
    script = holder[key]  # type: ignore[index]
    assert isinstance(script, Text)
    assert (script.first_line, script.indent, script.file) == (49, 14, "templates/deployment.yaml")


SCRIPT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  {{- if .Values.backup }}
  backup.sh: |
    {{- if .Values.backup }}
    #!/bin/sh

    # {{ .Values.backup }}
    ####
    ####
      # where to
    mysqldump -u root
    {{- end }}
  {{- end }}
"""


def test_lines_like_comments_stand_where_they_are_written(charts: Callable[..., Charts]) -> None:
    files = {"Chart.yaml": chart("web"), "values.yaml": "backup: nightly\n", "templates/scripts.yaml": SCRIPT}
    script = at(charts(files).read(), "ConfigMap/web/scripts").attributes["data"]["backup.sh"]
    assert [script.place("", *found.span())[1:3] for found in re.finditer(r"\S.*", script)] == [
        (8, 5), (10, 5), (11, 5), (12, 5), (13, 7), (14, 5)
    ]  # fmt: skip


def test_an_object_has_its_part_of_the_template(web: Reading) -> None:
    config_map = at(web, "ConfigMap/web/web")
    assert (config_map.span.line, config_map.span.end_line) == (10, 15)
    ingress = at(web, "Ingress/web/web", "values-prod.yaml")
    assert (ingress.span.line, ingress.span.end_line) == (1, 16)  # with the `if` around it


def test_a_template_of_values_stands_in_the_values(web: Reading) -> None:
    extra = at(web, "ConfigMap/web/web-extra", "ci/extra-values.yaml")
    assert place(extra, "data.key") == "ci/extra-values.yaml:7:7"
    assert place(extra, "metadata.name") == "templates/extra.yaml:3:1"  # the values have it with braces


def test_secrets_stand_where_they_are_written(web: Reading) -> None:
    secret = at(web, "Secret/web/web-auth")
    assert place(secret, "data.password") == "values.yaml:41:3"
    password, session = secret.attributes["data"]["password"], secret.attributes["data"]["session"]
    assert isinstance(password, Sensitive)
    assert password.literal
    assert isinstance(session, Sensitive)  # made anew each time: in no repository
    assert not session.literal


def test_what_is_made_anew_is_unknown(web: Reading) -> None:
    since = at(web, "ConfigMap/web/web").attributes["data"]["since"]
    assert isinstance(since, Unknown)
    assert since.reason == "Helm makes it anew each time"
    checksum = at(web, "Deployment/web/web").attributes["metadata"]["annotations"]["checksum/auth"]
    assert isinstance(checksum, Unknown)


def test_two_readings_are_alike(web: Reading) -> None:
    from helm_charts import FIXTURES

    again = Charts(FIXTURES / "web").read()
    for one, two in zip(web.resources, again.resources, strict=True):
        assert (one.address, one.span, one.attributes, one.attributes.spans) == (
            two.address, two.span, two.attributes, two.attributes.spans)  # fmt: skip


TEMPLATE = """\
{{- define "api.container" -}}
- name: {{ .name }}
  image: {{ .image.repository }}@{{ .image.digest }}
  securityContext:
    {{- toYaml (merge .context (dict "readOnlyRootFilesystem" true)) | nindent 4 }}
{{- end }}
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    {{- range $index, $one := .Values.containers }}
    {{- include "api.container" (dict "name" $one.name "image" $one.image "context" $.Values.context) | nindent 4 }}
    {{- end }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
"""
VALUES = """\
hostNetwork: true
context:
  privileged: true
containers:
  - name: a
    image: {repository: r, digest: "sha256:1"}
  - name: b
    image:
      repository: r
      digest: "sha256:1"
"""


def test_through_a_define_with_a_dict(charts: Callable[..., Charts]) -> None:
    found = charts({"Chart.yaml": chart("api"), "values.yaml": VALUES, "templates/pod.yaml": TEMPLATE}).read()
    assert not found.problems
    pod = at(found, "Pod/api/api")
    containers = "spec.containers"
    assert place(pod, f"{containers}.0.name") == "values.yaml:5:5"
    assert place(pod, f"{containers}.1.name") == "values.yaml:7:5"
    assert place(pod, f"{containers}.1.securityContext.privileged") == "values.yaml:3:3"
    # Merged from two places, it stands where it is put together.
    assert header(pod, f"{containers}.0.securityContext") == "templates/pod.yaml:4:3"
    assert place(pod, f"{containers}.0.securityContext.readOnlyRootFilesystem") == "templates/pod.yaml:5:5"
    # What a value merely switches on is written in the template.
    assert place(pod, "spec.hostNetwork") == "templates/pod.yaml:17:3"


def test_text_that_tpl_fills_in_is_not_the_defines(charts: Callable[..., Charts]) -> None:
    found = charts(
        {
            "Chart.yaml": chart("api"),
            "values.yaml": 'affinity: |\n  a:\n    {{- include "api.labels" . | nindent 4 }}\n  b: 1\n',
            "templates/_l.tpl": '{{ define "api.labels" }}l: x{{ end }}',
            "templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
            "spec:\n  {{- tpl .Values.affinity . | nindent 2 }}\n",
        }
    ).read()
    pod = at(found, "Pod/api/p")
    assert place(pod, "spec.a.l") == "templates/_l.tpl:1:26"
    assert place(pod, "spec.b") == "templates/pod.yaml:5:3"


def test_equal_values_do_not_lead_astray(charts: Callable[..., Charts]) -> None:
    found = charts(
        {
            "Chart.yaml": chart("api"),
            "values.yaml": "a: true\nb: true\nunused: {privileged: true}\n",
            "templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  x: {{ .Values.b }}\n"
            "  privileged: {{ not (not .Values.a) }}\n  y: true\n",
        }
    ).read()
    pod = at(found, "Pod/api/p")
    assert place(pod, "spec.x") == "values.yaml:2:1"
    assert place(pod, "spec.privileged") == "templates/pod.yaml:6:3"
    assert place(pod, "spec.y") == "templates/pod.yaml:7:3"


def test_a_template_that_reads_another_ones_output_spoils_only_its_own_places(charts: Callable[..., Charts]) -> None:
    job = "kind: Job\napiVersion: batch/v1\nmetadata: {name: a}\nspec:\n  template:\n    spec: {hostNetwork: true}\n"
    reading = charts(
        {
            "Chart.yaml": chart("jobs"),
            "values.yaml": "replicas: 3\nhost: true\n",
            "templates/job.yaml": job,
            "templates/cron.yaml": (
                "kind: CronJob\napiVersion: batch/v1\nmetadata: {name: a}\nspec:\n  jobTemplate:\n    spec:\n"
                '      template: {{- (include (print $.Template.BasePath "/job.yaml") . | fromYaml).spec.template '
                "| toYaml | nindent 8 }}\n"
            ),
            "templates/web.yaml": (
                "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: a}\n"
                "spec:\n  replicas: {{ .Values.replicas }}\n  template:\n"
                "    spec:\n      hostNetwork: {{ .Values.host }}\n"
            ),
        }
    ).read()
    assert not reading.problems
    assert place(at(reading, "Deployment/jobs/a"), "spec.replicas") == "values.yaml:1:1"
    assert place(at(reading, "Deployment/jobs/a"), "spec.template.spec.hostNetwork") == "values.yaml:2:1"
    cron = at(reading, "CronJob/jobs/a")
    assert cron.attributes["spec"]["jobTemplate"]["spec"]["template"]["spec"]["hostNetwork"] is True
    assert place(cron, "spec").startswith("templates/cron.yaml:")
