"""Audit trails of AWS, their log groups, the metric filters on these and the alarms on those -> `trail` nouns.

The subjects and their events are those of section 4 of the CIS Amazon Web Services Foundations Benchmark 3.0, without
the events of EC2-Classic, which is gone. Patterns are read by the words in them (CloudWatch Logs' filter syntax has
`*` for whatever follows): the right events in a pattern that asks for the contrary are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from guardrail.concepts.accounts import governing
from guardrail.concepts.binding import Field, compile_field
from guardrail.concepts.network_fields import one
from guardrail.concepts.store_voices import linked, put, truth_of, written
from guardrail.conditions import Scope
from guardrail.model import Inventory, Map, Noun, PartText, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_GROUP, _FILTER = "aws_cloudwatch_log_group", "aws_cloudwatch_log_metric_filter"
_ALARM = "aws_cloudwatch_metric_alarm"

_SUBJECTS: dict[str, tuple[str, str]] = {
    "refused": ("", "UnauthorizedOperation AccessDenied"),
    "iam": (
        "iam.amazonaws.com",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    "trail": ("cloudtrail.amazonaws.com", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "keys": ("", "DisableKey ScheduleKeyDeletion"),
    "bucket_policies": (
        "",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "configuration": (
        "config.amazonaws.com",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    "security_groups": (
        "",
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    "network_acls": (
        "",
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation",
    ),
    "gateways": (
        "",
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
    "routes": (
        "",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable",
    ),
    "networks": (
        "",
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection",
    ),
    "organization": (
        "organizations.amazonaws.com",
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
        "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType "
        "InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy "
        "UpdateOrganizationalUnit",
    ),
}
"""Subject -> the service whose events are meant, where a pattern for all that it does is common; and the events."""

_PHRASES = {
    "without_mfa": (r"ConsoleLogin[\s\S]*MFAUsed|MFAUsed[\s\S]*ConsoleLogin", "sign-ins without a second factor"),
    "root": (r'userIdentity\.type\s*=\s*"?Root\b', "the root user"),
    "failed_logins": (r"Failed authentication", "failed sign-ins"),
}
"""Subject -> what a pattern for it has, and what that is called."""
_PHRASE = {subject: lazy_regex(pattern) for subject, (pattern, _) in _PHRASES.items()}
_WORD = lazy_regex(r"[A-Za-z*][\w.*]*")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed":
        return
    attributes, here = resource.attributes, resource.header
    fields = Map(resource.span, here)
    fields.put("organization", attributes.get("is_organization_trail") or False, here)
    group = _log_group(resource, inventory)
    if group is not None:
        place = attributes.place("cloud_watch_logs_group_arn")
        fields.put("log_group", group.address, place)
        filters = linked(group, _FILTER, "log_group_name", inventory)
        fields.put("filters", len(filters), place)
        if filters:
            patterns = [_pattern(found, sure, inventory) for found, sure in filters]
            fields.put("silent", _subjects([pattern for pattern in patterns if pattern is not None], place), place)
    for field in _OBJECTS:
        _recorded(fields, field, resource, inventory)
    name = attributes.get("name")
    fields.put("name", name if isinstance(name, str) and name else resource.local, attributes.place("name"))
    yield Noun("trail", str(fields["name"]), fields)


_OBJECTS = {"object_writes": ("WriteOnly", "true"), "object_reads": ("ReadOnly", "false")}
"""Field -> the half of a selector's events that it takes, and what an advanced one must not want `readOnly` to be."""


@cache
def _records(field: str) -> Field:
    half, other = _OBJECTS[field]
    of_objects = {"field": "resources.type", '["equals"]': {"contains": "AWS::S3::Object"}}
    others_only = {"field": "readOnly", '["equals"]': {"contains": other}}
    selected = {
        "read_write_type": {"default": "All", "in": ["All", half]},
        "data_resource": {"some": {"type": "AWS::S3::Object"}},
    }
    advanced = {"all": [{"field_selector": {"some": of_objects}}, {"field_selector": {"none": others_only}}]}
    return compile_field(
        {"test": {"any": [{"event_selector": {"some": selected}}, {"advanced_event_selector": {"some": advanced}}]}}
    )


def _recorded(fields: Map, field: str, trail: Resource, inventory: Inventory) -> None:
    """What one trail of an account records of the objects of buckets, no other has to."""
    own = _records(field)(Scope(trail.attributes, trail, inventory))
    if truth_of(own.value) is False:  # told of where the events are selected
        selector = "event_selector" if trail.attributes.get("event_selector") else "advanced_event_selector"
        own = written(trail, selector, False)
    put(fields, field, own)
    for other in governing(trail.kind, trail, inventory) if truth_of(own.value) is not True else ():
        if other is not trail and other.mode == "managed":
            leaf = _records(field)(Scope(other.attributes, other, inventory))
            truth = truth_of(leaf.value)
            if truth is True or (truth is None and truth_of(fields.get(field)) is False):
                put(fields, field, leaf)
            if truth is True:
                return


def _log_group(resource: Resource, inventory: Inventory) -> Resource | None:
    for target in inventory.referred_to_by(resource, "cloud_watch_logs_group_arn"):
        if target.kind == _GROUP and target.mode == "managed":
            return target
    return None


def _pattern(found: Resource, sure: bool, inventory: Inventory) -> str | Unknown | None:
    """What a filter looks for, if an alarm watches its metric."""
    pattern = found.attributes.get("pattern")
    watched = _watched(found, inventory)
    if watched is False:
        return None
    if not sure:
        return Unknown(f"whether {found.address} belongs to it cannot be known")
    if isinstance(watched, Unknown):
        return watched
    if isinstance(pattern, PartText):
        return pattern.whole()
    return pattern if isinstance(pattern, (str, Unknown)) else None


def _watched(found: Resource, inventory: Inventory) -> bool | Unknown:
    transformation = one(found.attributes.get("metric_transformation"))
    metric: Value = transformation
    if isinstance(transformation, Map):
        metric = transformation.get("name")
    if any(other.kind == _ALARM for other, _ in inventory.referring_to(found)):
        return True
    unclear: Unknown | None = None
    for alarm in inventory.by_kind.get(_ALARM, ()):
        for name in _metrics(alarm):
            if name is not None and name == metric:  # a name that is known in part, too
                return True
            if (isinstance(name, Unknown) or isinstance(metric, Unknown)) and alarm.root == found.root:
                unclear = Unknown(f"whether {alarm.address} watches {found.address} cannot be known")
    return unclear or False


def _metrics(alarm: Resource) -> Iterator[Value]:
    yield alarm.attributes.get("metric_name")
    queries = alarm.attributes.get("metric_query")
    for query in queries if isinstance(queries, Seq) else (queries,):
        metric = one(query.get("metric")) if isinstance(query, Map) else query
        yield metric.get("metric_name") if isinstance(metric, Map) else metric


def _subjects(patterns: list[str | Unknown], place: Span) -> Map:
    subjects = Map(place, place)
    for subject, missing in _silent(patterns):
        value: Value = missing
        if isinstance(missing, list):
            value = Seq(place)
            for event in missing:
                value.add(event, place)
        subjects.put(subject, value, place)
    return subjects


def _silent(patterns: list[str | Unknown]) -> Iterator[tuple[str, list[str] | Unknown]]:
    """By subject: the events that none of the patterns has."""
    texts = [pattern for pattern in patterns if isinstance(pattern, str)]
    unclear = next((pattern for pattern in patterns if isinstance(pattern, Unknown)), None)
    words = {word for text in texts for word in _WORD.findall(text)}
    wild = [word for word in words if "*" in word and word.strip("*")]
    for subject, (service, events) in _SUBJECTS.items():
        missing = [
            event
            for event in events.split()
            if event not in words and not any(fnmatchcase(event, word) for word in wild)
        ]
        if missing and service and any(service in text and "eventName" not in text for text in texts):
            missing = []
        yield subject, unclear if missing and unclear else missing
    for subject, (_, called) in _PHRASES.items():
        there = any(_PHRASE[subject].search(text) for text in texts)
        yield subject, [] if there else unclear or [called]
