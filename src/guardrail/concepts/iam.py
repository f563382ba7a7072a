"""What a statement of an AWS IAM policy grants."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from guardrail.concepts import aws_actions
from guardrail.concepts.iam_actions import ACTS_ON_DATA, BROAD_SUFFIXES, ESCALATES, GIVES_CREDENTIALS
from guardrail.concepts.iam_conditions import limits_who, narrows, subject_limited
from guardrail.concepts.iam_statements import Part, Statement
from guardrail.concepts.iam_trusts import trusts_account
from guardrail.concepts.lists import Found, filled, of_choices, some
from guardrail.conditions.operators import of_part
from guardrail.model import HOLE, FieldOneOf, Map, Noun, OneOf, PartText, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex


def statement_grant(statement: Statement, kind: str, name: str, key: str, providers: dict[str, str]) -> Noun:
    """`kind` is the grant's class; "" to tell it from the statement. `providers`: address of an OIDC provider
    -> its URL, for principals that refer to one."""
    source = statement.source
    fields = Map(source.span, source.header)
    kind = kind or _class_of(statement)
    fields.put("class", kind, source.header)
    fields.put("system", "aws", source.header)
    fields.put("effect", _effect(statement.effect), statement.effect.place)
    for field, part in (
        ("actions", statement.actions), ("not_actions", statement.not_actions), ("resources", statement.resources),
        ("principals", statement.principals),
    ):  # fmt: skip
        _put(fields, field, part)
    conditions = statement.conditions
    fields.put("conditions", narrows(conditions), source.place("Condition" if "Condition" in source else "condition"))
    present = conditions if isinstance(conditions, Unknown) else bool(conditions)
    fields.put("conditional", present, fields.spans["conditions"])
    _flags(fields, statement)
    who, at = _anyone(statement)
    fields.put("anyone", who, at)
    if kind == "policy":
        for field, table in (
            ("escalation", ESCALATES), ("data_access", ACTS_ON_DATA), ("credentials", GIVES_CREDENTIALS),
            ("writes", aws_actions.WRITES), ("permission_changes", aws_actions.CHANGES_PERMISSIONS),
            ("unbounded", aws_actions.ANY),
        ):  # fmt: skip
            found, at = _unbounded(statement, fields["conditions"], table)
            fields.put(field, found, at)
    elif kind == "trust":
        limited = subject_limited(statement.principals.values, conditions, providers)
        if limited is not None:
            fields.put("subject_limited", limited, statement.principals.place)
        fields.put("trusts_account", *trusts_account(statement.principals, statement.actions))
    return Noun("grant", f"{name} statement {statement.sid}" if statement.sid else name, fields, statement.sid or key)


def unknown_grant(unknown: Unknown, place: Span, kind: str, name: str, key: str) -> Noun:
    """What is known of a statement that is not: its class, and that it is there."""
    fields = Map(place)
    fields.put("system", "aws", place)
    fields.put("class", kind or unknown, place)
    for field in (
        "effect", "actions", "not_actions", "resources", "principals", "conditions", "conditional", "all_actions",
        "all_resources", "service_wildcard", "anyone",
    ):  # fmt: skip
        fields.put(field, unknown, place)
    if kind in ("policy", ""):
        for field in ("escalation", "data_access", "credentials", "writes", "permission_changes", "unbounded"):
            fields.put(field, unknown, place)
    if kind in ("trust", ""):
        fields.put("subject_limited", unknown, place)
        fields.put("trusts_account", unknown, place)
    return Noun("grant", name, fields, key)


def _put(fields: Map, field: str, part: Part) -> None:
    fields.spans[field] = part.place
    if part.values is None:
        return
    fields[field] = _as_written(part.values)
    holder, key = part.holder, part.key
    if holder is not None and holder.origins and key in holder.origins:
        fields.origins = fields.origins or {}
        fields.origins[field] = holder.origins[key]


def _as_written(value: Value) -> Value:
    """The same, where conditions may ask each of a few values: they mean here what they mean in the policy."""
    if isinstance(value, OneOf):
        return FieldOneOf(value.reason, value.refs, value.choices)
    if not isinstance(value, Seq) or not any(isinstance(item, OneOf) for item in value):
        return value
    found = Seq(value.span, value.header)
    found.origins = value.origins
    for index, item in enumerate(value):
        found.append(_as_written(item))
        found.spans.append(value.place(index))
    return found


def _class_of(statement: Statement) -> str:
    if statement.principals.values is None and statement.not_principals.values is None:
        return "policy"
    actions = statement.actions.values
    texts = [text.lower() for text in actions if isinstance(text, str)] if isinstance(actions, Seq) else []
    return "trust" if any(text.startswith("sts:assume") for text in texts) else "resource-policy"


def _effect(part: Part) -> Value:
    if not isinstance(part.values, Seq):
        return part.values if isinstance(part.values, Unknown) else Unknown("the statement has no effect")
    value = part.values[0] if part.values else None
    if isinstance(value, Unknown):
        return value
    return value.lower() if isinstance(value, str) else Unknown("the effect is neither Allow nor Deny")


def _flags(fields: Map, statement: Statement) -> None:
    everything = _some(statement.actions, _is_all)
    fields.put("all_actions", *everything)
    whole = everything if everything[0] is True else _some(statement.actions, _is_whole)
    fields.put("service_wildcard", *whole)
    fields.put("whole_services", _those(statement.actions, _is_whole), whole[1])
    if statement.not_resources.values is not None:
        fields.put("all_resources", True, statement.not_resources.place)
    else:
        fields.put("all_resources", *_some(statement.resources, _is_all))


def _some(part: Part, test: Callable[[str], bool]) -> Found:
    return some(part.values, part.place, test)


def _those(part: Part, test: Callable[[str], bool]) -> Seq:
    found = Seq(part.place)
    if isinstance(part.values, Seq):
        for index, item in enumerate(part.values):
            told: bool | None = isinstance(item, str) and test(item)
            if isinstance(item, PartText):
                told = filled(item, test)
            elif isinstance(item, OneOf):
                told = of_choices(item, test)
            if told:
                found.add(_as_written(item), part.values.place(index))
    return found


_SERVICE = lazy_regex(r"[A-Za-z0-9-]+:\*+\Z")
_ALL = lazy_regex(r"\*+(?::\*+)*\Z")
_ANY_ARN = lazy_regex(r"arn:[^:]*:\*:\*:\*:\*+\Z")


def _is_all(text: str) -> bool:
    return bool(_ALL.match(text) or _ANY_ARN.match(text))


def _is_service(text: str) -> bool:
    return bool(_SERVICE.match(text))


def _is_whole(text: str) -> bool:
    return _is_all(text) or _is_service(text)


def _anyone(statement: Statement) -> Found:
    if statement.not_principals.values is not None:
        found: bool | Unknown = True
        place = statement.not_principals.place
    else:
        found, place = _some(statement.people, lambda text: text.strip() == "*")
    if found is False:
        return False, place
    limited = limits_who(statement.conditions)
    if limited is True:
        return False, place
    if isinstance(limited, Unknown):
        return limited, place
    return found, place


# ---- actions that matter -----------------------------------------------------------------------------


def _unbounded(statement: Statement, narrowed: Value, table: tuple[str, ...] | str) -> tuple[Value, Span]:
    """The actions of the statement that take in one of the table, where they hold for everything. As they are
    written, so that the message shows what the author reads. `table` may be access levels (see `aws_actions`)."""

    def takes_in(text: str) -> bool:
        return _takes_in(text, table)

    actions, place = statement.actions.values, statement.actions.place
    if actions is None and statement.not_actions.values is not None:
        return _all_but(statement, narrowed, table)
    if actions is None or isinstance(actions, Unknown):
        is_none = isinstance(actions, OneOf) and of_choices(actions, takes_in) is False
        return (Seq(place) if actions is None or is_none else actions), place
    found = Seq(place)
    undecided: Unknown | None = None
    for index, item in enumerate(actions):
        told = of_choices(item, takes_in) if isinstance(item, OneOf) else None
        if told or (isinstance(item, str) and takes_in(item)):
            found.add(_as_written(item), actions.place(index))
        elif told is False or (isinstance(item, PartText) and not takes_in(item.template.replace(HOLE, "*"))):
            continue  # whatever its holes hold
        elif isinstance(item, Unknown):
            undecided = undecided or item
    if not found:
        return (undecided, place) if undecided else (Seq(place), place)
    return _where_wide(found, statement, narrowed, is_everything if isinstance(table, str) else is_open)


def _all_but(statement: Statement, narrowed: Value, table: tuple[str, ...] | str) -> tuple[Value, Span]:
    excluded, place = statement.not_actions.values, statement.not_actions.place
    if isinstance(table, str):  # of the thousands that are left, the shorter tables have those that matter
        return Seq(place), place
    if isinstance(excluded, Unknown):
        return excluded, place
    found = Seq(place)
    texts = [text for text in excluded or () if isinstance(text, str)]
    for action in table:
        if not any(action_pattern(text).match(action) for text in texts):
            found.add(action, place)
    return _where_wide(found, statement, narrowed) if found else (found, place)


def _where_wide(
    found: Seq, statement: Statement, narrowed: Value, is_wide: Callable[[str], bool] | None = None
) -> tuple[Value, Span]:
    """The actions found, if they hold for everything; none of them if resources or conditions narrow them."""
    place = found.place(0)
    found.header = place
    wide = _wide(statement, is_wide or is_open)
    if wide is False or narrowed is True:
        return Seq(place), place
    for unknown in (wide, narrowed):
        if isinstance(unknown, Unknown):
            return unknown, place
    return found, place


def _wide(statement: Statement, is_wide: Callable[[str], bool]) -> bool | Unknown:
    if statement.not_resources.values is not None:
        return True
    return _some(statement.resources, is_wide)[0]


# Everything of one sort: arn:aws:iam::123456789012:role/*, arn:aws:s3:::*, arn:aws:ssm:*:*:parameter/*
_OPEN_ARN = lazy_regex(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:(?:(?P<sort>[a-z-]+)[/:])?\*+(?:/\*+)?\Z")


def is_everything(text: str) -> bool:
    """Whether a resource stands for all that a service has. Network interfaces, tasks and log streams have names that
    nobody knows beforehand, so that all of one sort is often the least that can be said."""
    match = _OPEN_ARN.match(text)
    return _is_all(text) or (match is not None and not match["sort"])


def is_open(text: str) -> bool:
    """Whether a resource stands for all of its sort."""
    if _is_all(text):
        return True
    match = _OPEN_ARN.match(text)
    if match is None:
        return False
    # What precedes the slash is the sort of thing for most services, but the bucket's own name for S3.
    return not (match["sort"] and match["service"] in ("s3", "sqs", "sns"))


def _takes_in(written: str, table: tuple[str, ...] | str) -> bool:
    if isinstance(table, str):
        return aws_actions.takes_in(written, table)
    pattern = action_pattern(written)
    return any(pattern.match(action) for action in table)


@lru_cache(maxsize=1024)
def action_pattern(written: str) -> re.Pattern[str]:
    """An action with `*` and `?`. Runs of stars are one, so that no pattern makes matching slow."""
    text = re.sub(r"\*+", "*", written[:256])
    if text.count("*") > 8:
        return re.compile(r"(?!)")
    body = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(body + r"\Z", re.IGNORECASE)


def policy_name(arn: Value) -> Value:
    """The name of a policy that AWS itself maintains, "" for any other; Unknown where that can't be told."""
    if isinstance(arn, str):
        match = _MANAGED.match(arn)
        return match[1] if match else ""
    if isinstance(arn, PartText):
        match = _MANAGED.match(arn.template)
        if match:
            return match[1]
        # Which of the harmless ones it is, and whether it is AWS's own or one that is judged where it is written,
        # comes to the same.
        return "" if of_part("ends_with", list(BROAD_SUFFIXES), arn) is False else arn.whole()
    return arn if isinstance(arn, Unknown) else ""


# The partition may be a hole.
_MANAGED = lazy_regex(rf"arn:(?:[\w-]|{HOLE})+:iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)\Z")
