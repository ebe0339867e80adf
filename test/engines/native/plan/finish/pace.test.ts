import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  paceBehind,
  paceFor,
  paceOfAll,
  unretried,
} from '../../../../../src/engines/native/plan/finish/pace.ts';
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
    assert.equal(paceOfAll(spec(), web, inventory(), [testRouter, nginx])?.pace?.readySeconds, 5));

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

  const OUT = { key: 'app', value: 'web-leaving', services: ['web'], afterMs: 4000 };
  const pods: [what: string, key: string, takesOut: boolean, expected: object | undefined][] = [
    ['its Services by the label that it shares with its ReplicaSet', 'app', true, OUT],
    ['nothing without the rights', 'app', false, undefined],
    ['nothing by a label that its ReplicaSet does not know', 'tier', true, undefined],
  ];
  for (const [what, key, takesOut, expected] of pods) {
    it(`a pod leaves ${what}`, () => {
      const label = { key, stable: 'web', canary: 'web-canary' };
      const made = paceFor(plan({ label }), nginx, web, inventory({ takesOut }), 4000);
      assert.deepEqual(made.out, expected);
    });
  }

  it('behind the fastest router a pod is out of its Services for two seconds', () => {
    const timing = () => ({ followsWithinMs: 82, confirmsWithinMs: 15_000, followsPodsWithinMs: 82 });
    const label = { key: 'app', stable: 'web', canary: 'web-canary' };
    const made = paceFor(plan({ label }), { ...nginx, timing }, web, inventory({ takesOut: true }), 4000);
    assert.equal(made.readySeconds, 2);
    assert.deepEqual(made.out, { ...OUT, afterMs: 2000 });
  });

  it('without a split, a pod leaves by a label that all of its Services have', () => {
    const selected = deployment('web', FROM, 4, { selector: { matchLabels: { tier: 'front', app: 'web' } } });
    const both = inventory({
      services: [service('web', { app: 'web' }), service('all', { app: 'web', tier: 'front' })],
    });
    const made = paceOfAll(spec(), selected, both, [nginx]);
    assert.deepEqual(made?.pace?.out, { ...OUT, services: ['web', 'all'] });
    assert.deepEqual(made?.label, { key: 'app', stable: 'web', canary: 'web-canary' });
    assert.equal(paceOfAll(spec(), selected, inventory({ takesOut: false }), [nginx])?.pace?.out, undefined);
  });

  it('nobody sends to it: no pace', () => {
    const elsewhere = inventory({
      services: [service('other', { app: 'other' })],
      ingresses: [ingress('other', 'shop.example.com', { '/': 'other' })],
    });
    assert.equal(paceOfAll(spec(), web, elsewhere, [testRouter, nginx]), undefined);
  });
});
