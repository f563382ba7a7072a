"""A kustomization and all that it takes -> objects, in the order of steps that kustomize has.

Where kustomize gives up, the step that can't be done is told and left out, and the rest is built.
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from guardrail.inputs.kubernetes.kustomize import generators, merge_keys, plugins, transform
from guardrail.inputs.kubernetes.kustomize.charts import chart_folder
from guardrail.inputs.kubernetes.kustomize.default_fields import defaults
from guardrail.inputs.kubernetes.kustomize.field_specs import (
    FieldSpec,
    Specs,
    from_configuration,
    from_crds,
    listed_specs,
    with_all,
)
from guardrail.inputs.kubernetes.kustomize.files import Files, Kustomization, Named, written_inside
from guardrail.inputs.kubernetes.kustomize.objects import (
    Absent,
    Budget,
    Built,
    Entry,
    Failed,
    Refused,
    built_from,
    drop,
    map_of,
    strings,
    text_of,
    word,
)
from guardrail.inputs.kubernetes.kustomize.patches import Patch, Patching, read_patch, read_strategic
from guardrail.inputs.kubernetes.kustomize.references import References
from guardrail.inputs.kubernetes.kustomize.replacements import Variable, fill_in, replace
from guardrail.model import Map, Note, Seq, Span, Value

MAX_NESTING = 50  # kustomizations inside each other
MAX_OBJECTS = 20_000  # of one build
MAX_BUILDS = 5_000  # kustomizations built for one root: those that are taken twice count twice
_LOCAL = "config.kubernetes.io/local-config"  # objects for tools, which never reach a cluster
_ANYTHING = TypeVar("_ANYTHING")


class Stock:
    """What has been gathered: the objects, the fields that transformers change, and variables. `unread`: some of what
    it takes was not, so that an object which is not among these may be there all the same."""

    def __init__(self) -> None:
        self.unread = False
        self.objects: list[Built] = []
        self.specs = Specs({}, {})
        self.variables: list[Variable] = []


class Build:
    """One root. `notes` are what is worth knowing of it."""

    def __init__(self, files: Files, budget: Budget) -> None:
        self.files, self.budget = files, budget
        self.notes: dict[Note, None] = {}
        self.schema = merge_keys.BUILT_IN
        self.schema_is_set = False
        self.builds = 0
        self.stock = Stock()  # the one that is being worked on

    def run(self, root: Kustomization) -> list[Built]:
        """Raises Refused."""
        stock = self.stock
        self._open_api(root)
        self._accumulate(root, stock, (root.folder,))
        objects = stock.objects
        for built in objects:
            for key in ("labels", "annotations"):
                if built.metadata.get(key, key) is None:
                    drop(built.metadata, key)
            if built.hashed:
                built.remember()
                transform.put_suffix(built, generators.suffix(built))
        for error in References(objects, stock.specs, self.budget).fix(objects):
            self.files.fail_at(error)
        values: dict[str, Entry] = {}
        for variable in stock.variables:
            found = self._try(variable.value)
            if found is not None:
                values[variable.name] = found
        if values:
            fill_in(objects, values, stock.specs, self.budget)
        return [built for built in objects if not _is_local(built)]

    def note(self, kind: str, message: str, span: Span) -> None:
        self.notes.setdefault(Note(kind, message, span.file, span.line))

    def _try(self, step: Callable[[], _ANYTHING]) -> _ANYTHING | None:
        try:
            return step()
        except Failed as error:
            self._tell(error)
            return None

    def _tell(self, error: Failed) -> None:
        if isinstance(error, Absent) and self.stock.unread:
            self.note("remote", f"{error.message}; it may be in what is not read", error.span)
        else:
            self.files.fail_at(error)

    # ---- gathering -------------------------------------------------------------------------------------

    def _accumulate(self, made: Kustomization, stock: Stock, way: tuple[str, ...]) -> None:
        self.builds += 1
        if self.builds > MAX_BUILDS:
            raise Refused(f"more than {MAX_BUILDS:,} kustomizations are taken")
        self.files.use(made.path)
        outer = self.stock
        for named in made.resources:
            self._resource(named, stock, way)
        self.stock = stock
        stock.specs = _both(stock.specs, self._specs(made))
        self._generate(made, stock, way)
        for named in made.components:
            self._component(named, stock, way)
        self._transform(made, stock, way)
        if len(stock.objects) > MAX_OBJECTS:
            raise Refused(f"more than {MAX_OBJECTS:,} objects come of it")
        for item in made.items("vars"):
            variable = Variable(item)
            self.budget.spend(len(stock.objects))
            self._try(partial(variable.look, stock.objects))
            stock.variables.append(variable)
        self.stock = outer

    def _resource(self, named: Named, stock: Stock, way: tuple[str, ...]) -> None:
        if named.what == "file":
            resources = self.files.manifest(named.path)
            self._add(stock, [built_from(one, named.path, self.budget) for one in resources], named.span)
        elif named.what == "folder":
            child = self._child(named, way)
            if child is not None and child.component:
                self.files.fail("kustomize", f"{child.path} is a component, which `components` takes",
                                named.span.file, named.span.line)  # fmt: skip
            elif child is not None:
                inner = Stock()
                self._open_api(child)
                self._accumulate(child, inner, (*way, child.folder))
                self._add(stock, inner.objects, named.span)
                stock.specs = _both(stock.specs, inner.specs)
                stock.variables += inner.variables
                stock.unread = stock.unread or inner.unread
            else:
                stock.unread = True
        else:
            stock.unread = True
            self._not_there(named)

    def _component(self, named: Named, stock: Stock, way: tuple[str, ...]) -> None:
        if named.what != "folder":
            stock.unread = True
            self._not_there(named)
            return
        child = self._child(named, way)
        if child is not None and not child.component:
            self.files.fail("kustomize", f"{child.path} is no component; `resources` takes it",
                            named.span.file, named.span.line)  # fmt: skip
        elif child is not None:
            self._open_api(child)
            self._accumulate(child, stock, (*way, child.folder))

    def _child(self, named: Named, way: tuple[str, ...]) -> Kustomization | None:
        span = named.span
        child = self.files.kustomization(named.path)
        if child is None:
            self.files.fail("missing-file", f"{named.path} holds no kustomization", span.file, span.line)
        elif child.folder in way:
            self.files.fail(
                "cycle", f"takes {child.folder or 'the top folder'}, which takes this", span.file, span.line
            )
            return None
        elif len(way) > MAX_NESTING:
            raise Refused(f"kustomizations more than {MAX_NESTING} inside each other")
        return child

    def _not_there(self, named: Named) -> None:
        if named.what == "remote":
            self.note("remote", f"{named.path} is not in this repository and is not read; what it holds is not judged",
                      named.span)  # fmt: skip
        elif named.what == "outside":
            self._fail("outside-tree", f"{named.path} leads out of the scanned tree; not read", named.span)
        else:
            self._fail("missing-file", f"there is no file or folder {named.path or '(unnamed)'}", named.span)

    def _fail(self, kind: str, message: str, span: Span) -> None:
        self.files.fail(kind, message, span.file, span.line)

    def _add(self, stock: Stock, objects: list[Built], span: Span) -> None:
        known = {built.id: built for built in stock.objects}
        self.budget.spend(len(stock.objects) + len(objects))
        for built in objects:
            identity = built.id
            if not identity.name and not built.metadata.get("generateName"):
                self._fail("kustomize", f"a {identity.kind} without a name, which kustomize does not take", built.span)
            elif identity in known:
                self._fail("duplicate-id", f"brings {identity} from {built.path}, which there is already from "
                           f"{known[identity].path}", span)  # fmt: skip
                continue
            known[identity] = built
            stock.objects.append(built)

    # ---- what changes how things are done --------------------------------------------------------------

    def _open_api(self, made: Kustomization) -> None:
        """The first schema on the way is that of the whole build, in place of the built-in one."""
        found = made.value.get("openapi")
        path = word(found.get("path")) if isinstance(found, Map) else ""
        if not path or self.schema_is_set or not isinstance(found, Map):
            return
        if "://" in path:
            self.note("remote", f"{path} is not read; lists of kinds that it describes are replaced, not merged",
                      found.place("path"))  # fmt: skip
            return
        document = self._try(partial(self._first, made, path, found.place("path")))
        if isinstance(document, Map):
            self.schema, self.schema_is_set = merge_keys.from_openapi(document), True

    def _first(self, made: Kustomization, path: str, span: Span) -> Value:
        documents = self.files.documents(self.files.path_of(made.folder, path, span))
        return documents[0] if documents else None

    def _specs(self, made: Kustomization) -> Specs:
        specs = defaults()
        for key, read in (("configurations", lambda value: from_configuration(value, self._malformed)),
                          ("crds", from_crds)):  # fmt: skip
            for item, span in made.listed(key):
                document = self._try(partial(self._first, made, word(item), span))
                if isinstance(document, Map):
                    specs = specs.merged(read(document))
        return specs

    def _malformed(self, message: str, value: Map) -> None:
        self._fail("kustomize", message, value.header)

    # ---- generators ------------------------------------------------------------------------------------

    def _generate(self, made: Kustomization, stock: Stock, way: tuple[str, ...]) -> None:
        source = generators.Source(
            made.folder,
            made.path,
            lambda name, span: self._contents(made, name, span),
            map_of(made.value, "generatorOptions"),
        )
        wanted = [("ConfigMap", item) for item in made.items("configMapGenerator")]
        wanted += [("Secret", item) for item in made.items("secretGenerator")]
        for item in made.items("helmCharts", "helmChartInflationGenerator"):
            name = word(item.get("name")) or word(item.get("chartName"))
            home = map_of(made.value, "helmGlobals").get("chartHome")
            here = chart_folder(item, home, made.folder, self.files.tree) is not None
            what = ("is judged as it is rendered, without what is made of it here" if here
                    else "is not rendered here; what comes of it is not judged")  # fmt: skip
            self.note("chart", f"the chart {name} {what}", item.header)
            stock.unread = True
        configured: list[tuple[str, Map]] = []
        for config in self._configurations(made, "generators", way):
            kind = plugins.generates(config)
            if kind:
                configured.append((kind, plugins.generator(config)))
            else:
                if chart_folder(config, config.get("chartHome"), made.folder, self.files.tree) is None:
                    self._plugin(config, "makes")
                stock.unread = True
        alone = source._replace(options=Map())
        for kind, item, of in [*((*one, source) for one in wanted), *((*one, alone) for one in configured)]:
            generated = self._try(partial(generators.generate, kind, item, of))
            if generated is not None:
                self.budget.spend(len(stock.objects))
                self._try(partial(generators.absorb, stock.objects, generated))

    def _contents(self, made: Kustomization, name: str, span: Span) -> tuple[str, bytes] | None:
        found = self.files.contents(made.folder, name, span)
        if found is None:
            self.note("missing-file", f"{name} is not among the files, so what it holds is not known", span)
        return found

    def _plugin(self, config: Map, what: str) -> None:
        kind = word(config.get("kind")) or "plugin"
        self.note("plugin", f"{kind} is a plugin; no plugin is executed, and what it {what} is not seen", config.header)

    def _configurations(self, made: Kustomization, key: str, way: tuple[str, ...]) -> list[Map]:
        """The objects that `generators`, `transformers` name: files, folders, or written where they are named."""
        found: list[Map] = []
        listed = made.value.get(key)
        for index, (item, span) in enumerate(made.listed(key)):
            text = text_of(item)
            if isinstance(item, Map):
                found.append(item)
            elif "\n" in text.strip() and isinstance(listed, Seq):
                inside = self._try(partial(written_inside, item, listed, index))
                found += [value for value in inside or () if isinstance(value, Map)]
            else:
                named = self.files.named(made.folder, item, span)
                if named.what == "file":
                    self.files.use(named.path)
                    found += [value for value in self.files.documents(named.path) if isinstance(value, Map)]
                elif named.what == "folder":
                    inner = Stock()
                    self._resource(named, inner, way)
                    found += [built.value for built in inner.objects]
                else:
                    self._not_there(named)
        return found

    # ---- transformers ----------------------------------------------------------------------------------

    def _transform(self, made: Kustomization, stock: Stock, way: tuple[str, ...]) -> None:
        value, specs, objects = made.value, stock.specs, stock.objects
        self.budget.spend(len(objects))
        patching = Patching(objects, self.schema, self.budget, self._tell)
        self.strategic(patching, value.get("patchesStrategicMerge"), made)
        for item in made.items("patches"):
            self.patch(patching, item, made)
        namespace = made.text("namespace")
        if namespace:
            self.set_namespace(objects, namespace, value.place("namespace"), specs)
        for key, prefix in (("namePrefix", True), ("nameSuffix", False)):
            if made.text(key):
                transform.rename(objects, made.text(key), value.place(key), specs[key], prefix=prefix)
        for item in made.items("labels"):
            self._labels(objects, item, specs)
        for key in ("commonLabels", "commonAnnotations"):
            transform.set_entries(objects, strings(value.get(key)), specs[key], key, self.budget)
        for item in made.items("patchesJson6902"):
            self.patch(patching, item, made, remembers=False)
        for item in made.items("replicas"):
            self.set_replicas(objects, item, specs["replicas"])
        images = [self._try(partial(transform.Image, item)) for item in made.items("images", "imageTags")]
        transform.set_images(objects, [one for one in images if one is not None], specs["images"], self.budget)
        for item in made.items("replacements"):
            self.replacement(objects, item, made)
        for config in self._configurations(made, "transformers", way):
            if self._try(partial(plugins.transform, config, made, objects, patching, self)) is False:
                self._plugin(config, "changes")

    def patch(
        self, patching: Patching, item: Map, made: Kustomization, inline: str = "patch", remembers: bool = True
    ) -> None:
        self._apply(patching, partial(read_patch, item, made.folder, self.files, inline, remembers))

    def strategic(self, patching: Patching, listed: Value, made: Kustomization) -> None:
        for index in range(len(listed) if isinstance(listed, Seq) else 0):
            self._apply(patching, partial(read_strategic, listed, index, made.folder, self.files))

    def _apply(self, patching: Patching, read: Callable[[], Patch]) -> None:
        patch = self._try(read)
        if patch is not None and not patching.apply(patch):
            self.note("patch", "a patch whose target selects none of the objects", patch.span)

    def set_namespace(
        self,
        objects: list[Built],
        namespace: str,
        span: Span,
        specs: Specs,
        subjects: str = "",
        unset_only: bool = False,
    ) -> None:
        transform.set_namespace(objects, namespace, span, specs, subjects=subjects, unset_only=unset_only)
        seen: dict[object, Built] = {}
        for built in objects:
            other = seen.setdefault(built.id, built)
            if other is not built:
                self._fail("duplicate-id", f"makes {built.id} of two objects, from {other.path} and {built.path}", span)

    def set_replicas(self, objects: list[Built], item: Map, specs: tuple[FieldSpec, ...]) -> None:
        self.budget.spend(len(objects))
        if not isinstance(item.get("count"), int) or isinstance(item.get("count"), bool):
            self._fail("kustomize", "the count of replicas is no number", item.place("count"))
        elif not transform.set_replicas(objects, item, specs):
            name = word(item.get("name"))
            self._tell(Absent(f"nothing that has replicas is called {name!r}", item.header, "patch-target"))

    def _labels(self, objects: list[Built], item: Map, specs: Specs) -> None:
        fields = with_all(tuple(listed_specs(item.get("fields"), self._malformed)), specs["labels"])
        if item.get("includeSelectors") is True:
            fields = with_all(fields, specs["commonLabels"])
        else:
            if item.get("includeTemplates") is True:
                fields = with_all(fields, specs["templateLabels"])
            fields = with_all(fields, [FieldSpec(("metadata", "labels"), create=True)])
        transform.set_entries(objects, strings(item.get("pairs")), fields, "labels", self.budget)

    def replacement(self, objects: list[Built], item: Map, made: Kustomization) -> None:
        items = [item]
        path = word(item.get("path"))
        if path:
            name = self._try(partial(self.files.path_of, made.folder, path, item.place("path")))
            items = []
            for document in self.files.documents(name) if name else ():
                items += [
                    one for one in (document if isinstance(document, Seq) else [document]) if isinstance(one, Map)
                ]
        for one in items:
            self._try(partial(replace, objects, one, self.budget))


def _both(specs: Specs, more: Specs) -> Specs:
    return specs.merged(more) if specs.lists else more


def _is_local(built: Built) -> bool:
    annotations = built.metadata.get("annotations")
    return isinstance(annotations, Map) and _LOCAL in annotations and text_of(annotations[_LOCAL]) != "false"
