import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asItWas, assertNoFailures, deployApp, SETTINGS } from '../../../e2e/app.ts';
import { ownOf, virtualServicesPath } from '../../../e2e/istio.ts';
import type { KubeObject, StepResult, World } from '../../../e2e/world.ts';
import { inIstioWorld as inWorld } from './world.ts';

/** Copies before the first user; the pods count them, because the counters of a gateway do not. */
const STEP = {
  ...SETTINGS,
  mirror_requests: '20% 20s',
  steps: ['50% 5s'],
  metrics_port: 8080,
  unwatched: 'refuse',
};

const webOf = ({ api, namespace }: World) => api.get(`${virtualServicesPath(namespace)}/web`);
const rulesOf = async (world: World): Promise<KubeObject[]> => (await webOf(world))?.spec.http ?? [];
const isCopying = async (world: World) => (await rulesOf(world)).some(({ mirror }) => mirror !== undefined);

/** A promotion that copies requests when something happens, and that comes down. */
async function whileCopying(
  world: World,
  act: (step: { terminate(): void }) => Promise<unknown>,
): Promise<StepResult> {
  await deployApp(world);
  const before = await ownOf(world);
  const load = world.load();
  const step = world.step({ ...STEP, mirror_requests: '20% 10m' });
  await world.until('requests are copied', () => isCopying(world));
  await world.sleep(5_000);
  await act(step);
  const ended = await step.done;
  await world.sleep(1_000);
  const report = await load.stop();
  assertNoFailures(report, ended);
  assert.equal(report.versions['1.1.0'], undefined, 'a user was on the canary');
  assert.equal(ended.code, 1, ended.log);
  await asItWas(world);
  assert.deepEqual(await ownOf(world), before);
  return ended;
}

describe('a VirtualService: copies of requests before the first user', () => {
  it('a good release: no user is on the canary meanwhile, and the rule goes before the first weight', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await ownOf(world);
      const load = world.load();
      const step = world.step(STEP);
      await world.until('requests are copied', () => isCopying(world));
      await world.sleep(15_000);
      assert.equal(load.report().versions['1.1.0'], undefined, 'a user was on the canary');
      const [, copying] = await rulesOf(world);
      assert.equal(copying?.name, 'drone-promote.web.mirror.0');
      assert.deepEqual(copying.match, [{ method: { exact: 'GET' } }]);
      assert.equal(copying.mirror.host, `web-canary.${world.namespace}.svc.cluster.local`);
      assert.deepEqual(copying.mirrorPercentage, { value: 20 });
      const ended = await step.done;
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /mirror: 20 % of the GET requests are copied to the canary for 20s/);
      assert.match(ended.log, /mirror 20 %: requests are copied, no user is on the canary/);
      assert.match(
        ended.log,
        /measured +at mirror 20 %: by the pods' own counters 0 of \d{3} requests failed on the canary, 0 of [\d,]+ on stable/,
      );
      assert.deepEqual(await ownOf(world), before);
    }));

  it('a release that fails half of its requests is found, and no user meets it', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await ownOf(world);
      const load = world.load();
      const step = await world.step(STEP, { DRONE_TAG: 'v1.1.0-err50' }).done;
      await world.sleep(1_000);
      const report = await load.stop();
      assertNoFailures(report, step);
      assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +The canary fails more than stable: at mirror 20 %, by the pods' own counters/,
      );
      await asItWas(world);
      assert.deepEqual(await ownOf(world), before);
    }));

  it('a gateway whose own counters count no copy, and pods without counters: refused', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = world.load();
      const { metrics_port: _, ...rest } = STEP;
      const step = await world.step(rest).done;
      await load.stop();
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(mirror-requests\) .* nothing would count the copies.*Istio's gateways/,
      );
      assert.match(step.log, /`metrics_port`/);
    }));

  it('an abort ends the copies', () =>
    inWorld(async (world) => {
      const ended = await whileCopying(world, async (step) => step.terminate());
      assert.match(ended.log, /ABORTED +The step was cancelled/);
    }));

  it('somebody removes the rule: the promotion comes down', () =>
    inWorld(async (world) => {
      const ended = await whileCopying(world, async () => {
        const web = await webOf(world);
        const http = web?.spec.http.filter(({ mirror }: KubeObject) => mirror === undefined);
        await world.api.patch(`${virtualServicesPath(world.namespace)}/web`, { spec: { http } });
      });
      assert.match(ended.log, /ABORTED +Somebody removed or changed what copies requests to the canary\./);
    }));

  it('dry run: prints the rule and its end', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = world.load();
      const step = await world.step({ ...STEP, dry_run: true }).done;
      await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, / \+ +mirrorPercentage:/);
      assert.match(step.log, / - +mirrorPercentage:/);
    }));
});
