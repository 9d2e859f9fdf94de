import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { evaluationSettings } from '../../apps/evaluation/dist/evaluation-settings.js';
import { EVALUATION_SERVICES } from '../../apps/evaluation/dist/start-evaluation.js';
import { inferenceSettings } from '../../apps/inference/dist/inference-settings.js';
import { INFERENCE_SERVICES } from '../../apps/inference/dist/start-inference.js';
import { registrySettings } from '../../apps/registry/dist/registry-settings.js';
import { REGISTRY_SERVICES } from '../../apps/registry/dist/start-registry.js';

const root = join(import.meta.dirname, '../..');
const CHART = join(root, 'helm/resmask');
const BUILT = join(root, 'build/tools/helm');
const HELM = existsSync(BUILT) ? BUILT : 'helm';
const there = spawnSync(HELM, ['version']).status === 0;
const KUBERNETES = ['1.30.0', '1.34.0', '1.37.0'];
const DEFAULT = join(CHART, 'ci/default-values.yaml');
const profiles = globSync('ci/*-values.yaml', { cwd: CHART });

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: { readonly name: string; readonly value?: string }[];
  readonly securityContext: Record<string, unknown>;
  readonly resources: Record<'requests' | 'limits', Record<string, unknown>>;
  readonly volumeMounts: readonly unknown[];
  readonly readinessProbe?: { readonly grpc: { readonly service: string } };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly strategy?: unknown;
    readonly template?: {
      readonly metadata: { readonly annotations?: Record<string, string> };
      readonly spec: { readonly containers: Container[] } & Record<string, unknown>;
    };
    readonly podMetricsEndpoints?: unknown;
    readonly selector?: unknown;
  };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const helm = (...args: string[]) => spawnSync(HELM, args, { encoding: 'utf8' });
/** Helm built from its module takes the cluster for an old one unless told; a later flag wins. */
const template = (...args: string[]) => helm('template', 'demo', CHART, '--kube-version', KUBERNETES[0], ...args);

function manifests(...args: string[]): Manifest[] {
  const { status, stdout, stderr } = template(...args);
  expect(status, stderr).toBe(0);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

function deployment(objects: readonly Manifest[], component: string): Manifest {
  return objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith(component))!;
}

function container(objects: readonly Manifest[], component: string): Container {
  return deployment(objects, component).spec.template!.spec.containers[0];
}

function claims(objects: readonly Manifest[]): string[] {
  return objects
    .filter(({ kind }) => kind === 'PersistentVolumeClaim')
    .map(({ metadata }) => metadata.name)
    .sort();
}

const environment = ({ env }: Container): Record<string, string | undefined> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]));

it('the chart, its services and the project have one version', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(chart).toMatchObject({ version, appVersion: version });
});

it('the Dockerfile has a target for every image the chart names', () => {
  const targets = [...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/^FROM .* AS (\S+)$/gm)].map(
    ([, target]) => target,
  );
  const values = readFileSync(join(CHART, 'values.yaml'), 'utf8');
  const images = [...values.matchAll(/repository: resmask\/(\S+)/g)].map(([, image]) => image);
  expect(images).toHaveLength(4);
  expect(targets).toEqual(expect.arrayContaining(images));
});

it('every panel of a dashboard has a place of its own, and asks the data source that was chosen', () => {
  const { panels } = JSON.parse(readFileSync(join(CHART, 'dashboards/resmask.json'), 'utf8')) as { panels: Panel[] };
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { targets = [], type, title } of panels) {
    expect(targets.length > 0, title).toBe(type !== 'row');
    for (const { datasource } of targets) expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
  }
});

describe.skipIf(!there)('the chart, as Helm renders it', () => {
  it.each(profiles)('lints strictly with %s', (profile) => {
    const { status, stdout } = helm(
      'lint',
      '--strict',
      '--kube-version',
      KUBERNETES[0],
      CHART,
      '--values',
      join(CHART, profile),
    );
    expect(status, stdout).toBe(0);
  });

  it.each(profiles)('renders the same for every Kubernetes it allows with %s', (profile) => {
    const rendered = KUBERNETES.map((version) => {
      const { status, stdout, stderr } = template('--values', join(CHART, profile), '--kube-version', version);
      expect(status, stderr).toBe(0);
      return stdout;
    });
    expect(new Set(rendered).size).toBe(1);
  });

  it.each(profiles)(
    'runs everything under the Pod Security Standard "restricted" and with limits, with %s',
    (profile) => {
      const pods = manifests('--values', join(CHART, profile)).flatMap(({ spec }) => spec?.template?.spec ?? []);
      expect(pods).toHaveLength(4);
      for (const pod of pods) {
        expect(pod).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        });
        for (const { securityContext, resources } of pod.containers) {
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(Object.keys(resources.limits)).toEqual(expect.arrayContaining(['cpu', 'memory']));
          expect(Object.keys(resources.requests)).toEqual(['cpu', 'memory']);
        }
      }
    },
  );

  it.each([
    ['inference', inferenceSettings, INFERENCE_SERVICES],
    ['registry', registrySettings, REGISTRY_SERVICES],
    ['evaluation', evaluationSettings, EVALUATION_SERVICES],
  ])(
    'gives %s only settings that it reads, and probes it by the name it answers to',
    (component, settings, services) => {
      const known = Object.values(settings).map(({ variable }) => variable);
      const [gpu, auth, s3, metrics] = ['gpu', 'auth', 's3', 'metrics'].map((profile) =>
        container(manifests('--values', join(CHART, `ci/${profile}-values.yaml`)), component),
      );
      const given = [gpu, auth, s3, metrics].flatMap(({ env }) => env.map(({ name }) => name));
      const ours = given.filter((name) => !/^(OTEL|POD|NODE|AWS)_/.test(name));
      expect(ours.filter((name) => !known.includes(name))).toEqual([]);
      const { readinessProbe } = gpu;
      expect(readinessProbe?.grpc.service).toBe(Object.keys(services)[0]);
    },
  );

  it('computes on the CPU unless a GPU is asked for, and then asks for it and falls back to nothing', () => {
    const plain = container(manifests('--values', DEFAULT), 'inference');
    expect(environment(plain)).toMatchObject({ RESMASK_PROVIDER: 'cpu' });
    expect(plain.resources.limits).not.toHaveProperty('nvidia.com/gpu');

    const gpu = ['--values', DEFAULT, '--set', 'inference.gpu.enabled=true'];
    const whole = container(manifests(...gpu), 'inference');
    expect(environment(whole)).toMatchObject({ RESMASK_PROVIDER: 'cuda', RESMASK_PROVIDER_FALLBACK: 'none' });
    expect(whole.resources.limits).toHaveProperty('nvidia.com/gpu', 1);
    expect(whole.image).toMatch(/^resmask\/inference-cuda:/);

    const slice = manifests(...gpu, '--set', 'inference.gpu.resourceName=nvidia.com/mig-1g.10gb');
    expect(container(slice, 'inference').resources.limits).toHaveProperty('nvidia.com/mig-1g.10gb', 1);
  });

  it.each(['inference', 'registry', 'evaluation'])(
    'says who may call %s: everybody, or those with a token',
    (component) => {
      const open = container(manifests('--values', DEFAULT), component);
      expect(environment(open)).toMatchObject({ RESMASK_AUTH: 'open' });
      expect(environment(open)).not.toHaveProperty('RESMASK_PRINCIPALS');
      const required = container(manifests('--values', join(CHART, 'ci/auth-values.yaml')), component);
      expect(environment(required)).toMatchObject({
        RESMASK_AUTH: 'required',
        RESMASK_PRINCIPALS: '/etc/resmask/principals/principals.json',
        RESMASK_JWT_ISSUER: 'https://login.example.com/realms/team',
      });
      expect(required.volumeMounts).toContainEqual({
        name: 'principals',
        mountPath: '/etc/resmask/principals',
        readOnly: true,
      });
      expect(required.env.some(({ name }) => name === 'RESMASK_REGISTRY_TOKEN')).toBe(component !== 'registry');
    },
  );

  it('stores the files of versions in a volume for one pod, unless told otherwise', () => {
    const objects = manifests('--values', DEFAULT);
    const registry = container(objects, 'registry');
    expect(environment(registry)).toMatchObject({
      RESMASK_ARTIFACTS: '/var/lib/resmask/artifacts',
      RESMASK_GC_INTERVAL_MS: '3600000',
      RESMASK_GC_GRACE_MS: '86400000',
    });
    expect(environment(registry)).not.toHaveProperty('RESMASK_S3_PATH_STYLE');
    expect(registry.volumeMounts).toContainEqual({ name: 'artifacts', mountPath: '/var/lib/resmask' });
    expect(claims(objects)).toEqual(['demo-resmask-evaluation', 'demo-resmask-registry']);
    expect(deployment(objects, 'registry').spec.strategy).toEqual({ type: 'Recreate' });
  });

  it('stores the files of versions in a bucket, without a volume and with any number of pods', () => {
    const objects = manifests('--values', join(CHART, 'ci/s3-values.yaml'));
    const registry = container(objects, 'registry');
    expect(environment(registry)).toMatchObject({
      RESMASK_ARTIFACTS: 's3://models/resmask/production',
      RESMASK_S3_ENDPOINT: 'https://minio.storage:9000',
      RESMASK_S3_REGION: 'eu-central-1',
      RESMASK_S3_PATH_STYLE: 'yes',
      RESMASK_GC_INTERVAL_MS: '600000',
      RESMASK_GC_GRACE_MS: '172800000',
    });
    expect(registry.env).toContainEqual({
      name: 'AWS_SECRET_ACCESS_KEY',
      valueFrom: { secretKeyRef: { name: 'resmask-s3', key: 'secret-key' } },
    });
    expect(JSON.stringify(deployment(objects, 'registry'))).not.toMatch(/persistentVolumeClaim|"artifacts"/);
    expect(claims(objects)).toEqual(['demo-resmask-evaluation']);
    expect(deployment(objects, 'registry').spec).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate' },
      template: { spec: { serviceAccountName: 'registry' } },
    });
    expect(environment(container(objects, 'evaluation'))['RESMASK_ARTIFACTS']).toBe('/var/lib/resmask/artifacts');
  });

  it('takes credentials of the pod where no Secret is named, and a bucket without a prefix', () => {
    const set = ['registry.artifacts.store=s3', 'registry.artifacts.s3.bucket=models'];
    const objects = manifests('--values', DEFAULT, ...set.flatMap((value) => ['--set', value]));
    const given = environment(container(objects, 'registry'));
    expect(given).toMatchObject({ RESMASK_ARTIFACTS: 's3://models', RESMASK_S3_PATH_STYLE: 'no' });
    for (const name of ['RESMASK_S3_ENDPOINT', 'RESMASK_S3_REGION', 'AWS_ACCESS_KEY_ID'])
      expect(given).not.toHaveProperty(name);
  });

  it.each(['inference', 'registry', 'evaluation'])('measures %s for nobody unless it is asked to', (component) => {
    const plain = manifests('--values', DEFAULT);
    expect(JSON.stringify(plain)).not.toMatch(/9464|prometheus|METRICS|PodMonitor|ConfigMap/);
    expect(container(plain, component).ports.map(({ name }) => name)).toEqual(['grpc']);
    const traced = manifests('--values', DEFAULT, '--set', 'tracing.otlpEndpoint=http://collector:4318');
    expect(environment(container(traced, component))).toMatchObject({ OTEL_METRICS_EXPORTER: 'none' });
  });

  it.each(['inference', 'registry', 'evaluation'])('lets Prometheus read %s, found by its annotations', (component) => {
    const set = ['metrics.enabled=true', 'metrics.port=9000', `${component}.podAnnotations.own=kept`];
    const objects = manifests('--values', DEFAULT, ...set.flatMap((value) => ['--set', value]));
    const read = container(objects, component);
    expect(environment(read)).toMatchObject({ RESMASK_METRICS_LISTEN: '0.0.0.0:9000' });
    expect(read.ports).toContainEqual({ name: 'metrics', containerPort: 9000 });
    expect(deployment(objects, component).spec.template?.metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/path': '/metrics',
      'prometheus.io/port': '9000',
      own: 'kept',
    });
    expect(objects.filter(({ kind }) => kind === 'PodMonitor')).toEqual([]);
  });

  it('lets Prometheus’ operator find the pods by a monitor that it selects, and Grafana the dashboard as it is', () => {
    const objects = manifests('--values', join(CHART, 'ci/metrics-values.yaml'));
    const [monitor] = objects.filter(({ kind }) => kind === 'PodMonitor');
    expect(monitor.metadata.labels).toMatchObject({ release: 'kube-prometheus-stack' });
    expect(monitor.spec).toMatchObject({
      selector: { matchLabels: { 'app.kubernetes.io/name': 'resmask', 'app.kubernetes.io/instance': 'demo' } },
      podMetricsEndpoints: [{ port: 'metrics', path: '/metrics', interval: '15s' }],
    });
    for (const component of ['inference', 'registry', 'evaluation']) {
      const { template } = deployment(objects, component).spec;
      expect(template?.metadata.annotations).toBeUndefined();
      expect(environment(container(objects, component))).toMatchObject({ OTEL_METRICS_EXPORTER: 'otlp' });
    }
    const [dashboards] = objects.filter(({ kind }) => kind === 'ConfigMap');
    expect(dashboards.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(dashboards.data).toEqual({ 'resmask.json': readFileSync(join(CHART, 'dashboards/resmask.json'), 'utf8') });
  });

  it('warns after an install that is open', () => {
    // Helm shows notes only of what it installs, for which it needs a cluster; as a value of an object it renders them anywhere.
    const folder = mkdtempSync(join(tmpdir(), 'resmask-chart-'));
    cpSync(CHART, folder, { recursive: true });
    renameSync(join(folder, 'templates/NOTES.txt'), join(folder, 'notes.txt'));
    const template = 'kind: ConfigMap\ndata:\n  notes: {{ tpl (.Files.Get "notes.txt") . | quote }}\n';
    writeFileSync(join(folder, 'templates/notes.yaml'), template);
    const notes = (profile: string): string => {
      const args = ['--show-only', 'templates/notes.yaml', '--values', join(CHART, `ci/${profile}-values.yaml`)];
      const { stdout, stderr } = helm('template', 'demo', folder, '--kube-version', KUBERNETES[0], ...args);
      expect(stderr).toBe('');
      return parse(stdout).data.notes;
    };
    const [open, required] = ['default', 'auth'].map(notes);
    rmSync(folder, { recursive: true });
    expect(open).toContain('WARNING: auth.mode is open');
    expect(required).not.toContain('WARNING');
    expect(required).toContain('RESMASK_TOKEN');
  });

  it('runs the migrations before anything else, with nothing but the database secret', () => {
    const [job] = manifests('--values', DEFAULT, '--show-only', 'templates/migrations/job.yaml');
    expect(job.metadata).toMatchObject({ annotations: { 'helm.sh/hook': 'pre-install,pre-upgrade' } });
    const pod = job.spec.template!.spec;
    expect(pod).not.toHaveProperty('serviceAccountName');
    expect(pod.containers.map(({ name }) => name)).toEqual(['registry', 'evaluation']);
    expect(JSON.stringify(pod)).not.toMatch(/configMap|persistentVolumeClaim/);
  });

  it.each([
    ['no database', [], /database\.existingSecret is required/],
    ['an unknown value', ['inference.replica=2'], /additional properties 'replica' not allowed/],
    ['the tag latest', ['registry.image.tag=latest'], /the tag latest is refused/],
    ['two shared GPUs', ['inference.gpu.resourceName=nvidia.com/gpu.shared', 'inference.gpu.count=2'], /count/],
    ['a GPU that computes on the CPU', ['inference.gpu.enabled=true', 'inference.provider=cpu'], /provider/],
    ['CUDA without a GPU', ['inference.provider=cuda'], /provider/],
    ['two pods on a volume for one', ['registry.replicas=2'], /replicas/],
    ['a store that is neither', ['registry.artifacts.store=gcs'], /store/],
    ['S3 without a bucket', ['registry.artifacts.store=s3'], /registry\.artifacts\.s3\.bucket is required/],
    ['a bucket that is none', ['registry.artifacts.s3.bucket=My_Bucket'], /bucket/],
    ['a collection that never waits', ['registry.garbageCollection.graceSeconds=-1'], /graceSeconds/],
    [
      'a grace period shorter than the drain',
      ['inference.terminationGracePeriodSeconds=30'],
      /draining takes up to 75/,
    ],
    ['callers that nobody could identify', ['auth.mode=required'], /auth\.principals\.existingSecret or auth\.jwt/],
    [
      'services that could not call the registry',
      ['auth.mode=required', 'auth.principals.existingSecret=x'],
      /auth\.registryToken\.existingSecret is required/,
    ],
    ['metrics on the port of a service', ['metrics.port=50051'], /port/],
    ['metrics found by an oracle', ['metrics.discovery=oracle'], /discovery/],
    ['metrics for a collector that is not there', ['metrics.otlp=true'], /tracing\.otlpEndpoint, which is empty/],
    ['keys in plain text', ['auth.jwt.jwksUrl=http://login.example.com'], /jwksUrl/],
    ['an update that could never start', ['inference.rollingUpdate.maxSurge=0'], /maxSurge/],
  ])('refuses %s', (_name, values, message) => {
    const secret = values.length === 0 ? [] : ['--values', DEFAULT];
    const { status, stderr } = template(...secret, ...values.flatMap((value) => ['--set', value]));
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
