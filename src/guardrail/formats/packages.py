"""Shell code that installs packages by their names, or publishes some: which commands, and of which tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats.shell import Command, pipelines
from guardrail.model.patterns import lazy_regex

_START = (
    r"\s*(?:\(\s*|\{\s+|!\s+|(?:then|do|else|elif|if|while|time|exec|command|nohup)\s+|\w+=\S*\s+)*"
    r"(?:sudo\s+(?:-[ugh]\s+[^\s-]\S*\s+|-(?![ugh]\s)\S+\s+|\w+=\S*\s+)*)?(?:env\s+(?:\w+=\S*\s+)*)?"
)
_FLAGS = r"(?:\s+-\S+)*"
# What follows is looked at for the name of a package.
_INSTALLS = lazy_regex(
    _START + r"(?P<tool>npm)" + _FLAGS + r"\s+(?:install|i|in|ins|isntall|add)(?=\s)(?P<npm>.*)"
    "|" + _START + r"(?P<yarn>yarn)" + _FLAGS + r"\s+(?:global\s+)?add\s+(?P<rest>.*)"
    "|" + _START + r"(?P<pnpm>pnpm)" + _FLAGS + r"\s+add\s+(?P<more>.*)"
    "|" + _START + r"(?P<gem>gem)\s+install\s+(?P<gems>.*)"
    "|" + _START + r"(?P<bundle>bundle)\s+add\s+(?P<bundled>.*)",
    re.DOTALL,
)
_ANY_INSTALL = lazy_regex(r"\b(?:npm|yarn|pnpm|gem|bundle)\s")
_RUNNERS = (
    r"(?:(?:npx|bunx|uvx|pipx\s+run|uv\s+run|bundle\s+exec|poetry\s+run|python[\d.]*\s+-m|pnpm\s+exec)"
    r"(?:\s+-\S+)*\s+)?"
)
_FLAGS_WITH_VALUES = r"(?:\s+(?:-\S+|\+\S+|workspaces?\s+foreach|hack))*"
_PUBLISHES = lazy_regex(
    _START + _RUNNERS + r"(?:"
    r"(?P<npm>npm|pnpm|yarn|bun)" + _FLAGS_WITH_VALUES + r"\s+(?:npm\s+|stage\s+)?publish\b"
    r"|(?P<cargo>cargo)" + _FLAGS_WITH_VALUES + r"\s+publish\b"
    r"|(?P<gem>gem)\s+push\b"
    r"|(?P<python>twine)" + _FLAGS_WITH_VALUES + r"\s+upload\b"
    r"|(?P<uv>uv|poetry|hatch|pdm)" + _FLAGS_WITH_VALUES + r"\s+publish\b"
    r"|(?P<nuget>(?:dotnet\s+)?nuget)\s+push\b"
    r")(?P<rest>.*)",
    re.DOTALL,
)
_ANY_PUBLISH = lazy_regex(r"\b(?:publish|push|upload)\b")
# A registry of one's own, which knows nothing of trusted publishing.
_ELSEWHERE = lazy_regex(
    r"(?:\A|\s)--(?:registry|repository-url|publish-url|host|index|source)[\s=]+[\"']?"
    r"(?!https://(?:registry\.npmjs\.org|(?:upload|test)\.pypi\.org|rubygems\.org|crates\.io|api\.nuget\.org))\S"
)
_TRIAL = lazy_regex(r"(?:\A|\s)--dry-run\b(?!=false)")


class Use(NamedTuple):
    """A command that does something with packages: what it is, and by which tool."""

    command: Command
    tool: str


def loose_installs(code: str) -> Iterator[Use]:
    """Commands that install packages by name, so that no lock file has a say."""
    if not _ANY_INSTALL.search(code):
        return
    for stages in pipelines(code):
        for command in stages:
            match = _INSTALLS.match(command.text)
            if not match:
                continue
            tool = next(match[name] for name in ("tool", "yarn", "pnpm", "gem", "bundle") if match[name])
            words = next(match[name] for name in ("npm", "rest", "more", "gems", "bundled") if match[name] is not None)
            if any(not word.startswith(("-", "<", ">", "#")) and word not in ("1>", "2>") for word in words.split()):
                yield Use(command, tool)


def publishes(code: str) -> Iterator[Use]:
    """Commands that publish a package; trials (`--dry-run`) and registries of one's own left out."""
    if not _ANY_PUBLISH.search(code):
        return
    for stages in pipelines(code):
        for command in stages:
            match = _PUBLISHES.match(command.text)
            if match and not _TRIAL.search(command.text) and not _ELSEWHERE.search(command.text):
                yield Use(command, next(text for text in match.groupdict().values() if text))
