"""Globs as .gitignore has them: https://git-scm.com/docs/gitignore#_pattern_format

Written here rather than taken from pathspec because patterns come from scanned repositories too: translated
to a regular expression, `*a*a*a*a*b` against one file name of 200 letters takes seconds and each further `*`
a hundred times as long. This matcher goes back to the last `*` only, so its time is the product of the two
lengths. (It also saves the hook 25 ms of import.) The tests hold it against git itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Segment = Callable[[str], bool]
_ANY_FOLDERS = None  # a `**` between slashes

_POSIX = {
    "alnum": str.isalnum, "alpha": str.isalpha, "digit": str.isdigit, "lower": str.islower, "upper": str.isupper,
    "space": str.isspace, "blank": lambda c: c in " \t", "punct": lambda c: c.isascii() and c.isprintable() and
    not c.isalnum() and c != " ", "xdigit": lambda c: c in "0123456789abcdefABCDEF", "cntrl": lambda c: ord(c) < 32,
    "print": str.isprintable, "graph": lambda c: c.isprintable() and c != " ",
}  # fmt: skip


class Globs:
    """An ordered list of patterns, relative to the folder that they were written for; the last one that
    matches decides. `invalid` has the indexes of lines that can match nothing (`[a`, a lone `!`), which git
    passes over in silence."""

    __slots__ = ("_patterns", "invalid")

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns: list[_Pattern] = []
        self.invalid: list[int] = []
        for index, line in enumerate(lines):
            try:
                pattern = _parse(line)
            except ValueError:
                self.invalid.append(index)
                continue
            if pattern:
                self._patterns.append(pattern)
        self._patterns.reverse()

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: matched; False: matched by a `!` pattern; None: no pattern speaks of this very path. Folders
        above it are not looked at."""
        name = path[path.rfind("/") + 1 :]
        parts: list[str] | None = None
        for pattern in self._patterns:
            if pattern.folders_only and not is_folder:
                continue
            if pattern.name is not None:
                matched = pattern.name(name)
            else:
                if parts is None:
                    parts = path.split("/")
                matched = pattern.depth in (0, len(parts)) and _matches(parts, pattern.segments)
            if matched:
                return not pattern.negated
        return None

    def covers(self, path: str, folder: str = "") -> bool:
        """True if the file is matched or stands below a folder that is. `folder`: the one that the patterns were
        written for, in which the file is, where the path does not begin there."""
        path = path[len(folder) + 1 :] if folder else path
        cut = path.find("/")
        while cut >= 0:
            if self.verdict(path[:cut], True):
                return True
            cut = path.find("/", cut + 1)
        return bool(self.verdict(path, False))


class _Pattern:
    """`name` where only the last part of a path is looked at, else `segments`; `depth` is how many parts those can
    match, 0 where it depends."""

    __slots__ = ("depth", "folders_only", "name", "negated", "segments")

    def __init__(self, negated: bool, folders_only: bool, name: Segment | None, segments: list[Segment | None]) -> None:
        self.negated, self.folders_only, self.name, self.segments = negated, folders_only, name, segments
        self.depth = 0 if _ANY_FOLDERS in segments else len(segments)


def _parse(line: str) -> _Pattern | None:
    line = line.rstrip("\r\n")
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    if negated:
        line = line[1:]
    folders_only = line.endswith("/")
    if folders_only:
        line = line[:-1]
    anchored = "/" in line
    line = line.removeprefix("/")
    if not line:
        raise ValueError("a pattern without a name")
    parts = line.split("/")
    if not anchored:
        return _Pattern(negated, folders_only, _segment(line), [])
    segments = [_ANY_FOLDERS if len(part) > 1 and not part.strip("*") else _segment(part) for part in parts]
    if segments[-1] is _ANY_FOLDERS:  # `a/**` is what stands in a, not a itself
        segments.append(_segment("*"))
    return _Pattern(negated, folders_only, None, segments)


def _matches(parts: list[str], segments: list[Segment | None]) -> bool:
    part = segment = 0
    retry_part, retry_segment = 0, -1
    while part < len(parts):
        if segment < len(segments):
            test = segments[segment]
            if test is _ANY_FOLDERS:
                retry_part, retry_segment = part, segment
                segment += 1
                continue
            if test(parts[part]):
                part += 1
                segment += 1
                continue
        if retry_segment < 0:
            return False
        retry_part += 1
        part, segment = retry_part, retry_segment + 1
    return all(test is _ANY_FOLDERS for test in segments[segment:])


def _segment(text: str) -> Segment:
    """What matches one part of a path."""
    tokens = _tokens(text)
    wild = [index for index, token in enumerate(tokens) if token is _STAR or not isinstance(token, str)]
    if not wild:
        return "".join(tokens).__eq__
    if len(wild) == 1 and tokens[wild[0]] is _STAR:
        before, after = "".join(tokens[: wild[0]]), "".join(tokens[wild[0] + 1 :])
        if not before:
            return lambda name: name.endswith(after)
        return lambda name: (
            len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after)
        )
    return lambda name: _wild(name, tokens)


_STAR: Any = object()


def _tokens(text: str) -> list[Any]:
    """One item a character: the character itself, `_STAR`, or a predicate. Raises ValueError."""
    tokens: list[Any] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            if not tokens or tokens[-1] is not _STAR:
                tokens.append(_STAR)
        elif char == "?":
            tokens.append(_any_character)
        elif char == "[":
            predicate, at = _bracket(text, at)
            tokens.append(predicate)
        elif char == "\\":
            if at == len(text):
                raise ValueError("ends in a backslash")
            tokens.append(text[at])
            at += 1
        else:
            tokens.append(char)
    return tokens


def _any_character(char: str) -> bool:
    return True


def _bracket(text: str, at: int) -> tuple[Callable[[str], bool], int]:
    """A character class, from after its `[`."""
    negated = text[at : at + 1] in ("!", "^")
    if negated:
        at += 1
    ranges: list[tuple[str, str]] = []
    classes: list[Callable[[str], bool]] = []
    first = True
    while True:
        if at >= len(text):
            raise ValueError("a [ without its ]")
        char = text[at]
        if char == "]" and not first:
            break
        first = False
        if text.startswith("[:", at) and ":]" in text[at:]:
            end = text.index(":]", at)
            if text[at + 2 : end] not in _POSIX:
                raise ValueError("no such class of characters")
            classes.append(_POSIX[text[at + 2 : end]])
            at = end + 2
            continue
        char, at = _escaped(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            last, at = _escaped(text, at + 1)
            ranges.append((char, last))
        else:
            ranges.append((char, char))

    def predicate(char: str) -> bool:
        found = any(low <= char <= high for low, high in ranges) or any(test(char) for test in classes)
        return found != negated

    return predicate, at + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    if text[at] == "\\":
        at += 1
        if at == len(text):
            raise ValueError("ends in a backslash")
    return text[at], at + 1


def _wild(name: str, tokens: list[Any]) -> bool:
    char = token = 0
    retry_char, retry_token = 0, -1
    while char < len(name):
        if token < len(tokens):
            test = tokens[token]
            if test is _STAR:
                retry_char, retry_token = char, token
                token += 1
                continue
            if test == name[char] if isinstance(test, str) else test(name[char]):
                char += 1
                token += 1
                continue
        if retry_token < 0:
            return False
        retry_char += 1
        char, token = retry_char, retry_token + 1
    return all(test is _STAR for test in tokens[token:])


def is_below(path: str, parts: Iterable[str]) -> bool:
    """Whether a file or folder is one of these parts of a tree, or stands below one; "" is the whole tree."""
    return any(not part or path == part or path.startswith(f"{part}/") for part in parts)


def covered(path: str, scopes: Sequence[tuple[str, Globs]], *, is_folder: bool = False) -> bool:
    """Whether pattern lists of several folders, farthest first, take a path out, as git has it: the nearest list that
    speaks of it decides, and below a folder that is out nothing comes back in."""
    cut = path.find("/")
    while cut >= 0:
        if decided(path[:cut], scopes, is_folder=True):
            return True
        cut = path.find("/", cut + 1)
    return decided(path, scopes, is_folder=is_folder)


def decided(path: str, scopes: Sequence[tuple[str, Globs]], *, is_folder: bool) -> bool:
    """The same for a path whose folders are known to be in."""
    for folder, globs in reversed(scopes):
        if not folder:
            verdict = globs.verdict(path, is_folder)
        elif path.startswith(folder + "/"):
            verdict = globs.verdict(path[len(folder) + 1 :], is_folder)
        else:
            continue
        if verdict is not None:
            return verdict
    return False
