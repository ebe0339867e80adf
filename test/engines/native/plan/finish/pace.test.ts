import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paceBehind, paceOfAll, unretried } from '../../../../../src/engines/native/plan/finish/pace.ts';
import { splitOf } from '../../../../../src/engines/native/plan/plan.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import type { TrafficRouter } from '../../../../../src/traffic/router.ts';
import { testRouter } from '../../../../traffic/test-route.ts';
import { deployment, FROM, ingress, inventory, plan, service, spec } from '../../fixtures.ts';

const web = deployment('web', FROM, 4);

describe('engines/native/plan/finish/pace', () => {
  const settles: [settleMs: number, seconds: number][] = [
    [0, 5],
    [4000, 5],
    [9500, 11],
  ];
  for (const [settleMs, seconds] of settles) {
    it(`behind ingress-nginx, settle ${settleMs} ms: ${seconds} s a pod`, () =>
      assert.deepEqual(paceBehind(nginx, splitOf(plan()), inventory(), settleMs), {
        readySeconds: seconds,
        surge: '4%',
      }));
  }

  it('behind a fast router: as fast as that follows', () => {
    const fast = {
      ...testRouter,
      timing: () => ({ followsWithinMs: 9000, confirmsWithinMs: 9000, followsPodsWithinMs: 500 }),
    };
    assert.equal(paceBehind(fast, splitOf(plan()), inventory(), 4000).readySeconds, 2);
  });

  it('without a split: behind the router that sends to the workload', () =>
    assert.equal(paceOfAll(spec(), web, inventory(), [testRouter, nginx])?.readySeconds, 5));

  const retries: [
    what: string,
    router: TrafficRouter,
    paced: boolean,
    annotation: string,
    expected: number,
  ][] = [
    ['ingress-nginx tries another pod', nginx, true, 'error timeout', 0],
    ['ingress-nginx is told not to', nginx, true, 'off', 1],
    ['a router that tries no other', testRouter, true, 'error', 1],
    ['no pace', testRouter, false, 'error', 0],
  ];
  for (const [what, router, paced, value, expected] of retries) {
    it(`${expected === 0 ? 'nothing is' : 'requests are'} lost: ${what}`, () => {
      const main = ingress('web', 'shop.example.com', { '/': 'web' });
      const annotations = { 'nginx.ingress.kubernetes.io/proxy-next-upstream': value };
      const given = inventory({ ingresses: [{ ...main, metadata: { ...main.metadata, annotations } }] });
      const made = plan(paced ? { finish: 'pace', pace: { readySeconds: 5, surge: '4%' } } : {});
      assert.equal(unretried(router, made, given).length, expected);
    });
  }

  it('nobody sends to it: no pace', () => {
    const elsewhere = inventory({
      services: [service('other', { app: 'other' })],
      ingresses: [ingress('other', 'shop.example.com', { '/': 'other' })],
    });
    assert.equal(paceOfAll(spec(), web, elsewhere, [testRouter, nginx]), undefined);
  });
});
