import assert from 'node:assert/strict';
import { AUTOSCALER, deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import { rbacRules } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const NO_PODS = '/api/v1/namespaces/ingress-nginx/pods';

/** What an autoscaler does that sees no load: it scales stable to its minimum while the users are away. */
async function scaleDownWhileAway(world: World, isAway: () => boolean): Promise<void> {
  await world.until('all users are on the canary', isAway);
  await world.api.patch(`${paths(world.namespace).deployments}/web`, { spec: { replicas: 2 } });
}

/** A ScaledObject, and the autoscaler that KEDA makes of it. */
async function createScaledObject(world: World): Promise<void> {
  const kind = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' };
  const made = await world.api.create(scaledObjects(world), {
    ...kind,
    metadata: { name: 'web', annotations: { team: 'shop' } },
    spec: { scaleTargetRef: { name: 'web' }, minReplicaCount: 2, triggers: [] },
  });
  const { metadata, ...autoscaler } = AUTOSCALER;
  const owner = { ...kind, name: 'web', uid: made.metadata.uid, controller: true };
  await world.api.create(paths(world.namespace).autoscalers, {
    ...autoscaler,
    metadata: { ...metadata, name: 'keda-hpa-web', ownerReferences: [owner] },
  });
}

const scaledObjects = ({ namespace }: World) =>
  `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects`;

async function pauseOf(world: World) {
  const { annotations = {} } = (await world.api.get(`${scaledObjects(world)}/web`))?.metadata ?? {};
  return {
    pause: annotations['autoscaling.keda.sh/paused-replicas'],
    note: annotations['drone-promote/held-replicas'],
    team: annotations.team,
  };
}

export const scenarios: Scenario[] = [
  {
    name: 'KEDA is paused while the canary carries everybody, and scales again at the end',
    only: 'sim',
    async run(world) {
      const at = paths(world.namespace);
      await deployApp(world);
      await createScaledObject(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['100% 20s'] });
      await world.until('KEDA is paused', async () => (await pauseOf(world)).pause === '4');
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /autoscaler: KEDA pauses ScaledObject\/web at stable's number of pods/);
      assert.match(ended.log, /updated +ScaledObject\/web: KEDA pauses at 4 pods/);
      assert.match(ended.log, /updated +ScaledObject\/web: KEDA scales again/);
      assert.doesNotMatch(ended.log, /updated +HorizontalPodAutoscaler/);
      assert.deepEqual(await pauseOf(world), { pause: undefined, note: undefined, team: 'shop' });
      assert.equal((await world.api.get(`${at.deployments}/web`))?.spec.replicas, 4);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'KEDA scales again if the promotion is aborted while it is paused',
    only: 'sim',
    async run(world) {
      await deployApp(world);
      await createScaledObject(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['100% 20s'] });
      await world.until('KEDA is paused', async () => (await pauseOf(world)).pause !== undefined);
      const abort = await world.step({ ...SETTINGS, action: 'abort' }).done;
      assert.equal(abort.code, 0, abort.log);
      await step.done;
      await load.stop();
      assert.deepEqual(await pauseOf(world), { pause: undefined, note: undefined, team: 'shop' });
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'without the right to read ScaledObjects, an autoscaler of KEDA is not written; the canary stays as large, and stable gets its pods back',
    only: 'sim',
    async run(world) {
      const at = paths(world.namespace);
      await deployApp(world);
      await createScaledObject(world);
      const load = await world.load();
      const few = rbacRules().filter(({ apiGroups }) => !apiGroups.includes('keda.sh'));
      const kubeconfig = await world.kubeconfig(few);
      const step = world.step({ ...SETTINGS, kubeconfig, steps: ['100% 20s'] });
      await scaleDownWhileAway(world, () => step.log().includes('100 % is in force'));
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assert.match(
        ended.log,
        /warning +HorizontalPodAutoscaler\/keda-hpa-web belongs to ScaledObject\/web, which sets its minimum/,
      );
      assert.doesNotMatch(ended.log, /updated +(HorizontalPodAutoscaler|ScaledObject)/);
      assert.doesNotMatch(ended.log, /updated +Deployment\/web-canary: 4 → 2 pods/);
      assert.match(ended.log, /updated +Deployment\/web: \S+ → \S+, 2 → 4 pods/);
      const web = await world.api.get(`${at.deployments}/web`);
      assert.equal(web?.spec.replicas, 4);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'an autoscaler that scales stable down during a step of 100 % is held at what carries the users',
    only: 'sim',
    async run(world) {
      const at = paths(world.namespace);
      await deployApp(world);
      await world.api.create(at.autoscalers, AUTOSCALER);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['100% 20s'] });
      await scaleDownWhileAway(world, () => step.log().includes('100 % is in force'));
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /updated +HorizontalPodAutoscaler\/web: minimum 2 → 4/);
      assert.match(ended.log, /updated +Deployment\/web: \S+ → \S+, 2 → 4 pods/);
    },
  },
  {
    name: 'tools that manage the workload take nothing of ours for theirs',
    async run(world) {
      const at = paths(world.namespace);
      const marks = {
        'app.kubernetes.io/instance': 'shop-prod',
        'example.com/application': 'shop',
        'kapp.k14s.io/app': '17',
      };
      await deployApp(world, {
        deployment: {
          metadata: { labels: marks, annotations: { 'example.com/owner': 'shop' } },
          spec: { template: { metadata: { labels: { 'app.kubernetes.io/instance': 'shop-prod' } } } },
        },
        ingress: {
          metadata: { annotations: { 'external-dns.alpha.kubernetes.io/target': 'edge.example.net' } },
        },
      });
      const load = await world.load();
      const step = world.step(SETTINGS);
      await world.until('the canary has users', () => step.log().includes('10 % of the users'));
      const canary = await world.api.get(`${at.deployments}/web-canary`);
      const { labels, annotations } = canary?.metadata ?? {};
      assert.deepEqual(Object.keys(labels).sort(), [
        'app',
        'app.kubernetes.io/managed-by',
        'drone-promote/workload',
      ]);
      assert.equal(annotations?.['example.com/owner'], undefined);
      const ingress = await world.api.get(`${at.ingresses}/web-canary`);
      const dns = Object.entries(ingress?.metadata.annotations).filter(([key]) => /external-dns/.test(key));
      assert.deepEqual(Object.fromEntries(dns), {
        'external-dns.alpha.kubernetes.io/controller': 'drone-promote',
        'external-dns.kubernetes.io/controller': 'drone-promote',
      });
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 0, ended.log);
    },
  },
  {
    name: 'a class whose controller does not run is refused, because another program may serve it; `traffic: nginx` insists',
    only: 'sim',
    async run(world) {
      await deployApp(world);
      for (const pod of await world.api.list(NO_PODS))
        await world.api.delete(`${NO_PODS}/${pod.metadata.name}`);
      await world.sleep(1000);
      const step = await world.step({ ...SETTINGS, unwatched: 'allow' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(ingress-class\) No pod of ingress-nginx runs in namespace ingress-nginx\./,
      );
      assert.deepEqual(await leftovers(world), []);
      const insists = await world.step({ ...SETTINGS, unwatched: 'allow', traffic: 'nginx' }).done;
      assert.equal(insists.code, 0, insists.log);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
];
