import assert from 'node:assert/strict';
import { deployApp, describeLoad, imageOf, paths, REPO } from '../../app.ts';
import { rbacKeelRules } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';
import type { Load, LoadReport, StepResult, World } from '../../world.ts';
import { ADMIN, keelOn, scenario } from './keel.ts';

interface Story {
  tag: string;
  settings?: Record<string, unknown>;
  /** Without them, no Ingress leads to the app. */
  users?: boolean;
}

/** An update by Keel of an app with users, with the rights that `drone-promote rbac` gives, and no `checks`. */
function updated(
  name: string,
  { tag, settings = {}, users = true }: Story,
  tell: (world: World, step: StepResult, load: LoadReport) => Promise<void>,
): Scenario {
  const start = async (world: World) => {
    await deployApp(world, {
      deployment: { metadata: { annotations: { 'keel.sh/policy': 'all' } } },
      ...(users ? {} : { service: { spec: { selector: { app: 'nobody' } } } }),
    });
    return keelOn(world, { basicAuth: ADMIN });
  };
  return scenario(name, start, async (world, keel) => {
    const kubeconfig = await world.kubeconfig(rbacKeelRules({ namespace: world.namespace }));
    const load: Load | undefined = users ? await world.load() : undefined;
    const begun = world.now();
    const base = { ...ADMIN, urls: keel.webhook, repo: REPO, kubeconfig };
    const step = await world.step({ ...base, ...settings }, { DRONE_TAG: `v${tag}` }).done;
    const seconds = ((world.now() - begun) / 1000).toFixed(1);
    await world.sleep(1000);
    const report = (await load?.stop()) ?? { sent: 0, failures: [], versions: {}, spans: {} };
    const own = report.failures.filter(({ version }) => version === tag).length;
    console.log(`# ${describeLoad(report)}, ${own} by the release; ended after ${seconds}s`);
    await tell(world, step, report);
  });
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
    const rules = rbacKeelRules({ namespace: world.namespace });
    const kubeconfig = await world.kubeconfig(rules);
    const base = { ...ADMIN, urls: keel.webhook, repo: REPO, kubeconfig, checks: 'restarts <= 0' };
    await tell(world, await world.step({ ...base, ...settings }, { DRONE_TAG: `v${tag}` }).done);
  });
}

export const scenarios: Scenario[] = [
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

  updated(
    'without checks, a release that fails half of its requests is brought back',
    { tag: '1.1.0-err50' },
    async (world, { code, log, outputs }, { failures }) => {
      assert.equal(code, 1, log);
      assert.match(log, /watch +A bad release would be noticed by:\n +the access log of ingress-nginx: /);
      assert.match(
        log,
        /ABORTED +deployment\/[\w-]+\/web: The release fails more than the version before it: \d+ of \d+ requests failed on the release, 0 of [\d,]+ before it\.\n +If it were as good as the version before it, .*\n +Production is as it was/,
      );
      assert.equal(outputs.PROMOTE_OUTCOME, 'aborted');
      assert.match(outputs.PROMOTE_WATCHED ?? '', /the access log of ingress-nginx/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.ok(failures.length < 1500, `${failures.length} failed`);
    },
  ),

  updated(
    'without checks, a good release stays once its requests have told so',
    { tag: '1.1.0' },
    async (world, { code, log, outputs }) => {
      assert.equal(code, 0, log);
      assert.match(
        log,
        /measured +deployment\/[\w-]+\/web: 0 of [\d,]+ requests failed on the release, 0 of [\d,]+ before it\n +a failure rate of [\d.]+ % or more on the release would have been noticed/,
      );
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
      assert.match(outputs.PROMOTE_WATCHED ?? '', /the access log of ingress-nginx/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  ),

  updated(
    'an update that nothing would watch is refused before it is sent',
    { tag: '1.1.0', users: false },
    async (world, { code, log }) => {
      assert.equal(code, 2, log);
      assert.match(
        log,
        /REFUSED +\(unwatched\) Nothing would notice a bad release of deployment\/[\w-]+\/web\.\n +the requests of the users: no Service of namespace [\w-]+ selects its pods/,
      );
      assert.match(log, /drone-promote rbac --urls \S+ --namespace [\w-]+ \| kubectl apply -f -/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
    },
  ),

  updated(
    'unwatched: allow promotes an update that nothing watches, and says so',
    { tag: '1.1.0', users: false, settings: { unwatched: 'allow' } },
    async (world, { code, log, outputs }) => {
      assert.equal(code, 0, log);
      assert.match(log, /PROMOTED .* It was unwatched: nothing would have noticed a bad release/);
      assert.equal(outputs.PROMOTE_WATCHED, 'unwatched');
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  ),
];
