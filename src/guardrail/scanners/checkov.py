"""Checkov's checks of what guardrail does not read: container files, CloudFormation, ARM, Bicep, OpenAPI, Ansible.

Its checks run, and nothing else of it: no configuration file of the scanned tree (which could name Python to load), no
network, no file but those that are handed over, no renderer of charts. What it says of Terraform, Kubernetes and
pipelines is left out; guardrail has rules of its own for these.
"""

from __future__ import annotations

import json
import os
import re
import signal
import site
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import PathFinder
from typing import Any, NamedTuple

from guardrail.errors import UsageError
from guardrail.model import Problem
from guardrail.shipped import site_packages
from guardrail.tree import Tree, Unreadable

CHECK_ID = re.compile(r"CKV2?_[A-Z0-9]+(?:_[A-Z0-9]+)*\Z")
"""What Checkov's ids look like."""

INSTALL = "Checkov is not installed: pip install 'guardrail-scan[checkov]'"
SECONDS, SECONDS_A_FILE = 120.0, 1.0
"""What it may take: to start, and for each file that is handed over."""

_KEPT_VARIABLES = ("PATH", "VIRTUAL_ENV", "SYSTEMROOT", "TMPDIR", "TEMP", "LD_LIBRARY_PATH")

_CONTAINER_FILE = re.compile(r"(?:.+\.)?(?:[Dd]ockerfile|[Cc]ontainerfile)(?:\.(?!dockerignore\Z).+)?\Z")
_TEMPLATE = re.compile(rb"AWSTemplateFormatVersion|AWS::[A-Z][A-Za-z0-9]*::[A-Z]|AWS::Serverless")
_DEPLOYMENT = re.compile(rb"schema\.management\.azure\.com/schemas/[^\"\s]*deploymentTemplate\.json", re.IGNORECASE)
_API = re.compile(rb"[\"']?(?:swagger|openapi)[\"']?[ \t]*:[ \t]*[\"']?[23]\.", re.IGNORECASE)
_TASK = re.compile(rb"^[ \t]*-[ \t]+name:", re.MULTILINE)
_YAML = (".yaml", ".yml")


class _Framework(NamedTuple):
    """`named`: whether a file of this name (in lower case, but for that of a container) may be one. `holds`: what is in
    it then, None for anything. `certain`: what can't be parsed then is a problem, not something else."""

    named: Callable[[str], bool]
    holds: re.Pattern[bytes] | None
    certain: bool

    @property
    def is_telling(self) -> bool:
        """Whether what is in a file tells that it is one for sure."""
        return self.certain and self.holds is not None


FRAMEWORKS: dict[str, _Framework] = {
    "dockerfile": _Framework(lambda name: _CONTAINER_FILE.match(name) is not None, None, True),
    "cloudformation": _Framework(lambda name: name.endswith((*_YAML, ".json", ".template")), _TEMPLATE, True),
    "arm": _Framework(lambda name: name.endswith(".json"), _DEPLOYMENT, True),
    "bicep": _Framework(lambda name: name.endswith(".bicep"), None, True),
    "openapi": _Framework(lambda name: name.endswith((*_YAML, ".json")), _API, False),
    "ansible": _Framework(lambda name: name.endswith(_YAML), _TASK, False),
}


class Wanted(NamedTuple):
    """What is asked for: names of `FRAMEWORKS`, and the severity of what no rule of guardrail's says one for."""

    frameworks: tuple[str, ...]
    severity: str

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Wanted:
        """As guardrail.yaml has it under `scanners.checkov`."""
        return cls(tuple(said.get("frameworks") or FRAMEWORKS), said.get("severity") or "medium")

    @staticmethod
    def is_for(path: str) -> bool:
        """Whether a file may be one for Checkov, by its name."""
        return any(_fits(path, framework) for framework in FRAMEWORKS.values())

    @staticmethod
    def is_check(name: str) -> bool:
        """Whether this is the id of a check, or a glob of ids, as far as one can tell without Checkov."""
        return CHECK_ID.match(name) is not None or (name.startswith("CKV") and any(sign in name for sign in "*?["))


class Handed(NamedTuple):
    """Files of a tree by framework, and those of them that can't be read."""

    tree: Tree
    files: dict[str, list[str]]
    problems: tuple[Problem, ...]
    wanted: Wanted

    @property
    def total(self) -> int:
        return sum(map(len, self.files.values()))


class Said(NamedTuple):
    """What Checkov says of the files of one tree: of each framework the records of its process, as they come. `known`:
    ids of the checks that there are."""

    records: dict[str, dict[str, Any]]
    problems: list[Problem]
    known: frozenset[str]


def _fits(path: str, framework: _Framework) -> bool:
    name = path.rpartition("/")[2]
    return framework.named(name) or framework.named(name.lower())


def found_in() -> str | None:
    """The folder that Checkov is installed in: beside guardrail, and nowhere else."""
    spec = PathFinder.find_spec("checkov", site_packages())
    places = spec.submodule_search_locations if spec else None
    return os.path.dirname(next(iter(places))) if places else None


def hand_over(tree: Tree, paths: Iterable[str], doubtful: Iterable[str], wanted: Wanted) -> Handed:
    """Those of the files that a framework is about, by a look inside. `doubtful`: files that guardrail looks into
    itself, since they may be manifests; a template that is written in them is none. Raises UsageError where there is no
    Checkov."""
    if found_in() is None:
        raise UsageError(INSTALL)
    files: dict[str, list[str]] = {}
    problems: list[Problem] = []
    others = set(doubtful)
    for path in sorted(others.union(paths)):
        fitting = [
            each
            for each in wanted.frameworks
            if _fits(path, FRAMEWORKS[each]) and (path not in others or FRAMEWORKS[each].is_telling)
        ]
        if not fitting:
            continue
        try:
            meant = _meant(fitting, tree.read(path))
        except Unreadable as error:
            # Data may be as large as it likes; what is a template by its beginning should have been checked.
            if error.problem.kind != "too-large" or _meant(fitting, tree.head(path)):
                problems.append(error.problem)
            continue
        tree.forget([path])
        if meant:
            files.setdefault(meant, []).append(path)
    return Handed(tree, files, tuple(problems), wanted)


def _meant(frameworks: Sequence[str], data: bytes) -> str:
    """The first of these that the data may be of; empty where it is of none."""
    for each in frameworks:
        holds = FRAMEWORKS[each].holds
        if holds is None or holds.search(data):
            return each
    return ""


class Running:
    """Checkov at work on the files of several trees."""

    def __init__(self, handed: Sequence[Handed]) -> None:
        self._handed = list(handed)
        self._limit = SECONDS + SECONDS_A_FILE * sum(each.total for each in handed)
        self._folder = tempfile.TemporaryDirectory(prefix="guardrail-checkov-")
        self._results = os.path.join(self._folder.name, "results")
        home = os.path.join(self._folder.name, "home")
        os.mkdir(home)
        with open(self._results, "wb") as results:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "guardrail.scanners.checkov_process"],
                stdin=subprocess.PIPE,
                stdout=results,
                stderr=subprocess.DEVNULL,
                cwd=home,
                env=_environment(home),
                start_new_session=True,
            )
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([_job(each) for each in handed]).encode())
            self._process.stdin.close()
        except BrokenPipeError:  # it did not start; what it says, or doesn't, shows that
            pass

    def results(self) -> list[Said]:
        """Waits for it; in the order of the trees. What did not come of it is a problem."""
        ended = ""
        try:
            code = self._process.wait(self._limit)
            if code:
                ended = f"it ended with {f'signal {-code}' if code < 0 else f'exit code {code}'}"
        except subprocess.TimeoutExpired:
            ended = f"it did not come to an end in {self._limit:.0f} seconds"
        with open(self._results, "rb") as results:
            lines = results.read().splitlines()
        self.stop()
        return _sorted(self._handed, lines, ended)

    def stop(self) -> None:
        """Ends it and what it started, wherever it is."""
        if self._process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _job(handed: Handed) -> dict[str, list[str]]:
    return {name: [handed.tree.absolute(path) for path in paths] for name, paths in handed.files.items()}


def _environment(home: str) -> dict[str, str]:
    """Nothing that Checkov would take for an order, or for the key of an account."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    ahead = dict.fromkeys(folder for folder in (own, found_in()) if folder and folder not in _always_there())
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(ahead),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONHASHSEED": "0",
        "HOME": home,
        "LOG_LEVEL": "CRITICAL",
    }


def _always_there() -> set[str]:
    """What must not come before the standard library."""
    paths = sysconfig.get_paths()
    return {paths["purelib"], paths["platlib"]}


def _sorted(handed: Sequence[Handed], lines: Iterable[bytes], ended: str) -> list[Said]:
    found: list[dict[str, dict[str, Any]]] = [{} for _ in handed]
    known: frozenset[str] = frozenset()
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:  # cut off when it was killed
            continue
        if "ids" in message:
            known = frozenset(message["ids"])
        else:
            found[message["job"]][message["framework"]] = message
    said: list[Said] = []
    for each, records in zip(handed, found, strict=True):
        problems: list[Problem] = []
        for name, files in each.files.items():
            problems += _problems_of(name, files, records.get(name), ended, each.tree)
        said.append(Said(records, problems, known))
    return said


def _problems_of(
    framework: str, files: Sequence[str], record: Mapping[str, Any] | None, ended: str, tree: Tree
) -> list[Problem]:
    if record is None:
        where = files[0] if len(files) == 1 else ""
        what = f"{framework}: {len(files):,} file{'' if len(files) == 1 else 's'} not checked by Checkov"
        return [Problem("scanner", f"{what}: {ended or 'it says nothing of them'}", where)]
    found = [Problem("scanner", f"Checkov fails: {error}", name_of(tree, path)) for path, error in record["errors"]]
    if FRAMEWORKS[framework].certain:
        failed = {problem.file for problem in found}
        found += [
            Problem("syntax", f"Checkov cannot parse this as {framework}", name)
            for path in record["unparsed"]
            if (name := name_of(tree, path)) not in failed
        ]
    return found


def name_of(tree: Tree, path: str) -> str:
    """Of an absolute path that Checkov was given."""
    return os.path.relpath(path, tree.base).replace(os.sep, "/")
