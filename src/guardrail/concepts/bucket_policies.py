"""Whether the policy of a bucket refuses every request that comes without TLS.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-HTTP-HTTPS
"""

from __future__ import annotations

from guardrail.concepts.iam_conditions import Condition
from guardrail.concepts.iam_statements import Statement, statements_of
from guardrail.concepts.lists import some
from guardrail.conditions import Leaf
from guardrail.conditions.documents import document
from guardrail.model import Resource, Sensitive, Span, Unknown, Value

_EVERYTHING = frozenset(("*", "s3:*"))
# Services of AWS itself talk to S3 by TLS: that they are spared leaves no gap.
_BESIDE = frozenset(("aws:principalisawsservice", "aws:viaawsservice"))
_KEYS = frozenset((*_BESIDE, "aws:securetransport", "s3:tlsversion"))


def refuses_plain_http(resource: Resource) -> Leaf:
    """The answer of the policy at `policy`: true, false, or the value that it hangs on; it stands at the statements."""
    value, place = resource.attributes.get("policy"), resource.attributes.place("policy")
    if isinstance(value, Sensitive):
        value = value.reveal()
    root = document(value, place)
    answer: bool | Unknown = root if isinstance(root, Unknown) else False
    if not isinstance(root, Unknown):
        for statement in statements_of(root):
            found = statement[0] if len(statement) == 2 else _refuses(statement)
            if found is True:
                return _leaf(resource, True, place)
            if isinstance(found, Unknown):
                answer = found
    return _leaf(resource, answer, place)


def _leaf(resource: Resource, answer: bool | Unknown, place: Span) -> Leaf:
    return Leaf("policy", answer, place, resource.attributes, "policy")


def _refuses(statement: Statement) -> bool | Unknown:
    answers: list[Value] = [
        some(statement.effect.values, statement.effect.place, lambda text: text.lower() == "deny")[0],
        some(statement.principals.values, statement.principals.place, lambda text: text == "*")[0],
        some(statement.actions.values, statement.actions.place, lambda text: text.lower() in _EVERYTHING)[0],
        _plain_http(statement.conditions),
    ]
    if False in answers:
        return False
    return next((answer for answer in answers if isinstance(answer, Unknown)), True)


def _plain_http(conditions: list[Condition] | Unknown) -> bool | Unknown:
    """Whether they hold of every request without TLS."""
    if isinstance(conditions, Unknown):
        return conditions
    answer: bool | Unknown = False
    for condition in conditions:
        key, operator = condition.key.lower(), condition.operator.lower()
        if key == "aws:securetransport" and operator in ("bool", "boolifexists"):
            unknown = next((value for value in condition.values if isinstance(value, Unknown)), None)
            is_plain = any(str(value).lower() == "false" for value in condition.values)
            answer = True if is_plain else unknown if unknown is not None else False
        elif key == "s3:tlsversion" and operator == "numericlessthanifexists":
            answer = True  # without TLS there is no version
        elif condition.why is not None and condition.can_be(_KEYS):
            return condition.why
        elif key not in _BESIDE:
            return False
        if answer is False:
            return False
    return answer
