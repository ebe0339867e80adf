import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, paths, REPO, SETTINGS } from '../../e2e/app.ts';
import { type Rule, rbacObjects, rbacRules } from '../../e2e/rbac.ts';
import { TO_LOOK, TO_PROMOTE } from '../../src/promotion/access.ts';
import { startSimWorld } from '../sim/world.ts';

/** Looked at where they may be; without them the checks that need them are left out. */
const OPTIONAL = [
  'list autoscaling/horizontalpodautoscalers',
  'get /persistentvolumeclaims',
  'list networking.k8s.io/ingressclasses',
];

/** `VERB GROUP/RESOURCE`, each grant by itself. */
const grants = (rules: readonly Rule[]): string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${verb} ${group}/${resource}`)),
    ),
  );

const wanted = (rights: typeof TO_PROMOTE): string[] =>
  rights.map(({ verb, resource, subresource }) => {
    const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return `${verb} ${resource.group}/${name}`;
  });

/** A grant as the built-in server counts it: without its group, and a subresource with its resource. */
const counted = (grant: string) =>
  grant.replace(/ .*\/(?=[a-z]+$)/, ' ').replace(/ .*\/pods\/log$| log$/, ' pods');

/** Everything that asks for a right: a promotion, one that fails with a log to show, a look at both; on an app with a claim. */
async function everything(rules: readonly Rule[]) {
  const world = await startSimWorld(rules);
  try {
    const at = paths(world.namespace);
    await world.api.create(at.claims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteMany'] },
    });
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    await deployApp(world, { deployment: { spec: { template: { spec: { volumes } } } } });
    const steps = [
      await world.step(SETTINGS).done,
      await world.step(SETTINGS, { DRONE_TAG: 'v1.2.0-crash' }).done,
      await world.step({ ...SETTINGS, action: 'status' }).done,
    ];
    return { steps, counts: new Map(world.cluster.server.counts) };
  } finally {
    await world.stop();
  }
}

describe('deploy/rbac.yaml', () => {
  it('grants what a promotion asks for, and a few things more to look at', () => {
    const all = grants(rbacRules());
    assert.deepEqual(new Set(all), new Set([...wanted(TO_PROMOTE), ...OPTIONAL]));
    assert.equal(new Set(all).size, all.length, 'nothing is granted twice');
    for (const right of wanted(TO_LOOK)) assert.ok(all.includes(right), right);
  });

  it('grants no whole group, no secrets, and nothing outside of the namespace but classes', () => {
    for (const { apiGroups, resources, verbs } of rbacRules()) {
      assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'));
      assert.ok(!resources.includes('secrets'));
    }
    const cluster = rbacObjects().filter(({ kind }) => kind === 'ClusterRole');
    assert.deepEqual(
      cluster.flatMap(({ rules }) => grants(rules ?? [])),
      ['list networking.k8s.io/ingressclasses'],
    );
  });

  it('is enough for all that is done, and nothing in it is unused', async () => {
    const rules = rbacRules();
    const { steps, counts } = await everything(rules);
    const [promotion, crash, status] = steps;
    assert.equal(promotion?.code, 0, promotion?.log);
    assert.match(promotion?.log ?? '', new RegExp(`PROMOTED +${REPO}:1\\.1\\.0`));
    assert.equal(crash?.code, 1, crash?.log);
    assert.match(crash?.log ?? '', /\| Error: cannot open database/, 'the log of a pod was read');
    assert.equal(status?.code, 0, status?.log);
    // every account that is known may ask for its own rights (ClusterRole system:basic-user)
    counts.delete('create selfsubjectaccessreviews');
    assert.deepEqual([...counts.keys()].sort(), [...new Set(grants(rules).map(counted))].sort());
  });

  it('is no more than is needed: without any one of the rights, a promotion is refused, and nothing is touched', async () => {
    for (const missing of wanted(TO_PROMOTE)) {
      const [, verb = '', group = '', resource = ''] = /^(\w+) ([^/]*)\/(.*)$/.exec(missing) ?? [];
      const rules = rbacRules().map((rule) =>
        rule.apiGroups.includes(group) && rule.resources.includes(resource)
          ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
          : rule,
      );
      const world = await startSimWorld(rules);
      try {
        await deployApp(world);
        const before = world.cluster.store.version();
        const step = await world.step(SETTINGS).done;
        assert.equal(step.code, 2, `${missing}: ${step.log}`);
        assert.match(step.log, new RegExp(`REFUSED +The credentials may not, .*: ${verb} ${resource}`));
        assert.equal(world.cluster.store.version(), before);
      } finally {
        await world.stop();
      }
    }
  });

  it('may be cut by what is only looked at', async () => {
    const rules = rbacRules().filter((rule) => !grants([rule]).some((grant) => OPTIONAL.includes(grant)));
    const { steps } = await everything(rules);
    assert.deepEqual(
      steps.map(({ code }) => code),
      [0, 1, 0],
      steps.map(({ log }) => log).join('\n'),
    );
  });
});
