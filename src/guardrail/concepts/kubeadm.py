"""What kubeadm and kubelets are told of a cluster -> `component` nouns.

kubeadm's ClusterConfiguration, by itself or as Cluster API hands it on, with what kubeadm sets where nothing is written
(https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/); and the kubelet's own configuration
(https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/), whose defaults are not those of its flags.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import KUBERNETES, Block
from guardrail.concepts.component_flags import Flags, version_in
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value

_PKI = "/etc/kubernetes/pki"
_SECTIONS = (
    ("apiServer", "kube-apiserver"), ("controllerManager", "kube-controller-manager"),
    ("scheduler", "kube-scheduler"), ("etcd", "etcd"),
)  # fmt: skip
_SET: dict[str, dict[str, str]] = {
    "kube-apiserver": {
        "authorization-mode": "Node,RBAC", "enable-admission-plugins": "NodeRestriction",
        "client-ca-file": f"{_PKI}/ca.crt", "tls-cert-file": f"{_PKI}/apiserver.crt",
        "tls-private-key-file": f"{_PKI}/apiserver.key", "service-account-key-file": f"{_PKI}/sa.pub",
        "service-account-signing-key-file": f"{_PKI}/sa.key",
        "kubelet-client-certificate": f"{_PKI}/apiserver-kubelet-client.crt",
        "kubelet-client-key": f"{_PKI}/apiserver-kubelet-client.key",
    },
    "kube-controller-manager": {
        "bind-address": "127.0.0.1", "root-ca-file": f"{_PKI}/ca.crt", "client-ca-file": f"{_PKI}/ca.crt",
        "service-account-private-key-file": f"{_PKI}/sa.key", "use-service-account-credentials": "true",
    },
    "kube-scheduler": {"bind-address": "127.0.0.1"},
    "etcd": {
        "cert-file": f"{_PKI}/etcd/server.crt", "key-file": f"{_PKI}/etcd/server.key", "client-cert-auth": "true",
        "trusted-ca-file": f"{_PKI}/etcd/ca.crt", "peer-cert-file": f"{_PKI}/etcd/peer.crt",
        "peer-key-file": f"{_PKI}/etcd/peer.key", "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": f"{_PKI}/etcd/ca.crt",
    },
}  # fmt: skip
_OF_LOCAL_ETCD = {
    "etcd-cafile": f"{_PKI}/etcd/ca.crt",
    "etcd-certfile": f"{_PKI}/apiserver-etcd-client.crt",
    "etcd-keyfile": f"{_PKI}/apiserver-etcd-client.key",
}
_OF_OTHER_ETCD = (("caFile", "etcd-cafile"), ("certFile", "etcd-certfile"), ("keyFile", "etcd-keyfile"))
_PATHS = {
    "ClusterConfiguration": (),
    "KubeadmConfig": ("spec", "clusterConfiguration"),
    "KubeadmConfigTemplate": ("spec", "template", "spec", "clusterConfiguration"),
    "KubeadmControlPlane": ("spec", "kubeadmConfigSpec", "clusterConfiguration"),
    "KubeadmControlPlaneTemplate": ("spec", "template", "spec", "kubeadmConfigSpec", "clusterConfiguration"),
}
_ELSEWHERE = Unknown("where the file says nothing, kubeadm or a flag may")
# Path in a KubeletConfiguration, flag, and what an absent one means; None where that is for the rules to say.
_KUBELET: tuple[tuple[str, str, str | Unknown | None], ...] = (
    ("authentication.anonymous.enabled", "anonymous-auth", "false"),
    ("authentication.x509.clientCAFile", "client-ca-file", _ELSEWHERE),
    ("authorization.mode", "authorization-mode", "Webhook"),
    ("readOnlyPort", "read-only-port", "0"),
    ("eventRecordQPS", "event-qps", None),
    ("makeIPTablesUtilChains", "make-iptables-util-chains", "true"),
    ("streamingConnectionIdleTimeout", "streaming-connection-idle-timeout", None),
    ("protectKernelDefaults", "protect-kernel-defaults", None),
    ("rotateCertificates", "rotate-certificates", None),
    ("tlsCertFile", "tls-cert-file", _ELSEWHERE),
    ("tlsPrivateKeyFile", "tls-private-key-file", _ELSEWHERE),
    ("tlsCipherSuites", "tls-cipher-suites", None),
    ("serverTLSBootstrap", "rotate-server-certificates", None),
    ("featureGates", "feature-gates", None),
)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    version = resource.attributes.get("apiVersion")
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    if resource.kind == "KubeletConfiguration":
        if group == "kubelet.config.k8s.io":
            yield _kubelet(resource)
        return
    if not group.endswith(("cluster.x-k8s.io", "kubeadm.k8s.io")):
        return
    if group == "kubeadm.k8s.io" and "alpha" in str(version):  # with its arguments elsewhere
        return
    given = KUBERNETES.path(resource.attributes, _PATHS[resource.kind])
    if not isinstance(given, Map):  # of workers, which join what another configuration says
        return
    for section, name in _SECTIONS:
        noun = _component(given, section, name, resource.header)
        if noun is not None:
            yield noun


def _component(given: Map, section: str, name: str, here: Span) -> Noun | None:
    block = KUBERNETES.block(given, section)
    place = given.place(section) if isinstance(block, Map) else (given.header if given.header.line else here)
    other = KUBERNETES.block(KUBERNETES.block(given, "etcd"), "external")
    if name == "etcd":
        if other is not None:
            return None
        block = KUBERNETES.block(block, "local")
    read = Flags(name, place)
    version = given.get("kubernetesVersion")
    if isinstance(version, str) and name != "etcd":
        read.version = version_in(version)
    for flag, value in _SET[name].items():
        read.put(flag, value, place)
    if name == "kube-apiserver":
        if isinstance(other, Map):
            for key, flag in _OF_OTHER_ETCD:
                if other.get(key) is not None:
                    read.put(flag, other[key], other.place(key))
        elif other is None:
            for flag, value in _OF_LOCAL_ETCD.items():
                read.put(flag, value, place)
    _extra(read, block)
    return read.noun(name, name, place)


def _extra(read: Flags, block: Block) -> None:
    """`extraArgs`: a mapping, from v1beta4 on a list of names with values."""
    if isinstance(block, Unknown):
        read.unread = block
        return
    written = block.get("extraArgs") if block is not None else None
    if isinstance(written, Unknown):
        read.unread = written
    elif isinstance(written, Map):
        for flag, value in written.items():
            _replace(read, str(flag), value, written.place(flag))
    elif isinstance(written, Seq):
        for index, item in enumerate(written):
            if isinstance(item, Map) and isinstance(item.get("name"), str):
                _replace(read, item["name"], item.get("value"), written.place(index))


def _replace(read: Flags, flag: str, value: Value, place: Span) -> None:
    """What is written counts instead of what kubeadm sets, also of a list."""
    read.lists.pop(flag, None)
    read.put(flag, _text(value), place)


def _kubelet(resource: Resource) -> Noun:
    attributes = resource.attributes
    read = Flags("kubelet", resource.header)
    for path, flag, default in _KUBELET:
        *parts, last = path.split(".")
        holder = KUBERNETES.path(attributes, tuple(parts))
        value = holder if isinstance(holder, Unknown) else holder.get(last) if holder is not None else None
        place = holder.place(last) if isinstance(holder, Map) else resource.header
        if value is not None:
            read.put(flag, _text(value), place)
        elif default is not None:
            read.put(flag, default, place)
    return read.noun("kubelet", "kubelet", resource.span)


def _text(value: Value) -> Value:
    """As it stands on a command line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Seq) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value
