"""IAM members, bindings, policies and custom roles of Google Cloud as grants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.concepts.blocks import DEFAULT_ACCOUNT_FILLERS
from guardrail.concepts.lists import among, filled, listed, some
from guardrail.conditions.documents import document
from guardrail.model import HOLE, Inventory, Map, Noun, PartText, Reference, Resource, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

_KIND = lazy_regex(r"google_(?P<on>.+)_iam_(?:member|binding|policy)\Z")
_SCOPES = {"project": "project", "folder": "folder", "organization": "organization",
           "billing_account": "billing-account"}  # fmt: skip
_EVERYBODY = ("allusers", "allauthenticatedusers")
# Accounts that Google makes in every project and that services take where none is named.
_DEFAULT = lazy_regex(r"(?:-compute@developer|@appspot|@cloudservices)\.gserviceaccount\.com\Z", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?:\A|(?<!data)\.)google_(?:service_account|project_service_identity)\.[^.]+\Z")
# Google's own accounts, which data sources know, have other names: 1-compute@developer.gserviceaccount.com.
_ANY_ACCOUNT = re.compile(r"(?:\A|\.)google_(?:\w+_)?service_(?:account|identity)\.[^.]+\Z")
_CUSTOM_ROLE = lazy_regex(r"(?:\A|\.)google_(project|organization)_iam_custom_role\.[^.]+\Z")
_DEFAULT_KINDS = ("data.google_compute_default_service_account", "data.google_app_engine_default_service_account")
# Roles that let their holder act as service accounts, or hand out roles.
_ESCALATING = frozenset((
    "roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountKeyAdmin",
    "roles/iam.serviceAccountAdmin", "roles/iam.serviceAccountOpenIdTokenCreator", "roles/iam.workloadIdentityUser",
    "roles/iam.securityAdmin", "roles/iam.roleAdmin", "roles/iam.organizationRoleAdmin",
    "roles/resourcemanager.projectIamAdmin", "roles/resourcemanager.folderIamAdmin",
    "roles/resourcemanager.folderAdmin", "roles/resourcemanager.organizationAdmin", "roles/deploymentmanager.editor",
    "roles/composer.worker", "roles/dataproc.hubAgent",
    "roles/editor",  # may act as any service account
    "roles/cloudbuild.builds.editor", "roles/dataflow.admin", "roles/dataflow.developer",  # start builds
))  # fmt: skip
# Roles of Google's own accounts: most may act as service accounts, and what they may changes without notice.
_OF_AGENTS = lazy_regex(r"roles/(?:[a-z]+\.(?:[a-z]+)?serviceagent|cloudbuild\.builds\.builder)\Z", re.IGNORECASE)
_AGENT = lazy_regex(
    r"@(?:cloudservices|cloudbuild)\.gserviceaccount\.com\Z|:service-[^@]*@.+iam\.gserviceaccount\.com\Z",
    re.IGNORECASE,
)
_OF_ACCOUNTS = ("serviceAccount:", "deleted:serviceAccount:")
_ACCOUNT_KINDS = ("google_service_account", "data.google_service_account", *_DEFAULT_KINDS)
_ANY_MEMBER = ("x", "service-1@gcp-sa-x.iam.gserviceaccount.com")
_ESCALATING_PERMISSIONS = lazy_regex(
    r"iam\.serviceAccounts\.(?:getAccessToken|actAs|signBlob|signJwt|implicitDelegation|getOpenIdToken)\Z"
    r"|iam\.serviceAccountKeys\.create\Z|iam\.roles\.update\Z"
    r"|(?:cloudbuild\.builds|deploymentmanager\.deployments)\.create\Z"
    r"|(?:iam\.serviceAccounts|resourcemanager\.(?:projects|folders|organizations))\.setIamPolicy\Z"
)


def google_grants(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes = resource.attributes
    if resource.kind in ("google_project_iam_custom_role", "google_organization_iam_custom_role"):
        yield _custom_role(resource)
        return
    match = _KIND.match(resource.kind)
    scope = _SCOPES.get(match["on"], "resource") if match else ""
    if resource.mode == "data":  # google_iam_policy; what it is for is for others to say
        yield from _bindings(attributes, resource, "", inventory)
    elif resource.kind.endswith("_iam_policy"):
        value = attributes.get("policy_data")
        root = document(value, attributes.place("policy_data"))
        if isinstance(root, Map):
            yield from _bindings(root, resource, scope, inventory)
        elif isinstance(value, Reference):
            for target in inventory.at(value.target):
                if target.mode == "data":
                    yield from _bindings(target.attributes, resource, scope, inventory)
    else:
        key = "member" if attributes.get("member") is not None else "members"
        yield from _binding(attributes, key, resource, scope, inventory)


def _bindings(holder: Map, resource: Resource, scope: str, inventory: Inventory) -> Iterator[Noun]:
    """`binding` blocks, or the bindings of a policy in JSON."""
    for key in ("binding", "bindings"):
        blocks = holder.get(key)
        for index, block in enumerate(blocks if isinstance(blocks, Seq) else ()):
            if isinstance(block, Map):
                role = block.get("role")
                name = role if isinstance(role, str) else f"{key}[{index}]"
                yield from _binding(block, "members", resource, scope, inventory, name)


def _binding(
    holder: Map, key: str, resource: Resource, scope: str, inventory: Inventory, noun_key: str = ""
) -> Iterator[Noun]:
    members = _members(listed(_named(holder.get(key)), holder.place(key)))
    if isinstance(members, Seq) and not members:
        return  # which is how a role is taken from everybody
    role, place = _role_named(holder.get("role"), inventory), holder.place("role")
    fields = Map(holder.span, holder.header)
    for field, value in (("system", "google"), ("class", "binding"), ("effect", "allow")):
        fields.put(field, value, holder.header)
    fields.spans["role"] = place
    if role is not None:
        fields.copy_entry(holder, "role")
        fields["role"] = role
    fields.spans["scope"] = holder.header
    if scope:
        fields.put("scope", scope, holder.header)
    fields.spans["principals"] = holder.place(key)
    if members is not None:
        fields["principals"] = members
    fields.put("actions", Seq(place), place)
    condition = holder.get("condition")
    narrowed = condition if isinstance(condition, Unknown) else bool(condition)
    fields.put("conditions", narrowed, holder.place("condition"))
    at = holder.place(key)
    fields.put("anyone", *some(members, at, lambda text: text.lower() in _EVERYBODY, (), _may_be_everybody))
    fields.put("default_identity", *some(members, at, _is_default, _DEFAULT_KINDS, _may_be_default))
    fields.put("all_actions", among(role, ("roles/owner",)), place)
    fields.put("service_wildcard", among(role, ("roles/owner", "roles/editor")), place)
    fields.put("all_resources", scope in _SCOPES.values(), place)
    escalation: Value = Seq(place)
    if scope in _SCOPES.values() and narrowed is not True:
        escalates = among(role, _ESCALATING)
        if escalates is False and isinstance(role, str) and _OF_AGENTS.match(role):
            escalates, _ = some(members, at, _is_no_agent, _ACCOUNT_KINDS, _may_be_no_agent)
        if isinstance(escalates, Unknown):
            escalation = escalates
        elif escalates:
            escalation.add(role, place)
    fields.put("escalation", escalation, place)
    yield Noun("grant", f"{resource.local} {noun_key}".strip(), fields, noun_key)


def _members(members: Seq | Unknown | None) -> Seq | Unknown | None:
    if not isinstance(members, Seq) or not any(isinstance(item, Reference) for item in members):
        return members
    found = Seq(members.span, members.header)
    found.origins = members.origins
    for index, item in enumerate(members):
        found.add(_named(item), members.place(index))
    return found


def _named(member: Value) -> Value:
    """What is known of the `member` of a service account. Its `email` is none by itself: a plan has it for the text
    that it is put into."""
    if not isinstance(member, Reference) or member.attribute not in ("member", "email"):
        return member
    made = _ACCOUNT.search(member.target)
    if not made and not _ANY_ACCOUNT.search(member.target):
        return member
    domain = ".iam.gserviceaccount.com" if made else ".gserviceaccount.com"
    return PartText(member.reason, member.refs, f"serviceAccount:{HOLE}{domain}")


def _role_named(role: Value, inventory: Inventory) -> Value:
    """What is known of the name of a role that is declared."""
    if not isinstance(role, Reference) or role.attribute not in ("id", "name"):
        return role
    made = _CUSTOM_ROLE.search(role.target)
    if made is None:
        return role
    of = "org_id" if made[1] == "organization" else "project"
    told = next((target.attributes for target in inventory.at(role.target)), Map())
    parts = [part if isinstance(part, str) else HOLE for part in (told.get(of), told.get("role_id"))]
    name = f"{made[1]}s/{parts[0]}/roles/{parts[1]}"
    return PartText(role.reason, role.refs, name) if HOLE in name else name


def _is_default(text: str) -> bool:
    return bool(_DEFAULT.search(text))


def _may_be_default(member: PartText) -> bool | None:
    if not any(member.prefix.startswith(kind) or kind.startswith(member.prefix) for kind in _OF_ACCOUNTS):
        return False  # principal://iam.googleapis.com/projects/...
    return filled(member, _is_default, DEFAULT_ACCOUNT_FILLERS)


def _is_no_agent(text: str) -> bool:
    return not _AGENT.search(text)


def _may_be_no_agent(member: PartText) -> bool | None:
    """Not by `filled`: what is surely the name of something may be that of an agent all the same."""
    verdicts = {_is_no_agent(member.template.replace(HOLE, filler)) for filler in _ANY_MEMBER}
    return verdicts.pop() if len(verdicts) == 1 else None


def _may_be_everybody(member: PartText) -> bool | None:
    found = among(member, _EVERYBODY)
    return None if isinstance(found, Unknown) else found


def _custom_role(resource: Resource) -> Noun:
    attributes, header = resource.attributes, resource.header
    fields = Map(attributes.span, header)
    for field, value in (("system", "google"), ("class", "role"), ("effect", "allow")):
        fields.put(field, value, header)
    fields.put("conditions", False, header)
    fields.put("anyone", False, header)
    permissions, place = attributes.get("permissions"), attributes.place("permissions")
    fields.spans["actions"] = place
    if permissions is not None:
        fields.copy_entry(attributes, "permissions", "actions")
    # Google takes no wildcards in custom roles.
    for field in ("all_actions", "service_wildcard"):
        fields.put(field, False, place)
    fields.put("scope", "organization" if resource.kind.startswith("google_organization") else "project", header)
    escalation: Value = permissions if isinstance(permissions, Unknown) else Seq(place)
    if isinstance(permissions, Seq):
        for index, item in enumerate(permissions):
            if isinstance(item, str) and _ESCALATING_PERMISSIONS.match(item):
                escalation.add(item, permissions.place(index))
    if isinstance(escalation, Seq) and escalation:
        escalation.header = escalation.place(0)
        place = escalation.header
    fields.put("escalation", escalation, place)
    return Noun("grant", resource.local, fields)
