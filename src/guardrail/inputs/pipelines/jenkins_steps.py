"""What the steps of Jenkins' pipelines run: scripts, containers, libraries, credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from guardrail.formats.groovy_nodes import Call, Closure, ListOf, MapOf, Name, Node, Operation, Quote, walk
from guardrail.formats.shell import DETECTIONS
from guardrail.inputs.pipelines.jenkins_agents import container_template, docker_container
from guardrail.inputs.pipelines.jenkins_file import JenkinsFile, Phrase, literal
from guardrail.inputs.pipelines.jenkins_pods import pod_template
from guardrail.inputs.pipelines.jenkins_scope import Scope, named, shortened
from guardrail.inputs.pipelines.jenkins_taint import Taint, is_chosen, place_of
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown
from guardrail.model.patterns import lazy_regex

SHELLS = {"sh": "sh", "bat": "cmd", "powershell": "powershell", "pwsh": "pwsh"}
# Of other steps, the argument that is code for another machine's shell.
_REMOTE = {"sshCommand": "command", "sshTransfer": "execCommand", "sshPublisherDesc": "execCommand"}
_POSIX = frozenset(("sh", "bash", "dash", "ksh", "zsh", "cmd", "powershell", "pwsh"))
_SECRET_VARIABLES = {
    "string": ("variable",), "usernamePassword": ("passwordVariable",), "usernameColonPassword": ("variable",),
    "sshUserPrivateKey": ("passphraseVariable",), "certificate": ("passwordVariable",), "gitUsernamePassword": (),
    "StringBinding": ("variable",), "UsernamePasswordMultiBinding": ("passwordVariable",),
    "UsernamePasswordBinding": ("variable",), "AmazonWebServicesCredentialsBinding": ("secretKeyVariable",),
    "azureServicePrincipal": ("clientSecretVariable",), "vaultString": ("variable",),
    "conjurSecretCredential": ("variable",),
}  # fmt: skip
_DEFAULT_VARIABLES = {
    "AmazonWebServicesCredentialsBinding": "AWS_SECRET_ACCESS_KEY",
    "azureServicePrincipal": "AZURE_CLIENT_SECRET",
}
_RUNS_IMAGE = frozenset(("inside", "withRun", "run", "pull"))
# Before the path of a file: what is pasted there is where Jenkins has put the secret.
_AS_PATH = lazy_regex(r"(?:--(?:kubeconfig|identity-file|key-file)[=\s]\s*|\s-i\s+|\bcp\s+(?:-\w+\s+)*)[\"']?\Z")
MAX_HITS = 200  # in one script; more would say no more


class Work:
    """What the steps of one resource are told with. `where` is what a message calls the place; `secrets` are the
    variables around it that Jenkins fills with credentials, by the credentials' ids."""

    __slots__ = ("files", "keys", "resource", "scope", "secrets", "taint", "used", "where")

    def __init__(self, resource: Resource, scope: Scope, taint: Taint, where: str, secrets: dict[str, str]) -> None:
        self.resource, self.scope, self.taint, self.where, self.secrets = resource, scope, taint, where, secrets
        self.keys = (Keys(), Keys(), Keys())  # of scripts, images, libraries
        self.used: dict[str, Span] = {}  # ids of credentials
        self.files: list[str] = []  # loaded from the repository

    @property
    def file(self) -> JenkinsFile:
        return self.scope.file

    def run(self, nodes: Iterable[Node], secrets: dict[str, str] | None = None) -> None:
        """Adds the nouns of everything that is called in these nodes, however deep."""
        outer = self.secrets if secrets is None else secrets
        stack: list[tuple[Node, dict[str, str]]] = [(node, outer) for node in nodes]
        stack.reverse()
        while stack:
            node, known = stack.pop()
            if isinstance(node, Call):
                known = self._call(node, known)
            stack.extend((child, known) for child in reversed(list(node.children())))

    def _call(self, call: Call, secrets: dict[str, str]) -> dict[str, str]:
        """The secrets that its arguments see."""
        if call.receiver is not None and not _is_steps(call.receiver):
            self._docker(call)
            return secrets
        if call.name in SHELLS:
            node = call.get("script") or next((arg for arg in call.args if not isinstance(arg, Closure)), None)
            if isinstance(node, MapOf):  # sh([script: '...'])
                node = node.get("script")
            if node is not None:
                self._script(call, node, SHELLS[call.name], "step", secrets)
        elif call.name in _REMOTE and (node := call.get(_REMOTE[call.name])) is not None:
            self._script(call, node, "sh", "action-script", secrets)
        elif call.name == "withCredentials":
            secrets = {**secrets, **self._bound(call)}
        elif call.name == "httpRequest":
            self._request(call)
        elif call.name == "containerTemplate":
            self._add(container_template(call, self.scope, self.keys[1]))
        elif call.name == "podTemplate":
            self._add(pod_template(call, self.scope, self.keys[1]))
        elif call.name in ("library", "lib"):
            node = call.get("identifier") or (call.args[0] if call.args else None)
            self._add(library_noun(node, self.scope, self.keys[2]) if node is not None else [])
        elif call.name == "load" and call.args:
            self._load(call)
        return secrets

    def _add(self, nouns: Iterable[Noun]) -> None:
        for noun in nouns:
            self.resource.add_noun(noun)

    # Scripts ----------------------------------------------------------------------------------------------

    def _script(self, call: Call, node: Node, shell: str, kind: str, secrets: dict[str, str]) -> None:
        file = self.file
        label = file.plain(call.get("label"))
        name = f"`{call.name}` of {self.where}" if not label else f"{label} of {self.where}"
        span = file.of(call)
        draft = Draft("script", file.head(call), span)
        draft.put("name", name)
        draft.put("class", kind)
        draft.put("privileged_trigger", False)
        phrase = file.phrase(node)
        if phrase is None:
            reason = f"`{shortened(file.written(node))}` is worked out when the pipeline runs"
            filled = self.scope.fill(node) if named(node)[0] else []
            unknown = Unknown(reason)
            known = filled[0].value if len(filled) == 1 and filled[0].unknown is None else unknown
            draft.put("shell", shell)
            draft.put("text", known, file.of(node), filled[0].origin if filled else None)
            self._detect(draft, str(known) if isinstance(known, str) else None, unknown, file.of(node))
            sources = self.taint.sources(node)  # sh(env.CHANGE_TITLE)
            self._hits(draft, span, [(file.of(node), file.written(node), source) for source in sources])
        else:
            interpreter = _interpreter(phrase.shell) or shell
            draft.put("shell", interpreter)
            draft.put("text", phrase.code, file.of(node))
            is_shell = interpreter in _POSIX
            for field, find in DETECTIONS:
                found = find(phrase.shell) if is_shell else None
                place = phrase.code.place(file.path, *found) if found else None
                draft.put(field, found is not None, place)
            self._pasted(draft, phrase, interpreter, span)
        draft.put("pasted_secrets", self._pasted_secrets(phrase, secrets, draft.header), draft.header)
        first = shortened((str(phrase.code) if phrase else file.written(node)).strip().partition("\n")[0], 40)
        self.resource.add_noun(draft.noun(name, self.keys[0].next(f"{call.name}/{label or first}")))

    def _detect(self, draft: Draft, text: str | None, unknown: Unknown, span: Span) -> None:
        for field, find in DETECTIONS:
            draft.put(field, find(text) is not None if text is not None else unknown, span)

    def _pasted(self, draft: Draft, phrase: Phrase, shell: str, span: Span) -> None:
        found = list(islice(self.taint.hits(phrase, shell), MAX_HITS))
        told = [(place_of(phrase, hit), phrase.code[hit.start : hit.end], hit.source) for hit in found]
        self._hits(draft, span, told)

    def _hits(self, draft: Draft, span: Span, told: list[tuple[Span, str, str]]) -> None:
        """What outsiders write, and what those choose who may start the job or push."""
        hits, others = Seq(span, draft.header), Seq(span, draft.header)
        for place, expression, source in told:
            chosen = is_chosen(source)
            item = Map(place)
            item.put("expression", expression, place)
            item.put("source", source, place)
            item.put("control", "chosen", place) if chosen else item.put("privileged", False, place)
            items = others if chosen else hits
            if not items:
                items.header = place
            items.add(item, place)
        draft.put("untrusted", hits, hits.header)
        if others:
            draft.put("expansions", others, others.header)

    def _pasted_secrets(self, phrase: Phrase | None, secrets: dict[str, str], header: Span) -> Seq:
        found = Seq(header, header)
        for start, end, expression in phrase.holes if phrase else ():
            name, holder = named(expression)
            if not name or holder == "params" or name not in secrets:
                continue
            if phrase and _AS_PATH.search(phrase.code, max(start - 200, 0), start):
                continue
            place = phrase.code.place(self.file.path, start, end) if phrase else header
            item = Map(place)
            item.put("expression", phrase.code[start:end] if phrase else "", place)
            item.put("source", secrets[name], place)
            if not found:
                found.header = place
            found.add(item, place)
        return found

    # Credentials ------------------------------------------------------------------------------------------

    def _bound(self, call: Call) -> dict[str, str]:
        """The variables that hold secrets within `withCredentials([...]) { }`."""
        found: dict[str, str] = {}
        bindings = call.args[0].items if call.args and isinstance(call.args[0], ListOf) else []
        for binding in bindings:
            kind, identity = "", "credentials"
            get = None
            if isinstance(binding, Call):
                kind, get = binding.name, binding.get
            elif isinstance(binding, MapOf):
                kind, get = self.file.plain(binding.get("$class")) or "", binding.get
            if get is None:
                continue
            kind = kind.rpartition(".")[2]
            identity = self.file.plain(get("credentialsId")) or identity
            self.used.setdefault(identity, self.file.of(binding))
            for key in _SECRET_VARIABLES.get(kind, ()):
                name = self.file.plain(get(key)) or _DEFAULT_VARIABLES.get(kind)
                if name:
                    found[name] = identity
        return found

    # Containers, libraries, files -------------------------------------------------------------------------

    def _docker(self, call: Call) -> None:
        """`docker.image('x').inside(...)` and its like; an image that is only tagged or pushed was made here."""
        image = call.receiver
        if (
            call.name in _RUNS_IMAGE
            and isinstance(image, Call)
            and image.name == "image"
            and isinstance(image.receiver, Name)
            and image.receiver.id == "docker"
            and image.args
        ):
            options = call.args[0] if call.args and not isinstance(call.args[0], Closure) else None
            kind = "service" if call.name in ("withRun", "run") else "job"
            self._add(docker_container(image.args[0], options, self.scope, self.keys[1], kind, call))

    def _request(self, call: Call) -> None:
        if literal(call.get("ignoreSslErrors")) is not True:
            return
        file = self.file
        start, value = next((at, value) for key, value, at in call.named if key == "ignoreSslErrors")
        name = f"`httpRequest` of {self.where}"
        draft = Draft("script", file.head(call), file.of(call))
        draft.put("name", name)
        draft.put("class", "action-script")
        draft.put("shell", "groovy")
        draft.put("text", file.written(call))
        draft.put("untrusted", Seq(draft.header))
        draft.put("privileged_trigger", False)
        for field, _ in DETECTIONS:
            draft.put(field, field == "skips_verification", file.span(start, value.end))
        self.resource.add_noun(draft.noun(name, self.keys[0].next("httpRequest")))

    def _load(self, call: Call) -> None:
        file = self.file
        text = file.plain(call.args[0])
        header = file.head(call)
        draft = Draft("dependency", header)
        draft.put("ecosystem", "library")
        draft.put("name", text if text else Unknown(f"`{shortened(file.written(call.args[0]))}` is known when it runs"))
        draft.put("local", True)
        label = text or shortened(file.written(call))
        self.resource.add_noun(draft.noun(label, self.keys[2].next(label)))
        if text:
            self.files.append(text)


def _is_steps(receiver: Node) -> bool:
    """`steps.sh`, `this.sh`, `script.sh`: how libraries say it."""
    return isinstance(receiver, Name) and receiver.id in ("steps", "this", "script", "pipeline")


def _interpreter(text: str) -> str:
    """What a script's first line asks for."""
    if not text.startswith("#!"):
        return ""
    words = text.partition("\n")[0][2:].split()
    if words and words[0].endswith("/env"):
        words = [word for word in words[1:] if not word.startswith("-")]
    return words[0].rpartition("/")[2] if words else ""


def library_noun(node: Node, scope: Scope, keys: Keys) -> Iterator[Noun]:
    """A shared library, `name@version`; without a version it is the one that Jenkins' settings name."""
    file = scope.file
    span = file.of(node)
    if isinstance(node, (ListOf, Operation)):
        for item in walk(node):
            if isinstance(item, Quote):
                yield from library_noun(item, scope, keys)
        return
    if not isinstance(node, (Quote, Name)):
        return
    draft = Draft("dependency", span)
    draft.put("ecosystem", "library")
    draft.put("local", False)
    filled = scope.fill(node)[0]
    name, mark, version = filled.template.partition("@")
    if filled.unknown is not None:
        draft.put("name", name if "\0" not in name else filled.unknown)
        draft.put("version", filled.unknown)
        draft.put("pin", filled.unknown)
    else:
        draft.put("name", name)
        if mark:
            draft.put("version", version)
            draft.put("pin", git_pin(version))
        else:
            unknown = Unknown(f"which version of {name} is taken is set in Jenkins")
            draft.put("version", unknown)
            draft.put("pin", unknown)
    shown = name.replace("\0", "*")
    yield draft.noun(f"the library {shown}", keys.next(shown))
