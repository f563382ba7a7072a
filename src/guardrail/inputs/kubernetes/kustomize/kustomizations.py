"""All kustomizations of a scan: the roots among them built to resources, and which files are spoken for by that.

A manifest that a kustomization takes is judged as built, for each root that it reaches; its places stay those of the
file, so that findings of all roots meet there. A patch is never judged by itself.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import partial

from guardrail.inputs.kubernetes.kinds import kind_of
from guardrail.inputs.kubernetes.kustomize.files import DIALECT, NAMES, Files, Kustomization, ReadManifest
from guardrail.inputs.kubernetes.kustomize.graph import roots_of
from guardrail.inputs.kubernetes.kustomize.objects import Budget, Built, Refused
from guardrail.inputs.kubernetes.scopes import address
from guardrail.inputs.kubernetes.secrets import hide
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Origin, Problem, Resource, Seq, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree

_PATCH = lazy_regex(r"(?:^|[-_.])patch(?:es)?$")
_SELECTED = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
_NAMES = frozenset(NAMES)


class Kustomizations:
    """`files` are the names in the tree that were claimed for the scan; `added`: the components that what deploys a
    folder adds to its kustomization. What is built is in `reading`, with how far
    each file was read, those included that only a build makes use of."""

    def __init__(
        self, files: Sequence[str], tree: Tree, read_manifest: ReadManifest, added: Mapping[str, Seq] | None = None
    ) -> None:
        self.reading = Reading()
        self.files = Files(tree, partial(read_manifest, dialect=DIALECT), added)
        claimed = set(files)
        folders = {posixpath.dirname(path) for path in files if path.rsplit("/", 1)[-1] in _NAMES}
        self._known = {
            folder: found for folder in sorted(folders) for found in [self.files.kustomization(folder)] if found
        }
        around = self._around(files)
        self._patches = {path for one in (*self._known.values(), *around) for path in self.files.patches_of(one)}
        roots = roots_of([*self._known.values(), *around], self.files) if self._known or around else []
        budget = Budget()
        seen = set(self.files.problems)
        for root in roots:
            asked_for = root.path in claimed
            self._build(root, budget, None if asked_for else claimed)
            if not asked_for:  # what is wrong there is not this scan's business
                for problem in self.files.problems.keys() - seen:
                    if problem.file not in claimed:
                        del self.files.problems[problem]
            seen = set(self.files.problems)
        self.reading.notes += self.files.notes
        self.reading.problems += sorted(self.files.problems, key=Problem.sort_key)
        for path, status in self.files.used.items():
            self.reading.files[path] = status
        for one in self._known.values():
            if one.path not in self.files.used:
                status = self.files.read.get(one.path, "")
                self.reading.files[one.path] = "skipped" if status == "analysed" else status

    def add_to(self, reading: Reading) -> None:
        reading.resources += self.reading.resources
        reading.problems += self.reading.problems
        reading.notes += self.reading.notes
        reading.lacking |= self.reading.lacking
        for path, status in self.reading.files.items():
            reading.files.setdefault(path, status)

    def is_patch(self, path: str) -> bool:
        """True if a kustomization names the file as a patch or as something else that is no manifest."""
        return path in self._patches

    def is_partial(self, path: str, resource: Resource) -> bool:
        """True for a patch that is not in use: what says so itself (`$patch: delete`). Beside a kustomization it is a
        workload that no API server would take, for it has neither a selector nor an image; and whatever is called a
        patch, as kubebuilder's scaffold leaves many, unless its pods could run."""
        if "$patch" in resource.attributes:
            return True
        folder, name = posixpath.split(path)
        called = _PATCH.search(name.rpartition(".")[0]) or posixpath.basename(folder) == "patches"
        around = (folder, posixpath.dirname(folder)) if called else (folder,)
        if not called and resource.kind not in _SELECTED:
            return False
        if all(self.files.kustomization(each) is None for each in around):
            return False
        spec = resource.attributes.get("spec")
        if not isinstance(spec, Map):
            return bool(called)
        if resource.kind in _SELECTED and ("selector" in spec or not called):
            return "selector" not in spec and not _has_image(spec.get("template"))
        job = spec.get("jobTemplate")
        pods = job.get("spec") if isinstance(job, Map) else spec
        template = pods.get("template") if isinstance(pods, Map) else None
        return resource.kind in _SELECTED or not (_has_image(template) or _has_image(resource.attributes))

    def _around(self, files: Sequence[str]) -> list[Kustomization]:
        """Those in the folders of the files and above that were not claimed: a scan of one file is told by them what
        becomes of it."""
        found: dict[str, Kustomization] = {}
        looked: set[str] = set(self._known)
        for path in files:
            folder = posixpath.dirname(path)
            while folder not in looked:
                looked.add(folder)
                one = self.files.kustomization(folder)
                if one is not None:
                    found[folder] = one
                folder = posixpath.dirname(folder)
        return [found[folder] for folder in sorted(found)]

    def _build(self, root: Kustomization, budget: Budget, only: set[str] | None) -> None:
        """`only`: the files whose objects are wanted, where not all are."""
        from guardrail.inputs.kubernetes.kustomize.build import Build  # with all that builds, which few scans need

        build = Build(self.files, budget)
        before = set(self.files.used)
        try:
            objects = build.run(root)
        except Refused as refused:
            what = f"{refused}, so it is not built; the manifests below it are judged as they are written"
            self.files.fail("expansion", what, root.path, 1)
            for path in self.files.used.keys() - before:
                del self.files.used[path]
            self.files.used[root.path] = "failed"
            return
        if only is None:
            self.reading.notes += [note for note in build.notes if note not in self.reading.notes]
        else:
            objects = [built for built in objects if built.path in only]
            for path in self.files.used.keys() - before - only:
                del self.files.used[path]
        if build.stock.unread:
            self.reading.lacking.add(root.path)
        trace = (Origin("built by", root.place, root.path),)
        for built in objects:
            self.reading.resources.append(_resource(built, root, trace))


def _has_image(template: Value) -> bool:
    """Whether a container of a pod, or of the template of one, has an image."""
    pod = template.get("spec") if isinstance(template, Map) else None
    containers = pod.get("containers") if isinstance(pod, Map) else None
    return any(isinstance(c, Map) and "image" in c for c in (containers if isinstance(containers, Seq) else ()))


def _resource(built: Built, root: Kustomization, trace: tuple[Origin, ...]) -> Resource:
    value, metadata = built.value, built.metadata
    kind = built.kind
    if kind == "Secret":
        hide(value)
    labels = metadata.get("labels")
    name = built.name
    if not name:
        prefix = metadata.get("generateName")
        name = f"{prefix}*" if isinstance(prefix, str) and prefix else "(unnamed)"
    made = Resource(
        "kubernetes",
        "kubernetes",
        kind_of(value),
        address(kind, built.namespace, name, built.group_version[0]),
        value,
        span=built.span,
        scope=built.scope,
        local=built.local,
        tags=labels if isinstance(labels, Map) else Map(metadata.span, metadata.header),
        trace=trace,
    )
    made.root, made.declared = root.path, built.local
    return made
