"""Which pods the policies of Cilium apply to.

Their selectors are those of Kubernetes, with words in front of labels that say where a label comes from: `k8s:app` is a
pod's own, and `any:app`, like `app` alone, whoever gives it. What else there is (`reserved:host`, the labels of a
namespace) is not in a pod's manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import KUBERNETES, Block
from guardrail.concepts.selectors import WHOLE_CLUSTER, Selector, namespace_of
from guardrail.model import Map, Resource, Seq, Unknown, Value

KINDS = frozenset(("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"))
_FROM = ("k8s:", "any:")
_OF_CILIUM = ("io.kubernetes.pod.", "io.cilium.")
_NOT_OF_THE_POD = Unknown("it is no label of the pod")


def policies(resource: Resource, attributes: Block, kind: str) -> Iterator[Selector]:
    wide = kind == "CiliumClusterwideNetworkPolicy"
    namespace = WHOLE_CLUSTER if wide else namespace_of(KUBERNETES.block(attributes, "metadata"))
    for spec in _specs(attributes):
        selector = KUBERNETES.block(spec, "endpointSelector") if isinstance(spec, Map) else spec
        if selector is None and isinstance(spec, Map) and spec.get("nodeSelector") is not None:
            continue  # for what runs on nodes
        if isinstance(selector, Map) and not _admits_by_default(spec):
            yield _selector(resource, namespace, selector)
        else:
            yield Selector(resource.address, namespace, Unknown("whom it applies to is not known"), None)


def _specs(attributes: Block) -> list[Block]:
    several = KUBERNETES.blocks(attributes, "specs")
    listed = [item for item in several if isinstance(item, (Map, Unknown))] if isinstance(several, Seq) else []
    one = KUBERNETES.block(attributes, "spec")
    return [*listed, *([one] if one is not None or not listed else [])]


def _admits_by_default(spec: Block) -> bool:
    """Whether what the policy does not speak of may get through, which only Cilium's can say."""
    denies = spec.get("enableDefaultDeny") if isinstance(spec, Map) else None
    return denies is not None and not (isinstance(denies, Map) and all(value is True for value in denies.values()))


def _selector(resource: Resource, namespace: Value, selector: Map) -> Selector:
    labels = Map(selector.span, selector.header)
    expressions = Seq(selector.span, selector.header)
    wanted = KUBERNETES.block(selector, "matchLabels")
    for key, value in wanted.items() if isinstance(wanted, Map) else ():
        name = _label(key)
        if name:
            labels[name] = value
        else:
            expressions.append(_NOT_OF_THE_POD)
    listed = KUBERNETES.blocks(selector, "matchExpressions")
    for item in listed if isinstance(listed, Seq) else ():
        name = _label(item.get("key")) if isinstance(item, Map) else ""
        if isinstance(item, Map) and name:
            own = Map(item.span, item.header)
            own.update({**item, "key": name})
            expressions.append(own)
        else:
            expressions.append(_NOT_OF_THE_POD)
    unknown = next((part for part in (wanted, listed) if isinstance(part, Unknown)), None)
    return Selector(resource.address, namespace, unknown or labels, expressions)


def _label(key: Value) -> str:
    """A label as a pod has it; "" for one that it doesn't have."""
    if not isinstance(key, str):
        return ""
    name = key[4:] if key.startswith(_FROM) else key
    return "" if ":" in name or name.startswith(_OF_CILIUM) else name
