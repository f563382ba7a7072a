"""Parts of Kubernetes itself, by the commands and configurations that set them up."""

from __future__ import annotations

import textwrap

import pytest

from guardrail.concepts.build import build
from guardrail.concepts.secrets import hide
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Noun, Unknown, plain
from guardrail.tree import Tree


def components(text: str) -> dict[str, Noun]:
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return {noun.name: noun for noun in inventory.by_concept.get("component", [])}


def container(words: str, more: str = "", image: str = "registry.k8s.io/x:v1.31.2") -> str:
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}\nspec:\n  containers:\n"
        f"    - name: a\n      image: {image}\n{textwrap.indent(words, '      ')}\n{textwrap.indent(more, '      ')}\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        "command: [kube-apiserver, --anonymous-auth=false, --secure-port, '6443', --profiling]",
        "command: [/usr/local/bin/kube-apiserver]\nargs: [--anonymous_auth=false, --secure-port=6443, --profiling=1]",
        "command: [/hyperkube, apiserver, --anonymous-auth=F, --secure-port=6443, --profiling]",
        "command: [/hyperkube, kube-apiserver, --anonymous-auth=false, --secure-port=6443, --profiling=t]",
        "command: [/go-runner, --l=/a, /x/kube-apiserver, --anonymous-auth=false, --secure-port=6443, --profiling]",
        "command: [sh, -c, exec kube-apiserver --anonymous-auth=false --secure-port 6443 --profiling 2>&1]",
        "command: [sh, -c, 'kube-apiserver --anonymous-auth=false --secure-port 6443 --profiling=true; sleep 1']",
        "command: [/bin/sh, -ec]\n"
        "args:\n  - |\n    kube-apiserver --anonymous-auth=false \\\n      --secure-port=6443 --profiling",
    ],
)
def test_a_command_line_however_it_is_written(words: str) -> None:
    noun = components(container(words))["kube-apiserver"]
    assert plain(noun.fields["flags"]) == {"anonymous-auth": False, "secure-port": 6443, "profiling": True}
    assert noun.fields["version"] == "1.31.2"


@pytest.mark.parametrize(
    "words",
    [
        "command: [kube-apiserver-proxy, --profiling]",
        "command: [sh, -c, 'kubectl wait; kube-apiserver --profiling']",
        "command: [cat, /etc/kubernetes/manifests/kube-apiserver.yaml]",
        "command: [kube-apiserver, --openshift-config=/a.json, --v=2]",
        "command: [etcdctl, snapshot, save]",
        "command: [etcd]\nargs: [grpc-proxy, start, --endpoints=https://e:2379]",
        "args: [--profiling]",
        "args: [--kubelet-service=kube-system/kubelet, --v=2]",
        "command: [sh, -c, sleep, /var/lib/kubelet]",
        "command: [docker, run, etcd]",
    ],
)
def test_what_runs_none(words: str) -> None:
    assert components(container(words)) == {}


def test_lists_add_up_and_gates_are_named() -> None:
    words = """command:
  - kube-apiserver
  - --enable-admission-plugins=NodeRestriction,EventRateLimit
  - --enable-admission-plugins=AlwaysPullImages
  - --authorization-mode=Node, RBAC
  - --feature-gates=A=true,RotateKubeletServerCertificate=false"""
    fields = components(container(words))["kube-apiserver"].fields
    assert plain(fields["lists"]) == {
        "enable-admission-plugins": ["NodeRestriction", "EventRateLimit", "AlwaysPullImages"],
        "authorization-mode": ["Node", "RBAC"],
    }
    assert plain(fields["gates"]) == {"A": True, "RotateKubeletServerCertificate": False}
    assert fields["lists"].place("authorization-mode").line == 12
    assert fields["flags"].place("audit-log-path").line == 8  # where it is missing: the command


def test_the_old_list_of_plugins_leaves_out_what_it_does_not_name() -> None:
    words = "command: [kube-apiserver, --admission-control=ServiceAccount]"
    lists = components(container(words))["kube-apiserver"].fields["lists"]
    assert plain(lists) == {
        "enable-admission-plugins": ["ServiceAccount"], "disable-admission-plugins": ["NamespaceLifecycle"],
    }  # fmt: skip


def test_variables_are_filled_in_as_far_as_they_are_known() -> None:
    words = "command: [kube-controller-manager, --bind-address=$(IP), --root-ca-file=$(CA), --v=$(NONE)]"
    more = "env:\n  - {name: IP, value: 127.0.0.1}\n  - name: CA\n    valueFrom: {configMapKeyRef: {name: a, key: b}}"
    flags = components(container(words, more))["kube-controller-manager"].fields["flags"]
    assert flags["bind-address"] == "127.0.0.1"
    assert isinstance(flags["root-ca-file"], Unknown)
    assert flags["v"] == "$(NONE)"  # which the kubelet leaves as it is
    assert flags.get("profiling") is None


def test_a_word_that_is_not_known_may_be_any_flag() -> None:
    words = "command: [sh, -c, 'exec kube-scheduler --profiling=false $MORE']"
    flags = components(container(words))["kube-scheduler"].fields["flags"]
    assert flags["profiling"] is False
    assert isinstance(flags.get("bind-address"), Unknown)


def test_a_hidden_value_is_no_flag() -> None:
    secret = "AKIA" + "IOSFODNN7" + "QWERTYU"
    words = f"command: [kube-scheduler, --secret-key, {secret}, --profiling=false]"
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": container(words).encode()}), ReadOptions())
    inventory = Inventory(found.resources)
    hide(inventory.resources, [secret])
    build(inventory, {})
    (noun,) = inventory.by_concept["component"]
    assert noun.fields["flags"]["profiling"] is False
    assert noun.fields["flags"].get("bind-address") is None


def test_etcd_takes_from_its_environment_what_its_command_leaves_out() -> None:
    more = "env:\n  - {name: ETCD_CLIENT_CERT_AUTH, value: 'true'}\n  - {name: ETCD_AUTO_TLS, value: 'true'}"
    flags = components(container("command: [etcd, -auto-tls=false]", more))["etcd"].fields["flags"]
    assert flags["client-cert-auth"] is True
    assert flags["auto-tls"] is False
    assert flags.place("client-cert-auth").line == 10


@pytest.mark.parametrize(
    ("words", "known", "unknown"),
    [
        ("command: [kubelet, --config=/a.yaml, --anonymous-auth=false]", "anonymous-auth", "read-only-port"),
        ("command: [kube-scheduler, --config=/a.yaml, --bind-address=127.0.0.1]", "bind-address", "profiling"),
        ("command: [etcd, --config-file=/a.yaml, --auto-tls]", None, "auto-tls"),
    ],
)
def test_what_stands_in_a_file_is_not_known(words: str, known: str | None, unknown: str) -> None:
    (noun,) = components(container(words)).values()
    flags = noun.fields["flags"]
    assert isinstance(flags.get(unknown), Unknown)
    assert known is None or not isinstance(flags.get(known), Unknown)


CLUSTER = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.31.0
apiServer:
  extraArgs:
    - {name: authorization-mode, value: RBAC}
    - {name: profiling, value: "false"}
etcd:
  local:
    extraArgs:
      - {name: auto-tls, value: "true"}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
"""


def test_kubeadm_sets_what_is_not_written() -> None:
    found = components(CLUSTER)
    assert set(found) == {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"}
    server = found["kube-apiserver"].fields
    assert plain(server["lists"]) == {"authorization-mode": ["RBAC"], "enable-admission-plugins": ["NodeRestriction"]}
    assert server["flags"]["etcd-certfile"] == "/etc/kubernetes/pki/apiserver-etcd-client.crt"
    assert server["flags"]["profiling"] is False
    assert server["flags"].place("profiling").line == 7
    assert server["flags"].place("audit-log-path").line == 4
    assert server["version"] == "1.31.0"
    assert found["kube-scheduler"].fields["flags"]["bind-address"] == "127.0.0.1"
    assert found["etcd"].fields["flags"]["auto-tls"] is True
    assert found["etcd"].fields["flags"]["client-cert-auth"] is True


def test_an_etcd_elsewhere_is_not_kubeadms() -> None:
    text = CLUSTER.partition("etcd:")[0] + "etcd:\n  external: {endpoints: [https://e:2379], caFile: /e/ca.crt}\n"
    found = components(text)
    assert "etcd" not in found
    flags = found["kube-apiserver"].fields["flags"]
    assert flags["etcd-cafile"] == "/e/ca.crt"
    assert "etcd-certfile" not in flags


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("KubeadmControlPlane", ["spec", "kubeadmConfigSpec"]),
        ("KubeadmControlPlaneTemplate", ["spec", "template", "spec", "kubeadmConfigSpec"]),
        ("KubeadmConfigTemplate", ["spec", "template", "spec"]),
        ("KubeadmConfig", ["spec"]),
    ],
)
@pytest.mark.parametrize("version", ["v1alpha4", "v1beta1", "v1beta2"])
def test_cluster_api_hands_it_on(kind: str, path: list[str], version: str) -> None:
    head = f"apiVersion: x.cluster.x-k8s.io/{version}\nkind: {kind}\nmetadata: {{name: a, namespace: b}}\n"
    lines = [*path, "clusterConfiguration", "apiServer", "extraArgs", 'profiling: "false"']
    body = "".join(f"{'  ' * depth}{line}{'' if ':' in line else ':'}\n" for depth, line in enumerate(lines))
    assert components(head + body)["kube-apiserver"].fields["flags"]["profiling"] is False
    joins = body.partition("clusterConfiguration")[0] + "joinConfiguration: {nodeRegistration: {name: a}}\n"
    assert components(head + joins) == {}


def test_the_kubelets_own_configuration_has_defaults_of_its_own() -> None:
    text = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
protectKernelDefaults: true
tlsCipherSuites: [A, B]
featureGates: {RotateKubeletServerCertificate: false}
authentication: {x509: {clientCAFile: /ca.crt}}
"""
    fields = components(text)["kubelet"].fields
    assert plain(fields["flags"]) == {
        "anonymous-auth": False, "client-ca-file": "/ca.crt", "authorization-mode": "Webhook", "read-only-port": 0,
        "make-iptables-util-chains": True, "protect-kernel-defaults": True, "tls-cipher-suites": "A,B",
        "tls-cert-file": {"$unknown": "where the file says nothing, kubeadm or a flag may"},
        "tls-private-key-file": {"$unknown": "where the file says nothing, kubeadm or a flag may"},
    }  # fmt: skip
    assert plain(fields["lists"])["tls-cipher-suites"] == ["A", "B"]
    assert plain(fields["gates"]) == {"RotateKubeletServerCertificate": False}
    assert fields["flags"].place("protect-kernel-defaults").line == 3
    rest = components(text.replace("authentication: {x509: {clientCAFile: /ca.crt}}\n", ""))["kubelet"].fields["flags"]
    assert isinstance(rest["client-ca-file"], Unknown)
