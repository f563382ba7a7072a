"""Keys of clouds that pipelines are handed from their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

_BY_VARIABLE = {
    "AWS_SECRET_ACCESS_KEY": "AWS", "GOOGLE_CREDENTIALS": "Google Cloud", "GCLOUD_SERVICE_KEY": "Google Cloud",
    "GCP_SA_KEY": "Google Cloud", "GOOGLE_SERVICE_ACCOUNT_KEY": "Google Cloud", "AZURE_CREDENTIALS": "Azure",
    "AZURE_CLIENT_SECRET": "Azure", "ARM_CLIENT_SECRET": "Azure", "AZURE_PASSWORD": "Azure",
}  # fmt: skip
# Of an action: the input that holds a key.
_BY_INPUT = {
    "aws-actions/configure-aws-credentials": ("aws-secret-access-key", "AWS"),
    "google-github-actions/auth": ("credentials_json", "Google Cloud"),
    "google-github-actions/setup-gcloud": ("service_account_key", "Google Cloud"),
    "google-github-actions/deploy-cloudrun": ("credentials", "Google Cloud"),
    "azure/login": ("creds", "Azure"),
}
# Another service that speaks S3's language, which has keys only.
_LIKE_AWS = frozenset(
    ("AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "S3_ENDPOINT", "S3_ENDPOINT_URL")
)
_SECRET = lazy_regex(r"\$\{\{[^}]*\bsecrets\b", re.IGNORECASE)
_ORB_KEY = lazy_regex(r"aws[_-]secret[_-]access[_-]key\Z|gcloud[_-]service[_-]key\Z", re.IGNORECASE)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform != "pipeline":
        return
    attributes = resource.attributes
    found: dict[str, Span] = {}
    for key in ("env", "variables", "environment"):
        _variables(resource.provider, attributes.get(key), found)
    if resource.provider == "github-actions":
        _inputs(attributes.get("uses"), attributes.get("with"), found)
    elif resource.provider == "bitbucket-pipelines":
        script = attributes.get("script")
        for item in script if isinstance(script, Seq) else ():
            if isinstance(item, Map) and "pipe" in item:
                _variables(resource.provider, item.get("variables"), found)
    elif resource.provider == "circleci" and resource.kind == "step":
        for value in attributes.values():
            for key in value if isinstance(value, Map) else ():
                if isinstance(key, str) and _ORB_KEY.match(key):
                    cloud = "AWS" if key.lower().startswith("aws") else "Google Cloud"
                    found.setdefault(cloud, value.spans[key])
    for cloud, place in found.items():
        fields = Map(place, place)
        fields.put("name", resource.local, place)
        fields.put("system", resource.provider, place)
        fields.put("cloud", cloud, place)
        fields.put("stored_key", True, place)
        yield Noun("cloud_login", resource.local, fields, cloud)


def _variables(system: str, declared: Value, found: dict[str, Span]) -> None:
    """Variables by the names that the clouds' tools look for, filled from somewhere else."""
    entries: list[tuple[str, Value, Span]] = []
    if isinstance(declared, Map):
        entries = [(key, declared[key], declared.spans[key]) for key in declared if isinstance(key, str)]
    elif isinstance(declared, Seq):  # Azure's `- name: x`
        for item in declared:
            if isinstance(item, Map) and isinstance(item.get("name"), str) and "value" in item:
                entries.append((item["name"], item["value"], item.spans["value"]))
    names = {name for name, _, _ in entries}
    for name, value, span in entries:
        cloud = _BY_VARIABLE.get(name)
        if cloud is None or not isinstance(value, str) or "$" not in value:
            continue
        if cloud == "AWS" and ("AWS_SESSION_TOKEN" in names or names & _LIKE_AWS):
            continue
        if system == "github-actions" and not _SECRET.search(value):  # what a step before gave is for this run only
            continue
        found.setdefault(cloud, span)


def _inputs(uses: Value, given: Value, found: dict[str, Span]) -> None:
    known = _BY_INPUT.get(uses.partition("@")[0].lower()) if isinstance(uses, str) else None
    if known is None or not isinstance(given, Map):
        return
    if "aws-session-token" in given:
        return
    for key in given:
        value = given[key]
        if key.lower() == known[0] and isinstance(value, str) and _SECRET.search(value):
            found.setdefault(known[1], given.spans[key])
