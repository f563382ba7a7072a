"""Words of findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guardrail.model import HOLE, Map, OneOf, PartText, Reference, Sensitive, Seq, Unknown
from guardrail.policy.findings import _small
from guardrail.policy.messages import filled_in, in_unit, shown
from guardrail.scanning import Request, scan


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (268435456, "bytes", "256Mi"),
        (1610612736, "bytes", "1.5Gi"),
        (1000, "bytes", "1000 bytes"),
        (1 << 10, "bytes", "1Ki"),
        (5400, "duration", "1h 30m"),
        (30, "duration", "30s"),
        (0, "duration", "0s"),
        (2592000, "duration", "30d"),
        (None, "bytes", "not set"),
        ("x", "duration", "x"),
    ],
)
def test_units(value: Any, unit: str, words: str) -> None:
    assert in_unit(value, unit) == words


def test_values_are_short_and_redacted() -> None:
    items = Seq()
    items.extend([1, "a", Sensitive("hunter2"), Unknown("why"), True, "more"])
    assert shown(items) == "[1, a, (hidden), unknown, true, ...]"
    mapping = Map()
    mapping["key"] = Sensitive("hunter2")
    assert shown(mapping) == "{key}"
    assert len(shown("x" * 500)) == 80
    assert shown("a\nb") == "a b"


@pytest.mark.parametrize(
    ("ports", "sources", "said"),
    [
        ("443", "10.0.0.0/8", "x (tcp 443, 10.0.0.0/8) is bad"),
        ("443", "unknown, unknown", "x (tcp 443) is bad"),
        ("not set", "unknown, 10.0.0.0/8", "x (tcp, unknown, 10.0.0.0/8) is bad"),
        ("not set", "none", "x (tcp) is bad"),
    ],
)
def test_what_says_nothing_is_left_out(ports: str, sources: str, said: str) -> None:
    words = {"name": "x", "protocol": "tcp", "ports": ports, "sources": sources}
    template = "{name} ({protocol}[[ {ports}]][[, {sources}]]) is bad"
    assert filled_in(template, lambda match: words[match.group(1)]) == said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Reference("aws_security_group.lb", "id"), "aws_security_group.lb"),
        (Reference("module.m.aws_eip.nat[0]", "public_ip"), "module.m.aws_eip.nat[0].public_ip"),
        (Reference("", "id"), "unknown"),
        (OneOf("why", (), (1, 30)), "1 or 30"),
        (OneOf("why", (), ("x", None)), "x or not set"),
    ],
)
def test_what_is_known_of_an_unknown_value(value: Any, words: str) -> None:
    assert shown(value) == words
    assert in_unit(OneOf("why", (), (3600, 5400)), "duration") == "1h or 1h 30m"


def test_evidence_is_cut_at_every_level() -> None:
    wide = {f"k{n}": {f"l{m}": {"deep": 1, "too": 2} for m in range(50)} for n in range(50)}
    cut = _small(wide)
    assert (len(cut), len(cut["k0"])) == (11, 11)
    assert cut["..."] == cut["k0"]["l0"] == "..."
    assert _small({"a": [{"$unknown": "why"}]}) == {"a": [{"$unknown": "why"}]}
    assert _small(list(range(12)))[-1] == "..."


def seq(*items: Any) -> Seq:
    made = Seq()
    made.extend(items)
    return made


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        (True, "true"),
        (7, "7"),
        ("two\n  lines", "two lines"),
        ("x" * 81, "x" * 77 + "..."),
        (Unknown("var.x has no value"), "unknown"),
        (PartText("var.x has no value", (), f"arn:aws:s3:::{HOLE}/*"), "arn:aws:s3:::…/*"),
        (PartText("var.x has no value", (), f"{HOLE}{HOLE}"), "unknown"),
        (Sensitive("correct horse"), "(hidden)"),
        (seq("a", Unknown("?"), PartText("?", (), f"b-{HOLE}")), "[a, unknown, b-…]"),
        (Map(), "{}"),
    ],
)
def test_values(value: Any, words: str) -> None:
    assert shown(value) == words


def test_what_a_list_holds_that_is_not_known_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/release.yml").write_text(
        "on: push\n"
        "jobs:\n"
        "  push:\n"
        "    runs-on: ubuntu-24.04\n"
        "    steps:\n"
        "      - run: docker push registry.example.com/shop:1\n"
        "  after:\n"
        "    uses: example/shared/.github/workflows/after.yml@v1\n"
    )
    [found] = scan(Request(paths=(str(tmp_path),), only=("pushed-images-signed",))).findings
    assert found.verdict == "undetermined"
    assert found.message.endswith("because what example/shared/.github/workflows/after.yml does is not read")


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ("", ""),
        ('policy_name = "AppGwSslPolicy20170401S"', " (AppGwSslPolicy20170401S)"),
        (
            'policy_type = "Custom"\n min_protocol_version = "TLSv1_2"\n'
            ' cipher_suites = ["TLS_RSA_WITH_AES_256_GCM_SHA384"]',
            " (TLS_RSA_WITH_AES_256_GCM_SHA384)",
        ),
    ],
)
def test_the_ciphers_that_are_meant_are_named(tmp_path: Path, policy: str, named: str) -> None:
    text = f'resource "azurerm_application_gateway" "g" {{\n ssl_policy {{\n {policy}\n }}\n}}\n'
    (tmp_path / "main.tf").write_text(text)
    [found] = scan(Request(paths=(str(tmp_path),), only=("gateway-ciphers-strong",))).findings
    assert found.message.endswith(f"that are weak or keep no secret later{named}")


PODS = """
locals {
  pods = { %s }
}
resource "kubernetes_pod_v1" "p" {
  for_each = local.pods
  metadata {
    name = each.key
  }
  spec {
    container {
      name  = each.key
      image = each.value
    }
  }
}
"""


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (["nginx", "nginx", "nginx"], [("nginx", 3)]),
        (["nginx", "redis", "nginx"], [("nginx", 2), ("redis", 1)]),
        ([f"i{number}" for number in range(11)], [("i0", 11)]),  # each has its own
    ],
)
def test_a_finding_speaks_for_all_its_instances(tmp_path: Path, images: list[str], said: list[tuple[str, int]]) -> None:
    pods = ", ".join(f'n{number:02} = "{image}"' for number, image in enumerate(images))
    (tmp_path / "main.tf").write_text(PODS % pods)
    found = scan(Request((str(tmp_path),), only=("image-tag-fixed",))).findings
    assert [(f.message.split()[2], len(f.instances)) for f in found] == said
    assert len({f.fingerprint for f in found}) == len(said)


def test_instances_with_the_same_value_are_one_finding(tmp_path: Path) -> None:
    """Whatever they are called."""
    plan = 'resource "azurerm_service_plan" "p" {\n  for_each = {a = 1, b = 0, c = 1}\n  name = each.key\n'
    (tmp_path / "main.tf").write_text(plan + "  worker_count = each.value\n}\n")
    found = scan(Request((str(tmp_path),), only=("app-plan-instances",))).findings
    assert [(len(f.instances), f.message.split()[2]) for f in found] == [(2, "1"), (1, "0")]


@pytest.mark.parametrize(("set_to", "said"), [("", "to `50` or more"), ("80", "to `80` or more")])
def test_a_remedy_names_the_value_that_is_wanted(tmp_path: Path, set_to: str, said: str) -> None:
    (tmp_path / "main.tf").write_text('resource "azurerm_kubernetes_cluster_node_pool" "p" {\n  max_pods = 30\n}\n')
    if set_to:
        (tmp_path / "guardrail.yaml").write_text(
            f"rules:\n  cluster-node-pods:\n    parameters: {{minimum: {set_to}}}\n"
        )
    (found,) = (each for each in scan(Request((str(tmp_path),))).findings if each.rule == "cluster-node-pods")
    assert found.remedy.startswith(f"Set `max_pods` {said}")
