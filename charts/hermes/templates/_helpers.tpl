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

{{/* Where traces go. A Service has its namespace in its name; any other host a NetworkPolicy cannot name. */}}
{{- define "hermes.tracingEgress" -}}
{{- with .Values.tracing }}
{{- if .endpoint }}
{{- $url := urlParse .endpoint }}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" }}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") }}
{{- $service := regexFind "^[a-z0-9-]+[.][a-z0-9-]+([.]svc([.].+)?)?$" $host }}
- ports: [{protocol: TCP, port: {{ $port }}}]
  {{- if .peers }}
  to: {{- toYaml .peers | nindent 4 }}
  {{- else if and $service (not (regexMatch "^[0-9]+([.][0-9]+)*$" $host)) }}
  to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ index (splitList "." $host) 1 }}}}}]
  {{- else if not (contains "." $host) }}
  to: [{podSelector: {}}]
  {{- end }}
{{- end }}
{{- end }}
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

{{/* The way to the databases of Dedicated tenants, as an egress rule. */}}
{{- define "hermes.dedicatedEgress" -}}
{{- with .Values.database.dedicated }}
{{- if .secrets }}
- to: {{- .peers | default (list (dict "ipBlock" (dict "cidr" "0.0.0.0/0"))) | toYaml | nindent 4 }}
  ports: [{protocol: TCP, port: {{ .port }}}]
{{- end }}
{{- end }}
{{- end }}

{{- define "hermes.apiUrl" -}}
{{- .Values.controlApi.url | default (printf "http://hermes-api.%s.svc:8080" .Release.Namespace) -}}
{{- end }}

{{/* Where the egress proxy reports to; empty: nowhere. */}}
{{- define "hermes.reportUrl" -}}
{{- if and .Values.egress.enabled .Values.egress.report.enabled -}}
{{- .Values.egress.report.url | default (printf "http://hermes-api-reports.%s.svc:8083/internal/egress-reports" .Release.Namespace) -}}
{{- end -}}
{{- end }}

{{/* Whether the control API itself takes the reports. */}}
{{- define "hermes.takesReports" -}}
{{- if and (include "hermes.reportUrl" .) (not .Values.egress.report.url) }}true{{ end -}}
{{- end }}

{{/* What a sandbox may reach of what its policy allows: on claimed pods, and readable to the egress proxy. */}}
{{- define "hermes.sandboxEgressRule" -}}
!('hermes.dev/sandbox-egress' in variables.annotations) || (variables.labels[?'hermes.dev/sandbox-state'].orValue('') == 'claimed' && size(variables.annotations['hermes.dev/sandbox-egress']) <= 4096 && variables.annotations['hermes.dev/sandbox-egress'].matches('^(none|[-a-z0-9.*:]+(,[-a-z0-9.*:]+)*)$'))
{{- end }}
{{- define "hermes.sandboxEgressMessage" -}}
[23] annotation hermes.dev/sandbox-egress must be none or a list of names, on a claimed pod
{{- end }}

{{/* CEL: whether the request is of the one account that makes pods for agent-sandbox. */}}
{{- define "hermes.byAgentController" -}}
{{- $account := .Values.agentSandbox.controllerServiceAccount -}}
{{- if and .Values.agentSandbox.enabled $account -}}
request.userInfo.username == 'system:serviceaccount:{{ $account | replace "/" ":" }}'
{{- else -}}
false
{{- end -}}
{{- end }}

{{/* CEL: whether an owner reference, named by the argument, is of a Sandbox. */}}
{{- define "hermes.isSandbox" -}}
{{ . }}.kind == 'Sandbox' && {{ . }}.apiVersion.startsWith('agents.x-k8s.io/')
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
