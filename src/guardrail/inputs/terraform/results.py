"""What data sources give back that follows from what is written of them alone: nothing is looked up, so that what is
known only after apply elsewhere is known here.

https://registry.terraform.io/providers/hashicorp/{template,null,local}/latest/docs
"""

from __future__ import annotations

from collections.abc import Callable

from guardrail.formats.hcl_types import convert
from guardrail.formats.hcl_values import EvalError, sensitive
from guardrail.inputs.terraform.functions.decoding import FileText
from guardrail.inputs.terraform.invoke import Templates
from guardrail.model import Map, Sensitive, Unknown, Value

Results = dict[str, Value]


def _template_file(attributes: Map, around: Templates) -> Results:
    template, variables = attributes.get("template"), attributes.get("vars")
    hidden = isinstance(template, Sensitive) or isinstance(variables, Sensitive)
    template, variables = (v.reveal() if isinstance(v, Sensitive) else v for v in (template, variables))
    for value in (template, variables):
        if isinstance(value, Unknown):
            return {"rendered": Unknown(value.reason, value.refs)}
    if not isinstance(template, str) or not (variables is None or isinstance(variables, Map)):
        return {}
    path = template.path if isinstance(template, FileText) else ""
    try:
        given = convert(variables, ("map", "string")) if variables is not None else Map()
        if not isinstance(given, Map):
            return {}
        made = around.render(template, path, given)
    except EvalError as error:
        # The provider reads templates by an old release of HCL, which may see in them what Terraform doesn't.
        return {"rendered": Unknown(f"the template cannot be rendered: {error.message}")}
    return {"rendered": sensitive(made) if hidden else made}


def _local_file(attributes: Map, around: Templates) -> Results:
    name = attributes.get("filename")
    if not isinstance(name, str):
        return {}
    data = around.read(name)
    if isinstance(data, Unknown):
        return {"content": data}
    try:
        return {"content": FileText(data.decode("utf-8"), around.locate(name))}
    except UnicodeDecodeError:
        return {}


def _null_data_source(attributes: Map, around: Templates) -> Results:
    return {"outputs": attributes["inputs"]} if "inputs" in attributes else {}


_RESULTS: dict[str, Callable[[Map, Templates], Results]] = {
    "local_file": _local_file,
    "null_data_source": _null_data_source,
    "template_file": _template_file,
}


def results_of(kind: str, attributes: Map, around: Templates) -> Results:
    """What a data source of a kind gives back beside its attributes, by name. It is no attribute, lest what is written
    once be seen twice."""
    found = _RESULTS.get(kind)
    return found(attributes, around) if found is not None else {}
