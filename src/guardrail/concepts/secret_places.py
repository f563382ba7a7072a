"""Attributes of Terraform's resources whose literal is a secret whatever it looks like and is called, and those that
tell of where one is meant to stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from guardrail.model import NOWHERE, Encoded, Map, Resource, Sensitive, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex

_BY_NATURE: dict[str, tuple[str, ...]] = {
    "alicloud_kms_secret": ("secret_data",),
    "aws_kms_ciphertext": ("plaintext",),
    "aws_secretsmanager_secret_version": ("secret_string", "secret_binary"),
    "azuredevops_variable_group": ("variable.secret_value",),
    "azurerm_key_vault_secret": ("value",),
    "circleci_context_environment_variable": ("value",),
    "circleci_environment_variable": ("value",),
    "cloudflare_worker_secret": ("secret_text",),
    "cloudflare_workers_secret": ("secret_text",),
    "doppler_secret": ("value",),
    "google_secret_manager_regional_secret_version": ("secret_data",),
    "google_secret_manager_secret_version": ("secret_data",),
    **dict.fromkeys((
        "github_actions_environment_secret", "github_actions_organization_secret", "github_actions_secret",
        "github_codespaces_organization_secret", "github_codespaces_secret", "github_codespaces_user_secret",
        "github_dependabot_organization_secret", "github_dependabot_secret",
    ), ("plaintext_value", "value")),
    "helm_release": ("set_sensitive.value",),
    "heroku_app": ("sensitive_config_vars",),
    "heroku_app_config_association": ("sensitive_vars",),
    "ibm_sm_arbitrary_secret": ("payload",),
    "kubernetes_secret": ("data", "string_data", "binary_data"),
    "kubernetes_secret_v1": ("data", "string_data", "binary_data"),
    "kubernetes_secret_v1_data": ("data",),
    "oci_vault_secret": ("secret_content.content",),
    "scaleway_secret_version": ("data",),
    "tencentcloud_ssm_secret_version": ("secret_string", "secret_binary"),
    "vault_generic_secret": ("data_json",),
    "vault_kv_secret": ("data_json",),
    "vault_kv_secret_v2": ("data_json",),
    "yandex_lockbox_secret_version": ("entries.text_value",),
}  # fmt: skip
# The same where another attribute says so.
_BY_MARK: dict[str, tuple[str, Value, str]] = {
    "aws_ssm_parameter": ("type", "SecureString", "value"),
    "azurerm_automation_variable_string": ("encrypted", True, "value"),
    "bitbucket_deployment_variable": ("secured", True, "value"),
    "bitbucket_repository_variable": ("secured", True, "value"),
    "bitbucket_workspace_variable": ("secured", True, "value"),
    "gitlab_group_variable": ("masked", True, "value"),
    "gitlab_instance_variable": ("masked", True, "value"),
    "gitlab_project_variable": ("masked", True, "value"),
    "tfe_variable": ("sensitive", True, "value"),
}

# The last words of names of something else: of what stands beside a credential in the data of a secret, and is none.
_NO_SECRETS = frozenset((
    "alias", "arn", "bucket", "domain", "email", "endpoint", "id", "insecure", "issuer", "location", "login",
    "namespace", "path", "prefix", "project", "queue", "region", "role", "schema", "server", "tenant", "topic", "type",
    "uri", "version", "workgroup", "zone",
))  # fmt: skip
_IS_ONE = frozenset(("secret", "session"))  # whose id opens what it is the id of
_AT_THE_END = ("database", "host", "name", "port", "url", "user")  # of the word, too: PGHOST, DBUSER
_WORD = lazy_regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NAMED = ("secret_name", "name", "key")  # what the value beside it is called, in a store of secrets
_HANDED_OVER = lazy_regex(r"(?:(?:default of )?var\.|local\.|argument |output )([\w-]+)(?: of module\..*)?\Z")
OUTSIDE = NOWHERE._replace(column=1)
"""The place of what stands in no file."""
_HANDED_IN = lazy_regex(r"--var |TF_VAR_\S+ of the environment\Z|variable \S+ of the plan \S")
# `secretKeys`, `existingSecretKeys` beside `existingSecret`, as many charts take them.
_KEYS_OF_ONE = lazy_regex(r"(?:existing_?)?secret_?keys(?:_?(?:names?|map(?:ping)?))?\Z", re.I)
_SECRET_THERE = lazy_regex(r"existing_?secret(?:_?name)?\Z", re.I)
EXAMPLES_TELL = frozenset({"aws_instance", "aws_launch_template", "aws_launch_configuration", "aws_lambda_function"})
_EXAMPLE_KEY = lazy_regex(r"\b(?:AKIA|ASIA)[A-Z0-9]{9}EXAMPLE\b")
_WORDS = lazy_regex(r"[A-Za-z]+(?:[-_ .@]+[A-Za-z]+)*\Z")
_FAKE = lazy_regex(r"(?:mock|fake|test|dummy|foo|any|local|none|x+\Z|<|\$|your)|.*[_-]key\Z", re.I)
_INNERMOST = {"step": 0, "action": 1, "job": 1, "pipeline": 2}  # whose a secret is
FOR_OTHERS = {"locals": 1, "tfvars": 1}  # a secret there is that of those who use it, if there are such


def turn(resource: Resource) -> int:
    """When a resource is looked at: after those whose a secret in it rather is."""
    return (_INNERMOST if resource.platform == "pipeline" else FOR_OTHERS).get(resource.kind, 0)


def told_by_their_place(resource: Resource) -> Iterator[tuple[Map, str]]:
    """The mappings that hold them, with their names there; they need not be set. Left out is what is set later."""
    if resource.mode in ("data", "ephemeral"):
        return
    paths = _BY_NATURE.get(resource.kind, ())
    mark, wanted, marked = _BY_MARK.get(resource.kind, ("", None, ""))
    if mark and resource.attributes.get(mark) == wanted:
        paths = (marked,)
    held = resource.attributes.get("manifest") if resource.kind == "kubernetes_manifest" else None
    if isinstance(held, Map) and held.get("kind") == "Secret":
        paths = ("manifest.data", "manifest.stringData")
    for path in paths:
        *outer, key = path.split(".")
        for holder in _holders(resource.attributes, outer):
            if is_named_otherwise(holder, key):
                continue
            if not _is_set_later(resource, holder, key):
                yield holder, key
            yield holder, f"{key}_wo"  # write-only: Terraform keeps it out of its state, but not out of the source


def is_no_secret(key: str) -> bool:
    """Whether what stands under a name in the data of a secret says whose the credential is, or where: `DB_HOST`,
    `destinationBucket`, and what Argo CD keeps in those of repositories and clusters."""
    words = [word.lower() for word in _WORD.findall(key)]
    last = words[-1] if words else ""
    one = last.removesuffix("s")
    if one == "id" and not _IS_ONE.isdisjoint(words):
        return False
    return (
        last in _NO_SECRETS or one in _NO_SECRETS or one.endswith(_AT_THE_END)
        or key in ("config.yaml", "config.yml") or (bool(words) and words[0].startswith("enable"))
    )  # fmt: skip


def is_named_otherwise(holder: Map, key: str) -> bool:
    """Whether a single value stands beside a name that is no credential's: `secret_name = "DOCKERHUB_USER"`."""
    name = next((holder[each] for each in _NAMED if isinstance(holder.get(each), str)), None)
    return name is not None and not isinstance(holder.get(key), Map) and is_no_secret(name)


def comes_from_elsewhere(holder: Map, key: str) -> bool:
    """Whether a text is what a variable has that is called after something else: `plaintext_value = var.namespace`."""
    notes = (_HANDED_OVER.match(origin.note) for origin in holder.origin_of(key))
    return any(is_no_secret(note[1]) for note in notes if note)


def is_providers(name: str, value: str) -> bool:
    """Whether it is one of those in a provider's block: these are credentials, however they look."""
    return name in ("access_key", "secret_key", "token") and len(value) >= 8 and not _FAKE.match(value)


def is_handed_in(note: str) -> bool:
    """Whether a step of a value's way says that it stands in no file, but was given where Terraform is run."""
    return _HANDED_IN.match(note) is not None


def written_at(secret: str, holder: Map | Seq, key: str | int) -> Span:
    """Where a secret is written: here, or where what stands here came from; OUTSIDE where that is in no file."""
    for origin in reversed(holder.origin_of(key)):  # type: ignore[arg-type]
        source = origin.value.reveal() if isinstance(origin.value, Sensitive) else origin.value
        place = _place_in(source, secret, origin.span)
        if is_handed_in(origin.note) and (place is not None or _is_most(source, secret)):
            return OUTSIDE
        if place is not None and place.line and origin.span.line:
            return place
    return holder.place(key)  # type: ignore[arg-type]


def _is_most(part: Value, secret: str) -> bool:
    return isinstance(part, str) and part in secret and len(part) * 2 >= len(secret)


def _place_in(source: Value, secret: str, span: Span) -> Span | None:
    """`span` is the source's."""
    if isinstance(source, Text) and secret in source:
        start = source.index(secret)
        return source.place(span.file, start, start + len(secret))
    if isinstance(source, str):
        return span if secret in source else None
    return _place_within(source, secret)


def _place_within(whole: Value, secret: str) -> Span | None:
    """Where in a mapping or sequence."""
    stack = [whole]
    while stack:
        holder = stack.pop()
        if isinstance(holder, (Map, Seq)):
            for key in holder if isinstance(holder, Map) else range(len(holder)):
                item = holder[key]  # type: ignore[index]
                if isinstance(item, str) and secret in item:
                    return holder.place(key)  # type: ignore[arg-type]
                stack.append(item)
    return None


def names_entries(holder: Map, key: str) -> bool:
    """Whether a mapping says which entries of a secret are meant that stands in the cluster."""
    return bool(_KEYS_OF_ONE.match(key)) and any(_SECRET_THERE.match(str(other)) for other in holder)


def examples_in(attributes: Map) -> Iterator[tuple[Map, str, str, re.Match[str]]]:
    """The first key of AWS's documentation in what a machine or a function is started with: where, and the text."""
    places: list[tuple[Map, str]] = [(attributes, "user_data")]
    blocks = attributes.get("environment")
    for block in blocks if isinstance(blocks, Seq) else ():
        variables = block.get("variables") if isinstance(block, Map) else None
        if isinstance(variables, Map):
            places += [(variables, key) for key in variables]
    for holder, key in places:
        item = holder.get(key)
        text = item.decoded if isinstance(item, Encoded) else item
        match = _EXAMPLE_KEY.search(text) if isinstance(text, str) else None
        if match and isinstance(text, str):
            yield holder, key, text, match


def _is_set_later(resource: Resource, holder: Map, key: str) -> bool:
    """Whether a store of secrets is made with words for a value that somebody else gives it, which is why Terraform is
    told to look away: `ignore_changes = [value]`."""
    value, lifecycle = holder.get(key), resource.attributes.get("lifecycle")
    if not isinstance(value, str) or not _WORDS.match(value[:200]):
        return False
    for block in lifecycle if isinstance(lifecycle, Seq) else ():
        ignored = block.get("ignore_changes") if isinstance(block, Map) else None
        if ignored == "all" or (isinstance(ignored, Seq) and ({"all", key} & set(map(str, ignored)))):
            return True
    return False


def _holders(attributes: Map, path: Sequence[str]) -> list[Map]:
    """The blocks, or objects of lists, that a path leads to."""
    found = [attributes]
    for name in path:
        inner = [holder.get(name) for holder in found]
        items = [item for value in inner for item in (value if isinstance(value, Seq) else (value,))]
        found = [item for item in items if isinstance(item, Map)]
    return found
