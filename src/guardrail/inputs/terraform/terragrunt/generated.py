"""`generate`: files that Terragrunt writes into a unit's module before it runs, the provider's configuration mostly."""

from __future__ import annotations

from guardrail.formats.hcl import Attribute, Block, Document, parse
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.folder import JSON_CODE, is_code
from guardrail.inputs.terraform.functions.decoding import FileText
from guardrail.inputs.terraform.run import Run
from guardrail.inputs.terraform.terragrunt.config import Config
from guardrail.inputs.terraform.terragrunt.paths import BASE
from guardrail.model import HOLE, PartText, Value
from guardrail.model.patterns import lazy_regex

_KEPT = frozenset(("skip", "error"))  # what becomes of a file that is there already: it stays
_ALONE = lazy_regex(rf"(?m)^[ \t]*{HOLE}[ \t]*$")
"""What is not known and has lines to itself: blocks between `%{ if }` and `%{ endif }`."""
_STRING = lazy_regex(r'"(?:\\.|[^"\\\n])*"')
_UNKNOWN = "provider::terragrunt::unknown()"
"""What stands for an unknown part of a text that is parsed: a call that nobody knows the value of."""


def generated_files(config: Config, folder: str) -> dict[str, Document]:
    """By name in the tree, those that are Terraform's. A block of the unit counts more than one of the same name in
    what it includes."""
    blocks: dict[str, tuple[Config, Block]] = {}
    for one in reversed(config.layers()):
        for block in one.body.of_type("generate") if one.body is not None else ():
            blocks[" ".join(block.labels)] = (one, block)
    found: dict[str, Document] = {}
    for label, (one, block) in blocks.items():
        try:
            made = _generated(one, block, folder)
        except EvalError as error:
            config.run.tell(error.kind, f"generate {label}: {error.message}", block.header, error.line)
            continue
        if made is not None:
            found[made[0]] = made[1]
    return found


def _generated(config: Config, block: Block, folder: str) -> tuple[str, Document] | None:
    attributes = block.body.attributes

    def asked(name: str) -> Value:
        return config.value(attributes[name], f"{name} of generate") if name in attributes else None

    run, label = config.run, " ".join(block.labels)
    if asked("disable") is True:
        return None
    path = asked("path")
    if isinstance(path, str) and not is_code(path):
        return None
    name = run.tree.join(folder, path) if isinstance(path, str) else None
    contents = asked("contents")
    text = contents.template if isinstance(contents, PartText) else contents
    if name is None or "/" in name[len(folder) + 1 if folder else 0 :] or not isinstance(text, str):
        run.note("generated", f"what the generate block {label} writes is not known", block.header)
        return None
    if asked("if_exists") in _KEPT and run.tree.is_file(name):
        return None
    if isinstance(contents, FileText):
        document: Document | None = _document(contents, name, contents.path, run)
    else:
        document = _parsed(str(text), attributes["contents"], name, config)
        if document is not None and document.problems and _ALONE.search(text):
            document = _parsed(_ALONE.sub("", text), attributes["contents"], name, config)
            if document is not None and not document.problems:
                what = f"what the generate block {label} writes is read but for what a condition decides"
                run.note("generated", what, block.header)
    if document is None or document.problems:
        run.note("generated", f"what the generate block {label} writes is not read", block.header)
        return None
    return name, document


def _parsed(text: str, attribute: Attribute, name: str, config: Config) -> Document | None:
    """With the lines of the file that it is written in; None where it has more of them than that."""
    first = attribute.span.line
    source = config.run.tree.read(config.path).split(b"\n")[first - 1]
    if text.strip().count("\n") > attribute.span.end_line - first:
        return None
    text = "\n" * (first if b"<<" in source else first - 1) + text.replace(BASE, HOLE)
    document = _document(text.replace(HOLE, f"${{{_UNKNOWN}}}"), name, config.path, config.run)
    if document.problems and HOLE in text and "<<" not in text:  # it stands where a whole value does
        inside = _STRING.sub(lambda match: match.group().replace(HOLE, f"${{{_UNKNOWN}}}"), text)
        document = _document(inside.replace(HOLE, _UNKNOWN), name, config.path, config.run)
    return document


def _document(text: str, name: str, path: str, run: Run) -> Document:
    """`path`: the file that it stands in, with the same lines. A hundred units include the same text, mostly."""
    as_json = name.endswith(JSON_CODE)
    mark = (as_json, path, text)
    known = run.generated.get(mark)
    if known is None:
        data = text.encode("utf-8", "replace")
        if as_json:
            from guardrail.inputs.terraform.json_syntax import parse_json

            known = parse_json(data, path)
        else:
            known = parse(data, path)
        run.generated[mark] = known
    return known
