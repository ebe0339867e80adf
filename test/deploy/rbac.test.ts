import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUTOSCALER, deployApp, imageOf, paths, REPO, SETTINGS } from '../../e2e/app.ts';
import { type Rule, rbacObjects, rbacRules, workloadRules } from '../../e2e/rbac.ts';
import type { Right } from '../../src/cluster/client.ts';
import {
  MAY_LOOK,
  TO_ANALYSE,
  TO_BE_GUARDED,
  TO_BOOTSTRAP,
  TO_DRIVE,
  TO_GUARD as TO_GUARD_ROLLOUT,
  TO_ROUTE,
} from '../../src/engines/argo/rights.ts';
import { rightsToGuard, rightsToLook, rightsToPromote } from '../../src/engines/native/plan/rights.ts';
import { nginx } from '../../src/traffic/nginx/router.ts';
import { intoStore, putImage } from '../sim/registry/images.ts';
import { startRegistry } from '../sim/registry/server.ts';
import { inSimWorld, type SimWorld } from '../sim/world.ts';

/** Looked at where they may be; without them the checks that need them are left out. */
const OPTIONAL = [
  'get /persistentvolumeclaims',
  'get /pods/proxy',
  'list networking.k8s.io/ingressclasses',
  'list /nodes',
];

/** `VERB GROUP/RESOURCE`, each grant by itself. */
const grants = (rules: readonly Rule[]): string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${verb} ${group}/${resource}`)),
    ),
  );

const PROMOTE = rightsToPromote(nginx);
const wanted = (rights: readonly Right[]): string[] =>
  rights.map(({ verb, resource, subresource }) => {
    const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return `${verb} ${resource.group}/${name}`;
  });

/** A grant as the built-in server counts it: without its group, and a subresource with its resource. */
const counted = (grant: string) =>
  grant.replace(/ .*\/(?=[a-z]+$)/, ' ').replace(/ .*\/pods\/\w+$| (log|proxy)$/, ' pods');

/** What tokens of that kind have asked for; everybody may ask for their own rights (ClusterRole system:basic-user). */
function askedBy({ cluster }: SimWorld, who: RegExp): string[] {
  const labels = [...cluster.server.asked].flatMap(([token, all]) => (who.test(token) ? [...all] : []));
  return [...new Set(labels)].filter((label) => !label.endsWith('selfsubjectaccessreviews')).sort();
}

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
  await world.until('it comes down', () => second.log().includes('canary carries ('));
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

describe('deploy/rbac.yaml', () => {
  const all = rightsToPromote(nginx, { guard: true, jobs: true, autoscaler: true });
  const accounts: [account: string, rules: readonly Rule[], rights: readonly string[]][] = [
    ['step', workloadRules(), [...wanted(all), ...OPTIONAL]],
    [
      'guard',
      workloadRules('drone-promote-guard'),
      [
        ...wanted(rightsToGuard(nginx)),
        ...wanted(all).filter((right) => right.includes('horizontalpodautoscalers')),
      ],
    ],
    // on the lab every scenario of a Rollout runs with these
    ['step of a Rollout', workloadRules('drone-promote-rollouts'), wanted([...TO_DRIVE, ...TO_BE_GUARDED])],
    ['guard of a Rollout', workloadRules('drone-promote-guard-rollouts'), wanted(TO_GUARD_ROLLOUT)],
    [
      'step that makes a Rollout',
      workloadRules('drone-promote-bootstrap'),
      wanted([...TO_BOOTSTRAP, ...TO_ANALYSE, ...TO_ROUTE, ...MAY_LOOK]),
    ],
  ];
  for (const [account, rules, rights] of accounts) {
    it(`grants what a ${account} asks for, each thing once`, () => {
      const granted = grants(rules);
      assert.deepEqual(new Set(granted), new Set(rights));
      assert.equal(new Set(granted).size, granted.length, 'nothing is granted twice');
    });
  }

  it('grants of the controllers’ own namespaces their counters, and that one ConfigMap', () => {
    const elsewhere = rbacObjects().filter(({ kind, metadata }) => kind === 'Role' && metadata.namespace);
    assert.deepEqual(
      elsewhere.map(({ metadata, rules = [] }) => [
        metadata.namespace,
        ...grants(rules),
        ...rules.flatMap(({ resourceNames = [] }) => resourceNames),
      ]),
      [
        ['argo-rollouts', 'list /configmaps', 'argo-rollouts-config'],
        ['ingress-nginx', 'list /pods', 'get /pods/proxy'],
      ],
    );
  });

  it('grants to look', () => {
    for (const right of wanted(rightsToLook([nginx]))) assert.ok(grants(rbacRules()).includes(right), right);
  });

  it('grants no whole group, no secrets, and nothing outside of the namespace but classes and nodes', () => {
    for (const { apiGroups, resources, verbs } of rbacObjects().flatMap(({ rules }) => rules ?? [])) {
      assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'));
      assert.ok(!resources.includes('secrets'));
    }
    const cluster = rbacObjects().filter(({ kind }) => kind === 'ClusterRole');
    assert.deepEqual(
      cluster.flatMap(({ rules }) => grants(rules ?? [])),
      ['list networking.k8s.io/ingressclasses', 'list /nodes'],
    );
  });

  it('is enough for all that is done, by step and guard, and nothing in it is unused', () =>
    inSimWorld(rbacRules(), async (world) => {
      const checks = [{ name: 'smoke', job: { image: 'example.com/checks:exit0' } }];
      const [promotion, crash, status] = await promotions(world, { checks });
      assert.equal(promotion?.code, 0, promotion?.log);
      assert.match(promotion?.log ?? '', new RegExp(`PROMOTED +${REPO}:1\\.1\\.0`));
      assert.equal(crash?.code, 1, crash?.log);
      assert.match(crash?.log ?? '', /\| Error: cannot open database/, 'the log of a pod was read');
      assert.equal(status?.code, 0, status?.log);
      await guarded(world);
      await looked(world);
      const used = (rules: readonly Rule[]) => [...new Set(grants(rules).map(counted))].sort();
      assert.deepEqual(askedBy(world, /^step-/), used(rbacRules()));
      assert.deepEqual(askedBy(world, /^pod-/), used(rbacRules('drone-promote-guard')));
    }));

  it('is no more than is needed: without any one of the rights, a promotion is refused, and nothing is touched', async () => {
    for (const missing of wanted(PROMOTE)) {
      const [, verb = '', group = '', resource = ''] = /^(\w+) ([^/]*)\/(.*)$/.exec(missing) ?? [];
      const rules = rbacRules().map((rule) =>
        rule.apiGroups.includes(group) && rule.resources.includes(resource)
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
    const rules = rbacRules().filter((rule) => grants([rule]).some((grant) => needed.includes(grant)));
    // nothing watches with these rights
    const steps = await inSimWorld(rules, (world) => promotions(world, { unwatched: 'allow' }));
    assert.deepEqual(
      steps.map(({ code }) => code),
      [0, 1, 0],
      steps.map(({ log }) => log).join('\n'),
    );
  });

  it('is asked for the rights that only a guard, a check’s Job or an autoscaler needs, where there is one', async () => {
    const needed = wanted(PROMOTE);
    const rules = rbacRules().map((rule) =>
      rule.resources.includes('horizontalpodautoscalers')
        ? { ...rule, verbs: ['list'] }
        : grants([rule]).some((grant) => needed.includes(grant))
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
