import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bakeFinding, startBaking, withSeen } from '../src/analysis/bake.ts';
import { errorsOf, slownessOf } from '../src/analysis/finding.ts';
import { nothingJudged, withLookIn } from '../src/analysis/judge/sequential.ts';
import { noCounts } from '../src/analysis/source/counts.ts';
import { diagnose } from '../src/engines/native/decide/not-in-force.ts';
import type { ComparisonResult } from '../src/measurements.ts';
import { failuresText, inForceText, scoreText, sightText, tooFewText } from '../src/sentences.ts';

/** One promotion of a hundred, by two tests, which is the default. */
const LIMITS = { alpha: 0.01, tests: 2 };

const side = (requests: number, failed = 0) => ({ ...noCounts().stable, requests, failed });

/** A step of 10 % with one look, and what the judge keeps of it. */
function judged(canaryBad: number, stableBad: number) {
  const look = { canaryRequests: 20, canaryBad, stableRequests: 180, stableBad };
  const state = withLookIn(0, nothingJudged(), look);
  const latency = [
    { upToMs: 25, requests: 9000 },
    { upToMs: Number.POSITIVE_INFINITY, requests: 10_000 },
  ];
  const sides = { ...noCounts(), canary: side(20), stable: side(180) };
  const before = { ...noCounts(), stable: { ...side(10_000), latency } };
  return {
    steps: [{ step: 0, weightPercent: 10, counts: sides, before }],
    judged: { failures: state, slowness: state },
  };
}

/** What all users met after a release, and 3 of 1,500 failures before it. */
function baked(requests: number, failed: number) {
  const at = (stable: ReturnType<typeof side>) => ({ seen: { ...noCounts(), stable } });
  const start = startBaking({ requests: 1500, bad: 3 }, at(side(0)), LIMITS);
  return bakeFinding(withSeen(start, at(side(requests, failed))), LIMITS);
}

const comparison: ComparisonResult = {
  what: 'failed',
  canary: { requests: 4, bad: 0 },
  reference: { name: 'stable', requests: 36, bad: 0 },
  detectable: 0.99,
  conclusive: false,
  source: 'router',
};
const notInForce = {
  stage: '10 %',
  weight: 10,
  canary: 0,
  total: 450,
  stableReady: { web: 4 },
  canaryReady: { 'web-canary': 1 },
  rivals: [],
  needsStablePods: undefined,
  commands: [],
  namespace: 'shop',
};

/** Every verdict about a measurement: what was measured, the bound, and what it means. */
const VERDICTS: readonly [what: string, text: string | undefined, ...lines: string[]][] = [
  [
    'the canary fails more',
    errorsOf(judged(9, 0), LIMITS)?.bad,
    'The canary fails more than stable: at 10 %, 9 of 20 requests failed on the canary, 0 of 180 on stable.',
    'If it were as good as stable, this would happen in at most 1 % of promotions: the evidence is EVIDENCE, and 200 is enough.',
  ],
  [
    'the canary is slower',
    slownessOf(judged(18, 6), { thanMs: undefined, isTolerant: false }, LIMITS)?.bad,
    'The canary is slower than stable: at 10 %, 18 of 20 requests took more than 25 ms on the canary, 6 of 180 on stable.',
    'If it were as good as stable, this would happen in at most 1 % of promotions: the evidence is EVIDENCE, and 200 is enough.',
  ],
  [
    'the release fails more than the version before it',
    baked(24, 12).bad,
    'The release fails more than the version before it: 12 of 24 requests failed on the release, 3 of 1,500 before it.',
    'If it were as good as the version before it, this would happen in at most 1 % of promotions: the evidence is EVIDENCE, and 400 is enough.',
  ],
  [
    'nothing found',
    sightText({ ...comparison, detectable: 0.021 }),
    'a failure rate of 2.1 % or more on the canary would have been noticed',
  ],
  [
    'too few requests',
    tooFewText('10 %', comparison),
    'Too little traffic to judge 10 %: 4 requests on the canary, 0 failed. Only a canary that fails 99 % of its requests would have been noticed; hold the step longer, or set `require_evidence: true`.',
  ],
  [
    'the weight is in force',
    inForceText('10 %', 2, 60),
    '10 % is in force: the canary got 2 of the last 60 requests (3.3 %), within what chance allows',
  ],
  [
    'the weight is not in force',
    diagnose({ ...notInForce, canary: 300 }).reason,
    'The weight of 10 % is not in force: the canary got 300 of the last 450 requests (67 %), where about 45 were expected. A header or a cookie of the users sends more of them to the canary than the weight says.',
  ],
  [
    'a score that does not pass',
    scoreText({
      verdict: 'fail',
      score: 50,
      passThreshold: 95,
      points: 20,
      failing: [{ name: 'cpu', label: 'High', effect: 1.6 }],
    }),
    'score 50 of 100 over 20 measurements (passes from 95): cpu High, effect 1.6',
  ],
  ['a check that fails', failuresText(3, 1200, 2), '3 of 1,200 measurements failed, and the check allows 2.'],
];

describe('verdicts: what was measured, the bound, and what it means', () => {
  for (const [what, text = '', ...lines] of VERDICTS) {
    it(what, () =>
      assert.deepEqual(text.replace(/(?<=evidence is ).+?(?=, and \d)/, 'EVIDENCE').split('\n'), lines),
    );
  }

  it('the evidence is at least what is enough', () => {
    const bad = VERDICTS.flatMap(([, text]) => [
      ...(text ?? '').matchAll(/evidence is (.+), and ([\d,]+) is enough/g),
    ]);
    assert.equal(bad.length, 3);
    for (const [, evidence = '', enough = ''] of bad) {
      const [found, needed] = [evidence, enough].map((each) => Number(each.replaceAll(/[^\d]/g, '')));
      assert.ok((found ?? 0) >= (needed ?? Number.NaN), `${evidence} ${enough}`);
    }
  });

  it('a release that is no worse has none', () => {
    assert.equal(errorsOf(judged(0, 0), LIMITS)?.bad, undefined);
    assert.equal(baked(400, 1).bad, undefined);
  });
});
