"""Renders charts with helm-python-sdk, in a process of its own: a chart that makes Helm use up its memory, or crash,
takes only this process with it.

Run as a script (`child.py FOLDER_OF_PACKAGES MEMORY`), so that it starts without guardrail: one JSON object a
line comes in (see `render`), one goes out (`manifests` or `error`).
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any


def limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    # RLIMIT_DATA rather than RLIMIT_AS: Go reserves addresses by the gigabyte and uses few of them.
    for name in ("RLIMIT_DATA", "RLIMIT_CORE"):
        kind = getattr(resource, name, None)
        if kind is not None:
            wanted = memory if name == "RLIMIT_DATA" else 0
            with contextlib.suppress(ValueError, OSError):  # the system has a lower one, or none
                resource.setrlimit(kind, (wanted, wanted))


def over(base: dict[str, Any], values: dict[str, Any]) -> None:
    """Later values win, as with several `-f` of Helm's."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            over(base[key], value)
        else:
            base[key] = value


def render(helm: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Loads the chart each time: what Helm renders it with changes it for good. Dependencies that are switched off are
    taken out of it, and what a template puts into `.Values` with `set` stays there."""
    with helm.Chart.load(job["chart"]) as chart:
        return rendered(helm, chart, job)


def rendered(helm: Any, chart: Any, job: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in job["values"]:
        with open(path, encoding="utf-8-sig") as stream:
            over(values, helm.values_from_yaml(stream.read()))
    options = {"name": job["release"], "namespace": job["namespace"]}
    options.update((key, job[key]) for key in ("kube_version", "api_versions"))
    try:
        from helm_python import _native

        text = _native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(options))
        manifests = json.loads(text)
    except (ImportError, AttributeError, helm.HelmInvalidArgError):
        # Another release of the SDK: its public way has no options for what the cluster is.
        manifests = chart.render(values, name=job["release"], namespace=job["namespace"], is_install=True)
    if sum(map(len, manifests.values())) > job["most"]:
        return {"error": f"what it renders to has more than {job['most']:,} bytes"}
    return {"manifests": manifests}


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    limit(int(sys.argv[2]))
    import helm_python as helm

    for line in sys.stdin:
        try:
            answer = render(helm, json.loads(line))
        except helm.HelmError as error:
            answer = {"error": str(error)}
        except (OSError, UnicodeError, RecursionError, MemoryError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
