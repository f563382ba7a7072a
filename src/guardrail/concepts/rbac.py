"""Roles and bindings of Kubernetes RBAC as grants, from manifests and from Terraform."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import opened
from guardrail.concepts.lists import FILLERS, filled, first_unknown, listed, some
from guardrail.concepts.rbac_roles import given_by
from guardrail.concepts.selectors import namespace_of
from guardrail.model import (
    HOLE,
    Inventory,
    Map,
    Noun,
    PartText,
    Reference,
    Resource,
    Seq,
    Span,
    Unknown,
    Value,
    as_if_there,
)

MAX_RESOURCES = 1000  # groups times resources of one rule
_NAMES = {  # as a manifest writes it -> as Terraform does
    "rules": "rule", "apiGroups": "api_groups", "resources": "resources", "verbs": "verbs",
    "resourceNames": "resource_names", "nonResourceURLs": "non_resource_urls", "subjects": "subject",
    "roleRef": "role_ref",
}  # fmt: skip
_EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated")
# What Kubernetes itself grants to everybody.
_HARMLESS = frozenset(("system:public-info-viewer", "system:discovery", "system:basic-user",
                       "system:service-account-issuer-discovery"))  # fmt: skip
_WRITES = frozenset(("create", "update", "patch", "*"))
_APPROVAL, _SIGNERS = "certificates.k8s.io/certificatesigningrequests/approval", "certificates.k8s.io/signers"
# (verbs, resource) by which the holder gains more rights than the rule seems to give.
_ESCALATES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("escalate", "bind", "*")), "rbac.authorization.k8s.io/roles"),
    (frozenset(("escalate", "bind", "*")), "rbac.authorization.k8s.io/clusterroles"),
    (_WRITES, "rbac.authorization.k8s.io/rolebindings"),
    (_WRITES, "rbac.authorization.k8s.io/clusterrolebindings"),
    (frozenset(("impersonate", "*")), "users"),
    (frozenset(("impersonate", "*")), "groups"),
    (frozenset(("impersonate", "*")), "serviceaccounts"),
    (frozenset(("create", "*")), "serviceaccounts/token"),
    (frozenset(("create", "get", "*")), "pods/exec"),
    (frozenset(("create", "get", "*")), "pods/attach"),
    (frozenset(("patch", "update", "*")), "pods/ephemeralcontainers"),
    (frozenset(("get", "create", "*")), "nodes/proxy"),
    (_WRITES, "admissionregistration.k8s.io/mutatingwebhookconfigurations"),
    (_WRITES, "admissionregistration.k8s.io/validatingwebhookconfigurations"),
    (frozenset(("update", "patch", "*")), _APPROVAL),
    (frozenset(("approve", "*")), _SIGNERS),
)
# Whose certificates log in to the cluster: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
_LOGIN_SIGNERS = frozenset(("kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet",
                            "kubernetes.io/legacy-unknown", "kubernetes.io/*"))  # fmt: skip


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes, kind, terraform = resource.attributes, resource.kind, resource.platform == "terraform"
    if kind == "kubernetes_manifest":
        manifest = attributes.get("manifest")
        if not isinstance(manifest, Map) or not isinstance(manifest.get("kind"), str):
            return
        attributes, kind, terraform = manifest, manifest["kind"], False
    whole = "cluster" in kind.lower()
    if "binding" in kind.lower():
        principals = _subjects(attributes, terraform)
        if isinstance(principals, Unknown) or principals:  # one of nobody grants nothing
            yield _binding(attributes, principals, resource, terraform, "cluster" if whole else "namespace", inventory)
    elif kind in ("Role", "ClusterRole") or kind.startswith(("kubernetes_role", "kubernetes_cluster_role")):
        yield from _rules(attributes, resource, terraform, "cluster" if whole else "namespace")


def _rules(attributes: Map, resource: Resource, terraform: bool, scope: str) -> Iterator[Noun]:
    key = _spelt("rules", terraform)
    rules = as_if_there(attributes.get(key))
    if isinstance(rules, Unknown):
        yield _unknown_rule(rules, attributes.place(key), resource, scope)
        return
    harmless = _APPROVAL if _approves_no_logins(rules, terraform) else ""
    for index, rule in enumerate(rules if isinstance(rules, Seq) else ()):
        if isinstance(rule, Unknown):
            assert isinstance(rules, Seq)
            yield _unknown_rule(rule, rules.place(index), resource, scope)
        elif isinstance(rule, Map):
            yield _rule(rule, resource, terraform, scope, f"rules[{index}]", harmless)


def _approves_no_logins(rules: Value, terraform: bool) -> bool:
    """Whether a role names the signers that it approves for, as it must, and none of them makes certificates by which
    one logs in: requests have names of chance, so that nothing else can bound it."""
    named = False
    for rule in rules if isinstance(rules, Seq) else ():
        if not isinstance(rule, Map):
            return False
        verbs, (resources, _) = _list(rule, "verbs", terraform)[0], _resources(rule, terraform)
        if not isinstance(verbs, Seq) or not isinstance(resources, Seq):
            return False
        if not ("approve" in verbs or "*" in verbs) or not any(_reaches(written, _SIGNERS) for written in resources):
            continue
        names = _list(rule, "resourceNames", terraform)[0]
        if not isinstance(names, Seq) or not names:
            return False
        if not all(isinstance(name, str) and "/" in name and name not in _LOGIN_SIGNERS for name in names):
            return False
        named = True
    return named


def _reaches(written: Value, target: str) -> bool:
    return not isinstance(written, str) or written in ("*", "*/*") or _covers(written, target) or (
        written.partition("/")[0] == target.partition("/")[0] and written.endswith("/*"))  # fmt: skip


def _rule(rule: Map, resource: Resource, terraform: bool, scope: str, key: str, harmless: str) -> Noun:
    fields = _fields(rule.span, rule.header, "role", scope)
    verbs, verbs_at = _list(rule, "verbs", terraform)
    fields.spans["actions"] = verbs_at
    if verbs is not None:
        fields["actions"] = verbs
    resources, everything = _resources(rule, terraform)
    resources_at = rule.place(_spelt("resources", terraform))
    fields.spans["resources"] = resources_at
    if resources is not None:
        fields["resources"] = resources
    names, names_at = _list(rule, "resourceNames", terraform)
    fields.put("conditions", names if isinstance(names, Unknown) else bool(names), names_at)
    fields.put("anyone", False, rule.header)
    all_verbs, at = some(verbs, verbs_at, lambda text: text == "*")
    fields.put("all_actions", all_verbs, at)
    fields.put("service_wildcard", all_verbs, at)
    fields.put("all_resources", everything, resources_at)
    found, at = _escalation(verbs, resources, fields["conditions"], rule.header, harmless)
    fields.put("escalation", found, at)
    return Noun("grant", resource.local, fields, key)


def _unknown_rule(unknown: Unknown, place: Span, resource: Resource, scope: str) -> Noun:
    fields = _fields(place, place, "role", scope)
    for field in (
        "actions", "resources", "conditions", "all_actions", "all_resources", "service_wildcard", "escalation",
    ):  # fmt: skip
        fields.put(field, unknown, place)
    fields.put("anyone", False, place)
    return Noun("grant", resource.local, fields, "rules")


def _binding(
    attributes: Map, principals: Seq | Unknown, resource: Resource, terraform: bool, scope: str, inventory: Inventory
) -> Noun:
    header = attributes.header if attributes.header.line else resource.header
    fields = _fields(attributes.span, header, "binding", scope)
    key = _spelt("roleRef", terraform)
    ref = attributes.get(key)
    if isinstance(ref, Seq) and ref:
        ref = ref[0]
    role: Value = ref if isinstance(ref, Unknown) else None
    place = attributes.place(key)
    if isinstance(ref, Map):
        role, place = ref.get("name"), ref.place("name")
    fields.spans["role"] = place
    if role is not None:
        fields.put("role", role, place)
    resources = Seq(place)
    if isinstance(ref, Map) and isinstance(ref.get("kind"), str) and isinstance(role, str):
        resources.add(f"{ref['kind']}/{role}", place)
    fields.put("resources", resources, place)
    fields.put("actions", Seq(place), place)
    fields.put("conditions", False, header)
    at = attributes.place(_spelt("subjects", terraform))
    fields.put("principals", principals, at)
    harmless = isinstance(role, str) and role in _HARMLESS
    found = some(principals, at, _is_everybody, in_part=_may_be_everybody)
    fields.put("anyone", False if harmless else found[0], found[1])
    fields.put("default_identity", *some(principals, at, _is_default, in_part=_may_be_default))
    whole: Value = role if isinstance(role, Unknown) else role == "cluster-admin"
    fields.put("all_actions", whole, place)
    fields.put("service_wildcard", whole, place)
    fields.put("all_resources", whole, place)
    if isinstance(ref, Map):
        given = given_by(ref, _namespace(attributes), place, resource, inventory)
        if given is not None:
            fields.put("gives", given, place)
    return Noun("grant", resource.local, fields)


def _namespace(attributes: Map) -> Value:
    metadata = attributes.get("metadata")
    return namespace_of(opened(metadata[0] if isinstance(metadata, Seq) and metadata else metadata))


def _is_everybody(subject: str) -> bool:
    return subject.partition(":")[2] in _EVERYBODY


def _may_be_everybody(subject: PartText) -> bool | None:
    return None if any(subject.can_be(f"{kind}:{name}") for kind in ("User", "Group") for name in _EVERYBODY) else False


def _is_default(subject: str) -> bool:
    return subject.startswith("ServiceAccount:") and subject.endswith("/default")


def _may_be_default(subject: PartText) -> bool | None:
    return filled(subject, _is_default, (*FILLERS, "default"))


def _fields(span: Span, header: Span, grants_class: str, scope: str) -> Map:
    fields = Map(span, header)
    for field, value in (("system", "kubernetes"), ("class", grants_class), ("effect", "allow"), ("scope", scope)):
        fields.put(field, value, header)
    return fields


def _spelt(name: str, terraform: bool) -> str:
    return _NAMES[name] if terraform else name


def _list(holder: Map, name: str, terraform: bool) -> tuple[Seq | Unknown | None, Span]:
    key = _spelt(name, terraform)
    place = holder.place(key)
    return listed(holder.get(key), place), place


def _resources(rule: Map, terraform: bool) -> tuple[Seq | Unknown | None, bool | Unknown]:
    """`secrets`, `apps/deployments`, `*/secrets`, ... and whether that is every resource of every group."""
    groups, _ = _list(rule, "apiGroups", terraform)
    names, place = _list(rule, "resources", terraform)
    if names is None:
        urls, place = _list(rule, "nonResourceURLs", terraform)
        return _paths(urls, place), False
    if isinstance(names, Unknown):
        return names, names
    if isinstance(groups, Unknown):
        return groups, groups if "*" in names else False
    found = Seq(place)
    everything: bool | Unknown = False
    for index, name in enumerate(names):
        at = names.place(index)
        if isinstance(name, Unknown):
            found.add(name, at)
            everything = everything or name
            continue
        for group in groups if groups else [""]:
            if len(found) >= MAX_RESOURCES:
                break
            if isinstance(group, Unknown):
                found.add(group, at)
            elif isinstance(group, str):
                found.add(f"{group}/{name}" if group else str(name), at)
                if group == "*" and name == "*":
                    everything = True
    if found:
        found.header = found.place(0)
    return found, everything


def _paths(urls: Seq | Unknown | None, place: Span) -> Seq | Unknown | None:
    """All paths as `/*`: `*` alone is all resources of the API's own group."""
    if not isinstance(urls, Seq) or "*" not in urls:
        return urls
    found = Seq(place)
    for index, url in enumerate(urls):
        found.add("/*" if url == "*" else url, urls.place(index))
    return found


def _subjects(attributes: Map, terraform: bool) -> Seq | Unknown:
    """`User:jane`, `Group:system:masters`, `ServiceAccount:namespace/name`."""
    key = _spelt("subjects", terraform)
    subjects = as_if_there(attributes.get(key))
    if isinstance(subjects, Unknown):
        return subjects
    found = Seq(attributes.place(key))
    for index, subject in enumerate(subjects if isinstance(subjects, Seq) else ()):
        assert isinstance(subjects, Seq)
        if isinstance(subject, Unknown):
            found.add(subject, subjects.place(index))
            continue
        if not isinstance(subject, Map):
            continue
        found.add(_principal(subject), subject.place("name"))
    return found


_IDS = ("object_id", "principal_id", "client_id", "application_id")
_ID = "-".join(HOLE * 5)  # as Entra ID has them


def _principal(subject: Map) -> Value:
    kind, name, namespace = subject.get("kind"), subject.get("name"), subject.get("namespace")
    if isinstance(kind, Unknown) or (not isinstance(kind, str) and isinstance(name, Unknown)):
        return kind or name
    parts = [namespace if isinstance(namespace, (str, Unknown)) else "", name] if kind == "ServiceAccount" else [name]
    unknown = [part for part in parts if isinstance(part, Unknown)]
    text = f"{kind}:" + "/".join(_template(part) if isinstance(part, Unknown) else str(part) for part in parts)
    if not unknown:
        return text
    refs = tuple(ref for part in unknown for ref in part.refs)
    return PartText("; ".join(dict.fromkeys(part.reason for part in unknown)), refs, text)


def _template(part: Unknown) -> str:
    if isinstance(part, PartText):
        return part.template
    of_entra = isinstance(part, Reference) and part.attribute in _IDS and "azure" in part.target
    return _ID if of_entra else HOLE


def _escalation(
    verbs: Seq | Unknown | None, resources: Seq | Unknown | None, named: Value, header: Span, harmless: str
) -> tuple[Value, Span]:
    """As `verb resource`, for messages. `harmless`: a target by which this role gains nothing."""
    undecided = first_unknown(verbs) or first_unknown(resources)
    found = Seq(header)
    if named is not True and isinstance(verbs, Seq) and isinstance(resources, Seq):
        for index, written in enumerate(resources):
            if not isinstance(written, str):
                continue
            for dangerous, target in _ESCALATES:
                if target == harmless or not _covers(written, target):
                    continue
                found_verbs = [verb for verb in verbs if isinstance(verb, str) and verb in dangerous]
                if found_verbs and (text := f"{found_verbs[0]} {written}") not in found:
                    found.add(text, resources.place(index))
    if found:
        if isinstance(named, Unknown):
            return named, found.place(0)
        found.header = found.place(0)
        return found, found.header
    return (undecided, header) if undecided is not None else (found, header)


def _covers(written: str, target: str) -> bool:
    """Whether a resource as written takes in another: `*/pods`, `pods/*`, `*`. What covers everything is left
    to the rules about wildcards."""
    if written in ("*", "*/*"):
        return False
    if written == target:
        return True
    group, slash, rest = written.partition("/")
    return bool(slash) and group == "*" and (target == rest or target.partition("/")[2] == rest)
