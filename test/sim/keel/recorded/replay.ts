import http from 'node:http';
import { withDefaults } from '../../api-server/admit.ts';
import type { Any } from '../../api-server/store.ts';
import type { SimCluster } from '../../cluster.ts';
import { type KeelOptions, type KeelServer, startKeel } from '../../keel.ts';
import { connectKube } from '../kube.ts';
import type { Notification } from '../provider.ts';
import { listWorkloads, type Workload } from '../workloads.ts';
import type { Recording, Step } from './recording.ts';

export interface Replayed {
  status: number;
  type: string | null;
  body: string;
  /** Every workload before and after, by its name. */
  before: Map<string, Workload>;
  after: Map<string, Workload>;
  /** What Keel would have posted to its WEBHOOK_ENDPOINT. */
  posts: Notification[];
  /** Writes of Keel that the API server took. */
  changes: number;
}

export interface Replay {
  play(recording: Recording): Promise<Replayed>;
  keel(): KeelServer;
  close(): Promise<void>;
}

const NAMESPACE = 'keel-lab';
const ADMIN = { username: 'admin', password: 's3cret' };
const PLURALS: Readonly<Record<string, string>> = {
  deployment: 'deployments',
  statefulset: 'statefulsets',
  daemonset: 'daemonsets',
  cronjob: 'cronjobs',
};

/** How Keel had been started for a case. */
function optionsFor(name: string): KeelOptions {
  if (name.startsWith('6.no BASIC_AUTH + AUTH')) return { authenticatedWebhooks: true };
  if (name.startsWith('6.no BASIC_AUTH')) return {};
  if (name.startsWith('6.AUTHENTICATED_WEBHOOKS')) return { basicAuth: ADMIN, authenticatedWebhooks: true };
  if (name.startsWith('6.UI files')) return { basicAuth: ADMIN, hasUi: true };
  return { basicAuth: ADMIN };
}

/** Plays recorded exchanges against the sim's Keel beside the built-in cluster, in their order. */
export async function startReplay(cluster: SimCluster): Promise<Replay> {
  const kubeconfig = cluster.kubeconfig('keel');
  const kube = await connectKube(kubeconfig);
  const { store, clock } = cluster;
  let keel: KeelServer | undefined;
  let started = '';
  let token = '';
  let posts: Notification[] = [];

  async function keelFor(name: string): Promise<KeelServer> {
    const options = optionsFor(name);
    if (keel && started === JSON.stringify(options)) return keel;
    const records = keel?.records;
    await keel?.close();
    started = JSON.stringify(options);
    keel = await startKeel({
      ...options,
      clock,
      kubeconfig,
      namespace: NAMESPACE,
      onNotification: (each) => posts.push(each),
    });
    if (records) Object.assign(keel.records, records);
    if (options.basicAuth) {
      token = JSON.parse(
        (await ask(`${keel.url}/v1/auth/login`, 'POST', {}, JSON.stringify(ADMIN))).body,
      ).token;
    }
    return keel;
  }

  async function prepare(step: Step, to: KeelServer): Promise<void> {
    const put = (name: string, change: (object: Any) => void) => {
      const object = structuredClone(store.get('deployments', NAMESPACE, name));
      change(object);
      if (object) store.put('deployments', object);
    };
    if ('apply' in step) apply(step);
    else if ('delete' in step) {
      const found = store.get('deployments', NAMESPACE, step.delete);
      if (found) store.drop('deployments', found);
    } else if ('image' in step) {
      put(step.image[0], (object) => {
        const [container] = object.spec.template.spec.containers;
        container.image = container.image.replace(/:[^:/]+$/, `:${step.image[1]}`);
      });
    } else if ('annotate' in step) {
      put(step.annotate[0], ({ metadata }) => {
        for (const [key, value] of Object.entries(step.annotate[1])) {
          if (value === null) delete metadata.annotations[key];
          else metadata.annotations[key] = value;
        }
      });
    } else if ('webhook' in step) {
      await ask(to.webhook, 'POST', {}, JSON.stringify(step.webhook));
      await to.idle();
    } else if ('lose' in step) to.loseUpdates(step.lose);
    else {
      await to.down();
      await to.up();
    }
  }

  function apply({
    apply: name,
    kind,
    images,
    initImages = {},
    annotations,
    labels,
  }: Extract<Step, { apply: string }>) {
    const plural = PLURALS[kind] ?? 'deployments';
    const found = store.get(plural, NAMESPACE, name);
    if (found) store.drop(plural, found);
    const containers = (of: Record<string, string>) =>
      Object.entries(of).map(([container, image]) => ({ name: container, image }));
    const template = {
      metadata: { labels: { app: name } },
      spec: { containers: containers(images), initContainers: containers(initImages) },
    };
    store.add(
      plural,
      withDefaults(plural, {
        apiVersion: kind === 'cronjob' ? 'batch/v1' : 'apps/v1',
        kind,
        metadata: { name, namespace: NAMESPACE, annotations, labels: { app: name, ...labels } },
        spec:
          kind === 'cronjob'
            ? { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } }
            : { replicas: 0, selector: { matchLabels: { app: name } }, template },
      }),
    );
  }

  async function look(): Promise<Map<string, Workload>> {
    const found = await listWorkloads(kube, NAMESPACE);
    return new Map(found.map((each) => [each.object.metadata.name, each]));
  }

  return {
    async play({ case: name, before: steps = [], request: { method, path, headers, body } }) {
      const to = await keelFor(name);
      for (const step of steps) await prepare(step, to);
      const before = await look();
      posts = [];
      const isWithout = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
      const given = Object.entries(headers).map(([key, value]) => [
        key,
        value.startsWith('Bearer eyJ') ? `Bearer ${token}` : value,
      ]);
      const done = to.outcomes.length;
      const send = (one: unknown) =>
        ask(
          `${to.url}${path}`,
          method,
          Object.fromEntries(given),
          isWithout ? undefined : typeof one === 'string' ? one : JSON.stringify(one),
        );
      // some records hold fifty requests in a row
      for (const one of isBurst(body) ? body.slice(0, -1) : []) await send(one);
      const answer = await send(isBurst(body) ? body.at(-1) : body);
      if (path === '/v1/auth/login' && answer.status === 200) token = JSON.parse(answer.body).token;
      await to.idle();
      // the exchanges were some tenths of a second apart
      await clock.sleep(700);
      const changes = to.outcomes.slice(done).filter(({ result }) => result === 'updated').length;
      return { ...answer, before, after: await look(), posts, changes };
    },
    keel() {
      if (!keel) throw new Error('nothing was played yet');
      return keel;
    },
    async close() {
      await keel?.close();
      kube.close();
    },
  };
}

function isBurst(body: unknown): body is unknown[] {
  return Array.isArray(body) && body.length > 0;
}

/** One request on a connection of its own, which no restart of Keel can have closed. */
function ask(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Pick<Replayed, 'status' | 'type' | 'body'>> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method, headers: { ...headers, ...length }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: given } = response;
          resolve({ status, type: given['content-type'] ?? null, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
