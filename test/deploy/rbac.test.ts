import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUTOSCALER, deployApp, imageOf, paths, REPO, SETTINGS } from '../../e2e/app.ts';
import { byService } from '../../e2e/bluegreen/by-service.ts';
import { routesPath } from '../../e2e/gateway.ts';
import { hook, jobs } from '../../e2e/jobs/hooks.ts';
import { grantsOf, type Rule, rbacRules } from '../../e2e/rbac.ts';
import { assertAll, deployShop, settingsFor } from '../../e2e/scenarios/several/shop.ts';
import { INGRESS_ROUTE, TRAEFIK_SERVICE } from '../../e2e/traefik.ts';
import type { World } from '../../e2e/world.ts';
import type { Right } from '../../src/cluster/client.ts';
import { rightsToPromote } from '../../src/engines/native/plan/rights.ts';
import { nginx } from '../../src/traffic/nginx/router.ts';
import { intoStore, putImage } from '../sim/registry/images.ts';
import { startRegistry } from '../sim/registry/server.ts';
import { inSimWorld, type SimWorld } from '../sim/world.ts';
import { inGatewayWorld } from '../traffic/gateway-api/world.ts';
import { inIstioWorld } from '../traffic/istio/world.ts';
import { inTraefikWorld } from '../traffic/traefik/world.ts';

/** What knows the app's pods by their label. */
const POLICY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] },
};
const BUDGET = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
};

/** Granted, and asked for by nothing here. */
const UNUSED = [
  // for the format of the access log; the built-in controller has no ConfigMap
  'get /configmaps in ingress-nginx',
  // the built-in cluster does not serve them
  'list gateway.networking.k8s.io/backendtlspolicies in shop',
  'list gateway.networking.x-k8s.io/xbackendtrafficpolicies in shop',
  'list gateway.envoyproxy.io/backendtrafficpolicies in shop',
  // no Envoy Gateway runs in it
  'list /pods in envoy-gateway-system',
  'get /pods/log in envoy-gateway-system',
  // only if an Ingress of Traefik names one
  'list traefik.io/middlewares in shop',
];

/**
 * Tried without the right: where Traefik usually runs, without which the pods' own counters judge; and the pods of all namespaces, for the
 * room on the nodes (`rbac --node-room`).
 */
const TRIED = [
  'list /pods in traefik',
  'get /pods/proxy in traefik',
  'list /pods in kube-system',
  'list /pods',
];

const PROMOTE = rightsToPromote(nginx);
const wanted = (rights: readonly Right[]): string[] =>
  rights.map(({ verb, resource, subresource }) => {
    const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return `${verb} ${resource.group}/${name} in shop`;
  });

/** What the tokens of that kind have asked for. */
function askedBy({ cluster }: SimWorld, who: RegExp): string[] {
  const rights = [...cluster.server.asked].flatMap(([token, all]) => (who.test(token) ? [...all] : []));
  return [...new Set(rights)].filter((right) => !TRIED.includes(right)).sort();
}

const used = (rules: readonly Rule[]): string[] =>
  [...new Set(grantsOf(rules))].filter((each) => !UNUSED.includes(each)).sort();

/** Without these nothing would notice a bad release, and a promotion is refused. */
const watches = ({ namespace }: Rule) => namespace === 'ingress-nginx';

/** A promotion, one that fails with a log to show, a look at both; on an app with a claim. */
async function promotions(world: SimWorld, over: Record<string, unknown> = {}) {
  const settings = { ...SETTINGS, ...over };
  const at = paths(world.namespace);
  await world.api.create(at.claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteMany'] },
  });
  await world.api.create(at.policies, POLICY);
  await world.api.create(at.budgets, BUDGET);
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await deployApp(world, { deployment: { spec: { template: { spec: { volumes } } } } });
  return [
    await world.step(settings).done,
    await world.step({ ...SETTINGS, ...(over.unwatched ? over : {}) }, { DRONE_TAG: 'v1.2.0-crash' }).done,
    await world.step({ ...SETTINGS, action: 'status' }).done,
  ];
}

/**
 * What asks for every right of a guard: a step with an autoscaler is killed while it carries all users, one is asked to come down after
 * stable was written and then killed with whoever asked; and a guard that does not come up, whose Job is deleted again.
 */
async function guarded(world: SimWorld): Promise<void> {
  const at = paths(world.namespace);
  const settings = { ...SETTINGS, guard: true, guard_image: world.guardImage };
  const guardsEnd = async (count: number) => {
    const ended = async () =>
      (await world.api.list(at.jobs)).filter(({ status }) => status?.succeeded).length;
    await world.until(`${count} guards have ended`, async () => (await ended()) === count, 120_000);
  };
  await world.api.create(at.autoscalers, AUTOSCALER);
  const first = world.step(settings, { DRONE_TAG: 'v1.2.0' });
  await world.until('all users are on the canary', () => first.log().includes('100 % of the users'), 120_000);
  first.kill();
  await guardsEnd(1);
  assert.equal((await world.api.get(`${at.autoscalers}/web`))?.spec.minReplicas, 2);

  const second = world.step(settings, { DRONE_TAG: 'v1.3.0-ready4000' });
  await world.until('stable is written', async () => (await imageOf(world)).includes('1.3.0'), 120_000);
  const abort = world.step({ ...settings, guard: false, action: 'abort' });
  await world.until('it comes down', () => second.log().includes('canary takes all users ('));
  for (const step of [second, abort]) step.kill();
  await guardsEnd(2);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);

  const nopull = `${world.guardImage.split(':').slice(0, -1).join(':')}:nopull`;
  assert.equal(
    (await world.step({ ...settings, guard_image: nopull }, { DRONE_TAG: 'v1.4.0' }).done).code,
    2,
  );
}

/** What asks for the nodes: an image whose platforms are known. */
async function looked(world: SimWorld): Promise<void> {
  const registry = await startRegistry({ clock: world.cluster.clock });
  await putImage(intoStore(registry.store), 'shop/web', '1.1.0');
  const step = await world.step({ ...SETTINGS, repo: `${registry.host}/shop/web`, verify: 'true' }).done;
  await registry.close();
  assert.match(step.log, / for linux\/amd64; /);
  assert.doesNotMatch(step.log, /may not read nodes/);
}

/** What step and guard ask for if the users come by an HTTPRoute and a GRPCRoute, testers too. */
function byRoutes(): Promise<string[][]> {
  return inGatewayWorld(async (world, sim) => {
    await deployApp(world);
    const users = await world.api.get(`${routesPath(world.namespace)}/web`);
    await world.api.create(routesPath(world.namespace).replace('httproutes', 'grpcroutes'), {
      ...users,
      kind: 'GRPCRoute',
      metadata: { name: 'web' },
      status: undefined,
    });
    await world.sleep(1_000);
    return guardedTesters(world, sim);
  });
}

/** What step and guard ask for if the selector of the Service is switched. */
function bySelector(): Promise<string[][]> {
  return inSimWorld(rbacRules(), async (sim) => {
    const world = byService(sim);
    await deployApp(world);
    const { steps: _, ...plain } = SETTINGS;
    const settings = { ...plain, strategy: 'bluegreen', guard: true, guard_image: world.guardImage };
    const step = world.step(settings);
    await world.until('all users are on the copy', () => step.log().includes('100 % of the users'), 120_000);
    step.kill();
    const jobs = paths(world.namespace).jobs;
    const isOver = async () => (await world.api.list(jobs)).some(({ status }) => status?.succeeded);
    await world.until('the guard has ended', isOver, 120_000);
    return [askedBy(sim, /^step-/), askedBy(sim, /^pod-/)];
  });
}

/** What step and guard ask for if a StatefulSet and a CronJob go with it. */
function byFollowers(): Promise<string[][]> {
  return inSimWorld(rbacRules(), async (world) => {
    const others = ['statefulset/jobs', 'cronjob/report'] as const;
    await deployShop(world, others);
    const settings = { ...settingsFor(others), guard: true, guard_image: world.guardImage, lease: '5s' };
    const whole = await world.step(settings).done;
    assert.equal(whole.code, 0, whole.log);
    const killed = world.step(settings, { DRONE_TAG: 'v1.2.0-app.ready4000' });
    // its guard goes on, and updates the others
    await world.until('stable is written', async () => (await imageOf(world)).includes('1.2.0'), 300_000);
    killed.kill();
    const jobs = paths(world.namespace).jobs;
    const isOver = async () =>
      (await world.api.list(jobs)).filter(({ status }) => status?.succeeded).length === 2;
    await world.until('both guards have ended', isOver, 300_000);
    await assertAll(world, others, '1.2.0-app.ready4000');
    return [askedBy(world, /^step-/), askedBy(world, /^pod-/)];
  });
}

/** What step and guard ask for if KEDA scales stable. */
function byKeda(): Promise<string[][]> {
  return inSimWorld(rbacRules(), async (world) => {
    await deployApp(world);
    const path = `/apis/keda.sh/v1alpha1/namespaces/${world.namespace}/scaledobjects`;
    await world.api.create(path, {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { name: 'web' }, triggers: [] },
    });
    const step = world.step({ ...SETTINGS, guard: true, guard_image: world.guardImage });
    await world.until(
      'all users are on the canary',
      () => step.log().includes('100 % of the users'),
      120_000,
    );
    step.kill();
    const isOver = async () =>
      (await world.api.list(paths(world.namespace).jobs)).some(({ status }) => status?.succeeded);
    await world.until('the guard has ended', isOver, 120_000);
    assert.deepEqual(
      (await world.api.get(`${path}/web`))?.metadata.annotations ?? {},
      {},
      'KEDA scales again',
    );
    return [askedBy(world, /^step-/), askedBy(world, /^pod-/)];
  });
}

/** The same if they come by a VirtualService, and some by the host of a preview. */
function byIstio(): Promise<string[][]> {
  return inIstioWorld(async (world, sim) => {
    await deployApp(world);
    return guardedTesters(world, sim, { preview: 'preview.example.com' });
  });
}

/** The same if they come by an IngressRoute, or by a TraefikService, with copies of their requests, which the pods count. */
function byTraefik(told: typeof INGRESS_ROUTE): Promise<string[][]> {
  return inTraefikWorld({ ...told, settings: {} }, async (world, sim) => {
    await deployApp(world);
    await world.load();
    return guardedTesters(world, sim, { mirror_requests: '10% 1s', metrics_port: 8080 });
  });
}

/** What step and guard ask for if pods leave their Services before they end. */
function byPace(): Promise<string[][]> {
  return inSimWorld(rbacRules(), async (world) => {
    await deployApp(world);
    const settings = { ...SETTINGS, finish: 'pace', guard: true, guard_image: world.guardImage };
    const whole = await world.step(settings).done;
    assert.equal(whole.code, 0, whole.log);
    const killed = world.step(settings, { DRONE_TAG: 'v1.2.0' });
    await world.until('stable is written', async () => (await imageOf(world)).includes('1.2.0'), 300_000);
    killed.kill();
    const jobs = paths(world.namespace).jobs;
    const isOver = async () =>
      (await world.api.list(jobs)).filter(({ status }) => status?.succeeded).length === 2;
    await world.until('both guards have ended', isOver, 300_000);
    return [askedBy(world, /^step-/), askedBy(world, /^pod-/)];
  });
}

/** What step and guard ask for if there are Jobs around the release. */
function byJobs(): Promise<string[][]> {
  return inSimWorld(rbacRules(), async (world) => {
    await deployApp(world);
    const around = {
      before: [hook('migrate', '1-exit0')],
      after: [hook('reindex', '1-exit0-takes10'), hook('tell', '1-exit0')],
    };
    const step = world.step({ ...SETTINGS, ...around, guard: true, guard_image: world.guardImage });
    await world.until('a Job runs', () => step.log().includes('for Job reindex (after)'), 120_000);
    step.kill();
    const isOver = async () => (await jobs(world)).length === 0 && (await imageOf(world)) === `${REPO}:1.1.0`;
    await world.until('the guard has ended it', isOver, 120_000);
    return [askedBy(world, /^step-/), askedBy(world, /^pod-/)];
  });
}

/** A promotion with testers whose guard takes over, and one that is cancelled. */
async function guardedTesters(world: World, sim: SimWorld, more: object = {}): Promise<string[][]> {
  const settings = {
    ...SETTINGS,
    ...more,
    header: 'X-Canary=tester',
    guard: true,
    guard_image: world.guardImage,
  };
  const step = world.step({ ...settings, steps: ['50% 10m'] });
  await world.until('users are on the canary', () => step.log().includes('50 % of the users'), 120_000);
  step.kill();
  const jobs = paths(world.namespace).jobs;
  const isOver = async () => (await world.api.list(jobs)).some(({ status }) => status?.succeeded);
  await world.until('the guard has ended', isOver, 120_000);
  const aborted = world.step({ ...settings, guard: false, steps: ['50% 10m'] });
  await world.until('users are on the canary', () => aborted.log().includes('50 % of the users'), 120_000);
  aborted.terminate();
  assert.equal((await aborted.done).code, 1);
  return [askedBy(sim, /^step-/), askedBy(sim, /^pod-/)];
}

describe('the rights of a promotion of a Deployment', () => {
  it('are enough for all that is done, by step and guard, and none is unused', () =>
    inSimWorld(rbacRules(), async (world) => {
      const checks = [{ name: 'smoke', job: { image: 'example.com/checks:exit0' } }];
      // pods are asked for their own counters, too
      const [promotion, crash, status] = await promotions(world, { checks, metrics_port: 8080 });
      assert.equal(promotion?.code, 0, promotion?.log);
      assert.match(promotion?.log ?? '', new RegExp(`PROMOTED +${REPO}:1\\.1\\.0`));
      assert.equal(crash?.code, 1, crash?.log);
      assert.match(crash?.log ?? '', /\| Error: cannot open database/, 'the log of a pod was read');
      assert.equal(status?.code, 0, status?.log);
      await guarded(world);
      await looked(world);
      const others = await Promise.all([
        byRoutes(),
        byIstio(),
        byTraefik(INGRESS_ROUTE),
        byTraefik(TRAEFIK_SERVICE),
        bySelector(),
        byPace(),
        byKeda(),
        byJobs(),
        byFollowers(),
      ]);
      const [step, guard] = [0, 1].map((of) => others.flatMap((asked) => asked[of] ?? []));
      const all = (asked: readonly string[], more: readonly string[]) =>
        [...new Set([...asked, ...more])].sort();
      assert.deepEqual(all(askedBy(world, /^step-/), step ?? []), used(rbacRules()));
      assert.deepEqual(all(askedBy(world, /^pod-/), guard ?? []), used(rbacRules('drone-promote-guard')));
    }));

  it('are no more than is needed: without any one of them, a promotion is refused, and nothing is touched', async () => {
    for (const missing of wanted(PROMOTE)) {
      const [, verb = '', group = '', resource = ''] = /^(\w+) ([^/]*)\/(.*) in shop$/.exec(missing) ?? [];
      const rules = rbacRules().map((rule) =>
        rule.namespace === 'shop' && rule.apiGroups.includes(group) && rule.resources.includes(resource)
          ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
          : rule,
      );
      await inSimWorld(rules, async (world) => {
        await deployApp(world);
        const before = world.cluster.store.version();
        const step = await world.step(SETTINGS).done;
        assert.equal(step.code, 2, `${missing}: ${step.log}`);
        assert.match(
          step.log,
          new RegExp(`REFUSED +\\(\\S+\\) The credentials lack rights .*: ${verb} ${resource}`),
        );
        assert.equal(world.cluster.store.version(), before);
      });
    }
  });

  it('may be cut by what is only looked at, and by what only a guard or an autoscaler needs', async () => {
    const needed = wanted(PROMOTE);
    const rules = rbacRules().filter((rule) => grantsOf([rule]).some((grant) => needed.includes(grant)));
    // nothing watches with these rights
    const steps = await inSimWorld(rules, (world) => promotions(world, { unwatched: 'allow' }));
    assert.deepEqual(
      steps.map(({ code }) => code),
      [0, 1, 0],
      steps.map(({ log }) => log).join('\n'),
    );
  });

  it('are asked for what only a guard, a check’s Job or an autoscaler needs, where there is one', async () => {
    const needed = wanted(PROMOTE);
    const rules = rbacRules().map((rule) =>
      rule.resources.includes('horizontalpodautoscalers')
        ? { ...rule, verbs: ['list'] }
        : watches(rule) || grantsOf([rule]).some((grant) => needed.includes(grant))
          ? rule
          : { ...rule, verbs: [] },
    );
    await inSimWorld(rules, async (world) => {
      await deployApp(world);
      const guard = await world.step({ ...SETTINGS, guard: true, guard_image: world.guardImage }).done;
      assert.match(
        guard.log,
        /REFUSED +\(\S+\) The credentials lack rights .*: create, delete jobs\.batch\./,
      );
      const checked = await world.step({ ...SETTINGS, checks: [{ job: {} }] }).done;
      assert.match(
        checked.log,
        /REFUSED +\(\S+\) The credentials lack rights .*: list, watch, create jobs\.batch\./,
      );
      await world.api.create(paths(world.namespace).autoscalers, AUTOSCALER);
      const autoscaled = await world.step(SETTINGS).done;
      assert.match(
        autoscaled.log,
        /REFUSED +\(\S+\) The credentials lack rights .*: watch, update horizontalpodautoscalers\.autoscaling\./,
      );
    });
  });
});
