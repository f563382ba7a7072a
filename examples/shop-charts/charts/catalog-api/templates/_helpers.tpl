{{- define "catalog-api.fullname" -}}
{{- printf "%s-catalog" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "catalog-api.secretName" -}}
{{- .Values.database.existingSecret | default (printf "%s-db" (include "catalog-api.fullname" .)) -}}
{{- end }}
