import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { imageOf } from '../../src/promotion/image-of.ts';
import {
  atOnce,
  type Case,
  check,
  crash,
  deleted,
  down,
  gone,
  pull,
  quota,
  request,
  rolling,
  stable,
  TIMEOUT,
  unschedulable,
  withCondition,
} from './fault-cases.ts';
import { deployment, FROM, observed, plan, TO, withCanary } from './fixtures.ts';

/** What stands against the stages before stable is written. */
const TABLE: Case[] = [
  { what: 'all is well', stage: 'weight', seen: withCanary(1, 10) },
  {
    what: 'asked to end',
    stage: 'weight',
    seen: withCanary(1, 10, { request }),
    answer: 'down',
    reason: /^Aborted by bob\.$/,
  },
  {
    what: 'asked to end, and it crashes: what was asked is the reason',
    stage: 'weight',
    seen: withCanary(1, 10, { request, canaryPods: [crash] }),
    answer: 'down',
    reason: /^Aborted by bob\.$/,
  },
  {
    what: 'asked to end on the way down: it goes there',
    stage: 'stop',
    record: down,
    seen: withCanary(1, 10, { request }),
  },

  {
    what: 'stable was deleted',
    stage: 'weight',
    seen: gone(),
    answer: 'leave',
    reason: /^Deployment\/web was deleted meanwhile\.$/,
  },
  {
    what: 'stable is being deleted',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deleted() }),
    answer: 'leave',
    reason: /was deleted meanwhile/,
  },
  {
    what: 'somebody deployed',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deployment('web', `${FROM}-fix`, 4) }),
    answer: 'leave',
    reason: /^Deployment\/web runs \S+:1\.0\.0-fix and not \S+:1\.0\.0: somebody has changed it/,
    hint: /who deploys beside this pipeline/,
  },
  {
    what: 'somebody deployed the release itself, too early',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deployment('web', TO, 4) }),
    answer: 'leave',
    reason: /:1\.1\.0 and not \S+:1\.0\.0:/,
  },
  { what: 'stable is about to be written', stage: 'stable', seen: stable(deployment('web', FROM, 4)) },
  { what: 'stable was written', stage: 'stable', seen: stable(deployment('web', TO, 4)) },
  {
    what: 'somebody deployed while stable is written',
    stage: 'stable',
    seen: stable(deployment('web', `${FROM}-fix`, 4)),
    answer: 'leave',
    reason: /not \S+:1\.0\.0 or \S+:1\.1\.0:/,
  },
  {
    what: 'somebody put the old image back at the end',
    stage: 'return',
    seen: stable(deployment('web', FROM, 4)),
    answer: 'leave',
    reason: /:1\.0\.0 and not \S+:1\.1\.0:/,
  },
  { what: 'on the way down nobody minds', stage: 'stop', record: down, seen: gone() },

  {
    what: 'the canary crashes',
    stage: 'weight',
    seen: withCanary(1, 0, { canaryPods: [crash] }),
    answer: 'down',
    reason: /^The canary does not run: CrashLoopBackOff in p \(container app\): back-off 10s\.$/,
  },
  {
    what: 'a pull that failed may mend',
    stage: 'weight',
    seen: withCanary(1, 0, { canaryPods: [pull] }),
    now: 60_000,
  },
  {
    what: 'after a minute it counts',
    stage: 'weight',
    seen: withCanary(1, 0, { canaryPods: [pull] }),
    now: 60_001,
    answer: 'down',
    reason: /ErrImagePull in p \(container app\): not found\.$/,
  },
  {
    what: 'a shorter timeout is the limit of that too',
    stage: 'weight',
    record: { plan: plan({ timeoutMs: 10_000 }) },
    seen: withCanary(1, 0, { canaryPods: [pull] }),
    now: 10_001,
    answer: 'down',
    reason: /ErrImagePull/,
  },
  {
    what: 'no room',
    stage: 'weight',
    seen: withCanary(1, 0, { canaryPods: [unschedulable] }),
    now: 60_001,
    answer: 'down',
    reason: /Unschedulable in p: no node has room\.$/,
    hint: /no room for one more pod of this workload/,
  },
  {
    what: 'no room for a second set',
    stage: 'grow',
    seen: withCanary(4, 50, { canaryPods: [unschedulable] }),
    now: 60_001,
    answer: 'down',
    reason: /Unschedulable/,
    hint: /two full sets of pods\. Set `finish: roll`/,
  },
  {
    what: 'no room for a second set, seen late',
    stage: 'shift',
    seen: withCanary(4, 50, { canaryPods: [unschedulable] }),
    now: 60_001,
    answer: 'down',
    reason: /Unschedulable/,
    hint: /finish: roll/,
  },
  {
    what: 'a quota',
    stage: 'weight',
    seen: withCanary(1, 0, { canary: quota('web-canary') }),
    answer: 'down',
    reason: /^The canary does not run: FailedCreate in web-canary: .*exceeded quota.*\.$/,
    hint: /no room/,
  },
  {
    what: 'the worst trouble is told',
    stage: 'weight',
    seen: withCanary(1, 0, { canaryPods: [pull, crash] }),
    now: 70_000,
    answer: 'down',
    reason: /CrashLoopBackOff/,
  },
  {
    what: 'in time',
    stage: 'weight',
    seen: withCanary(1, 0, { canary: rolling('web-canary', TO) }),
    now: TIMEOUT - 1,
  },
  {
    what: 'too late',
    stage: 'weight',
    seen: withCanary(1, 0, { canary: rolling('web-canary', TO) }),
    now: TIMEOUT,
    answer: 'down',
    reason: /^The canary was not ready within 5m: 1 of 4 pods are new\.$/,
    hint: /readiness probe.*raise `timeout`/,
  },
  {
    what: 'too late, and it was never made',
    stage: 'weight',
    seen: observed(),
    now: TIMEOUT,
    answer: 'down',
    reason: /not ready within 5m: it was not created\.$/,
  },
  {
    what: 'time counts from the last progress',
    stage: 'weight',
    seen: withCanary(1, 0, {
      canary: withCondition(rolling('web-canary', TO), { lastUpdateTime: '1970-01-01T00:01:00Z' }),
    }),
    now: TIMEOUT + 59_999,
  },
  {
    what: 'until there is none',
    stage: 'weight',
    seen: withCanary(1, 0, {
      canary: withCondition(rolling('web-canary', TO), { lastUpdateTime: '1970-01-01T00:01:00Z' }),
    }),
    now: TIMEOUT + 60_000,
    answer: 'down',
    reason: /not ready/,
  },
  {
    what: 'an unreadable time of progress is none',
    stage: 'weight',
    seen: withCanary(1, 0, { canary: withCondition(rolling('web-canary', TO), { lastUpdateTime: 'soon' }) }),
    now: TIMEOUT,
    answer: 'down',
    reason: /not ready/,
  },
  {
    what: 'a long hold is no delay',
    stage: 'weight',
    record: { reachedAt: 100_000 },
    seen: withCanary(1, 10),
    now: 160_000 + TIMEOUT - 1,
  },
  {
    what: 'a rollout at once has no canary that could fail',
    stage: 'stable',
    record: atOnce,
    seen: observed(),
    now: TIMEOUT * 2,
  },
];

describe('promotion/fault', () => {
  for (const each of TABLE) {
    it(`${each.stage}: ${each.what}: ${each.answer ?? 'no fault'}`, () => check(each));
  }

  it('knows the image of the containers that the plan is about, init containers too', () => {
    const spec = (containers: string[], init: string[] = []): Deployment => ({
      spec: {
        selector: {},
        template: {
          spec: {
            containers: containers.map((image, index) => ({ name: `c${index}`, image })),
            initContainers: init.map((image, index) => ({ name: `i${index}`, image })),
          },
        },
      },
    });
    const about = (...containers: string[]) => plan({ containers });
    assert.equal(imageOf(spec(['web:1', 'log:2']), about('c0')), 'web:1');
    assert.equal(imageOf(spec(['web:1', 'web:1']), about('c0', 'c1')), 'web:1');
    assert.equal(imageOf(spec(['web:1', 'web:2']), about('c0', 'c1')), 'web:1 and web:2');
    assert.equal(imageOf(spec(['web:1'], ['migrate:3']), about('i0')), 'migrate:3');
    assert.equal(imageOf({}, about('c0')), '');
  });
});
