"""The command line of a part of Kubernetes, as that part reads it.

Flags are pflag's (https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax): `--flag=x`, `--flag x`, and
`--flag` alone where it is a truth; `_` is as good as `-`. etcd's are those of Go's own library, with one dash or two,
and what its command line leaves out it takes from ETCD_ variables
(https://etcd.io/docs/v3.6/op-guide/configuration/).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from guardrail.concepts.components import NAMES
from guardrail.model import HOLE, Map, Noun, PartText, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

Environment = Mapping[str, tuple[Value, Span]]

LISTS = frozenset(
    ("authorization-mode", "enable-admission-plugins", "disable-admission-plugins", "tls-cipher-suites",
     "cipher-suites")
)  # fmt: skip
GATES = "feature-gates"
TRUTHS = frozenset(
    ("anonymous-auth", "profiling", "kubelet-https", "service-account-lookup", "use-service-account-credentials",
     "client-cert-auth", "auto-tls", "peer-client-cert-auth", "peer-auto-tls", "protect-kernel-defaults",
     "make-iptables-util-chains", "rotate-certificates", "rotate-server-certificates", "allow-privileged")
)  # fmt: skip
# Files that hold what the command line does not: what isn't said there is not known then.
_FILES = {
    "kubelet": ("config", "config-dir"),
    "kube-scheduler": ("config",),
    "etcd": ("config-file",),
}
_IN_FILE = {
    "kube-scheduler": ("profiling",),  # of the kubelet and of etcd, everything
}
_ADMISSION = "enable-admission-plugins"
_BY_DEFAULT = ("NamespaceLifecycle", "ServiceAccount")  # off where the old --admission-control does not name them
_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_NUMBER = lazy_regex(r"-?(?:0|[1-9]\d{0,17})\Z")
_RUN = lazy_regex(rf"\s*(?:exec\s+)?(?:[\w./-]*/)?({'|'.join(sorted(NAMES))})(?=\s|\Z)")
_VERSION = lazy_regex(r"v?(\d+\.\d+(?:\.\d+)?)(?:-[\w.-]+)?(?:@.*)?\Z")
_END = lazy_regex(r"(?:[0-9&]?>>?(?:&[0-9])?|[|;&]|&&|\|\|)")
_FROM_ENVIRONMENT = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")


class Flags:
    """What a command line sets; filled word by word."""

    def __init__(self, name: str, place: Span) -> None:
        self.name = name
        self.place = place
        self.flags, self.lists, self.gates = Map(place), Map(place), Map(place)
        self.unread: Unknown | None = None  # a word that may set anything
        self.version = ""
        self.all_of_it: Span | None = None  # where plugins are listed that are to be all there are

    def put(self, flag: str, value: Value, place: Span) -> None:
        flag = flag.replace("_", "-")
        if flag == "admission-control":
            flag = _ADMISSION
            self.all_of_it = place
        if flag == GATES:
            self._gates(value, place)
            return
        if flag in LISTS:
            self._list(flag, value, place)
        self.flags.put(flag, _read(flag, value), place)

    def _list(self, flag: str, value: Value, place: Span) -> None:
        items = self.lists.get(flag)
        if not isinstance(items, Seq):
            items = Seq(place)
            self.lists.put(flag, items, place)
        for item in value.split(",") if isinstance(value, str) else (value,):
            items.add(item.strip() if isinstance(item, str) else item, place)

    def _gates(self, value: Value, place: Span) -> None:
        if isinstance(value, str):
            for gate in value.split(","):
                name, _, switched = gate.partition("=")
                self.gates.put(name.strip(), _truth(switched), place)
        elif isinstance(value, Map):
            for name, switched in value.items():
                self.gates.put(name, _truth(switched), value.place(name))
        else:
            self.gates = _open(value if isinstance(value, Unknown) else Unknown("it is no text"), self.gates)

    def _left_out(self, place: Span) -> None:
        """Notes what `--admission-control` switches off by not naming it."""
        named = self.lists.get(_ADMISSION)
        if isinstance(named, Seq) and all(isinstance(item, str) for item in named):
            for plugin in _BY_DEFAULT:
                if plugin not in named:
                    self._list("disable-admission-plugins", plugin, place)

    def noun(self, key: str, name: str, span: Span) -> Noun:
        if self.all_of_it is not None:
            self._left_out(self.all_of_it)
        flags, lists, gates = self.flags, self.lists, self.gates
        if self.unread is not None:
            flags, lists, gates = (_open(self.unread, each) for each in (flags, lists, gates))
        else:
            for file in _FILES.get(self.name, ()):
                if file in flags:
                    flags, lists, gates = self._beside(file, flags, lists, gates)
                    break
        fields = Map(span, self.place)
        fields.put("name", self.name, self.place)
        if self.version:
            fields.put("version", self.version, self.place)
        fields.put("flags", flags, self.place)
        fields.put("lists", lists, self.place)
        fields.put("gates", gates, self.place)
        return Noun("component", name, fields, key)

    def _beside(self, file: str, flags: Map, lists: Map, gates: Map) -> tuple[Map, Map, Map]:
        """With what the file may say."""
        why = Unknown(f"it stands in the file that --{file} names")
        only = _IN_FILE.get(self.name)
        if self.name == "etcd":  # of which nothing else counts then
            return _open(why, Map(self.place)), lists, gates
        if only is None:
            return _open(why, flags), _open(why, lists), _open(why, gates)
        for flag in only:
            if flag not in flags:
                flags.put(flag, why, flags.place(file))
        return flags, lists, gates


def noun_of_words(name: str, start: int, words: Seq, container: Noun) -> Noun:
    """`start`: where in the command line the component's flags begin."""
    environment = _environment(container)
    line = [(_filled(words[index], environment), words.place(index)) for index in range(start, len(words))]
    return _noun(name, line, environment, container)


def noun_of_code(code: str, place: Span, container: Noun) -> Iterator[Noun]:
    """What a shell is told to run, if that is one of ours and all that it does."""
    match = _RUN.match(code)
    if match and "\n" not in code.strip().replace("\\\n", " "):
        line = [(word, place) for word in _of_shell(code[match.end() :])]
        yield _noun(match.group(1), line, _environment(container), container)


def _noun(name: str, line: list[tuple[Value, Span]], environment: Environment, container: Noun) -> Noun:
    read = Flags(name, container.fields.place("command"))
    image = container.fields.get("image")
    read.version = version_in(image.rpartition(":")[2]) if isinstance(image, str) else ""
    if name == "etcd":
        for variable, (value, at) in environment.items():
            if variable.startswith("ETCD_"):
                read.put(variable[5:].lower(), value, at)
    index = 0
    while index < len(line):
        word, at = line[index]
        index += 1
        text = word.template if isinstance(word, PartText) else word
        if isinstance(text, Sensitive):  # a value of its own, and no flag
            continue
        if not isinstance(text, str):
            why = word if isinstance(word, Unknown) else Unknown("a word of its command is no text")
            read.unread = read.unread or why
            continue
        if not text.startswith("-") or text.strip("-") == "":
            if text.startswith(HOLE):
                read.unread = read.unread or Unknown("a word of its command is not known")
            continue
        flag, equals, value = text.lstrip("-").partition("=")
        if HOLE in flag:
            read.unread = read.unread or Unknown("a flag of its command is not known")
        elif equals:
            read.put(flag, word.whole() if isinstance(word, PartText) and HOLE in value else value, at)
        elif flag.replace("_", "-") in TRUTHS or index == len(line) or _is_flag(line[index][0]):
            read.put(flag, "true", at)
        else:
            read.put(flag, line[index][0], at)
            index += 1
    return read.noun(f"{container.key}/{name}", name, container.fields.span)


def _environment(container: Noun) -> Environment:
    """Variables by name, with their places; of what comes from elsewhere, that it is not known."""
    found: dict[str, tuple[Value, Span]] = {}
    env = container.fields.get("env")
    if isinstance(env, Seq):
        for index, item in enumerate(env):
            name = item.get("name") if isinstance(item, Map) else None
            if isinstance(name, str):
                value = item.get("value")
                known = isinstance(value, (str, Unknown))
                found[name] = (value if known else Unknown(f"{name} comes from elsewhere"), env.place(index))
    return found


def version_in(text: str) -> str:
    """`v1.31.2` -> `1.31.2`; "" for what is no version."""
    match = _VERSION.match(text)
    return match.group(1) if match else ""


def _of_shell(words: str) -> Iterator[Value]:
    """The words up to where the command ends."""
    try:
        pieces = shlex.split(words.replace("\\\n", " "))
    except ValueError:
        yield Unknown("its shell's code cannot be read")
        return
    for piece in pieces:
        if _END.match(piece):
            return
        word = piece.removesuffix(";")
        if "$" in word or "`" in word:
            flag, equals, _ = word.partition("=")
            yield PartText("a shell fills it in", (), f"{flag}={HOLE}" if equals and "$" not in flag else HOLE)
        else:
            yield word
        if word != piece:
            return


def _filled(word: Value, environment: Environment) -> Value:
    """With `$(NAME)` filled in as the kubelet does."""
    if not isinstance(word, str) or "$(" not in word:
        return word
    text = str(word)
    for name in dict.fromkeys(_FROM_ENVIRONMENT.findall(text)):
        if name in environment:
            value, _ = environment[name]
            text = text.replace(f"$({name})", value if isinstance(value, str) else HOLE)
    return PartText("a variable of the container fills it in", (), text) if HOLE in text else text


def _is_flag(word: Value) -> bool:
    text = word.template if isinstance(word, PartText) else word
    return not isinstance(text, Sensitive) and (not isinstance(text, str) or text.startswith("-"))


def _read(flag: str, value: Value) -> Value:
    if flag in TRUTHS:
        return _truth(value)
    if isinstance(value, str) and _NUMBER.match(value):
        return int(value)
    return value


def _truth(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    return True if value in _TRUE else False if value in _FALSE else value


def _open(why: Unknown, known: Map) -> Map:
    """The same entries, and perhaps others."""
    from guardrail.formats.hcl_values import PartialMap

    made = PartialMap(why, known.span, known.header)
    for key in known:
        made.copy_entry(known, key)
    return made
