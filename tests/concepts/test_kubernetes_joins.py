"""What objects of Kubernetes say of each other: selectors, names, budgets, quotas, hosts."""
# ruff: noqa: E501 (tables of one case a line)

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from harness import calls
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.scanned_pods import pods_scanned
from guardrail.concepts.selectors import Selector
from guardrail.formats import yaml
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Resource, Unknown
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree


@cache
def bindings() -> dict[str, list[tuple[str, Any]]]:
    return bindings_of(load_concepts())


def scanned(*texts: str, **files: str) -> Inventory:
    """`texts`: documents of one file; `files`: others, `a__b` for a/b.yaml."""
    overlay = {name.replace("__", "/") + ".yaml": text.encode() for name, text in files.items()}
    if texts:
        overlay["app/all.yaml"] = "\n---\n".join(texts).encode()
    found = read(sorted(overlay), Tree("/nowhere-at-all", overlay), ReadOptions())
    assert not found.problems
    return built(found.resources)


def built(resources: list[Resource]) -> Inventory:
    inventory = Inventory(resources)
    assert not build(inventory, bindings())
    return inventory


def fields(inventory: Inventory, concept: str) -> Map:
    (noun,) = inventory.by_concept[concept]
    return noun.fields


def dangling(inventory: Inventory) -> list[tuple[str, str]]:
    return [(noun.fields["class"], noun.fields["target"]) for noun in inventory.by_concept.get("dangling", ())]


def workload(name: str, labels: str = "", namespace: str = "", kind: str = "Deployment", spec: str = "", top: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}{where}}}\n"
        f"spec: {{{top}template: {{metadata: {{labels: {{{labels or 'app: ' + name}}}}}, "
        f"spec: {{{spec}containers: [{{name: c, image: \"r.example.com/c:1\"}}]}}}}}}"
    )


def service(selector: str, namespace: str = "", name: str = "s") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{where}}}\nspec: {{selector: {{{selector}}}, ports: [{{port: 80, name: http}}]}}"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a__web": workload("web"), "a__svc": service("app: web")}, []),
        ({"a__web": workload("web"), "a__svc": service("app: api")}, [("service-pods", "app=api")]),
        # Neither names a namespace, and they are kept in different folders: nobody can tell.
        ({"a__web": workload("web"), "b__svc": service("app: api")}, []),
        # Both name it: the folder doesn't matter.
        ({"a__web": workload("web", namespace="shop"), "b__svc": service("app: api", "shop")}, [("service-pods", "app=api")]),
        ({"a__web": workload("web", namespace="shop"), "a__svc": service("app: web", "bills")}, []),
        # In one file they belong together.
        ({"a__all": workload("web", namespace="shop") + "\n---\n" + service("app: web", "bills")}, [("service-pods", "app=web")]),
        ({"a__web": workload("web", namespace="kube-system"), "a__svc": service("app: api", "kube-system")}, []),
        # Labels of controllers and of operators.
        ({"a__web": workload("web"), "a__svc": service("pod-template-hash: abc")}, []),
        ({"a__web": workload("web"), "a__svc": service("app: web, job-name: x")}, []),
        (
            {"a__web": workload("web"), "a__svc": service("app: db"),
             "a__db": "apiVersion: db.example.com/v1\nkind: Database\nmetadata: {name: db}"},
            [],
        ),
        (
            {"a__web": workload("web"), "a__svc": service("example.com/cluster: main"),
             "a__db": "apiVersion: db.example.com/v1\nkind: Database\nmetadata: {name: db}"},
            [],
        ),
        ({"a__web": workload("web"), "a__svc": service("")}, []),
    ],
)  # fmt: skip
def test_services_and_their_pods(files: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert dangling(scanned(**files)) == found


def leading(*targets: str) -> str:
    ports = ", ".join(f"{{port: {80 + number}, targetPort: {target}}}" for number, target in enumerate(targets))
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {{app: web}}, ports: [{ports}]}}"


def pod(ports: str, name: str = "web", more: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}{more}}}\n"
        f"spec: {{containers: [{{name: a}}, {{name: b, ports: {ports}}}]}}"
    )


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ((leading("http", "api", "api", "8080", "9090", '"7070"'), pod("[{containerPort: 80, name: http}]")), ["api"]),
        ((leading("http", "api"), pod("[{name: http}]"), pod("[{name: api}]", "other")), []),
        ((leading("api"), pod("[{name: http}]"), pod('[{name: "${PORT}"}]', "other")), []),
        ((leading("api"), pod('"${PORTS}"')), []),
        ((leading('"${PORT}"'), pod("[{name: http}]")), []),
        ((leading("api"), pod("[{name: http}]", more=", annotations: {linkerd.io/inject: enabled}")), []),
        ((leading("api"), pod("[]", more=', annotations: {dapr.io/enabled: "true"}')), []),
        ((leading("api"), pod("[]", more=", annotations: {note: injected}")), ["api"]),
        ((leading("web"), "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p}\n"
          "spec: {podMetadata: {labels: {app: web}}, containers: [{name: more, image: x}]}"), []),
        ((leading("api"), workload("api")), []),  # of pods that it doesn't select nothing is told here
    ],
)
def test_the_named_ports_of_services(objects: tuple[str, ...], found: list[str]) -> None:
    assert [target for klass, target in dangling(scanned(*objects)) if klass == "service-port"] == found


MONITOR = (
    "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\n"
    "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}, {targetPort: 9}]}"
)


def of_set(address: str, replicas: str = "replicas: 3, ", name: str = "s") -> list[str]:
    headless = f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{{address}selector: {{app: db}}}}"
    members = workload("db", kind="StatefulSet", top=f"serviceName: {name}, {replicas}")
    return [target for klass, target in dangling(scanned(headless, members)) if klass == "set-service"]


def test_the_service_of_a_stateful_set() -> None:
    assert of_set("clusterIP: None, ") == []
    assert of_set("") == of_set("clusterIP: 10.0.0.7, ") == ["s"]
    assert of_set("", replicas="") == of_set("", replicas="replicas: 1, ") == []  # it has nobody to find
    assert of_set("", replicas='replicas: "${COUNT}", ') == of_set('clusterIP: "${IP}", ') == []
    assert of_set("clusterIP: None, ", name="db") == ["db"]
    assert of_set("", replicas="", name="db") == []


VARIANTS = {
    "with": "[{port: 1, name: http}, {port: 2, name: metrics}]",
    "without": "[{port: 1, name: http}]",
}


@pytest.mark.parametrize("first", ["with", "without"])
def test_variants_of_one_service_that_lie_side_by_side(first: str) -> None:
    """Only one is applied: what any of them has counts, whichever file comes first."""
    where = "apiVersion: v1\nkind: Service\nmetadata: {name: s, labels: {app: web}}\n"
    second = "without" if first == "with" else "with"
    bare, headless = "spec: {ports: %s}", "spec: {clusterIP: None, ports: %s}"
    files = {
        "app__a": where + (headless if first == "with" else bare) % VARIANTS[first],
        "app__b": where + (headless if second == "with" else bare) % VARIANTS[second],
        "app__m": MONITOR,
        "app__s": workload("db", kind="StatefulSet", top="serviceName: s, replicas: 2, "),
        "app__i": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
        "spec: {defaultBackend: {service: {name: s, port: {name: metrics}}}}",
    }
    assert dangling(scanned(**files)) == []


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        ("[{name: metrics, port: 1}]", []),
        ("[{name: http, port: 1}]", ["metrics"]),
        ("[{port: 1}]", ["metrics"]),
        ("[]", ["metrics"]),
        ('[{name: "${NAME}", port: 1}]', []),
        ('"${PORTS}"', []),
    ],
)
def test_the_ports_of_service_monitors(ports: str, found: list[str]) -> None:
    there = f"apiVersion: v1\nkind: Service\nmetadata: {{name: s, labels: {{app: web}}}}\nspec: {{ports: {ports}}}"
    assert [target for klass, target in dangling(scanned(MONITOR, there)) if klass == "monitor-port"] == found


@pytest.mark.parametrize("first", ["a: x", "b: x"])
def test_variants_of_one_configuration_that_lie_side_by_side(first: str) -> None:
    second = "b: x" if first == "a: x" else "a: x"
    given = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {%s}"
    asked = "{name: v, configMap: {name: web, items: [{key: a, path: p}, {key: c, path: q}]}}"
    files = {"app__1": given % first, "app__2": given % second, "app__w": workload("web", spec=f"volumes: [{asked}], ")}
    assert dangling(scanned(**files)) == [("pod-key", "web/c")]


LABELS = st.dictionaries(st.sampled_from(["app", "tier", "env"]), st.sampled_from(["a", "b", "c"]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(pods=st.lists(st.tuples(LABELS, st.sampled_from(["shop", "bills"])), max_size=6), wanted=LABELS)
def test_the_index_finds_what_each_of_them_would(pods: list[tuple[dict[str, str], str]], wanted: dict[str, str]) -> None:
    inventory = scanned(
        *(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, namespace: {namespace}, labels: {labels or '{}'}}}\n"
            "spec: {containers: [{name: c}]}"
            for number, (labels, namespace) in enumerate(pods)
        ),
        workload("other", namespace="elsewhere"),
    )
    asked = yaml.load(f"{wanted or '{}'}".encode(), "x.yaml").documents[0].value
    selector = Selector("x", "shop", asked, None)
    expected = [
        noun.fields["name"]
        for noun in inventory.by_concept["workload"]
        if selector.selects(noun.fields["namespace"], noun.fields.get("labels"))
    ]
    index = pods_scanned(inventory)
    assert [each.fields["name"] for each in index.selected(selector)] == expected
    assert index.any_selected(selector, inventory.resources[0]) is bool(expected)


def test_a_label_that_is_not_known_may_fit() -> None:
    web = Resource("terraform", "kubernetes", "kubernetes_pod_v1", "kubernetes_pod_v1.web", yaml.load(
        b"{metadata: [{name: web, labels: {app: x}}], spec: [{container: [{name: c}]}]}", "main.tf").documents[0].value)  # fmt: skip
    web.attributes["metadata"][0]["labels"]["app"] = Unknown("var.app has no value")
    other = Resource("terraform", "kubernetes", "kubernetes_service_v1", "kubernetes_service_v1.web", yaml.load(
        b"{metadata: [{name: web}], spec: [{selector: {app: web}}]}", "main.tf").documents[0].value)  # fmt: skip
    assert dangling(built([web, other])) == []
    web.attributes["metadata"][0]["labels"]["app"] = "api"
    for resource in (web, other):
        resource.nouns.clear()
    assert dangling(built([web, other])) == [("service-pods", "app=web")]


@pytest.mark.parametrize(
    ("kind", "spec", "isolated"),
    [
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {}}", True),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {app: web}}}", True),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {'k8s:app': web, 'any:tier': front}}}", True),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {'k8s:app': api}}}", False),
        ("CiliumNetworkPolicy", "specs: [{endpointSelector: {matchLabels: {app: api}}}, {endpointSelector: {}}]", True),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {'reserved:host': ''}}}", None),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {app: api, 'reserved:host': ''}}}", False),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: shop}}}", None),
        ("CiliumNetworkPolicy",
         "spec: {endpointSelector: {matchExpressions: [{key: 'k8s:app', operator: In, values: [web]}]}}", True),
        ("CiliumNetworkPolicy", "spec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}}", None),
        ("CiliumNetworkPolicy", "spec: {ingress: []}", None),
        ("CiliumClusterwideNetworkPolicy", "spec: {endpointSelector: {matchLabels: {app: web}}}", True),
        ("CiliumClusterwideNetworkPolicy", "spec: {endpointSelector: {matchLabels: {app: api}}}", False),
        ("CiliumClusterwideNetworkPolicy", "spec: {nodeSelector: {}}", False),
    ],
)  # fmt: skip
def test_policies_of_cilium(kind: str, spec: str, isolated: bool | None) -> None:
    policy = f"apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: p, namespace: shop}}\n{spec}"
    inventory = scanned(workload("web", "app: web, tier: front", "shop"), policy)
    found = fields(inventory, "workload")["isolated"]
    assert isinstance(found, Unknown) if isolated is None else found is isolated


def test_the_work_grows_with_the_number_of_services() -> None:
    def asked(count: int) -> int:
        text = "\n---\n".join(
            part for n in range(count) for part in (workload(f"w{n}"), service(f"app: w{n}", name=f"s{n}"))
        )
        resources = read(["a.yaml"], Tree("/nowhere-at-all", {"a.yaml": text.encode()}), ReadOptions()).resources
        return calls(lambda: dangling(built(resources)))

    asked(20)  # imports
    assert asked(400) < 5 * asked(100)


@pytest.mark.parametrize(
    ("spec", "given", "found"),
    [
        ("serviceAccountName: web, ", "ServiceAccount", []),
        ("serviceAccountName: api, ", "ServiceAccount", [("pod-account", "api")]),
        ("serviceAccountName: default, ", "ServiceAccount", []),
        ("serviceAccount: api, ", "ServiceAccount", [("pod-account", "api")]),
        ("serviceAccountName: api, ", "ConfigMap", []),  # the set keeps no accounts
        ('serviceAccountName: "${ACCOUNT}", ', "ServiceAccount", []),
        ("volumes: [{name: v, configMap: {name: web}}], ", "ConfigMap", []),
        ("volumes: [{name: v, configMap: {name: api}}], ", "ConfigMap", [("pod-config", "api")]),
        ("volumes: [{name: v, configMap: {name: api, optional: true}}], ", "ConfigMap", []),
        ("volumes: [{name: v, configMap: {name: kube-root-ca.crt}}], ", "ConfigMap", []),
        ("volumes: [{name: v, configMap: {name: web, items: [{key: k, path: p}]}}], ", "ConfigMap", []),
        ("volumes: [{name: v, configMap: {name: web, items: [{key: j, path: p}]}}], ", "ConfigMap", [("pod-key", "web/j")]),
        ("volumes: [{name: v, projected: {sources: [{secret: {name: api}}]}}], ", "Secret", [("pod-secret", "api")]),
        ("volumes: [{name: v, secret: {secretName: web, items: [{key: k, path: p}]}}], ", "Secret", []),
        ("volumes: [{name: v, persistentVolumeClaim: {claimName: api}}], ", "PersistentVolumeClaim", [("pod-claim", "api")]),
        ("priorityClassName: api, ", "PriorityClass", [("pod-priority", "api")]),
        ("priorityClassName: system-node-critical, ", "PriorityClass", []),
    ],
)
def test_what_pods_name(spec: str, given: str, found: list[tuple[str, str]]) -> None:
    version = "scheduling.k8s.io/v1" if given == "PriorityClass" else "v1"
    data = "data: {k: dg==}" if given in ("ConfigMap", "Secret") else ""
    inventory = scanned(workload("web", spec=spec), f"apiVersion: {version}\nkind: {given}\nmetadata: {{name: web}}\n{data}")
    assert dangling(inventory) == found


def test_what_makes_a_secret_gives_it() -> None:
    pod = workload("web", spec="volumes: [{name: a, secret: {secretName: a}}, {name: b, secret: {secretName: b}}], ")
    other = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ntype: Opaque"
    external = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {}"
    sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: b}\nspec: {}"
    assert dangling(scanned(pod, other)) == [("pod-secret", "a"), ("pod-secret", "b")]
    assert dangling(scanned(pod, other, external, sealed)) == []


def budget(spec: str) -> str:
    return f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, {spec}}}"


@pytest.mark.parametrize(
    ("spec", "replicas", "spare"),
    [
        ("maxUnavailable: 0", 3, 0),
        ('maxUnavailable: "0%"', None, 0),
        ("maxUnavailable: 1", None, 1),
        ('maxUnavailable: "10%"', 3, 1),  # rounded up
        ("minAvailable: 2", 3, 1),
        ("minAvailable: 3", 3, 0),
        ("minAvailable: 5", 3, 0),
        ("minAvailable: 1", None, None),
        ('minAvailable: "100%"', None, 0),
        ('minAvailable: "67%"', 3, 0),  # 2.01, rounded up
        ('minAvailable: "66%"', 3, 1),
        ("minAvailable: 1", 0, None),
    ],
)
def test_what_a_budget_spares(spec: str, replicas: int | None, spare: int | None) -> None:
    others = [] if replicas is None else [workload("web", top=f"replicas: {replicas}, ")]
    assert fields(scanned(budget(spec), *others), "disruption_budget").get("spare") == spare


def test_an_autoscaler_says_how_many_there_are() -> None:
    scaler = ("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
              "spec: {minReplicas: 4, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: %s, name: web}}")  # fmt: skip
    web = workload("web", top="replicas: 1, ")
    assert fields(scanned(budget("minAvailable: 3"), web, scaler % "Deployment"), "disruption_budget")["spare"] == 1
    assert fields(scanned(budget("minAvailable: 3"), web, scaler % "StatefulSet"), "disruption_budget")["spare"] == 0


def test_copies_for_environments_are_one() -> None:
    web = workload("web", top="replicas: 2, ")
    inventory = scanned(dev__web=web, dev__b=budget("minAvailable: 2"), prod__web=workload("web", top="replicas: 5, "))
    assert fields(inventory, "disruption_budget")["spare"] == 0


def test_quotas_are_summed_exactly() -> None:
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {requests.cpu: 300m, limits.memory: 1Gi, pods: 3}}"
    sized = workload("web", top="replicas: 3, ").replace(
        'image: "r.example.com/c:1"', "resources: {requests: {cpu: 100m}, limits: {memory: 100Mi}}")  # fmt: skip
    nouns = {n.fields["resource"]: n.fields for n in scanned(quota, sized, workload("api")).by_concept["allowance"]}
    cpu, memory, pods = nouns["requests.cpu"], nouns["limits.memory"], nouns["pods"]
    assert (cpu["allowed"], cpu["asked"], cpu["who"], cpu["silent"]) == (0.3, 0.3, ["web"], ["api"])
    assert (memory["asked"], pods["asked"]) == (300 * 2**20, 4)


def test_hosts_of_ingresses() -> None:
    one = ("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: one}\n"
           "spec: {tls: [{hosts: ['*.x.org']}], rules: [{host: a.x.org}, {host: x.org}, {}]}")  # fmt: skip
    two = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: two}\nspec: {rules: [{host: x.org}]}"
    first, second = (noun.fields for noun in scanned(one, two).by_concept["ingress"])
    assert (first["hosts"], first["uncovered"], first["shared_hosts"]) == (["a.x.org", "x.org", ""], ["x.org"], ["x.org"])
    assert second["shared_hosts"] == ["x.org"]
    assert "tls_hosts" not in second


def test_services_with_the_same_selector() -> None:
    inventory = scanned(service("a: x, b: y", name="one"), service("b: y, a: x", name="two"), service("a: x", name="three"))
    assert [noun.fields.get("twins") for noun in inventory.by_concept["service"]] == [["two"], ["one"], None]


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s, labels: {part: %s}}\n%s"


def test_what_a_binding_gives() -> None:
    rules = "rules: [{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [x]}]"
    whole = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: of-it}}]}"
    binding = ("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
               "roleRef: {kind: ClusterRole, name: whole}\nsubjects: [{kind: User, name: u}]")  # fmt: skip
    inventory = scanned(ROLE % ("part", "of-it", rules), ROLE % ("whole", "none", whole), binding)
    (given,) = [n.fields for n in inventory.by_concept["grant"] if n.fields["class"] == "binding"]
    assert given["gives"] == [{"actions": ["get"], "resources": ["secrets"], "named": True, "role": "ClusterRole/part"}]
    assert given["gives"].place(0) == given.place("role")


@pytest.mark.parametrize(
    ("spec", "spread"),
    [
        ("", False),
        ("topologySpreadConstraints: [{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}], ", True),
        ("topologySpreadConstraints: [{topologyKey: zone, labelSelector: {matchLabels: {app: api}}}], ", False),
        ("topologySpreadConstraints: [{topologyKey: zone}], ", False),  # selects nothing
        ("affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
         "[{topologyKey: host, labelSelector: {matchExpressions: [{key: app, operator: Exists}]}}]}}, ", True),
        ("affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
         "[{weight: 1, podAffinityTerm: {topologyKey: host, labelSelector: {matchLabels: {app: web}}}}]}}, ", True),
    ],
)  # fmt: skip
def test_what_keeps_replicas_apart(spec: str, spread: bool) -> None:
    assert fields(scanned(workload("web", spec=spec)), "workload")["spread"] is spread


@pytest.mark.parametrize(
    ("tolerations", "found"),
    [
        ("[{operator: Exists}]", True),
        ("[{key: node-role.kubernetes.io/control-plane, operator: Exists}]", True),
        ("[{key: dedicated, operator: Exists}]", False),
        ("[{operator: Exists, key: ''}]", True),
        ("[]", False),
    ],
)
def test_tolerations(tolerations: str, found: bool) -> None:
    inventory = scanned(workload("web", spec=f"tolerations: {tolerations}, "))
    assert fields(inventory, "workload")["tolerates_control_plane"] is found
