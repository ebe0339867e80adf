import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paths } from '../../../../e2e/app.ts';
import { hook } from '../../../../e2e/jobs/hooks.ts';
import { grantsOf, type Rule, rbacObjects, rollingRules, rulesOf, STEPS } from '../../../../e2e/rbac.ts';
import {
  asItIs,
  assertAsItWas,
  deployRolled,
  imagesByPod,
  placeOf,
  type Rolled,
  settingsOf,
  workloadOf,
} from '../../../../e2e/rolling/app.ts';
import type { KubeObject } from '../../../../e2e/world.ts';
import { inSimWorld, type SimWorld } from '../../../sim/world.ts';

const RULES = rollingRules();
const STATEFUL = { ...settingsOf('StatefulSet'), unwatched: 'allow' };

/** The rights that `rbac` prints for the step, and no others. */
const ONLY: Readonly<Record<Rolled, readonly Rule[]>> = {
  StatefulSet: rulesOf(rbacObjects(STEPS.statefulSet), 'drone-promote'),
  DaemonSet: rulesOf(rbacObjects(STEPS.daemonSet), 'drone-promote'),
  Deployment: rulesOf(rbacObjects(STEPS.rolled), 'drone-promote'),
};

const refused = async (world: SimWorld, settings: Record<string, unknown>, code: string) => {
  const before = await asItIs(world, 'StatefulSet');
  const step = await world.step(settings).done;
  assert.equal(step.code, 2, step.log);
  assert.match(step.log, new RegExp(`REFUSED +\\(${code}\\)`));
  assert.deepEqual(await asItIs(world, 'StatefulSet'), before, 'nothing was touched');
  return step.log;
};

describe('a rolling update is refused, and nothing is touched', () => {
  it('if nothing would notice a bad release', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const log = await refused(world, { ...settingsOf('StatefulSet'), metrics_port: '' }, 'unwatched');
      assert.match(log, /in a rolling update no router knows new pods from old ones/);
      assert.match(log, /set `metrics_port`/);
    }));

  const cases: [string, KubeObject, string, RegExp][] = [
    [
      'for a StatefulSet with OnDelete',
      { updateStrategy: { type: 'OnDelete' } },
      'recreate',
      /has the update strategy OnDelete/,
    ],
    ['for one without pods', { replicas: 0 }, 'replicas', /wants 0 pods/],
  ];
  for (const [name, spec, code, expected] of cases) {
    it(name, () =>
      inSimWorld(RULES, async (world) => {
        await deployRolled(world, 'StatefulSet');
        await world.api.patch(`${placeOf('StatefulSet', world)}/web`, { spec });
        await world.sleep(2000);
        assert.match(await refused(world, STATEFUL, code), expected);
      }),
    );
  }

  it('for one that does not exist: it names those that do', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const log = await refused(world, { ...STATEFUL, workload: 'statefulset/wbe' }, 'workload');
      assert.match(log, /There is no StatefulSet\/wbe\./);
      assert.match(log, /StatefulSets in namespace shop: web\./);
    }));

  for (const kind of ['StatefulSet', 'DaemonSet', 'Deployment'] as const) {
    it(`without any one right, for a ${kind}; and with just those that rbac prints it ends`, () =>
      inSimWorld(ONLY[kind], async (world) => {
        await deployRolled(world, kind);
        const settings = { ...settingsOf(kind), unwatched: 'allow', steps: ['50% 1s'] };
        const needed = grantsOf(ONLY[kind]).filter(
          (each) => !/pods\/proxy|nodes|jobs/.test(each) && !each.includes('pods/log'),
        );
        assert.ok(needed.length > 10);
        for (const grant of needed) {
          const rules = ONLY[kind].flatMap((rule) =>
            rule.resources.flatMap((resource) =>
              rule.verbs.flatMap((verb) => {
                const one = { ...rule, resources: [resource], verbs: [verb] };
                return grantsOf([one]).includes(grant) ? [] : [one];
              }),
            ),
          );
          const step = await world.step({ ...settings, kubeconfig: await world.kubeconfig(rules) }).done;
          assert.equal(step.code, 2, `without ${grant}: ${step.log}`);
          assert.match(step.log, /REFUSED +\(rights\)/);
        }
        const step = await world.step(settings).done;
        assert.equal(step.code, 0, step.log);
      }));
  }
});

describe('a rolling update with Jobs', () => {
  const around = { before: [hook('migrate', '1-exit0')], after: [hook('reindex', '1-exit0')] };
  const settings = { ...STATEFUL, ...around, steps: ['50% 1s'] };

  it('is refused without any right on Jobs, which `check` says as well; with just those that rbac prints it ends', () =>
    inSimWorld(ONLY.StatefulSet, async (world) => {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      for (const verb of ['list', 'watch', 'create', 'update', 'delete']) {
        const rules = ONLY.StatefulSet.flatMap((rule) =>
          rule.resources.includes('jobs')
            ? [{ ...rule, verbs: rule.verbs.filter((each) => each !== verb) }]
            : [rule],
        );
        const kubeconfig = await world.kubeconfig(rules);
        const step = await world.step({ ...settings, kubeconfig }).done;
        assert.equal(step.code, 2, `without ${verb}: ${step.log}`);
        assert.match(step.log, /REFUSED +\(rights\)/);
        const { log } = await world.step({ ...settings, kubeconfig, action: 'check' }).done;
        assert.match(log, new RegExp(`fault +rights +1 of \\d+ are missing: ${verb} jobs\\.batch`));
      }
      const step = await world.step(settings).done;
      assert.equal(step.code, 0, step.log);
    }));

  it('is refused if a Job is to run like a container that is not there', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const before = [hook('migrate', '1-exit0', { container: 'wep' })];
      assert.match(
        await refused(world, { ...STATEFUL, before }, 'container'),
        /Job migrate is to run like container "wep", but StatefulSet\/web has app\./,
      );
    }));

  it('runs none if all pods run the release', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet', { tag: '1.1.0' });
      const step = await world.step(settings).done;
      assert.equal(step.code, 0, step.log);
      assert.doesNotMatch(step.log, /Job/);
    }));
});

describe('a rolling update of a Deployment', () => {
  it('says at once that a quota has no room for one more pod, and goes back', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'Deployment', { replicas: 2 });
      await world.api.create(paths(world.namespace).quotas, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'pods' },
        spec: { hard: { pods: '2' } },
      });
      await world.sleep(1000);
      const before = await asItIs(world, 'Deployment');
      const begun = world.now();
      const step = await world.step({ ...settingsOf('Deployment'), unwatched: 'allow' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /A pod of the release does not run: FailedCreate in web[^\n]*exceeded quota/);
      assert.match(step.log, /has no room for one more pod of this workload/);
      assert.ok(world.now() - begun < 20_000, 'it does not wait for its timeout');
      await assertAsItWas(world, 'Deployment', before);
    }));

  it('passes with room for one more pod, and never has fewer ready pods than before, nor more than one on top', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'Deployment', { replicas: 4, tag: '1.0.0-drain1' });
      await world.api.create(paths(world.namespace).quotas, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'pods' },
        spec: { hard: { pods: '5' } },
      });
      await world.sleep(1000);
      const step = world.step({ ...settingsOf('Deployment'), unwatched: 'allow' });
      let [isOver, fewest, most] = [false, 4, 4];
      const over = step.done.then((ended) => {
        isOver = true;
        return ended;
      });
      while (!isOver) {
        const { status } = (await workloadOf(world, 'Deployment')) ?? {};
        fewest = Math.min(fewest, status?.readyReplicas ?? 4);
        most = Math.max(most, status?.replicas ?? 4);
        await world.sleep(50);
      }
      const ended = await over;
      assert.equal(ended.code, 0, ended.log);
      assert.deepEqual([fewest, most], [4, 5]);
    }));
});

describe('a rolling update of a StatefulSet', () => {
  it('shows in a dry run what it would write, and writes nothing', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const before = await asItIs(world, 'StatefulSet');
      const step = await world.step({ ...STATEFUL, dry_run: true }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /\+ +partition: 3/);
      assert.match(
        step.log,
        /SHOWN +Dry run: a promotion of .*:1\.1\.0 would replace the pods of StatefulSet\/web/,
      );
      assert.deepEqual(await asItIs(world, 'StatefulSet'), before);
    }));

  it('shows its counts in the Lease while it runs', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const load = await world.load({ by: 'service' });
      await world.sleep(2000);
      const step = world.step({ ...settingsOf('StatefulSet'), steps: ['25% 30s'] });
      await world.sleep(25_000);
      const status = await world.step({ ...settingsOf('StatefulSet'), action: 'status' }).done;
      assert.match(status.log, /is being promoted, at "25 % of the pods", with 25 % of the pods/);
      const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-statefulset.web`);
      const counts = JSON.parse(lease?.metadata.annotations['drone-promote/counts']);
      assert.ok(counts.comparisons[0].canary.requests > 100, JSON.stringify(counts));
      assert.equal((await step.done).code, 0);
      await load.stop();
    }));

  it('has nothing to do if all pods run the release', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet', { tag: '1.1.0' });
      const step = await world.step(STATEFUL).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /StatefulSet\/web runs .*:1\.1\.0 already: nothing was done\./);
    }));

  it('puts a partition of its own back', () =>
    inSimWorld(RULES, async (world) => {
      const own = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } };
      await deployRolled(world, 'StatefulSet', { spec: own });
      const before = await asItIs(world, 'StatefulSet');
      const step = await world.step(STATEFUL).done;
      assert.equal(step.code, 0, step.log);
      const { spec } = await asItIs(world, 'StatefulSet');
      assert.deepEqual(spec.updateStrategy, before.spec.updateStrategy);
      assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.1.0']);
      const { status } = (await workloadOf(world, 'StatefulSet')) ?? {};
      assert.equal(
        status?.currentRevision,
        status?.updateRevision,
        'a pod that is made again has the release',
      );
    }));

  it('keeps its share while an autoscaler adds pods, and reaches the new ones', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const step = world.step({ ...STATEFUL, steps: ['50% 20s'] });
      await world.until('a pod has the release', async () =>
        Object.values(await imagesByPod(world)).includes('1.1.0'),
      );
      await world.api.patch(`${placeOf('StatefulSet', world)}/web`, { spec: { replicas: 6 } });
      await world.sleep(10_000);
      const shared = Object.values(await imagesByPod(world)).filter((tag) => tag === '1.1.0').length;
      const ended = await step.done;
      assert.equal(ended.code, 0, ended.log);
      // those that came before the partition followed are new as well
      assert.ok(shared >= 3 && shared < 6, `${shared} of 6`);
      const tags = Object.values(await imagesByPod(world));
      assert.deepEqual(
        tags,
        Array.from({ length: 6 }, () => '1.1.0'),
      );
    }));

  it('rolls back to an earlier build at once', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet', { tag: '1.1.0' });
      const build = { DRONE_BUILD_EVENT: 'rollback', DRONE_TAG: 'v1.0.0' };
      const step = await world.step({ ...settingsOf('StatefulSet') }, build).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.0.0']);
    }));

  it('is brought back if a policy of the cluster denies the next write', () =>
    inSimWorld(RULES, async (world) => {
      await deployRolled(world, 'StatefulSet');
      const before = await asItIs(world, 'StatefulSet');
      const step = world.step({ ...STATEFUL, steps: ['25% 5s', '75% 1s'] });
      world.cluster.admission.add(({ resource, object }: { resource: string; object: KubeObject }) =>
        resource === 'statefulsets' && object?.spec?.updateStrategy?.rollingUpdate?.partition === 1
          ? 'no more than one pod at night'
          : undefined,
      );
      const ended = await step.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /no more than one pod at night/);
      await assertAsItWas(world, 'StatefulSet', before);
    }));
});
