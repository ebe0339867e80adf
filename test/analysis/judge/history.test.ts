import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  highestRate,
  type JudgedAlone,
  nothingJudgedAlone,
  type Requests,
  verdictAlone,
  withRequests,
} from '../../../src/analysis/judge/history.ts';
import { seededRandom } from '../../random.ts';

const LIMITS = { alpha: 0.01, tests: 2 };
/** The verdict is `bad` from here on: ln(2 tests / alpha). */
const LIMIT = Math.log(400);

/** Looks of one second at this rate of requests, until the verdict is `bad`. */
function run(
  before: Requests,
  perSecond: number,
  seconds: number,
  rateAt: (second: number) => number,
  random: () => number,
) {
  const bound = highestRate(before, LIMITS);
  let judged = nothingJudgedAlone();
  for (let second = 0; second < seconds; second += 1) {
    let bad = 0;
    for (let i = 0; i < perSecond; i += 1) bad += random() < rateAt(second) ? 1 : 0;
    judged = withRequests(judged, bound, { requests: perSecond, bad });
    if (judged.mostLogEvidence >= LIMIT) return { judged, second };
  }
  return { judged, second: undefined };
}

const verdictOf = (before: Requests, ...looks: Requests[]) => {
  const bound = highestRate(before, LIMITS);
  const judged = looks.reduce<JudgedAlone>(
    (state, look) => withRequests(state, bound, look),
    nothingJudgedAlone(),
  );
  return verdictAlone(judged, before, bound, LIMITS);
};

describe('analysis/judge/history', () => {
  it('bounds the rate of the version before by what was counted of it, and a percent point', () => {
    for (const [requests, bad, expected] of [
      [0, 0, 1],
      [20, 0, 0.259 + 0.01],
      [1500, 0, 0.004 + 0.01],
      [1500, 15, 0.0196 + 0.01],
      [100, 100, 1],
    ] as const)
      assert.ok(Math.abs(highestRate({ requests, bad }, LIMITS) - expected) < 0.001, `${requests} ${bad}`);
  });

  it('finds a release that fails half of its requests in one look of ten', () =>
    assert.equal(verdictOf({ requests: 1500, bad: 3 }, { requests: 10, bad: 5 }).verdict, 'bad'));

  it('finds one that fails all, even after a short history', () =>
    assert.equal(verdictOf({ requests: 30, bad: 0 }, { requests: 10, bad: 10 }).verdict, 'bad'));

  it('finds nothing if nothing is known of the version before, and says that it cannot tell', () => {
    const { verdict, detectable, logEvidence } = verdictOf(
      { requests: 0, bad: 0 },
      { requests: 500, bad: 500 },
    );
    assert.deepEqual([verdict, detectable, logEvidence], ['not enough to tell', undefined, 0]);
  });

  it('can tell from enough requests without a failure', () => {
    const { verdict, detectable = 1 } = verdictOf({ requests: 1500, bad: 0 }, { requests: 200, bad: 0 });
    assert.equal(verdict, 'nothing found');
    assert.ok(detectable < 0.1, `${detectable}`);
    assert.equal(
      verdictOf({ requests: 1500, bad: 0 }, { requests: 5, bad: 0 }).verdict,
      'not enough to tell',
    );
  });

  it('does not count a rise below a percent point', () => {
    const many = { requests: 10_000, bad: 90 };
    assert.notEqual(verdictOf({ requests: 100_000, bad: 0 }, many, many, many).verdict, 'bad');
  });

  it('finds a fault that begins after ten minutes within three seconds', () => {
    const random = seededRandom(7);
    for (let i = 0; i < 20; i += 1) {
      const { second = 1e9 } = run({ requests: 1500, bad: 2 }, 50, 700, (at) => (at < 600 ? 0 : 0.5), random);
      assert.ok(second >= 600 && second <= 602, `${second}`);
    }
  });

  it('calls at most the promised part of good releases bad, with histories of every length', () => {
    const random = seededRandom(11);
    for (const [requests, rate] of [
      [20, 0.1],
      [200, 0.02],
      [2000, 0.002],
    ] as const) {
      let alarms = 0;
      for (let i = 0; i < 400; i += 1) {
        let bad = 0;
        for (let k = 0; k < requests; k += 1) bad += random() < rate ? 1 : 0;
        if (run({ requests, bad }, 30, 60, () => rate, random).second !== undefined) alarms += 1;
      }
      assert.ok(alarms / 400 <= 0.01, `${alarms} of 400 at ${rate}`);
    }
  });

  it('ignores counts that cannot be', () => {
    fc.assert(
      fc.property(fc.constantFrom(Number.NaN, -1, 0, 0.5), (requests) => {
        const before = nothingJudgedAlone();
        assert.equal(withRequests(before, 0.1, { requests, bad: 1 }), before);
      }),
    );
    const { counts } = withRequests(nothingJudgedAlone(), 0.1, { requests: 3, bad: 7 });
    assert.deepEqual(counts, { requests: 3, bad: 3 });
  });
});
