"""The nouns that Tekton and Argo Workflows have in common with all CI systems, from what stands in an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from guardrail.concepts.container_scripts import code_index
from guardrail.concepts.scripts import script_noun
from guardrail.formats.shell import evaluated, expanded_variables
from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.vocabulary import FIELDS, Draft
from guardrail.model import Map, Noun, Origin, PartText, Seq, Span, Text, Unknown, Value
from guardrail.model.quantity import duration

MAX_HITS = 200  # in one script; more would say no more
MAX_SOURCES = 10  # of one expression
MAX_HOPS = 12


class Source(NamedTuple):
    """Words of an outsider that come by way of `hops`, nearest first. `privileged`: anyone may start the event."""

    words: str
    privileged: bool
    hops: tuple[Origin, ...] = ()

    def by_way_of(self, note: str, span: Span, value: Value) -> Source:
        return Source(self.words, self.privileged, (Origin(note, span, value), *self.hops))


class Paste(NamedTuple):
    """An expression of a text, `text[start:end]`, and an outsider's words in what it stands for."""

    start: int
    end: int
    source: Source


FindPastes = Callable[[str], Iterable[Paste]]


def distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    """One of each, the shortest way first."""
    found: dict[str, Source] = {}
    for source in sources:
        known = found.get(source.words)
        if known is None or len(source.hops) < len(known.hops):
            found[source.words] = source
    return tuple(found.values())[:MAX_SOURCES]


class Events(NamedTuple):
    """What starts something: names of events, and the place that says so. `unknown`: there may be others."""

    names: tuple[str, ...] = ()
    place: Span | None = None
    outsiders: bool | None = None  # None: not known

    def put(self, draft: Draft) -> None:
        if self.place is None:
            return
        listed = Seq(self.place)
        for name in self.names:
            listed.add(name, self.place)
        draft.put("triggers", listed, self.place)
        for field in ("untrusted", "privileged_trigger"):
            if self.outsiders is not None:
                draft.put(field, self.outsiders, self.place)


class Code(NamedTuple):
    """A piece of code: what holds it, and where in that."""

    holder: Map | Seq
    key: str | int
    shell: str

    @property
    def text(self) -> Value:
        return self.holder[int(self.key)] if isinstance(self.holder, Seq) else self.holder[str(self.key)]

    @property
    def place(self) -> Span:
        return self.holder.place(int(self.key)) if isinstance(self.holder, Seq) else self.holder.place(str(self.key))


def code_of(container: Map, key: str, interpreter: Value = None) -> Code | None:
    """What a container is told to run as a text: the entry at `key`, or what a shell is handed with `-c`."""
    text = container.get(key) if key else None
    if isinstance(text, (str, PartText)) and text != "":
        return Code(container, key, _shell(text, interpreter))
    words = Seq(container.span, container.header)
    for name in ("command", "args"):
        listed = container.get(name)
        if isinstance(listed, Seq):
            for index, word in enumerate(listed):
                words.add(word, listed.place(index))
    at = code_index(words)
    return Code(words, at, str(words[0]).rpartition("/")[2]) if at is not None else None


def _shell(text: Value, interpreter: Value) -> str:
    """By the first line, or by the command that the code is handed to; `sh` where neither says."""
    if isinstance(interpreter, Seq) and interpreter and isinstance(interpreter[0], str):
        words = [word for word in interpreter if isinstance(word, str)]
    else:
        first = (text.template if isinstance(text, PartText) else str(text)).split("\n", 1)[0]
        words = first[2:].split() if first.startswith("#!") else ["sh"]
    names = [word.rpartition("/")[2] for word in words if not word.startswith("-")]
    if names and names[0] == "env":
        names = names[1:]
    return names[0] if names else "sh"


def script(code: Code, name: str, key: str, pastes: FindPastes, env: dict[str, tuple[Source, ...]],
           privileged: bool | None) -> Noun:  # fmt: skip
    """The noun of a piece of code. `env`: variables that hold an outsider's words, which count where the shell is told
    to take them for code."""
    noun = script_noun(code.holder, code.key, "step", name, key)
    fields = noun.fields
    fields.put("shell", code.shell, fields.header)
    text = code.text
    if isinstance(text, PartText):
        text = text.template
    hits = Seq(fields.header)
    if isinstance(text, str):
        for paste in pastes(text):
            _hit(hits, text, paste.start, paste.end, text[paste.start : paste.end], paste.source, code.place)
        if env and "$" in text:
            for command, inner in evaluated(text):
                for variable in dict.fromkeys(expanded_variables(inner)):
                    for source in env.get(variable, ()):
                        _hit(hits, text, command.start, command.end, f"${variable}", source, code.place)
    if hits:
        hits.header = hits.spans[0]
    fields.put("untrusted", hits, hits.header)
    if privileged is None:
        fields.pop("privileged_trigger", None)
    else:
        fields.put("privileged_trigger", privileged, fields.header)
    for field in FIELDS["script"]:
        fields.spans.setdefault(field, fields.header)
    return noun


def _hit(hits: Seq, text: str, start: int, end: int, expression: str, source: Source, entry: Span) -> None:
    if len(hits) >= MAX_HITS:
        return
    place = text.place(entry.file, start, end) if isinstance(text, Text) else entry
    item = Map(place)
    item.put("expression", expression, place)
    hops = source.hops
    item.put("source", source.words, place, (lambda: hops) if hops else None)
    item.put("privileged", source.privileged, place)
    hits.add(item, place)


def environment(container: Map, sources: Callable[[str], tuple[Source, ...]]) -> dict[str, tuple[Source, ...]]:
    """Variables of a container that hold an outsider's words."""
    found: dict[str, tuple[Source, ...]] = {}
    for item in _items(container, "env"):
        name, value = item.get("name"), item.get("value")
        if isinstance(name, str) and isinstance(value, str):
            carried = sources(value)
            if carried:
                note = f"environment variable {name}"
                found[name] = tuple(source.by_way_of(note, item.place("value"), value) for source in carried)
    return found


def secrets_of(containers: Iterable[Map], volumes: Iterable[Map], where: Span) -> Seq:
    """Names of the Secrets that containers take variables or files from."""
    names: dict[str, Span] = {}

    def note(holder: Value, key: str) -> None:
        name = holder.get(key) if isinstance(holder, Map) else None
        if isinstance(name, str) and isinstance(holder, Map):
            names.setdefault(name, holder.place(key))

    for container in containers:
        for item in _items(container, "env"):
            given = item.get("valueFrom")
            note(given.get("secretKeyRef") if isinstance(given, Map) else None, "name")
        for item in _items(container, "envFrom"):
            note(item.get("secretRef"), "name")
    for volume in volumes:
        note(volume.get("secret"), "secretName")
    found = Seq(where)
    for name, span in names.items():
        found.add(name, span)
    return found


def _items(holder: Map | None, key: str) -> Iterator[Map]:
    listed = holder.get(key) if holder is not None else None
    for item in listed if isinstance(listed, Seq) else ():
        if isinstance(item, Map):
            yield item


def deploys(name: str, codes: Iterable[Code]) -> bool:
    """By its name, or by the commands of what doesn't try things out."""
    if deployments.is_trial(name):
        return False
    text = "\n".join(code.text for code in codes if isinstance(code.text, str))
    if deployments.is_throwaway(text):
        return False
    return deployments.says_so(name) or deployments.runs_deployment(text)


def seconds(value: Value) -> Value:
    """A span of time in seconds: a number of them, or Go's `1h30m`. 0 is one; None for what is none."""
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.refs)
    if isinstance(value, str) and ("{{" in value or "$(" in value):
        return Unknown("it is known only when the pipeline runs")
    return duration(value)
