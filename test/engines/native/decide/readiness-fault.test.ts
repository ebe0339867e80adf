import { describe, it } from 'node:test';
import { observed, plan, TO, withCanary } from '../fixtures.ts';
import {
  atOnce,
  type Case,
  check,
  crash,
  pull,
  quota,
  rolling,
  TIMEOUT,
  unschedulable,
  withCondition,
} from './fault-cases.ts';

/** What keeps the canary from running. */
const TABLE: Case[] = [
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
    hint: /two full sets of pods\. Set `finish: pace`/,
  },
  {
    what: 'no room for a second set, seen late',
    stage: 'shift',
    seen: withCanary(4, 50, { canaryPods: [unschedulable] }),
    now: 60_001,
    answer: 'down',
    reason: /Unschedulable/,
    hint: /finish: pace/,
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
    what: 'too late, with a pod that has no room, made a moment after the stage began',
    stage: 'grow',
    record: { plan: plan({ timeoutMs: 8_000 }) },
    seen: withCanary(4, 50, {
      canary: rolling('web-canary', TO),
      canaryPods: [
        {
          ...unschedulable,
          metadata: { ...unschedulable.metadata, creationTimestamp: '1970-01-01T00:00:01Z' },
        },
      ],
    }),
    now: 8_000,
    answer: 'down',
    reason: /^The canary does not run: Unschedulable in p: no node has room\.$/,
    hint: /finish: pace/,
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
    stage: 'update-stable',
    record: atOnce,
    seen: observed(),
    now: TIMEOUT * 2,
  },
];

describe('engines/native/decide/readiness-fault', () => {
  for (const each of TABLE) {
    it(`${each.stage}: ${each.what}: ${each.answer ?? 'no fault'}`, () => check(each));
  }
});
