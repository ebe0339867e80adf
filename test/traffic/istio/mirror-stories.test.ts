import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { ownOf, virtualServicesPath } from '../../../e2e/istio.ts';
import type { KubeObject, World } from '../../../e2e/world.ts';
import { tellMirrorStories } from '../mirror-stories.ts';
import { inIstioWorld as inWorld } from './world.ts';

/** The pods count the copies, because the counters of a gateway do not. */
const STEP = { ...SETTINGS, mirror_requests: '20% 20s', metrics_port: 8080, unwatched: 'refuse' };

const webOf = ({ api, namespace }: World) => api.get(`${virtualServicesPath(namespace)}/web`);
const rulesOf = async (world: World): Promise<KubeObject[]> => (await webOf(world))?.spec.http ?? [];
const isCopying = async (world: World) => (await rulesOf(world)).some(({ mirror }) => mirror !== undefined);

describe('a VirtualService: copies of requests before the first user', () => {
  tellMirrorStories({
    inWorld,
    settings: { metrics_port: 8080 },
    own: ownOf,
    isCopying,
    async remove(world) {
      const http = (await rulesOf(world)).filter(({ mirror }) => mirror === undefined);
      await world.api.patch(`${virtualServicesPath(world.namespace)}/web`, { spec: { http } });
    },
    judge: "by the pods' own counters ",
  });

  it('a gateway whose own counters count no copy, and pods without counters: refused', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = await world.load();
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

  it('dry run: prints the rule and its end', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...STEP, dry_run: true }).done;
      await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, / \+ +mirrorPercentage:/);
      assert.match(step.log, / - +mirrorPercentage:/);
    }));
});
