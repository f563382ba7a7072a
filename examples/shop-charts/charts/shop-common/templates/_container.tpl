{{/*
What every container of ours has. Call with (dict "root" . "port" 8080).
*/}}
{{- define "shop-common.hardening" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop:
      - NET_RAW
ports:
  - name: http
    containerPort: {{ .port }}
{{- end }}

{{- define "shop-common.image" -}}
{{- $registry := .image.registry | default (dig "imageRegistry" "docker.io" (.global | default dict)) -}}
{{- printf "%s/%s:%s" $registry .image.repository (.image.tag | toString) -}}
{{- end }}
