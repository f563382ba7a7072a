"""Remakes src/guardrail/policy/peers.json: the ids of other scanners' checks, so that a mistyped `replaces`
is found; src/guardrail/exceptions/trivy_names.json: by what else people name Trivy's checks in comments; and
src/guardrail/exceptions/peer_kinds.json: what kinds of things the checks of Checkov and Trivy speak of.

Reads a folder of JSON files, one a scanner, each {"checks": [{"id": ..., "aliases": [...]}, ...]}; Checkov's checks
have their `platform` and `resource_types`, Trivy's their `provider` and `service`:

    python tools/peer_ids.py FOLDER
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "guardrail"
TARGET = PACKAGE / "policy" / "peers.json"
NAMES = PACKAGE / "exceptions" / "trivy_names.json"
KINDS = PACKAGE / "exceptions" / "peer_kinds.json"

# Those that tell of which provider they are: `aws-s3-enable-versioning`, `KSV012`. Shorter ones mean several checks.
TELLING = re.compile(
    r"(?:aws|azure|cloudstack|digitalocean|docker|github|google|kubernetes|nifcloud|openstack|oracle)-|[A-Z]+[0-9]+\Z"
)

# What tfsec called them before Trivy did, as far as it can still be met with.
OLDER = {
    "AWS001": "AWS-0092", "AWS002": "AWS-0089", "AWS004": "AWS-0054", "AWS005": "AWS-0053", "AWS015": "AWS-0096",
    "AWS017": "AWS-0088", "AWS077": "AWS-0090", "AWS078": "AWS-0031", "AWS095": "AWS-0098", "AWS098": "AWS-0094",
    "AWS099": "AWS-0057", "AZU023": "AZU-0017", "aws-s3-enable-bucket-logging": "AWS-0089",
    "aws-rds-enable-performance-insights-encryption": "AWS-0078", "aws-api-gateway-enable-tracing": "AWS-0003",
    "aws-api-gateway-enable-access-logging": "AWS-0001",
}  # fmt: skip

# What Terraform's kinds begin with, by Trivy's provider and service, where that is not provider_service.
PREFIXES = {"azure": "azurerm", "oracle": "oci"}
SERVICES = {
    ("aws", "apigateway"): "api_gateway_ apigatewayv2_",
    ("aws", "documentdb"): "docdb_",
    ("aws", "dynamodb"): "dynamodb_ dax_",
    ("aws", "ec2"): "ami autoscaling_ default_ ebs_ flow_log instance internet_ launch_ network_ placement_"
    " security_group snapshot_ spot_ subnet volume_ vpc",
    ("aws", "elasticsearch"): "elasticsearch_ opensearch_",
    ("aws", "elb"): "lb alb elb",
    ("aws", "emr"): "emr_ emrcontainers_ emrserverless_",
    ("aws", "kinesis"): "kinesis_ kinesisanalyticsv2_",
    ("aws", "rds"): "db_ rds_",
    ("aws", "ssm"): "ssm_ secretsmanager_",
    ("azure", "appservice"): "app_service function_app linux_function_app linux_web_app windows_function_app"
    " windows_web_app",
    ("azure", "authorization"): "role_",
    ("azure", "compute"): "linux_virtual_machine managed_disk orchestrated_virtual_machine virtual_machine"
    " windows_virtual_machine",
    ("azure", "container"): "kubernetes_ container_",
    ("azure", "database"): "mariadb_ mssql_ mysql_ postgresql_ sql_",
    ("azure", "datafactory"): "data_factory",
    ("azure", "datalake"): "data_lake_",
    ("azure", "keyvault"): "key_vault",
    ("azure", "network"): "network_ application_gateway firewall public_ip virtual_network",
    ("azure", "security-center"): "security_center_",
    ("google", "gke"): "container_",
    ("google", "iam"): "billing_ folder_ iam_ organization_ project_ service_account",
}

# By the platforms of Checkov whose checks have no kinds, guardrail's names of them.
PLATFORMS = {
    "argo_workflows": "argo-workflows", "azure_pipelines": "azure-pipelines", "circleci_pipelines": "circleci",
    "bitbucket_pipelines": "bitbucket-pipelines", "github_actions": "github-actions", "gitlab_ci": "gitlab-ci",
}  # fmt: skip


def trivy_kinds(provider: str | None, service: str | None) -> list[str]:
    """What the kinds begin with that a check of Trivy speaks of; "" where they are Kubernetes' own."""
    if provider in (None, "kubernetes"):
        return ["", "kubernetes_"]
    cloud = PREFIXES.get(provider, provider)
    if provider not in ("aws", "azure", "google"):
        return [f"{cloud}_"]
    parts = SERVICES.get((provider, service or ""), service or "")
    return [f"{cloud}_{part}" for part in parts.split()]


def kinds(folder: str) -> dict[str, dict[str, list[str]]]:
    """Scanner -> check -> kinds: Checkov's as they are, or a platform with @ before it; Trivy's by their beginning."""
    checkov: dict[str, set[str]] = {}
    for check in json.loads((Path(folder) / "checkov.json").read_text())["checks"]:
        known = checkov.setdefault(check["id"], set())
        if check["platform"] in PLATFORMS:
            known.add(f"@{PLATFORMS[check['platform']]}")
        else:  # a word alone is a block that configures a provider
            of = (kind.removeprefix("data.") for kind in check["resource_types"])
            known.update("provider" if kind.isalpha() and kind.islower() and kind != "module" else kind for kind in of)
    trivy = json.loads((Path(folder) / "trivy.json").read_text())["checks"]
    return {
        "checkov": {check: sorted(checkov[check]) for check in sorted(checkov)},
        "trivy": {one["id"]: trivy_kinds(one.get("provider"), one.get("service")) for one in trivy},
    }


def main(folder: str) -> None:
    peers = {
        path.stem: sorted({check["id"] for check in json.loads(path.read_text())["checks"]})
        for path in sorted(Path(folder).glob("*.json"))
    }
    origin = "Ids of the checks of other scanners, facts only; made by tools/peer_ids.py"
    TARGET.write_text(json.dumps({"origin": origin, "ids": peers}, indent=0, ensure_ascii=False) + "\n")
    print({name: len(ids) for name, ids in peers.items()})
    names = {name: [check] for name, check in OLDER.items()}
    for check in json.loads((Path(folder) / "trivy.json").read_text())["checks"]:
        for alias in check["aliases"]:
            if TELLING.match(alias):
                names.setdefault(alias, []).append(check["id"])
    told = {name: sorted(names[name]) for name in sorted(names)}
    origin = "Other names of Trivy's checks, facts only; made by tools/peer_ids.py"
    NAMES.write_text(json.dumps({"origin": origin, "names": told}, separators=(",", ":")).replace("],", "],\n") + "\n")
    print({"names of trivy's": len(names)})
    origin = "What kinds of things other scanners' checks speak of, facts only; made by tools/peer_ids.py"
    made = kinds(folder)
    KINDS.write_text(json.dumps({"origin": origin, "kinds": made}, separators=(",", ":")).replace("],", "],\n") + "\n")
    print({scanner: len(checks) for scanner, checks in made.items()})


if __name__ == "__main__":
    main(sys.argv[1])
