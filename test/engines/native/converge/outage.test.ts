import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNoFailures, deployApp, SETTINGS } from '../../../../e2e/app.ts';
import { rbacRules } from '../../../../e2e/rbac.ts';
import * as kinds from '../../../../src/cluster/resource.ts';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import { delayServiceDeletion } from '../../../../src/engines/native/converge/outage.ts';
import { inSimWorld } from '../../../sim/world.ts';

const removing = (resource: unknown, verb = 'delete') =>
  ({
    do: 'write',
    writes: [{ verb, resource, object: { metadata: { name: 'web-canary' } } }],
    events: [],
  }) as Decision;

describe('a write, while controllers may not follow the API server', () => {
  it('is held back where it removes a Service', () => {
    assert.deepEqual(delayServiceDeletion(removing(kinds.services), 7000), {
      do: 'wait',
      ms: 7000,
      event: {
        type: 'waiting',
        for: 'the cluster’s controllers to follow the API server again, before Service/web-canary is deleted',
      },
    });
  });

  const others: [what: string, decision: Decision, ms: number][] = [
    ['when they follow it', removing(kinds.services), 0],
    ['of an Ingress', removing(kinds.ingresses), 7000],
    ['that makes a Service', removing(kinds.services, 'create'), 7000],
    ['of which there is none', { do: 'wait', ms: 1, event: { type: 'waiting', for: '' } }, 7000],
  ];
  for (const [what, decision, ms] of others) {
    it(`is left as it is: ${what}`, () => assert.equal(delayServiceDeletion(decision, ms), decision));
  }
});

describe('a promotion whose API server is away for 12 s at its end', () => {
  it('removes the canary’s Service when the controllers follow it again, 25 s after that', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const load = await world.load();
      const step = world.step(SETTINGS);
      await world.until('stable is written', () => step.log().includes('back to stable'));
      world.cluster.server.dropWatches();
      const back = world.now() + 12_000;
      world.cluster.faults.add({ times: 1000, matches: () => world.now() < back, effect: 'reset' });
      let removedAt = 0;
      world.cluster.store.subscribe(({ resource, type, object }) => {
        if (resource === 'services' && type === 'DELETED' && object.metadata.name === 'web-canary')
          removedAt = world.now();
      });
      const ended = await step.done;
      const { code, log } = ended;
      assert.equal(code, 0, log);
      assertNoFailures(await load.stop(), ended);
      assert.match(
        log,
        /waiting +for the cluster’s controllers to follow the API server again, before Service\/web-canary is deleted/,
      );
      const after = removedAt - back;
      assert.ok(after >= 24_000 && after < 45_000, `removed ${after} ms after the API server was back`);
    }));
});
