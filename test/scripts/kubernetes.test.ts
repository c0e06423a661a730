import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseSettings } from '../../platform/settings.ts';
import { taskQueues } from '../../temporal.config.ts';
import {
  documentsOf,
  FOLDER,
  hasKubectl,
  kustomize,
  manifests,
  validate,
  validateText,
  type Resource,
} from '../support/kubernetes.ts';
import { runFolder } from '../support/run.ts';
import { blocksOf } from './pages.ts';
import { PROJECT } from './support.ts';

/* deploy/kubernetes, held to the official schemas of Kubernetes and to what docs/kubernetes.md says. */

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
/** Of other projects' definitions there are no official schemas; what KEDA's takes is below. */
const OF_OTHERS = /Couldn't find schema for kind (ScaledObject|PodMonitor) /;

const port = z.looseObject({ name: z.string().optional() });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  env: z.array(z.looseObject({ name: z.string() })).default([]),
  envFrom: z.array(z.looseObject({})),
  ports: z.array(port).default([]),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  startupProbe: probe.optional(),
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }).optional(),
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.unknown(),
});
const podSpec = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  terminationGracePeriodSeconds: z.number().optional(),
  securityContext: z.looseObject({}),
  containers: z.tuple([container]),
  volumes: z.array(z.looseObject({ secret: z.looseObject({ secretName: z.string() }).optional() })),
});
const workload = z.looseObject({
  kind: z.enum(['Deployment', 'Job']),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }), spec: podSpec }),
  }),
});
type Workload = z.infer<typeof workload>;

let resources: Resource[];
let workloads: Workload[];
beforeAll(() => {
  resources = documentsOf(manifests);
  workloads = resources.flatMap((one) => (['Deployment', 'Job'].includes(one.kind) ? [workload.parse(one)] : []));
});

const podOf = (name: string): z.infer<typeof podSpec> => {
  const found = workloads.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found.spec.template.spec;
};

describe('the manifests', () => {
  test('keep the schemas of Kubernetes, strictly', () => {
    const { valid, said } = validate(manifests);
    expect(said.split('\n').filter((line) => line !== '' && !OF_OTHERS.test(line))).toEqual([]);
    expect(valid).toBe(true);
  });

  test.each([
    ['a field that there is none', 'base/api.yaml', 'readinessProbe:', 'readinesProbe:'],
    ['a text for a number', 'base/api.yaml', 'containerPort: 9464', 'containerPort: metrics'],
    ['a word for a yes or no', 'base/tools.yaml', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: always'],
    ['a missing selector', 'base/worker/worker.yaml', /  selector:\n    matchLabels:\n.*\n/, ''],
    ['a policy of another shape', 'base/network-policy.yaml', 'policyTypes: [Ingress, Egress]', 'policyTypes: Ingress'],
    ['a budget that says nothing known', 'base/api-scaling.yaml', 'maxUnavailable: 1', 'maxUnavailabel: 1'],
    [
      'a list that is none',
      'base/migrations.yaml',
      'command: [node, scripts/migrate.ts]',
      'command: node scripts/migrate.ts',
    ],
  ])('with %s are refused', (_what, file, from, to) => {
    const broken = read(file).replace(from, to);
    expect(broken).not.toBe(read(file));
    expect(validateText(broken).valid).toBe(false);
  });

  test('are each used by Kustomize, and each that it names is there', () => {
    const named = globSync('**/kustomization.yaml', { cwd: FOLDER }).flatMap((file) => {
      const own = read(file).matchAll(/^ *(?:- |resources: \[|envs: \[)([\w-]+\.(?:yaml|env))\b/gm);
      return [...own].map(([, name = '']) => join(dirname(file), name));
    });
    const there = [...manifests, ...globSync('**/*.env', { cwd: FOLDER })];
    expect(named.toSorted()).toEqual(there.toSorted());
  });

  test('contain no secret', () => {
    expect(resources.map(({ kind }) => kind)).not.toContain('Secret');
    expect([...manifests, 'base/settings.env'].map(read).join('\n')).not.toMatch(/:\/\/[^/\s]+:[^/\s]+@|"d":|PASSWORD/);
  });
});

describe('every pod', () => {
  test('may do nothing but run: no root, no writing, no capabilities, no token of Kubernetes', () => {
    expect(workloads.map(({ metadata }) => metadata.name).toSorted()).toEqual(['api', 'migrations', 'tools', 'worker']);
    for (const { metadata, spec } of workloads) {
      const pod = spec.template.spec;
      expect({ name: metadata.name, token: pod.automountServiceAccountToken }).toEqual({
        name: metadata.name,
        token: false,
      });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('asks for what it needs, and has a limit of memory', () => {
    for (const { spec } of workloads) {
      const { requests, limits } = spec.template.spec.containers[0].resources;
      expect([Object.keys(requests), Object.keys(limits)]).toEqual([['cpu', 'memory'], ['memory']]);
    }
  });

  test('runs a main file that there is, from an image of the Dockerfile', () => {
    for (const { spec } of workloads) {
      const [{ command, image }] = spec.template.spec.containers;
      expect(['countersign', 'countersign-tools']).toContain(image);
      const [program, main = ''] = command;
      if (program === 'node') expect(read(relative(FOLDER, join(PROJECT, main)))).not.toBe('');
    }
  });

  test('has settings that there are, and only the migrations have the owner of the database', () => {
    const known = [...readFileSync(join(PROJECT, 'docs/settings.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
      ([, name = '']) => name,
    );
    const named = ['base/settings.env', 'overlays/example/settings.env'].flatMap((file) =>
      [...read(file).matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name),
    );
    const own = workloads.flatMap(({ spec }) => spec.template.spec.containers[0].env.map(({ name }) => name));
    expect(own.toSorted()).toEqual(['DATABASE_OWNER_URL_FILE', 'WORKER_BUILD_ID', 'WORKER_DEPLOYMENT_NAME']);
    expect([...named, ...own].filter((name) => !known.includes(name))).toEqual([]);
    const owners = workloads.filter((one) => JSON.stringify(one).includes('database-owner'));
    expect(owners.map(({ metadata }) => metadata.name)).toEqual(['migrations']);
  });

  test('has the files that its settings name, from Secrets that the page has', () => {
    const page = readFileSync(join(PROJECT, 'docs/kubernetes.md'), 'utf8');
    const secrets = new Set(
      workloads.flatMap(({ spec }) => spec.template.spec.volumes.flatMap(({ secret }) => secret?.secretName ?? [])),
    );
    expect(secrets.size).toBe(4);
    for (const name of secrets) expect(page).toContain(`| \`${name}\``);
    const mounts = JSON.stringify(podOf('api').containers[0]);
    for (const [, folder = ''] of read('base/settings.env').matchAll(/_FILE=(\/run\/\w+)\//g))
      expect(mounts).toContain(`"mountPath":"${folder}"`);
  });
});

describe('API and workers', () => {
  test('are asked where they answer', () => {
    const paths = (name: string) => {
      const [{ livenessProbe, readinessProbe, startupProbe, ports }] = podOf(name).containers;
      const asked = [livenessProbe, readinessProbe, startupProbe].map((one) => one?.httpGet);
      for (const place of asked) expect(ports.map((one) => one.name)).toContain(place?.port);
      return asked.map((place) => place?.path);
    };
    expect(paths('api')).toEqual(['/health/live', '/health/ready', '/health/live']);
    expect(paths('worker')).toEqual(['/metrics', '/metrics', '/metrics']);
  });

  test('an API has the time for the pause, for draining, and for the requests under way', () => {
    const { terminationGracePeriodSeconds = 0, containers } = podOf('api');
    const [, drain = ''] = /DRAIN_MS = ([\d_]+)/.exec(readFileSync(join(PROJECT, 'api/serve.ts'), 'utf8')) ?? [];
    const draining = (parseSettings({}).drainPauseMs + Number(drain.replaceAll('_', ''))) / 1000;
    const needed = (containers[0].lifecycle?.preStop.sleep.seconds ?? 0) + draining;
    expect(needed).toBeGreaterThan(25);
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(needed + 10);
    expect(podOf('worker').terminationGracePeriodSeconds).toBeGreaterThanOrEqual(draining + 10);
  });

  test('the operators may have all the memory that bundling the workflows takes', () => {
    const memory = (name: string) => podOf(name).containers[0].resources.limits['memory'];
    expect(memory('tools')).toBe(memory('worker'));
  });

  test('a worker is the build that its label says', () => {
    const [{ env }] = podOf('worker').containers;
    expect(env.find(({ name }) => name === 'WORKER_BUILD_ID')).toMatchObject({
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/version']" } },
    });
  });

  test('the backlog that KEDA reads is that of the queue of orders, in the fields of its scaler', () => {
    const found = resources.find(({ kind }) => kind === 'ScaledObject');
    expect(() => scaled.parse(found?.['spec'])).not.toThrow();
  });
});

/** What KEDA is asked to do: the fields of its `temporal` scaler, and no others. */
const scaled = z.strictObject({
  scaleTargetRef: z.strictObject({ name: z.string() }),
  minReplicaCount: z.number(),
  maxReplicaCount: z.number(),
  pollingInterval: z.number(),
  cooldownPeriod: z.number(),
  triggers: z.tuple([
    z.strictObject({
      type: z.literal('temporal'),
      metadata: z.strictObject({
        endpoint: z.string(),
        namespace: z.string(),
        taskQueue: z.literal(taskQueues.orders),
        queueTypes: z.literal('workflow,activity'),
        targetQueueSize: z.string().regex(/^\d+$/),
        workerDeploymentName: z.literal('countersign'),
        workerDeploymentBuildId: z.string(),
      }),
    }),
  ]),
});

describe('the steps of the page', () => {
  const steps = blocksOf('docs/kubernetes.md').map(({ text }) => text);

  test("enter the operators' pod only after it has been waited for, since the manifests were last applied", () => {
    expect(steps).toHaveLength(2);
    for (const text of steps) {
      const [, first = ''] = text.split(/kubectl apply -k \$OVERLAY\n/);
      expect(first.indexOf('kubectl rollout status deployment/tools')).toBeGreaterThan(-1);
      expect(first.indexOf('kubectl rollout status deployment/tools')).toBeLessThan(
        first.indexOf('kubectl exec deployment/tools'),
      );
    }
    expect(resources.find(({ metadata }) => metadata?.name === 'tools')?.['spec']).not.toHaveProperty('replicas');
  });

  test('make each Secret that pods have, and each file that one is made of', () => {
    const [first = ''] = steps;
    for (const name of ['keys', 'database', 'database-owner'])
      expect(first).toMatch(new RegExp(`kubectl create secret generic countersign-${name} `));
    for (const [, file = ''] of first.matchAll(/--from-file=([A-Z_]+)$/gm)) expect(first).toContain(`$EDITOR ${file}`);
  });
});

/** Where there is no kubectl, this is shown as skipped. */
const withKubectl = hasKubectl ? describe : describe.skip;

withKubectl('what Kustomize makes of them', () => {
  let folder: string;
  beforeAll(() => {
    folder = overlaysOfThePage();
  });
  const made = (overlay: string): Resource[] => {
    const file = join(mkdtempSync(join(runFolder(), 'kubernetes-')), 'whole.yaml');
    writeFileSync(file, kustomize(join(folder, 'deploy/kubernetes/overlays', overlay)));
    return documentsOf([file]);
  };
  const deploymentsOf = (all: readonly Resource[]): Workload[] =>
    all.filter(({ kind }) => kind === 'Deployment').map((one) => workload.parse(one));
  const buildOf = ({ spec }: Workload): string | undefined =>
    spec.template.metadata.labels['app.kubernetes.io/version'];

  test.each(['overlays/example', 'overlays/example-upgrade'])('%s keeps the schemas, too', (overlay) => {
    expect(validateText(kustomize(overlay))).toEqual({ valid: true, said: '' });
  });

  test('in an upgrade the two releases of workers stand side by side, each as its image and build', () => {
    const all = made('production-upgrade');
    const deployments = deploymentsOf(all);
    const facts = deployments.map(({ metadata: { name }, spec: { template, replicas } }) => ({
      [name]: [template.spec.containers[0].image, template.metadata.labels['app.kubernetes.io/version'], replicas],
    }));
    expect(Object.assign({}, ...facts)).toEqual({
      api: ['registry.example/countersign:v1', undefined, undefined],
      tools: ['registry.example/countersign-tools:v1', undefined, undefined],
      // KEDA says how many.
      worker: ['registry.example/countersign:v1', 'v1', undefined],
      'worker-next': ['registry.example/countersign:v2', 'v2', undefined],
    });
    const selectors = deployments.map(({ spec }) => JSON.stringify(spec['selector']));
    expect(new Set(selectors).size).toBe(selectors.length);
    const job = all.find(({ kind }) => kind === 'Job');
    expect(workload.parse(job).spec.template.spec.containers[0].image).toBe('registry.example/countersign:v2');
  });

  test('KEDA asks for the backlog of the build that each of them is, at the Temporal of the settings', () => {
    const all = made('production-upgrade');
    const asked = all.flatMap(({ kind, ...one }) => (kind === 'ScaledObject' ? [scaled.parse(one['spec'])] : []));
    const builds = asked.map(({ scaleTargetRef, triggers: [{ metadata }] }) => [
      scaleTargetRef.name,
      metadata.workerDeploymentBuildId,
    ]);
    const workers = deploymentsOf(all).filter((one) => buildOf(one) !== undefined);
    expect(builds).toEqual(workers.map((one) => [one.metadata.name, buildOf(one)]));
    expect(builds.map(([name]) => name)).toEqual(['worker', 'worker-next']);
    for (const { triggers } of asked)
      expect(triggers[0].metadata).toMatchObject({ endpoint: 'temporal.elsewhere:7233', namespace: 'orders' });
  });

  test('after it the workers are the next release, for KEDA, too, as the page edits the overlay', () => {
    const edit = blocksOf('docs/kubernetes.md').flatMap(
      ({ text }) => text.match(/^sed .*overlays\/production\/.*$/gm) ?? [],
    );
    expect(edit).toHaveLength(1);
    const later = overlaysOfThePage();
    execFileSync('bash', ['-euc', edit.join('\n')], { cwd: later });
    const text = kustomize(join(later, 'deploy/kubernetes/overlays/production'));
    expect(text).toContain('workerDeploymentBuildId: v2');
    expect(text).not.toMatch(/image: .*:v1$/m);
  });

  test('all of it, and nothing but the namespace itself, is in one namespace and of one settings map', () => {
    const text = kustomize(join(folder, 'deploy/kubernetes/overlays/production-upgrade'));
    expect(new Set(text.match(/name: settings-\w+/g)).size).toBe(1);
    const objects = text.split('\n---\n').filter((one) => !/^kind: Namespace$/m.test(one));
    for (const object of objects) expect(object).toMatch(/^  namespace: countersign$/m);
  });
});

/** An operator's overlays, made by the page's own commands, with every component and a Temporal of their own. */
function overlaysOfThePage(): string {
  const folder = mkdtempSync(join(runFolder(), 'overlays-'));
  cpSync(FOLDER, join(folder, 'deploy/kubernetes'), { recursive: true });
  const commands = blocksOf('docs/kubernetes.md').flatMap(
    ({ text }) => text.match(/^(?:cp -r|sed -i .*production-upgrade\/) ?.*$/gm) ?? [],
  );
  execFileSync('bash', ['-euc', commands.join('\n')], { cwd: folder });
  for (const overlay of ['production', 'production-upgrade']) {
    const file = join(folder, 'deploy/kubernetes/overlays', overlay, 'kustomization.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('# components:', 'components:').replaceAll(/^#   - /gm, '  - '));
  }
  writeFileSync(
    join(folder, 'deploy/kubernetes/overlays/production/settings.env'),
    'TEMPORAL_ADDRESS=temporal.elsewhere:7233\nTEMPORAL_NAMESPACE=orders\n',
  );
  return folder;
}
