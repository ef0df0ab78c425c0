{{- define "hermes.labels" -}}
app.kubernetes.io/name: hermes
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: hermes
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "hermes.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "hermes.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "hermes.dbHost" -}}
{{- if .Values.postgresql.enabled -}}
hermes-postgresql.{{ .Release.Namespace }}.svc
{{- else -}}
{{ required "database.host: name your PostgreSQL server, or set postgresql.enabled=true" .Values.database.host }}
{{- end -}}
{{- end }}

{{- define "hermes.dbUrl" -}}
{{- if .Values.postgresql.enabled -}}
jdbc:postgresql://{{ include "hermes.dbHost" . }}:5432/hermes?sslmode=disable
{{- else -}}
jdbc:postgresql://{{ include "hermes.dbHost" . }}:{{ .Values.database.port }}/{{ .Values.database.name }}?sslmode={{ .Values.database.sslmode }}
{{- end -}}
{{- end }}

{{/* Name of the Secret that holds a process's passwords. */}}
{{- define "hermes.dbSecret" -}}
{{- .root.Values.database.existingSecret | default .own -}}
{{- end }}

{{- define "hermes.dbPeers" -}}
{{- if .Values.postgresql.enabled -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ .Release.Name }}
      app.kubernetes.io/component: postgresql
{{- else if .Values.database.peers -}}
{{ toYaml .Values.database.peers }}
{{- else -}}
- ipBlock: {cidr: 0.0.0.0/0}
{{- end -}}
{{- end }}

{{- define "hermes.apiUrl" -}}
{{- .Values.controlApi.url | default (printf "http://hermes-api.%s.svc:8080" .Release.Namespace) -}}
{{- end }}

{{/* A name that changes with what the Job runs: Jobs are immutable, and Argo CD renders every revision as the first. */}}
{{- define "hermes.jobHash" -}}
{{- printf "%s %s %s" .Chart.Version .Values.images.operator (include "hermes.dbUrl" .) | sha256sum | trunc 8 -}}
{{- end }}

{{- define "hermes.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- end }}
