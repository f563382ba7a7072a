# The log agent comes with the cluster, not with an application.
resource "kubectl_manifest" "log_agent" {
  yaml_body = <<-YAML
    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: log-agent
      namespace: kube-system
      labels: {app: log-agent}
    spec:
      selector: {matchLabels: {app: log-agent}}
      template:
        metadata: {labels: {app: log-agent}}
        spec:
          containers:
            - name: agent
              image: fluent/fluent-bit:${var.environment == "prod" ? "3.1.9" : "latest"}
              securityContext:
                privileged: true
              volumeMounts:
                - {name: logs, mountPath: /var/log, readOnly: true}
          volumes:
            - {name: logs, hostPath: {path: /var/log}}
  YAML
}
