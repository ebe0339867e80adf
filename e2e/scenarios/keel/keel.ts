import assert from 'node:assert/strict';
import { KEEL_RULES } from '../../../test/sim/keel/workloads.ts';
import { type KeelFault, type KeelOptions, type KeelServer, startKeel } from '../../../test/sim/keel.ts';
import type { SimWorld } from '../../../test/sim/world.ts';
import { deployApp, deploymentOf, imageOf, paths, REPO } from '../../app.ts';
import { rbacKeelRules } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

const ADMIN = { username: 'admin', password: 'correct-horse' };
/** As Drone hands it over: the tag of the build is in its place already. */
const TEMPLATE = '{ "name": "192.0.2.115:5000/pregap",\n  "tag": "1.4.2" }\n';

/** A scenario with a Keel, which is closed at its end. */
function scenario(
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
async function keelOn(world: World, options: KeelOptions): Promise<KeelServer> {
  const clock = world.kind === 'sim' ? { clock: (world as SimWorld).cluster.clock } : {};
  const kubeconfig = await world.kubeconfig(KEEL_RULES);
  return startKeel({ ...options, ...clock, kubeconfig, namespace: world.namespace });
}

const withKeel = (name: string, options: KeelOptions, tell: Parameters<typeof scenario>[2]): Scenario =>
  scenario(name, () => startKeel(options), tell);

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

/** A promotion with checks through a Keel that works on the world's cluster, of a Deployment with pods. */
function withChecks(
  name: string,
  tag: string,
  settings: Record<string, unknown>,
  tell: (world: World, step: StepResult) => Promise<void>,
): Scenario {
  const start = async (world: World) => {
    await deployApp(world, {
      replicas: 2,
      deployment: { metadata: { annotations: { 'keel.sh/policy': 'all' } } },
    });
    return keelOn(world, { basicAuth: ADMIN });
  };
  return scenario(name, start, async (world, keel) => {
    const rules = rbacKeelRules({ checks: true, namespace: world.namespace });
    const kubeconfig = await world.kubeconfig(rules);
    const base = { ...ADMIN, urls: keel.webhook, repo: REPO, kubeconfig, checks: 'restarts <= 0' };
    await tell(world, await world.step({ ...base, ...settings }, { DRONE_TAG: `v${tag}` }).done);
  });
}

/** The settings of a step that sent its webhook with plugins/webhook. */
function webhookStep(urls: string): Record<string, unknown> {
  return { ...ADMIN, urls, debug: true, content_type: 'application/json', template: TEMPLATE };
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
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
    },
  ),

  withChecks(
    'with checks, a good release stays, once it has been watched',
    '1.1.0',
    { bake: '8s' },
    async (world, { code, log, outputs }) => {
      assert.equal(code, 0, log);
      assert.match(log, /holding +8s, judged while it serves all users/);
      assert.match(log, /measured +deployment\/[\w-]+\/web: restarts 0/);
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  ),

  withChecks(
    'with checks, a release whose pods end by themselves is brought back',
    '1.1.0-die5',
    { bake: '60s' },
    async (world, { code, log, outputs }) => {
      assert.equal(code, 1, log);
      assert.match(
        log,
        /ABORTED +deployment\/[\w-]+\/web: Check restarts failed once: \d+, expected at most 0/,
      );
      assert.equal(outputs.PROMOTE_OUTCOME, 'aborted');
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      const { metadata, spec, status } =
        (await world.api.get(`${paths(world.namespace).deployments}/web`)) ?? {};
      assert.equal(
        metadata.annotations['kubernetes.io/change-cause'],
        `drone-promote: back from ${REPO}:1.1.0-die5`,
      );
      assert.equal(status.updatedReplicas, spec.replicas);
      assert.equal(status.availableReplicas, spec.replicas);
    },
  ),

  withKeel('the body is made from repo and the tag of the build', {}, async (world, keel) => {
    const { code, log } = await world.step({ urls: keel.webhook, repo: '192.0.2.10:5000/shop' }).done;
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
