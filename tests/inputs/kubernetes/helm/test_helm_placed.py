"""What one profile's output was placed at serves the others only if their values stand at the same places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helm_charts import Charts, at, chart, header, place

from guardrail.inputs.kubernetes.helm.manifests import ManifestReader
from guardrail.model import Map, Sensitive

Make = Callable[..., Charts]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostname: {{ .Values.host }}
  {{- with .Values.security }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: c
      image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"
"""
VALUES = "host: a\nimage: {name: app, tag: v1}\nsecurity:\n  runAsUser: 1\n  fsGroup: 2\nunused: 0\n"


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The profiles whose templates were placed, and not taken from another's."""
    found: list[str] = []
    place_one = ManifestReader._placed

    def noted(self: ManifestReader, *arguments: object) -> object:
        found.append(self.profile.name)
        return place_one(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ManifestReader, "_placed", noted)
    return found


@pytest.mark.parametrize(
    ("values", "host", "security", "again"),
    [
        ("unused: 1\n", "values.yaml:1:1", "values.yaml:3:1", False),
        ("host: a\n", "values-x.yaml:1:1", "values.yaml:3:1", True),
        ("# A comment.\nsecurity: {fsGroup: 2}\n", "values.yaml:1:1", "values-x.yaml:2:1", True),
        ("image:\n  tag: v1\n", "values.yaml:1:1", "values.yaml:3:1", True),
    ],
)
def test_values_that_are_said_again(
    charts: Make, placed: list[str], values: str, host: str, security: str, again: bool
) -> None:
    files = {"Chart.yaml": chart("a"), "values.yaml": VALUES, "values-x.yaml": values, "templates/pod.yaml": POD}
    found = charts(files).read()
    one, two = at(found, "Pod/a/p"), at(found, "Pod/a/p", "values-x.yaml")
    assert one.attributes == two.attributes
    assert (place(one, "spec.hostname"), header(one, "spec.securityContext")) == ("values.yaml:1:1", "values.yaml:3:1")
    assert (place(two, "spec.hostname"), header(two, "spec.securityContext")) == (host, security)
    assert placed == (["values.yaml", "values-x.yaml"] if again else ["values.yaml"])
    image = place(two, "spec.containers.0.image")
    assert image == ("values-x.yaml:2:3" if "tag" in values else "values.yaml:2:20")


def test_each_profile_has_its_own(charts: Make, placed: list[str]) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: {{ .Values.host }}}\n"
    found = charts(
        {
            "Chart.yaml": chart("a"),
            "values.yaml": VALUES,
            "values-x.yaml": "unused: 1\n",
            "templates/pod.yaml": POD,
            "templates/secret.yaml": secret,
        }
    ).read()
    assert placed == ["values.yaml", "values.yaml"]
    one, two = at(found, "Pod/a/p"), at(found, "Pod/a/p", "values-x.yaml")
    one.attributes["spec"].put("hostname", "changed", one.span)
    assert two.attributes["spec"]["hostname"] == "a"
    assert two.trace[-1].value == "values-x.yaml"
    for profile in ("values.yaml", "values-x.yaml"):
        hidden = at(found, "Secret/a/s", profile).attributes["stringData"]
        assert isinstance(hidden, Map)
        assert isinstance(hidden["a"], Sensitive)
        assert hidden["a"].reveal() == "a"


def test_what_is_made_anew_is_not_kept(charts: Make, placed: list[str]) -> None:
    anew = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ randAlphaNum 20 }}}\n"
    files = {"Chart.yaml": chart("a"), "values.yaml": VALUES, "values-x.yaml": "unused: 1\n", "templates/c.yaml": anew}
    charts(files).read()
    assert placed == ["values.yaml", "values-x.yaml"]


def test_what_is_wrong_is_told_of_all(charts: Make, placed: list[str]) -> None:
    twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: b\n  a: c\n"
    files = {"Chart.yaml": chart("a"), "values.yaml": VALUES, "values-x.yaml": "unused: 1\n", "templates/c.yaml": twice}
    found = charts(files).read()
    assert placed == ["values.yaml"]
    (note,) = [note for note in found.notes if note.kind == "duplicate-key"]
    assert (note.file, note.line) == ("templates/c.yaml", 6)
    assert "values.yaml, values-x.yaml" in note.message
