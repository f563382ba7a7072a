#!/usr/bin/env python3
"""Write guardrail's data about Terraform providers from compact provider schemas.

    python3 tools/provider_data.py SCHEMAS [--sources SOURCES] [--check]

SCHEMAS is a folder of compact provider schemas, one PROVIDER.json.gz for each provider: a JSON object with
"source", "version", "package", "resources", "data" and "config". The last three map resource types, data sources
and (for the provider block) names to members. A member is a string for an attribute, its type and a mark (`!`
required, `?` optional, `?=` optional and computed, `=` computed only), or an object of members for a nested block or
an attribute made of objects, whose empty key has SYNTAX:NESTING and the mark (SYNTAX is block, attr or either). A
key "@" stands for the members found at that dotted path from the type's top (recursion).

Schemas have no defaults. SOURCES is a folder of the providers' Go source, from which they are read: one folder for each
version, called PROVIDER@VERSION (a checkout of hashicorp/terraform-provider-aws as aws@6.58.0, and so on). A default
counts where the newest version has it and no older one that is there has another, since nobody knows which one a
configuration is planned with. CORRECTIONS has what a source doesn't tell.

Written are
  src/guardrail/inputs/terraform/taggable.json       which types take tags or labels, and where
  src/guardrail/inputs/terraform/blocks.json.gz      names of nested blocks, for Terraform's JSON syntax
  src/guardrail/policy/terraform_paths.json.gz       attribute paths, for checking rules
and, with --sources,
  src/guardrail/conditions/provider_defaults/*.gz    what absent attributes are: a line for each type
--check writes nothing and fails where a file would change.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from go_schemas import defaults_of

ROOT = Path(__file__).resolve().parent.parent / "src" / "guardrail"
TAG_PATHS = {
    "aws": ("tags", "tag"),
    "azurerm": ("tags",),
    "google": ("labels", "resource_labels", "user_labels"),
    "kubernetes": ("metadata.labels",),
}
# What they call labels says what they are, in words that Google sets.
OTHER_LABELS = ("google_cloud_identity_group",)
# Types that earlier major versions had, are still in wide use, and take tags.
OLDER = {
    "aws": ["aws_opsworks_stack", "aws_elastic_beanstalk_environment", "aws_s3_bucket_object", "aws_alb"],
    "azurerm": [
        "azurerm_app_service", "azurerm_app_service_environment", "azurerm_app_service_plan",
        "azurerm_app_service_slot",
        "azurerm_function_app", "azurerm_function_app_slot", "azurerm_mariadb_server", "azurerm_mysql_server",
        "azurerm_postgresql_server", "azurerm_sql_database", "azurerm_sql_elasticpool", "azurerm_sql_failover_group",
        "azurerm_sql_managed_instance", "azurerm_sql_server", "azurerm_template_deployment", "azurerm_virtual_machine",
        "azurerm_virtual_machine_scale_set", "azurerm_media_services_account", "azurerm_hdinsight_kafka_cluster",
    ],
}  # fmt: skip

# Defaults that the sources don't tell, or not rightly; None for what has none.
CORRECTIONS: dict[str, dict[str, Any]] = {
    # The provider sends true for what it has no word of.
    "aws_eks_cluster": {"access_config.bootstrap_cluster_creator_admin_permissions": True},
    # Always so for application load balancers, which is most of them.
    "aws_lb": {"enable_cross_zone_load_balancing": None},
    "aws_alb": {"enable_cross_zone_load_balancing": None},
}


def settable(member: Any) -> bool:
    mark = member if isinstance(member, str) else member.get("", "?")
    return not mark.endswith("=") or mark.endswith("?=")


def takes(members: dict[str, Any], path: str) -> bool:
    """Whether tags can be set at the path: a map of strings, or (for `tag`) blocks."""
    name, _, rest = path.partition(".")
    member = members.get(name)
    if member is None or not settable(member):
        return False
    if rest:
        return isinstance(member, dict) and takes(member, rest)
    if path == "tag":
        return isinstance(member, dict) and "value" in member and "block:set" in member[""]
    return isinstance(member, str) and member.startswith("map(string)")


def paths(members: dict[str, Any], top: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Names of members, nested; recursion is followed two levels down."""
    source = members
    if "@" in members:
        for step in members["@"].split("."):
            top_member = top if source is members else source
            source = top_member[step]
        if depth > 6:
            return {}
    return {
        name: paths(member, top, depth + 1) if isinstance(member, dict) else {}
        for name, member in sorted(source.items())
        if name not in ("", "@")
    }


def blocks(members: dict[str, Any]) -> dict[str, Any]:
    """Names of nested blocks, nested alike."""
    found = {}
    for name, member in sorted(members.items()):
        if isinstance(member, dict) and member.get("", "").startswith("block:"):
            found[name] = blocks(member)
    return found


def compressed(data: Any) -> bytes:
    body = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=9, mtime=0) as out:
        out.write(body)
    return stream.getvalue()


def lines(data: dict[str, Any]) -> bytes:
    """A line for each entry, so that one can be found without decoding the rest."""
    body = "".join(f"{key} {json.dumps(data[key], separators=(',', ':'), sort_keys=True)}\n" for key in sorted(data))
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=9, mtime=0) as out:
        out.write(("\n" + body).encode())
    return stream.getvalue()


def version_of(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name.partition("@")[2]))


def known_defaults(schema: dict[str, Any], sources: Path) -> dict[str, Any]:
    """type -> dotted path -> default, with a line `#` that says where they come from; empty without a source."""
    folders = sorted(sources.glob(f"{schema['provider']}@*"), key=version_of)
    if not folders:
        return {}
    *older, newest = [defaults_of(folder.resolve(), schema["resources"]) for folder in folders]
    found: dict[str, Any] = {}
    for kind, told in newest.items():
        told = {**told, **CORRECTIONS.get(kind, {})}
        agreed = {
            path: value
            for path, value in told.items()
            if value is not None and all(other.get(kind, {}).get(path, value) == value for other in older)
        }
        agreed.update({path: value for path, value in CORRECTIONS.get(kind, {}).items() if value is not None})
        if agreed:
            found[kind] = agreed
    versions = ", ".join(folder.name.partition("@")[2] for folder in reversed(folders))
    found["#"] = f"What {schema['source']} takes where nothing is written, as versions {versions} agree."
    return found


def build(folder: Path, sources: Path | None = None) -> dict[Path, bytes]:
    note: list[str] = []
    taggable: dict[str, dict[str, list[str]]] = {}
    sections: dict[str, dict[str, Any]] = {"resources": {}, "data": {}}
    nested: dict[str, dict[str, Any]] = {"resources": {}, "data": {}, "config": {}}
    defaults: dict[Path, bytes] = {}
    for file in sorted(folder.glob("*.json.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            schema = json.load(stream)
        provider = schema["provider"]
        note.append(f"{schema['source']} {schema['version']} ({schema['package']})")
        for path in TAG_PATHS.get(provider, ()):
            kinds = [
                kind for kind, members in schema["resources"].items()
                if takes(members, path) and kind not in OTHER_LABELS
                # Where both are, what is called labels configures the thing.
                and not (path == "labels" and takes(members, "user_labels"))
            ]  # fmt: skip
            if path == TAG_PATHS[provider][0]:
                kinds += [kind for kind in OLDER.get(provider, ()) if kind not in kinds]
            if kinds:
                taggable.setdefault(provider, {})[path] = sorted(kinds)
        for section in ("resources", "data"):
            for kind, members in schema[section].items():
                sections[section][kind] = paths(members, members)
                nested[section][kind] = blocks(members)
        nested["config"][provider] = blocks(schema["config"])
        known = known_defaults(schema, sources) if sources is not None else {}
        if known:
            defaults[ROOT / f"conditions/provider_defaults/{provider}.gz"] = lines(known)
    origin = "Names of attributes and blocks, from the schemas of " + ", ".join(note) + "."
    tags = {"_origin": origin + " Made by tools/provider_data.py.", "providers": taggable}
    return {
        ROOT / "inputs/terraform/taggable.json": (json.dumps(tags, indent=1, sort_keys=True) + "\n").encode(),
        ROOT / "inputs/terraform/blocks.json.gz": compressed({"_origin": {"": origin}, **nested}),
        ROOT / "policy/terraform_paths.json.gz": compressed({"_origin": origin, **sections}),
        **defaults,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("schemas", type=Path)
    parser.add_argument("--sources", type=Path, help="folder of the providers' source, PROVIDER@VERSION each")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    options = parser.parse_args()
    stale = []
    for path, data in build(options.schemas, options.sources).items():
        if not path.exists() or path.read_bytes() != data:
            stale.append(path.name)
            if not options.check:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
                print(f"{path.name}: {len(data):,} bytes")
    if options.check and stale:
        print("stale: " + ", ".join(stale), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
