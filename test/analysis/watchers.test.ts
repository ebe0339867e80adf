import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Poll } from '../../src/analysis/counted.ts';
import type { RequestSource } from '../../src/analysis/request-source.ts';
import { type Counter, replicaOf, type Side } from '../../src/analysis/source/counts.ts';
import { isIdle, isWatched, proveSources, type Watcher } from '../../src/analysis/watchers.ts';
import { virtualClock } from '../sim/virtual-clock.ts';

const reading = (side: Side, value: number): Poll => {
  const counter: Counter = { side, group: 'web', statusClass: '2xx', isFailure: false, value };
  return { reading: new Map([['one', replicaOf([counter])]]) };
};

/** A source with these answers, the last of them from then on. */
function source(answers: readonly Poll[], proof?: string): RequestSource {
  let asked = 0;
  return {
    name: 'the log',
    intervalMs: 200,
    poll: async () => answers[Math.min(asked++, answers.length - 1)] ?? { unavailable: 'none' },
    proof: () => proof,
    stop: () => {},
  };
}

const UNREAD: Poll = { unavailable: 'it has not answered yet.' };

const CASES: [
  what: string,
  source: RequestSource,
  expected: [state: string, detail: RegExp],
  tookMs: number,
][] = [
  [
    'requests of stable at once',
    source([reading('stable', 7)]),
    ['watches', /^7 requests of stable were seen$/],
    0,
  ],
  [
    'requests of stable after a while',
    source([UNREAD, reading('stable', 0), reading('stable', 2)]),
    ['watches', /2 requests/],
    400,
  ],
  [
    'no requests, and other routes in it',
    source([reading('stable', 0)], '9 requests of other routes are in it'),
    ['idle', /no request of the service was seen; 9 requests of other routes/],
    3000,
  ],
  [
    'requests of the canary alone',
    source([reading('canary', 5)], 'its collector answers'),
    ['idle', /no request/],
    3000,
  ],
  [
    'no requests, and nothing else in it',
    source([reading('stable', 0)]),
    ['unavailable', /nothing in it shows that it counts requests/],
    3000,
  ],
  ['no answer', source([UNREAD]), ['unavailable', /^it has not answered yet\.$/], 3000],
  [
    'requests that a late source shows only then',
    {
      ...source([...Array.from({ length: 50 }, () => reading('stable', 0)), reading('stable', 9)]),
      late: () => ({ nowMs: 10_500, mostMs: 10_500 }),
    },
    ['watches', /9 requests/],
    10_000,
  ],
  [
    'no answer of a late source',
    { ...source([UNREAD]), late: () => ({ nowMs: 10_500, mostMs: 10_500 }) },
    ['unavailable', /not answered/],
    13_600,
  ],
  ['an answer that goes away', source([reading('stable', 0), UNREAD]), ['unavailable', /not answered/], 3000],
];

describe('analysis/watchers proveSources', () => {
  for (const [what, given, [state, detail], tookMs] of CASES) {
    it(`${what}: ${state}`, async () => {
      const clock = virtualClock(0);
      const [watcher] = await proveSources([given], clock, new AbortController().signal);
      assert.equal(watcher?.state, state);
      assert.match(watcher?.detail ?? '', detail);
      assert.equal(clock.monotonic(), tookMs);
      clock.stop();
    });
  }

  it('leaves out a rare source that shows nothing, unless no other shows anything either', async () => {
    const rare: RequestSource = { ...source([UNREAD]), name: 'a rare one', isRare: true };
    const named = async (sources: RequestSource[]) => {
      const clock = virtualClock(0);
      const watchers = await proveSources(sources, clock, new AbortController().signal);
      clock.stop();
      return watchers.map(({ name }) => name);
    };
    assert.deepEqual(await named([source([reading('stable', 7)]), rare]), ['the log']);
    assert.deepEqual(await named([source([UNREAD]), rare]), ['the log', 'a rare one']);
    const counting: RequestSource = { ...rare, poll: async () => reading('stable', 1) };
    assert.deepEqual(await named([source([UNREAD]), counting]), ['the log', 'a rare one']);
  });

  it('ends at once if the step is told to end', async () => {
    const clock = virtualClock(0);
    const [watcher] = await proveSources([source([UNREAD])], clock, AbortSignal.abort());
    assert.equal(watcher?.state, 'unavailable');
    assert.equal(clock.monotonic(), 0);
    clock.stop();
  });
});

describe('analysis/watchers', () => {
  const of = (...states: Watcher['state'][]) => states.map((state) => ({ name: '', state, detail: '' }));

  it('is watched if one of them works, and idle if none of these has seen a request', () => {
    assert.deepEqual([isWatched(of()), isIdle(of())], [false, false]);
    assert.deepEqual([isWatched(of('unavailable')), isIdle(of('unavailable'))], [false, false]);
    assert.deepEqual([isWatched(of('unavailable', 'idle')), isIdle(of('unavailable', 'idle'))], [true, true]);
    assert.deepEqual([isWatched(of('idle', 'watches')), isIdle(of('idle', 'watches'))], [true, false]);
  });
});
