import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Assessment, assess } from '../../src/analysis/assessment.ts';
import type { ChecksSeen } from '../../src/analysis/checks/state.ts';
import type { Counted, Look, StepCounts } from '../../src/analysis/counted.ts';
import { errorsOf, type Finding, failuresThan } from '../../src/analysis/finding.ts';
import { nothingJudged, withLookIn } from '../../src/analysis/judge/sequential.ts';
import { type Counts, noCounts } from '../../src/analysis/source/counts.ts';
import { measuredLines } from '../../src/sentences.ts';

const LIMITS = { alpha: 0.01, tests: 1 };

function side(requests: number, failed: number): Counts {
  return { ...noCounts().stable, requests, failed };
}

function step(weightPercent: number, canary: [number, number], stable: [number, number]): StepCounts {
  return {
    step: 0,
    weightPercent,
    counts: { ...noCounts(), canary: side(...canary), stable: side(...stable) },
    before: noCounts(),
  };
}

/** One look, with so many of the requests on the canary. */
function looked(canary: number, total: number, fromMs: number): Look[] {
  const of = (requests: number) => ({ ...noCounts().stable, requests });
  return [{ canary: of(canary), stable: of(total - canary), fromMs, timesLateMs: 0 }];
}

function counted(steps: StepCounts[], over: Partial<Counted> = {}): Counted {
  const failures = steps.reduce((judged, each, index) => {
    const look = failuresThan('stable')(each, each.counts);
    return look ? withLookIn(index, judged, look) : judged;
  }, nothingJudged());
  return {
    steps: steps.map((each, index) => ({ ...each, step: index })),
    judged: { failures },
    window: looked(45, 450, 9000),
    sinceMs: 12_000,
    seen: noCounts(),
    known: noCounts(),
    unavailableMs: 0,
    recentCanary: 0,
    ...over,
  };
}

const NONE: ChecksSeen = { results: [] };

const NGINX = { followsWithinMs: 8000, isSteered: false, isSticky: false };

/** The opinion by the router's counters alone. */
function opinion(seen: Counted, checks = NONE, podFault?: string): Assessment {
  return assess(seen, [errorsOf(seen, LIMITS)], checks, podFault, NGINX);
}

describe('analysis/assessment', () => {
  it('knows of no share where nothing can be counted, or no weight was given yet', () => {
    assert.equal(opinion(counted([])).trafficShare.verdict, 'unknown');
    assert.equal(assess(undefined, [], NONE, undefined, NGINX).trafficShare.verdict, 'unknown');
    const steps = [step(10, [100, 0], [900, 0])];
    assert.equal(opinion(counted(steps, { unavailable: 'it is away' })).trafficShare.verdict, 'unknown');
  });

  it('has enough only where something is counted, and all that judge have enough', () => {
    const finding = (conclusive: boolean): Finding => ({
      result: {
        what: 'failed',
        canary: { requests: 100, bad: 0 },
        reference: { name: 'stable', requests: 900, bad: 0 },
        conclusive,
        source: 'router',
      },
    });
    const seen = counted([step(10, [100, 0], [900, 0])]);
    assert.equal(assess(seen, [finding(true), undefined], NONE, undefined, NGINX).conclusive, true);
    assert.equal(assess(seen, [finding(true), finding(false)], NONE, undefined, NGINX).conclusive, false);
    assert.equal(assess(seen, [undefined], NONE, undefined, NGINX).conclusive, false);
  });

  it('takes what any of them finds bad, the pods first', () => {
    const seen = counted([step(10, [40, 20], [1360, 2])]);
    assert.equal(opinion(seen, { bad: 'a check', results: [] }, 'a pod').failure, 'a pod');
    assert.match(opinion(seen, { bad: 'a check', results: [] }).failure ?? '', /fails more than stable/);
    const fine = counted([step(10, [40, 0], [1360, 2])]);
    assert.equal(opinion(fine, { bad: 'a check', results: [] }).failure, 'a check');
  });

  it('says what was measured, and how small a difference would have been seen', () => {
    const found = opinion(counted([step(10, [150, 1], [1350, 9])]));
    assert.equal(found.failure, undefined);
    const {
      detectable = 1,
      evidence,
      ...compared
    } = found.comparisons[0] ?? assert.fail('nothing is compared');
    assert.deepEqual(compared, {
      what: 'failed',
      canary: { requests: 150, bad: 1 },
      reference: { name: 'stable', requests: 1350, bad: 9 },
      conclusive: true,
      source: 'router',
    });
    assert.ok(evidence && evidence.log < evidence.needed, JSON.stringify(evidence));
    assert.ok(detectable > 1 / 150 && detectable < 0.1, `${detectable}`);
    assert.match(
      measuredLines(found).join('; '),
      /^1 of 150 requests failed on the canary, 9 of 1,350 on stable; a failure rate of [\d.]+ % or more on the canary would have been noticed$/,
    );
    assert.deepEqual(found.trafficShare, { verdict: 'agrees', canary: 45, total: 450, sinceMs: 12_000 });
  });

  const cases: [what: string, steps: StepCounts[], bad: boolean][] = [
    ['half of the canary’s requests fail', [step(10, [40, 20], [360, 0])], true],
    ['a few fail where none do on stable', [step(10, [100, 6], [900, 0])], true],
    ['one fails', [step(10, [100, 1], [900, 0])], false],
    ['both fail alike', [step(10, [100, 10], [900, 90])], false],
    ['the canary is better', [step(10, [1000, 0], [9000, 900])], false],
    ['it was bad at the step before', [step(10, [100, 20], [900, 0]), step(50, [10, 0], [10, 0])], true],
    ['all users are on the canary: nothing to compare with', [step(100, [1000, 500], [0, 0])], false],
  ];
  for (const [what, steps, bad] of cases) {
    it(`${bad ? 'finds it bad' : 'finds nothing'} where ${what}`, () => {
      const found = opinion(counted(steps));
      assert.equal(found.failure !== undefined, bad, found.failure);
    });
  }

  it('names the numbers in the reason', () => {
    const found = opinion(counted([step(10, [40, 20], [1360, 2])]));
    assert.equal(
      found.failure?.split('\n')[0],
      'The canary fails more than stable: at 10 %, 20 of 40 requests failed on the canary, 2 of 1,360 on stable.',
    );
  });

  it('says that a share is not that of the weight (envoyproxy/gateway#2170, nginx-gateway-fabric#148, #2606), or too few requests to tell', () => {
    const steps = [step(10, [0, 0], [3100, 0])];
    const share = (fromMs: number) => looked(0, 3100, fromMs);
    const differs = opinion(counted(steps, { window: share(9000) }));
    assert.deepEqual(differs.trafficShare, {
      verdict: 'differs',
      canary: 0,
      total: 3100,
      sinceMs: 12_000,
    });
    const early = opinion(counted(steps, { window: share(2000) }));
    assert.equal(early.trafficShare.verdict, 'too few', 'the router may still be on its way');
    const late = { nowMs: 700, mostMs: 10_500 };
    const lateFrom = (fromMs: number) =>
      opinion(counted(steps, { late, window: share(fromMs) })).trafficShare.verdict;
    assert.equal(lateFrom(18_000), 'too few', 'requests from before the weight may be among them');
    assert.equal(lateFrom(18_500), 'differs');
    const more = counted(steps, { window: looked(400, 900, 9000) });
    assert.equal(opinion(more).trafficShare.verdict, 'differs');
    const steered = assess(more, [], NONE, undefined, { ...NGINX, isSteered: true, isSticky: false });
    assert.equal(steered.trafficShare.verdict, 'agrees', 'testers may come on top of the weight');
    const sticky = (canary: number) =>
      assess(counted(steps, { window: looked(canary, 900, 9000) }), [], NONE, undefined, {
        ...NGINX,
        isSticky: true,
      }).trafficShare.verdict;
    assert.equal(sticky(3), 'agrees', 'users with a cookie stay on stable');
    assert.equal(sticky(400), 'differs', 'a cookie is no reason for more than the weight');
    assert.equal(sticky(0), 'too few', 'nothing shows that the router knows the canary');
    const few = opinion(counted(steps, { window: looked(0, 9, 9000) }));
    assert.equal(few.trafficShare.verdict, 'too few');
  });

  describe('a request that began before the weight says nothing of it', () => {
    const steps = [step(25, [0, 0], [0, 0]), step(100, [0, 0], [0, 0])];
    /** Short requests take 20 ms. */
    const of = (short: number, long: number, longMs: number) => ({
      ...noCounts().stable,
      requests: short + long,
      latency: [
        { upToMs: 20, requests: short },
        { upToMs: longMs, requests: short + long },
        { upToMs: Number.POSITIVE_INFINITY, requests: short + long },
      ],
    });
    const none = of(0, 0, 100);
    const table: [
      what: string,
      look: Omit<Look, 'fromMs' | 'timesLateMs'>,
      verdict: string,
      canary: number,
      total: number,
    ][] = [
      ['long ones end on stable', { canary: of(272, 0, 100), stable: of(0, 12, 15_000) }, 'agrees', 272, 272],
      [
        'short ones still reach stable',
        { canary: of(272, 0, 100), stable: of(12, 0, 100) },
        'differs',
        272,
        284,
      ],
      [
        'long ones that began after it reach stable',
        { canary: of(272, 0, 100), stable: of(0, 12, 900) },
        'differs',
        272,
        284,
      ],
      ['all requests are long', { canary: none, stable: of(0, 12, 15_000) }, 'too few', 0, 0],
    ];
    for (const [what, look, verdict, canary, total] of table) {
      it(`${what}: ${verdict}`, () => {
        const { trafficShare } = opinion(
          counted(steps, { window: [{ ...look, fromMs: 9000, timesLateMs: 0 }] }),
        );
        assert.deepEqual(trafficShare, { verdict, canary, total, sinceMs: 12_000 });
      });
    }

    it('waits for histograms that are late', () => {
      const look = { canary: of(272, 0, 100), stable: of(12, 0, 100) };
      const verdictAt = (fromMs: number) =>
        opinion(counted(steps, { window: [{ ...look, fromMs, timesLateMs: 5000 }] })).trafficShare.verdict;
      assert.equal(
        verdictAt(13_000),
        'too few',
        'what ended five seconds ago may have begun before the weight',
      );
      assert.equal(verdictAt(13_100), 'differs');
    });

    it('counts all of a source that does not say how long they took', () => {
      const window = looked(272, 284, 9000);
      assert.equal(opinion(counted(steps, { window })).trafficShare.verdict, 'differs');
    });
  });
});
