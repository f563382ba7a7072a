"""Kubernetes manifests: an application a folder, the objects as they come together in practice."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.words import ENVIRONMENTS, TEAMS, Words


def files(size: int) -> Iterator[tuple[str, str]]:
    return manifests(Words("kubernetes"), size)


def manifests(words: Words, size: int, prefix: str = "") -> Iterator[tuple[str, str]]:
    made = 0
    while made < size:
        name = words.name()
        namespace = f"{words.pick(TEAMS)}-{words.pick(ENVIRONMENTS)}"
        for file, documents in _application(words, name, namespace).items():
            text = "---\n".join(documents)
            made += len(text)
            yield f"{prefix}{name}/{file}.yaml", text


def _application(words: Words, name: str, namespace: str) -> dict[str, list[str]]:
    labels = f"app.kubernetes.io/name: {name}"
    head = f"  name: {name}\n  namespace: {namespace}\n  labels:\n    {labels}\n    team: {words.pick(TEAMS)}\n"
    workload = "StatefulSet" if words.chance(15) else "Deployment"
    made = {
        "workload": [_workload(words, workload, name, head, labels), _scaling(words, workload, head, name, labels)],
        "network": [_service(words, head, labels), _policy(words, head, labels)],
        "access": _access(words, head, name, namespace),
        "config": [_config(words, head)],
    }
    if words.chance(50):
        made["network"].append(_ingress(words, head, name))
    if words.chance(40):
        made["jobs"] = [_job(words, head, name)]
    return made


def _container(words: Words, name: str, indent: int) -> str:
    release = f":{words.number(1, 9)}.{words.number(0, 40)}.{words.number(0, 9)}"
    tag = words.pick([release, release, ":latest", "", f"@sha256:{words.digits(64)}"])
    port = words.number(3000, 9999)
    limits = f"""
  limits:
    memory: {words.pick(["256Mi", "512Mi", "1Gi", "4Gi"])}
    cpu: {words.pick(["500m", "1", "2"])}""" if words.chance(75) else ""
    hardened = f"""
securityContext:
  allowPrivilegeEscalation: {words.pick(["false", "false", "true"])}
  readOnlyRootFilesystem: {words.pick(["true", "false"])}
  runAsNonRoot: true
  capabilities:
    drop: ["ALL"]
    add: [{words.pick(["NET_BIND_SERVICE", "SYS_ADMIN", ""])}]""" if words.chance(70) else ""
    probes = f"""
livenessProbe:
  httpGet:
    path: /live
    port: {port}
  periodSeconds: {words.number(5, 30)}
readinessProbe:
  httpGet:
    path: /ready
    port: {port}
  initialDelaySeconds: {words.number(1, 30)}""" if words.chance(75) else ""
    variables = "".join(
        f"\n- name: {variable}\n  {value}"
        for variable, value in words.some(
            [
                ("LOG_LEVEL", "value: info"),
                ("POD_NAME", "valueFrom: {fieldRef: {fieldPath: metadata.name}}"),
                ("DATABASE_PASSWORD", f"valueFrom:\n    secretKeyRef:\n      name: {name}\n      key: password"),
                ("TIMEOUT", f'value: "{words.number(1, 90)}s"'),
                ("UPSTREAM", f"value: http://{words.name()}.svc.cluster.local:{port}"),
            ],
            1,
            5,
        )
    )
    text = f"""\
name: {name}
image: registry.example.com/{name}{tag}
imagePullPolicy: {words.pick(["IfNotPresent", "Always"])}
args: ["serve", "--port={port}", "--workers={words.number(1, 16)}"]
ports:
- name: http
  containerPort: {port}
env:{variables}
resources:
  requests:
    memory: {words.pick(["64Mi", "128Mi", "256Mi"])}
    cpu: {words.pick(["50m", "100m", "250m"])}{limits}{probes}{hardened}
volumeMounts:
- name: config
  mountPath: /etc/{name}
  readOnly: true
"""
    lines = text.splitlines()
    margin = " " * indent
    return "\n".join([f"{margin}- {lines[0]}", *(f"{margin}  {line}" for line in lines[1:])]) + "\n"


def _pod(words: Words, name: str, indent: int) -> str:
    margin = " " * indent
    sidecar = _container(words, f"{name}-sidecar", indent) if words.chance(25) else ""
    wait = (
        f"{margin}initContainers:\n{_container(words, f'{name}-migrate', indent)}" if words.chance(25) else ""
    )
    host = f"{margin}hostNetwork: true\n" if words.chance(5) else ""
    return (
        f"{margin}serviceAccountName: {name}\n"
        f"{margin}automountServiceAccountToken: {words.pick(['true', 'false'])}\n{host}{wait}"
        f"{margin}containers:\n{_container(words, name, indent)}{sidecar}"
        f"{margin}volumes:\n{margin}- name: config\n{margin}  configMap:\n{margin}    name: {name}\n"
    )


def _workload(words: Words, kind: str, name: str, head: str, labels: str) -> str:
    strategy = "updateStrategy" if kind == "StatefulSet" else "strategy"
    extra = f"  serviceName: {name}\n" if kind == "StatefulSet" else ""
    return f"""\
apiVersion: apps/v1
kind: {kind}
metadata:
{head}  annotations:
    example.com/runbook: https://runbooks.example.com/{name}
spec:
{extra}  replicas: {words.number(1, 6)}
  {strategy}:
    type: RollingUpdate
  selector:
    matchLabels:
      {labels}
  template:
    metadata:
      labels:
        {labels}
    spec:
{_pod(words, name, 6)}"""


def _scaling(words: Words, kind: str, head: str, name: str, labels: str) -> str:
    if words.chance(50):
        return f"""\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
{head}spec:
  minAvailable: {words.number(1, 2)}
  selector:
    matchLabels:
      {labels}
"""
    return f"""\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
{head}spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {kind}
    name: {name}
  minReplicas: {words.number(1, 3)}
  maxReplicas: {words.number(4, 30)}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: {words.number(50, 90)}
"""


def _service(words: Words, head: str, labels: str) -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata:
{head}spec:
  type: {words.pick(["ClusterIP", "ClusterIP", "LoadBalancer", "NodePort"])}
  selector:
    {labels}
  ports:
  - name: http
    port: {words.pick([80, 443, 8080])}
    targetPort: http
"""


def _policy(words: Words, head: str, labels: str) -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
{head}spec:
  podSelector:
    matchLabels:
      {labels}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          team: {words.pick(TEAMS)}
    ports:
    - port: http
  egress:
  - to:
    - ipBlock:
        cidr: {words.pick(["10.0.0.0/8", "0.0.0.0/0"])}
        except: ["169.254.169.254/32"]
"""


def _ingress(words: Words, head: str, name: str) -> str:
    tls = f"  tls:\n  - hosts: [{name}.example.com]\n    secretName: {name}-tls\n" if words.chance(70) else ""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
{head}spec:
  ingressClassName: nginx
{tls}  rules:
  - host: {name}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: {name}
            port:
              name: http
"""


def _access(words: Words, head: str, name: str, namespace: str) -> list[str]:
    verbs = ", ".join(words.some(["get", "list", "watch", "create", "delete", '"*"'], 1, 4))
    return [
        f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n{head}automountServiceAccountToken: false\n",
        f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
{head}rules:
- apiGroups: [""]
  resources: [{", ".join(words.some(["pods", "configmaps", "secrets", "services", '"*"'], 1, 3))}]
  verbs: [{verbs}]
""",
        f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
{head}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {name}
subjects:
- kind: ServiceAccount
  name: {name}
  namespace: {namespace}
""",
    ]


def _config(words: Words, head: str) -> str:
    lines = "\n".join(
        f"    {section}.{key} = {words.number(1, 10000)}"
        for section in words.some(["cache", "pool", "retry", "http", "queue"], 1, 4)
        for key in ("size", "timeout", "limit")
    )
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata:
{head}data:
  level: info
  settings.ini: |
{lines}
"""


def _job(words: Words, head: str, name: str) -> str:
    return f"""\
apiVersion: batch/v1
kind: CronJob
metadata:
{head}spec:
  schedule: "{words.number(0, 59)} {words.number(0, 23)} * * *"
  concurrencyPolicy: {words.pick(["Forbid", "Allow"])}
  jobTemplate:
    spec:
      backoffLimit: {words.number(1, 6)}
      template:
        spec:
          restartPolicy: Never
{_pod(words, name, 10)}"""
