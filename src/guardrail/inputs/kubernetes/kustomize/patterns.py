"""Regular expressions of scanned files, as RE2 has them, matched in time linear in the text.

Selectors of patches, names of images and list entries in field paths are regular expressions to kustomize. Python's
own engine takes exponential time for some of them (`(a+)+$`), so that a scanned file could hang the scan. Here an
expression becomes a set of states that are all followed at once (Thompson's construction).
"""

from __future__ import annotations

from functools import lru_cache

MAX_LENGTH = 1000  # of an expression
MAX_STATES = 2000
_SPECIAL = frozenset("\\.[](){}*+?|^$")
_CLASSES = {"d": "0123456789", "w": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", "s": " \t\n\r\f"}
_POSIX = {"alpha": _CLASSES["w"][:52], "digit": _CLASSES["d"], "alnum": _CLASSES["w"][:62], "lower": _CLASSES["w"][:26],
          "upper": _CLASSES["w"][26:52], "space": _CLASSES["s"]}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


class BadPattern(Exception):
    """What is written is no expression, or one that is larger than what anybody means."""


class _Set:
    """The characters that one place of an expression takes."""

    __slots__ = ("chars", "negated", "ranges")

    def __init__(self, negated: bool = False) -> None:
        self.chars: set[str] = set()
        self.ranges: list[tuple[str, str]] = []
        self.negated = negated

    def takes(self, char: str) -> bool:
        found = char in self.chars or any(first <= char <= last for first, last in self.ranges)
        return found is not self.negated


_START, _END, _SPLIT, _CHAR, _SET, _MATCH = range(6)


class Pattern:
    """A compiled expression. Raises BadPattern."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise BadPattern(f"it has more than {MAX_LENGTH:,} characters")
        self.text, self.position = text, 0
        self.states: list[list[object]] = []
        self.literal = text if not _SPECIAL.intersection(text) else None
        self.fold = False
        if self.literal is None:
            if text.startswith("(?i)"):
                self.fold, self.position = True, 4
            start, ends = self._alternatives(0)
            if self.position < len(self.text):
                raise BadPattern("a parenthesis is closed that was not opened")
            self._patch(ends, self._add(_MATCH))
            self.start = start

    def matches(self, text: str) -> bool:
        """True if the whole text matches."""
        return text == self.literal if self.literal is not None else self._run(text, True)

    def found_in(self, text: str) -> bool:
        """True if a part of the text matches."""
        return self.literal in text if self.literal is not None else self._run(text, False)

    # ---- reading -------------------------------------------------------------------------------------

    def _add(self, what: int, argument: object = None, following: int = -1, other: int = -1) -> int:
        if len(self.states) >= MAX_STATES:
            raise BadPattern("it repeats too much")
        self.states.append([what, argument, following, other])
        return len(self.states) - 1

    def _patch(self, ends: list[tuple[int, int]], target: int) -> None:
        for state, slot in ends:
            self.states[state][slot] = target

    def _alternatives(self, depth: int) -> tuple[int, list[tuple[int, int]]]:
        if depth > 50:
            raise BadPattern("it is nested too deeply")
        start, ends = self._sequence(depth)
        while self.position < len(self.text) and self.text[self.position] == "|":
            self.position += 1
            other, more = self._sequence(depth)
            start = self._add(_SPLIT, None, start, other)
            ends = ends + more
        return start, ends

    def _sequence(self, depth: int) -> tuple[int, list[tuple[int, int]]]:
        start = self._add(_SPLIT)  # an empty step, which an empty sequence consists of
        ends = [(start, 2)]
        while self.position < len(self.text) and self.text[self.position] not in "|)":
            first, more = self._repeated(depth)
            self._patch(ends, first)
            ends = more
        return start, ends

    def _repeated(self, depth: int) -> tuple[int, list[tuple[int, int]]]:
        begun = self.position
        piece = self._piece(depth)
        while self.position < len(self.text) and self.text[self.position] in "*+?{":
            low, high = self._times()
            if low < 0:
                break
            ended = self.position
            piece = self._times_over(begun, ended, piece, low, high, depth)
        return piece

    def _times(self) -> tuple[int, int]:
        """How often, and moves on; high is -1 where there is no limit, low is -1 where `{` is just a brace."""
        sign = self.text[self.position]
        if sign == "{":
            close = self.text.find("}", self.position)
            low, comma, high = self.text[self.position + 1 : close].partition(",") if close > 0 else ("", "", "")
            if not low.isdecimal() or (high and not high.isdecimal()) or len(low) > 4 or len(high) > 4:
                return -1, -1
            self.position = close + 1
            times = (int(low), int(high) if high else -1 if comma else int(low))
        else:
            self.position += 1
            times = {"*": (0, -1), "+": (1, -1), "?": (0, 1)}[sign]
        if self.position < len(self.text) and self.text[self.position] == "?":
            self.position += 1  # lazy: which of the matches is found makes no difference here
        return times

    def _times_over(
        self, begun: int, ended: int, piece: tuple[int, list[tuple[int, int]]], low: int, high: int, depth: int
    ) -> tuple[int, list[tuple[int, int]]]:
        if (low, high) == (1, 1):
            return piece
        if high >= 0 and high < low:
            raise BadPattern("it repeats from more to fewer times")
        start = self._add(_SPLIT)
        ends: list[tuple[int, int]] = [(start, 2)]
        leave: list[tuple[int, int]] = []
        first: tuple[int, list[tuple[int, int]]] | None = piece
        for count in range(max(low, high, 1) if high >= 0 else max(low, 1)):
            if high == 0:
                break
            if first is not None:
                (head, more), first = piece, None
            else:
                self.position = begun
                head, more = self._piece(depth)
                self.position = ended
            if count >= low:
                split = self._add(_SPLIT, None, head)
                self._patch(ends, split)
                leave.append((split, 3))
            else:
                self._patch(ends, head)
            ends = more
            if high < 0 and count >= low - 1:
                loop = self._add(_SPLIT, None, head)
                self._patch(ends, loop)
                ends = [(loop, 3)]
        return start, ends + leave

    def _piece(self, depth: int) -> tuple[int, list[tuple[int, int]]]:
        char = self.text[self.position]
        self.position += 1
        if char == "(":
            if self.text.startswith("?:", self.position):
                self.position += 2
            elif self.text.startswith("?", self.position):
                close = self.text.find(">", self.position)
                if (
                    not self.text.startswith(("?P<", "?<"), self.position)
                    or close < 0
                    or self.text[self.position + 2 : self.position + 3] in ("=", "!")
                ):
                    raise BadPattern("it looks around, which RE2 does not")
                self.position = close + 1
            inner = self._alternatives(depth + 1)
            if not self.text.startswith(")", self.position):
                raise BadPattern("a parenthesis is not closed")
            self.position += 1
            return inner
        if char in "*+?":
            raise BadPattern("there is nothing to repeat")
        if char == "^":
            state = self._add(_START)
        elif char == "$":
            state = self._add(_END)
        elif char == ".":
            state = self._add(_SET, self._any())
        elif char == "[":
            state = self._add(_SET, self._bracket())
        elif char == "\\":
            state = self._escape()
        else:
            state = self._add(_CHAR, char.casefold() if self.fold else char)
        return state, [(state, 2)]

    @staticmethod
    def _any() -> _Set:
        found = _Set(negated=True)
        found.chars.add("\n")
        return found

    def _escape(self) -> int:
        if self.position >= len(self.text):
            raise BadPattern("it ends in a backslash")
        char = self.text[self.position]
        self.position += 1
        if char.lower() in _CLASSES:
            found = _Set(negated=char.isupper())
            found.chars.update(_CLASSES[char.lower()])
            return self._add(_SET, found)
        if char in ("A", "z"):
            return self._add(_START if char == "A" else _END)
        if char.isalnum() and char not in _ESCAPES:
            raise BadPattern(f"\\{char} means nothing here")
        return self._add(_CHAR, _ESCAPES.get(char, char))

    def _bracket(self) -> _Set:
        found = _Set()
        if self.text.startswith("^", self.position):
            found.negated = True
            self.position += 1
        first = True
        while True:
            if self.position >= len(self.text):
                raise BadPattern("a bracket is not closed")
            char = self.text[self.position]
            if char == "]" and not first:
                self.position += 1
                return found
            first = False
            if self.text.startswith("[:", self.position):
                close = self.text.find(":]", self.position)
                name = self.text[self.position + 2 : close] if close > 0 else ""
                if name not in _POSIX:
                    raise BadPattern(f"there is no class {name!r}")
                found.chars.update(_POSIX[name])
                self.position = close + 2
                continue
            low = self._bracketed()
            if low is None:
                found.chars.update(_CLASSES[self.text[self.position - 1]])
                continue
            if self.text.startswith("-", self.position) and not self.text.startswith("-]", self.position):
                self.position += 1
                high = self._bracketed() if self.position < len(self.text) else None
                if high is None or high < low:
                    raise BadPattern("a range goes from more to less")
                found.ranges.append((low, high))
            else:
                found.chars.add(low)

    def _bracketed(self) -> str | None:
        """A character in brackets; None for a class such as `\\d`."""
        char = self.text[self.position]
        self.position += 1
        if char != "\\":
            return char
        if self.position >= len(self.text):
            raise BadPattern("it ends in a backslash")
        char = self.text[self.position]
        self.position += 1
        if char in _CLASSES:
            return None
        return _ESCAPES.get(char, char)

    # ---- matching ------------------------------------------------------------------------------------

    def _run(self, text: str, whole: bool) -> bool:
        if self.fold:
            text = text.casefold()
        current = self._closure([self.start], 0, len(text))
        for index, char in enumerate(text):
            if not whole and self._done(current):
                return True
            following: list[int] = []
            for number in current:
                what, argument, target, _ = self.states[number]
                if (what == _CHAR and argument == char) or (
                    what == _SET and isinstance(argument, _Set) and argument.takes(char)
                ):
                    following.append(target)  # type: ignore[arg-type]
            if not whole:
                following.append(self.start)
            current = self._closure(following, index + 1, len(text))
            if not current:
                return False
        return self._done(current)

    def _done(self, current: set[int]) -> bool:
        return any(self.states[number][0] == _MATCH for number in current)

    def _closure(self, numbers: list[int], position: int, length: int) -> set[int]:
        found: set[int] = set()
        stack = numbers
        while stack:
            number = stack.pop()
            if number in found or number < 0:
                continue
            found.add(number)
            what, _, target, other = self.states[number]
            if what == _SPLIT:
                stack += [target, other]  # type: ignore[list-item]
            elif (what == _START and position == 0) or (what == _END and position == length):
                stack.append(target)  # type: ignore[arg-type]
        return found


@lru_cache(maxsize=512)
def pattern(text: str) -> Pattern:
    """The expression, read once. Raises BadPattern."""
    return Pattern(text)
