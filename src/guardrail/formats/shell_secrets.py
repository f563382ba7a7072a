"""Shell code that lets secrets out: printed to a log, or sent where others can read them."""

from __future__ import annotations

import re
from collections.abc import Collection

from guardrail.formats.shell_commands import PREFIX, TOKEN, Command, heredocs, parsed
from guardrail.model.patterns import lazy_regex

_WORDS = r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|SIGNING_?KEY|SSH_?KEY|CREDENTIALS?"
# A variable that by its name holds a secret, and not where it is found, how long it is or what it is called.
_NAME = (
    r"(?!GOOGLE_APPLICATION_CREDENTIALS\b)"
    r"(?:[A-Za-z0-9]+_)*[A-Za-z0-9]{0,20}?(?:" + _WORDS + r")(?:_(?!(?:FILE|PATH|DIR|NAME|ID|URL|URI|ARN|TYPE"
    r"|LENGTH|LEN|COUNT|USER|USERNAME|HOST|EXPIR\w*|TTL|STATUS|ISSUER|AUDIENCE|VERSION|REGION|HASH|SET|OK|CODE|PERMISSIONS?|SCOPES?|ENDPOINT"
    r"|PREFIX|ENABLED|REQUIRED|MANAGER|STORE|SOURCE|KIND|EST|ESTIMATE|LIMIT|MAX|MIN|USAGE|BUDGET|COST)\b)[A-Za-z0-9]+)*\b"
)
_SECRET = lazy_regex(
    r"(?<![\\$])\$(?:\{(?:env:)?(" + _NAME + r")(?=[}@%/,^]|:?-)|(?:env:)?(" + _NAME + r")(?!_|\.(?:Length|Count)\b))",
    re.IGNORECASE,
)
_PASTED = lazy_regex(r"\$\{\{\s*secrets(?:\.|\[\s*')(" + _NAME + r")", re.IGNORECASE)
_PRINTS = lazy_regex(PREFIX + r"(?:echo|printf(?!\s+-v\b)|write-host|write-output)\s", re.IGNORECASE)
_OF_PLATFORM = lazy_regex(r"::add-mask::|::set-output |::save-state |##vso\[|##teamcity\[")
_ENCODES = lazy_regex(
    PREFIX + r"(?:base64|base32|xxd|hexdump|od|rev|tr|sed|fold|tee\s+/dev/(?:stderr|stdout))\b"
    r"(?!\s+(?:-d|-D|--decode)\b)"
)
_PARENTHESES = lazy_regex(r"(?<!\\)\$\(|[()]")
# A command that says what it is told; arithmetic, and a value of PowerShell's.
_REPEATS = lazy_regex(
    PREFIX + r"(?:echo|printf|cat\s*<<<|base64|base32|xxd|hexdump|od|rev|tr|sed|fold)\b|\s*[($]", re.IGNORECASE
)
_OBJECT = lazy_regex(
    r"\b(?:kubectl|oc)\s[^\n|;&]{0,200}?\ssecrets?(?:/|\s+(?:(?:generic|tls|docker-registry)\s+)?)[\"']?\$\{?(\w{1,80})"
)
_REDIRECTS = lazy_regex(r"(?<![0-9&])(?:[01]|&)?>>?(?!\s*(?:&\s*[12]\b|/dev/(?:stderr|stdout|tty)\b))")
_CLOSES = lazy_regex(r"\s*(?:\}|\)|done|fi|esac)\s*(?:[|>]|\d?>>?)|\s*(?:\}|\)|done|fi|esac)\s*\Z")

_DUMPS = lazy_regex(
    PREFIX + r"(?:(?<!\w)env|printenv|export\s+-p|declare\s+-x|(?:get-childitem|gci|dir)\s+env:)\s*\Z", re.IGNORECASE
)
_PASSES_ON = lazy_regex(PREFIX + r"(?:sort|cat|tee\s+/dev/\S+|nl|column)(?:\s+-\S+)*\s*\Z")

_TALKS = lazy_regex(
    PREFIX + r"(?:curl|wget|https?|nc|ncat|netcat|invoke-webrequest|invoke-restmethod|iwr|irm)(?:\.exe)?\s",
    re.IGNORECASE,
)
_ENVIRONMENT = lazy_regex(
    r"\$\(\s*(?:env|printenv|export\s+-p|set)\s*(?:\||\))|`\s*(?:env|printenv)\s*(?:\||`)"
    r"|/proc/(?:self|\d+|\$\w+)/environ\b"
)
_STDIN = lazy_regex(
    r"\s(?:-d|--data(?:-binary|-raw|-urlencode)?|-T|--upload-file)[=\s]*[\"']?@?-(?=[\s\"']|\Z)|\A\s*(?:nc|ncat|netcat)\s"
)
_ADDRESS = lazy_regex(r"\bhttps?://[^\s\"'|;)]+", re.IGNORECASE)
NEAR = lazy_regex(
    r"https?://(?:[^/@\s]*@)?(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[|\$|<<"
    r"|[^/.:\s]+(?=[/:]|\Z)|[^/:\s]*\.(?:local|localhost|internal|svc|cluster|lan|test|home|corp|intranet)(?=[/:]|\Z)"
    r"|[^/:\s]*\.svc\.[^/:\s]*)",
    re.IGNORECASE,
)
_COLLECTORS = lazy_regex(
    r"//(?:[\w-]+\.)*(?:ngrok\.io|ngrok-free\.app|ngrok\.app|webhook\.site|requestbin\.(?:com|net)|pipedream\.net"
    r"|oast\.\w+|interact\.sh|burpcollaborator\.net|beeceptor\.com|hookbin\.com|requestcatcher\.com|transfer\.sh|file\.io"
    r"|0x0\.st|pastebin\.com|termbin\.com)(?=[/:?]|\Z)"
    r"|//(?!127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|0\.)\d{1,3}(?:\.\d{1,3}){3}(?=[/:?]|\Z)",
    re.IGNORECASE,
)


_ASSIGNS = lazy_regex(r"(?<![\w.$-])([A-Za-z_]\w{0,80})=(\S{0,260})")
_OBJECT_NAME = lazy_regex(r"[\"']?[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-z]+[\"']?;?\Z")
_DIGEST = lazy_regex(r"\$\([^()]*\|\s*(?:(?:sha\d{0,3}|md5|b2)sum|shasum|cksum|wc|openssl\s+dgst)\b[^()]*\)")


def _shown(command: str) -> str:
    """What of a command the shell fills in: its text without what single quotes hold, and without digests."""
    kept = "".join("''" if part.lastgroup == "single" else part.group() for part in TOKEN.finditer(command))
    return _DIGEST.sub("", kept)


def _said(command: str) -> str:
    """What of an `echo` is printed: of a command that it puts in, not the arguments but what that says."""
    text = _shown(command)
    kept: list[str] = []
    at = depth = 0
    outer: int | None = None  # the depth at which a command began that is left out
    for mark in _PARENTHESES.finditer(text):
        if mark.group() == ")":
            depth -= 1
            if outer is not None and depth <= outer:
                outer, at = None, mark.end()
            continue
        if outer is None and mark.group() == "$(" and not _REPEATS.match(text, mark.end()):
            kept.append(text[at : mark.start()])
            outer = depth
        depth += 1
    return "".join((*kept, "" if outer is not None else text[at:]))


def bare(command: str) -> str:
    """The command without any quoted text."""
    return "".join("''" if part.lastgroup in ("single", "double") else part.group() for part in TOKEN.finditer(command))


def secret_in(code: str, but: Collection[str] = ()) -> str | None:
    """The name of a variable in the code that holds a secret by its name, and is none of those."""
    for found in _SECRET.finditer(code):
        name = found.group(1) or found.group(2)
        if name not in but:
            return name
    pasted = _PASTED.search(code)
    return pasted.group(1) if pasted else None


def _given_names(text: str) -> set[str]:
    """Variables that the script itself gives nothing but names such as objects of a cluster bear: what
    `secret=web-session-key` holds is what the Secret is called, and so is what `kubectl get secret` is told."""
    given: dict[str, bool] = {}
    for assigned in _ASSIGNS.finditer(text):
        name = assigned.group(1)
        given[name] = given.get(name, True) and _OBJECT_NAME.match(assigned.group(2)) is not None
    called = {found.group(1) for found in _OBJECT.finditer(text)}
    return {name for name, only in given.items() if only} | called


def _grouped(text: str) -> bool:
    """True where the output of several commands together goes somewhere (`{ echo ...; } > file`), so that no single
    one tells where its own goes."""
    return any(
        _CLOSES.match(stages[0].text) and (len(stages) > 1 or _REDIRECTS.search(stages[0].text))
        for stages in parsed(text)
    )


def prints_secret(text: str) -> tuple[int, int] | None:
    """Where a variable that holds a secret is printed, plainly or in another spelling, which no log masks."""
    if "$" not in text or ("echo" not in text and "print" not in text and "rite-" not in text) or not secret_in(text):
        return None
    inside, names = heredocs(text), _given_names(text)
    for stages in parsed(text):
        first = stages[0]
        if not _PRINTS.match(first.text) or not secret_in(_said(first.text), names):
            continue
        if _OF_PLATFORM.search(first.text):
            continue
        if not all(_ENCODES.match(stage.text) for stage in stages[1:]):
            continue
        if any(_REDIRECTS.search(bare(stage.text)) for stage in stages) or _within(first, inside) or _grouped(text):
            continue
        return first.start, stages[-1].end
    return None


def prints_environment(text: str) -> tuple[int, int] | None:
    """Where all environment variables are printed."""
    if "env" not in text.lower() and "export -p" not in text and "declare -x" not in text:
        return None
    inside = heredocs(text)
    for stages in parsed(text):
        plain = _DUMPS.match(stages[0].text) and all(_PASSES_ON.match(stage.text) for stage in stages[1:])
        if plain and not _within(stages[0], inside) and not _grouped(text):
            return stages[0].start, stages[-1].end
    return None


def sends_secret(text: str) -> tuple[int, int] | None:
    """Where the environment is sent out as a whole, or a secret over plain HTTP or to where anybody may collect it."""
    lowered = text.lower()
    if not any(word in lowered for word in ("curl", "wget", "http", "nc ", "ncat", "netcat", "invoke-", "iwr", "irm")):
        return None
    for stages in parsed(text):
        for number, stage in enumerate(stages):
            if not _TALKS.match(stage.text):
                continue
            shown = _shown(stage.text)
            if _ENVIRONMENT.search(shown):
                return stage.start, stage.end
            if number and _DUMPS.match(stages[0].text) and _STDIN.search(" " + stage.text):
                return stages[0].start, stage.end
            if secret_in(shown):
                for address in _ADDRESS.findall(stage.text):
                    plain = address[:5].lower() == "http:" and not NEAR.match(address)
                    if plain or _COLLECTORS.search(address):
                        return stage.start, stage.end
    return None


_LOGS_IN = lazy_regex(
    PREFIX + r"(?:aws\s+configure\s+set\s+(?:\S+\.)?aws_secret_access_key\s+[^\n]*\$"
    r"|gcloud\s+auth\s+activate-service-account\b"
    r"|az\s+login\s(?=[^\n]*--service-principal\b)(?=[^\n]*\s(?:-p|--password)[=\s])(?![^\n]*--federated-token)"
    r"|export\s+(?:\w+=\S*\s+)*AWS_SECRET_ACCESS_KEY=[\"']?\$\{?\w)"
)


def stored_cloud_key(text: str) -> tuple[int, int] | None:
    """Where a tool of a cloud is given a key that stays valid; those that were fetched for this run do not count."""
    if "aws_secret" not in text and "activate-s" not in text and "az login" not in text and "AWS_SECRET" not in text:
        return None
    if "sts assume-role" in text or "AWS_SESSION_TOKEN" in text or "aws_session_token" in text:
        return None
    for stages in parsed(text):
        for stage in stages:
            if _LOGS_IN.match(stage.text):
                return stage.start, stage.end
    return None


def _within(command: Command, ranges: list[tuple[int, int]]) -> bool:
    return any(start <= command.start < end for start, end in ranges)
