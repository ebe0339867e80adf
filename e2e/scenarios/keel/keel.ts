import assert from 'node:assert/strict';
import { KEEL_RULES } from '../../../test/sim/keel/workloads.ts';
import { type KeelFault, type KeelOptions, type KeelServer, startKeel } from '../../../test/sim/keel.ts';
import type { SimWorld } from '../../../test/sim/world.ts';
import { deploymentOf, paths } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** The account of Keel's admin part. */
export const ADMIN = { username: 'admin', password: 'correct-horse' };
/** A scenario with a Keel, which is closed at its end. */
export function scenario(
  name: string,
  start: (world: World) => Promise<KeelServer>,
  tell: (world: World, keel: KeelServer) => Promise<void>,
): Scenario {
  return {
    name: `keel: ${name}`,
    async run(world) {
      const keel = await start(world);
      try {
        await tell(world, keel);
      } finally {
        await keel.close();
      }
    },
  };
}

/** A Keel that works on the world's cluster, by its clock. */
export async function keelOn(world: World, options: KeelOptions): Promise<KeelServer> {
  const clock = world.kind === 'sim' ? { clock: (world as SimWorld).cluster.clock } : {};
  const kubeconfig = await world.kubeconfig(KEEL_RULES);
  return startKeel({ ...options, ...clock, kubeconfig, namespace: world.namespace });
}

/** As Drone hands it over: the tag of the build is in its place already. */
const TEMPLATE = '{ "name": "192.0.2.115:5000/pregap",\n  "tag": "1.4.2" }\n';

const withKeel = (name: string, options: KeelOptions, tell: Parameters<typeof scenario>[2]): Scenario =>
  // no cluster takes part, so that the built-in one is enough
  ({ ...scenario(name, () => startKeel(options), tell), inFull: true });

/** The same with a Keel that works on the world's cluster, where a workload (of no pods) runs the image of before. */
function withWorkload(name: string, options: KeelOptions, tell: Parameters<typeof scenario>[2]): Scenario {
  const start = async (world: World) => {
    const deployment = deploymentOf('1.4.1', 0);
    deployment.metadata = {
      ...deployment.metadata,
      name: 'pregap',
      annotations: { 'keel.sh/policy': 'all' },
    };
    deployment.spec.template.spec.containers[0].image = '192.0.2.115:5000/pregap:1.4.1';
    await world.api.create(paths(world.namespace).deployments, deployment);
    return keelOn(world, options);
  };
  return scenario(name, start, tell);
}

/** Without credentials of the cluster, the step cannot look which workloads Keel would update. */
const NO_CLUSTER = { kubeconfig: undefined, namespace: undefined };

/** The settings of a step that sent its webhook with plugins/webhook, which has no credentials of the cluster. */
function webhookStep(urls: string): Record<string, unknown> {
  return { ...NO_CLUSTER, ...ADMIN, urls, debug: true, content_type: 'application/json', template: TEMPLATE };
}

export const scenarios: Scenario[] = [
  withWorkload(
    'a plugins/webhook step works as it is, and says more',
    { basicAuth: ADMIN, authenticatedWebhooks: true, hasUi: true },
    async (world, keel) => {
      const { code, log, outputs } = await world.step(webhookStep(keel.webhook)).done;
      assert.equal(code, 0, log);
      assert.deepEqual(keel.queued, ['192.0.2.115:5000/pregap:1.4.2']);
      assert.ok(keel.seen.some(({ body }) => body === TEMPLATE.trimEnd()));
      assert.match(log, /PROMOTED +deployment\/[\w-]+\/pregap runs 1\.4\.2/);
      assert.match(log, /It was unwatched: .* because this step does not read the cluster \(`kubeconfig`\)/);
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
      assert.equal(outputs.PROMOTE_WATCHED, 'unwatched');
    },
  ),

  withKeel('the body is made from repo and the tag of the build', {}, async (world, keel) => {
    const { code, log } = await world.step({
      ...NO_CLUSTER,
      urls: keel.webhook,
      repo: '192.0.2.10:5000/shop',
    }).done;
    assert.equal(code, 0, log);
    assert.deepEqual(keel.queued, ['192.0.2.10:5000/shop:1.1.0']);
  }),

  withKeel('a dry run sends nothing', {}, async (world, keel) => {
    const { code, log } = await world.step({ ...webhookStep(keel.webhook), dry_run: true }).done;
    assert.equal(code, 0, log);
    assert.deepEqual(keel.queued, []);
    assert.match(log, /POST http.*\/v1\/webhooks\/native/);
  }),

  withKeel(
    '401: username or password is wrong',
    { basicAuth: ADMIN, authenticatedWebhooks: true },
    async (world, keel) => {
      const { code, log } = await world.step({ ...webhookStep(keel.webhook), password: 'wrong-horse' }).done;
      assert.equal(code, 2, log);
      assert.match(
        log,
        /REFUSED +\(keel-credentials\) .*answered 401: "Unauthorized": username or password is wrong/,
      );
      assert.deepEqual(keel.queued, []);
    },
  ),

  withKeel('400: the words of Keel are passed on', {}, async (world, keel) => {
    keel.fail({
      kind: 'answer',
      status: 400,
      body: 'repository tag cannot be empty',
      on: 'POST /v1/webhooks/native',
    });
    const { code, log } = await world.step(webhookStep(keel.webhook)).done;
    assert.equal(code, 2, log);
    assert.match(log, /REFUSED +\(keel-body\) .*answered 400: "repository tag cannot be empty"/);
  }),

  withKeel('a body without a tag is not sent', {}, async (world, keel) => {
    const template = '{ "name": "192.0.2.115:5000/pregap", "tag": "" }';
    const { code, log } = await world.step({ ...webhookStep(keel.webhook), template }).done;
    assert.equal(code, 2, log);
    assert.match(log, /REFUSED +\(body\) .*"tag" in the body is empty/);
    assert.deepEqual(keel.seen, []);
  }),

  withKeel('a page with 200 is a wrong path', { basicAuth: ADMIN, hasUi: true }, async (world, keel) => {
    const { code, log } = await world.step(webhookStep(`${keel.url}/v1/webhook/native`)).done;
    assert.equal(code, 2, log);
    assert.match(log, /REFUSED +\(keel-path\) .*answered 200 with an HTML page/);
    assert.ok(log.includes(`et urls to ${keel.webhook}`), log);
  }),

  withKeel('a refused connection is tried again, then told', {}, async (world, keel) => {
    await keel.close();
    const begun = world.now();
    const { code, log } = await world.step(webhookStep(keel.webhook)).done;
    assert.equal(code, 2, log);
    assert.match(log, /REFUSED +\(keel-refused\) .*nothing listens at 127\.0\.0\.1:/);
    assert.ok(world.now() - begun >= 7000, 'its pauses are 1, 2 and 4 seconds');
  }),

  withWorkload(
    'secrets are never in the log',
    { basicAuth: ADMIN, authenticatedWebhooks: true },
    async (world, keel) => {
      const pair = Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64');
      const fault: KeelFault = {
        kind: 'answer',
        on: 'POST /v1/webhooks/native',
        status: 400,
        headers: { 'X-Seen': ADMIN.password },
        body: `Basic ${pair}`,
      };
      // the first goes to the probe that asks whether the webhook is open
      keel.fail(fault, fault);
      const inUrl = keel.webhook.replace('//', `//${ADMIN.username}:${ADMIN.password}@`);
      const { username: _, password: __, ...rest } = webhookStep(inUrl);
      const logs = [await world.step(webhookStep(keel.webhook)).done, await world.step(rest).done];
      assert.deepEqual(
        logs.map(({ code }) => code),
        [2, 0],
      );
      for (const { log } of logs) {
        assert.match(log, /Authorization: \*/);
        assert.ok(!log.includes(ADMIN.password) && !log.includes(pair), log);
      }
    },
  ),
];
