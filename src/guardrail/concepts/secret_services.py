"""Passwords of the databases that a pipeline starts beside a job and that are gone with it: nobody's secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrail.formats.secret_forms import forms_in
from guardrail.model import Map, Resource, Seq, Value
from guardrail.model.patterns import lazy_regex

_ENVIRONMENTS = ("env", "environment", "variables")
_HANDED_ON = lazy_regex(r"\s*(?:\$\{\{\s*env\.(\w+)\s*\}\}|\$\{?(\w+)\}?)\s*\Z")
# GitLab hands a job's variables to its services; these are what their images take for the password that they set up.
_OF_IMAGES = lazy_regex(
    r"(?:POSTGRES(?:QL)?(?:_POSTGRES)?_PASSWORD|(?:MYSQL|MARIADB)_(?:ROOT_)?PASSWORD|MONGO_INITDB_ROOT_PASSWORD"
    r"|MONGODB_(?:ROOT_)?PASSWORD|(?:MSSQL_)?SA_PASSWORD|ORACLE_(?:PASSWORD|PWD)|APP_USER_PASSWORD|RABBITMQ_DEFAULT_PASS"
    r"|REDIS_PASSWORD|ELASTIC_PASSWORD|OPENSEARCH_INITIAL_ADMIN_PASSWORD|MINIO_(?:ROOT_PASSWORD|SECRET_KEY)"
    r"|CLICKHOUSE_PASSWORD|COUCHDB_PASSWORD|DOCKER_INFLUXDB_INIT_(?:PASSWORD|ADMIN_TOKEN)|LDAP_ADMIN_PASSWORD"
    r"|ARANGO_ROOT_PASSWORD|KEYCLOAK_ADMIN_PASSWORD|KC_BOOTSTRAP_ADMIN_PASSWORD)\Z"
)


def throwaway_passwords(resources: Iterable[Resource]) -> dict[str, set[str]]:
    """Of pipelines, by scope: what stands in the environment of the containers beside a job. A credential that is known
    by its form is somebody's, wherever it stands."""
    found: dict[str, set[str]] = {}
    beside: dict[str, set[str]] = {}
    pipelines = [resource for resource in resources if resource.platform == "pipeline"]
    for resource in pipelines:
        services = resource.attributes.get("services")
        named = services.values() if isinstance(services, Map) else ()
        beside.setdefault(resource.scope, set()).update(name for name in named if isinstance(name, str))
    for resource in pipelines:
        values = found.setdefault(resource.scope, set())
        for value in _values(resource.attributes, beside[resource.scope]):
            if len(value) >= 3 and value not in values and not _is_known_by_form(value):
                values.add(value)
    return found


def _is_known_by_form(value: str) -> bool:
    return any(match.kind != "url-credentials" for match in forms_in(value))


def _values(attributes: Map, beside: set[str]) -> Iterator[str]:
    """`beside`: names by which jobs start containers that the pipeline describes (Azure)."""
    jobs, executors = attributes.get("jobs"), attributes.get("executors")
    holders = [attributes, attributes.get("definitions"), *(jobs.values() if isinstance(jobs, Map) else ())]
    holders += executors.values() if isinstance(executors, Map) else ()
    # GitLab's jobs, also those that are only there to be built upon.
    holders += (value for value in attributes.values() if isinstance(value, Map) and "services" in value)
    for holder in holders:
        if not isinstance(holder, Map):
            continue
        outer = [inner.get(key) for inner in (holder, attributes) for key in ("env", "variables")]
        services = holder.get("services")
        listed = list(services.values() if isinstance(services, Map) else services if isinstance(services, Seq) else ())
        for service in listed:
            yield from _of_environment(service, outer)
        images = holder.get("docker")  # of CircleCI's, the first runs the job
        for image in list(images)[1:] if isinstance(images, Seq) else ():
            yield from _of_environment(image, outer)
        if listed:
            for variables in outer:
                for name, value in variables.items() if isinstance(variables, Map) else ():
                    if isinstance(value, (str, int)) and _OF_IMAGES.match(name):
                        yield str(value)
    resources = attributes.get("resources")
    containers = resources.get("containers") if isinstance(resources, Map) else None
    for container in containers if isinstance(containers, Seq) else ():
        if isinstance(container, Map) and container.get("container") in beside:
            yield from _of_environment(container, [])


def _of_environment(service: Value, outer: list[Value]) -> Iterator[str]:
    """`outer`: the variables that the service's own may be made of."""
    for key in _ENVIRONMENTS:
        environment = service.get(key) if isinstance(service, Map) else None
        for value in environment.values() if isinstance(environment, Map) else ():
            if not isinstance(value, (str, int)):
                continue
            yield str(value)
            named = _HANDED_ON.match(str(value))
            for level in outer if named else ():
                handed = level.get(named[1] or named[2]) if isinstance(level, Map) and named else None
                if isinstance(handed, str):
                    yield handed
