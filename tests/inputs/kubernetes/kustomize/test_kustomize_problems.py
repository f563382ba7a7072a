"""What can't be built is told at its place, and the rest is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.kustomize import build, objects
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Unknown
from guardrail.tree import Tree

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n"
KIND = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def reading(files: dict[str, str], only: list[str] | None = None, base: str = "/nowhere") -> Reading:
    overlay = {name: text.encode() for name, text in files.items()}
    claimed = [name for name in files if name.endswith((".yaml", ".yml", "Kustomization"))]
    return read(sorted(only or claimed), Tree(base, overlay), ReadOptions())


def told(found: Reading) -> list[tuple[str, str, int]]:
    return [(problem.kind, problem.file, problem.line) for problem in found.problems]


def addresses(found: Reading) -> list[tuple[str, str]]:
    return [(resource.root, resource.address) for resource in found.resources]


K = "kustomization.yaml"


@pytest.mark.parametrize(
    ("files", "kind", "file", "line"),
    [
        ({K: "resources:\n- gone.yaml\n- a.yaml\n"}, "missing-file", K, 2),
        ({K: "resources:\n- a.yaml\n- dir\n", "dir/x.txt": ""}, "missing-file", K, 3),
        ({K: "resources:\n- ../../up.yaml\n- a.yaml\n"}, "outside-tree", K, 2),
        ({K: "resources:\n- /etc/passwd\n- a.yaml\n"}, "outside-tree", K, 2),
        ({K: "resources:\n- a.yaml\n- .\n"}, "cycle", K, 3),
        ({K: "resources:\n- a.yaml\n- a.yaml\n"}, "duplicate-id", K, 3),
        ({K: "resources:\n- a.yaml\n- c\n", "c/" + K: "kind: Component\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\ncomponents:\n- b\n", "b/" + K: "resources: []\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\npatches:\n- path: gone.yaml\n"}, "missing-file", K, 3),
        ({K: "resources: [a.yaml]\npatches:\n- patch: ''\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\npatches:\n- target: {name: '('}\n  patch: '[]'\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\npatches:\n- path: p.yaml\n", "p.yaml": POD.replace("a}", "b}")}, "patch-target",
         "p.yaml", 1),
        ({K: "resources: [a.yaml]\npatches:\n- path: p.yaml\n", "p.yaml": POD[:POD.index("spec")] + "spec: no\n"},
         "kustomize", "p.yaml", 4),
        ({K: "resources: [a.yaml]\npatches:\n- path: p.yaml\n", "p.yaml": POD.replace("spec:", "$patch: oops\nspec:")},
         "kustomize", "p.yaml", 4),
        ({K: "resources: [a.yaml]\npatches:\n- patch: |-\n    - op: remove\n      path: /spec/no\n"
          "  target: {name: a}\n"}, "kustomize", K, 4),
        ({K: "resources: [a.yaml]\npatches:\n- patch: |-\n    - op: spin\n  target: {name: a}\n"}, "kustomize", K, 4),
        ({K: "resources: [a.yaml]\npatchesStrategicMerge:\n- |-\n  a: b\n  c: [\n"}, "syntax", K, 6),
        ({K: "resources: [a.yaml]\nreplicas:\n- {name: z, count: 2}\n"}, "patch-target", K, 3),
        ({K: "resources: [a.yaml]\nimages:\n- {name: '[', newTag: b}\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\nconfigMapGenerator:\n- name: x\n  literals: [novalue]\n"}, "kustomize", K, 4),
        ({K: "resources: [a.yaml]\nconfigMapGenerator:\n- literals: [a=b]\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\nconfigMapGenerator:\n- {name: x, behavior: merge}\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\nconfigMapGenerator:\n- {name: x, files: [../../f]}\n"}, "outside-tree", K, 3),
        ({K: "resources: [a.yaml]\nreplacements:\n- source: {kind: Gone}\n  targets: []\n"}, "kustomize", K, 3),
        ({K: "resources: [a.yaml]\nreplacements:\n- source: {kind: Pod}\n  targets:\n  - select: {kind: Pod}\n"
          "    fieldPaths:\n    - spec.gone\n"}, "kustomize", K, 7),
        ({K: "resources: [a.yaml]\nvars:\n- {name: X, objref: {kind: Gone, name: g, apiVersion: v1}}\n"}, "kustomize",
         K, 3),
        ({K: "resources: [a.yaml]\nx: [\n"}, "syntax", K, 3),
        ({K: "namespace: n\nresources: [a.yaml, b.yaml]\n", "b.yaml": POD.replace("a}", "a, namespace: m}")},
         "duplicate-id", K, 1),
        ({K: "resources: [a.yaml]\n", "kustomization.yml": "resources: []\n"}, "kustomize", K, 0),
        ({K: "resources:\n- a.yaml\n- b.yaml\n", "b.yaml": "The content of the fetched file"}, "kustomize",
         "b.yaml", 1),
        ({K: "resources:\n- a.yaml\n- b.yaml\n", "b.yaml": "- {a: b}\n"}, "kustomize", "b.yaml", 1),
        ({K: "resources:\n- a.yaml\n- b.yaml\n", "b.yaml": "\nreplicas: 1\n"}, "kustomize", "b.yaml", 2),
        ({K: "resources:\n- a.yaml\n- b.yaml\n", "b.yaml": "kind: List\nitems: []\napiVersion: v1\n---\n{}\n---\n5"},
         "kustomize", "b.yaml", 6),
    ],
)  # fmt: skip
def test_problems(files: dict[str, str], kind: str, file: str, line: int) -> None:
    found = reading({"a.yaml": POD, **files})
    assert told(found) == [(kind, file, line)]
    assert "Pod" in {resource.kind for resource in found.resources} or kind in ("syntax", "duplicate-id")


def test_a_problem_of_a_base_is_told_once() -> None:
    overlay = {f"{name}/{K}": "resources: [../base]\n" for name in "abc"}
    found = reading({"base/" + K: "resources:\n- gone.yaml\n- a.yaml\n", "base/a.yaml": POD, **overlay})
    assert told(found) == [("missing-file", "base/" + K, 2)]
    assert addresses(found) == [(f"{name}/{K}", "Pod/default/a") for name in "abc"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("resources:\n- https://example.com/a.yaml\n- a.yaml\n", "remote"),
        ("resources:\n- github.com/org/repo//config?ref=v1\n- a.yaml\n", "remote"),
        ("resources:\n- git@github.com:org/repo.git\n- a.yaml\n", "remote"),
        ("resources: [a.yaml]\nhelmCharts:\n- {name: c}\n", "chart"),
        ("resources: [a.yaml]\ntransformers:\n- |-\n  apiVersion: x/v1\n  kind: Y\n", "plugin"),
        ("resources: [a.yaml]\nopenapi:\n  path: https://example.com/schema.json\n", "remote"),
        ("resources: [a.yaml]\npatches:\n- target: {kind: Nobody}\n  patch: '[]'\n", "patch"),
        ("resources: [a.yaml]\nsecretGenerator:\n- name: s\n  envs: [ignored.env]\n", "missing-file"),
    ],
)
def test_what_leaves_the_scan_complete_is_a_note(text: str, kind: str) -> None:
    found = reading({K: text, "a.yaml": POD})
    assert not found.problems
    assert [note.kind for note in found.notes] == [kind]
    assert found.notes[0].line
    assert "Pod" in {resource.kind for resource in found.resources}


@pytest.mark.parametrize("more", ["envs: [ignored.env]", "files: [key=ignored.txt]"])
@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_what_an_absent_file_would_give_others_is_not_known(kind: str, more: str) -> None:
    generator = f"{kind[0].lower()}{kind[1:]}Generator:\n- {{name: s, literals: [a=b], {more}}}\n"
    text = f"""resources: [a.yaml]
{generator}replacements:
- source: {{kind: {kind}, name: s, fieldPath: data.key}}
  targets:
  - {{select: {{kind: Pod}}, fieldPaths: [spec.hostname], options: {{create: true}}}}
  - {{select: {{kind: Pod}}, fieldPaths: [spec.subdomain], options: {{delimiter: ., index: 1}}}}
vars:
- {{name: V, objref: {{apiVersion: v1, kind: {kind}, name: s}}, fieldref: {{fieldpath: data.key}}}}
"""
    pod = POD.replace("image: i", "image: i, args: [$(V), -v=$(V)]").replace("spec: {", "spec: {subdomain: a.b, ")
    found = reading({K: text, "a.yaml": pod})
    assert not found.problems
    (spec,) = (resource.attributes["spec"] for resource in found.resources if resource.kind == "Pod")
    given = [spec["hostname"], spec["subdomain"], *spec["containers"][0]["args"]]
    assert all(isinstance(value, Unknown) for value in given), given


def test_what_a_generated_object_surely_lacks_is_told() -> None:
    text = "configMapGenerator:\n- {name: s, envs: [ignored.env]}\nreplacements:\n"
    text += "- {source: {name: s, fieldPath: metadata.labels.a}, targets: [{select: {kind: Pod}}]}\n"
    assert told(reading({K: text})) == [("kustomize", K, 4)]


def test_an_unused_component_is_not_built_and_its_manifests_are_judged() -> None:
    found = reading({f"c/{K}": "kind: Component\nresources: [a.yaml]\npatches: [{path: p.yaml}]\n", "c/a.yaml": POD,
                     "c/p.yaml": POD})  # fmt: skip
    assert addresses(found) == [("", "Pod/default/a")]
    assert found.files == {f"c/{K}": "skipped", "c/a.yaml": "analysed", "c/p.yaml": "skipped"}
    assert [(note.kind, note.file) for note in found.notes] == [("patch", "c/p.yaml")]


def test_kustomizations_in_a_circle_are_built_from_the_first() -> None:
    found = reading({f"x/{K}": "resources: [../y, a.yaml]\n", f"y/{K}": "resources: [../x]\n", "x/a.yaml": POD})
    assert told(found) == [("cycle", f"y/{K}", 1)]
    assert addresses(found) == [(f"x/{K}", "Pod/default/a")]


def test_a_stray_manifest_is_judged_as_itself() -> None:
    found = reading({K: "namespace: n\nresources: [a.yaml]\n", "a.yaml": POD, "stray.yaml": POD})
    assert sorted(addresses(found)) == [("", "Pod/default/a"), (K, "Pod/n/a")]


def test_what_says_that_it_is_a_patch_is_none_of_the_objects() -> None:
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n"
    both = f"{job}---\n$patch: replace\n{POD}"
    found = reading({"a/both.yaml": both, "a/exclude-job.yaml": f"$patch: delete\n{job}"})
    assert addresses(found) == [("", "Job/default/j")]
    assert found.files == {"a/exclude-job.yaml": "skipped", "a/both.yaml": "analysed"}
    assert {(note.kind, note.file) for note in found.notes} == {("patch", path) for path in found.files}


def test_the_object_that_flux_calls_kustomization_is_a_manifest() -> None:
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
    found = reading({f"clusters/{K}": flux, "clusters/a.yaml": POD})
    assert ("", "Kustomization/default/apps") in addresses(found)
    assert ("", "Pod/default/a") in addresses(found)


def test_a_scan_of_one_file_is_told_by_the_kustomizations_around_it() -> None:
    files = {
        f"base/{K}": "namespace: n\nresources: [a.yaml, gone.yaml, b.yaml]\n",
        "base/a.yaml": POD,
        "base/b.yaml": POD,
    }
    found = reading(files, ["base/a.yaml"])
    assert addresses(found) == [(f"base/{K}", "Pod/n/a")]
    assert found.files == {"base/a.yaml": "analysed"}
    assert not found.problems


def test_an_overlay_alone_reads_its_base() -> None:
    files = {f"o/{K}": "resources: [../base]\n", f"base/{K}": "resources: [a.yaml]\n", "base/a.yaml": POD}
    found = reading(files, [f"o/{K}"])
    assert addresses(found) == [(f"o/{K}", "Pod/default/a")]
    assert found.files == {f"o/{K}": "analysed", f"base/{K}": "analysed", "base/a.yaml": "analysed"}


def test_a_kustomization_without_suffix() -> None:
    found = reading({"Kustomization": "namespace: n\nresources: [a.yaml]\n", "a.yaml": POD})
    assert addresses(found) == [("Kustomization", "Pod/n/a")]


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.env").write_text("a=b\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / K).write_text("configMapGenerator:\n- {name: x, envs: [link.env]}\n")
    (tree / "link.env").symlink_to(tmp_path / "outside/secret.env")
    found = read([K], Tree(str(tree)), ReadOptions())
    assert told(found) == [("outside-tree", K, 2)]


# ---- hostile ---------------------------------------------------------------------------------------------------


def test_bases_that_double_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes the one before it twice, under different names: 2**19 pods."""
    monkeypatch.setattr(build, "MAX_OBJECTS", 200)
    files = {"b0/" + K: "resources: [a.yaml]\n", "b0/a.yaml": POD}
    for level in range(1, 20):
        for side in "lr":
            files[f"{side}{level}/{K}"] = f"namePrefix: {side}-\nresources: [../b{level - 1}]\n"
        files[f"b{level}/{K}"] = f"resources: [../l{level}, ../r{level}]\n"
    found = reading(files)
    assert told(found) == [("expansion", f"b19/{K}", 1)]
    assert addresses(found) == [("", "Pod/default/a")]


def test_deep_nesting_comes_to_an_end() -> None:
    files = {f"d{level}/{K}": f"resources: [../d{level + 1}]\n" for level in range(100)}
    files[f"d100/{K}"] = "resources: [a.yaml]\n"
    assert told(reading({**files, "d100/a.yaml": POD})) == [("expansion", f"d0/{K}", 1)]


def test_a_patch_that_copies_itself_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_VALUES", 50_000)
    operations = "".join(f"    - {{op: copy, from: /spec, path: /spec/c{n}}}\n" for n in range(40))
    found = reading(
        {K: f"resources: [a.yaml]\npatches:\n- target: {{name: a}}\n  patch: |-\n{operations}", "a.yaml": POD}
    )
    assert told(found) == [("expansion", K, 1)]


def test_an_expression_that_takes_others_for_ever() -> None:
    name = "a" * 200
    text = "resources: [a.yaml]\npatches:\n- target: {name: '(a+)+$x|(a|aa)+b'}\n  patch: '[]'\n"
    text += "images:\n- {name: '(i*)*x'}\n"
    found = reading({K: text, "a.yaml": POD.replace("name: a}", f"name: {name}}}")})
    assert not found.problems


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(
        ["a", "a.yaml", ".", "..", "b", "Pod", "v1", "spec", "/spec", "[", "(", "-", "*", "add", "merge", "data.a",
         "$(X)", "a=b", "spec.containers.[name=c].image", "- op: add\n  path: /a\n", POD]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "kind", "path", "patch", "target", "source", "targets", "select", "fieldPaths",
                         "options", "literals", "files", "envs", "pairs", "count", "newTag", "objref", "fieldref",
                         "metadata", "spec", "$patch", "op", "value", "delimiter", "index", "create",
                         "includeSelectors", "apiVersion"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
FIELDS = [
    "resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "images", "imageTags",
    "replicas", "namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations",
    "configMapGenerator", "secretGenerator", "replacements", "vars", "generatorOptions", "configurations", "crds",
    "transformers", "generators", "validators", "openapi", "helmCharts", "kind",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), values, max_size=5), values)
def test_nothing_in_a_kustomization_makes_it_raise(fields: dict[str, object], other: object) -> None:
    import yaml

    fields = {"resources": ["a.yaml", "b"], **fields}
    files = {K: yaml.safe_dump(fields), "a.yaml": POD, "b/" + K: yaml.safe_dump({"resources": ["o.yaml"]}),
             "b/o.yaml": yaml.safe_dump(other), "b/a": "x=y\n"}  # fmt: skip
    found = reading(files)
    for resource in found.resources:
        assert resource.address.startswith(resource.kind)
        assert resource.span.line
    for problem in found.problems:
        assert problem.file


CONFIGURED = st.sampled_from(
    ["nameReference", "kind", "fieldSpecs", "path", "create", "images", "definitions", "properties", "Schema", "spec",
     "$ref", "x-kubernetes-group-version-kind", "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key", "items",
     "x-kubernetes-list-map-keys", "x-kubernetes-object-ref-kind", "apiVersion", "metadata", "labels", "prefix",
     "replica", "imageTag", "replacements", "paths", "jsonOp", "patch", "target", "name"]
)  # fmt: skip
configured = st.recursive(
    st.none()
    | st.integers(0, 2)
    | st.sampled_from(["a", "spec/a", "v1", "Pod", "merge", "#/definitions/a", "builtin", "PrefixTransformer"])
    | st.sampled_from(["PatchTransformer", "LabelTransformer", "ImageTagTransformer", "ReplicaCountTransformer", "("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CONFIGURED | st.just("a"), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(configured, st.sampled_from(["PrefixTransformer", "LabelTransformer", "ImageTagTransformer", "Other"]))
def test_nothing_in_a_configuration_makes_it_raise(value: object, kind: str) -> None:
    import yaml

    text = "resources: [a.yaml]\npatches: [{path: a.yaml}]\n"
    text += "configurations: [c.yaml]\ncrds: [c.yaml]\nopenapi: {path: c.yaml}\ntransformers: [t.yaml]\n"
    transformer = {**value, "apiVersion": "builtin", "kind": kind} if isinstance(value, dict) else value
    found = reading({K: text, "a.yaml": POD, "c.yaml": yaml.safe_dump(value), "t.yaml": yaml.safe_dump(transformer)})
    assert [resource.kind for resource in found.resources if resource.root] == ["Pod"]


def test_values_as_deep_as_can_be_read_are_merged() -> None:
    pod = POD.split("spec:")[0] + "spec: " + "{a: " * 190 + "1" + "}" * 190 + "\n"
    found = reading({K: "resources: [a.yaml]\npatches: [{path: p.yaml}]\n", "a.yaml": pod, "p.yaml": pod})
    assert not found.problems


def test_an_image_transformer_with_a_bad_expression() -> None:
    transformer = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag:\n  name: '('\n"
    found = reading({K: "resources: [a.yaml]\ntransformers: [t.yaml]\n", "a.yaml": POD, "t.yaml": transformer})
    assert told(found) == [("kustomize", "t.yaml", 5)]


def test_types_that_refer_to_each_other_come_to_an_end() -> None:
    import json

    both = {f"p{n}": {"$ref": f"t{n}"} for n in range(5)}
    types = {f"t{n}": {"properties": dict(both)} for n in range(5)}
    types["Root"] = {"properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "t0"}}}
    found = reading({K: "resources: [a.yaml]\ncrds: [crd.json]\n", "a.yaml": POD, "crd.json": json.dumps(types)})
    assert not found.problems


FOR_B = POD.replace("a}", "b}")


@pytest.mark.parametrize(
    "step",
    [
        "patches:\n- path: p.yaml\n",
        "patchesStrategicMerge: [p.yaml]\n",
        "replicas:\n- {name: b, count: 3}\n",
        "replacements:\n- source: {kind: Pod, name: b}\n"
        "  targets: [{select: {kind: Pod}, fieldPaths: [spec.nodeName]}]\n",
        "configMapGenerator:\n- {name: b, behavior: merge, literals: [a=b]}\n",
        "vars:\n- name: V\n  objref: {kind: Pod, name: b, apiVersion: v1}\n",
    ],
)
@pytest.mark.parametrize("unread", ["- https://example.com/b.yaml\n", "- base\n"], ids=["remote", "below"])
def test_what_may_be_in_a_remote_base_is_not_missing(step: str, unread: str) -> None:
    base = {"base/" + K: KIND + "resources: [github.com/org/repo//config?ref=v1]\n"}
    made = reading({K: KIND + f"resources:\n- a.yaml\n{unread}{step}", "a.yaml": POD, "p.yaml": FOR_B, **base})
    assert not made.problems
    assert any("it may be in what is not read" in note.message for note in made.notes)
    made = reading({K: KIND + f"resources:\n- a.yaml\n{step}", "a.yaml": POD, "p.yaml": FOR_B})
    assert [problem.file for problem in made.problems] in (["p.yaml"], [K])


def test_a_literal_of_a_secret_is_not_told() -> None:
    text = "resources: [a.yaml]\nsecretGenerator:\n- name: x\n  literals: [h8Jk2LmP9q]\n"
    (problem,) = reading({"kustomization.yaml": KIND + text, "a.yaml": POD}).problems
    assert "h8Jk2" not in problem.message
