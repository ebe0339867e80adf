import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { RequestSource } from '../../../../src/analysis/request-source.ts';
import { type Counter, replicaOf } from '../../../../src/analysis/source/counts.ts';
import {
  startRequestWatch,
  tellsEnough,
  whyUnjudged,
} from '../../../../src/engines/keel/watch/request-watch.ts';
import { limitsOf } from '../../../../src/engines/keel/watch/update-watch.ts';
import { virtualClock } from '../../../sim/virtual-clock.ts';

const LIMITS = limitsOf({ falseAlarm: 0.01, detectable: 0.1 }, 1);
const WEB = {
  identifier: 'deployment/shop/web',
  kind: 'deployment',
  namespace: 'shop',
  name: 'web',
  labels: {},
  annotations: {},
  containers: [],
  rollout: { state: 'done', message: '' },
  source: 'cluster',
} as const;

const open: { stop(): void }[] = [];

/** A watch of a source whose counts the test sets. */
function started() {
  const clock = virtualClock(0);
  const counts = { good: 0, bad: 0, unavailable: '' };
  const counter = (isFailure: boolean, value: number): Counter => ({
    side: 'stable',
    group: 'all',
    statusClass: isFailure ? '5xx' : '2xx',
    isFailure,
    value,
  });
  const source: RequestSource = {
    name: 'a log',
    intervalMs: 100,
    async poll() {
      if (counts.unavailable !== '') return { unavailable: counts.unavailable };
      const counters = [counter(false, counts.good), counter(true, counts.bad)];
      return { reading: new Map([['one', replicaOf(counters)]]) };
    },
    proof: () => undefined,
    stop: () => {},
  };
  const watch = startRequestWatch(WEB, [source], 'router', LIMITS, clock);
  open.push(watch, clock);
  const add = async (good: number, bad: number) => {
    counts.good += good;
    counts.bad += bad;
    await clock.sleep(200);
  };
  return { watch, counts, clock, add };
}

/** Notes and keeps 500 requests of the version before, none of them failed. */
async function withHistory() {
  const at = started();
  await at.add(0, 0);
  await at.add(500, 0);
  at.watch.note();
  at.watch.keep();
  return at;
}

describe('engines/keel/watch/request-watch', () => {
  afterEach(() => {
    for (const each of open.splice(0)) each.stop();
  });

  it('compares what comes after `begin` with what was kept', async () => {
    const { watch, add } = await withHistory();
    watch.begin();
    await add(12, 12);
    const { bad, result } = watch.finding() ?? assert.fail();
    assert.match(bad ?? '', /12 of 24 requests failed on the release, 0 of 500 before it/);
    assert.equal(result.conclusive, true);
    assert.equal(watch.unjudged(), undefined);
  });

  it('a failure while the update is rolled out is neither history nor the release’s', async () => {
    const { watch, add } = await withHistory();
    // a pod of the release may have been ready when this was noted, so it is not kept
    await add(100, 50);
    watch.note();
    await add(100, 50);
    watch.begin();
    await add(300, 0);
    const { bad, result } = watch.finding() ?? assert.fail();
    assert.deepEqual([bad, result.canary.bad, result.reference.bad], [undefined, 0, 0]);
    assert.equal(result.reference.requests, 500);
  });

  it('says nothing before `begin`, and begins once', async () => {
    const { watch, add } = await withHistory();
    assert.equal(watch.finding(), undefined);
    watch.begin();
    await add(5, 5);
    watch.begin();
    assert.equal(watch.finding()?.result.canary.requests, 10);
  });

  it('a source that falls silent tells nothing, and says why', async () => {
    const { watch, counts, clock } = await withHistory();
    counts.unavailable = 'the log is gone.';
    await clock.sleep(200);
    watch.begin();
    assert.equal(watch.finding()?.result.conclusive, false);
    assert.equal(watch.unjudged(), 'the log is gone.');
  });

  const history: [requests: number, bad: number, enough: boolean][] = [
    [0, 0, false],
    [50, 0, false],
    [200, 0, true],
    [200, 40, false],
    [5000, 1000, true],
  ];
  for (const [requests, bad, enough] of history) {
    it(`${bad} of ${requests} failed: ${enough ? 'enough' : 'more'} history`, () =>
      assert.equal(tellsEnough({ requests, bad }, LIMITS), enough));
  }

  const unjudged: [
    before: number,
    after: number | undefined,
    silence: string | undefined,
    why: string | undefined,
  ][] = [
    [100, 100, undefined, undefined],
    [100, 100, 'gone.', undefined],
    [100, 0, undefined, 'no request was seen after the update.'],
    [100, 0, 'gone.', 'gone.'],
    [100, undefined, undefined, 'no request was seen after the update.'],
    [0, 100, undefined, 'no request was seen before the update.'],
    [0, 0, 'gone.', 'gone.'],
  ];
  for (const [before, after, silence, why] of unjudged) {
    it(`${before} requests before and ${after} after${silence ? ', then silence' : ''}: ${why ?? 'compared'}`, () => {
      const counted = after === undefined ? undefined : { requests: after, bad: 0 };
      assert.equal(whyUnjudged({ requests: before, bad: 0 }, counted, silence), why);
    });
  }

  it('several workloads share the rate of false alarms', () => {
    const options = { falseAlarm: 0.01, detectable: 0.1 };
    assert.deepEqual(
      [1, 2, 5].map((counted) => limitsOf(options, counted)),
      [1, 2, 5].map((tests) => ({ alpha: 0.01, tests, enough: 0.1 })),
    );
  });
});
