import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import { rbacRules } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

function policy(name: string, spec: KubeObject): KubeObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
}

const LABEL = { matchLabels: { app: 'web' } };
const FROM_CONTROLLER = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
};

/** Nothing may reach a pod; the ingress controller may reach `web`, and `web` may reach Redis. */
const POLICIES = [
  policy('default-deny', { podSelector: {}, policyTypes: ['Ingress'] }),
  policy('web', { podSelector: LABEL, policyTypes: ['Ingress'], ingress: [{ from: [FROM_CONTROLLER] }] }),
  policy('redis', {
    podSelector: { matchLabels: { app: 'redis' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: LABEL }], ports: [{ port: 6379 }] }],
  }),
];
const BUDGET = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: 3, selector: LABEL },
};

/** Deploys the app with these. @returns a check that there are no others than before */
async function restricted(world: World): Promise<() => Promise<void>> {
  const at = paths(world.namespace);
  for (const each of POLICIES) await world.api.create(at.policies, each);
  await world.api.create(at.budgets, BUDGET);
  await deployApp(world);
  const names = async () => {
    const lists = await Promise.all([at.policies, at.budgets].map((path) => world.api.list(path)));
    return lists.flat().map(({ metadata }) => metadata.name);
  };
  const before = (await names()).sort();
  return async () => assert.deepEqual((await names()).sort(), before);
}

export const scenarios: Scenario[] = [
  {
    name: 'policies and budgets that know stable by its label let the canary through, for as long as it lives',
    async run(world) {
      const asBefore = await restricted(world);
      const load = await world.load();
      const step = world.step(SETTINGS);
      await world.until('the canary is there', () => step.log().includes('Deployment/web-canary'));
      const redis = await world.api.get(`${paths(world.namespace).policies}/redis-web-canary`);
      assert.deepEqual(redis?.spec.podSelector, { matchLabels: { app: 'redis' } });
      assert.deepEqual(redis?.spec.ingress[0].from, [
        {
          podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'web-canary'] }] },
        },
      ]);
      const budget = await world.api.get(`${paths(world.namespace).budgets}/web-canary`);
      assert.deepEqual(budget?.spec, { maxUnavailable: 1, selector: { matchLabels: { app: 'web-canary' } } });
      const ended = await step.done;
      await world.sleep(1000);
      const report = await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assertNoFailures(report, ended);
      assert.match(
        ended.log,
        /policies: the canary gets what stable has by NetworkPolicy\/redis, NetworkPolicy\/web, PodDisruptionBudget\/web/,
      );
      const at = (what: string) => ended.log.indexOf(what);
      const order = ['created   NetworkPolicy/web-canary', 'created   Deployment/web-canary'];
      assert.ok(at(order[0] ?? '') > 0 && at(order[0] ?? '') < at(order[1] ?? ''), 'made before its pods');
      assert.ok(
        at('removed   Deployment/web-canary') < at('removed   NetworkPolicy/web-canary'),
        'removed after them',
      );
      await asBefore();
      assert.deepEqual(await leftovers(world), []);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'an abort removes the copies of policies too',
    async run(world) {
      const asBefore = await restricted(world);
      const load = await world.load();
      const step = world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-err100' });
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 1, ended.log);
      await asBefore();
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'a policy of another namespace that lets stable in by its label is a refusal, by its name',
    only: 'sim',
    async run(world) {
      await deployApp(world);
      await world.api.create(
        '/apis/networking.k8s.io/v1/namespaces/data/networkpolicies',
        policy('postgres', {
          podSelector: {},
          ingress: [
            {
              from: [
                {
                  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': world.namespace } },
                  podSelector: LABEL,
                },
              ],
            },
          ],
        }),
      );
      const step = await world.step(SETTINGS).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(network-policy\) NetworkPolicy\/postgres of namespace data lets stable's pods through by app=web/,
      );
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'without the right to read policies the plan goes on, and says what it could not read',
    async run(world) {
      await deployApp(world);
      const kubeconfig = await world.kubeconfig(
        rbacRules().filter(({ resources }) => !resources.includes('networkpolicies')),
      );
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, kubeconfig }).done;
      await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /warning +The credentials may not read networkpolicies \(one may cut the canary off\)/,
      );
    },
    only: 'sim',
  },
];
