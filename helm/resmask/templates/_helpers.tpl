{{/*
Most helpers take a component: a dict of "root" (the chart's context), "name" (inference, registry, evaluation, migrations) and
"values" (the component's block of the values).
*/}}

{{- define "resmask.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Prefix of every name. A name of a Service may have 63 characters, and the longest suffix has 19. */}}
{{- define "resmask.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $prefix := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $prefix .Values.fullnameOverride | trunc 43 | trimSuffix "-" }}
{{- end }}

{{- define "resmask.componentName" -}}
{{ include "resmask.fullname" .root }}-{{ .name }}
{{- end }}

{{/* What selects a component's pods; these can never change. */}}
{{- define "resmask.selectorLabels" -}}
app.kubernetes.io/name: {{ include "resmask.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* Labels of pods: none of the chart's own version, so that a new chart alone restarts nothing. */}}
{{- define "resmask.podLabels" -}}
{{ include "resmask.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: resmask
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "resmask.labels" -}}
{{ include "resmask.podLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Takes "root" and "image". */}}
{{- define "resmask.image" -}}
{{- $image := .image }}
{{- if eq $image.tag "latest" }}
{{- fail (printf "%s: the tag latest is refused, because it names other bytes from day to day; use a version or a digest" $image.repository) }}
{{- end }}
{{- $repository := list .root.Values.image.registry $image.repository | compact | join "/" }}
{{- if $image.digest }}
{{- printf "%s@%s" $repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{- define "resmask.port" -}}
{{ get (dict "inference" 50051 "registry" 50052 "evaluation" 50053) .name }}
{{- end }}

{{/* The service's name in grpc.health.v1. */}}
{{- define "resmask.healthName" -}}
{{ printf "resmask.%s.%s.%sService" .name (ternary "v1alpha1" "v1" (eq .name "evaluation")) (title .name) }}
{{- end }}

{{/* Where the registry is reached. */}}
{{- define "resmask.registryAddress" -}}
{{- $registry := dict "root" .root "name" "registry" }}
{{- include "resmask.componentName" $registry }}:{{ include "resmask.port" $registry }}
{{- end }}

{{- define "resmask.ports" -}}
- name: grpc
  containerPort: {{ include "resmask.port" . }}
{{- with .root.Values.metrics }}
{{- if .enabled }}
- name: metrics
  containerPort: {{ .port }}
{{- end }}
{{- end }}
{{- end }}

{{/* Annotations of a component's pods: the user's own, and where Prometheus shall find them by annotations, its. */}}
{{- define "resmask.podAnnotations" -}}
{{- $annotations := deepCopy .values.podAnnotations }}
{{- with .root.Values.metrics }}
{{- if and .enabled (eq .discovery "annotations") }}
{{- $prometheus := dict "prometheus.io/scrape" "true" "prometheus.io/path" "/metrics" "prometheus.io/port" (toString .port) }}
{{- $annotations = merge $annotations $prometheus }}
{{- end }}
{{- end }}
{{- with $annotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "resmask.probes" -}}
{{- $port := include "resmask.port" . }}
{{- with .root.Values.probes -}}
# Not readiness: a service whose registry or database is away must wait for it, not restart.
startupProbe:
  grpc: { port: {{ $port }}, service: liveness }
  {{- toYaml .startup | nindent 2 }}
readinessProbe:
  grpc: { port: {{ $port }}, service: {{ include "resmask.healthName" $ }} }
  {{- toYaml .readiness | nindent 2 }}
livenessProbe:
  grpc: { port: {{ $port }}, service: liveness }
  {{- toYaml .liveness | nindent 2 }}
{{- end }}
{{- end }}

{{/* Environment of every service. */}}
{{- define "resmask.serviceEnv" -}}
- name: RESMASK_LISTEN
  value: 0.0.0.0:{{ include "resmask.port" . }}
- name: RESMASK_LOG_LEVEL
  value: {{ .root.Values.logLevel }}
- name: RESMASK_DRAIN_DELAY_MS
  value: {{ mul 1000 .values.drain.delaySeconds | quote }}
- name: RESMASK_DRAIN_TIMEOUT_MS
  value: {{ mul 1000 .values.drain.timeoutSeconds | quote }}
{{- with .root.Values.tracing.otlpEndpoint }}
- name: POD_NAME
  valueFrom:
    fieldRef: { fieldPath: metadata.name }
- name: POD_NAMESPACE
  valueFrom:
    fieldRef: { fieldPath: metadata.namespace }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME)
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_METRICS_EXPORTER
  value: {{ ternary "otlp" "none" $.root.Values.metrics.otlp }}
{{- end }}
{{- with .root.Values.metrics }}
{{- if and .otlp (not $.root.Values.tracing.otlpEndpoint) }}
{{- fail "metrics.otlp sends to tracing.otlpEndpoint, which is empty" }}
{{- end }}
{{- if .enabled }}
- name: RESMASK_METRICS_LISTEN
  value: 0.0.0.0:{{ .port }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who may call a service. The mode is always said: the services refuse to be open to a network by default. */}}
{{- define "resmask.authEnv" -}}
{{- with .root.Values.auth -}}
{{- if and (eq .mode "required") (not .principals.existingSecret) (not .jwt.issuer) }}
{{- fail "auth.mode is required, but nobody could be identified: set auth.principals.existingSecret or auth.jwt" }}
{{- end }}
- name: RESMASK_AUTH
  value: {{ .mode }}
{{- if eq .mode "required" }}
{{- if .principals.existingSecret }}
- name: RESMASK_PRINCIPALS
  value: /etc/resmask/principals/{{ .principals.key }}
{{- end }}
{{- with .jwt }}
{{- if .issuer }}
- name: RESMASK_JWT_ISSUER
  value: {{ .issuer | quote }}
- name: RESMASK_JWT_AUDIENCE
  value: {{ required "auth.jwt.audience is required beside auth.jwt.issuer" .audience | quote }}
- name: RESMASK_JWT_JWKS
  value: {{ required "auth.jwt.jwksUrl is required beside auth.jwt.issuer" .jwksUrl | quote }}
- name: RESMASK_JWT_ROLES_CLAIM
  value: {{ .rolesClaim | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who inference and evaluation are at the registry. */}}
{{- define "resmask.registryEnv" -}}
- name: RESMASK_REGISTRY
  value: {{ include "resmask.registryAddress" . }}
{{- with .root.Values.auth }}
{{- if eq .mode "required" }}
- name: RESMASK_REGISTRY_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ required "auth.registryToken.existingSecret is required with auth.mode required: inference and evaluation call the registry" .registryToken.existingSecret }}
      key: {{ .registryToken.key }}
# The pods speak without TLS; values.yaml says what that asks of the network.
- name: RESMASK_PLAINTEXT_TOKEN
  value: allow
{{- end }}
{{- end }}
{{- end }}

{{/* A folder, not a file: only so are changes of the Secret seen. */}}
{{- define "resmask.principalsMount" -}}
{{- with .root.Values.auth }}
{{- if and (eq .mode "required") .principals.existingSecret -}}
- name: principals
  mountPath: /etc/resmask/principals
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "resmask.principalsVolume" -}}
{{- with .root.Values.auth }}
{{- if and (eq .mode "required") .principals.existingSecret -}}
- name: principals
  secret:
    secretName: {{ .principals.existingSecret }}
{{- end }}
{{- end }}
{{- end }}

{{- define "resmask.databaseEnv" -}}
{{- with .root.Values.database }}
{{- $secret := required "database.existingSecret is required: the name of a Secret that holds the PostgreSQL URL, made before the chart is installed" .existingSecret -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ $secret }}, key: {{ .urlKey }} }
{{- with .directUrlKey }}
- name: DATABASE_DIRECT_URL
  valueFrom:
    secretKeyRef: { name: {{ $secret }}, key: {{ . }} }
{{- end }}
- name: RESMASK_DATABASE_POOL
  value: {{ .poolSize | quote }}
{{- if .caKey }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/resmask/database-ca/ca.pem
{{- end }}
{{- end }}
{{- end }}

{{/* "true" for a component whose files lie in a bucket; only the registry's may. */}}
{{- define "resmask.storesInS3" -}}
{{- with .values.artifacts }}{{ if eq .store "s3" }}true{{ end }}{{ end }}
{{- end }}

{{/* Where the registry and evaluation keep files. Their migrations read the same settings, and open no store. */}}
{{- define "resmask.artifactsEnv" -}}
{{- if include "resmask.storesInS3" . -}}
{{- include "resmask.s3Env" .values.artifacts.s3 }}
{{- else -}}
- name: RESMASK_ARTIFACTS
  value: /var/lib/resmask/artifacts
{{- end }}
{{- end }}

{{/* Takes registry.artifacts.s3. */}}
{{- define "resmask.s3Env" -}}
{{- $bucket := required "registry.artifacts.s3.bucket is required with registry.artifacts.store s3" .bucket -}}
- name: RESMASK_ARTIFACTS
  value: {{ list "s3:/" $bucket (trimSuffix "/" .prefix) | compact | join "/" | quote }}
{{- with .endpoint }}
- name: RESMASK_S3_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .region }}
- name: RESMASK_S3_REGION
  value: {{ . | quote }}
{{- end }}
- name: RESMASK_S3_PATH_STYLE
  value: {{ ternary "yes" "no" .pathStyle | quote }}
{{- if .existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef: { name: {{ .existingSecret }}, key: {{ .accessKeyIdKey }} }
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef: { name: {{ .existingSecret }}, key: {{ .secretAccessKeyKey }} }
{{- end }}
{{- end }}

{{- define "resmask.garbageCollectionEnv" -}}
{{- with .values.garbageCollection -}}
- name: RESMASK_GC_INTERVAL_MS
  value: {{ mul 1000 .intervalSeconds | quote }}
- name: RESMASK_GC_GRACE_MS
  value: {{ mul 1000 .graceSeconds | quote }}
{{- end }}
{{- end }}

{{- define "resmask.cacheEnv" -}}
- name: RESMASK_CACHE
  value: /var/cache/resmask
{{- end }}

{{- define "resmask.workersEnv" -}}
{{- with .values.workers -}}
- name: RESMASK_WORKERS
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "resmask.databaseCaMount" -}}
{{- if .root.Values.database.caKey -}}
- name: database-ca
  mountPath: /etc/resmask/database-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "resmask.databaseCaVolume" -}}
{{- with .root.Values.database }}
{{- if .caKey -}}
- name: database-ca
  secret:
    secretName: {{ .existingSecret }}
    items:
      - { key: {{ .caKey }}, path: ca.pem }
{{- end }}
{{- end }}
{{- end }}

{{- define "resmask.tmpVolume" -}}
- name: tmp
  emptyDir: { sizeLimit: 256Mi }
{{- end }}

{{/* What every pod has in common. */}}
{{- define "resmask.podDefaults" -}}
# Nothing here talks to the Kubernetes API.
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "resmask.containerDefaults" -}}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml .root.Values.containerSecurityContext | nindent 2 }}
{{- end }}

{{- define "resmask.scheduling" -}}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
{{- with get $.values $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Drain delay, drain timeout and ten seconds to stop; a value of the user's own must not cut that short. */}}
{{- define "resmask.gracePeriod" -}}
{{- $needed := add .values.drain.delaySeconds .values.drain.timeoutSeconds 10 }}
{{- $given := .values.terminationGracePeriodSeconds }}
{{- if kindIs "invalid" $given }}
{{- $needed }}
{{- else if lt (int64 $given) (int64 $needed) }}
{{- fail (printf "%s.terminationGracePeriodSeconds is %d, but draining takes up to %d seconds: drain.delaySeconds + drain.timeoutSeconds + 10; raise it, or leave it empty" .name (int64 $given) $needed) }}
{{- else }}
{{- int64 $given }}
{{- end }}
{{- end }}

{{/* A volume for one pod has to be let go before the next pod can have it. */}}
{{- define "resmask.statefulStrategy" -}}
{{- if or (include "resmask.storesInS3" .) (eq .values.persistence.accessMode "ReadWriteMany") -}}
type: RollingUpdate
rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
{{- else -}}
type: Recreate
{{- end }}
{{- end }}

{{- define "resmask.artifactsMount" -}}
{{- if not (include "resmask.storesInS3" .) -}}
- { name: artifacts, mountPath: /var/lib/resmask }
{{- end }}
{{- end }}

{{- define "resmask.artifactsVolume" -}}
{{- if not (include "resmask.storesInS3" .) -}}
- name: artifacts
  persistentVolumeClaim:
    claimName: {{ default (include "resmask.componentName" .) .values.persistence.existingClaim }}
{{- end }}
{{- end }}

{{- define "resmask.persistentVolumeClaim" -}}
{{- with .values.persistence }}
{{- if not (or .existingClaim (include "resmask.storesInS3" $)) }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "resmask.componentName" $ }}
  labels:
    {{- include "resmask.labels" $ | nindent 4 }}
  annotations:
    # The database that refers to these files outlives the release; so do they.
    helm.sh/resource-policy: keep
spec:
  accessModes: [{{ .accessMode }}]
  {{- with .storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
{{- end }}
{{- end }}
{{- end }}

{{- define "resmask.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "resmask.componentName" . }}
  labels:
    {{- include "resmask.labels" . | nindent 4 }}
  {{- with .values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- include "resmask.selectorLabels" . | nindent 4 }}
  ports:
    {{- include "resmask.servicePorts" . | nindent 4 }}
{{- end }}

{{- define "resmask.servicePorts" -}}
- name: grpc
  port: {{ include "resmask.port" . }}
  targetPort: grpc
  # gRPC without TLS, so that gateways and meshes speak HTTP/2 to it.
  appProtocol: kubernetes.io/h2c
{{- end }}

{{/* What computes inference: a GPU is never left idle beside a CPU that does its work. */}}
{{- define "resmask.provider" -}}
{{- default (ternary "cuda" "cpu" .values.gpu.enabled) .values.provider }}
{{- end }}
