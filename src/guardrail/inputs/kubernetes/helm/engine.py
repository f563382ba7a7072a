"""Real Helm, kept on a short lead: the library of helm-python-sdk in a process of its own, or a `helm` on PATH.

Neither gets a network, a cluster, plugins, or an environment that could name one; both have limits of time, memory and
output. `lookup` finds nothing, as in `helm template`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, NamedTuple

from guardrail.inputs.kubernetes.helm.served import KUBE_VERSION, api_versions
from guardrail.model.patterns import lazy_regex

SECONDS = 30.0  # for one rendering
ALL_SECONDS = 900.0  # for all of a scan
MEMORY = 2 << 30  # bytes
MAX_OUTPUT = 10 << 20  # bytes of one rendering
AT_ONCE = 4  # processes of Helm
WORTH_ANOTHER = 8  # renderings that wait for a process of the library, which takes as long to start as they take
_OUT_OF_MEMORY = ("out of memory", "MemoryError", "annot allocate", "pthread_create failed")  # no room for a stack
_JOINED = lazy_regex(r"^---(?=[^\s-])", re.M)
_SOURCE = lazy_regex(r"^---[ \t]*\n# Source: (\S.*)\n", re.M)


class Job(NamedTuple):
    """One rendering. `chart` is a folder on disk, `values` are files there, the later ones winning."""

    chart: str
    values: tuple[str, ...]
    release: str
    namespace: str
    for_places: bool = False  # with marks in it, which may make it something that is no YAML


class Rendering(NamedTuple):
    """Templates by the name that Helm calls them (`api/templates/deployment.yaml`), or what Helm said instead.
    `aborted`: it was not Helm that said so, but a limit."""

    manifests: dict[str, str]
    error: str = ""
    aborted: bool = False


class Engine(ABC):
    """Renders while its user does something else, several things at a time. Whoever asked for one closes it."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.deadline = time.monotonic() + ALL_SECONDS
        self.at_once = min(AT_ONCE, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(self.at_once)

    def start(self, job: Job) -> Future[Rendering]:
        """Has it rendered after what was started before. The chart and its values must stay as they are until then."""
        return self._threads.submit(self.render, job)

    def render(self, job: Job) -> Rendering:
        """Renders it now, whatever has been started."""
        if time.monotonic() > self.deadline:
            return Rendering({}, f"the charts together take longer than {ALL_SECONDS:.0f} seconds", True)
        return self._render(job)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    @abstractmethod
    def _render(self, job: Job) -> Rendering: ...


def _most(job: Job) -> int:
    """Bytes that it may put out; marks make it longer."""
    return MAX_OUTPUT * 3 if job.for_places else MAX_OUTPUT


def find_engine(home: str) -> Engine | None:
    """The SDK where it is installed, else a `helm` on PATH, else None. `home` is an empty folder."""
    site = _sdk()
    if site is not None:
        return Library(site, home)
    import shutil

    binary = shutil.which("helm")
    return Binary(binary, home) if binary else None


def _sdk() -> str | None:
    """The folder that helm-python-sdk is installed in."""
    from importlib.util import find_spec

    try:
        spec = find_spec("helm_python")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    package = os.path.dirname(os.path.abspath(spec.origin))
    native = os.path.join(package, "lib")  # not there where the package was installed without a wheel
    if "HELM_C_LIB" not in os.environ and not (os.path.isdir(native) and os.listdir(native)):
        return None
    return os.path.dirname(package)


def _environment(home: str) -> dict[str, str]:
    """Only what Helm needs. Proxies that lead nowhere: what would go to a network fails at once."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "HELM_C_LIB", "LANG") if name in os.environ}
    folders = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "XDG_CACHE_HOME",
               "XDG_CONFIG_HOME", "XDG_DATA_HOME")  # fmt: skip
    nowhere = "http://127.0.0.1:9"
    return {
        **kept,
        **{name: os.path.join(home, name.lower()) for name in folders},
        "HOME": home,
        "TMPDIR": home,
        "KUBECONFIG": os.path.join(home, "no-kubeconfig"),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "",
        "GOMEMLIMIT": str(MEMORY * 3 // 4),
        "GOTRACEBACK": "none",
    }


class Library(Engine):
    """helm-python-sdk. A process renders one thing after the other, since loading the library takes longer than a
    rendering; there are more of them where much is waiting."""

    def __init__(self, site: str, home: str) -> None:
        super().__init__(home)
        self.site = site
        self._free = threading.Condition()
        self._children: list[_Child] = []
        self._idle: list[_Child] = []
        self._started = 0  # and not done

    def start(self, job: Job) -> Future[Rendering]:
        with self._free:
            self._started += 1
        started = super().start(job)
        started.add_done_callback(self._done)
        return started

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.kill()  # nobody waits for what it is at
        super().close()
        for child in self._children:
            child.stop()

    def _done(self, _: Future[Rendering]) -> None:
        with self._free:
            self._started -= 1

    def _render(self, job: Job) -> Rendering:
        child = self._take()
        try:
            return child.render(job)
        finally:
            with self._free:
                self._idle.append(child)
                self._free.notify()

    def _take(self) -> _Child:
        with self._free:
            while not self._idle:
                if self._started >= WORTH_ANOTHER * len(self._children) and len(self._children) < self.at_once:
                    self._children.append(_Child(self.site, self.home))
                    return self._children[-1]
                self._free.wait()
            return self._idle.pop()


class _Child:
    """A process that renders, and is started anew after what it did not survive."""

    def __init__(self, site: str, home: str) -> None:
        self.site, self.home = site, home
        self.process: subprocess.Popen[bytes] | None = None

    def render(self, job: Job) -> Rendering:
        process = self._running()
        request = {"chart": job.chart, "values": job.values, "release": job.release, "namespace": job.namespace,
                   "kube_version": f"v{KUBE_VERSION}", "api_versions": api_versions(),
                   "most": _most(job)}  # fmt: skip
        stdin, stdout = _pipes(process)
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError:
            self.stop()
            return Rendering({}, "Helm's library does not start", True)
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        line = stdout.readline(_most(job) * 2)
        late = not timer.is_alive() and not line.endswith(b"\n")
        timer.cancel()
        if late:
            self.stop()
            return Rendering({}, f"it takes longer than {SECONDS:.0f} seconds", True)
        if not line.endswith(b"\n"):
            return Rendering({}, _why_it_died(self.stop()), True)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            return Rendering({}, str(answer["error"]))
        return Rendering({str(name): _parted(str(text)) for name, text in answer["manifests"].items()})

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            script = os.path.join(os.path.dirname(__file__), "child.py")
            command = [sys.executable, "-I", script, self.site, str(MEMORY)]
            self.errors = tempfile.TemporaryFile(dir=self.home)  # noqa: SIM115 - lives as long as the process
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, cwd=self.home,
                env=_environment(self.home), start_new_session=True,
            )  # fmt: skip
        return self.process

    def kill(self) -> None:
        process = self.process
        if process is not None:
            process.kill()

    def stop(self) -> str:
        """Ends the process. What it said on the way."""
        process, self.process = self.process, None
        if process is None:
            return ""
        stdin, stdout = _pipes(process)
        for stream in (stdin, stdout):
            try:
                stream.close()
            except OSError:
                continue  # what was still to be written to a process that is gone
        process.kill()
        process.wait()
        self.errors.seek(0)
        said = self.errors.read(4000).decode("utf-8", "replace")
        self.errors.close()
        return said


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _why_it_died(said: str) -> str:
    if any(sign in said for sign in _OUT_OF_MEMORY):
        return f"it needs more than {MEMORY >> 30} GiB of memory"
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    telling = (lines[-1] if lines[0].startswith("Traceback") else lines[0])[:200] if lines else ""
    return f"Helm ended without an answer{f' ({telling})' if telling else ''}"


class Binary(Engine):
    """A `helm` on PATH, version 3 or 4: a process for each rendering."""

    def __init__(self, binary: str, home: str) -> None:
        super().__init__(home)
        self.binary = binary

    def _render(self, job: Job) -> Rendering:
        command = [self.binary, "template", job.release, job.chart, "--namespace", job.namespace,
                   "--kube-version", KUBE_VERSION, "--api-versions", ",".join(api_versions())]  # fmt: skip
        for path in job.values:
            command += ["--values", path]
        if job.for_places:
            command.append("--debug")  # then it prints what it could not parse, too
        with tempfile.TemporaryFile(dir=self.home) as output, tempfile.TemporaryFile(dir=self.home) as errors:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=self.home,
                    env=_environment(self.home), start_new_session=True,
                )  # fmt: skip
                _limit(process.pid)
            except OSError as error:
                return Rendering({}, f"{self.binary} does not start: {error.strerror}", True)
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return Rendering({}, f"it takes longer than {SECONDS:.0f} seconds", True)
            output.seek(0)
            errors.seek(0)
            text = output.read(_most(job) + 1)
            said = errors.read(20_000).decode("utf-8", "replace")
        if len(text) > _most(job):
            return Rendering({}, f"what it renders to has more than {MAX_OUTPUT:,} bytes", True)
        if code != 0 and not (job.for_places and text):
            first = next((line for line in said.split("\n") if line.startswith("Error: ")), "")
            if not first:
                return Rendering({}, _why_it_died(said), True)
            message = said[said.index(first) + len("Error: ") :]
            return Rendering({}, message.split("\n\nUse --debug flag")[0].strip())
        return Rendering(dict(_by_source(text.decode("utf-8", "replace"))))


def _limit(process: int) -> None:
    """Where the system can do that to another process (Linux); time and output are limited everywhere."""
    try:
        import resource
    except ImportError:
        return
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    limits = ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, 3 * MAX_OUTPUT + 1), (resource.RLIMIT_CORE, 0))
    for kind, most in limits:
        try:
            prlimit(process, kind, (most, most))
        except (OSError, ValueError):
            return  # it has ended already, or a lower limit holds


def _parted(text: str) -> str:
    """With a line to itself for each `---`. Where an action trims what follows it (`{{- if .Values.x -}}`), the next
    document begins on the same line, which is no YAML, but is for Helm: it parts documents before it reads them.
    """
    return _JOINED.sub("---\n", text)


def _by_source(text: str) -> Iterator[tuple[str, str]]:
    """What `helm template` prints, by template. Documents of one template may stand apart, sorted by kind."""
    found: dict[str, list[str]] = {}
    cuts = list(_SOURCE.finditer(text))
    for index, cut in enumerate(cuts):
        end = cuts[index + 1].start() if index + 1 < len(cuts) else len(text)
        found.setdefault(cut.group(1).strip(), []).append(text[cut.end() : end])
    for name, pieces in found.items():
        yield name, "---\n".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
