"""What a set of objects lacks, and another set, a release or an operator may have."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build_all
from guardrail.concepts.surroundings import surround
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Noun
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())


def nouns(concept: str, **files: str) -> list[Noun]:
    """Of all sets that the files make; `a__b` for a/b.yaml."""
    overlay = {name.replace("__", "/") + ".yaml": text.encode() for name, text in files.items()}
    found = read(sorted(overlay), Tree("/nowhere-at-all", overlay), ReadOptions())
    assert not found.problems
    sets: dict[str, Inventory] = {}
    for resource in found.resources:
        sets.setdefault(resource.root, Inventory()).add(resource)
    surround(list(sets.values()), found.unseen)
    assert not build_all(list(sets.values()), BINDINGS)
    return [noun for inventory in sets.values() for noun in inventory.by_concept.get(concept, ())]


def dangling(**files: str) -> list[tuple[str, str]]:
    return [(noun.fields["class"], noun.fields["target"]) for noun in nouns("dangling", **files)]


def built(*resources: str, namespace: str = "shop") -> str:
    return f"namespace: {namespace}\nresources: [{', '.join(f'{name}.yaml' for name in resources)}]\n"


def deployment(name: str, spec: str = "", labels: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec: {{template: {{metadata: {{labels: {{{labels or f'app: {name}'}}}}}, "
        f"spec: {{{spec}containers: [{{name: c}}]}}}}}}\n"
    )


def objects(*texts: str) -> str:
    return "\n---\n".join(texts)


def plain(kind: str, name: str, more: str = "", version: str = "v1", metadata: str = "") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{metadata}}}\n{more}\n"


def bound(role: str) -> str:
    ref = f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}"
    ref += "\nsubjects: [{kind: User, name: jane}]"
    return plain("ClusterRoleBinding", "reads", ref, "rbac.authorization.k8s.io/v1")


WEB = deployment("web", "serviceAccountName: web, ")
ACCOUNT = plain("ServiceAccount", "web")
OTHER_ACCOUNT = plain("ServiceAccount", "other")


def test_what_another_kustomization_brings_is_there() -> None:
    app = {"app__kustomization": built("all"), "app__all": objects(WEB, OTHER_ACCOUNT)}
    assert dangling(**app) == [("pod-account", "web")]
    assert dangling(**app, access__kustomization=built("accounts"), access__accounts=ACCOUNT) == []
    elsewhere = built("accounts", namespace="other")
    assert dangling(**app, access__kustomization=elsewhere, access__accounts=ACCOUNT) == [("pod-account", "web")]


def test_what_a_loose_manifest_brings_is_there() -> None:
    app = {"app__kustomization": built("all"), "app__all": objects(WEB, OTHER_ACCOUNT)}
    loose = plain("ServiceAccount", "web", metadata=", namespace: shop")
    assert dangling(**app, access__accounts=loose) == []


def test_variants_of_one_thing_do_not_help_each_other() -> None:
    files = {
        "base__kustomization": "resources: [all.yaml]\n",
        "base__all": objects(WEB, OTHER_ACCOUNT),
        "dev__kustomization": "namespace: shop\nresources: [../base]\n",
        "prod__kustomization": "namespace: shop\nresources: [../base, account.yaml]\n",
        "prod__account": ACCOUNT,
    }
    assert dangling(**files) == [("pod-account", "web")]


def test_roles_of_other_sets_and_of_platforms() -> None:
    role = plain("ClusterRole", "reader", "rules: []", "rbac.authorization.k8s.io/v1")
    app = {"app__kustomization": built("all"), "app__all": objects(bound("reader"), role.replace("reader", "writer"))}
    assert dangling(**app) == [("binding-role", "reader")]
    assert dangling(**app, roles__kustomization=built("role"), roles__role=role) == []
    given = {**app, "app__all": app["app__all"].replace("name: reader", "name: cluster-monitoring-view")}
    assert dangling(**given) == []


def test_what_a_role_of_another_set_gives() -> None:
    def given(*verbs: str) -> list[object]:
        sets = {f"{verb}__kustomization": built("role") for verb in verbs}
        for verb in verbs:
            rules = f"rules: [{{apiGroups: [''], resources: [secrets], verbs: [{verb}]}}]"
            sets[f"{verb}__role"] = plain("ClusterRole", "reader", rules, "rbac.authorization.k8s.io/v1")
        found = nouns("grant", app__kustomization=built("all"), app__all=bound("reader"), **sets)
        (grant,) = (noun for noun in found if noun.name.startswith("ClusterRoleBinding/"))
        return [rule["actions"] for rule in grant.fields.get("gives") or ()]

    assert given() == []
    assert given("list") == [["list"]]
    assert given("list", "get") == []  # variants, one of which it is


def test_pods_of_other_sets_are_selected() -> None:
    service = plain("Service", "api", "spec: {selector: {app: api}}")
    files = {"app__kustomization": built("all"), "app__all": objects(service, deployment("web"))}
    assert dangling(**files) == [("service-pods", "app=api")]
    assert dangling(**files, api__kustomization=built("api"), api__api=deployment("api")) == []


def test_policies_budgets_autoscalers_and_bindings_of_other_sets_count() -> None:
    files = {
        "app__kustomization": built("all"),
        "app__all": objects(WEB, ACCOUNT),
        "cluster__kustomization": built("all"),
        "cluster__all": objects(
            plain("NetworkPolicy", "all", "spec: {podSelector: {}}", "networking.k8s.io/v1"),
            plain("PodDisruptionBudget", "web", "spec: {selector: {matchLabels: {app: web}}}", "policy/v1"),
            plain("HorizontalPodAutoscaler", "web", "spec: {scaleTargetRef: {kind: Deployment, name: web}}",
                  "autoscaling/v2"),
            plain("RoleBinding", "web", "roleRef: {kind: ClusterRole, name: view}\n"
                  "subjects: [{kind: ServiceAccount, name: web, namespace: shop}]", "rbac.authorization.k8s.io/v1"),
        ),
    }  # fmt: skip
    fields = ("isolated", "disruption_budget", "autoscaled", "granted")
    (workload,) = nouns("workload", **files)
    assert [workload.fields[field] for field in fields] == [True, True, True, True]
    del files["cluster__kustomization"], files["cluster__all"]
    (workload,) = nouns("workload", **files)
    assert [workload.fields[field] for field in fields] == [False, False, False, False]


MONITOR = plain(
    "ServiceMonitor", "frigate", "spec: {selector: {matchLabels: {app: frigate}}}", "monitoring.coreos.com/v1"
)
SERVICE = plain("Service", "web", "spec: {selector: {app: web}}")


@pytest.mark.parametrize(
    "release",
    [
        plain("HelmRelease", "frigate", "spec: {chartRef: {kind: OCIRepository, name: app-template}}",
              "helm.toolkit.fluxcd.io/v2"),
        plain("HelmRelease", "frigate", "spec: {chart: {spec: {chart: frigate, sourceRef: {kind: HelmRepository}}}}",
              "helm.toolkit.fluxcd.io/v2"),
        plain("Application", "frigate", "spec: {destination: {namespace: default}, source: {repoURL: "
              "'https://charts.example.com', chart: frigate}}", "argoproj.io/v1alpha1"),
        plain("Application", "frigate", "spec: {destination: {namespace: default}, source: {repoURL: "
              "'https://git.example.com/x', path: deploy/frigate}}", "argoproj.io/v1alpha1"),
        plain("HelmChart", "frigate", "spec: {chart: frigate, targetNamespace: default}", "helm.cattle.io/v1"),
        plain("Subscription", "frigate", "spec: {name: frigate}", "operators.coreos.com/v1alpha1"),
    ],
)  # fmt: skip
def test_what_a_chart_from_elsewhere_may_bring_is_not_missing(release: str) -> None:
    lacking = objects(MONITOR, SERVICE, deployment("web"), plain("Service", "api", "spec: {selector: {app: api}}"))
    missing = [("monitor-services", "app=frigate"), ("service-pods", "app=api")]
    assert dangling(app__all=lacking) == missing
    assert dangling(app__all=objects(lacking, release)) == []
    other = release.replace("{name: frigate}", "{name: frigate, namespace: other}").replace(": default", ": other")
    assert dangling(app__all=objects(lacking, other)) == missing


def test_a_chart_of_the_repository_is_not_from_elsewhere() -> None:
    release = plain("Application", "frigate", "spec: {destination: {namespace: default}, source: {repoURL: "
                    "'https://git.example.com/x', path: app}}", "argoproj.io/v1alpha1")  # fmt: skip
    files = {"app__all": objects(MONITOR, SERVICE, deployment("web")), "releases": release}
    assert dangling(**files) == [("monitor-services", "app=frigate")]


def test_what_an_operator_makes_is_not_missing() -> None:
    pod = deployment("web", "volumes: [{name: s, secret: {secretName: pg-app}}], ")
    secret = plain("Secret", "other", "stringData: {a: b}")
    assert dangling(all=objects(pod, secret)) == [("pod-secret", "pg-app")]
    database = plain("Cluster", "pg", version="postgresql.cnpg.io/v1")
    assert dangling(all=objects(pod, secret, database)) == []
    assert dangling(all=objects(pod, secret, database.replace("name: pg", "name: p"))) == [("pod-secret", "pg-app")]


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("OnePasswordItem", "onepassword.com/v1"),
        ("SecretProviderClass", "secrets-store.csi.x-k8s.io/v1"),
        ("VirtualService", "networking.istio.io/v1"),
        ("BackendConfig", "cloud.google.com/v1"),
        ("Rollout", "argoproj.io/v1alpha1"),
    ],
)
def test_what_makes_nothing_else_in_its_name(kind: str, version: str) -> None:
    pod = deployment("web", "volumes: [{name: s, secret: {secretName: web-tls}}], ")
    secret = plain("Secret", "other", "stringData: {a: b}")
    assert dangling(all=objects(pod, secret, plain(kind, "web", version=version))) == [("pod-secret", "web-tls")]


def test_pods_of_an_operator_that_the_set_installs() -> None:
    policy = plain("NetworkPolicy", "managers", "spec: {podSelector: {matchLabels: {longhorn.io/component: manager}}}",
                   "networking.k8s.io/v1")  # fmt: skip
    definition = plain("CustomResourceDefinition", "volumes.longhorn.io", "spec: {group: longhorn.io}",
                       "apiextensions.k8s.io/v1")  # fmt: skip
    assert dangling(all=objects(policy, deployment("web"))) == [("policy-pods", "longhorn.io/component=manager")]
    assert dangling(all=objects(policy, deployment("web"), definition)) == []


@pytest.mark.parametrize("label", ["vault-active: 'true'", "role: master", "operator: leader", "spilo-role: x"])
def test_labels_that_a_program_gives_itself(label: str) -> None:
    service = plain("Service", "active", f"spec: {{selector: {{app: web, {label}}}}}")
    assert dangling(all=objects(service, deployment("web"))) == []
    assert [klass for klass, _ in dangling(all=objects(service, deployment("api")))] == ["service-pods"]
    key = label.partition(":")[0]
    said = deployment("web", labels=f"app: web, {key}: other")
    assert [klass for klass, _ in dangling(all=objects(service, said))] == ["service-pods"]


@pytest.mark.parametrize(
    "maker",
    [
        plain("Service", "web", "spec: {selector: {app: web}}",
              metadata=", annotations: {service.beta.openshift.io/serving-cert-secret-name: web-tls}"),
        plain("Ingress", "web", "spec: {tls: [{secretName: web-tls}]}", "networking.k8s.io/v1",
              ", annotations: {cert-manager.io/cluster-issuer: le}"),
        plain("Database", "x", "spec: {writeConnectionSecretToRef: {name: web-tls, namespace: default}}",
              "rds.aws.crossplane.io/v1"),
        plain("ClusterExternalSecret", "web-tls", "spec: {}", "external-secrets.io/v1"),
        plain("Bundle", "web-tls", "spec: {}", "trust.cert-manager.io/v1alpha1"),
        plain("Secret", "web-tls", "stringData: {a: b}", metadata=", namespace: certificates, annotations: "
              "{reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true'}"),
    ],
)  # fmt: skip
def test_secrets_that_are_made(maker: str) -> None:
    pod = deployment("web", "volumes: [{name: s, secret: {secretName: web-tls}}], ")
    secret = plain("Secret", "other", "stringData: {a: b}")
    assert dangling(all=objects(pod, secret)) == [("pod-secret", "web-tls")]
    assert dangling(all=objects(pod, secret, maker)) == []


def test_nothing_is_missing_in_namespaces_of_the_platform() -> None:
    service = plain("Service", "api", "spec: {selector: {app: api}}", metadata=", namespace: openshift-pipelines")
    web = deployment("web").replace("{name: web}", "{name: web, namespace: openshift-pipelines}")
    assert dangling(all=objects(service, web)) == []
    assert dangling(all=objects(service, web).replace("openshift-", "")) == [("service-pods", "app=api")]


def test_charts_that_may_be_released_together() -> None:
    def chart(name: str, template: str) -> dict[str, str]:
        head = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        return {f"{name}__Chart": head, f"{name}__templates__all": template}

    peer = "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}"
    config = plain("ConfigMap", "own", "data: {a: b}")
    web = chart("web", objects(
        deployment("web", "volumes: [{name: v, configMap: {name: shared}}], "), config,
        plain("NetworkPolicy", "web", peer, "networking.k8s.io/v1"),
    ))  # fmt: skip
    assert dangling(**web) == [("pod-config", "shared"), ("peer-pods", "app=api")]
    api = chart("api", objects(deployment("api"), plain("ConfigMap", "shared", "data: {a: b}")))
    assert dangling(**web, **api) == []
    loose = plain("ConfigMap", "shared", "data: {a: b}", metadata=", namespace: other")
    assert dangling(**web, other=loose) == [("pod-config", "shared"), ("peer-pods", "app=api")]
