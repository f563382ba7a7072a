"""Names that objects call each other by, after names have changed: what kustomize calls nameReference."""

from __future__ import annotations

from collections.abc import Iterable

from guardrail.inputs.kubernetes.kustomize.field_specs import FieldSpec, Specs, fields_at
from guardrail.inputs.kubernetes.kustomize.objects import NO_NAMESPACE, Budget, Built, Failed, Gvk, put, text_of, word
from guardrail.model import Map, Seq, Unknown, Value


class References:
    def __init__(self, objects: list[Built], specs: Specs, budget: Budget) -> None:
        self.budget = budget
        self.by_name: dict[str, list[Built]] = {}  # by what they were called before; others were not renamed
        for built in objects:
            for name in dict.fromkeys(name for _, name, _ in built.prior):
                self.by_name.setdefault(name, []).append(built)
        # Kind of who refers -> what it refers to, and where: a list of paths that is gone through for each object.
        self.fields: dict[str, list[tuple[Gvk, FieldSpec]]] = {}
        for target, referring in specs.references.items():
            for spec in referring:
                self.fields.setdefault(spec.gvk.kind, []).append((target, spec))

    def fix(self, objects: Iterable[Built]) -> list[Failed]:
        """Sets them all; what can't be decided is given back."""
        failed: list[Failed] = []
        if not self.by_name:
            return failed
        for built in objects:
            fields = [*self.fields.get(built.kind, ()), *self.fields.get("", ())]
            first = built.first_id
            self.budget.spend(len(fields))
            for target, spec in fields:
                if not spec.gvk.selects(first.group, first.version, first.kind):
                    continue
                for holder, key in list(fields_at(built.value, spec.path)):
                    try:
                        self._field(built, target, spec, holder, key)
                    except Failed as error:
                        failed.append(error)
        return failed

    def _field(self, built: Built, target: Gvk, spec: FieldSpec, holder: Map | Seq, key: str | int) -> None:
        value = holder[key]  # type: ignore[index]
        if isinstance(value, Map):
            self._mapping(built, target, spec, value)
        elif isinstance(value, Seq):
            for index, item in enumerate(value):
                if isinstance(item, Map):
                    self._mapping(built, target, spec, item)
                else:
                    self._scalar(built, target, spec, value, index)
        else:
            self._scalar(built, target, spec, holder, key)

    def _scalar(self, built: Built, target: Gvk, spec: FieldSpec, holder: Map | Seq, key: str | int) -> None:
        old: Value = holder[key]  # type: ignore[index]
        if old is None or isinstance(old, (Map, Seq, Unknown)):
            return
        found = self._select(built, target, spec, text_of(old), self.by_name.get(text_of(old), []), False)
        if found is not None and found.name != old:
            put(holder, key, found.name)

    def _mapping(self, built: Built, target: Gvk, spec: FieldSpec, value: Map) -> None:
        """`{name, namespace}`: both are set."""
        name = word(value.get("name"))
        candidates = self.by_name.get(name, [])
        namespace = word(value.get("namespace"))
        if namespace and candidates:
            before = [one for one in candidates if one.first_id.namespace == namespace]
            candidates = before or [one for one in candidates if one.id.namespace == namespace]
        found = self._select(built, target, spec, name, candidates, True) if name else None
        if found is None:
            return
        if found.name != name:
            put(value, "name", found.name)
        if found.namespace and found.namespace != value.get("namespace"):
            metadata = found.metadata
            origins = metadata.origin_of("namespace")
            put(value, "namespace", found.namespace, metadata.spans.get("namespace"), *origins)

    def _select(
        self, built: Built, target: Gvk, spec: FieldSpec, name: str, candidates: list[Built], with_namespace: bool
    ) -> Built | None:
        self.budget.spend(len(candidates))
        role = self._role(built) if spec.path[-2:] == ("roleRef", "name") else None
        near = [one for one in candidates if self._may_be(built, target, role, name, one)]
        if len(near) <= 1:
            return near[0] if near else None
        near = [one for one in near if _alike(built, one, True)]
        if len(near) > 1:
            near = [one for one in near if _alike(built, one, False)]
        if not near:
            return None
        called = {(one.name, one.namespace if with_namespace else "") for one in near}
        if len(called) > 1:
            wanted = " or ".join(sorted(str(one.id) for one in near)[:3])
            raise Failed(f"{built.id} names {name!r}, which may be {wanted}", built.span)
        return near[0]

    @staticmethod
    def _role(built: Built) -> Gvk | None:
        role = built.value.get("roleRef")
        if not isinstance(role, Map) or not role.get("apiGroup") or not role.get("kind"):
            return None
        return Gvk(word(role["apiGroup"]), "", word(role["kind"]))

    def _may_be(self, built: Built, target: Gvk, role: Gvk | None, name: str, one: Built) -> bool:
        group, version = one.group_version
        kinds = [kind for kind, _, _ in one.prior]
        if not any(target.selects(group, version, kind) for kind in kinds):
            return False
        if role is not None and not any(role.selects(group, version, kind) for kind in kinds):
            return False
        mine, other = built.id.namespace, one.id.namespace
        if mine in (NO_NAMESPACE, other) or other == NO_NAMESPACE:
            return True
        return one.kind == "ServiceAccount" and built.kind == "RoleBinding" and one.namespace in _namespaces(built)


def _namespaces(binding: Built) -> set[str]:
    """Those that the subjects of a role binding name."""
    subjects = binding.value.get("subjects")
    return {
        word(subject.get("namespace"))
        for subject in (subjects if isinstance(subjects, Seq) else ())
        if isinstance(subject, Map) and subject.get("kind") == "ServiceAccount" and subject.get("namespace")
    }


def _alike(one: Built, other: Built, allow_empty: bool) -> bool:
    """Whether the names of both were given the same prefixes and suffixes, as far as the shorter list goes."""
    for mine, theirs in ((one.prefixes, other.prefixes), (one.suffixes, other.suffixes)):
        if allow_empty and not (mine and theirs):
            continue
        short, long = sorted((mine, theirs), key=len)
        if not short and long:
            return False
        if short and long[-len(short) :] != short:
            return False
    return True
