"""Which secrets a job sees, and where."""

from __future__ import annotations

from guardrail.inputs.pipelines.expressions import contexts, find_expressions
from guardrail.inputs.pipelines.github_file import GithubFile, places, strings_in
from guardrail.inputs.pipelines.vocabulary import Draft
from guardrail.model import Map, Seq

MAX_SECRETS = 500  # names for one job


def note_secrets(draft: Draft, file: GithubFile, job: Map, root: Map | None, triggers: Seq) -> None:
    """Names of the secrets that the job sees, in the order of the file; its workflow's `env` is its own too."""
    uses = Seq(job.span, job.header)
    inherited = job.get("secrets") == "inherit"
    entry = job.spans.get("secrets", job.header)
    draft.put("secrets_inherited", inherited, job.spans.get("uses", entry) if inherited else entry)
    found = Seq(job.span, job.header)
    if inherited:
        found.add("*", entry)
    texts = list(strings_in(job, job.span))
    own = len(texts)
    if root is not None and isinstance(root.get("env"), Map):
        texts += strings_in(root["env"], root["env"].span)
    for number, (text, span) in enumerate(texts):
        if "secrets" not in text.lower():
            continue
        for expression in find_expressions(text):
            if len(found) >= MAX_SECRETS:
                break
            for path in contexts(expression.node) if expression.node is not None else ():
                if path[0] != "secrets":
                    continue
                # GitHub keeps the names of secrets in capitals.
                name = path[1].upper() if len(path) > 1 and path[1] not in (None, "*") else "*"
                where = places(file, text, expression, span)
                if name not in found:
                    found.add(name, where)
                if name != "GITHUB_TOKEN" and number < own:
                    item = Map(where)
                    item.put("secret", name, where)
                    uses.add(item, where)
    if found:
        found.header = found.spans[0]
    draft.put("secrets", found, found.header)
    # A called workflow cannot be given the secrets of an environment by its caller.
    if uses and root is not None and "workflow_call" not in triggers:
        draft.put("secret_uses", uses, uses.header)
