"""One way of looking into attributes, however the platform spells them.

Manifests write `securityContext: {...}` and `containers: [...]`, Terraform `security_context { ... }` (a list
of one) and `container { ... }` blocks. Concepts use the manifest's names; a `Spelling` turns them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from guardrail.concepts.lists import FILLERS, filled
from guardrail.model import HOLE, Map, PartText, Reference, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex
from guardrail.model.quantity import quantity

DEFAULT_ACCOUNT_TARGETS = (
    "kubernetes_default_service_account", "data.google_compute_default_service_account",
    "data.google_app_engine_default_service_account",
)  # fmt: skip
# Ends of the names of Google's default accounts: what a part of a name that is not known may hold.
DEFAULT_ACCOUNT_FILLERS = (
    *FILLERS, "1-compute", "1-compute@developer", "appspot", "1-compute@developer.gserviceaccount.com",
    "1@appspot.gserviceaccount.com",
)  # fmt: skip
_OF_PLACEHOLDERS = "${}<>%"
# As Flux, Kubernetes and OpenShift, templates, people, shells, batch files and `printf` write them.
_PLACEHOLDER = lazy_regex(
    r"\$?\$\{[^{}]{0,200}\}|\$\([^()]{0,200}\)|\{\{[^{}]{0,200}\}\}|<[^<>]{0,200}>|\$[A-Za-z_]\w{0,200}|%\w{1,200}%|%[sdv]"
)
_AS_A_WHOLE = lazy_regex(r"\s*(?:\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\))\s*\Z")
Block = Map | Unknown | None
Blocks = Seq | Unknown | None
Convert = Callable[[Value], Value]
Doubt = Callable[[Value], Unknown]
"""Of what holds as it is written, what is to be said where somebody else may add to that."""


class Spelling(dict[str, str]):
    """Canonical name (a manifest's) -> the name as this platform writes it. `singular`: blocks are lists."""

    def __init__(self, names: dict[str, str], snake: bool, singular: bool) -> None:
        super().__init__(names)
        self.snake, self.singular = snake, singular

    def __missing__(self, name: str) -> str:
        written = re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", name).lower() if self.snake else name
        self[name] = written
        return written

    def get_in(self, source: Map, name: str) -> Value:
        return source.get(self[name])

    def block(self, source: Block, name: str) -> Block:
        """A mapping below another; None where there is none (or something else stands in its place)."""
        if source is None or isinstance(source, Unknown):
            return source
        value = source.get(self[name])
        if isinstance(value, str):
            return _left_open(value)
        if self.singular and isinstance(value, Seq) and value:
            value = value[0]
        return opened(value)

    def path(self, source: Block, path: tuple[str, ...]) -> Block:
        for name in path:
            source = self.block(source, name)
        return source

    def blocks(self, source: Block, name: str) -> Blocks:
        """A list of mappings below a mapping."""
        if source is None or isinstance(source, Unknown):
            return source
        value = source.get(self[name])
        if isinstance(value, Sensitive):
            return Unknown("it is sensitive as a whole")
        return _left_open(value) if isinstance(value, str) else value if isinstance(value, (Seq, Unknown)) else None


KUBERNETES = Spelling({}, snake=False, singular=False)
TERRAFORM = Spelling(
    {
        "containers": "container", "initContainers": "init_container", "ephemeralContainers": "ephemeral_container",
        "volumes": "volume", "volumeMounts": "volume_mount", "ports": "port",
        "topologySpreadConstraints": "topology_spread_constraint", "subjects": "subject", "sysctls": "sysctl",
        "tolerations": "toleration", "cephfs": "ceph_fs",
        "seLinuxOptions": "se_linux_options", "appArmorProfile": "app_armor_profile",
    },
    snake=True,
    singular=True,
)  # fmt: skip


def _left_open(value: str) -> Unknown | None:
    """What is filled in as a whole may be a mapping, or a list, too."""
    return Unknown(f"{_shown(value)} is filled in later") if _AS_A_WHOLE.match(value) else None


def opened(value: Value) -> Block:
    """A value where a mapping is looked for."""
    if isinstance(value, (Map, Unknown)):
        return value
    return Unknown("it is sensitive as a whole") if isinstance(value, Sensitive) else None


def carry(fields: Map, name: str, value: Value, source: Map, key: str) -> None:
    """Put a value that was worked out from one entry: its place and origin come along."""
    fields[name] = value
    fields.spans[name] = source.place(key)
    if source.origins and key in source.origins:
        fields.origins = fields.origins or {}
        fields.origins[name] = source.origins[key]


def take(fields: Map, name: str, source: Block, key: str, lacking: Span, convert: Convert | None = None) -> bool:
    """Fill a field from `source[key]`. Where it is absent its place is noted: what `source` heads, or
    `lacking` where there is not even a source. True if there was a value, known or not."""
    if source is None:
        fields.spans[name] = lacking
        return False
    if isinstance(source, Unknown):
        fields[name] = source
        fields.spans[name] = lacking
        return True
    value = source.get(key)
    if value is None:
        fields.spans[name] = source.spans.get(key) or source.header
        return False
    carry(fields, name, convert(value) if convert else value, source, key)
    return True


def group(fields: Map, name: str, source: Block, lacking: Span) -> Map:
    """A nested mapping of fields (`limits`), headed by the block that it is read from."""
    header = source.header if isinstance(source, Map) and source.header.line else lacking
    nested = Map(header)
    fields[name] = nested
    fields.spans[name] = header
    return nested


def account_is_default(account: Value, defaults: Callable[[str], bool]) -> Value:
    """Whether a service account is the platform's default. A reference to an account that is declared has no
    name yet, but it is another one than the default."""
    if account is None:
        return True
    if isinstance(account, Sensitive):
        account = account.reveal()
    if isinstance(account, Reference):
        return any(account.target.startswith(name) or f".{name}" in account.target for name in DEFAULT_ACCOUNT_TARGETS)
    if isinstance(account, Unknown):
        declared = [ref for ref in account.refs if "google_service_account." in ref]
        if not declared and isinstance(account, PartText):
            verdict = filled(account, defaults, DEFAULT_ACCOUNT_FILLERS)
            return account.whole() if verdict is None else verdict
        return False if declared else account
    return isinstance(account, str) and defaults(account)


# Conversions. A value of the wrong sort is one that the platform refuses or that something fills in before
# the platform sees it; either way it is not known what it will be.


def truth(value: Value) -> Value:
    if isinstance(value, (bool, Unknown, Sensitive)):
        return value
    if value == "true" or value == "false":
        return bool(value == "true")
    return Unknown(f"{_shown(value)} is neither true nor false")


def word(value: Value) -> Value:
    if isinstance(value, str):
        return Unknown(f"{_shown(value)} is filled in later") if "${" in value or "{{" in value else value
    return value if isinstance(value, (Unknown, Sensitive)) else Unknown(f"{_shown(value)} is not text")


def image(value: Value) -> Value:
    """An image reference; none has one of these characters once it is filled in. What stands around what is filled in
    is known: a registry, or a tag. A blank is none: so OpenShift writes what a trigger puts in."""
    if isinstance(value, str) and not value.strip():
        return ""
    return word(partly(value))


def partly(value: Value) -> Value:
    """What is known of a text in which no such character stands once it is filled in; others as they are."""
    if not isinstance(value, str) or not any(sign in value for sign in _OF_PLACEHOLDERS):
        return value
    template, why = _PLACEHOLDER.sub(HOLE, value), f"{_shown(value)} is filled in later"
    if not template.strip(HOLE) or any(sign in template for sign in _OF_PLACEHOLDERS):
        return Unknown(why)
    return PartText(why, (), template)


def whole(value: Value) -> Value:
    """A number without unit (also as text, as Terraform keeps some)."""
    return _counted(value, lambda text: int(text) if text.isascii() and text.isdecimal() else None, "a number")


def amount(value: Value) -> Value:
    """A Kubernetes quantity as a number."""
    return _counted(value, quantity, "a quantity")


def number_or_name(value: Value) -> Value:
    """A uid, or a user's name where the platform takes one."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, (bool, Map, Seq)):
        return Unknown(f"{_shown(value)} is no user")
    return value if isinstance(value, (int, Unknown, Sensitive)) else word(value)


def _counted(value: Value, parse: Callable[[str], Value], what: str) -> Value:
    if isinstance(value, Unknown) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    if isinstance(value, Sensitive):
        inner = _counted(value.reveal(), parse, what)
        return Sensitive(inner, value.literal) if not isinstance(inner, Unknown) else Unknown("it is sensitive")
    number = parse(value) if isinstance(value, str) and len(value) < 64 else None
    return Unknown(f"{_shown(value)} is not {what}") if number is None else number


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return repr(str(value) if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, (bool, int, float)):
        return repr(value)
    return "a list" if isinstance(value, (Seq, tuple)) else "a mapping" if isinstance(value, Map) else "what it holds"
