"""The example of clouds beside the three largest: what is found, and where."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness import EXAMPLES, Run


def test_clouds_elsewhere(guardrail: Callable[..., Run]) -> None:
    done = guardrail("scan", EXAMPLES / "overseas", "-f", "json")
    assert done.code == 1
    result = json.loads(done.out)
    assert result["problems"] == []
    assert {finding["verdict"] for finding in result["findings"]} == {"fail"}
    assert sorted((f["file"].rpartition("overseas/")[2], f["line"], f["rule"]) for f in result["findings"]) == [
        ("frankfurt/main.tf", 51, "machine-legacy-metadata-off"),
        ("frankfurt/main.tf", 99, "bucket-lifecycle"),
        ("frankfurt/main.tf", 99, "store-logging"),
        ("frankfurt/main.tf", 103, "store-not-public"),
        ("frankfurt/main.tf", 111, "tags-present"),
        ("frankfurt/main.tf", 115, "grant-no-full-access"),
        ("frankfurt/modules/network/main.tf", 51, "network-rdp-closed"),
        ("frankfurt/modules/network/main.tf", 69, "tags-present"),
        ("network/rules.tf", 29, "firewall-rule-applications-named"),
        ("network/rules.tf", 62, "vpn-integrity-strong"),
        ("shanghai/main.tf", 36, "tags-present"),
        ("shanghai/main.tf", 64, "store-customer-key"),
        ("shanghai/main.tf", 94, "network-ssh-closed"),
        ("shanghai/main.tf", 111, "database-networks-bounded"),
        ("shanghai/main.tf", 116, "bucket-lifecycle"),
        ("shanghai/main.tf", 116, "store-logging"),
        ("shanghai/main.tf", 116, "store-multi-zone"),
        ("shanghai/main.tf", 116, "store-versioned"),
        ("shanghai/main.tf", 125, "store-not-public"),
        ("shanghai/main.tf", 180, "tags-present"),
        ("shanghai/main.tf", 218, "tags-present"),
        ("shanghai/main.tf", 222, "endpoint-tls-minimum"),
        ("shanghai/modules/database/main.tf", 19, "cloud-sql-log-connections"),
        ("shanghai/modules/database/main.tf", 19, "cloud-sql-log-disconnections"),
        ("shanghai/modules/database/main.tf", 19, "cloud-sql-log-duration"),
        ("shanghai/modules/database/main.tf", 29, "store-deletion-protection"),
    ]
