import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  atNewStep,
  type Evidence,
  type LookCounts,
  logEvidence,
  logEvidenceWith,
  noEvidence,
  withLook,
} from '../../../src/analysis/judge/evidence.ts';

function look(
  canaryRequests: number,
  canaryBad: number,
  stableRequests: number,
  stableBad: number,
): LookCounts {
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}

function after(...looks: readonly LookCounts[]): Evidence {
  return looks.reduce(withLook, noEvidence());
}

/** P(c of `bad` fall on the canary's n of all requests), without a difference. */
function hypergeometric(c: number, bad: number, n: number, all: number): number {
  const choose = (of: number, k: number): number =>
    k < 0 || k > of ? 0 : Array.from({ length: k }).reduce<number>((p, _, i) => (p * (of - i)) / (i + 1), 1);
  return (choose(n, c) * choose(all - n, bad - c)) / choose(all, bad);
}

function near(found: number, value: number): void {
  assert.ok(Math.abs(found - value) < 1e-12, `${found} is not ${value}`);
}

const GOOD = look(15, 0, 135, 0);
const SIDE = fc.nat({ max: 60 });
const LOOK = fc
  .tuple(SIDE, SIDE, SIDE, SIDE)
  .map(([canary, canaryBad, stable, stableBad]) =>
    look(canary, Math.min(canary, canaryBad), stable, Math.min(stable, stableBad)),
  );

describe('analysis/judge/evidence', () => {
  // computed by hand: the mean over the ratios of first stake, times r^c / (1 - p + rp)^(c + s), and reserve
  const known: [what: string, looks: LookCounts[], evidence: number][] = [
    ['nothing', [], 1],
    ['good looks', [GOOD, GOOD], 1],
    ['one failure on a tenth', [look(10, 1, 90, 0)], mean([1], 0, 0.1)],
    ['three failures in three looks', Array(3).fill(look(10, 1, 90, 0)), mean([3], 0, 0.1)],
    ['a failure on each', [look(50, 1, 50, 1)], mean([1], 1, 0.5)],
  ];
  for (const [what, looks, evidence] of known) {
    it(`${what}: ${evidence.toPrecision(3)}`, () => {
      const found = Math.exp(logEvidence(after(...looks)));
      assert.ok(Math.abs(found / evidence - 1) < 1e-12, `${found}`);
    });
  }

  function mean([canaryBad = 0]: number[], stableBad: number, share: number): number {
    const parts: [ratio: number, part: number][] = [
      [1.1, 0.12],
      [1.5, 0.12],
      [3, 0.12],
      [8, 0.12],
      [40, 0.12],
      [1000, 0.4],
    ];
    const value = (ratio: number) =>
      ratio ** canaryBad / (1 - share + ratio * share) ** (canaryBad + stableBad);
    return parts.reduce((sum, [ratio, part]) => sum + part * ((2 / 3) * value(ratio) + 1 / 3), 0);
  }

  it('does not forget a capital that clean requests have not touched', () => {
    const late = after(...Array<LookCounts>(600).fill(GOOD), look(10, 3, 90, 0));
    assert.equal(logEvidence(late), logEvidence(after(look(10, 3, 90, 0))));
  });

  it('finds a late fault nearly as soon as an early one, whatever stable has failed before', () => {
    const usual = Array<LookCounts>(600).fill(look(15, 0, 135, 1));
    const bad = look(15, 10, 135, 1);
    assert.ok(logEvidence(after(bad)) > Math.log(200));
    assert.ok(logEvidence(after(...usual, bad)) > Math.log(200));
  });

  it('has an expectation of at most 1 in the next block, whatever was before and whatever the rates are', () => {
    fc.assert(
      fc.property(
        fc.array(LOOK, { maxLength: 12 }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 25 }),
        fc.nat({ max: 50 }),
        (before, canary, stable, some) => {
          const bad = Math.min(some, canary + stable);
          const start = atNewStep(after(...before));
          let expected = 0;
          for (let c = Math.max(0, bad - stable); c <= Math.min(bad, canary); c += 1) {
            const chance = hypergeometric(c, bad, canary, canary + stable);
            const next = logEvidence(withLook(start, look(canary, c, stable, bad - c)));
            expected += chance * Math.exp(next - logEvidence(start));
          }
          assert.ok(expected <= 1 + 1e-9, `${expected}`);
        },
      ),
    );
  });

  it('spends no more than it has: without the blocks’ factors, stakes and reserve are 1', () => {
    // each look halves what is in play; the reserve goes to 0 and never below
    let evidence = noEvidence();
    for (let i = 0; i < 5000; i += 1) {
      evidence = withLook(evidence, look(50, 0, 50, 30));
      assert.ok(logEvidence(evidence) < 0 && Number.isFinite(logEvidence(evidence)));
    }
  });

  it('never rises by a canary that is no worse', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(LOOK, share), { maxLength: 40 }), (all) => {
        const looks = all.map(([each, part]) => {
          const worst = Math.floor((each.stableBad * each.canaryRequests) / Math.max(1, each.stableRequests));
          return { ...each, canaryBad: Math.floor(worst * part) };
        });
        for (const [index, each] of looks.entries()) {
          // a look without requests on a side waits for the next one
          const isBlock = each.canaryRequests > 0 && each.stableRequests > 0;
          const before = atNewStep(after(...looks.slice(0, index)));
          if (isBlock) assert.ok(logEvidence(withLook(before, each)) <= logEvidence(before) + 1e-9);
        }
      }),
    );
  });

  it('rises with each bad request on the canary and falls with each on stable', () => {
    const events = fc.record({
      canaryBad: fc.nat({ max: 300 }),
      stableBad: fc.nat({ max: 300 }),
      canaryShare: fc.double({ min: 0.005, max: 0.995, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(LOOK, { maxLength: 5 }), events, (before, at) => {
        const [start, slack] = [after(...before), 1e-9];
        const here = logEvidenceWith(start, at);
        assert.ok(logEvidenceWith(start, { ...at, canaryBad: at.canaryBad + 1 }) > here - slack);
        assert.ok(logEvidenceWith(start, { ...at, stableBad: at.stableBad + 1 }) < here + slack);
      }),
    );
  });

  describe('looks without a request on one side', () => {
    it('wait for one, and count with it', () => {
      const onOneSide = after(look(0, 0, 40, 1), look(0, 0, 50, 0));
      near(logEvidence(onOneSide), 0);
      const complete = withLook(onOneSide, look(10, 3, 0, 0));
      assert.equal(logEvidence(complete), logEvidence(after(look(10, 3, 90, 1))));
    });

    it('are dropped when a step begins: they had another weight', () => {
      const begun = withLook(atNewStep(after(look(0, 0, 900, 0))), look(1, 1, 1, 0));
      assert.equal(logEvidence(begun), logEvidence(after(look(1, 1, 1, 0))));
    });

    for (const [what, each] of [
      ['nobody on the canary', look(0, 0, 100, 50)],
      ['nobody on stable', look(100, 50, 0, 0)],
      ['nobody at all', look(0, 0, 0, 0)],
    ] as const) {
      it(`say nothing for an hour: ${what}`, () =>
        near(logEvidence(after(...Array<LookCounts>(3600).fill(each))), 0));
    }
  });

  it('is not moved by an outage that hits both sides, or by rates that vary together', () => {
    const outage = [look(15, 0, 135, 0), look(15, 15, 135, 135), look(75, 75, 75, 75), look(75, 7, 75, 7)];
    assert.ok(logEvidence(after(...outage, ...outage)) < 0);
  });

  it('leaves out looks whose numbers are no counts', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      for (const each of [
        look(wrong, 1, 90, 0),
        look(10, wrong, 90, 0),
        look(10, 1, wrong, 0),
        look(10, 1, 90, wrong),
      ]) {
        near(logEvidence(after(each)), 0);
      }
    }
  });

  it('counts no more bad requests than there were', () => {
    assert.equal(logEvidence(after(look(10, 500, 90, 0))), logEvidence(after(look(10, 10, 90, 0))));
    near(logEvidence(after(look(0, 5, 100, 0))), 0);
  });

  it('takes counts that are no whole numbers, as Prometheus gives them', () => {
    const at = (bad: number) => logEvidence(after(look(10.4, bad, 90.3, 0.7)));
    assert.ok(at(2) < at(2.5) && at(2.5) < at(3));
  });

  it('holds for counts of years', () => {
    const found = logEvidence(after(look(1e9, 2.1e7, 4e9, 8e6)));
    assert.ok(Number.isFinite(found) && found > 1000);
    assert.ok(Number.isFinite(logEvidence(after(look(1e9, 8e6, 4e9, 9e8), look(1e9, 8e6, 4e9, 9e8)))));
  });

  it('is as large after an hour of looks as after one', () => {
    const size = (evidence: Evidence) => JSON.stringify(evidence).length;
    const hour = Array.from({ length: 3600 }, (_, i) => look(15 + (i % 3), i % 2, 135, i % 5));
    assert.ok(size(after(...hour)) < 2 * size(after(...hour.slice(0, 1))) + 200);
  });
});
