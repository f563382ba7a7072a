"""How credentials look: by their form, and by the name that they stand under.

Everything here takes any text and answers in time linear in its length.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

_FORMS: tuple[tuple[str, str], ...] = (
    ("aws-access-key", r"(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9/+=])"),
    ("private-key", r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
                    r"(?:(?!-----)[A-Za-z0-9+/=:,.()\s\\-]){40,20000}"
                    r"(?:-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"),
    # The same in base64, as kubeconfigs (`client-key-data`) and start data have it.
    ("encoded-private-key", r"LS0tLS1CRUdJTi(?:BQUklWQVRFIEtFWS0t|BSU0EgUFJJVkFURSBLRVkt|BFQyBQUklWQVRFIEtFWS0t"
                            r"|BEU0EgUFJJVkFURSBLRVkt|BPUEVOU1NIIFBSSVZBVEUgS0VZLS0t|BFTkNSWVBURUQgUFJJVkFURSBLRVkt)"
                            r"[A-Za-z0-9+/\s]{40,20000}={0,2}"),
    ("github-token", r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})"),
    ("gitlab-token", r"(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas)-[A-Za-z0-9_-]{20,255}"),
    ("slack-token", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,255}"),
    ("slack-webhook", r"https://hooks\.slack\.com/(?:services|workflows)/T[A-Za-z0-9_]{5,20}"
                      r"/[AB][A-Za-z0-9_]{5,20}/[A-Za-z0-9_]{16,60}"),
    ("google-api-key", r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("google-oauth-secret", r"(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])"),
    ("stripe-key", r"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{20,255}"),
    ("npm-token", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("pypi-token", r"(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}"),
    ("sendgrid-key", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("anthropic-key", r"(?<![A-Za-z0-9])sk-ant-[a-z0-9]{3,12}-[A-Za-z0-9_-]{60,200}"),
    ("openai-key", r"(?<![A-Za-z0-9])sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}"),
    ("docker-token", r"(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,100}"),
    ("hashicorp-token", r"(?<![A-Za-z0-9])(?:hvs\.[A-Za-z0-9_-]{24,200}"
                        r"|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,80})"),
    ("digitalocean-token", r"(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}"),
    ("azure-key", r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,100}={0,2}"),
    ("jwt", r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}"),
    ("url-credentials", r"(?<![A-Za-z0-9+.-])(?:https?|ftps?|ssh|git|postgres(?:ql)?|mysql|mariadb|mssql|sqlserver"
                        r"|mongodb(?:\+srv)?|rediss?|amqps?|ldaps?|smtps?)"
                        r"://[^\s:/@'\"${}<>*%]{0,100}:[^\s/@'\"${}<>*]{3,200}@[A-Za-z0-9_\[][^\s/:'\"@]{0,200}"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _form() -> re.Pattern[str]:
    """All of them; compiled when a file first holds a hint, which few do."""
    return re.compile("|".join(f"(?P<f{index}>{pattern})" for index, (_, pattern) in enumerate(_FORMS)))


# What any of the forms must hold: a look over the bytes of a file that spares looking at its values.
# Of values that are put together only their parts stand there: `postgres://${var.user}:...@`, `"npm_${local.rest}"`.
_HINT = lazy_regex(
    r"AKIA|ASIA|PRIVATE KEY-|LS0tLS1CRUdJTi|gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas)-"
    r"|xox[abeoprs]-|hooks\.slack|AIza|GOCSPX|k_live_|npm_|pypi-AgEI|SG\.|sk-ant-|T3BlbkFJ|dckr_|hvs\.|atlasv1|do[opr]_v1_"
    r"|AccountKey=|SharedAccessKey=|eyJ|://[^\s/]{0,300}:[^\s/@'\"${}<>*]{3,200}@"
)
# AKIAIOSFODNN7EXAMPLE and its like stand in AWS's documentation; the others begin the keys of Azure's emulators for
# Cosmos DB and storage, which are the same on every machine.
_DOCUMENTED = lazy_regex(r"EXAMPLE|C2y6yDjf5/R\+ob0N8A7Cgv30VRDJIWEHLM|Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50u")

_PASSWORD = lazy_regex(r"(?:password|passwd|passphrase|passwort|pwd|(?:^|[_.\-])pass)$", re.I)
_KEY = lazy_regex(
    r"(?:^|[_.\-]|(?<=[a-z]))(?:secret|token|api_?-?key|access_?-?key|secret_?-?key|private_?-?key|client_?-?secret"
    r"|auth_?-?key|secret_?access_?key|signing_?-?key|signing_?-?secret|encryption_?-?key|shared_?-?key|account_?-?key"
    r"|credentials?|connection_?-?string|preshared_?-?key|raw_?-?key|encryption_key_raw|private_key(?:_content)?_base64)$",
    re.I,
)
# What stands under these is the credential itself, however it looks.
_OUTRIGHT = lazy_regex(
    r"^(?:auth_token|client_secret|secret_key|secret_access_key|api_token|shared_secret|shared_key|account_key"
    r"|pre_?shared_key|tunnel[12]_preshared_key|webhook_secret|storage_account_access_key|plaintext_value"
    r"|user_key|bearer_token)$"
)
# Headers of requests: what is behind the scheme counts, or a session among the cookies.
_AUTHORIZATION = lazy_regex(r"(?:^|[_.\-])authorization\Z", re.I)
_AUTHORIZED = lazy_regex(
    r"[\"']?(?:(?P<scheme>bearer|basic|token)[ \t]{1,4})?(?P<value>[^\s\"'$]{8,4000})[\"']?\Z", re.I
)
_COOKIE = lazy_regex(r"(?:^|[_.\-])cookie\Z", re.I)
_SESSION = lazy_regex(r"sess|sid\Z|auth|token|jwt", re.I)
_NO_VALUE = lazy_regex(  # what says where the value comes from, or holds its place
    r"^(?:arn:|vault:|ssm:|sm://|secret(?:s|smanager|ref)?:|projects/|https?://|/|\./|\.\./|~/|[\"']?\$|--[a-z]|%\(|%[A-Za-z_]+%$|<|\{|file:|env:|op://"
    r"|ref\+|os\.environ\b|process\.env\b|ENC\[|data:|@|alias/|azkv:|awssm:|gcpsm:|kms:|AgA|AgB)"
    r"|\$\{|\$\(|\$\[|\{\{|^[*•]+$|^x+$|^\.+$|^-+$|^_+$|^__\w+__$|^#\{|^\(",
    re.I,
)
# DEFINED-IN-REGION-SECRETS, provided_by_the_pipeline, from-external-vault: where the value comes from, in words.
SAID_ELSEWHERE = (
    r"(?:comes|configured|created|defined|filled|generated|given|injected|loaded|managed|overridden|populated|provided"
    r"|read|set|specified|stored|supplied|taken)[-_ ](?:at|by|elsewhere|externally|from|in|on|outside|through|via)"
    r"(?:[-_ ][\w. -]*)?"
    r"|from[-_ ](?:[a-z]+[-_ ]){0,3}(?:env|environment|pipeline|vault|secrets?)(?:[-_ ][\w. -]*)?"
)
_PLACEHOLDER = lazy_regex(
    r"^(?:true|false|yes|no|on|off|null|none|nil|required|optional|enabled?|disabled?|default|generated?|random|auto|inherit"
    r"|write|read|always|never|prompt|ask|hidden|masked|sensitive|string|text|bool|todo|tbd|fixme|redacted"
    r"|(?:replace|change|fill|insert|override|overwrite|update|set)[-_ ]?(?:me|this|it|in|with|here)[-_ ]?[\w -]*"
    r"|(?:insert|put|set|add|fill|paste|type|write)[-_ ](?:[a-z]+[-_ ])+here[-_ ]?\w*"
    r"|your[-_ ]?.*|enter[-_ ].*|<.*>|\[.*\]|example.*|dummy|foo(?:bar)?|ba[rz]"
    r"|from[-_ ]?(?:env|vault|secret).*|n/?a|undefined|unset|not[-_ ]?used|unused|managed[-_ ].*|see[-_ ].*"
    r"|stored[-_ ].*|(?:mock|fake|dummy)[-_ ]\w+|" + SAID_ELSEWHERE + ")$",
    re.I,
)
_TO_BE_DONE = lazy_regex(r"(?:add|change|enter|fill|insert|paste|provide|put|replace|set|update)[-_ ]", re.I)
# INITIAL_VALUE_OVERRIDDEN, dev-placeholder-password, to_be_changed
_BLANK = lazy_regex(r"(?:[xX]{8}|X{4}-X{4}|x{4}-x{4})[xX-]*\Z")  # xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx
_HOLDS_PLACE = lazy_regex(
    r"(?:^|[^a-z])(?:place-?holders?[a-z]*|overridden|overwritten"
    r"|to[-_ ]be[-_ ](?:added|changed|defined|filled|overridden|overwritten|provided|replaced|rotated|set|updated))"
    r"(?:$|[^a-z])",
    re.I,
)
# What says something of a secret: sudo's NOPASSWD, the checksum by which pods are started anew.
_ABOUT = lazy_regex(r"^no_?pass|(?:^|[/_.-])(?:checksum|sha256|md5)(?:$|[/_.-])", re.I)
_VAULT_PATH = lazy_regex(
    r"[a-z][a-z_-]*(?:[/:#][a-z_-]+)*[/:#][a-z_-]*(?:password|passwd|secret|token|key|credentials?)\Z", re.I
)
# `server-password: MAVEN_PASSWORD`, `webhook_secret: APP_WEBHOOK_SECRET_ARM64` name the variable that has it.
_VARIABLE = lazy_regex(
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_"
    r"(?:PASS(?:WORD|WD|PHRASE)?|PWD|TOKEN|SECRET|KEY|CERT(?:IFICATE)?|URL|URI)(?:_(?:[A-Z]+\d{0,4}|\d{1,4})){0,4}\Z"
)
# What a connection string has, and what may be a credential in it: not so in `Server=...;Integrated Security=true`.
_PAIRS = lazy_regex(r"\s*[A-Za-z][\w. -]{0,60}=[^;]*(?:;\s*[A-Za-z][\w. -]{0,60}=[^;]*)*;?\s*\Z")
_CONNECTION = lazy_regex(r"connection_?-?string$", re.I)
_TELLING_PAIR = lazy_regex(
    r"(?:\A|;)[^;=]{0,60}(?:pass|pwd|key|secret|token|sig|sas|credential)[^;=]{0,60}=([^;]*)", re.I
)
_NUMBER = lazy_regex(r"(?:[_.-]|(?<=[A-Za-z]))(?!64\Z)\d{1,2}\Z")  # not of `..._base64`
_PORT = lazy_regex(r"\d{1,5}[\\#?]")
_UUID = lazy_regex(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.I)
# Passwords of databases that live as long as a CI job, and of nobody's.
_THROWAWAY_WORDS = """
    a abc admin administrator app bar ci circle circleci database db default demo dev development docker dummy e example
    fake foo foobar github gitlab guest integration local localhost mariadb minio minioadmin mock mongo mssql my
    mypassword mysql p pass passw password passwd pg postgres postgresql pw pwd qwerty rabbit rabbitmq rd redis root
    rootpass runner sa sample secret some somepassword sonar strong super supersecret test tester testing testpass
    testpassword tests the this throwaway travis user very word your
"""
_THROWAWAY = frozenset(_THROWAWAY_WORDS.split())


_TELLING = (_PASSWORD, _OUTRIGHT, _KEY, _AUTHORIZATION, _COOKIE)


class Match(NamedTuple):
    """A credential within a text: what it is, and the stretch that must not be seen."""

    kind: str
    name: str
    start: int
    end: int


def hinted(text: str) -> bool:
    """False where no credential that is known by its form can be in a text."""
    return _HINT.search(text) is not None


def forms_in(text: str, throwaway: bool = False) -> Iterator[Match]:
    """Credentials known by their form, in order. `throwaway`: in a pipeline, where the password of a
    database that lives as long as the job is no secret."""
    for match in _form().finditer(text):
        kind = _FORMS[int((match.lastgroup or "f0")[1:])][0]
        start, end, found = match.start(), match.end(), match.group()
        if kind == "url-credentials":
            start += found.index(":", found.index("://") + 3) + 1
            end = match.start() + found.rindex("@")
            if not _credible_in_url(found, text[start:end], throwaway):
                continue
        elif kind == "azure-key":
            start += found.index("=") + 1
        if kind in ("aws-access-key", "azure-key") and _DOCUMENTED.search(found):
            continue
        if _BLANK.search(found):
            continue
        yield Match(kind, "", start, end)


def _credible_in_url(url: str, password: str, throwaway: bool) -> bool:
    host = url[url.rindex("@") + 1 :].lower()
    user = url[url.index("://") + 3 :].partition(":")[0]
    if _PORT.match(password) and "." in user:  # a host and port, with which another's name begins
        return False
    if _NO_VALUE.search(password) or _PLACEHOLDER.match(password) or "***" in password:
        return False
    if password.lower() in ("password", "pass", "passwd", "pwd", "secret", "token", "x-oauth-basic", "key"):
        return False
    if host.startswith(("example.", "localhost", "127.0.0.1", "0.0.0.0", "[::1]")) and (throwaway or user == password):
        return False
    return not (throwaway and _is_throwaway(password))


def star_out(text: str) -> str:
    """The text with every credential that is known by its form replaced by stars; lines stay lines."""
    if not hinted(text):
        return text
    return starred(text, forms_in(text))


def starred(text: str, matches: Iterator[Match] | list[Match], stars: str = "") -> str:
    """`stars`: what stands for each, where that is not one star a character."""
    parts: list[str] = []
    position = 0
    for match in matches:
        if match.start < position:
            continue
        parts += (text[position : match.start], stars or re.sub(r"[^\n]", "*", text[match.start : match.end]))
        position = match.end
    return "".join((*parts, text[position:])) if parts else text


# ---- by name -----------------------------------------------------------------------------------------


def secret_by_name(name: str, value: str, throwaway: bool = False) -> str | None:
    """The class of secret that a literal under a name is, or None."""
    if not value or not is_telling(name):
        return None
    lower = name.lower()
    name, value = _unnumbered(name), value.rstrip("\r\n")  # of a block of YAML, the line's end is a part
    if not value or len(value) > 4096 or "\n" in value:
        return None
    if _NO_VALUE.search(value) or _PLACEHOLDER.match(value) or _HOLDS_PLACE.search(value):
        return None
    if throwaway and _is_throwaway(value):
        return None
    if value == name or value.lower().endswith((f":{lower}", f"/{lower}", f"#{lower}")):  # where a vault has it
        return None
    if asks_for(name, value):
        return None
    if _VAULT_PATH.match(value) or _VARIABLE.match(value):
        return None
    if _AUTHORIZATION.search(name):
        written = _AUTHORIZED.match(value)
        return by_scheme(written["scheme"], written["value"], throwaway) if written else None
    if _COOKIE.search(name):
        return "token" if any(map(_is_session, value.split(";"))) else None
    if _PASSWORD.search(name):
        if len(value) < 3 or " " in value or _is_setting(name, value):
            return None
        return "password"
    if " " in value or _DOCUMENTED.search(value):
        return None
    if _CONNECTION.search(name) and _PAIRS.match(value):
        told = (secret_by_name("password", pair[1].strip(), throwaway) for pair in _TELLING_PAIR.finditer(value))
        if not any(told):
            return None
    if _OUTRIGHT.match(name) and len(value) >= 6 and not _UUID.match(value) and not _is_throwaway(value):
        # `client_secret=oauth2-proxy-client-secret` is what the Secret is called.
        return None if value.endswith("-" + name.replace("_", "-")) else "token"
    if _KEY.search(name) and len(value) >= 8 and looks_random(value):
        return None if _UUID.match(value) and "encryption" in name.lower() else "token"
    return None


def asks_for(name: str, value: str) -> bool:
    """Whether a value says no more than that there should be one: `TOKEN: UPDATE_TOKEN`."""
    verb = _TO_BE_DONE.match(value)
    return verb is not None and value[verb.end() :].lower() == name.lower()


def by_scheme(scheme: str | None, value: str, throwaway: bool = False) -> str | None:
    """The class of what an `Authorization` header gives behind its scheme, or None."""
    if scheme is not None and scheme.lower() == "basic":
        try:
            user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            pass
        else:
            return secret_by_name("password", password, throwaway) if colon and user else None
        return secret_by_name("token", value, throwaway) and "password"
    return secret_by_name("token", value, throwaway)


def _is_session(cookie: str) -> bool:
    name, _, value = cookie.strip().partition("=")
    return len(value) >= 12 and _SESSION.search(name) is not None and secret_by_name("token", value) is not None


@lru_cache(maxsize=1024)
def _unnumbered(name: str) -> str:
    """`DB_PASSWORD_1` and `DB_PASSWORD2` are both DB_PASSWORD. Terraform keeps what is under `..._wo`, write-only, out
    of its state, but not out of the source."""
    return _NUMBER.sub("", name.removesuffix("_wo"))


@lru_cache(maxsize=1024)
def is_telling(name: str) -> bool:
    """Whether a literal under this name may be a secret at all: there are many values, but few names."""
    if _ABOUT.search(name):
        return False
    name = _unnumbered(name)
    return any(telling.search(name) for telling in _TELLING)


def _is_setting(name: str, value: str) -> bool:
    """`PWD` is also the working directory; short numbers under `..._password` count or limit."""
    lower = name.lower()
    if lower.endswith("nopasswd"):  # of sudo
        return True
    if lower in ("pwd", "oldpwd"):
        return "/" in value or "\\" in value or lower == "oldpwd"
    return value.isdecimal() and len(value) < 4


def _is_throwaway(value: str) -> bool:
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value).lower())
    if not words:
        return value.isdecimal()
    return len(value) <= 40 and all(word in _THROWAWAY for word in words)


def looks_random(value: str) -> bool:
    """Letters and digits mixed, and not in the way of a name with a number at its end: `my-secret-2` is a
    name, `3f9aC0...` is a key."""
    counts = Counter(value)
    digits = sum(count for character, count in counts.items() if character.isdecimal())
    if not digits or digits == len(value):
        return False
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    words = [word for word in re.split(r"[-_./:@]", value) if word]
    if entropy < 2.75 or all(re.fullmatch(r"[A-Za-z]+|\d+|[A-Za-z]+\d{1,4}", word) for word in words):
        return False
    # `registry-credentials-7f9k2`: words and the hash that a tool hung on.
    named = any(len(word) > 2 and word.isalpha() for word in words)
    return not (named and value == value.lower() and max(len(w) for w in words if not w.isalpha()) < 12)
