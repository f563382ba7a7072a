"""Grants of the clouds: IAM documents and attachments of AWS, role assignments of Azure, IAM bindings of Google."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.conditions.documents import document
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value, without_instance_key

# Attribute that holds an IAM document, and the class of the grants in it.
_DOCUMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "aws_iam_policy": (("policy", "policy"),),
    "aws_iam_role_policy": (("policy", "policy"),),
    "aws_iam_user_policy": (("policy", "policy"),),
    "aws_iam_group_policy": (("policy", "policy"),),
    "aws_iam_role": (("assume_role_policy", "trust"),),
    "aws_ssoadmin_permission_set_inline_policy": (("inline_policy", "policy"),),
    "aws_cloudsearch_domain_service_access_policy": (("access_policy", "resource-policy"),),
    "aws_cloudwatch_log_destination_policy": (("access_policy", "resource-policy"),),
    "aws_cloudwatch_log_resource_policy": (("policy_document", "resource-policy"),),
    "aws_codeartifact_domain_permissions_policy": (("policy_document", "resource-policy"),),
    "aws_codeartifact_repository_permissions_policy": (("policy_document", "resource-policy"),),
    "aws_elasticsearch_domain": (("access_policies", "resource-policy"),),
    "aws_elasticsearch_domain_policy": (("access_policies", "resource-policy"),),
    "aws_opensearch_domain": (("access_policies", "resource-policy"),),
    "aws_opensearch_domain_policy": (("access_policies", "resource-policy"),),
    "aws_prometheus_resource_policy": (("policy_document", "resource-policy"),),
    "aws_glacier_vault": (("access_policy", "resource-policy"),),
    "aws_xray_resource_policy": (("policy_document", "resource-policy"),),
    "aws_sagemaker_model_package_group_policy": (("resource_policy", "resource-policy"),),
    "aws_s3tables_table_bucket_policy": (("resource_policy", "resource-policy"),),
    "aws_s3tables_table_policy": (("resource_policy", "resource-policy"),),
    "aws_kinesis_resource_policy": (("policy", "resource-policy"),),
}
_OTHERWISE = (("policy", "resource-policy"),)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind = resource.kind
    if kind.startswith("aws_"):
        yield from _of_aws(resource, inventory)
    elif kind.startswith("azurerm_"):
        from guardrail.concepts.azure_roles import azure_grants

        yield from azure_grants(resource, inventory)
    else:
        from guardrail.concepts.google_iam import google_grants

        yield from google_grants(resource, inventory)


def _of_aws(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind, attributes = resource.kind, resource.attributes
    if kind.endswith("_attachment"):
        from guardrail.concepts.iam_attachments import attachments

        yield from attachments(resource, inventory)
        return
    if kind in ("aws_lambda_permission", "aws_lambda_layer_version_permission"):
        from guardrail.concepts.iam_attachments import permission

        yield permission(resource)
        return
    if resource.mode == "data" or kind == "aws_iam_policy":
        from guardrail.concepts.iam_bounds import only_bounds

        if only_bounds(resource, inventory):
            return
    if resource.mode == "data":
        from guardrail.inputs.terraform.policy_document import policy_document

        made = policy_document(attributes)
        for noun in _statements(resource, made, resource.header, "", resource.local, "", inventory):
            if not (isinstance(noun.fields.get("effect"), Unknown) and _is_used(resource, inventory)):
                yield noun
        return
    for attribute, grants_class in _DOCUMENTS.get(kind, _OTHERWISE):
        yield from _document(resource, attributes, attribute, grants_class, resource.local, attribute, inventory)
    if kind == "aws_iam_role":
        from guardrail.concepts.iam_attachments import attachments

        blocks = attributes.get("inline_policy")
        for index, block in enumerate(blocks if isinstance(blocks, Seq) else ()):
            if isinstance(block, Map):
                own = block.get("name")
                key = own if isinstance(own, str) else f"inline_policy[{index}]"
                name = f"{resource.local} inline policy {own}" if isinstance(own, str) else resource.local
                yield from _document(resource, block, "policy", "policy", name, key, inventory)
        yield from attachments(resource, inventory)


def _is_used(document: Resource, inventory: Inventory) -> bool:
    """Whether a policy, role or resource has the document, so that what is not known of it is told of there, where it
    is known what for."""
    from guardrail.concepts.table import AWS_POLICY_KINDS

    users = (other for other, _ in inventory.referring_to(document))
    return any(other.mode == "managed" and other.kind in AWS_POLICY_KINDS for other in users)


def _document(
    resource: Resource, holder: Map, attribute: str, grants_class: str, name: str, key: str, inventory: Inventory
) -> Iterator[Noun]:
    value = holder.get(attribute)
    if value is None:
        return
    for noun in _statements(resource, value, holder.place(attribute), grants_class, name, key, inventory):
        if attribute == "access_policies" and _in_network(resource, inventory):
            noun.fields.put("anyone", False, noun.fields.place("anyone"))
        yield noun


def _statements(
    resource: Resource, value: Value, place: Span, grants_class: str, name: str, key: str, inventory: Inventory
) -> Iterator[Noun]:
    """The grants of a policy document at `place`. `grants_class` is "" where the statements have to tell."""
    from guardrail.concepts.iam import statement_grant, unknown_grant
    from guardrail.concepts.iam_denials import Denials
    from guardrail.concepts.iam_statements import statements_of

    root = document(value, place)
    if isinstance(root, Unknown):
        yield unknown_grant(root, place, grants_class, name, key)
        return
    providers = oidc_providers(inventory)
    statements = list(statements_of(root))
    denials = Denials(each for each in statements if len(each) != 2)
    for index, statement in enumerate(statements):
        own = f"{key}/statement[{index}]"
        if len(statement) == 2:
            yield unknown_grant(*statement, grants_class, name, own)
            continue
        noun = statement_grant(statement, grants_class, name, own, providers)
        if noun.fields["anyone"] is not False:
            shut = denials.shut_out(statement)
            if shut is not False:
                noun.fields.put("anyone", False if shut is True else shut, noun.fields.place("anyone"))
        yield noun


def _in_network(resource: Resource, inventory: Inventory) -> bool:
    """Whether a search domain has its endpoint in a VPC, where its policy may be open and the network is not."""
    domains = [resource, *inventory.referred_to_by(resource)]
    return any(bool(domain.attributes.get("vpc_options")) for domain in domains)


def oidc_providers(inventory: Inventory) -> dict[str, str]:
    """Address of each OIDC provider -> its URL."""
    made = inventory.indexes.get("oidc_providers")
    if isinstance(made, dict):
        return made
    known: dict[str, str] = {}
    for kind in ("aws_iam_openid_connect_provider", "data.aws_iam_openid_connect_provider"):
        for provider in inventory.by_kind.get(kind, ()):
            url = provider.attributes.get("url")
            if isinstance(url, str):
                known[provider.address] = url.removeprefix("https://")
                known.setdefault(without_instance_key(provider.address), known[provider.address])
    inventory.indexes["oidc_providers"] = known
    return known
