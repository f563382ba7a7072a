"""Shell code that takes things on trust: from plain HTTP, past the lock file, with the rights of the machine."""

from __future__ import annotations

import re

from guardrail.formats.shell_commands import PREFIX, parsed
from guardrail.formats.shell_downloads import VERIFIES
from guardrail.formats.shell_secrets import NEAR, bare
from guardrail.model.patterns import lazy_regex

_PLAIN = lazy_regex(r"(?<![\w.])http://[^\s\"'`|;)<>]+", re.IGNORECASE)
_FETCHES = lazy_regex(PREFIX + r"(?:curl|wget|aria2c)\s", re.IGNORECASE)
_KEEPS = lazy_regex(
    r"\s(?:-[a-zA-Z]*[oO]|--output|--remote-name(?:-all)?|-P|--directory-prefix|--input-file)\b|(?<![\d&])>"
)
_NO_FILE = lazy_regex(
    r"\s(?:-[a-zA-Z]*o|--output)[\s=]*(?:/dev/null|-)(?=\s|\Z)|\s(?:--spider|-[a-zA-Z]*O\s*(?:-|/dev/null))(?=\s|\Z)"
    r"|>\s*/dev/null"
)
_TAKES_STDIN = lazy_regex(
    PREFIX + r"(?:tar|gunzip|gzip|zcat|unzip|bsdtar|cpio|gpg|apt-key|rpm|dpkg|tee|(?:ba|z|k|da|a)?sh|python[\d.]*"
    r"|perl|ruby|node|docker\s+load|psql|mysql|kubectl)\b"
)
_CLONES = lazy_regex(
    PREFIX + r"(?:git\s+(?:-\S+\s+(?:\S+\s+)?)*(?:clone|fetch|pull|remote\s+add|submodule\s+add)\s"
    r"|(?:pip[\d.]*|python[\d.]*\s+-m\s+pip|uv(?:\s+pip)?)\s+install\s|(?:npm|pnpm|yarn)\s|helm\s+(?:repo\s+add|pull|install|upgrade)\s"
    r"|gem\s+install\s|rpm\s+(?:-\S+\s+)*(?=\S*http)|(?:yum|dnf|apk|apt(?:-get)?)\s+(?:-\S+\s+)*(?:install|add|localinstall)\s)"
)
_ANSWERS = lazy_regex(r"\b(?:proxy|noproxy|--proxy|-x)[\s=][\"']?http://", re.IGNORECASE)
_RUNS_CONTAINER = lazy_regex(
    PREFIX + r"(?:docker|podman|nerdctl)\s+(?:--?\S+\s+)*(?:container\s+)?(?:run|create|exec)\s"
)
_PRIVILEGED = lazy_regex(
    r"\s--privileged(?:=true)?(?=\s|\Z)|\s--cap-add[=\s][\"']?(?:ALL|SYS_ADMIN|CAP_SYS_ADMIN)\b"
    r"|\s(?:-v|--volume)[=\s]?[\"']?(?:/var/run/docker\.sock|/run/docker\.sock|/):"
    r"|\s--mount[=\s]\S*(?:source|src)=(?:/var/run/docker\.sock|/run/docker\.sock|/)(?=,)"
    r"|\s--(?:pid|ipc|userns)[=\s]host\b",
)
_EMULATORS = lazy_regex(r"\b(?:multiarch/qemu-user-static|tonistiigi/binfmt|docker/binfmt|linuxkit/binfmt)\b")

# Options that take the next word as their value.
_WITH_VALUE = frozenset(
    ("--prefix", "-C", "--dir", "--cwd", "--registry", "--cache", "--userconfig", "--loglevel", "--omit", "--only",
     "--include", "-w", "--workspace", "--fetch-retries", "--network-timeout", "--network-concurrency", "--maxsockets")
)  # fmt: skip
_NPM = lazy_regex(PREFIX + r"npm\s+(?P<rest>.*)\Z", re.DOTALL)
_MANAGERS = lazy_regex(r"\b(?:p?npm|yarn|composer|bundle|poetry|pipenv|cargo|mix|uv)\s")
_UPDATES = lazy_regex(
    PREFIX + r"(?:composer\s+(?:-\S+\s+)*(?:update|upgrade)\b|bundle\s+update\b|poetry\s+update\b|pipenv\s+update\b"
    r"|pnpm\s+(?:update|up|upgrade)\b|yarn\s+(?:upgrade|up)\b|cargo\s+update\b|mix\s+deps\.update\b|uv\s+lock\s+(?:--upgrade|-U)(?=\s|\Z))"
)
_LOOSENS = lazy_regex(
    PREFIX + r"(?:pnpm\s[^\n]*--(?:no-frozen-lockfile|frozen-lockfile=false)|yarn\s[^\n]*--(?:no-lockfile|no-immutable)"
    r"|npm\s[^\n]*--no-package-lock\b"
    r"|bundle\s+(?:install|config)\s[^\n]*(?:--no-frozen|frozen\s+false)|uv\s+sync\s[^\n]*(?:--upgrade|-U)(?=\s|\Z))"
)


# GitLab's variables that are gone since 9.0 and 17.0, GitHub's commands that are printed and nothing more.
_RETIRED = lazy_regex(
    r"\$\{?CI_(?:JOB_JWT(?:_V[12])?|BUILD_(?:REF(?:_NAME|_SLUG)?|ID|TOKEN|TAG|NAME|STAGE|REPO|BEFORE_SHA|TRIGGERED|MANUAL))\b"
    r"|(?<![\w ])::(?:(?:set-output|save-state|set-env) +name=|add-path ?::)"
)
_SETS_SECRET = lazy_regex(r"##vso\[task\.setvariable\s[^\]]*issecret=true", re.IGNORECASE)


def uses_retired(text: str) -> tuple[int, int] | None:
    """Where a variable is used that the platform no longer has, or a command that it no longer takes."""
    if "CI_JOB_JWT" not in text and "CI_BUILD_" not in text and "::" not in text:
        return None
    for match in _RETIRED.finditer(text):
        if not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith("#"):
            return match.span()
    return None


def sets_secret(text: str) -> tuple[int, int] | None:
    """Where a secret is handed to later steps by printing it in a command of Azure's agent."""
    match = _SETS_SECRET.search(text) if "##vso" in text else None
    return match.span() if match else None


def plain_transport(text: str) -> tuple[int, int] | None:
    """Where code, packages or archives are taken over plain HTTP, so that whoever sits on the way may change them;
    what is checked against a checksum or a signature afterwards does not count."""
    if "http://" not in text and "HTTP://" not in text:
        return None
    if VERIFIES.search(text):
        return None
    for stages in parsed(text):
        for number, stage in enumerate(stages):
            addresses = [found for found in _PLAIN.findall(stage.text) if not NEAR.match(found)]
            if not addresses or _ANSWERS.search(stage.text):
                continue
            if _CLONES.match(stage.text):
                return stage.start, stage.end
            if not _FETCHES.match(stage.text):
                continue
            following = stages[number + 1] if number + 1 < len(stages) else None
            if following is not None:
                if _TAKES_STDIN.match(following.text):
                    return stage.start, following.end
            elif not _NO_FILE.search(stage.text) and (
                _KEEPS.search(bare(stage.text)) or stage.text.lstrip().startswith("wget ")
            ):
                return stage.start, stage.end
    return None


def privileged_container(text: str) -> tuple[int, int] | None:
    """Where a container is started with the rights of the machine: privileged, or with the machine's files or Docker
    socket. The emulators of other processors, which can't do without, don't count."""
    if not any(word in text for word in ("docker", "podman", "nerdctl")):
        return None
    for stages in parsed(text):
        for stage in stages:
            code = stage.text
            if _RUNS_CONTAINER.match(code) and _PRIVILEGED.search(code) and not _EMULATORS.search(code):
                return stage.start, stage.end
    return None


def unlocked_install(text: str) -> tuple[int, int] | None:
    """Where a project's dependencies are installed or renewed without regard to what its lock file says."""
    if not _MANAGERS.search(text):
        return None
    for stages in parsed(text):
        for stage in stages:
            if _UPDATES.match(stage.text) or _LOOSENS.match(stage.text) or _installs_anew(stage.text):
                return stage.start, stage.end
    return None


def _installs_anew(command: str) -> bool:
    """True for `npm install` that names no package: it may write another lock file than the one that is there."""
    match = _NPM.match(command)
    if not match:
        return False
    words = match.group("rest").split()
    named: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ("-g", "--global", "--package-lock-only", "--dry-run", "--location=global"):
            return False
        elif word[:1] in "<>|&2" and (">" in word or "<" in word):
            break
        elif word.startswith("-"):
            skip = word in _WITH_VALUE
        else:
            named.append(word.strip(")\"'`"))
    if not named or named[0] not in ("install", "i", "update", "up", "upgrade"):
        return False
    return named[0] in ("update", "up", "upgrade") or len(named) == 1
